//! The rule set: what a host holds.

use std::cell::Cell;
use std::cmp::Ordering;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::check;
use crate::evaluate::{self, Before, Calendar, EvaluationError, Periods, Work};
use crate::graph::draw::{self, Picture, PictureOptions};
use crate::graph::{Counter, CounterSlot, Graph};
use crate::input::{ErrorCode, Member, Transaction, Usage};
use crate::outcome::Outcome;
use crate::script::ScriptEngine;
use crate::source::{Findings, Severity, Sources, nearest};
use crate::state::record::PurchaseRecord;
use crate::syntax;
use crate::syntax::written::RuleFiles;
use crate::testing::is_test_file;
use crate::value::{Currency, Name, Period, local};

/// A compiled rule set. Cheap to clone, and may be shared between threads.
///
/// That it exists means that it passed every check.
#[derive(Debug, Clone)]
pub struct RuleSet {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    hash: Name,
    graph: Graph,
    findings: Findings,
}

/// The buffers of one evaluation.
#[derive(Debug, Default)]
struct Room {
    work: Work,
    used: Vec<i64>,
    periods: Periods,
}

thread_local! {
    /// What the last evaluation of this thread left, of whatever rule set.
    static ROOM: Cell<Option<Box<Room>>> = const { Cell::new(None) };
}

/// So many counters are gone through beside the usage of a purchase; of more each is searched.
const FEW_COUNTERS: usize = 16;

/// A counter that an evaluation can read (semantics §4.3).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct UsageKey {
    /// `SCOPE.ID.WHAT.PERIOD`.
    pub key: String,
    /// Key of the period that the transaction falls into.
    pub period: String,
    /// Whether it is one counter for all members (a budget); else a store adds the member's id.
    pub shared: bool,
}

fn usage_key(counter: &Counter, calendar: Calendar) -> Result<UsageKey, EvaluationError> {
    let period = calendar.key(counter.period).ok_or_else(|| {
        let fact = if counter.period == Period::BillingCycle { "billing_day" } else { "joined_on" };
        EvaluationError::new(
            ErrorCode::MissingFact,
            format!("`member.{fact}` is missing, and `{}` counts by {}", counter.key, counter.period.name()),
        )
    })?;
    Ok(UsageKey { key: counter.key.to_string(), period: period.to_string(), shared: counter.shared })
}

impl RuleSet {
    /// Compiles the files of one rule set. Fails with every mistake of every file at once; warnings of a set
    /// that compiles are in [`RuleSet::findings`].
    pub fn compile(sources: Sources) -> Result<RuleSet, Findings> {
        let hash = Name::from(sources.hash());
        let (files, mut findings) = syntax::read(&sources);
        let broken = findings.iter().any(|f| f.severity() == Severity::Error);
        let program = check::check(&files, &sources, broken, &mut findings);
        let compiled = program.and_then(|program| match ScriptEngine::compile(&program.scripts, program.rounding) {
            Ok(scripts) => Some((program, scripts)),
            Err(more) => {
                findings.extend(more);
                None
            }
        });
        // Test files are read, and their comments with them, when there is a rule set to test.
        let (findings, allowed) = check::allow::apply(&sources, |path| !is_test_file(path), findings);
        let findings = Findings::new(sources.clone(), findings).with_allowed(allowed);
        match compiled {
            Some((program, scripts)) if !findings.has_errors() => {
                Ok(RuleSet::new(hash, Graph::build(program, scripts, sources), findings))
            }
            _ => Err(findings),
        }
    }

    /// A rule set of files that were read and changed; `None` if they do not fit together. Its places, as words of an
    /// explanation show them, are those of the sources.
    pub(crate) fn of_written(files: RuleFiles, sources: Sources) -> Option<RuleSet> {
        let mut findings = Vec::new();
        let program = check::check(&files, &sources, false, &mut findings)?;
        let scripts = ScriptEngine::compile(&program.scripts, program.rounding).ok()?;
        let findings = Findings::new(sources.clone(), findings);
        if findings.has_errors() {
            return None;
        }
        let hash = Name::from(sources.hash());
        Some(RuleSet::new(hash, Graph::build(program, scripts, sources), findings))
    }

    fn new(hash: Name, graph: Graph, findings: Findings) -> RuleSet {
        RuleSet { inner: Arc::new(Inner { hash, graph, findings }) }
    }

    /// The content hash, `sha256:…` (docs/rules.md "The hash").
    pub fn hash(&self) -> &str {
        &self.inner.hash
    }

    /// The same, shared.
    pub(crate) fn hash_name(&self) -> &Name {
        &self.inner.hash
    }

    /// Id of the program.
    pub fn program(&self) -> &str {
        &self.inner.graph.program.id
    }

    /// The program's currency.
    pub fn currency(&self) -> Currency {
        self.inner.graph.program.currency
    }

    /// The program's time zone, for example `America/New_York`.
    pub fn timezone(&self) -> &'static str {
        self.inner.graph.program.zone.name()
    }

    /// Decimals of points.
    pub fn points_decimals(&self) -> u8 {
        self.inner.graph.program.points_decimals
    }

    /// The local date of an instant in the program's time zone.
    pub fn local_date(&self, at: DateTime<Utc>) -> chrono::NaiveDate {
        local(self.inner.graph.program.zone, at).date()
    }

    /// Ids of the tier levels, lowest first; none in a program without tiers.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        self.inner.graph.program.tiers.iter().flat_map(|t| &t.levels).map(|l| l.id.as_str())
    }

    /// Warnings; there are no errors in a rule set that compiled.
    pub fn findings(&self) -> &Findings {
        &self.inner.findings
    }

    /// The files it was compiled from.
    pub fn sources(&self) -> &Sources {
        &self.inner.graph.sources
    }

    /// Every counter that the evaluation of this transaction can read or change, with its period (semantics §4.3).
    /// Error `missing_fact` where a period needs `billing_day` or `joined_on` and the member has none.
    pub fn usage_keys(&self, transaction: &Transaction, member: &Member) -> Result<Vec<UsageKey>, EvaluationError> {
        let calendar = self.calendar(transaction.occurred_at, member);
        self.inner.graph.evaluated().map(|(_, counter)| usage_key(counter, calendar)).collect()
    }

    /// Every counter that a redemption through this option reads and changes. Errors: `unknown_option`, and
    /// `missing_fact` as for [`RuleSet::usage_keys`].
    pub fn redemption_keys(
        &self,
        option: &str,
        at: DateTime<Utc>,
        member: &Member,
    ) -> Result<Vec<UsageKey>, EvaluationError> {
        let graph = &self.inner.graph;
        let calendar = self.calendar(at, member);
        let caps = graph.redemption.get(graph.redemption_option(option)?).into_iter().flatten();
        caps.filter_map(|cap| graph.counter(cap.slot)).map(|counter| usage_key(counter, calendar)).collect()
    }

    /// Every counter that a refund of a purchase of this rule set can change, in the periods of the purchase. Error
    /// `missing_fact` as for [`RuleSet::usage_keys`].
    pub fn refund_keys(&self, purchase: &PurchaseRecord) -> Result<Vec<UsageKey>, EvaluationError> {
        let PurchaseRecord { date, billing_day, joined_on, .. } = purchase;
        let calendar = Calendar { date: *date, billing_day: *billing_day, joined_on: *joined_on };
        self.inner.graph.evaluated().map(|(_, counter)| usage_key(counter, calendar)).collect()
    }

    fn calendar(&self, at: DateTime<Utc>, member: &Member) -> Calendar {
        let date = local(self.inner.graph.program.zone, at).date();
        Calendar { date, billing_day: member.billing_day, joined_on: member.joined_on }
    }

    /// Evaluates one purchase. `usage` has what earlier transactions used of each counter in the period of this one;
    /// a counter that it does not name is 0. One that this rule set does not have is left alone, since a store keeps
    /// the counters of other rule sets too; [`RuleSet::has_counters`] tells of them.
    ///
    /// Errors, with which nothing is granted: of the data (semantics §3.1, §2) `currency_mismatch`, `amount_negative`,
    /// `amount_precision`, `amount_too_large`, `lines_exceed_amount`, `missing_fact`, `unknown_fact` for an attribute
    /// that the program does not declare, `unknown_tier`, and `wrong_type`, also for a counter below zero or with more
    /// decimals than it has; of the rules (semantics §1.6) `division_by_zero`, `overflow`, `script_limit` and
    /// `script_error`.
    pub fn evaluate(
        &self,
        transaction: &Transaction,
        member: &Member,
        usage: &Usage,
    ) -> Result<Outcome, EvaluationError> {
        self.run(transaction, member, usage, false)
    }

    /// The same evaluation, asking every rule without the index's shortcut and recording why each that did not
    /// grant did not.
    pub fn evaluate_explained(
        &self,
        transaction: &Transaction,
        member: &Member,
        usage: &Usage,
    ) -> Result<Outcome, EvaluationError> {
        self.run(transaction, member, usage, true)
    }

    /// The picture of the rules: facts, conditions, and the stages from base to result.
    pub fn picture(&self, options: PictureOptions) -> Picture {
        draw::draw(&self.inner.graph, self.hash(), options, &|_| false).0
    }

    /// The same picture, with what one purchase did to each node. Campaigns that granted, or that only stacking or a
    /// cap kept from it, stand on their own however many there are. Errors as for [`RuleSet::evaluate`].
    pub fn picture_of(
        &self,
        options: PictureOptions,
        transaction: &Transaction,
        member: &Member,
        usage: &Usage,
    ) -> Result<Picture, EvaluationError> {
        self.within(transaction, member, usage, true, |work, periods| {
            self.shown(&transaction.id, options, work, periods).1
        })
    }

    /// The outcome of a purchase that was evaluated and explained, and the picture lit by it.
    pub(crate) fn shown(
        &self,
        transaction: &str,
        options: PictureOptions,
        work: &Work,
        periods: &Periods,
    ) -> (Outcome, Picture) {
        let graph = &self.inner.graph;
        let outcome = graph.outcome(transaction, &self.inner.hash, work, periods);
        let campaigns = draw::bright_campaigns(graph, &outcome);
        let (mut picture, plan) = draw::draw(graph, self.hash(), options, &|at| campaigns.contains(&at));
        draw::shine(graph, &mut picture, &plan, work, &outcome);
        (outcome, picture)
    }

    fn run(
        &self,
        transaction: &Transaction,
        member: &Member,
        usage: &Usage,
        explain: bool,
    ) -> Result<Outcome, EvaluationError> {
        let graph = &self.inner.graph;
        self.within(transaction, member, usage, explain, |work, periods| {
            graph.outcome(&transaction.id, &self.inner.hash, work, periods)
        })
    }

    /// Evaluates in a room that is used again, and makes an answer of what stands in it then.
    fn within<T>(
        &self,
        transaction: &Transaction,
        member: &Member,
        usage: &Usage,
        explain: bool,
        answer: impl FnOnce(&Work, &Periods) -> T,
    ) -> Result<T, EvaluationError> {
        let graph = &self.inner.graph;
        let placed = |e: EvaluationError| e.placed(&graph.sources);
        let mut room = ROOM.take().unwrap_or_default();
        let Room { work, used, periods } = &mut *room;
        let result = self.fill_used(usage, used).and_then(|()| {
            let before = Before::of(member);
            work.set_clock(graph, transaction.occurred_at);
            evaluate::prepare(graph, transaction.into(), member, before, used.as_slice(), work, explain)
                .map_err(placed)?;
            periods.set(graph, work.purchase.calendar);
            evaluate::run(graph, used.as_slice(), work, explain).map_err(placed)?;
            Ok(answer(work, periods))
        });
        ROOM.set(Some(room));
        result
    }

    /// Every counter that an evaluation can read or change, by key.
    pub fn counters(&self) -> impl Iterator<Item = &str> {
        self.inner.graph.evaluated().map(|(_, counter)| counter.key.as_str())
    }

    /// Whether each counter of a usage is one of this rule set, redemptions' included. An evaluation takes no notice of
    /// others; where a usage was written for this rule set, the error `unknown_fact` tells the first of them, with the
    /// one that was probably meant.
    pub fn has_counters(&self, usage: &Usage) -> Result<(), EvaluationError> {
        let graph = &self.inner.graph;
        let Some(stranger) = usage.0.keys().find(|key| !graph.counter_slots.contains_key(key.as_str())) else {
            return Ok(());
        };
        let help = match nearest(stranger, graph.slots().map(|(_, counter)| counter.key.as_str())) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => String::new(),
        };
        let message = format!("`usage.{stranger}`: the rule set has no such counter{help}");
        Err(EvaluationError::new(ErrorCode::UnknownFact, message))
    }

    /// Usage by name as usage by slot. A counter that the rule set does not have is left out: a store goes on
    /// keeping counters that an earlier rule set had.
    pub(crate) fn used(&self, usage: &Usage) -> Result<Vec<i64>, EvaluationError> {
        let mut used = Vec::new();
        self.fill_used(usage, &mut used)?;
        Ok(used)
    }

    fn fill_used(&self, usage: &Usage, used: &mut Vec<i64>) -> Result<(), EvaluationError> {
        let graph = &self.inner.graph;
        used.clear();
        used.resize(graph.counters.len(), 0);
        // Both stand in the order of their keys.
        let mut counters = graph.counters_by_key.as_slice();
        for (key, value) in &usage.0 {
            if counters.len() > FEW_COUNTERS {
                counters = counters.get(counters.partition_point(|(known, ..)| **known < **key)..).unwrap_or_default();
            }
            let found = loop {
                let Some(((known, slot, decimals), rest)) = counters.split_first() else { break None };
                match known.as_bytes().cmp(key.as_bytes()) {
                    Ordering::Less => counters = rest,
                    Ordering::Equal => break Some((*slot, *decimals)),
                    Ordering::Greater => break None,
                }
            };
            let Some((CounterSlot(at), decimals)) = found else { continue };
            let units = value.to_units_exact(decimals).filter(|u| *u >= 0).ok_or_else(|| {
                EvaluationError::new(
                    ErrorCode::WrongType,
                    format!("`usage.{key}`: {value} is below zero or has more than {decimals} decimals"),
                )
            })?;
            if let Some(slot) = used.get_mut(at as usize) {
                *slot = units;
            }
        }
        Ok(())
    }

    /// Whether this is the very same rule set and not one like it.
    pub(crate) fn is(&self, other: &RuleSet) -> bool {
        Arc::ptr_eq(&self.inner, &other.inner)
    }

    pub(crate) fn graph(&self) -> &Graph {
        &self.inner.graph
    }
}
