//! The `rewards` command from outside: exit statuses, streams, what it prints, and what the documents say of it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::string_slice,
    reason = "a test stops at the first surprise"
)]

mod conformance;
mod diff;
mod documents;
mod exits;
mod explain;
mod files;
mod format;
#[cfg(feature = "service")]
mod ledger;
#[cfg(feature = "lsp")]
mod lsp;
mod meta;
mod outputs;
mod packs;
mod reference;
mod run;
#[cfg(feature = "service")]
mod service;
mod simulate;
mod tables;
mod wrong_use;
