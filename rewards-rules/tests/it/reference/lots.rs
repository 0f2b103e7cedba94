//! Points of a member in lots, and debt (semantics §6.5, §7).

use chrono::NaiveDate;
use num_traits::{Signed, Zero};

use super::number::Number;

/// One grant of points.
#[derive(Debug, Clone)]
pub(crate) struct Lot {
    /// The purchase it came from.
    pub(crate) purchase: String,
    /// Whether it is an upgrade's bonus.
    pub(crate) upgrade: bool,
    pub(crate) spendable_on: NaiveDate,
    pub(crate) expires_on: Option<NaiveDate>,
    pub(crate) earned: Number,
    pub(crate) remaining: Number,
    pub(crate) redeemed: Number,
    pub(crate) expired: Number,
    pub(crate) reversed: Number,
    /// What of `expired` a refund has already counted as taken.
    pub(crate) expired_taken: Number,
}

impl Lot {
    /// §3.9: spendable from 00:00 of its date.
    fn is_pending(&self, today: NaiveDate) -> bool {
        today < self.spendable_on
    }
}

/// All lots of a member, oldest first, and what is owed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Lots {
    pub(crate) lots: Vec<Lot>,
    pub(crate) debt: Number,
}

impl Lots {
    /// §7: what may be spent on a day.
    pub(crate) fn available(&self, today: NaiveDate) -> Number {
        self.lots.iter().filter(|l| !l.is_pending(today)).map(|l| &l.remaining).sum()
    }

    /// §7: what will be spendable later.
    pub(crate) fn pending(&self, today: NaiveDate) -> Number {
        self.lots.iter().filter(|l| l.is_pending(today)).map(|l| &l.remaining).sum()
    }

    /// §3.9: a lot expires at the end of its last day.
    pub(crate) fn expire(&mut self, today: NaiveDate) {
        for lot in &mut self.lots {
            if lot.expires_on.is_some_and(|last| last < today) {
                lot.expired += std::mem::take(&mut lot.remaining);
            }
        }
        self.check();
    }

    /// §6.5: a credit pays debt when it is credited, even if pending; that counts as reversed in its lot.
    pub(crate) fn credit(&mut self, mut lot: Lot) {
        let paid = self.debt.clone().min(lot.remaining.clone());
        self.debt -= &paid;
        lot.remaining -= &paid;
        lot.reversed += &paid;
        self.lots.push(lot);
        self.check();
    }

    /// §7: spending order: by expiry date (none last), then by age.
    fn spending_order(&self) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.lots.len()).collect();
        order.sort_by_key(|&at| (self.lots[at].expires_on.is_none(), self.lots[at].expires_on));
        order
    }

    /// §7: takes points in spending order; never of a pending lot. All or nothing is checked before.
    ///
    /// Gives what it took of which lot.
    pub(crate) fn redeem(&mut self, points: &Number, today: NaiveDate) -> Vec<(usize, Number)> {
        let mut need = points.clone();
        let mut takings = Vec::new();
        for at in self.spending_order() {
            let lot = &mut self.lots[at];
            if !lot.is_pending(today) {
                let taken = need.clone().min(lot.remaining.clone());
                need -= &taken;
                lot.remaining -= &taken;
                lot.redeemed += &taken;
                takings.push((at, taken));
            }
        }
        assert!(need.is_zero());
        self.check();
        takings
    }

    /// §7: points of a failed or cancelled redemption return to their lots; §6.5: they pay debt first; what is past
    /// its expiry has expired.
    pub(crate) fn give_back(&mut self, takings: &[(usize, Number)], today: NaiveDate) {
        for (at, taken) in takings {
            let paid = self.debt.clone().min(taken.clone());
            self.debt -= &paid;
            let lot = &mut self.lots[*at];
            lot.redeemed -= taken;
            lot.reversed += &paid;
            lot.remaining += taken - paid;
        }
        self.expire(today);
    }

    /// §6.5: takes points back: from the lots named by `own`, pending or spendable, where what expired counts as
    /// taken; then from other spendable lots in spending order; then from pending ones; the rest becomes debt.
    pub(crate) fn reverse(&mut self, points: &Number, own: impl Fn(&Lot) -> bool, today: NaiveDate) {
        let mut need = points.clone();
        for lot in self.lots.iter_mut().filter(|l| own(l)) {
            reverse_of(lot, &mut need);
            let expired = need.clone().min(&lot.expired - &lot.expired_taken);
            lot.expired_taken += &expired;
            need -= expired;
        }
        for pending in [false, true] {
            for at in self.spending_order() {
                let lot = &mut self.lots[at];
                if lot.is_pending(today) == pending {
                    reverse_of(lot, &mut need);
                }
            }
        }
        self.debt += need;
        self.check();
    }

    /// §7: per lot, `earned = available + pending + redeemed + expired + reversed`; §6.5: debt means nothing is left.
    fn check(&self) {
        for lot in &self.lots {
            assert_eq!(lot.earned, &lot.remaining + &lot.redeemed + &lot.expired + &lot.reversed);
            assert!(!lot.remaining.is_negative());
        }
        assert!(self.debt.is_zero() || self.lots.iter().all(|l| l.remaining.is_zero()));
    }
}

fn reverse_of(lot: &mut Lot, need: &mut Number) {
    let taken = need.clone().min(lot.remaining.clone());
    lot.remaining -= &taken;
    lot.reversed += &taken;
    *need -= taken;
}
