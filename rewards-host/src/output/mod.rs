//! Results of checks and tests in the formats that people, machines and build services read: one file a format.
//!
//! Every format gets the same [`Report`]s and only lays them out; the words are the engine's.

mod coverage;
pub(crate) mod difference;
mod fingerprint;
mod github;
mod gitlab;
pub(crate) mod human;
mod json;
mod junit;
mod mutation;
mod sarif;
pub(crate) mod summary;

pub(crate) use coverage::percent;

use clap::ValueEnum;
use rewards_rules::source::{Findings, Place, Severity, SourceFile, Sources};
use rewards_rules::testing::{Coverage, Mutation, TestResult};

use crate::load::Loaded;

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Human,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// JUnit XML, for build services
    Junit,
    /// Annotations of GitHub Actions
    Github,
    /// Code quality report of GitLab
    Gitlab,
}

/// What came of one rule set. Every place is a path that the caller can open.
#[derive(Debug)]
pub(crate) struct Report {
    /// Folder or file, as people name it.
    pub(crate) name: String,
    /// Id of the program, if the rules are valid.
    pub(crate) program: Option<String>,
    /// Content hash.
    pub(crate) hash: String,
    pub(crate) findings: Findings,
    /// The tests that ran; `None` if none were to run, or none could.
    pub(crate) tests: Option<Vec<TestResult>>,
    /// How many tests could not be read.
    pub(crate) unread: usize,
    /// What the tests reached, if that was asked for.
    pub(crate) coverage: Option<Coverage>,
    /// Which changes of the rules the tests notice, if that was asked for.
    pub(crate) mutation: Option<Mutation>,
    /// What is less than was asked for, in words.
    pub(crate) short_of: Vec<String>,
    /// What stands before the paths of files.
    prefix: String,
}

impl Report {
    pub(crate) fn new(
        loaded: &Loaded,
        program: Option<String>,
        findings: &Findings,
        mut tests: Option<Vec<TestResult>>,
    ) -> Report {
        let put_before = |place: &mut Place| place.file = format!("{}{}", loaded.prefix, place.file);
        for test in tests.iter_mut().flatten() {
            put_before(&mut test.place);
            for step in &mut test.steps {
                put_before(&mut step.place);
                step.mismatches.iter_mut().for_each(|m| put_before(&mut m.place));
            }
        }
        Report {
            name: loaded.name.clone(),
            program,
            hash: loaded.sources.hash(),
            findings: prefixed(findings, &loaded.prefix),
            tests,
            unread: 0,
            coverage: None,
            mutation: None,
            short_of: Vec::new(),
            prefix: loaded.prefix.clone(),
        }
    }

    /// Adds what the tests reached; `least` is the share that is asked for, in tenths of a percent.
    pub(crate) fn add_coverage(&mut self, mut coverage: Coverage, least: Option<u32>) {
        for gap in &mut coverage.gaps {
            gap.place.file = format!("{}{}", self.prefix, gap.place.file);
        }
        let reached = coverage.whole().per_mille();
        if let Some(least) = least.filter(|least| reached < *least) {
            self.short_of.push(format!("the coverage is {}, less than {}", percent(reached), percent(least)));
        }
        self.coverage = Some(coverage);
    }

    /// Adds which changes the tests notice; `least` is the share that is asked for, in tenths of a percent.
    pub(crate) fn add_mutation(&mut self, mut mutation: Mutation, least: Option<u32>) {
        for survivor in &mut mutation.survivors {
            survivor.place.file = format!("{}{}", self.prefix, survivor.place.file);
        }
        let noticed = mutation.per_mille();
        if let Some(least) = least.filter(|least| noticed < *least) {
            let told = format!("the tests notice {} of the changes, less than {}", percent(noticed), percent(least));
            self.short_of.push(told);
        }
        self.mutation = Some(mutation);
    }

    /// Whether there is nothing for which the command ends with 1.
    pub(crate) fn is_well(&self, deny_warnings: bool) -> bool {
        let failed = self.tests.iter().flatten().any(|t| !t.passed());
        let denied = if deny_warnings { !self.findings.is_empty() } else { self.findings.has_errors() };
        !failed && !denied && self.short_of.is_empty()
    }
}

/// Findings whose files have paths that the caller can open.
pub(crate) fn prefixed(findings: &Findings, prefix: &str) -> Findings {
    // A common prefix leaves the files in the order to which spans refer.
    let files = findings.sources().files().iter();
    let sources =
        Sources::new(files.map(|f| SourceFile { path: format!("{prefix}{}", f.path), bytes: f.bytes.clone() }));
    Findings::new(sources, findings.iter().cloned().collect()).with_allowed(findings.allowed().iter().cloned())
}

/// How many errors, warnings, allowed warnings, and tests that passed, failed and could not be read.
#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    errors: usize,
    warnings: usize,
    allowed: usize,
    passed: usize,
    failed: usize,
    unread: usize,
}

impl Counts {
    fn of(reports: &[Report]) -> Counts {
        let mut counts = Counts::default();
        let add = |to: &mut usize| *to = to.saturating_add(1);
        for report in reports {
            for finding in &report.findings {
                match finding.severity() {
                    Severity::Error => add(&mut counts.errors),
                    Severity::Warning => add(&mut counts.warnings),
                }
            }
            counts.allowed = counts.allowed.saturating_add(report.findings.allowed().len());
            counts.unread = counts.unread.saturating_add(report.unread);
            for test in report.tests.iter().flatten() {
                if test.passed() { add(&mut counts.passed) } else { add(&mut counts.failed) }
            }
        }
        counts
    }
}

impl Format {
    /// All results as one text, each line ended.
    pub(crate) fn write(self, reports: &[Report], deny_warnings: bool, colour: bool) -> String {
        match self {
            Format::Human => human::write(reports, colour),
            Format::Json => json::write(reports, deny_warnings),
            Format::Sarif => sarif::write(reports),
            Format::Junit => junit::write(reports, deny_warnings),
            Format::Github => github::write(reports),
            Format::Gitlab => gitlab::write(reports, deny_warnings),
        }
    }
}
