//! The spool on a disk that loses power, forgets, refuses and lies: nothing that was promised is lost, and all is counted.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod crash;
mod damage;
mod day;
mod life;
mod refusal;
mod specification;
mod world;
