//! Text that has a width: a bar of the tasks by state, and lines that are cut to what fits.

use spawn_cloud::arrays::TaskState;
use spawn_host::console::escape;

/// Width of a bar where no terminal says how wide it may be.
const USUAL: usize = 50;
/// Signs of the states, in the order in which they stand in a bar.
pub(crate) const SIGNS: [(TaskState, char); 5] = [
    (TaskState::Succeeded, '#'),
    (TaskState::Failed, '!'),
    (TaskState::Cancelled, 'x'),
    (TaskState::Running, '>'),
    (TaskState::Pending, '.'),
];

/// A bar of at most `width` signs. Each state that there is has at least one sign, so that a single failure shows.
pub(crate) fn bar(count: impl Fn(TaskState) -> usize, width: Option<usize>) -> String {
    let counts = SIGNS.map(|(state, _)| count(state));
    let all: usize = counts.iter().sum();
    let width = width.unwrap_or(USUAL).clamp(SIGNS.len(), USUAL);
    if all == 0 {
        return String::new();
    }
    let mut signs = counts.map(|count| if count == 0 { 0 } else { (count * width / all).max(1) });
    // What rounding has left out goes to the widest state, where one sign is seen least; what it has added comes from the
    // states that are widest at the time, as one alone may not have that many.
    for _ in signs.iter().sum()..width {
        *widest(&mut signs) += 1;
    }
    for _ in width..signs.iter().sum() {
        *widest(&mut signs) -= 1;
    }
    SIGNS.iter().zip(signs).map(|((_, sign), many)| sign.to_string().repeat(many)).collect()
}

fn widest(signs: &mut [usize; SIGNS.len()]) -> &mut usize {
    let place = (0..SIGNS.len()).max_by_key(|place| signs[*place]).unwrap_or(0);
    &mut signs[place]
}

/// One line of text from outside, cut to the width.
pub(crate) fn fit(text: &str, width: Option<usize>) -> String {
    let text = escape(text).replace('\n', "\\n");
    match width {
        Some(width) if text.chars().count() > width => {
            text.chars().take(width.saturating_sub(1)).collect::<String>() + "…"
        }
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(counts: [usize; 5], width: usize) -> String {
        let count = |state: TaskState| {
            let place = TaskState::ALL.iter().position(|one| *one == state).unwrap();
            counts[place]
        };
        bar(count, Some(width))
    }

    #[test]
    fn a_bar_shows_the_states_and_no_failure_gets_lost_in_it() {
        assert_eq!(of([5, 2, 3, 0, 0], 10), "###>>.....");
        assert_eq!(of([0, 0, 9_999, 1, 0], 10), "#########!");
        assert_eq!(of([0, 0, 7, 0, 0], 10), "##########");
        assert_eq!(of([1, 1, 1, 1, 1], 10), "##!!xx>>..");
        assert_eq!(of([356, 1, 240, 1, 1], 5).chars().count(), 5);
        assert_eq!(of([0, 0, 0, 0, 0], 10), "");
    }

    #[test]
    fn a_line_is_cut_and_cannot_break() {
        assert_eq!(fit("abcdef", Some(4)), "abc…");
        assert_eq!(fit("a\nb\u{1b}[2J", None), "a\\nb\\u{1b}[2J");
    }

    proptest! {
        #[test]
        fn a_bar_is_as_wide_as_it_may_be(counts in [0_usize..2_000, 0..9, 0..9_999, 0..3, 0..2], width in 5_usize..80) {
            let shown = of(counts, width).chars().count();
            prop_assert!(counts.iter().sum::<usize>() == 0 || shown == width.min(50), "{shown}");
        }
    }
}
