//! The heat map of a job array: a line for each task, a cell for each phase.

use crate::array::{ArrayView, TaskRow};
use crate::ui::cursor::Cursor;
use crate::ui::keys::Action;
use crate::ui::state::follow::next;
use crate::ui::state::loaded::Loaded;

/// The heat map of one array of those that there are.
#[derive(Debug, Default)]
pub(crate) struct ArrayTab {
    pub(crate) cursor: Cursor,
    pub(crate) array: usize,
    pub(crate) by_index: bool,
    /// The tasks in the order in which they are shown.
    pub(crate) rows: Vec<usize>,
    /// The longest time of each phase, and of all.
    pub(crate) longest: Vec<u64>,
    chosen: Option<u32>,
}

impl ArrayTab {
    /// The array that is shown.
    pub(crate) fn view<'a>(&self, loaded: &'a Loaded) -> Option<&'a ArrayView> {
        loaded.arrays.get(self.array)
    }

    /// The task of a row.
    pub(crate) fn task<'a>(&self, row: usize, loaded: &'a Loaded) -> Option<&'a TaskRow> {
        self.view(loaded)?.tasks.get(*self.rows.get(row)?)
    }

    /// Trace and span of the chosen task.
    pub(crate) fn chosen(&self, loaded: &Loaded) -> Option<(usize, usize)> {
        self.task(self.cursor.at, loaded).map(|task| (task.trace, task.span))
    }

    /// Does what a key asks for; answers with what there is to say about it.
    pub(crate) fn apply(&mut self, action: Action, loaded: &Loaded, page: usize) -> Option<String> {
        if self.cursor.moved(action, self.rows.len(), page) {
            self.remember(loaded);
            return None;
        }
        let arrays = loaded.arrays.len().max(1);
        match action {
            Action::Sort => self.by_index = !self.by_index,
            Action::NextArray => (self.array, self.chosen) = ((self.array + 1) % arrays, None),
            Action::PreviousArray => (self.array, self.chosen) = ((self.array + arrays - 1) % arrays, None),
            Action::NextError => {
                let failed = |row: usize| self.task(row, loaded).is_some_and(|task| task.failed);
                let Some(at) = next(self.rows.len(), self.cursor.at, true, false, failed) else {
                    return Some("no task of this array failed".to_owned());
                };
                self.cursor.go(at, self.rows.len(), page);
                self.remember(loaded);
                return None;
            }
            _ => return None,
        }
        self.arrange(loaded, page);
        None
    }

    pub(crate) fn keep_in_view(&mut self, page: usize) {
        self.cursor.go(self.cursor.at, self.rows.len(), page);
    }

    /// Sorts anew; the chosen task stays chosen.
    pub(crate) fn arrange(&mut self, loaded: &Loaded, page: usize) {
        self.array = self.array.min(loaded.arrays.len().saturating_sub(1));
        let tasks = self.view(loaded).map_or(&[][..], |view| &view.tasks);
        self.rows = (0..tasks.len()).collect();
        if self.by_index {
            self.rows.sort_by_key(|row| tasks[*row].index);
        }
        let phases = self.view(loaded).map_or(0, |view| view.phases.len());
        let longest = |phase: usize| tasks.iter().filter_map(|task| *task.phases.get(phase)?).max().unwrap_or_default();
        self.longest = (0..phases).map(longest).collect();
        self.longest.push(tasks.iter().map(|task| task.total).max().unwrap_or_default());
        let at = self.rows.iter().position(|row| Some(tasks[*row].index) == self.chosen).unwrap_or_default();
        self.cursor.go(at, self.rows.len(), page);
        self.remember(loaded);
    }

    /// Goes to the next task whose index, outcome or cause has the text.
    pub(crate) fn search(&mut self, text: &str, forward: bool, here: bool, loaded: &Loaded, page: usize) -> bool {
        let has = |row: usize| {
            self.task(row, loaded).is_some_and(|task| {
                let cause = task.cause.as_deref().unwrap_or_default();
                format!("[{}] {} {cause}", task.index, task.outcome).to_lowercase().contains(text)
            })
        };
        let found = next(self.rows.len(), self.cursor.at, forward, here, has);
        found.into_iter().for_each(|at| self.cursor.go(at, self.rows.len(), page));
        self.remember(loaded);
        found.is_some()
    }

    fn remember(&mut self, loaded: &Loaded) {
        self.chosen = self.task(self.cursor.at, loaded).map(|task| task.index);
    }
}
