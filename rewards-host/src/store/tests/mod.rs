//! Tests of the store, on PostgreSQL and on SQLite alike.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test stops at the first surprise"
)]

mod constraints;
mod errors;
pub(crate) mod fresh;
mod id;
mod plans;
mod prepared;
pub(crate) mod proxy;
