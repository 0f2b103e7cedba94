//! `rewards simulate`: the arguments of a simulation.

use std::path::PathBuf;

use clap::ValueEnum;

use super::{Failure, Outcome};

/// Runs many transactions in time order and writes what each of them brings.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder with rule files, or one file
    #[arg(long, value_name = "PATH")]
    pub(super) rules: PathBuf,
    /// Transactions in order of time: `.csv` or `.ndjson`
    #[arg(long, value_name = "FILE")]
    pub(super) transactions: PathBuf,
    /// What is known of members before their first transaction
    #[arg(long, value_name = "FILE")]
    pub(super) members: Option<PathBuf>,
    /// Where to write the rows; without it, to standard output
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Where to write what it cost, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,
    /// Where to write bad rows and what is wrong with each
    #[arg(long, value_name = "FILE")]
    pub(super) rejects: Option<PathBuf>,
    /// How to write what it cost, where no file is named for it
    #[arg(long, value_enum, default_value_t = SummaryFormat::Human)]
    pub(super) format: SummaryFormat,
    /// Read instants without an offset as local time of this
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(super) assume_timezone: Option<AssumedZone>,
}

/// How the summary can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SummaryFormat {
    /// For people
    Human,
    /// JSON
    Json,
}

/// Whose local time an instant without an offset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AssumedZone {
    /// The program's
    Program,
}

pub(super) fn run(_args: &Args) -> Outcome {
    Err(Failure("simulations cannot be run yet".to_owned()))
}
