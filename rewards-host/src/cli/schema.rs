//! `rewards schema`: the JSON Schema of the YAML format, for editors.

use rewards_rules::syntax::json_schema;

use super::{Ended, Outcome, print};

/// Prints the JSON Schema of rule files, from which editors complete and check.
///
/// Write it to a file and name that in the settings of your editor, or in the first line of a rule file, after
/// `# yaml-language-server: $schema=`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 printed, 2 wrong use.")]
pub(super) struct Args {}

pub(super) fn run(_: &Args) -> Outcome {
    print(&json_schema())?;
    Ok(Ended::Well)
}
