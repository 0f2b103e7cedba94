//! The `rewards` command: arguments in, a command called, an exit status out.
//!
//! All that is decided about rules and money is decided by the engine; what stands here reads files and writes
//! results.

#[cfg(feature = "service")]
mod cache;
mod cli;
#[cfg(feature = "service")]
mod config;
#[cfg(feature = "service")]
mod http;
#[cfg(feature = "service")]
mod jobs;
mod load;
#[cfg(feature = "lsp")]
mod lsp;
mod memory;
mod output;
mod rows;
#[cfg(feature = "service")]
mod service;
#[cfg(feature = "service")]
mod store;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main()
}
