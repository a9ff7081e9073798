//! Drives the interceptor through a real client of a real SDK.
