//! The end of a command: its last spans leave within the time that it gives them, and the rest waits on disk.

use spawn_telemetry::{DropReason, Health, Problem, Telemetry};
use std::time::Duration;

/// Time that the last spans get of a command that is done. What has not left then waits on disk for the next command.
pub(super) const FLUSH: Duration = Duration::from_millis(300);

/// Delivers what waits and ends the delivery; answers what to tell the user where that did not work.
pub(crate) async fn delivered(telemetry: &Telemetry) -> Option<String> {
    telemetry.flush(FLUSH).await;
    let (health, storage) = (telemetry.health(), telemetry.storage());
    let before = telemetry.counters().dropped_for(DropReason::Shutdown);
    telemetry.shutdown(Duration::ZERO);
    let counters = telemetry.counters();
    // What is on its way and on no disk goes with the program.
    let on_its_way = telemetry.storage().in_memory.min(counters.queued);
    let lost = counters.dropped_for(DropReason::Shutdown) - before + on_its_way;
    let folder = storage.folder.map(|folder| folder.display().to_string());
    left_behind(counters.queued - on_its_way, folder.as_deref(), lost, &health)
}

/// The last word about spans that have not left. The warning with the remedy stands above already.
fn left_behind(waiting: u64, folder: Option<&str>, lost: u64, health: &Health) -> Option<String> {
    let why =
        |problem: &Option<Problem>| problem.as_ref().map_or(String::new(), |problem| format!(": {}", problem.what));
    let spans = |number: u64| if number == 1 { "1 span".to_owned() } else { format!("{number} spans") };
    let told = [
        (waiting > 0).then(|| {
            let (waits, them) = if waiting == 1 { ("waits", "it") } else { ("wait", "them") };
            let place = folder.map_or(String::new(), |folder| format!(" in {folder}"));
            let why = why(&health.problem);
            format!("{} {waits}{place}; the next command delivers {them}, or `spawn trace flush`{why}", spans(waiting))
        }),
        (lost > 0).then(|| {
            let were = if lost == 1 { "was" } else { "were" };
            let disk = why(&health.storage);
            format!(
                "{} {were} not delivered within {} ms{}{disk}",
                spans(lost),
                FLUSH.as_millis(),
                why(&health.problem)
            )
        }),
    ];
    let told: Vec<String> = told.into_iter().flatten().collect();
    (!told.is_empty()).then(|| told.join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use spawn_telemetry::HealthState;

    #[test]
    fn the_last_word_says_how_many_where_and_what_to_do() {
        let mut health = Health {
            state: HealthState::Ok,
            exporter: Some("xray"),
            problem: None,
            storage: None,
            clock: None,
            last_refusal: None,
        };
        assert_eq!(left_behind(0, Some("/home/me/spool"), 0, &health), None);
        let one = "1 span waits in /home/me/spool; the next command delivers it, or `spawn trace flush`";
        assert_eq!(left_behind(1, Some("/home/me/spool"), 0, &health).as_deref(), Some(one));
        let problem = |what: &str| {
            let (what, remedy) = (what.to_owned(), "mend it".to_owned());
            Some(Problem { what, remedy, since: jiff::Timestamp::UNIX_EPOCH, count: 1 })
        };
        (health.problem, health.storage) = (problem("X-Ray does not answer"), problem("the disk is full"));
        let both = "2 spans wait in /s; the next command delivers them, or `spawn trace flush`: X-Ray does not answer; \
                    3 spans were not delivered within 300 ms: X-Ray does not answer: the disk is full";
        assert_eq!(left_behind(2, Some("/s"), 3, &health).as_deref(), Some(both));
    }
}
