//! What the pacer promises, at single senders; what becomes of ten thousand is in `tests/fleet`.

mod alone;
mod fleet;
mod hurry;
mod outage;

use super::*;

const SECOND: Duration = Duration::from_secs(1);

fn limits(quota: Option<f64>) -> Limits {
    Limits {
        records: 50,
        enough: 500,
        quota,
        linger: SECOND,
        first_wait: SECOND,
        longest_wait: Duration::from_secs(60),
    }
}

fn alone() -> Pacer {
    Pacer::new(Fleet::ALONE, limits(Some(2_600.0)), 1)
}

fn one_of(size: u32, index: u32) -> Pacer {
    Pacer::new(Fleet::of(size, index), limits(Some(2_600.0)), u64::from(index))
}

fn queue(waiting: usize) -> Queue {
    Queue { waiting, ..Queue::default() }
}

fn hurried(waiting: usize, hurry: Hurry) -> Queue {
    Queue { waiting, hurry, ..Queue::default() }
}

fn send(most: usize) -> Step {
    Step::Send { most, kept_first: false }
}

fn taken(done: usize) -> Answer {
    Answer { done, setback: None }
}

fn failed(setback: Setback) -> Answer {
    Answer { done: 0, setback: Some(setback) }
}

/// When the pacer lets something be sent, if nothing else comes.
fn sent_at(pacer: &mut Pacer, mut now: Duration, queue: Queue) -> (Duration, usize) {
    loop {
        match pacer.next(now, queue) {
            Step::Send { most, .. } => return (now, most),
            Step::WaitUntil(then) => {
                assert!(then > now, "{then:?}");
                now = then;
            }
            Step::Idle => panic!("there is work"),
        }
    }
}
