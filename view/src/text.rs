//! Traces as plain text, for terminals and files of any width.

mod array;
mod cause;
mod compare;
pub mod escape;
mod line;
mod list;
mod map;
mod paper;
mod table;
#[cfg(test)]
mod tests;
pub mod units;
mod waterfall;

pub use array::array;
pub use cause::cause;
pub use compare::compare;
pub use list::list;
pub use map::map;
pub use paper::{Paint, Paper};
pub use waterfall::{Detail, waterfall};
