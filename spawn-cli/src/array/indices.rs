//! Which tasks of an array: `3`, `0-9`, `0-9,12`.

use crate::exit::UsageError;
use spawn_cloud::arrays::{ArrayRecord, MOST_TASKS};
use std::collections::BTreeSet;
use std::str::FromStr;

/// Tasks by index, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Indices(BTreeSet<u32>);

impl Indices {
    /// Whether this task is meant.
    pub(crate) fn has(&self, index: u32) -> bool {
        self.0.contains(&index)
    }

    /// The one index, if there is only one.
    pub(crate) fn only(&self) -> Option<u32> {
        self.0.first().copied().filter(|_| self.0.len() == 1)
    }

    /// Refuses an index that the array does not have.
    pub(crate) fn check(&self, array: &ArrayRecord) -> Result<(), UsageError> {
        match self.0.last().filter(|last| **last >= array.size) {
            None => Ok(()),
            Some(last) => {
                Err(UsageError::Other(format!("{} has no task {last}: its {}", array.id, numbered(array.size))))
            }
        }
    }
}

fn numbered(size: u32) -> String {
    match size {
        1 => "only task is 0".to_owned(),
        size => format!("tasks are 0 to {}", size - 1),
    }
}

impl FromStr for Indices {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let rule =
            || format!("tasks are chosen by indices and ranges from 0 to {}, such as 3 or 0-9,12", MOST_TASKS - 1);
        let mut indices = BTreeSet::new();
        for part in text.split(',') {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = (index(first).ok_or_else(rule)?, index(last).ok_or_else(rule)?);
            if first > last {
                return Err(format!("the range {part} ends before it begins"));
            }
            indices.extend(first..=last);
        }
        Ok(Self(indices))
    }
}

fn index(text: &str) -> Option<u32> {
    // The standard library would take a sign.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|index| digits && *index < MOST_TASKS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn indices_and_ranges_are_read() {
        let read = |text: &str| text.parse::<Indices>().map(|indices| indices.0.into_iter().collect::<Vec<_>>());
        assert_eq!(read("3"), Ok(vec![3]));
        assert_eq!(read("2-4,12,3"), Ok(vec![2, 3, 4, 12]));
        assert_eq!(read("007"), Ok(vec![7]));
        assert_eq!(read("4-2").unwrap_err(), "the range 4-2 ends before it begins");
        for wrong in ["", ",", "3,", "a", "-1", "+1", "1-", "1-2-3", "10000", "0-10000", "99999999999", "1 2"] {
            assert!(read(wrong).unwrap_err().contains("such as 3 or 0-9,12"), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_choose_what_no_array_has(text in "[0-9,\\-a ]{0,20}") {
            if let Ok(indices) = text.parse::<Indices>() {
                prop_assert!(indices.0.iter().all(|index| *index < MOST_TASKS));
            }
        }
    }
}
