//! What a change of rules costs: both rule sets, and each change alone, over the same rows at once.
//!
//! Every rule set has a simulation of its own, so that limits, tiers and refunds carry over as they would have. Of a
//! row nothing is kept but sums, a record of a few numbers for each member, and the rows that change most.

use std::collections::HashMap;

use super::Alone;
use super::costs::{ChangeCost, Costs, Members, RuleCost, Sums, Swing, TierCount};
use crate::evaluate::EvaluationError;
use crate::input::InputError;
use crate::outcome::Outcome;
use crate::rule_set::RuleSet;
use crate::simulate::{
    Cell, ColumnNames, MemberColumns, Options, Posted, Row, Simulation, Summary, TransactionColumns,
};
use crate::state::record::CounterRecord;
use crate::value::{Amount, Currency, Points};

/// How many of the purchases that change most are kept.
const MOST_ROWS: usize = 10;

/// Sums of money and points, in whole units.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Paid {
    pub(super) money: i64,
    pub(super) points: i64,
}

impl Paid {
    /// What an outcome brings.
    pub(super) fn of(outcome: &Outcome) -> Paid {
        Paid { money: outcome.totals.total.minor(), points: outcome.totals.points.units() }
    }

    pub(super) fn plus(&mut self, other: Paid) {
        self.money = self.money.saturating_add(other.money);
        self.points = self.points.saturating_add(other.points);
    }

    fn add(&mut self, posted: &Posted) {
        self.plus(Paid { money: posted.total.minor(), points: posted.points.units() });
    }

    fn less(self, other: Paid) -> Paid {
        Paid { money: self.money.saturating_sub(other.money), points: self.points.saturating_sub(other.points) }
    }
}

/// One rule set over the rows.
#[derive(Debug)]
struct Side {
    simulation: Simulation,
    columns: Option<TransactionColumns>,
    /// By column of this side: the column of the file.
    from: Vec<usize>,
    row: Row,
    paid: Paid,
    /// Why this side refused the first thing that it refused and both rule sets took.
    failed: Option<String>,
}

impl Side {
    fn new(rules: RuleSet, options: Options) -> Side {
        Side {
            simulation: Simulation::new(rules, options),
            columns: None,
            from: Vec::new(),
            row: Row::default(),
            paid: Paid::default(),
            failed: None,
        }
    }

    /// Notes what it refused, if nothing is noted yet.
    fn fails<T>(&mut self, done: Result<T, EvaluationError>) {
        if self.failed.is_none() {
            self.failed = done.err().map(|error| error.message);
        }
    }

    /// Reads a row of the file into this side's own.
    fn read<'a>(&mut self, cell: impl Fn(usize) -> Cell<'a>) -> Result<(), EvaluationError> {
        let Side { columns: Some(columns), from, row, .. } = self else { return Ok(()) };
        Ok(columns.read(|at| cell(from.get(at).copied().unwrap_or(usize::MAX)), row)?)
    }
}

/// A comparison over rows, under way.
#[derive(Debug)]
pub struct Trial {
    old: Side,
    new: Side,
    alone: Vec<(String, Option<Side>)>,
    members: HashMap<String, (Paid, Paid)>,
    biggest: Vec<Swing>,
    purchases: u64,
    currency: Currency,
    points_decimals: u8,
}

/// The mistake of a header, whose message names the column.
fn of_header(error: InputError) -> EvaluationError {
    EvaluationError::new(error.code, error.message)
}

/// What both brought, or whose rules refused it.
pub(super) fn both<T>(old: Result<T, EvaluationError>, new: Result<T, EvaluationError>) -> Result<(T, T), Refused> {
    let refused = |by, error: EvaluationError| Refused { by, error: Box::new(error) };
    match (old, new) {
        (Ok(old), Ok(new)) => Ok((old, new)),
        (Err(error), Err(_)) => Err(refused("both", error)),
        (Err(error), Ok(_)) => Err(refused("old", error)),
        (Ok(_), Err(error)) => Err(refused("new", error)),
    }
}

/// A header or row that only one of the two rule sets refused, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// `old`, `new` or `both`: whose rules refused it.
    pub by: &'static str,
    /// Why.
    pub error: Box<EvaluationError>,
}

impl Trial {
    /// Both rule sets, and each change alone, at the start. `None` if their currencies or the decimals of their points
    /// differ, so that their costs cannot be compared.
    pub fn new(old: &RuleSet, new: &RuleSet, alone: Vec<Alone>, options: Options) -> Option<Trial> {
        let (before, after) = (&old.graph().program, &new.graph().program);
        if before.currency != after.currency || before.points_decimals != after.points_decimals {
            return None;
        }
        Some(Trial {
            currency: before.currency,
            points_decimals: before.points_decimals,
            old: Side::new(old.clone(), options),
            new: Side::new(new.clone(), options),
            alone: alone.into_iter().map(|a| (a.name, a.rules.map(|rules| Side::new(rules, options)))).collect(),
            members: HashMap::new(),
            biggest: Vec::new(),
            purchases: 0,
        })
    }

    /// The names that columns of a transactions file may have under either rule set.
    pub fn transaction_names(&self) -> ColumnNames {
        self.new.simulation.transaction_names().and(&self.old.simulation.transaction_names())
    }

    /// The names that columns of a members file may have under either rule set.
    pub fn member_names(&self) -> ColumnNames {
        self.new.simulation.member_names().and(&self.old.simulation.member_names())
    }

    /// The columns of a side: those that another side knows and this one does not are left out.
    fn known(names: &ColumnNames, either: &ColumnNames, header: &[String]) -> Vec<usize> {
        let foreign = |name: &String| !names.all().contains(name) && either.all().contains(name);
        header.iter().enumerate().filter(|(_, name)| !foreign(name)).map(|(at, _)| at).collect()
    }

    /// Takes the header of the transactions file. Errors as for a simulation, and whose they are.
    pub fn header(&mut self, header: &[String]) -> Result<(), Refused> {
        let either = self.transaction_names();
        let take = |side: &mut Side| -> Result<(), EvaluationError> {
            side.from = Self::known(&side.simulation.transaction_names(), &either, header);
            let own: Vec<&String> = side.from.iter().filter_map(|at| header.get(*at)).collect();
            side.columns = Some(side.simulation.transaction_columns(&own).map_err(of_header)?);
            Ok(())
        };
        both(take(&mut self.old), take(&mut self.new))?;
        for side in self.alone.iter_mut().filter_map(|(_, side)| side.as_mut()) {
            let taken = take(side);
            side.fails(taken);
        }
        Ok(())
    }

    /// Takes the header of a members file. To be called before any member. Errors as for a simulation, and whose they
    /// are.
    pub fn member_columns(&mut self, header: &[String]) -> Result<MembersOf, Refused> {
        let either = self.member_names();
        let take = |side: &Side| -> Result<(MemberColumns, Vec<usize>), EvaluationError> {
            let from = Self::known(&side.simulation.member_names(), &either, header);
            let own: Vec<&String> = from.iter().filter_map(|at| header.get(*at)).collect();
            Ok((side.simulation.member_columns(&own).map_err(of_header)?, from))
        };
        let (old, new) = both(take(&self.old), take(&self.new))?;
        let each = self.alone.iter_mut().map(|(_, side)| {
            let side = side.as_mut()?;
            let taken = take(side);
            let columns = taken.as_ref().ok().cloned();
            side.fails(taken);
            columns
        });
        Ok(MembersOf { old, new, alone: each.collect() })
    }

    /// Adds a member to every side. Errors as for a simulation, and whose they are; the trial is over then.
    pub fn add_member<'a>(&mut self, columns: &MembersOf, cell: impl Fn(usize) -> Cell<'a>) -> Result<(), Refused> {
        let add = |side: &mut Side, (columns, from): &(MemberColumns, Vec<usize>)| -> Result<(), EvaluationError> {
            let member = columns.read(|at| cell(from.get(at).copied().unwrap_or(usize::MAX)))?;
            side.simulation.add_member(member)
        };
        both(add(&mut self.old, &columns.old), add(&mut self.new, &columns.new))?;
        for ((_, side), columns) in self.alone.iter_mut().zip(&columns.alone) {
            if let (Some(side), Some(columns)) = (side, columns) {
                let added = add(side, columns);
                side.fails(added);
            }
        }
        Ok(())
    }

    /// Lets a counter of a member, or one of all members, begin with what was used of it, on every side that has it. Errors
    /// as for a simulation.
    pub fn begin_with(&mut self, member: Option<&str>, counter: &CounterRecord) -> Result<(), Refused> {
        let begin = |side: &mut Side| side.simulation.begin_with(member, counter);
        both(begin(&mut self.old), begin(&mut self.new))?;
        for side in self.alone.iter_mut().filter_map(|(_, side)| side.as_mut()) {
            let begun = begin(side);
            side.fails(begun);
        }
        Ok(())
    }

    /// Posts a row to every side; returns what it brings under the old rules and under the new ones, or `None` for one
    /// that was posted before. Refused is one that either rule set cannot read or evaluate: one that cannot be read
    /// changes nothing, one that only one of them can evaluate counts in that one's sums.
    pub fn post<'a>(&mut self, cell: impl Fn(usize) -> Cell<'a>) -> Result<Option<(&Posted, &Posted)>, Refused> {
        both(self.old.read(&cell), self.new.read(&cell))?;
        let refund = self.old.row.refund().is_some();
        let old = Self::post_side(&mut self.old);
        let new = Self::post_side(&mut self.new);
        let both_went = old.is_ok() && new.is_ok();
        for side in self.alone.iter_mut().filter_map(|(_, side)| side.as_mut()) {
            let went = side.read(&cell).and_then(|()| Self::post_side(side).map(|_| ()));
            // What one of the two rule sets refuses as well is that one's matter.
            if both_went {
                side.fails(went);
            }
        }
        let (old, new) = both(old, new)?;
        let (Some(old), Some(new)) = (old, new) else { return Ok(None) };
        match self.members.get_mut(&old.user_id) {
            Some((was, is)) => {
                was.add(old);
                is.add(new);
            }
            None => {
                let (mut was, mut is) = (Paid::default(), Paid::default());
                was.add(old);
                is.add(new);
                self.members.insert(old.user_id.clone(), (was, is));
            }
        }
        if refund {
            return Ok(Some((old, new)));
        }
        self.purchases = self.purchases.saturating_add(1);
        let by = (
            new.total.minor().saturating_sub(old.total.minor()),
            new.points.units().saturating_sub(old.points.units()),
        );
        let weight = |by: (i64, i64)| (by.0.unsigned_abs(), by.1.unsigned_abs());
        let least = self.biggest.get(MOST_ROWS.saturating_sub(1)).map_or((0, 0), |swing| weight(swing.by));
        if weight(by) > least {
            let paid = |p: &Posted| Paid { money: p.total.minor(), points: p.points.units() };
            let swing = Swing {
                transaction_id: old.transaction_id.clone(),
                user_id: old.user_id.clone(),
                old_rules: old.rules.clone(),
                new_rules: new.rules.clone(),
                sums: sums(self.currency, self.points_decimals, paid(old), paid(new)),
                by,
            };
            // Behind those as big: who came first stands first.
            let at = self.biggest.partition_point(|known| weight(known.by) >= weight(by));
            self.biggest.insert(at, swing);
            self.biggest.truncate(MOST_ROWS);
        }
        Ok(Some((old, new)))
    }

    fn post_side(side: &mut Side) -> Result<Option<&Posted>, EvaluationError> {
        let Some(columns) = &side.columns else { return Ok(None) };
        let posted = side.simulation.post(columns, &side.row)?;
        if let Some(posted) = posted {
            side.paid.add(posted);
        }
        Ok(posted)
    }

    /// The sums of a side.
    pub fn summaries(&self) -> [Summary; 2] {
        [self.old.simulation.summary(), self.new.simulation.summary()]
    }

    fn money(&self, minor: i64) -> String {
        Amount::from_minor(minor, self.currency).to_string()
    }

    fn points(&self, units: i64) -> String {
        Points::from_units(units, self.points_decimals).to_string()
    }

    /// What it cost, with so many bad rows.
    pub fn costs(&self, rejected: u64) -> Costs {
        let [gain, lose, unchanged] = groups(self.currency, self.points_decimals, self.members.values());
        let whole = self.new.paid.less(self.old.paid);
        let mut rest = whole;
        let mut all_known = true;
        let by_change: Vec<ChangeCost> = self
            .alone
            .iter()
            .map(|(name, side)| {
                let (by, why_not) = match side {
                    None => (None, Some("it cannot be made without another change".to_owned())),
                    Some(Side { failed: Some(why), .. }) => (None, Some(format!("alone it cannot be run: {why}"))),
                    Some(side) => (Some(side.paid.less(self.old.paid)), None),
                };
                match by {
                    Some(by) => rest = rest.less(by),
                    None => all_known = false,
                }
                ChangeCost {
                    name: name.clone(),
                    money: by.map(|b| self.money(b.money)),
                    points: by.map(|b| self.points(b.points)),
                    why_not,
                }
            })
            .collect();
        let together = (by_change.len() > 1).then(|| ChangeCost {
            name: if all_known { "all together, beyond the sum" } else { "the others, and all together" }.to_owned(),
            money: Some(self.money(rest.money)),
            points: Some(self.points(rest.points)),
            why_not: None,
        });
        Costs {
            currency: self.currency.code().to_owned(),
            purchases: self.purchases,
            rejected,
            total: sums(self.currency, self.points_decimals, self.old.paid, self.new.paid),
            gain,
            lose,
            unchanged,
            by_rule: self.by_rule(),
            by_change,
            together,
            tiers: self.tiers(),
            biggest: self.biggest.clone(),
        }
    }

    fn by_rule(&self) -> Vec<RuleCost> {
        let [old, new] = self.summaries();
        let mut rules: Vec<(&'static str, String, Paid, Paid)> = Vec::new();
        for (summary, is_new) in [(&new, true), (&old, false)] {
            for cost in summary.by_rule() {
                let paid = Paid { money: cost.money.minor(), points: cost.points.units() };
                let known = rules.iter_mut().find(|(kind, id, ..)| *kind == cost.kind && *id == cost.id);
                match known {
                    Some((_, _, was, is)) => *(if is_new { is } else { was }) = paid,
                    None if is_new => rules.push((cost.kind, cost.id.clone(), Paid::default(), paid)),
                    None => rules.push((cost.kind, cost.id.clone(), paid, Paid::default())),
                }
            }
        }
        rules
            .into_iter()
            .map(|(kind, id, was, is)| RuleCost { kind, id, sums: sums(self.currency, self.points_decimals, was, is) })
            .collect()
    }

    fn tiers(&self) -> Vec<TierCount> {
        let count = |side: &Side| -> HashMap<String, u64> {
            let mut counts: HashMap<String, u64> =
                side.simulation.rules().levels().map(|l| (l.to_owned(), 0)).collect();
            for user in self.members.keys() {
                let tier = side.simulation.ledger().member(user).and_then(|m| m.tier(side.simulation.rules()));
                if let Some(count) = tier.and_then(|t| counts.get_mut(t)) {
                    *count = count.saturating_add(1);
                }
            }
            counts
        };
        let (old, new) = (count(&self.old), count(&self.new));
        let mut names: Vec<String> = self.new.simulation.rules().levels().map(str::to_owned).collect();
        names.extend(self.old.simulation.rules().levels().filter(|l| !new.contains_key(*l)).map(str::to_owned));
        names
            .into_iter()
            .map(|tier| TierCount { old: old.get(&tier).copied(), new: new.get(&tier).copied(), tier })
            .collect()
    }
}

/// Members by what a change means for them: those who gain, those who lose, those for whom nothing changes.
pub(super) fn groups<'m>(
    currency: Currency,
    decimals: u8,
    members: impl Iterator<Item = &'m (Paid, Paid)>,
) -> [Members; 3] {
    let mut groups = [(0_u64, Paid::default()); 3];
    for (was, is) in members {
        let by = is.less(*was);
        let at = match (by.money.signum(), by.points.signum()) {
            (1, _) | (0, 1) => 0,
            (-1, _) | (0, -1) => 1,
            _ => 2,
        };
        if let Some((count, sum)) = groups.get_mut(at) {
            *count = count.saturating_add(1);
            sum.plus(by);
        }
    }
    groups.map(|(count, sum)| Members {
        count,
        money: Amount::from_minor(sum.money, currency).to_string(),
        points: Points::from_units(sum.points, decimals).to_string(),
    })
}

/// Columns of a members file, for each side.
#[derive(Debug)]
pub struct MembersOf {
    old: (MemberColumns, Vec<usize>),
    new: (MemberColumns, Vec<usize>),
    alone: Vec<Option<(MemberColumns, Vec<usize>)>>,
}

pub(super) fn sums(currency: Currency, decimals: u8, old: Paid, new: Paid) -> Sums {
    let by = new.less(old);
    let money = |minor: i64| Amount::from_minor(minor, currency).to_string();
    let points = |units: i64| Points::from_units(units, decimals).to_string();
    Sums {
        old: money(old.money),
        new: money(new.money),
        difference: money(by.money),
        old_points: points(old.points),
        new_points: points(new.points),
        points_difference: points(by.points),
    }
}
