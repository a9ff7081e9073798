//! What a status is about, found once; a look at it is made as often as is asked for.

use super::{Seen, agent, array, arrays, page, summary};
use crate::array::{Overview, known, parse_word, store};
use crate::exit::Exit;
use crate::fleet::Row;
use crate::select::{self, Filters, Target};
use crate::session::Session;
use crate::show;
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use spawn_cloud::arrays::{ArrayId, ArrayRecord, TaskState};
use spawn_cloud::instances::{self, Filter};
use spawn_cloud::prices::Prices;
use std::cell::Cell;

/// A job array, an instance, or all of them.
pub(super) enum Subject {
    All,
    Instance(Target),
    Array {
        id: ArrayId,
        /// As it was when it was found: the first look need not ask for it again.
        found: Cell<Option<Box<ArrayRecord>>>,
    },
}

impl Subject {
    /// An id says what it is of. A name means the job array of that name, and if there is none the instance.
    pub(super) async fn find(session: &Session, target: Option<Target>) -> Result<Self> {
        let Some(target) = target else { return Ok(Self::All) };
        let Target::Name(name) = &target else { return Ok(Self::Instance(target)) };
        let Ok(word) = parse_word(name) else { return Ok(Self::Instance(target)) };
        match known(session, &word, session.clock.now()).await {
            Ok(Some(array)) => Ok(Self::Array { id: array.id.clone(), found: Cell::new(Some(Box::new(array))) }),
            Ok(None) => Ok(Self::Instance(target)),
            // Whoever may not read arrays, or has none, may look at instances all the same.
            Err(error) if error.is::<spawn_cloud::Error>() => {
                if !crate::array::is_no_table(&error) {
                    show::message(&format!("whether {name} is a job array is not known: {error:#}"));
                }
                Ok(Self::Instance(target))
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn look(&self, session: &Session, prices: &Prices) -> Result<Seen> {
        match self {
            Self::All => all(session, prices).await,
            Self::Instance(target) => instance(session, target, prices).await,
            Self::Array { id, found } => {
                let array = match found.take() {
                    Some(array) => *array,
                    None => store(session).find(id).await?.with_context(|| format!("job array {id} is gone"))?,
                };
                let overview = Overview::read(session, array).await?;
                let mut seen = array::of(&overview, prices, session.clock.now(), show::stdout_width());
                seen.outcome = overview.array.ended_at.map(|_| outcome(&overview));
                Ok(seen)
            }
        }
    }
}

/// How an array that has ended went.
fn outcome(overview: &Overview) -> Exit {
    let succeeded = overview.count(TaskState::Succeeded);
    if succeeded == overview.array.size as usize { Exit::Success } else { Exit::Partial }
}

async fn instance(session: &Session, target: &Target, prices: &Prices) -> Result<Seen> {
    let (region, now) = (session.clients.region().unwrap_or_default(), Timestamp::now());
    let row = Row::of(region, select::one(session, target).await?, prices, now);
    let agent = agent::find(session, &row.instance.instance_id).await;
    Ok(page::of(&row, &agent, prices, now))
}

async fn all(session: &Session, prices: &Prices) -> Result<Seen> {
    let (region, now) = (session.clients.region().unwrap_or_default(), Timestamp::now());
    let all = Filter::Matching(Filters::default().criteria(Vec::new(), false));
    let (listed, arrays) = tokio::join!(instances::list(session.clients.ec2(), &all), arrays::under_way(session));
    let rows: Vec<Row> = listed?.into_iter().map(|one| Row::of(region, one, prices, now)).collect();
    let mut seen = summary::of(&rows, prices);
    arrays::add(&mut seen, &arrays, session.clock.now());
    Ok(seen)
}
