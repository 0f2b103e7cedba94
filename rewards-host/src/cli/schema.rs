//! `rewards schema`: the JSON Schema of the YAML format, for editors, and of what crosses the engine's border.

use clap::ValueEnum;
use rewards_rules::schema::{self, Type};
use rewards_rules::syntax;

use super::{Ended, Outcome, print};

/// Prints the JSON Schema of rule files, from which editors complete and check.
///
/// Write it to a file and name that in the settings of your editor, or in the first line of a rule file, after
/// `# yaml-language-server: $schema=`.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 printed, 2 wrong use.")]
pub(super) struct Args {
    /// Instead the schema of JSON that goes into an evaluation or comes out of it
    #[arg(long, value_enum, value_name = "TYPE")]
    of: Option<Of>,
}

/// What has a schema besides rule files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Of {
    /// A purchase
    Transaction,
    /// A refund
    Refund,
    /// A member
    Member,
    /// What was used of counters
    Usage,
    /// A wish to spend points
    Redemption,
    /// What a transaction brought
    Outcome,
    /// Something found in rule files
    Finding,
    /// What is wrong with an input
    InputError,
    /// Why a transaction was not evaluated
    EvaluationError,
    /// All of these in one
    All,
    /// What simulations and comparisons tell, in one
    Answers,
}

pub(super) fn run(args: &Args) -> Outcome {
    let of = match args.of {
        None => {
            print(&syntax::json_schema())?;
            return Ok(Ended::Well);
        }
        Some(Of::Transaction) => Some(Type::Transaction),
        Some(Of::Refund) => Some(Type::Refund),
        Some(Of::Member) => Some(Type::Member),
        Some(Of::Usage) => Some(Type::Usage),
        Some(Of::Redemption) => Some(Type::Redemption),
        Some(Of::Outcome) => Some(Type::Outcome),
        Some(Of::Finding) => Some(Type::Finding),
        Some(Of::InputError) => Some(Type::InputError),
        Some(Of::EvaluationError) => Some(Type::EvaluationError),
        Some(Of::All) => None,
        Some(Of::Answers) => {
            print(&schema::json_schema_of_answers())?;
            return Ok(Ended::Well);
        }
    };
    print(&of.map_or_else(schema::json_schema_of_all, schema::json_schema))?;
    Ok(Ended::Well)
}
