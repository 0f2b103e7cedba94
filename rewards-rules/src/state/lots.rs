//! Point lots (semantics §7): what was earned, when it can be spent, what became of it, and debt.
//!
//! Per lot and in sum, at every instant:
//! earned = available + pending + redeemed + expired + reversed + transferred.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use crate::rule_set::RuleSet;
use crate::value::Points;

/// Where a lot came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LotSource {
    /// `earn` of a purchase.
    Earn,
    /// A campaign of points.
    Campaign(String),
    /// The bonus of a level.
    Upgrade(String),
    /// Another member's lot, by its place among those that one transfer took from.
    Transfer(u32),
    /// An adjustment by hand.
    Adjustment,
    /// A balance that the member began with, by its place among these.
    Opening(u32),
}

impl fmt::Display for LotSource {
    /// `earn`, `campaign:ID`, `upgrade:LEVEL`, `transfer:N`, `adjustment`, `opening:N`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LotSource::Earn => f.write_str("earn"),
            LotSource::Campaign(id) => write!(f, "campaign:{id}"),
            LotSource::Upgrade(level) => write!(f, "upgrade:{level}"),
            LotSource::Transfer(at) => write!(f, "transfer:{at}"),
            LotSource::Adjustment => f.write_str("adjustment"),
            LotSource::Opening(at) => write!(f, "opening:{at}"),
        }
    }
}

/// The text is no source of a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a source of a lot: earn, campaign:ID, upgrade:LEVEL, transfer:N, adjustment or opening:N is due")]
pub struct ParseLotSourceError;

impl FromStr for LotSource {
    type Err = ParseLotSourceError;

    /// Reads what `Display` writes.
    fn from_str(text: &str) -> Result<LotSource, ParseLotSourceError> {
        let number = |n: &str| n.parse::<u32>().map_err(|_| ParseLotSourceError);
        match text.split_once(':') {
            None if text == "earn" => Ok(LotSource::Earn),
            None if text == "adjustment" => Ok(LotSource::Adjustment),
            Some(("campaign", id)) => Ok(LotSource::Campaign(id.to_owned())),
            Some(("upgrade", level)) => Ok(LotSource::Upgrade(level.to_owned())),
            Some(("transfer", at)) => Ok(LotSource::Transfer(number(at)?)),
            Some(("opening", at)) => Ok(LotSource::Opening(number(at)?)),
            _ => Err(ParseLotSourceError),
        }
    }
}

/// One lot. All numbers are units of 10^-`points.decimals`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Its place by age among the member's lots; of two the older has the smaller.
    pub seq: i64,
    /// Id of the transaction, transfer, adjustment or opening that brought it.
    pub transaction: String,
    /// Where it came from.
    pub source: LotSource,
    /// What was credited.
    pub earned: i64,
    /// What nothing has happened to yet: pending or available, by date.
    pub rest: i64,
    /// Spent.
    pub redeemed: i64,
    /// Past its date.
    pub expired: i64,
    /// Taken back by refunds, or used to pay debt.
    pub reversed: i64,
    /// Given to other members.
    pub transferred: i64,
    /// First local date on which it can be spent.
    pub spendable_on: NaiveDate,
    /// Last local date on which it can be spent.
    pub expires_on: Option<NaiveDate>,
    /// Of `expired`: what refunds of the same purchase already counted as taken.
    pub counted_expired: i64,
}

impl Lot {
    /// Its name among the member's lots: `TRANSACTION/SOURCE`.
    pub fn key(&self) -> String {
        format!("{}/{}", self.transaction, self.source)
    }

    /// Whether this purchase brought it, and no transfer or other event of the same id.
    fn of_purchase(&self, transaction: &str) -> bool {
        let bought = matches!(self.source, LotSource::Earn | LotSource::Campaign(_) | LotSource::Upgrade(_));
        bought && self.transaction == transaction
    }
}

/// What becomes of points that leave their lots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaving {
    Redeemed,
    Reversed,
    Transferred,
}

/// A member's points on a date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Can be spent.
    pub available: Points,
    /// Credited, not spendable yet.
    pub pending: Points,
    /// Spent.
    pub redeemed: Points,
    /// Past their date.
    pub expired: Points,
    /// Taken back.
    pub reversed: Points,
    /// Given to other members.
    pub transferred: Points,
    /// Owed: reversed points that were spent already (semantics §6.5).
    pub debt: Points,
}

impl Balance {
    /// That of a member who never had any.
    pub fn zero(rules: &RuleSet) -> Balance {
        Lots::default().balance(rules.graph().program.points_decimals, NaiveDate::MIN)
    }
}

#[derive(Debug, Clone, Default)]
#[repr(C)]
pub(crate) struct Lots {
    /// No lot that has not expired yet can be spent no longer than this date; `None` if none ever expires.
    first_end: Option<NaiveDate>,
    /// In order of `seq`. Where a host put only some of a member's lots here, the others are missing.
    lots: Vec<Lot>,
    /// `seq` of the next lot.
    next: i64,
    /// Oldest first.
    debts: Vec<i64>,
}

fn is_expired(lot: &Lot, date: NaiveDate) -> bool {
    lot.expires_on.is_some_and(|last| last < date)
}

impl Lots {
    /// Something of the memory that is read first.
    #[inline(always)]
    pub(super) fn first_read(&self) -> usize {
        usize::from(self.first_end.is_some()) ^ self.lots.len()
    }

    /// The same behind a pointer.
    #[inline(always)]
    pub(super) fn then_read(&self) -> usize {
        usize::from(self.lots.last().is_some_and(|lot| lot.rest > 0))
    }

    /// Lots in order of `seq`, the `seq` of the next one, and debts, oldest first.
    pub(crate) fn restored(lots: Vec<Lot>, next: i64, debts: Vec<i64>) -> Lots {
        let open = lots.iter().filter(|lot| lot.rest > 0);
        let first_end = open.filter_map(|lot| lot.expires_on).min();
        Lots { lots, next, first_end, debts }
    }

    pub(crate) fn all(&self) -> &[Lot] {
        &self.lots
    }

    /// `seq` of the next lot.
    pub(crate) fn next(&self) -> i64 {
        self.next
    }

    /// What is owed, oldest first.
    pub(crate) fn debts(&self) -> &[i64] {
        &self.debts
    }

    pub(crate) fn lot(&self, seq: i64) -> Option<&Lot> {
        self.at(seq).and_then(|at| self.lots.get(at))
    }

    fn at(&self, seq: i64) -> Option<usize> {
        self.lots.binary_search_by_key(&seq, |lot| lot.seq).ok()
    }

    /// Credits a lot; debt is paid first, oldest first, even from pending points (semantics §6.5).
    pub(crate) fn credit(
        &mut self,
        transaction: &str,
        source: LotSource,
        units: i64,
        spendable_on: NaiveDate,
        expires_on: Option<NaiveDate>,
    ) {
        if units <= 0 {
            return;
        }
        let paid = self.pay_debt(units);
        self.first_end = [self.first_end, expires_on].into_iter().flatten().min();
        self.lots.push(Lot {
            seq: self.next,
            transaction: transaction.to_owned(),
            source,
            earned: units,
            rest: units.saturating_sub(paid),
            redeemed: 0,
            expired: 0,
            reversed: paid,
            transferred: 0,
            spendable_on,
            expires_on,
            counted_expired: 0,
        });
        self.next = self.next.saturating_add(1);
    }

    /// Pays debt with so many units; returns what was used.
    fn pay_debt(&mut self, units: i64) -> i64 {
        let mut left = units;
        for debt in &mut self.debts {
            let part = (*debt).min(left);
            *debt = debt.saturating_sub(part);
            left = left.saturating_sub(part);
        }
        self.debts.retain(|d| *d > 0);
        units.saturating_sub(left)
    }

    /// Whether [`Self::expire`] has something to do on a date.
    pub(crate) fn are_due(&self, date: NaiveDate) -> bool {
        self.first_end.is_some_and(|end| end < date)
    }

    /// Moves what is past its date to `expired`.
    pub(crate) fn expire(&mut self, date: NaiveDate) {
        if !self.are_due(date) {
            return;
        }
        self.first_end = None;
        for lot in &mut self.lots {
            if is_expired(lot, date) {
                lot.expired = lot.expired.saturating_add(lot.rest);
                lot.rest = 0;
            } else {
                self.first_end = [self.first_end, lot.expires_on].into_iter().flatten().min();
            }
        }
    }

    /// Lots in spending order: by expiry date, none last, then by age.
    fn spending_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.lots.len()).collect();
        order.sort_by_key(|i| {
            let expires = self.lots.get(*i).and_then(|l| l.expires_on);
            (expires.is_none(), expires, *i)
        });
        order
    }

    /// What can be spent on a date.
    pub(crate) fn available(&self, date: NaiveDate) -> i64 {
        let spendable = self.lots.iter().filter(|l| l.spendable_on <= date && !is_expired(l, date));
        spendable.fold(0_i64, |sum, l| sum.saturating_add(l.rest))
    }

    /// What can be spent on a date, and not after another.
    pub(crate) fn expiring(&self, date: NaiveDate, by: NaiveDate) -> i64 {
        let soon = |l: &&Lot| l.spendable_on <= date && !is_expired(l, date) && l.expires_on.is_some_and(|e| e <= by);
        self.lots.iter().filter(soon).fold(0_i64, |sum, l| sum.saturating_add(l.rest))
    }

    /// Takes units that are available, in spending order; returns which lots, by `seq`, gave how much.
    pub(crate) fn take(&mut self, units: i64, date: NaiveDate, leaving: Leaving) -> Vec<(i64, i64)> {
        let mut left = units;
        let mut taken = Vec::new();
        for index in self.spending_order() {
            let Some(lot) = self.lots.get_mut(index) else { continue };
            if left == 0 || lot.rest == 0 || lot.spendable_on > date || is_expired(lot, date) {
                continue;
            }
            let part = lot.rest.min(left);
            lot.rest = lot.rest.saturating_sub(part);
            let gone = match leaving {
                Leaving::Redeemed => &mut lot.redeemed,
                Leaving::Reversed => &mut lot.reversed,
                Leaving::Transferred => &mut lot.transferred,
            };
            *gone = gone.saturating_add(part);
            left = left.saturating_sub(part);
            taken.push((lot.seq, part));
        }
        taken
    }

    /// Returns spent units to their lots. A return is a credit and pays debt (semantics §6.5); of the rest, what is
    /// past its date has expired.
    pub(crate) fn give_back(&mut self, taken: &[(i64, i64)], date: NaiveDate) {
        for (seq, units) in taken {
            let Some(index) = self.at(*seq) else { continue };
            let paid = self.pay_debt(*units);
            let Some(lot) = self.lots.get_mut(index) else { continue };
            let expired = is_expired(lot, date);
            lot.redeemed = lot.redeemed.saturating_sub(*units);
            lot.reversed = lot.reversed.saturating_add(paid);
            let rest = units.saturating_sub(paid);
            if expired {
                lot.expired = lot.expired.saturating_add(rest);
            } else {
                lot.rest = lot.rest.saturating_add(rest);
                self.first_end = [self.first_end, lot.expires_on].into_iter().flatten().min();
            }
        }
    }

    /// Takes points back (semantics §6.5): from the lots of the purchase, then other spendable ones in spending
    /// order, then pending ones; the rest becomes debt.
    pub(crate) fn reverse(&mut self, transaction: &str, units: i64, date: NaiveDate) {
        self.reverse_from(|lot| lot.of_purchase(transaction), units, date);
    }

    /// Takes the upgrade bonus back that a purchase brought; returns how much it was.
    pub(crate) fn reverse_upgrade(&mut self, transaction: &str, date: NaiveDate) -> i64 {
        let own = |lot: &Lot| lot.of_purchase(transaction) && matches!(lot.source, LotSource::Upgrade(_));
        let units = self.lots.iter().find(|lot| own(lot)).map_or(0, |lot| lot.earned);
        self.reverse_from(own, units, date);
        units
    }

    fn reverse_from(&mut self, own: impl Fn(&Lot) -> bool, units: i64, date: NaiveDate) {
        let mut left = units;
        for lot in self.lots.iter_mut().filter(|l| own(l)) {
            let part = lot.rest.min(left);
            lot.rest = lot.rest.saturating_sub(part);
            lot.reversed = lot.reversed.saturating_add(part);
            left = left.saturating_sub(part);
            // What expired of the purchase's own lots is gone already and counts as taken.
            let gone = lot.expired.saturating_sub(lot.counted_expired).min(left);
            lot.counted_expired = lot.counted_expired.saturating_add(gone);
            left = left.saturating_sub(gone);
        }
        for pending in [false, true] {
            for index in self.spending_order() {
                let Some(lot) = self.lots.get_mut(index) else { continue };
                if left == 0 || is_expired(lot, date) || (lot.spendable_on > date) != pending {
                    continue;
                }
                let part = lot.rest.min(left);
                lot.rest = lot.rest.saturating_sub(part);
                lot.reversed = lot.reversed.saturating_add(part);
                left = left.saturating_sub(part);
            }
        }
        if left > 0 {
            self.debts.push(left);
        }
    }

    pub(crate) fn balance(&self, decimals: u8, date: NaiveDate) -> Balance {
        let sum = |of: &dyn Fn(&Lot) -> i64| {
            Points::from_units(self.lots.iter().fold(0_i64, |sum, l| sum.saturating_add(of(l))), decimals)
        };
        Balance {
            available: Points::from_units(self.available(date), decimals),
            pending: sum(&|l| if l.spendable_on > date && !is_expired(l, date) { l.rest } else { 0 }),
            redeemed: sum(&|l| l.redeemed),
            expired: sum(&|l| l.expired.saturating_add(if is_expired(l, date) { l.rest } else { 0 })),
            reversed: sum(&|l| l.reversed),
            transferred: sum(&|l| l.transferred),
            debt: Points::from_units(self.debts.iter().fold(0_i64, |s, d| s.saturating_add(*d)), decimals),
        }
    }
}
