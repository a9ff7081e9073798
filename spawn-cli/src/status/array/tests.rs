//! The page of an array, whole, and at the widths of narrow and wide terminals.

use super::*;
use crate::array::example::{NOW, overview};
use spawn_cloud::AgentRecord;
use spawn_cloud::arrays::{ArrayRecord, Task};

const EIGHTY_COLUMNS: &str = r"array     align-0000002a
state     under way
launched  2025-10-09T08:53:20Z (20m ago)
command   ./align.sh --reference 'GRCh 38' '{index}'
tasks     ##########################!!!!!!!!x>>>>>.......... 70% of 40
          20 succeeded, 7 failed, 1 cancelled, 4 running, 8 pending
pace      2.0 tasks a minute lately, half of them within 1m; the rest takes
          about 6m
attempts  47, 16 of them repeated, 4 lost with their hosts
agents    3 on EC2, 1 local, 1 of them silent, 1 gone
cost      at most $0.0104/h, about $0.0055 so far, without 1 whose price is not
          known (list price of 2026-07-20)
input     s3://genomes/samples/{index:06}/
output    s3://spawn-123456789012-us-east-1/arrays/align-0000002a/
hook      notify waits for the end
trace     68e79a8050dd43dd8448eb211c80319c

stragglers, with three times the usual 1m and more:
  28 (attempt 2): runs for 16m40s on local-lab
  29 (attempt 2): runs for 3m20s on i-0123456789abcdef0

failed:
  20: \u{1b}[2Jit said\n\u{202e}nothing, on i-0123456789abcdef0
  21 (attempt 3): the command ended with exit code 1, and no attempts are left …
  22 (attempt 3): the command ended with exit code 1, and no attempts are left …
  23 (attempt 3): the command ended with exit code 1, and no attempts are left …
  24 (attempt 3): the command ended with exit code 1, and no attempts are left …
  and 2 more: `spawn results align-0000002a --failed` shows them
";

fn shown(overview: &Overview, width: Option<usize>) -> String {
    of(overview, &Prices::embedded(), NOW, width).page
}

#[test]
fn a_page_tells_how_far_the_array_is_what_hangs_and_what_failed() {
    assert_eq!(shown(&overview(), Some(80)), EIGHTY_COLUMNS);
}

#[test]
fn the_page_in_the_guide_is_this_one() {
    const GUIDE: &str = include_str!("../../../../docs/how-to/watch-job-arrays.md");
    let (_, rest) = GUIDE.split_once("```text\n").unwrap();
    let (page, _) = rest.split_once("```").unwrap();
    assert!(EIGHTY_COLUMNS.starts_with(page) && page.lines().count() > 10, "{page}");
}

#[test]
fn only_what_is_copied_is_wider_than_a_narrow_terminal() {
    for width in [40, 60, 80, 200] {
        let page = shown(&overview(), Some(width));
        let wide = page.lines().filter(|line| line.chars().count() > width);
        let copied = |line: &&str| {
            line.starts_with("output") || line.starts_with("input") || line.starts_with("trace") || line.contains('`')
        };
        assert_eq!(wide.filter(|line| !copied(line)).collect::<Vec<_>>(), Vec::<&str>::new(), "{page}");
    }
}

#[test]
fn a_program_that_reads_the_page_gets_every_line_whole() {
    let page = shown(&overview(), None);
    assert!(
        page.contains("no attempts are left of the three, on i-0123456789abcdef0\n") && !page.contains('…'),
        "{page}"
    );
    assert!(page.contains("70% of 40\n          20 succeeded"), "{page}");
}

/// The value of a line.
fn line(overview: &Overview, name: &str) -> String {
    let page = shown(overview, None);
    let found = page.lines().find_map(|line| line.strip_prefix(name)).map(|value| value.trim().to_owned());
    found.unwrap_or_else(|| panic!("no {name} in {page}"))
}

fn with(change: impl FnOnce(&mut ArrayRecord)) -> Overview {
    let mut overview = overview();
    change(&mut overview.array);
    overview
}

#[test]
fn the_state_says_what_is_waited_for() {
    let succeeded = |index| Task { state: TaskState::Succeeded, ..Task::new(index) };
    let complete = Overview { tasks: (0..40).map(succeeded).collect(), ..overview() };
    let states = [
        line(&with(|array| array.ready = false), "state"),
        line(&with(|array| array.cancelled_at = Some(NOW)), "state"),
        line(&complete, "state"),
        line(&Overview { array: with(|array| array.ended_at = Some(NOW)).array, ..complete }, "state"),
        line(&with(|array| (array.ended_at, array.cancelled_at) = (Some(NOW), Some(NOW))), "state"),
    ];
    let expected = [
        "being launched: nobody works on it yet",
        "called off, what runs comes to its end",
        "all tasks have ended, an agent brings it to its end",
        "ended, all tasks succeeded",
        "called off, ended, 8 of 40 tasks did not succeed",
    ];
    assert_eq!(states, expected);
}

#[test]
fn an_array_without_agents_says_how_to_bring_some() {
    let none = Overview { agents: Vec::new(), ..overview() };
    assert_eq!(line(&none, "agents"), "none: `spawn launch --join align-0000002a` brings some");
    assert_eq!(line(&none, "cost"), "$0.00/h, about $0.00 so far (list price of 2026-07-20)");
}

#[test]
fn a_hook_that_failed_says_why_and_cannot_reach_the_terminal() {
    let hook_state = HookState::Done { problem: Some("Unhandled: \u{1b}]0;x\u{7}".to_owned()) };
    let failed = with(|array| array.hook_state = hook_state);
    assert_eq!(line(&failed, "hook"), r"notify: Unhandled: \u{1b}]0;x\u{7}");
}

#[test]
fn numbers_from_a_hostile_hand_do_no_harm() {
    for odd in [Millis::MIN, -1, 0, Millis::MAX] {
        let mut hostile = overview();
        for task in &mut hostile.tasks {
            (task.started_at, task.ended_at, task.lease_until) = (Some(odd), Some(odd), Some(odd));
            (task.attempt, task.losses, task.failures) = (u32::MAX, u32::MAX, u32::MAX);
        }
        hostile.agents =
            hostile.agents.into_iter().map(|agent| AgentRecord { started_at: odd, last_seen: odd, ..agent }).collect();
        hostile.array.created_at = odd;
        hostile.array.ended_at = Some(odd);
        assert!(shown(&hostile, Some(80)).starts_with("array     align-0000002a\n"), "{odd}");
    }
}
