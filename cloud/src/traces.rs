//! Traces as X-Ray gives them: which there are, and their documents.

mod documents;
mod filter;
mod summaries;

pub use documents::{Documents, documents};
pub use filter::TraceSearch;
pub use summaries::{Summaries, summaries};
