//! The `rewards` command from outside: exit statuses, streams, and what it prints.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at the first surprise"
)]

mod exits;
mod files;
mod outputs;
mod run;
