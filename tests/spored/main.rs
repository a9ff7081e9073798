//! `spored` on a host of one's own and on an instance: the real program, real HTTP, emulators that others wrote.
#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

mod announced;
mod array;
mod bad_input;
mod boot;
mod compared;
mod config;
mod context;
mod control;
mod delivery;
mod doctor;
mod exporters;
mod fixture;
mod guide;
mod instance;
mod killed;
mod life;
mod life_ends;
mod life_faults;
mod life_hook;
mod live;
mod logs;
mod overrides;
mod process;
mod reload;
mod rough_ends;
mod safety;
mod sampling;
mod socket;
mod staging;
mod systemd;
mod work;
mod work_docs;
mod work_end;
mod work_faults;
mod work_story;
