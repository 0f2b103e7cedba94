//! The same simulation with the members shared out, so that the shares can be worked on at once.
//!
//! The answer is that of one [`Simulation`] row by row, whatever the number of shares and the size of chunks: rows, sums
//! and errors. A chunk whose rows could have got in each other's way (a budget that might run out, an id that two members
//! use, rows out of order) is posted in the order of the file. Nothing here starts a thread: the host gives a [`Runner`].

mod answer;
mod bounds;
mod budgets;
mod ids;
mod lane;
mod records;
#[cfg(feature = "arrow")]
mod table;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::columns::{KeyColumns, RowKeys};
use super::{Cell, ColumnNames, MemberColumns, Options, Simulation, Summary, TransactionColumns};
use crate::evaluate::EvaluationError;
use crate::input::{InputError, Member};
use crate::outcome::Outcome;
use crate::rule_set::RuleSet;
use crate::state::{id_conflict, member_key};
use crate::value::Exact;

pub use answer::{BudgetUse, Entry};
use bounds::Bulk;
use budgets::Budgets;
use ids::{Ids, Stretch};
use lane::Lane;
pub use records::{Grant, NoSuchRule, Record, RuleNames};
#[cfg(feature = "arrow")]
pub use table::Shape;

/// Something to do. Several may be done at once.
pub type Job<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Does all jobs, at once or one after the other, and returns when the last is done.
pub type Runner<'r> = dyn Fn(Vec<Job<'_>>) + 'r;

/// A [`Runner`] that does one job after the other.
pub fn one_by_one(jobs: Vec<Job<'_>>) {
    for job in jobs {
        job();
    }
}

/// Rows that can be read in any order, by several jobs at once.
pub trait Rows: Sync {
    /// The cell of a column in a row, both from 0; nothing is beyond them.
    fn cell(&self, column: usize, row: usize) -> Cell<'_>;

    /// Why a row cannot be taken apart at all; its cells are absent then.
    fn broken(&self, row: usize) -> Result<(), InputError> {
        let _ = row;
        Ok(())
    }
}

#[cfg(feature = "arrow")]
impl Rows for super::arrow::Batch {
    fn cell(&self, column: usize, row: usize) -> Cell<'_> {
        super::arrow::Batch::cell(self, column, row)
    }
}

/// Keys of the budgets of a rule set: the counters that all members share.
pub fn budget_keys(rules: &RuleSet) -> Vec<String> {
    let graph = rules.graph();
    Budgets::of(graph)
        .iter()
        .filter_map(|(slot, _)| graph.counter(slot))
        .map(|counter| counter.key.to_string())
        .collect()
}

/// A row that could not be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its number in the stream, from 0.
    pub row: u64,
    /// Its id, where that could be read.
    pub transaction_id: String,
    /// Why.
    pub error: EvaluationError,
}

/// By how much each member buys more or less than the rows say: the scenario of a change in behaviour.
pub type Uplift = std::collections::HashMap<String, Exact>;

/// A simulation of many members in shares.
#[derive(Debug)]
pub struct Spread {
    rules: RuleSet,
    lanes: Vec<Lane>,
    columns: Option<(TransactionColumns, KeyColumns)>,
    refunds: bool,
    ids: Ids,
    budgets: Budgets,
    names: RuleNames,
    places: Vec<Place>,
    stretches: Vec<Stretch>,
    latest: Option<DateTime<Utc>>,
    rows: u64,
    in_order: u64,
    /// The share of each record, in order of rows.
    order: Vec<u16>,
    keep: bool,
}

/// Where one row belongs.
#[derive(Debug, Clone, Copy, Default)]
struct Place {
    keys: RowKeys,
    share: u16,
}

impl Spread {
    /// A simulation that starts from nothing, in so many shares (1 to 1024). `keep` asks for a [`Record`] of each
    /// transaction; without it there is a summary alone.
    pub fn new(rules: RuleSet, options: Options, shares: usize, keep: bool) -> Spread {
        let shares = shares.clamp(1, 1024);
        let lanes = (0..shares).map(|_| Lane::new(Simulation::new(rules.clone(), options))).collect();
        Spread {
            lanes,
            columns: None,
            refunds: false,
            ids: Ids::new(shares),
            budgets: Budgets::of(rules.graph()),
            names: RuleNames::of(rules.graph()),
            places: Vec::new(),
            stretches: vec![Stretch::default(); shares],
            latest: None,
            rows: 0,
            in_order: 0,
            order: Vec::new(),
            keep,
            rules,
        }
    }

    /// With members that buy more or less: an amount times the member's number, rounded to the minor unit by the
    /// program's mode. A member without one buys as the rows say.
    #[must_use]
    pub fn with_uplift(mut self, uplift: Uplift) -> Spread {
        let shares = self.lanes.len();
        for (member, factor) in uplift {
            if let Some(lane) = self.lanes.get_mut(usize::from(share_of(&member_key(&member), shares))) {
                lane.uplift.insert(member, factor);
            }
        }
        self
    }

    /// With the whole outcome kept of the transactions that have these ids, as [`RuleSet::evaluate_explained`] gives it.
    #[must_use]
    pub fn with_explained(mut self, ids: HashSet<String>) -> Spread {
        let ids = Arc::new(ids);
        for lane in &mut self.lanes {
            lane.explain = Arc::clone(&ids);
        }
        self
    }

    /// The outcomes that were asked for, in the order of the rows.
    pub fn outcomes(&self) -> Vec<&Outcome> {
        let mut outcomes: Vec<&(u64, Outcome)> = self.lanes.iter().flat_map(|lane| &lane.explained).collect();
        outcomes.sort_by_key(|(row, _)| *row);
        outcomes.into_iter().map(|(_, outcome)| outcome).collect()
    }

    /// The names that the columns of a transactions table may have.
    pub fn transaction_names(&self) -> ColumnNames {
        ColumnNames::of_transactions(&self.rules)
    }

    /// The names that the columns of a members table may have.
    pub fn member_names(&self) -> ColumnNames {
        ColumnNames::of_members(&self.rules)
    }

    /// The columns of a members table by its header; errors as for [`Simulation::member_columns`].
    pub fn member_columns<S: AsRef<str>>(&self, header: &[S]) -> Result<MemberColumns, InputError> {
        MemberColumns::new(&self.rules, header)
    }

    /// Takes a member over, before the first transaction; errors as for [`Simulation::add_member`].
    pub fn add_member(&mut self, member: Member) -> Result<(), EvaluationError> {
        let share = share_of(&member_key(&member.id), self.lanes.len());
        self.lanes.get_mut(usize::from(share)).map_or(Ok(()), |lane| lane.simulation.add_member(member))
    }

    /// Takes the header of the transactions; errors as for [`Simulation::transaction_columns`].
    pub fn header<S: AsRef<str>>(&mut self, header: &[S]) -> Result<(), InputError> {
        for lane in &mut self.lanes {
            let columns = lane.simulation.transaction_columns(header)?;
            self.refunds = columns.has_refunds();
            let keys = columns.keys();
            self.columns.get_or_insert((columns, keys));
        }
        Ok(())
    }

    /// Posts the rows of a range, which come after all that were posted before. Bad rows change nothing; they are
    /// returned in order of rows and counted as rejected in the summary. With `stop`, no row after the first bad one of
    /// the range counts for anything, and the simulation is over then.
    pub fn post(&mut self, rows: &dyn Rows, range: Range<usize>, stop: bool, run: &Runner<'_>) -> Vec<BadRow> {
        let Some((columns, keys)) = self.columns.clone() else { return Vec::new() };
        let first_row = self.rows;
        self.place(rows, &range, keys, run);
        let apart = self.lanes.len() > 1 && self.can_be_apart(run);
        let undo = apart && !self.budgets.is_empty() && !self.surely_fit();
        for lane in &mut self.lanes {
            lane.start(undo);
        }
        let mut posted = false;
        if apart {
            let (places, names, keep) = (self.places.as_slice(), &self.names, self.keep);
            let watch = !self.budgets.is_empty();
            let first = range.start;
            let jobs = self.lanes.iter_mut().enumerate().map(|(share, lane)| -> Job<'_> {
                let columns = &columns;
                Box::new(move || {
                    let own = places.iter().enumerate().filter(|(_, place)| usize::from(place.share) == share);
                    let numbered = own.map(|(at, _)| numbered(first, first_row, at));
                    lane.post_all(columns, rows, numbered, names, (keep, watch), stop);
                })
            });
            run(jobs.collect());
            posted = self.settle(undo);
        }
        if !posted {
            self.post_in_order(&columns, rows, &range, first_row, stop);
        }
        self.rows = first_row.saturating_add(u64::try_from(range.len()).unwrap_or(u64::MAX));
        self.note_order(first_row);
        let mut bad: Vec<BadRow> = self.lanes.iter_mut().flat_map(|lane| lane.bad.drain(..)).collect();
        bad.sort_by_key(|bad| bad.row);
        if stop {
            bad.truncate(1);
        }
        bad
    }

    /// Finds the share of each row.
    fn place(&mut self, rows: &dyn Rows, range: &Range<usize>, keys: KeyColumns, run: &Runner<'_>) {
        let shares = self.lanes.len();
        self.places.clear();
        if shares == 1 {
            return;
        }
        self.places.resize(range.len(), Place::default());
        let size = range.len().div_ceil(shares).max(1);
        for stretch in &mut self.stretches {
            stretch.start();
        }
        let slices = self.places.chunks_mut(size).zip(&mut self.stretches).enumerate();
        let jobs = slices.map(|(slice, (places, stretch))| -> Job<'_> {
            let first = range.start.saturating_add(slice.saturating_mul(size));
            Box::new(move || {
                let mut id = String::new();
                for (at, place) in places.iter_mut().enumerate() {
                    let row = first.saturating_add(at);
                    place.keys = keys.read(|column| rows.cell(column, row), &mut id);
                    place.share = place.keys.member.map_or(0, |member| share_of(&member, shares));
                    stretch.take(&id);
                }
            })
        });
        run(jobs.collect());
    }

    /// Whether the rows of the chunk can be posted apart, budgets aside.
    fn can_be_apart(&mut self, run: &Runner<'_>) -> bool {
        let crossing = self.ids.cross(&self.places, &self.stretches, self.refunds, run);
        let mut latest = self.latest;
        let ascends = self.places.iter().filter_map(|place| place.keys.at).all(|at| {
            let ascends = latest.is_none_or(|before| before <= at);
            latest = Some(at);
            ascends
        });
        ascends && !crossing
    }

    /// Whether the chunk cannot take more of any budget than is left.
    fn surely_fit(&self) -> bool {
        let Some(first) = self.lanes.first() else { return true };
        if self.lanes.iter().any(|lane| !lane.uplift.is_empty()) {
            return false;
        }
        let amounts = self.places.iter().map(|place| place.keys.amount);
        let amount = amounts.fold(0_i64, i64::saturating_add);
        let bulk = Bulk { rows: i64::try_from(self.places.len()).unwrap_or(i64::MAX), amount };
        self.budgets.surely_fit(self.rules.graph(), first.simulation.ledger.shared(), bulk, self.refunds)
    }

    /// Puts together what shares that were posted apart have in common. False if they could have met: everything is
    /// as it was before the chunk then.
    fn settle(&mut self, undo: bool) -> bool {
        if !self.budgets.is_empty() {
            let Some(before) = self.lanes.first().map(|lane| lane.shared_before().clone()) else { return true };
            let meters: Vec<_> = self.lanes.iter().map(|lane| &lane.meter).collect();
            if undo && !self.budgets.fit(&before, &meters) {
                for lane in &mut self.lanes {
                    lane.take_back();
                }
                return false;
            }
            let after = self.lanes.iter().map(|lane| lane.simulation.ledger.shared());
            let shared = self.budgets.merge(&before, after);
            for lane in &mut self.lanes {
                lane.simulation.ledger.shared_mut().clone_from(&shared);
            }
        }
        self.latest = self.lanes.iter().filter_map(|lane| lane.simulation.latest).max().or(self.latest);
        for lane in &mut self.lanes {
            lane.simulation.latest = self.latest;
        }
        true
    }

    /// Posts the rows one after the other. What all members share goes along from share to share.
    fn post_in_order(
        &mut self,
        columns: &TransactionColumns,
        rows: &dyn Rows,
        range: &Range<usize>,
        first_row: u64,
        stop: bool,
    ) {
        let first = range.start;
        let options = (self.keep, !self.budgets.is_empty());
        if let [lane] = self.lanes.as_mut_slice() {
            let all = (0..range.len()).map(|at| numbered(first, first_row, at));
            lane.simulation.latest = self.latest;
            lane.post_all(columns, rows, all, &self.names, options, stop);
            self.latest = lane.simulation.latest;
            return;
        }
        self.in_order = self.in_order.saturating_add(1);
        let places = std::mem::take(&mut self.places);
        let mut holder: usize = 0;
        for (at, place) in places.iter().enumerate() {
            let row = first_row.saturating_add(u64::try_from(at).unwrap_or(u64::MAX));
            let own = usize::from(place.share);
            let Some(lane) = self.lanes.get_mut(own) else { continue };
            if let Err(refused) = lane.read(columns, (rows, first.saturating_add(at))) {
                lane.refuse(row, refused);
            } else {
                let share = match self.meets(own) {
                    Ok(share) => share,
                    Err(error) => {
                        if let Some(lane) = self.lanes.get_mut(own) {
                            let refused = lane.refusal(error);
                            lane.refuse(row, refused);
                        }
                        continue;
                    }
                };
                if share != own
                    && let Ok([from, to]) = self.lanes.get_disjoint_mut([own, share])
                {
                    to.row.clone_from(&from.row);
                }
                if share != holder
                    && let Ok([from, to]) = self.lanes.get_disjoint_mut([holder, share])
                {
                    std::mem::swap(from.simulation.ledger.shared_mut(), to.simulation.ledger.shared_mut());
                }
                holder = share;
                if let Some(lane) = self.lanes.get_mut(share) {
                    lane.simulation.latest = self.latest;
                    lane.post(columns, row, &self.names, options);
                    self.latest = lane.simulation.latest;
                }
            }
            if stop && self.lanes.iter().any(|lane| !lane.bad.is_empty()) {
                break;
            }
        }
        self.places = places;
        let shared = self.lanes.get(holder).map(|lane| lane.simulation.ledger.shared().clone());
        for lane in &mut self.lanes {
            lane.simulation.latest = self.latest;
            if let Some(shared) = &shared {
                lane.simulation.ledger.shared_mut().clone_from(shared);
            }
        }
    }

    /// The share in which the row that a lane has read is to be posted, or why it cannot be: its id, or the purchase that
    /// it refunds, may be another share's.
    fn meets(&mut self, own: usize) -> Result<usize, EvaluationError> {
        let Some(lane) = self.lanes.get(own) else { return Ok(own) };
        let row = &lane.row;
        if self.latest.is_some_and(|before| row.occurred_at() < before) {
            return Ok(own);
        }
        let (id, user) = (row.transaction_id().to_owned(), row.user_id().to_owned());
        let original = row.refund().map(|refund| refund.original.clone());
        let mut elsewhere = false;
        let mut holder = None;
        for (share, lane) in self.lanes.iter_mut().enumerate() {
            let ledger = &mut lane.simulation.ledger;
            elsewhere |= share != own && ledger.has_claimed(&id);
            if let Some(original) = &original
                && let Some(member) = ledger.claimed_by(original)
            {
                // A refund of another member's purchase is refused by who has the purchase.
                if member != user {
                    return Ok(share);
                }
                holder = Some(share);
            }
        }
        if elsewhere { Err(id_conflict(&id)) } else { Ok(holder.unwrap_or(own)) }
    }

    /// Notes of each new record which share has it.
    fn note_order(&mut self, first_row: u64) {
        if !self.keep {
            return;
        }
        let mut next: Vec<std::slice::Iter<'_, Record>> = self.lanes.iter().map(Lane::new_records).collect();
        if let [records] = next.as_slice() {
            self.order.extend(records.clone().map(|_| 0));
            return;
        }
        for (at, place) in self.places.iter().enumerate() {
            let row = first_row.saturating_add(u64::try_from(at).unwrap_or(u64::MAX));
            if let Some(records) = next.get_mut(usize::from(place.share))
                && records.as_slice().first().is_some_and(|record| record.row == row)
            {
                records.next();
                self.order.push(place.share);
            }
        }
    }

    /// How many rows there were.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// How many chunks had to be posted in the order of the file although there are several shares.
    pub fn chunks_in_order(&self) -> u64 {
        self.in_order
    }

    /// What it cost so far.
    pub fn summary(&self) -> Summary {
        let mut lanes = self.lanes.iter();
        let Some(first) = lanes.next() else {
            return Simulation::new(self.rules.clone(), Options::default()).summary();
        };
        let (mut members, mut reached) = first.members();
        let mut tally = first.tally();
        for lane in lanes {
            let (more, more_reached) = lane.members();
            (members, reached) = (members.saturating_add(more), reached.saturating_add(more_reached));
            tally.add(&lane.tally());
        }
        tally.summary(self.rules.graph(), members, reached)
    }

    /// The rules it runs.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }

    /// Kind and id of the rules that grants name.
    pub fn rule_names(&self) -> &RuleNames {
        &self.names
    }

    /// Whether any rule shares a budget between members.
    pub fn has_budgets(&self) -> bool {
        !self.budgets.is_empty()
    }
}

/// Place and number of a row of a range that begins with these.
fn numbered(first: usize, first_row: u64, at: usize) -> (usize, u64) {
    (first.saturating_add(at), first_row.saturating_add(u64::try_from(at).unwrap_or(u64::MAX)))
}

/// The share of a member.
fn share_of(member: &[u64; 2], shares: usize) -> u16 {
    let [_, half] = *member;
    let share = usize::try_from(half).unwrap_or(0).checked_rem(shares).unwrap_or(0);
    u16::try_from(share).unwrap_or(0)
}
