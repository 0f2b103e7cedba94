//! `rewards validate`: what is wrong with rule sets.

use std::path::PathBuf;

use clap::ValueEnum;
use rewards_rules::RuleSet;
use rewards_rules::source::{Findings, Sources};
use rewards_rules::testing;

use super::{Ended, Outcome, colour, print};
use crate::load::{self, Loaded};
use crate::output::{Format, Report};

/// Checks rule sets, and the form of their tests, and tells every mistake with its place.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 no errors (warnings included, unless `--deny warnings`), 1 errors, 2 wrong use or a file that cannot be read."
)]
pub(super) struct Args {
    /// Folders with rule files, or single files; of a folder that holds rule sets, each of them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How to write what was found
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// What to treat as an error
    #[arg(long, value_enum)]
    deny: Vec<Denied>,
}

/// What can be denied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Denied {
    /// Findings that are warnings
    Warnings,
}

pub(super) fn run(args: &Args) -> Outcome {
    let deny_warnings = args.deny.contains(&Denied::Warnings);
    let mut reports = Vec::new();
    for loaded in load::each(&args.paths)? {
        reports.push(check(loaded));
    }
    print(&args.format.write(&reports, deny_warnings, colour()))?;
    Ok(Ended::well_if(reports.iter().all(|r| r.is_well(deny_warnings))))
}

fn check(loaded: Loaded) -> Report {
    let (program, findings) = findings_of(loaded.sources.clone());
    Report::new(&loaded, program, &findings, None)
}

/// Everything that is wrong or suspicious in the files of a rule set and in the form of its tests; the program's id,
/// if there is no error.
pub(crate) fn findings_of(sources: Sources) -> (Option<String>, Findings) {
    match RuleSet::compile(sources.clone()) {
        Err(findings) => (None, findings),
        Ok(rules) => {
            let (of_rules, of_tests) = (rules.findings(), testing::check(&rules, &sources));
            let all = of_rules.iter().chain(&of_tests).cloned().collect();
            let allowed = of_rules.allowed().iter().chain(of_tests.allowed()).cloned();
            (Some(rules.program().to_owned()), Findings::new(sources.clone(), all).with_allowed(allowed))
        }
    }
}
