//! Rules for cashback, loyalty and campaigns: files in, rewards to the cent out.

pub mod check;
pub mod describe;
pub mod diff;
pub mod editor;
mod evaluate;
mod graph;
pub mod input;
pub mod outcome;
mod rule_set;
pub mod schema;
mod script;
pub mod simulate;
pub mod source;
pub mod state;
pub mod syntax;
pub mod testing;
pub mod value;
pub mod values;
mod words;

pub use evaluate::EvaluationError;
pub use graph::draw;
pub use rule_set::{RuleSet, UsageKey};

/// The README's Rust blocks, compiled and run as tests.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
