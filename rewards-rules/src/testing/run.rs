//! Running one test: its member, then its steps one after another on one ledger.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::expect::Item;
use super::read::{Case, Expectation, Step, StepKind};
use super::{Mismatch, StepResult, TestResult};
use crate::evaluate::EvaluationError;
use crate::input::{Member, Raw, Redemption, Refund, Transaction, Usage};
use crate::outcome::Outcome;
use crate::rule_set::RuleSet;
use crate::source::{Place, Sources, Span};
use crate::state::{Change, Event, Ledger, apply};
use crate::value::{Points, local};

/// The member's id in a test that gives none.
const MEMBER: &str = "member";

/// What a step brought about, for those who watch.
pub(super) enum Happened<'r> {
    /// A purchase was posted; what it found is in the ledger's work.
    Purchase { ledger: &'r Ledger, member: &'r str },
    /// Points were redeemed, or not.
    Redemption { option: &'r str, refused: Option<crate::input::ErrorCode> },
}

/// Somebody who watches the steps.
type Watcher<'w> = &'w mut dyn FnMut(Happened<'_>);

struct Run<'a, 'w> {
    rules: &'a RuleSet,
    files: &'a Sources,
    ledger: Ledger,
    member: String,
    /// Local date of the latest event whose instant is known.
    today: Option<NaiveDate>,
    /// What came of each transaction: it stands for the same transaction sent again, too.
    outcomes: HashMap<String, Outcome>,
    /// What is wrong with what was given; it is the error of the first step.
    wrong: Option<EvaluationError>,
    watcher: Option<Watcher<'w>>,
}

pub(super) fn run(rules: &RuleSet, files: &Sources, case: &Case) -> TestResult {
    run_with(rules, files, case, None)
}

/// Runs a test, asking every rule, for somebody who watches.
pub(super) fn watch(rules: &RuleSet, files: &Sources, case: &Case, watcher: Watcher<'_>) {
    run_with(rules, files, case, Some(watcher));
}

fn run_with(rules: &RuleSet, files: &Sources, case: &Case, watcher: Option<Watcher<'_>>) -> TestResult {
    let mut run = Run {
        rules,
        files,
        ledger: Ledger::new(),
        member: MEMBER.to_owned(),
        today: None,
        outcomes: HashMap::new(),
        wrong: None,
        watcher,
    };
    run.wrong = run.give(case).err();
    let steps = case.steps.iter().map(|step| run.step(step)).collect();
    TestResult { name: case.name.clone(), place: run.place(case.span), has_steps: case.has_steps, steps }
}

impl Run<'_, '_> {
    fn place(&self, span: Span) -> Place {
        self.files.place(span).unwrap_or(Place { file: String::new(), line: 1, column: 1, end_line: 1, end_column: 1 })
    }

    fn give(&mut self, case: &Case) -> Result<(), EvaluationError> {
        let mut entries = match case.member.clone() {
            Raw::Map(entries) => entries,
            _ => Vec::new(),
        };
        if !entries.iter().any(|(key, value)| key == "id" && *value != Raw::Null) {
            entries.push(("id".to_owned(), Raw::Text(MEMBER.to_owned())));
        }
        let under = |part: &str, mut error: crate::input::InputError| {
            error.path =
                if error.path.is_empty() { format!("given.{part}") } else { format!("given.{part}.{}", error.path) };
            EvaluationError::from(error)
        };
        let member = Member::from_raw(Raw::Map(entries)).map_err(|e| under("member", e))?;
        let usage = Usage::from_raw(case.usage.clone()).map_err(|e| under("usage", e))?;
        self.member = member.id.clone();
        self.ledger.add_member(self.rules, member, &usage)
    }

    fn step(&mut self, step: &Step) -> StepResult {
        let id = match &step.event {
            Raw::Map(entries) => entries.iter().find_map(|(key, value)| match value {
                Raw::Text(text) | Raw::Number(text) if key == "id" => Some(text.clone()),
                _ => None,
            }),
            _ => None,
        };
        let id = id.unwrap_or_default();
        let (outcome, error) = match self.happen(step) {
            Ok(outcome) => (outcome, None),
            Err(error) => (None, Some(error)),
        };
        let mismatches = self.compare(step, outcome.as_ref(), error.as_ref());
        let place = self.place(step.span);
        StepResult { kind: step.kind.name(), id, place, mismatches, outcome, error }
    }

    /// What came of it; a redemption has no outcome.
    fn happen(&mut self, step: &Step) -> Result<Option<Outcome>, EvaluationError> {
        if let Some(wrong) = self.wrong.take() {
            return Err(wrong);
        }
        let raw = step.event.clone();
        let (id, change) = match step.kind {
            StepKind::Transaction => {
                let transaction = Transaction::from_raw(raw)?;
                self.note_date(transaction.occurred_at);
                let member = self.member.as_str();
                let explain = self.watcher.is_some();
                let event = Event::Purchase { transaction: &transaction, member, tier: None, explain };
                let change = apply(self.rules, &mut self.ledger, event)?;
                if let (Some(watcher), Change::Posted(_)) = (&mut self.watcher, &change) {
                    watcher(Happened::Purchase { ledger: &self.ledger, member });
                }
                (transaction.id, change)
            }
            StepKind::Refund => {
                let refund = Refund::from_raw(raw)?;
                self.note_date(refund.occurred_at);
                let change = apply(self.rules, &mut self.ledger, Event::Refund(&refund))?;
                (refund.id, change)
            }
            StepKind::Redeem => {
                let redemption = Redemption::from_raw(raw)?;
                self.note_date(redemption.at);
                let event = Event::Redeem { redemption: &redemption, member: &self.member };
                let change = apply(self.rules, &mut self.ledger, event);
                if let Some(watcher) = &mut self.watcher {
                    let refused = change.as_ref().err().map(|e| e.code);
                    watcher(Happened::Redemption { option: &redemption.option, refused });
                }
                change?;
                return Ok(None);
            }
        };
        Ok(match change {
            Change::Posted(outcome) => {
                self.outcomes.insert(id, outcome.clone());
                Some(outcome)
            }
            _ => self.outcomes.get(&id).cloned(),
        })
    }

    fn note_date(&mut self, at: DateTime<Utc>) {
        self.today = Some(local(self.rules.graph().program.zone, at).date());
    }

    fn compare(&self, step: &Step, outcome: Option<&Outcome>, error: Option<&EvaluationError>) -> Vec<Mismatch> {
        let expected_error = step.expect.iter().any(|e| e.item == Item::Error);
        if let Some(error) = error.filter(|_| !expected_error) {
            // What else was expected cannot have come, and needs no words of its own.
            let expected = "no error".to_owned();
            return vec![Mismatch {
                item: Item::Error.name(),
                expected,
                actual: error.to_string(),
                place: self.place(step.span),
            }];
        }
        step.expect.iter().filter_map(|expectation| self.mismatch(expectation, outcome, error)).collect()
    }

    fn mismatch(
        &self,
        expectation: &Expectation,
        outcome: Option<&Outcome>,
        error: Option<&EvaluationError>,
    ) -> Option<Mismatch> {
        let item = expectation.item;
        let came = self.actual(item, outcome, error);
        if came.as_deref().is_some_and(|actual| item.is_met(&expectation.written, actual)) {
            return None;
        }
        let actual = match (item, error) {
            (Item::Error, Some(error)) => error.to_string(),
            (Item::Error, None) => "no error".to_owned(),
            _ => came.filter(|text| !text.is_empty()).unwrap_or_else(|| "none".to_owned()),
        };
        Some(Mismatch {
            item: item.name(),
            expected: expectation.written.clone(),
            actual,
            place: self.place(expectation.span),
        })
    }

    /// What came, as text. Where there is an error, nothing was granted: sums are zero.
    fn actual(&self, item: Item, outcome: Option<&Outcome>, error: Option<&EvaluationError>) -> Option<String> {
        let state = self.ledger.member(&self.member);
        let nothing = || Some("0".to_owned());
        let total = |read: fn(&Outcome) -> String| outcome.map(read).or_else(nothing);
        match item {
            Item::Base => total(|o| o.totals.base.to_string()),
            Item::Loyalty => total(|o| o.totals.loyalty.to_string()),
            Item::Campaign => total(|o| o.totals.campaign.to_string()),
            Item::Total => total(|o| o.totals.total.to_string()),
            Item::Points => total(|o| o.totals.points.to_string()),
            Item::Rules => Some(outcome.map(Outcome::rules_text).unwrap_or_default()),
            Item::Reason => outcome?.reason.map(|r| r.to_string()),
            Item::Error => error.map(|e| e.code.to_string()),
            Item::Tier => state?.tier(self.rules).map(str::to_owned),
            Item::Available | Item::Debt => {
                let balance = state.zip(self.today).map(|(state, today)| state.balance(self.rules, today));
                let points = |read: fn(crate::state::Balance) -> Points| balance.map(|b| read(b).to_string());
                let found = if item == Item::Debt { points(|b| b.debt) } else { points(|b| b.available) };
                found.or_else(nothing)
            }
        }
    }
}
