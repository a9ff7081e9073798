//! Lookups of credentials through a real client.
