//! Many transactions in time order: rows in, rows out, and what it all cost.
//!
//! No file is read here: a host hands over cells, and writes what it gets back. Each row is posted to a
//! [`Ledger`] through the same fold as everywhere, so that limits, tiers and refunds carry over.

mod columns;
mod summary;

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use crate::evaluate::EvaluationError;
use crate::input::{ErrorCode, InputError, Member, Usage};
use crate::rule_set::RuleSet;
use crate::state::{Change, Event, Folded, Ledger, fold};
use crate::value::{Amount, Points};

pub use columns::{MemberColumns, Row, RowKind, TransactionColumns};
use summary::Tally;
pub use summary::{CapUse, Cost, Summary};

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
}

/// One row of the answer (rule-format "The command").
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

/// One row posted. Of a refund there is an outcome; what a purchase found is in the ledger's work.
struct Step {
    sums: Sums,
    refund: Option<crate::outcome::Outcome>,
}

/// Names of the columns of the answer, in order.
pub const OUTPUT_COLUMNS: [&str; 8] =
    ["transaction_id", "user_id", "base", "loyalty", "campaign", "total", "points", "rules"];

impl Posted {
    /// The cells of the row, in the order of [`OUTPUT_COLUMNS`].
    pub fn cells(&self) -> [String; 8] {
        [
            self.transaction_id.clone(),
            self.user_id.clone(),
            self.base.to_string(),
            self.loyalty.to_string(),
            self.campaign.to_string(),
            self.total.to_string(),
            self.points.to_string(),
            self.rules.clone(),
        ]
    }
}

impl Simulation {
    /// A simulation that starts from nothing.
    pub fn new(rules: RuleSet, options: Options) -> Simulation {
        let tally = Tally::new(rules.graph());
        Simulation {
            rules,
            options,
            ledger: Ledger::new(),
            given: HashMap::new(),
            latest: None,
            tally,
            seen: Vec::new(),
        }
    }

    /// The columns of a transactions file by its header. Error `unknown_fact` for a column that the format and the
    /// program do not have, `missing_fact` for a required one that is not there.
    pub fn transaction_columns<S: AsRef<str>>(&mut self, header: &[S]) -> Result<TransactionColumns, InputError> {
        let columns = TransactionColumns::new(&self.rules, self.options, header)?;
        if !columns.has_refunds() && self.seen.is_empty() {
            self.ledger = Ledger::without_refunds();
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

    /// Posts one row. `None` for a row whose id came before with the same content: it writes no row and is counted.
    /// A bad row changes nothing.
    pub fn post(&mut self, row: Row) -> Result<Option<Posted>, EvaluationError> {
        let Some(step) = self.step(&row)? else { return Ok(None) };
        let rules = match &step.refund {
            Some(outcome) => outcome.rules_text(),
            None => self.rules.graph().rules_text(self.ledger.work()),
        };
        let Sums { base, loyalty, campaign, total, points } = step.sums;
        let transaction_id = match row.kind {
            RowKind::Purchase(transaction) => transaction.id,
            RowKind::Refund(refund) => refund.id,
        };
        Ok(Some(Posted { transaction_id, user_id: row.user_id, base, loyalty, campaign, total, points, rules }))
    }

    /// Posts one row as [`Simulation::post`] does, and returns its sums alone: for who wants the cost of a program and
    /// not a row for each purchase.
    pub fn post_sums(&mut self, row: &Row) -> Result<Option<Sums>, EvaluationError> {
        Ok(self.step(row)?.map(|step| step.sums))
    }

    fn step(&mut self, row: &Row) -> Result<Option<Step>, EvaluationError> {
        if self.latest.is_some_and(|latest| row.occurred_at() < latest) {
            return Err(EvaluationError::new(
                ErrorCode::OutOfOrder,
                "this row is earlier than the one before it; rows must be in order of `occurred_at`",
            ));
        }
        let latest = row.occurred_at();
        let user = row.user_id.as_str();
        row.check_member().map_err(EvaluationError::from)?;
        let folded = match &row.kind {
            RowKind::Purchase(transaction) => {
                if row.columns.has_member_facts() {
                    let given = self.given.get(user);
                    row.overlay(given, self.ledger.facts_mut(user));
                }
                let event = Event::Purchase { transaction, member: user, tier: row.tier.as_deref(), explain: false };
                fold(&self.rules, &mut self.ledger, event)?
            }
            RowKind::Refund(refund) => fold(&self.rules, &mut self.ledger, Event::Refund(refund))?,
        };
        self.latest = Some(latest);
        let graph = self.rules.graph();
        let (sums, number, refund) = match folded {
            Folded::Purchase(owner) => (self.tally.purchase(graph, self.ledger.work()), owner.number(), None),
            Folded::Other(Change::Posted(outcome)) => {
                (self.tally.refund(graph, &outcome), self.ledger.number(user), Some(outcome))
            }
            Folded::Other(_) => {
                self.tally.repeated = self.tally.repeated.saturating_add(1);
                return Ok(None);
            }
        };
        if self.seen.len() <= number {
            self.seen.resize(number.saturating_add(1), (false, false));
        }
        if let Some(seen) = self.seen.get_mut(number) {
            seen.0 = true;
            seen.1 |= refund.is_none() && (sums.total() > 0 || sums.points > 0);
        }
        let [base, loyalty, campaign] = sums.money.map(|minor| graph.amount(minor));
        let (total, points) = (graph.amount(sums.total()), graph.points(sums.points));
        Ok(Some(Step { sums: Sums { base, loyalty, campaign, total, points }, refund }))
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
