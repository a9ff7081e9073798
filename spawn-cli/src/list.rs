//! `spawn list`: the instances that spawn launched, in one region or in many.

mod options;

pub(crate) use options::ListOptions;

use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::fleet::{self, Row, name};
use crate::output::Output;
use crate::price;
use crate::session::{self, Session};
use crate::show;
use crate::watch::{self, View};
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use opentelemetry::context::FutureExt;
use opentelemetry::{Context, KeyValue};
use spawn_cloud::instances::{self, Criteria, Filter, Instance};
use spawn_cloud::{Error, enabled_regions};
use spawn_host::World;
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Regions that are asked at the same time: enough that the slowest decides, few enough for a home router.
const AT_ONCE: usize = 16;
/// A terminal as wide as this has room for every column.
const WIDE: usize = 120;

pub(crate) async fn run(global: Global, options: ListOptions, world: &World) -> Result<Exit> {
    let mut regions = global.regions.clone();
    regions.sort();
    regions.dedup();
    // The first region is the home: DescribeRegions is asked there, and the settings of the session are its.
    let home = Global { regions: regions.iter().take(1).cloned().collect(), ..global };
    let view =
        options.watch.map(|interval| Ok::<_, UsageError>((interval, View::choose(options.output)?))).transpose()?;
    let prices = price::table(world)?;
    let attributes = vec![KeyValue::new("spawn.list.all_regions", options.all_regions)];
    let watching = view.is_some();
    let done = session::within("spawn list", home, world, attributes, async |session| {
        let regions = match (options.all_regions, regions.is_empty()) {
            (true, _) => enabled_regions(session.clients.ec2()).await?,
            (false, true) => vec![session.clients.region().unwrap_or_default().to_owned()],
            (false, false) => regions,
        };
        let list = List { session, options: &options, regions, prices };
        match view {
            None => list.once().await,
            Some((interval, view)) => list.watch(interval, view).await,
        }
    });
    match done.await? {
        Some(exit) => Ok(exit),
        // Ctrl-C is how one stops to watch.
        None if watching => Ok(Exit::Success),
        None => Ok(Exit::Interrupted),
    }
}

/// What to list, and how.
struct List<'a> {
    session: &'a Session,
    options: &'a ListOptions,
    regions: Vec<String>,
    prices: spawn_cloud::prices::Prices,
}

/// What was found, and the regions that did not answer.
struct Found {
    rows: Vec<Row>,
    failed: Vec<(String, Error)>,
}

impl List<'_> {
    async fn once(&self) -> Result<Exit> {
        let Found { rows, failed } = self.look(self.options.all).await?;
        let answer = serde_json::Value::Array(rows.iter().map(|row| row.json(&self.prices)).collect());
        self.options.output.print(&answer, || if rows.is_empty() { String::new() } else { self.table(&rows) })?;
        if self.options.output == Output::Table {
            show::message(&self.last_words(&rows));
        }
        for (region, error) in &failed {
            show::message(&format!("{region} is not in this list: {error}"));
        }
        Ok(if failed.is_empty() { Exit::Success } else { Exit::Partial })
    }

    async fn watch(&self, interval: spawn_config::TimeSpan, mut view: View) -> Result<Exit> {
        let mut seen: BTreeMap<String, Instance> = BTreeMap::new();
        watch::repeat(interval, async || {
            let lines = matches!(view, View::Lines);
            // The last line of an instance's story says that it has ended.
            let Found { rows, failed } = self.look(lines || self.options.all).await?;
            for (region, error) in &failed {
                show::message(&format!("{region} did not answer: {error}"));
            }
            if !lines {
                let now = jiff::Timestamp::now().round(jiff::Unit::Second)?;
                return view.draw(&format!(
                    "{now}, every {interval}\n{}{}\n",
                    self.table(&rows),
                    self.last_words(&rows)
                ));
            }
            for row in rows {
                let id = row.instance.instance_id.clone();
                let news = seen.get(&id) != Some(&row.instance);
                if news && (self.options.all || row.instance.is_live() || seen.contains_key(&id)) {
                    view.draw(&format!("{}\n", row.json(&self.prices)))?;
                    seen.insert(id, row.instance);
                }
            }
            Ok(())
        })
        .await?;
        Ok(Exit::Success)
    }

    /// Asks all regions, many at a time; one that fails does not hide the others, unless all fail.
    async fn look(&self, ended: bool) -> Result<Found> {
        let criteria = self.options.criteria(ended);
        let (mut rows, mut failed) = (Vec::new(), Vec::new());
        let now = Timestamp::now();
        for (region, listed) in in_regions(self.session, &self.regions, &criteria).await? {
            match listed {
                Ok(instances) => {
                    let meant = instances.into_iter().filter(|one| self.options.means(one));
                    rows.extend(meant.map(|one| Row::of(&region, one, &self.prices, now)));
                }
                Err(error) => failed.push((region, error)),
            }
        }
        if failed.len() == self.regions.len() && !failed.is_empty() {
            return Err(failed.swap_remove(0).1.into());
        }
        self.options.sort.apply(&mut rows);
        Ok(Found { rows, failed })
    }

    fn table(&self, rows: &[Row]) -> String {
        let width = show::stdout_width();
        let wide = self.options.wide || width.is_some_and(|width| width >= WIDE);
        fleet::table(rows, width, wide, Timestamp::now())
    }

    fn last_words(&self, rows: &[Row]) -> String {
        match rows.len() {
            0 => "no instances here; `spawn launch --instance-type t3.micro` makes one".to_owned(),
            1 => format!("1 instance: {}", fleet::total(rows, &self.prices)),
            count => format!("{count} instances: {}", fleet::total(rows, &self.prices)),
        }
    }
}

/// Lists every region, each with its own client.
async fn in_regions(
    session: &Session,
    regions: &[String],
    criteria: &Criteria,
) -> Result<BTreeMap<String, Result<Vec<Instance>, Error>>> {
    let filter = Arc::new(Filter::Matching(criteria.clone()));
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let mut questions = JoinSet::new();
    for region in regions {
        let (clients, filter, places) = (session.clients_in(region), Arc::clone(&filter), Arc::clone(&places));
        let region = region.clone();
        let question = async move {
            let _place = places.acquire().await;
            let listed = instances::list(clients.ec2(), &filter).await;
            (region, listed)
        };
        questions.spawn(question.with_context(Context::current()));
    }
    let mut answers = BTreeMap::new();
    while let Some(answer) = questions.join_next().await {
        let (region, listed) = answer.context("failed to list a region")?;
        answers.insert(region, listed);
    }
    Ok(answers)
}

impl ListOptions {
    fn means(&self, instance: &Instance) -> bool {
        let named =
            self.names.is_empty() || self.names.iter().any(|target| target.is(&instance.instance_id, name(instance)));
        named && self.filters.describe(instance)
    }
}
