//! The model of a trace: its readers, and what is worked out of it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod model {
    mod any;
    mod arrays;
    mod compare;
    mod critical;
    mod documents;
    mod fold;
    mod map;
    mod read;
    mod round_trip;
    mod samples;
    mod search;
    mod trace;
}
