//! `spawn status`: one instance on a page, or all of them in a few lines.

mod agent;
mod page;
mod summary;

use crate::args::Global;
use crate::exit::{Exit, UsageError};
use crate::fleet::Row;
use crate::output::Output;
use crate::price;
use crate::select::{self, Filters, Target, parse_target};
use crate::session::{self, Session};
use crate::show;
use crate::watch::{self, View};
use anyhow::Result;
use clap::Args;
use jiff::Timestamp;
use serde_json::Value;
use spawn_cloud::instances::{self, Filter};
use spawn_cloud::prices::Prices;
use spawn_config::TimeSpan;
use spawn_host::World;

/// What to show.
#[derive(Debug, Args)]
pub(crate) struct StatusOptions {
    /// Id (i-…) or name of the instance; without one, all instances are summed up.
    #[arg(value_name = "INSTANCE", value_parser = parse_target)]
    target: Option<Target>,
    /// Look again and again until Ctrl-C.
    #[arg(long, value_name = "INTERVAL", num_args = 0..=1, default_missing_value = "2s")]
    watch: Option<TimeSpan>,
    /// Output format.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

/// What was seen, for programs and for people, with what is to be said beside it.
struct Seen {
    answer: Value,
    page: String,
    messages: Vec<String>,
}

pub(crate) async fn run(global: Global, options: StatusOptions, world: &World) -> Result<Exit> {
    let StatusOptions { target, watch, output } = options;
    let view = watch.map(|interval| Ok::<_, UsageError>((interval, View::choose(output)?))).transpose()?;
    let prices = price::table(world)?;
    let watching = view.is_some();
    let done = session::within("spawn status", global, world, Vec::new(), async |session| match view {
        None => {
            let seen = look(session, target.as_ref(), &prices).await?;
            output.print(&seen.answer, || seen.page.clone())?;
            seen.messages.iter().for_each(|message| show::message(message));
            Ok(())
        }
        Some((interval, mut view)) => {
            let mut before = None;
            watch::repeat(interval, async || {
                let seen = look(session, target.as_ref(), &prices).await?;
                match view {
                    View::Screen { .. } => view.draw(&seen.page),
                    View::Lines if before.as_ref() == Some(&seen.answer) => Ok(()),
                    View::Lines => {
                        view.draw(&format!("{}\n", seen.answer))?;
                        before = Some(seen.answer);
                        Ok(())
                    }
                }
            })
            .await
        }
    });
    Ok(if done.await?.is_some() || watching { Exit::Success } else { Exit::Interrupted })
}

async fn look(session: &Session, target: Option<&Target>, prices: &Prices) -> Result<Seen> {
    let region = session.clients.region().unwrap_or_default();
    let now = Timestamp::now();
    let Some(target) = target else {
        let all = Filter::Matching(Filters::default().criteria(Vec::new(), false));
        let listed = instances::list(session.clients.ec2(), &all).await?.into_iter();
        let rows: Vec<Row> = listed.map(|one| Row::of(region, one, prices, now)).collect();
        return Ok(summary::of(&rows, prices));
    };
    let row = Row::of(region, select::one(session, target).await?, prices, now);
    let agent = agent::find(session, &row.instance.instance_id).await;
    Ok(page::of(&row, &agent, prices, now))
}
