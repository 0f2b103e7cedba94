//! `rewards hash`: the content hash of a rule set, valid or not.

use std::path::PathBuf;

use super::{Ended, Outcome, print};
use crate::load;

/// Prints the content hash of a rule set.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder with rule files, or one file
    path: PathBuf,
}

pub(super) fn run(args: &Args) -> Outcome {
    let rules = load::one(&args.path)?;
    print(&format!("{}\n", rules.sources.hash()))?;
    Ok(Ended::Well)
}
