//! `rewards test`: whether rule sets do what their tests say.

use std::path::PathBuf;

use rewards_rules::RuleSet;
use rewards_rules::testing;

use super::{Ended, Failure, Outcome, colour, complain, print};
use crate::load::{self, Loaded};
use crate::output::{Format, Report};

/// Runs the tests (`*.test.yaml`) of rule sets.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 all tests pass, 1 a failed test, an error in rules or tests, or less than `--coverage-min` or `--mutate-min` asks for, 2 wrong use or a file that cannot be read."
)]
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
    /// Tell which rules took effect in no test, and which side of a condition no test reached
    #[arg(long)]
    coverage: bool,
    /// End with 1 if less than this share of rules and sides of conditions is reached: `100%`
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    coverage_min: Option<u32>,
    /// Change one thing of the rules after the other and tell which changes no test notices
    #[arg(long)]
    mutate: bool,
    /// End with 1 if less than this share of the changes is noticed: `95%`
    #[arg(long, value_name = "PERCENT", value_parser = share)]
    mutate_min: Option<u32>,
}

/// A percentage with at most one decimal, in tenths of a percent.
fn share(text: &str) -> Result<u32, String> {
    let number = text.trim().trim_end_matches('%').trim_end();
    let (whole, tenths) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let tenths_of_percent = match (digits(whole), digits(tenths) && tenths.len() == 1) {
        (true, true) => format!("{whole}{tenths}").parse().ok().filter(|n| *n <= 1_000),
        _ => None,
    };
    tenths_of_percent.ok_or_else(|| "a percentage from 0% to 100% is due here, with at most one decimal".to_owned())
}

pub(super) fn run(args: &Args) -> Outcome {
    let filter = args.filter.as_deref();
    let mut reports = Vec::new();
    for loaded in load::each_with_tests(&args.paths)? {
        reports.push(test(&loaded, filter, args));
    }
    let none_ran = reports.iter().all(|r| !r.findings.has_errors() && r.tests.as_ref().is_some_and(Vec::is_empty));
    if let (true, Some(text)) = (none_ran, filter) {
        return Err(Failure(format!("no test has `{text}` in its name")));
    }
    print(&args.format.write(&reports, false, colour()))?;
    // These formats have no room for it.
    if matches!(args.format, Format::Gitlab | Format::Sarif) {
        for report in &reports {
            report.short_of.iter().for_each(|short| complain(&format!("{}: {short}", report.name)));
        }
    }
    let well = reports.iter().all(|r| r.is_well(false));
    if well && none_ran {
        complain("warning: there are no tests; they stand in files that end in `.test.yaml`");
    }
    Ok(Ended::well_if(well))
}

fn test(loaded: &Loaded, filter: Option<&str>, args: &Args) -> Report {
    match RuleSet::compile(loaded.sources.clone()) {
        Err(findings) => Report::new(loaded, None, &findings, None),
        Ok(rules) => {
            let report = testing::run(&rules, &loaded.sources, filter);
            let mut told =
                Report::new(loaded, Some(rules.program().to_owned()), &report.findings, Some(report.results));
            told.unread = report.unread;
            if args.coverage || args.coverage_min.is_some() {
                told.add_coverage(testing::coverage(&rules, &loaded.sources, filter), args.coverage_min);
            }
            if args.mutate || args.mutate_min.is_some() {
                match testing::mutate(&rules, &loaded.sources, filter) {
                    Some(mutation) => told.add_mutation(mutation, args.mutate_min),
                    None => complain(&format!(
                        "warning: {}: nothing was changed, since tests fail without a change",
                        loaded.name
                    )),
                }
            }
            told
        }
    }
}
