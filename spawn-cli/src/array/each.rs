//! One change for each of many tasks, some at a time, until AWS refuses one.

use crate::progress::Progress;
use opentelemetry::Context;
use opentelemetry::context::FutureExt;
use spawn_cloud::Error;
use spawn_cloud::arrays::{Refusal, Task, Written};
use tokio::task::JoinSet;

/// Changes under way at once: the partitions of the array take many more, a home router does not.
const AT_ONCE: usize = 32;
/// A line of progress for so many tasks.
const STEP: usize = 1_000;

/// What became of the tasks.
#[derive(Debug, Default)]
pub(crate) struct Changed {
    /// Tasks as they are now, by index.
    pub(crate) changed: Vec<Task>,
    /// Tasks that the rules refuse to change, and why, by index.
    pub(crate) refused: Vec<(u32, Refusal)>,
    /// What ended the work before all were asked for.
    pub(crate) error: Option<anyhow::Error>,
}

/// Does `change` to each task; after an error to no more.
pub(crate) async fn each<F>(doing: &str, tasks: Vec<Task>, change: impl Fn(Task) -> F) -> Changed
where
    F: Future<Output = Result<Result<Written, Refusal>, Error>> + Send + 'static,
{
    let progress = Progress::start();
    let (all, mut done) = (tasks.len(), 0);
    let mut outcome = Changed::default();
    let mut under_way = JoinSet::new();
    let mut left = tasks.into_iter();
    loop {
        while under_way.len() < AT_ONCE && outcome.error.is_none() {
            let Some(task) = left.next() else { break };
            let (index, change) = (task.index, change(task));
            under_way.spawn(async move { (index, change.await) }.with_context(Context::current()));
        }
        let Some(answer) = under_way.join_next().await else { break };
        match answer {
            Ok((_, Ok(Ok(written)))) => outcome.changed.push(written.after),
            Ok((index, Ok(Err(refusal)))) => outcome.refused.push((index, refusal)),
            Ok((_, Err(error))) => outcome.error = Some(error.into()),
            Err(panic) => outcome.error = Some(panic.into()),
        }
        done += 1;
        if done % STEP == 0 && done < all {
            progress.step(&format!("{doing}: {done} of {all} tasks"));
        }
    }
    progress.finish();
    outcome.changed.sort_by_key(|task| task.index);
    outcome.refused.sort_by_key(|(index, _)| *index);
    outcome
}
