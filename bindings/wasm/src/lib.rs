//! The engine for JavaScript: texts in, texts out.
//!
//! It turns JSON, and tables of Arrow, into the engine's inputs and hands the engine's bytes on; nothing is computed here. What a page calls
//! is the TypeScript around it (`ts/`), which takes objects apart and makes errors of what is thrown here: a text of
//! JSON with `code` and `message`, never a panic.

mod arrow;
mod compile;
mod editor;
mod ledger;
mod problem;
mod rules;
mod samples;
mod simulate;
mod table;
mod utf16;

use wasm_bindgen::prelude::wasm_bindgen;

pub use compile::{Checked, check};
pub use editor::Editor;
#[cfg(feature = "format")]
pub use editor::format;
pub use ledger::Ledger;
pub use problem::Problem;
pub use rules::{RuleSet, reasons};
pub use samples::{Samples, compare_samples};
pub use simulate::{compare, explain_row, simulate};
pub use table::{Purchases, Table};

/// The version of the engine.
#[wasm_bindgen]
#[must_use]
pub fn version() -> String {
    env!("CARGO_PKG_VERSION").to_owned()
}
