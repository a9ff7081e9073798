//! The model of a trace: its readers, and what is worked out of it.
#![expect(clippy::unwrap_used, reason = "tests")]

mod model {
    mod again;
    mod any;
    mod arrays;
    mod compare;
    mod critical;
    mod documents;
    mod fold;
    mod large;
    mod map;
    mod read;
    mod round_trip;
    mod samples;
    mod search;
    mod trace;
}
