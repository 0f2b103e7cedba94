//! `rewards hash`: the content hash of a rule set, valid or not.

use std::path::PathBuf;

use super::{Ended, Failure, Outcome, print};
use crate::load;

/// Prints the content hash of a rule set.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 printed, valid or not, 2 wrong use or a file that cannot be read.")]
pub(super) struct Args {
    /// A folder with the files of one rule set, or one file
    path: PathBuf,
}

pub(super) fn run(args: &Args) -> Outcome {
    let rules = load::one(&args.path)?;
    let sets = load::each(std::slice::from_ref(&args.path))?.len();
    if sets > 1 {
        return Err(Failure(format!("{} holds {sets} rule sets; name one of them", args.path.display())));
    }
    print(&format!("{}\n", rules.sources.hash()))?;
    Ok(Ended::Well)
}
