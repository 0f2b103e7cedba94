//! Many transactions in time order: rows in, rows out, and what it all cost.
//!
//! No file is read here: a host hands over cells, and writes what it gets back. Each row is posted to a
//! [`Ledger`] through the same fold as everywhere, so that limits, tiers and refunds carry over.

mod columns;
pub mod spread;
mod summary;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::hash::BuildHasherDefault;

use chrono::{DateTime, Utc};

use crate::evaluate::{EvaluationError, Read};
use crate::graph::Graph;
use crate::graph::draw::{Picture, PictureOptions};
use crate::input::{ErrorCode, InputError, Member, Usage};
use crate::outcome::Outcome;
use crate::rule_set::RuleSet;
use crate::schema::{Field, Object, Presence, Shape};
use crate::state::record::CounterRecord;
use crate::state::{Change, Event, Folded, Halves, Ledger, Owner, Purchasing, fold, fold_purchase};
use crate::value::{Amount, Points};

#[cfg(feature = "arrow")]
pub use columns::arrow;
pub use columns::{Cell, ColumnNames, MemberColumns, Row, TransactionColumns};
pub use columns::{json, lines};
use summary::Tally;
pub use summary::{CapUse, Cost, Summary};
pub(crate) use summary::{SUMMARY, kinds};

/// The names that the columns of a transactions table may have under these rules.
pub fn transaction_names(rules: &RuleSet) -> ColumnNames {
    ColumnNames::of_transactions(rules)
}

/// The names that the columns of a members table may have under these rules.
pub fn member_names(rules: &RuleSet) -> ColumnNames {
    ColumnNames::of_members(rules)
}

/// How a simulation reads its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// Read instants without an offset in the program's time zone (`--assume-timezone program`): of a local time
    /// that comes twice the earlier, one that never comes is a bad row.
    pub assume_program_timezone: bool,
}

/// A simulation under way.
#[derive(Debug)]
pub struct Simulation {
    rules: RuleSet,
    options: Options,
    ledger: Ledger,
    /// Facts from the members' file, which a row's own member columns overlay.
    given: HashMap<String, Member>,
    latest: Option<DateTime<Utc>>,
    tally: Tally,
    /// By number of the member: whether a row named it, and whether it was granted anything.
    seen: Vec<(bool, bool)>,
    /// Members by the key of their id, so that a row that was read for these rules finds its own without its text.
    numbers: HashMap<[u64; 2], Owner, BuildHasherDefault<Halves>>,
    /// The outcome of the latest row if it was a refund; what a purchase found is in the ledger's work.
    refund: Option<Outcome>,
    /// Whose the latest row is.
    posted_for: Option<Owner>,
    /// Whether the next purchase is to say of each rule that does not grant why not.
    explain: bool,
    /// The answer to the latest row.
    posted: Posted,
}

/// One row of the answer (docs/simulate.md).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Id of the transaction.
    pub transaction_id: String,
    /// Id of the member.
    pub user_id: String,
    /// Base components; negative for a refund.
    pub base: Amount,
    /// Loyalty.
    pub loyalty: Amount,
    /// Campaigns.
    pub campaign: Amount,
    /// All money.
    pub total: Amount,
    /// All points.
    pub points: Points,
    /// What granted: `groceries=3.50;silver=0.25;earn=100p`.
    pub rules: String,
}

/// One row with all that can be told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Its outcome; of a purchase with every rule that did not grant, and why.
    pub outcome: Outcome,
    /// The picture of the rules, lit by a purchase; of a refund as it is.
    pub picture: Picture,
}

/// What one row brought; negative for a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// Base components.
    pub base: Amount,
    /// Loyalty.
    pub loyalty: Amount,
    /// Campaigns.
    pub campaign: Amount,
    /// All money.
    pub total: Amount,
    /// All points.
    pub points: Points,
}

/// So many rows are best read before the first of them is posted ([`Simulation::bring_near`]).
pub const AT_ONCE: usize = 16;

/// Names of the columns of the answer, in order.
pub const OUTPUT_COLUMNS: [&str; 8] =
    ["transaction_id", "user_id", "base", "loyalty", "campaign", "total", "points", "rules"];

const fn column(name: &'static str, shape: Shape, about: &'static str) -> Field {
    Field { name, presence: Presence::Always, shape, about }
}

/// What [`Posted::push_json`] writes.
pub(crate) static POSTED: Object = Object {
    name: "Row",
    about: "What one row brought; negative for a refund.",
    fields: &[
        column("transaction_id", Shape::Id, "Id of the transaction."),
        column("user_id", Shape::Id, "Id of the member."),
        column("base", Shape::Decimal, "Base components."),
        column("loyalty", Shape::Decimal, "Loyalty."),
        column("campaign", Shape::Decimal, "Campaigns."),
        column("total", Shape::Decimal, "All money."),
        column("points", Shape::Decimal, "All points."),
        column("rules", Shape::Text, "What granted: `groceries=3.50;silver=0.25;earn=100p`."),
    ],
};

impl Posted {
    fn empty(graph: &Graph) -> Posted {
        let (zero, none) = (graph.amount(0), String::new);
        Posted {
            transaction_id: none(),
            user_id: none(),
            base: zero,
            loyalty: zero,
            campaign: zero,
            total: zero,
            points: graph.points(0),
            rules: none(),
        }
    }

    /// Appends the row as a line of CSV, in the order of [`OUTPUT_COLUMNS`]. No cell needs quotes: ids of transactions,
    /// members and rules have none of the characters that would.
    pub fn push_csv(&self, to: &mut String) {
        to.push_str(&self.transaction_id);
        to.push(',');
        to.push_str(&self.user_id);
        for amount in [self.base, self.loyalty, self.campaign, self.total] {
            to.push(',');
            amount.push_to(to);
        }
        to.push(',');
        self.points.push_to(to);
        to.push(',');
        to.push_str(&self.rules);
        to.push('\n');
    }

    /// Appends the row as a line of JSON. No text needs escapes, for the same reason.
    pub fn push_json(&self, to: &mut String) {
        to.push_str("{\"transaction_id\":\"");
        to.push_str(&self.transaction_id);
        to.push_str("\",\"user_id\":\"");
        to.push_str(&self.user_id);
        let amounts = [self.base, self.loyalty, self.campaign, self.total];
        for (name, amount) in OUTPUT_COLUMNS.iter().skip(2).zip(amounts) {
            to.push_str("\",\"");
            to.push_str(name);
            to.push_str("\":\"");
            amount.push_to(to);
        }
        to.push_str("\",\"points\":\"");
        self.points.push_to(to);
        to.push_str("\",\"rules\":\"");
        to.push_str(&self.rules);
        to.push_str("\"}\n");
    }
}

impl Simulation {
    /// A simulation that starts from nothing.
    pub fn new(rules: RuleSet, options: Options) -> Simulation {
        let tally = Tally::new(rules.graph());
        let posted = Posted::empty(rules.graph());
        Simulation {
            rules,
            options,
            ledger: Ledger::new(),
            given: HashMap::new(),
            latest: None,
            tally,
            seen: Vec::new(),
            numbers: HashMap::default(),
            refund: None,
            posted_for: None,
            explain: false,
            posted,
        }
    }

    /// The names that the columns of a transactions file may have.
    pub fn transaction_names(&self) -> ColumnNames {
        ColumnNames::of_transactions(&self.rules)
    }

    /// The names that the columns of a members file may have.
    pub fn member_names(&self) -> ColumnNames {
        ColumnNames::of_members(&self.rules)
    }

    /// The columns of a transactions file by its header. Error `unknown_fact` for a column that the format and the
    /// program do not have, `missing_fact` for a required one that is not there.
    pub fn transaction_columns<S: AsRef<str>>(&mut self, header: &[S]) -> Result<TransactionColumns, InputError> {
        let columns = TransactionColumns::new(&self.rules, self.options, header)?;
        if !columns.has_refunds() && self.seen.is_empty() {
            self.ledger = Ledger::without_refunds();
            self.numbers.clear();
            let members: Vec<Member> = self.given.values().cloned().collect();
            for member in members {
                self.ledger
                    .add_member(&self.rules, member, &Usage::default())
                    .map_err(|e| InputError::new(e.code, "", e.message))?;
            }
        }
        Ok(columns)
    }

    /// The columns of a members file by its header; errors as for transactions.
    pub fn member_columns<S: AsRef<str>>(&self, header: &[S]) -> Result<MemberColumns, InputError> {
        MemberColumns::new(&self.rules, header)
    }

    /// Takes a member over from a members file, before the first transaction. A member that stands twice is an error
    /// (`id_conflict`).
    pub fn add_member(&mut self, member: Member) -> Result<(), EvaluationError> {
        if self.given.contains_key(&member.id) {
            return Err(EvaluationError::new(
                ErrorCode::IdConflict,
                format!("the member `{}` stands twice", member.id),
            ));
        }
        self.ledger.add_member(&self.rules, member.clone(), &Usage::default())?;
        self.given.insert(member.id.clone(), member);
        Ok(())
    }

    /// Lets a counter of a member, or one of all members, begin with what was used of it. To be called after the members
    /// are there and before the first transaction. One that the rule set does not have is ignored. Error `invalid_record`
    /// for a period that is none of the counter.
    pub fn begin_with(&mut self, member: Option<&str>, counter: &CounterRecord) -> Result<(), EvaluationError> {
        match member {
            Some(member) => self.ledger.put_counter(&self.rules, member, counter),
            None => self.ledger.put_shared(&self.rules, counter),
        }
    }

    /// To be called with the next [`AT_ONCE`] rows before they are posted: brings what is known of their members near
    /// the processor, all at once. Changes nothing but how long posting takes.
    pub fn bring_near<'a>(&self, rows: impl IntoIterator<Item = &'a Row>) {
        let purchases = rows.into_iter().filter(|row| row.refund.is_none());
        let owners = purchases.filter_map(|row| self.numbers.get(&row.member_key));
        self.ledger.bring_near(owners.copied());
    }

    /// Posts one row, read by these columns. `None` for a row whose id came before with the same content: it writes no
    /// row and is counted. A bad row changes nothing.
    pub fn post(&mut self, columns: &TransactionColumns, row: &Row) -> Result<Option<&Posted>, EvaluationError> {
        let Some(sums) = self.post_sums(columns, row)? else { return Ok(None) };
        let posted = &mut self.posted;
        posted.rules.clear();
        match &self.refund {
            Some(outcome) => posted.rules.push_str(&outcome.rules_text()),
            None => self.rules.graph().push_rules_text(self.ledger.work(), &mut posted.rules),
        }
        posted.transaction_id.clone_from(&row.transaction.id);
        posted.user_id.clone_from(&row.user_id);
        let Sums { base, loyalty, campaign, total, points } = sums;
        (posted.base, posted.loyalty, posted.campaign, posted.total, posted.points) =
            (base, loyalty, campaign, total, points);
        Ok(Some(&self.posted))
    }

    /// Posts one row as [`Simulation::post`] does, and returns its sums alone: for who wants the cost of a program and
    /// not a row for each purchase.
    pub fn post_sums(&mut self, columns: &TransactionColumns, row: &Row) -> Result<Option<Sums>, EvaluationError> {
        let latest = self.in_order(row)?;
        let (owner, sums) = match &row.refund {
            None => {
                let owner = self.purchase(columns, row, self.explain)?;
                self.latest = Some(latest);
                self.refund = None;
                let Some(owner) = owner else { return Ok(self.repeated()) };
                (owner, self.tally.purchase(self.rules.graph(), self.ledger.work()))
            }
            Some(refund) => {
                let folded = fold(&self.rules, &mut self.ledger, Event::Refund(refund))?;
                self.latest = Some(latest);
                let Folded::Other(Change::Posted(outcome)) = folded else { return Ok(self.repeated()) };
                let sums = self.tally.refund(self.rules.graph(), &outcome);
                self.refund = Some(outcome);
                (self.ledger.owner_of(&row.user_id), sums)
            }
        };
        self.posted_for = Some(owner);
        let number = owner.number();
        if self.seen.len() <= number {
            self.seen.resize(number.saturating_add(1), (false, false));
        }
        let total = sums.total();
        if let Some(seen) = self.seen.get_mut(number) {
            seen.0 = true;
            seen.1 |= self.refund.is_none() && (total > 0 || sums.points > 0);
        }
        let graph = self.rules.graph();
        let [base, loyalty, campaign] = sums.money.map(|minor| graph.amount(minor));
        Ok(Some(Sums { base, loyalty, campaign, total: graph.amount(total), points: graph.points(sums.points) }))
    }

    /// Posts one row and tells all of it: for who looks at one purchase after those before it. It counts in no sum.
    /// `None` and errors as for [`Simulation::post`].
    pub fn post_explained(
        &mut self,
        columns: &TransactionColumns,
        row: &Row,
        options: PictureOptions,
    ) -> Result<Option<Explained>, EvaluationError> {
        let latest = self.in_order(row)?;
        if let Some(refund) = &row.refund {
            let folded = fold(&self.rules, &mut self.ledger, Event::Refund(refund))?;
            self.latest = Some(latest);
            let Folded::Other(Change::Posted(outcome)) = folded else { return Ok(None) };
            return Ok(Some(Explained { outcome, picture: self.rules.picture(options) }));
        }
        let posted = self.purchase(columns, row, true)?;
        self.latest = Some(latest);
        if posted.is_none() {
            return Ok(None);
        }
        let (outcome, picture) =
            self.rules.shown(&row.transaction.id, options, self.ledger.work(), self.ledger.periods());
        Ok(Some(Explained { outcome, picture }))
    }

    /// When the row happened, if that is not before the row before it.
    fn in_order(&self, row: &Row) -> Result<DateTime<Utc>, EvaluationError> {
        let latest = row.occurred_at();
        if self.latest.is_some_and(|before| latest < before) {
            return Err(EvaluationError::new(
                ErrorCode::OutOfOrder,
                "this row is earlier than the one before it; rows must be in order of `occurred_at`",
            ));
        }
        Ok(latest)
    }

    /// Posts a purchase: whose it is, or `None` for one that was posted before.
    fn purchase(
        &mut self,
        columns: &TransactionColumns,
        row: &Row,
        explain: bool,
    ) -> Result<Option<Owner>, EvaluationError> {
        let user = row.user_id.as_str();
        let ready = row.ready_for(&self.rules);
        if row.lacks_texts() && (explain || ready.is_none()) {
            return Err(EvaluationError::new(
                ErrorCode::MissingFact,
                "the texts of this row were left out when it was read for other rules, or not to be explained",
            ));
        }
        if columns.has_member_facts() {
            columns.overlay(row, self.given.get(user), self.ledger.facts_mut(user));
        }
        let known = self.numbers.get(&row.member_key).copied();
        let transaction = &row.transaction;
        let purchase = Purchasing {
            read: Read { transaction, reading: ready.map(|ready| &ready.reading) },
            identity: row.identity,
            member: user,
            owner: known,
            tier: row.tier.as_deref(),
            level: ready.and_then(|ready| ready.level),
            explain,
        };
        let owner = fold_purchase(&self.rules, &mut self.ledger, &purchase)?;
        if let (None, Some(owner)) = (known, owner) {
            self.numbers.insert(row.member_key, owner);
        }
        Ok(owner)
    }

    fn repeated(&mut self) -> Option<Sums> {
        self.tally.repeated = self.tally.repeated.saturating_add(1);
        None
    }

    /// Counts a bad row in the summary.
    pub fn reject(&mut self) {
        self.tally.rejected = self.tally.rejected.saturating_add(1);
    }

    /// What it cost so far.
    pub fn summary(&self) -> Summary {
        let count = |reached: bool| {
            let members = self.seen.iter().filter(|(seen, granted)| *seen && (*granted || !reached));
            u64::try_from(members.count()).unwrap_or(u64::MAX)
        };
        self.tally.summary(self.rules.graph(), count(false), count(true))
    }

    /// The state that the rows left behind.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The rules it runs.
    pub fn rules(&self) -> &RuleSet {
        &self.rules
    }
}
