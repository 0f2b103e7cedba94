//! `rewards explain`: the page of a code.

use rewards_rules::source::pages;

use super::{Ended, Failure, Outcome, print};

/// Prints what a finding, an error or a reason means, with a wrong and a right example.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "A CODE is that of a finding (R0402), of an error (currency_mismatch) or of a reason for which \
                        a rule granted nothing (below_minimum).\n\nExit status: 0 printed, 2 wrong use or a code that there is none of."
)]
pub(super) struct Args {
    /// The code, in capitals or small letters
    #[arg(required_unless_present = "all")]
    code: Option<String>,
    /// Print the pages of all codes as one document
    #[arg(long, conflicts_with = "code")]
    all: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let text = match args.code.as_deref().map(str::trim) {
        None => pages::document(),
        Some(code) => pages::page(code).ok_or_else(|| unknown(code))?,
    };
    print(&text)?;
    Ok(Ended::Well)
}

fn unknown(code: &str) -> Failure {
    let help = match pages::nearest_name(code) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "`rewards explain --all` prints those there are".to_owned(),
    };
    Failure(format!("there is no code `{code}`; {help}"))
}
