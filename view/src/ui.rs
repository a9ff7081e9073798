//! The view in a terminal that answers to keys.

mod again;
mod cursor;
mod draw;
mod events;
mod held;
pub mod keys;
mod layout;
mod run;
mod state;
mod terminal;
#[cfg(test)]
mod tests;

pub use run::{Ended, Options, UiError, run};
pub use state::Look;
pub use state::loaded::Reading;
