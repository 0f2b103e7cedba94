//! Rules for cashback, loyalty and campaigns: files in, rewards to the cent out.

pub mod check;
pub mod input;
mod script;
pub mod source;
pub mod syntax;
pub mod value;
