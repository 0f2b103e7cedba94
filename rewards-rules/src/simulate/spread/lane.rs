//! One share of the members: a simulation of its own, and what is needed to take a chunk of it back.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::budgets::Meter;
use super::records::{Record, Records, RuleNames};
use super::{BadRow, Rows, Uplift};
use crate::evaluate::EvaluationError;
use crate::graph::Graph;
use crate::input::{ErrorCode, InputError};
use crate::outcome::Outcome;
use crate::rule_set::RuleSet;
use crate::simulate::summary::Tally;
use crate::simulate::{AT_ONCE, Row, Simulation, Summary, TransactionColumns};
use crate::state::{Counters, Journal};
use crate::value::Exact;

#[derive(Debug)]
pub(super) struct Lane {
    pub(super) simulation: Simulation,
    pub(super) row: Box<Row>,
    /// Rows that are read before the first of them is posted.
    ahead: Vec<(Box<Row>, Result<(), Refused>)>,
    pub(super) records: Records,
    pub(super) meter: Meter,
    pub(super) bad: Vec<BadRow>,
    pub(super) uplift: Uplift,
    /// Under an uplift: by id of a purchase, what came back of it so far as the rows say it.
    refunded: HashMap<String, Exact>,
    /// What the row at hand will add to that.
    refunds: Option<(String, Exact)>,
    /// Ids of transactions whose whole outcome is kept.
    pub(super) explain: Arc<HashSet<String>>,
    /// Those outcomes, each with its row.
    pub(super) explained: Vec<(u64, Outcome)>,
    /// By number of a month or cap in the tally: the row that brought it first.
    firsts: Firsts,
    journal: Option<Box<Before>>,
    /// How many records, and how many outcomes, there were when the chunk began.
    records_before: usize,
    explained_before: usize,
    shared: Counters,
}

/// Why a row cannot be posted, and its id where that could be read.
#[derive(Debug)]
pub(super) struct Refused(Box<(String, EvaluationError)>);

/// The rows at which months and caps came first: sums are told in that order.
#[derive(Debug, Clone, Default)]
struct Firsts {
    months: Vec<u64>,
    caps: Vec<u64>,
}

/// What the simulation was when the chunk began.
#[derive(Debug, Default)]
struct Before {
    ledger: Journal,
    tally: Tally,
    seen: Vec<(bool, bool)>,
    firsts: Firsts,
    latest: Option<chrono::DateTime<chrono::Utc>>,
    refunded: Vec<(String, Option<Exact>)>,
}

impl Lane {
    pub(super) fn new(simulation: Simulation) -> Lane {
        Lane {
            simulation,
            row: Box::default(),
            ahead: Vec::new(),
            records: Records::default(),
            meter: Meter::default(),
            bad: Vec::new(),
            uplift: HashMap::new(),
            refunded: HashMap::new(),
            refunds: None,
            explain: Arc::default(),
            explained: Vec::new(),
            firsts: Firsts::default(),
            journal: None,
            records_before: 0,
            explained_before: 0,
            shared: Counters::default(),
        }
    }

    /// A chunk begins; it can be taken back if that is asked for.
    pub(super) fn start(&mut self, undo: bool) {
        self.bad.clear();
        self.meter.start();
        self.records_before = self.records.len();
        self.explained_before = self.explained.len();
        self.shared.clone_from(self.simulation.ledger.shared());
        if !undo {
            self.journal = None;
            return;
        }
        let before = self.journal.get_or_insert_default();
        self.simulation.ledger.start_journal(&mut before.ledger);
        before.tally.clone_from(&self.simulation.tally);
        before.refunded.clear();
        before.seen.clone_from(&self.simulation.seen);
        before.firsts.clone_from(&self.firsts);
        before.latest = self.simulation.latest;
    }

    /// What all members share, as it was when the chunk began.
    pub(super) fn shared_before(&self) -> &Counters {
        &self.shared
    }

    /// Nothing of the chunk has happened.
    pub(super) fn take_back(&mut self) {
        let Some(mut before) = self.journal.take() else { return };
        self.simulation.ledger.take_back(&mut before.ledger);
        self.simulation.tally = std::mem::take(&mut before.tally);
        self.simulation.seen = std::mem::take(&mut before.seen);
        self.simulation.latest = before.latest;
        self.firsts = std::mem::take(&mut before.firsts);
        for (original, was) in before.refunded.drain(..).rev() {
            match was {
                Some(sum) => self.refunded.insert(original, sum),
                None => self.refunded.remove(&original),
            };
        }
        self.meter.take_back();
        self.records.truncate(self.records_before);
        self.explained.truncate(self.explained_before);
        self.bad.clear();
    }

    /// The records of the chunk.
    pub(super) fn new_records(&self) -> std::slice::Iter<'_, Record> {
        self.records.from(self.records_before).iter()
    }

    /// Posts rows of many, each with its number in the stream. With `stop` none after the first bad one.
    pub(super) fn post_all(
        &mut self,
        columns: &TransactionColumns,
        rows: &dyn Rows,
        mut places: impl Iterator<Item = (usize, u64)>,
        names: &RuleNames,
        options: (bool, bool),
        stop: bool,
    ) {
        // Under an uplift reading a refund asks what the rows before it brought.
        let at_once = if self.uplift.is_empty() { AT_ONCE } else { 1 };
        let lean = self.uplift.is_empty() && self.explain.is_empty();
        let mut numbers = [0_u64; AT_ONCE];
        let mut ahead = std::mem::take(&mut self.ahead);
        ahead.resize_with(AT_ONCE, || (Box::default(), Ok(())));
        loop {
            let mut filled = 0_usize;
            for (((row, read), number), (at, of)) in
                ahead.iter_mut().zip(&mut numbers).zip(places.by_ref().take(at_once))
            {
                row.leave_texts_out(lean);
                std::mem::swap(row, &mut self.row);
                *read = self.read(columns, (rows, at));
                std::mem::swap(row, &mut self.row);
                *number = of;
                filled = filled.saturating_add(1);
            }
            self.simulation.bring_near(ahead.iter().take(filled).map(|(row, _)| &**row));
            for ((row, read), number) in ahead.iter_mut().zip(numbers).take(filled) {
                match std::mem::replace(read, Ok(())) {
                    Ok(()) => {
                        std::mem::swap(row, &mut self.row);
                        self.post(columns, number, names, options);
                        std::mem::swap(row, &mut self.row);
                    }
                    Err(refused) => self.refuse(number, refused),
                }
                if stop && !self.bad.is_empty() {
                    self.ahead = ahead;
                    return;
                }
            }
            if filled < at_once {
                self.ahead = ahead;
                return;
            }
        }
    }

    /// Reads the row at a place of many.
    pub(super) fn read(&mut self, columns: &TransactionColumns, (rows, at): (&dyn Rows, usize)) -> Result<(), Refused> {
        rows.broken(at).map_err(|error| Refused(Box::new((String::new(), error.into()))))?;
        let cell = |column| rows.cell(column, at);
        let read = columns.read(cell, &mut self.row).and_then(|()| self.lift());
        read.map_err(|error| self.refusal(error.into()))
    }

    /// Scales what the row says by what its member buys more or less. Of a refund the part that it adds to what came
    /// back before is scaled, so that refunds in parts add up to the purchase as they did.
    fn lift(&mut self) -> Result<(), InputError> {
        self.refunds = None;
        if self.uplift.is_empty() {
            return Ok(());
        }
        let Some(factor) = self.uplift.get(self.row.user_id()) else { return Ok(()) };
        let mut before = Exact::ZERO;
        if let Some(refund) = self.row.refund() {
            before = self.refunded.get(&refund.original).copied().unwrap_or(Exact::ZERO);
            let sum = before.checked_add(refund.amount).map_err(|_| too_large())?;
            self.refunds = Some((refund.original.clone(), sum));
        }
        self.row.scale(&self.simulation.rules, *factor, before)
    }

    /// Why the row that was read cannot be used, with its id.
    pub(super) fn refusal(&self, error: EvaluationError) -> Refused {
        Refused(Box::new((self.row.transaction_id().to_owned(), error)))
    }

    /// The row cannot be used.
    pub(super) fn refuse(&mut self, row: u64, refused: Refused) {
        let (transaction_id, error) = *refused.0;
        self.simulation.reject();
        self.bad.push(BadRow { row, transaction_id, error });
    }

    /// Posts the row that was read.
    pub(super) fn post(
        &mut self,
        columns: &TransactionColumns,
        row: u64,
        names: &RuleNames,
        (keep, watch): (bool, bool),
    ) {
        let Lane { simulation, journal, .. } = self;
        if let Some(before) = journal {
            match self.row.refund() {
                Some(refund) => simulation.ledger.keep_refunded(&mut before.ledger, refund),
                None => {
                    let facts = columns.has_member_facts();
                    simulation.ledger.keep_member(&mut before.ledger, self.row.user_id(), facts);
                }
            }
        }
        simulation.explain = !self.explain.is_empty() && self.explain.contains(self.row.transaction_id());
        let sums = match simulation.post_sums(columns, &self.row) {
            Ok(Some(sums)) => sums,
            Ok(None) => return,
            Err(error) => return self.refuse(row, self.refusal(error)),
        };
        if let Some((original, sum)) = self.refunds.take() {
            let was = self.refunded.insert(original.clone(), sum);
            if let Some(before) = &mut self.journal {
                before.refunded.push((original, was));
            }
        }
        let simulation = &self.simulation;
        let (months, caps) = simulation.tally.lengths();
        self.firsts.months.resize(months, row);
        self.firsts.caps.resize(caps, row);
        if let Some(before) = &mut self.journal
            && let Some(owner) = simulation.posted_for
        {
            let (id, purchase) = (self.row.transaction_id(), self.row.refund().is_none());
            simulation.ledger.note_claim(&mut before.ledger, owner, id, purchase);
        }
        let graph = simulation.rules.graph();
        let member = simulation.posted_for.map_or(u32::MAX, |owner| u32::try_from(owner.number()).unwrap_or(u32::MAX));
        if simulation.explain {
            let outcome = match &simulation.refund {
                Some(outcome) => outcome.clone(),
                None => {
                    let (id, hash) = (self.row.transaction_id(), simulation.rules.hash_name());
                    graph.outcome(id, hash, simulation.ledger.work(), simulation.ledger.periods())
                }
            };
            self.explained.push((row, outcome));
        }
        match &simulation.refund {
            None => {
                let work = simulation.ledger.work();
                if watch {
                    self.meter.purchase(graph, work, simulation.ledger.periods());
                }
                if keep {
                    self.records.purchase(names, work, (row, member), self.row.transaction_id(), sums);
                }
            }
            Some(outcome) => {
                if watch {
                    self.meter.refund(graph, outcome);
                }
                if keep {
                    self.records.refund(graph, names, outcome, (row, member), sums);
                }
            }
        }
    }

    /// How many members there were, and how many were granted anything.
    pub(super) fn members(&self) -> (u64, u64) {
        let summary = self.simulation.summary();
        (summary.members, summary.members_reached)
    }

    /// The sums so far, with the rows at which months and caps came first.
    pub(super) fn tally(&self) -> FirstTally {
        FirstTally {
            tally: self.simulation.tally.clone(),
            months: self.firsts.months.clone(),
            caps: self.firsts.caps.clone(),
        }
    }
}

/// Sums that know in which order to tell of months and caps.
#[derive(Debug)]
pub(super) struct FirstTally {
    tally: Tally,
    months: Vec<u64>,
    caps: Vec<u64>,
}

impl FirstTally {
    /// Adds the sums of other rows.
    pub(super) fn add(&mut self, other: &FirstTally) {
        self.tally.add(&other.tally, (&mut self.months, &mut self.caps), (&other.months, &other.caps));
    }

    /// The sums by name.
    pub(super) fn summary(self, graph: &Graph, members: u64, reached: u64) -> Summary {
        self.tally.summary(graph, members, reached)
    }
}

fn too_large() -> InputError {
    InputError::new(ErrorCode::AmountTooLarge, "amount", "times the uplift this is too large")
}

impl Row {
    /// Multiplies the amount, or what is refunded after what was refunded before, and rounds it to the minor unit. An
    /// amount that has more decimals than the currency stays, for the evaluation to refuse. Lines cannot be scaled so
    /// that they still add up: error `wrong_type`.
    fn scale(&mut self, rules: &RuleSet, factor: Exact, before: Exact) -> Result<(), InputError> {
        let program = &rules.graph().program;
        let (decimals, mode) = (u32::from(program.currency.decimals()), program.rounding);
        let scaled = |amount: Exact| -> Result<Exact, InputError> {
            let product = amount.checked_mul(factor);
            Ok(product.map_err(|_| too_large())?.round(decimals, mode))
        };
        let lines = self.transaction.items.is_some() || self.refund.as_ref().is_some_and(|r| r.lines.is_some());
        if lines {
            let why = "an amount with lines cannot be scaled by an uplift; leave the column `items` out";
            return Err(InputError::new(ErrorCode::WrongType, "items", why));
        }
        if self.transaction.amount.to_units_exact(decimals).is_some() {
            self.transaction.amount = scaled(self.transaction.amount)?;
        }
        if let Some(refund) = &mut self.refund
            && refund.amount.to_units_exact(decimals).is_some()
        {
            let sum = before.checked_add(refund.amount).map_err(|_| too_large())?;
            refund.amount = scaled(sum)?.checked_sub(scaled(before)?).map_err(|_| too_large())?;
        }
        self.read_again(rules);
        Ok(())
    }
}
