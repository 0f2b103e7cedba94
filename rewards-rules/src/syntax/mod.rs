//! What people write, as they wrote it: YAML documents, expressions and functions, with spans.
//!
//! Nothing here knows whether a name exists or a type fits; that is the business of `check`.

pub mod expression;
mod foreign;
mod lexer;
mod operands;
pub mod parse;
mod print;
mod read;
mod statements;
#[cfg(test)]
mod tests;
pub mod vocabulary;
pub mod written;
pub(crate) mod yaml;

pub use read::read;
pub(crate) use yaml::MAX_FILE_BYTES;
