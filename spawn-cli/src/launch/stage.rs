//! How far a launch has come, for the one who interrupts it.

use std::cell::RefCell;

/// Set by the launch, read after its end.
#[derive(Debug, Default)]
pub(super) struct Stage(RefCell<Reached>);

#[derive(Debug, Default)]
enum Reached {
    #[default]
    Nothing,
    Writing {
        id: String,
        array: String,
        resumable: bool,
    },
    Ordering {
        id: String,
        resumable: bool,
    },
    Launched,
}

impl Stage {
    /// From here on there may be records of an array, on which nobody works yet.
    pub(super) fn writing(&self, id: &str, array: &str, resumable: bool) {
        *self.0.borrow_mut() = Reached::Writing { id: id.to_owned(), array: array.to_owned(), resumable };
    }

    /// From here on there may be instances.
    pub(super) fn ordering(&self, id: &str, resumable: bool) {
        *self.0.borrow_mut() = Reached::Ordering { id: id.to_owned(), resumable };
    }

    /// All are launched.
    pub(super) fn launched(&self) {
        *self.0.borrow_mut() = Reached::Launched;
    }

    /// What to tell on Ctrl-C.
    pub(super) fn interrupted(&self) -> String {
        match &*self.0.borrow() {
            Reached::Nothing => "interrupted: nothing was launched".to_owned(),
            Reached::Writing { id, array, resumable } => {
                let seen = format!("interrupted: array {array} is not ready, and no instance was launched");
                let resume = format!("; `spawn launch --resume {id}` goes on");
                format!("{seen}{}", if *resumable { &resume } else { "" })
            }
            Reached::Launched => "interrupted: the instances are launched, `spawn list` shows them".to_owned(),
            Reached::Ordering { id, resumable } => {
                let seen = "interrupted: instances may have been launched, `spawn list` shows them";
                let resume = format!("; `spawn launch --resume {id}` launches the rest");
                format!("{seen}{}", if *resumable { &resume } else { "" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_depends_on_how_far_it_came() {
        let stage = Stage::default();
        assert_eq!(stage.interrupted(), "interrupted: nothing was launched");
        stage.writing("0123456789abcdef", "align-1a2b3c4d", true);
        let expected = "interrupted: array align-1a2b3c4d is not ready, and no instance was launched; \
                        `spawn launch --resume 0123456789abcdef` goes on";
        assert_eq!(stage.interrupted(), expected);
        stage.ordering("0123456789abcdef", false);
        assert!(stage.interrupted().ends_with("instances may have been launched, `spawn list` shows them"));
        stage.ordering("0123456789abcdef", true);
        assert!(stage.interrupted().ends_with("`spawn launch --resume 0123456789abcdef` launches the rest"));
        stage.launched();
        assert_eq!(stage.interrupted(), "interrupted: the instances are launched, `spawn list` shows them");
    }
}
