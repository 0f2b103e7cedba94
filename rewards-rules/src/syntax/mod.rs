//! What people write, as they wrote it: YAML documents, expressions and functions, with spans.
//!
//! Nothing here knows whether a name exists or a type fits; that is the business of `check`.

pub(crate) mod allow;
pub mod expression;
mod foreign;
#[cfg(feature = "format")]
pub mod format;
mod lexer;
mod operands;
pub mod parse;
mod print;
mod read;
mod schema;
mod statements;
#[cfg(test)]
mod tests;
pub mod vocabulary;
pub mod written;
pub(crate) mod yaml;

pub(crate) use foreign::instead_of_property;
pub use read::read;
pub use schema::json_schema;
pub(crate) use yaml::MAX_FILE_BYTES;
