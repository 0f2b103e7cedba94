//! Tests of rules: what `*.test.yaml` files say must happen, and whether it does.
//!
//! A room of its own because tests drive the engine like any host does, through the same fold, and know nothing of
//! how it computes. Each test starts from an empty ledger with the member that it gives.

mod coverage;
mod expect;
mod mutate;
mod read;
mod report;
mod run;
#[cfg(test)]
mod tests;

pub use coverage::{Coverage, Gap, Reached, coverage};
pub use mutate::{Mutation, Survivor, mutate};

use crate::evaluate::EvaluationError;
use crate::outcome::Outcome;
use crate::rule_set::RuleSet;
use crate::source::{Findings, Place, Severity, Sources};

/// What came of the tests of a rule set.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// What is wrong with the test files themselves (R0501 to R0506, and those of YAML). A test with an error is not
    /// run.
    pub findings: Findings,
    /// The tests that ran, in order of file and position.
    pub results: Vec<TestResult>,
    /// How many tests could not be read, whatever the filter; `findings` says why.
    pub unread: usize,
}

/// What came of one test.
#[derive(Debug, Clone)]
pub struct TestResult {
    /// Its name.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Whether it is written as `steps`.
    pub has_steps: bool,
    /// What happened, in order.
    pub steps: Vec<StepResult>,
}

/// What came of one step of a test; a test with a single `transaction` has one step.
#[derive(Debug, Clone)]
pub struct StepResult {
    /// `transaction`, `refund` or `redeem`.
    pub kind: &'static str,
    /// Id of the event, as far as it could be read.
    pub id: String,
    /// Where it stands.
    pub place: Place,
    /// What was expected and did not come; empty if all did.
    pub mismatches: Vec<Mismatch>,
    /// What the engine granted, of purchases and refunds.
    pub outcome: Option<Outcome>,
    /// Why it granted nothing.
    pub error: Option<EvaluationError>,
}

/// One named expectation that was not met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// What was named: `total`, `tier`, … ; `error` too for an error that nobody expected.
    pub item: &'static str,
    /// What should have come.
    pub expected: String,
    /// What came.
    pub actual: String,
    /// Where the expectation stands.
    pub place: Place,
}

impl TestReport {
    /// Whether every test passed, and every test file could be read.
    pub fn passed(&self) -> bool {
        !self.findings.has_errors() && self.results.iter().all(TestResult::passed)
    }

    /// How many tests failed.
    pub fn failed(&self) -> usize {
        self.results.iter().filter(|r| !r.passed()).count()
    }
}

impl TestResult {
    /// Whether all that it expects came, and no error that it does not expect.
    pub fn passed(&self) -> bool {
        self.steps.iter().all(|s| s.mismatches.is_empty())
    }
}

/// Whether a file holds tests of rules, by its name.
pub fn is_test_file(path: &str) -> bool {
    path.ends_with(".test.yaml")
}

/// Runs the tests of all `*.test.yaml` among the files; with a filter, those whose name contains it.
pub fn run(rules: &RuleSet, files: &Sources, filter: Option<&str>) -> TestReport {
    let read::Read { cases, unread, findings } = read::cases(rules, files);
    let wanted = cases.into_iter().filter(|case| filter.is_none_or(|text| case.name.contains(text)));
    let results = wanted.map(|case| run::run(rules, files, &case)).collect();
    TestReport { findings, results, unread }
}

/// What is wrong with the `*.test.yaml` among the files, without running them.
pub fn check(rules: &RuleSet, files: &Sources) -> Findings {
    read::cases(rules, files).findings
}

fn is_error(finding: &crate::source::Finding) -> bool {
    finding.severity() == Severity::Error
}
