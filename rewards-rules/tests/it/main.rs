//! The engine against things written apart from it: a slow reference evaluator, generated rule sets, and the
//! conformance corpus. One binary, so that the crate is linked once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

#[path = "../../../fuzz/src/attack/mod.rs"]
mod attack;
mod attack_seeds;
mod border;
mod check_cases;
mod compiled;
mod conformance;
mod diff;
mod differential;
mod engine;
mod fed;
mod for_hosts;
#[cfg(feature = "format")]
mod format;
mod generate;
mod lints;
mod many;
mod pages;
mod paused;
mod picture;
mod properties;
mod reference;
mod schema;
mod stored;
mod story;
mod subject;
mod yaml;
