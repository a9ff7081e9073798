//! The orders to EC2: many instances in one, and fewer where one of them stands in the way of the others.

use super::Change;
use super::answer::Outcome;
use crate::session::Session;
use spawn_cloud::{Error, instances};
use std::collections::BTreeMap;

/// Instances in one order; EC2 takes up to 1,000 and answers slowly then.
const PER_CALL: usize = 500;
/// Refusals that are about one instance: EC2 refuses the whole order for it, and the rest may go through.
const ABOUT_ONE: [&str; 9] = [
    "IncorrectInstanceState",
    "InsufficientInstanceCapacity",
    "InvalidInstanceID",
    "InvalidInstanceID.NotFound",
    "IncorrectSpotRequestState",
    "OperationNotPermitted",
    "UnsupportedHibernationConfiguration",
    "UnsupportedOperation",
    "Unsupported",
];

/// Orders the change; answers what became of each instance, by id.
pub(super) async fn carry_out(session: &Session, change: Change, ids: Vec<String>) -> BTreeMap<String, Outcome> {
    let mut outcomes = BTreeMap::new();
    let mut orders: Vec<Vec<String>> = ids.chunks(PER_CALL).map(<[String]>::to_vec).collect();
    while let Some(ids) = orders.pop() {
        match order(session, change, &ids).await {
            Ok(mut states) => outcomes.extend(ids.into_iter().map(|id| {
                let state = states.remove(&id).unwrap_or_else(|| "unknown".to_owned());
                (id, Outcome::Ordered(state))
            })),
            Err(error) if ids.len() > 1 && is_about_one(&error) => {
                // By halves: of a thousand with one that stands in the way, all others are through after twenty calls.
                let (first, second) = ids.split_at(ids.len() / 2);
                orders.extend([first.to_vec(), second.to_vec()]);
            }
            Err(error) => {
                let reason = with_remedy(change, &error);
                outcomes.extend(ids.into_iter().map(|id| (id, Outcome::Failed(reason.clone()))));
            }
        }
    }
    outcomes
}

async fn order(session: &Session, change: Change, ids: &[String]) -> Result<instances::States, Error> {
    let client = session.clients.ec2();
    match change {
        Change::Terminate => instances::terminate(client, ids).await,
        Change::Stop => instances::stop(client, ids, false).await,
        Change::Hibernate => instances::stop(client, ids, true).await,
        Change::Start => instances::start(client, ids).await,
    }
}

fn is_about_one(error: &Error) -> bool {
    error.code().is_some_and(|code| ABOUT_ONE.contains(&code))
}

/// What EC2 says, and what to do about it where that depends on what was wanted.
fn with_remedy(change: Change, error: &Error) -> String {
    let remedy = match (change, error.code()) {
        (Change::Terminate, Some("OperationNotPermitted")) => "switch its termination protection off first",
        (Change::Stop | Change::Hibernate, Some("OperationNotPermitted")) => "switch its stop protection off first",
        (Change::Hibernate, _) if error.is_no_hibernation() => "stop it without --hibernate",
        (Change::Stop, Some("UnsupportedOperation")) => "one that cannot be stopped can be terminated",
        (Change::Start, Some("InsufficientInstanceCapacity")) => "try again later, or launch another type",
        _ => return error.to_string(),
    };
    format!("{error}; {remedy}")
}
