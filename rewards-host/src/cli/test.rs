//! `rewards test`: whether rule sets do what their tests say.

use std::path::PathBuf;

use rewards_rules::RuleSet;
use rewards_rules::testing;

use super::{Ended, Outcome, colour, complain, print};
use crate::load::{self, Loaded};
use crate::output::{Format, Report};

/// Runs the tests (`*.test.yaml`) of rule sets.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folders with rule files, or single files; of a folder that holds rule sets, each of them
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How to write what came of them
    #[arg(long, value_enum, default_value_t = Format::Human)]
    format: Format,
    /// Run the tests whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let filter = args.filter.as_deref();
    let mut reports = Vec::new();
    for loaded in load::each_with_tests(&args.paths)? {
        reports.push(test(&loaded, filter));
    }
    print(&args.format.write(&reports, false, colour()))?;
    let well = reports.iter().all(|r| r.is_well(false));
    if well && reports.iter().all(|r| r.tests.as_ref().is_some_and(Vec::is_empty)) {
        match filter {
            Some(text) => complain(&format!("warning: there is no test with `{text}` in its name")),
            None => complain("warning: there are no tests; they stand in files that end in `.test.yaml`"),
        }
    }
    Ok(Ended::well_if(well))
}

fn test(loaded: &Loaded, filter: Option<&str>) -> Report {
    match RuleSet::compile(loaded.sources.clone()) {
        Err(findings) => Report::new(loaded, None, &findings, None),
        Ok(rules) => {
            let report = testing::run(&rules, &loaded.sources, filter);
            Report::new(loaded, Some(rules.program().to_owned()), &report.findings, Some(report.results))
        }
    }
}
