//! Carrying an order out: batch after batch, paced, with the next type where EC2 has no room.

use super::Launch;
use super::array;
use super::journal::Journal;
use super::order::Order;
use crate::show;
use anyhow::{Context, Result, anyhow};
use spawn_cloud::instances::{self, Instance, Launched, Pace, Trouble};
use std::time::{Duration, Instant};

/// Waits shorter than this are not worth a word.
const WORTH_A_WORD: Duration = Duration::from_secs(3);
/// How often one batch may be throttled, on top of the SDK's own retries.
const MOST_THROTTLED: u32 = 8;

/// IAM tells EC2 of an instance profile some ten seconds after it is made.
const NEW_PROFILE: Duration = Duration::from_secs(2);
/// After 20 s a profile is not new but misspelt.
const MOST_NEW_PROFILE: u32 = 10;

/// Writes what is still to be written of the array: instances that boot before would find nothing to do.
pub(super) async fn write_array(launch: &Launch, order: &mut Order, journal: Option<&Journal>) -> Result<()> {
    let Some(array) = order.array.as_mut().filter(|array| array.unwritten.is_some()) else { return Ok(()) };
    launch.stage.writing(&order.id, &array.id, journal.is_some());
    launch.progress.step(&format!("writing {} of array {}", array.tasks(), array.id));
    let written = array::write(&launch.session, array, &launch.progress).await;
    written.with_context(|| match journal {
        Some(_) => {
            let id = &order.id;
            format!("the array is not ready, and no instance was launched; `spawn launch --resume {id}` goes on")
        }
        None => "the array is not ready, and no instance was launched".to_owned(),
    })?;
    note(journal, order);
    Ok(())
}

/// Launches what is still to launch. Answers all instances of the order, and why some are not there.
pub(super) async fn carry_out(
    launch: &Launch,
    mut order: Order,
    journal: Option<&Journal>,
    before: Vec<Instance>,
) -> Result<(Vec<Instance>, Option<anyhow::Error>)> {
    let began = Instant::now();
    let mut pace = Pace::new(began.elapsed());
    let mut instances = before;
    announce(launch, pace.forecast(began.elapsed(), &order.open()));
    let (mut throttled, mut new_profile) = (0, 0);
    while let Some(index) = order.next() {
        let request = order.request(index);
        let wait = pace.wait(began.elapsed(), request.count);
        tokio::time::sleep(wait).await;
        pace.ordered(began.elapsed(), request.count);
        match instances::launch(launch.session.clients.ec2(), request).await {
            Ok(Launched::Instances(launched)) => {
                throttled = 0;
                order.batches[index].launched =
                    Some(launched.iter().map(|instance| instance.instance_id.clone()).collect());
                instances.extend(launched);
                note(journal, &order);
                let (done, all) = (order.launched(), order.request.count);
                if order.batches.len() > 1 {
                    launch.progress.step(&format!("{done} of {all} launched"));
                }
            }
            Ok(Launched::WouldLaunch) => return Err(anyhow!("EC2 took the launch for a dry run")),
            Err(error) if is_new_profile(&error) && new_profile < MOST_NEW_PROFILE => {
                new_profile += 1;
                launch.progress.step("waiting until EC2 knows the new instance profile");
                tokio::time::sleep(NEW_PROFILE).await;
            }
            Err(error) => match Trouble::of_code(error.code()) {
                Trouble::Throttled if throttled < MOST_THROTTLED => {
                    throttled += 1;
                    pace.throttled(began.elapsed());
                    announce(launch, pace.forecast(began.elapsed(), &order.open()));
                }
                Trouble::Capacity if order.next_type(index) => {
                    let next = order.request(index).instance_type;
                    show::message(&format!("{error}: trying {next}"));
                    note(journal, &order);
                }
                _ => return Ok((instances, Some(stopped(error, &order, journal)))),
            },
        }
    }
    if let Some(journal) = journal {
        journal.close();
    }
    Ok((instances, None))
}

/// EC2 does not know the instance profile, or not yet.
fn is_new_profile(error: &spawn_cloud::Error) -> bool {
    error.code() == Some("InvalidParameterValue") && error.to_string().contains("iamInstanceProfile")
}

/// Says how long EC2's limits make this launch wait.
fn announce(launch: &Launch, wait: Duration) {
    if wait >= WORTH_A_WORD {
        let text = format!("EC2 limits how fast instances are launched: about {} s to go", wait.as_secs());
        launch.progress.step(&text);
    }
}

/// The launch itself goes on when the disk is full; but what is not noted is looked up at EC2 when it is resumed.
fn note(journal: Option<&Journal>, order: &Order) {
    if let Some(Err(error)) = journal.map(|journal| journal.write(order)) {
        show::message(&format!("{error:#}"));
    }
}

/// The error that ended the launch, with how to go on.
fn stopped(error: spawn_cloud::Error, order: &Order, journal: Option<&Journal>) -> anyhow::Error {
    let refused = error.code().is_some();
    let launched = order.launched();
    match journal {
        // EC2 has said no to all of it: there is nothing to go on with.
        Some(journal) if refused && launched == 0 => {
            journal.close();
            with_array(error, order)
        }
        Some(_) => {
            let (id, all) = (&order.id, order.request.count);
            let hint = format!("{launched} of {all} are known to be launched; `spawn launch --resume {id}` goes on");
            anyhow::Error::new(error).context(hint)
        }
        None => with_array(error, order),
    }
}

/// The array is there all the same.
fn with_array(error: spawn_cloud::Error, order: &Order) -> anyhow::Error {
    let error = anyhow::Error::new(error);
    let Some(array) = &order.array else { return error };
    let id = &array.id;
    error.context(format!(
        "array {id} is there, and no instance works on it: `spawn launch --join {id} --instance-type …` launches some, \
         `spawn cancel {id}` calls it off"
    ))
}
