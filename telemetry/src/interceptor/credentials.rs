//! What it takes to sign a call: the credentials that it waited for, and each request that brought them.
//!
//! The SDK resolves an identity in the midst of a call and keeps it for the calls that follow. [`TracedIdentities`]
//! stands around the cache: where that has nothing, the call that asks has an [`Asking`] in force while the providers
//! work. [`CredentialRequests`] stands around the HTTP client of the providers and makes a span of each request, if an
//! `Asking` is in force. Whoever else asks, the exporter among them, leaves no spans. What is secret is never read.

mod answer;
mod asking;
mod identities;
mod request;
mod requests;
mod source;

pub use identities::TracedIdentities;
pub use requests::CredentialRequests;

pub(super) use asking::Asking;
