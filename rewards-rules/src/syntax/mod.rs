//! What people write, as they wrote it: YAML documents, expressions and functions, with spans.
//!
//! Nothing here knows whether a name exists or a type fits; that is the business of `check`.

pub mod expression;
pub mod parse;
pub mod read;
pub mod written;
pub(crate) mod yaml;
