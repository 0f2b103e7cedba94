//! `rewards validate`: what is wrong with rule sets.

use std::path::PathBuf;

use clap::ValueEnum;
use rewards_rules::RuleSet;
use rewards_rules::source::Findings;
use rewards_rules::testing;

use super::{Ended, Outcome, colour, print};
use crate::load::{self, Loaded};
use crate::output::{Format, Report};

/// Checks rule sets, and the form of their tests, and tells every mistake with its place.
#[derive(Debug, clap::Args)]
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
    let (program, findings) = match RuleSet::compile(loaded.sources.clone()) {
        Err(findings) => (None, findings),
        Ok(rules) => {
            let (of_rules, of_tests) = (rules.findings(), testing::check(&rules, &loaded.sources));
            let all = of_rules.iter().chain(&of_tests).cloned().collect();
            let allowed = of_rules.allowed().iter().chain(of_tests.allowed()).cloned();
            (Some(rules.program().to_owned()), Findings::new(loaded.sources.clone(), all).with_allowed(allowed))
        }
    };
    Report::new(&loaded, program, &findings, None)
}
