//! The bodies whose spans wait for their end, so that an end of the program does not lose them.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::Reading;

/// The bodies that are open.
#[derive(Debug, Default)]
pub(crate) struct OpenBodies(Mutex<Vec<Weak<Reading>>>);

impl OpenBodies {
    /// Remembers one more, forgets those that are over, and writes the spans of those that take too long.
    pub(in crate::interceptor) fn add(&self, reading: &Arc<Reading>) {
        let overdue: Vec<_> = {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.retain(|reading| reading.upgrade().is_some_and(|reading| reading.waits()));
            open.push(Arc::downgrade(reading));
            open.iter().filter_map(Weak::upgrade).filter(|reading| reading.is_overdue()).collect()
        };
        overdue.iter().for_each(|reading| reading.settle());
    }

    /// Writes the spans of all, as far as their bodies were read. What comes after that is not told.
    pub(crate) fn settle(&self) {
        let open = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        open.iter().filter_map(Weak::upgrade).for_each(|reading| reading.settle());
    }
}
