//! What a simulation cost: by rule, campaign, tier and month, and how caps were used.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::outcome::{ComponentKind, Outcome, OutcomeKind, PointsKind, Quantity};
use crate::value::{Amount, Currency, Exact, Points, RoundingMode};

/// Sums of a simulation. Refunds are counted against what they took back.
#[derive(Debug, Clone)]
pub struct Summary {
    currency: Currency,
    points_decimals: u8,
    /// Purchases posted.
    pub purchases: u64,
    /// Refunds posted.
    pub refunds: u64,
    /// Rows whose id came before with the same content.
    pub repeated: u64,
    /// Bad rows.
    pub rejected: u64,
    /// Members that any row named.
    pub members: u64,
    /// Members that were granted anything.
    pub members_reached: u64,
    amount: i64,
    eligible: i64,
    base: i64,
    loyalty: i64,
    campaign: i64,
    points: i64,
    by_rule: BTreeMap<(u8, String), (i64, i64, u64)>,
    by_tier: BTreeMap<String, (i64, i64, u64)>,
    by_month: BTreeMap<String, (i64, i64, u64)>,
    caps: BTreeMap<String, (u64, i64, bool)>,
}

/// Cost of one rule, tier or month.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cost {
    /// Rule id, tier id or month.
    pub id: String,
    /// `base`, `loyalty`, `campaign`, `earn`, `points_campaign`, `upgrade`; empty for tiers and months.
    pub kind: &'static str,
    /// Money granted, less what was taken back.
    pub money: Amount,
    /// Points granted, less what was taken back.
    pub points: Points,
    /// How many grants above zero, or transactions for tiers and months.
    pub times: u64,
}

/// How often a cap cut, and how much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapUse {
    /// Name of the cap.
    pub cap: String,
    /// How many components it cut.
    pub times: u64,
    /// What it cut in all: money or points.
    pub cut: Quantity,
}

const KINDS: [&str; 6] = ["base", "loyalty", "campaign", "earn", "points_campaign", "upgrade"];

impl Summary {
    pub(super) fn new(currency: Currency, points_decimals: u8) -> Summary {
        Summary {
            currency,
            points_decimals,
            purchases: 0,
            refunds: 0,
            repeated: 0,
            rejected: 0,
            members: 0,
            members_reached: 0,
            amount: 0,
            eligible: 0,
            base: 0,
            loyalty: 0,
            campaign: 0,
            points: 0,
            by_rule: BTreeMap::new(),
            by_tier: BTreeMap::new(),
            by_month: BTreeMap::new(),
            caps: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, outcome: &Outcome, month: String) {
        fn plus(to: &mut i64, by: i64) {
            *to = to.saturating_add(by);
        }
        match outcome.kind {
            OutcomeKind::Purchase => self.purchases = self.purchases.saturating_add(1),
            OutcomeKind::Refund => self.refunds = self.refunds.saturating_add(1),
        }
        plus(&mut self.amount, outcome.amount.minor());
        plus(&mut self.eligible, outcome.eligible_amount.minor());
        plus(&mut self.base, outcome.totals.base.minor());
        plus(&mut self.loyalty, outcome.totals.loyalty.minor());
        plus(&mut self.campaign, outcome.totals.campaign.minor());
        plus(&mut self.points, outcome.totals.points.units());
        for component in &outcome.components {
            let kind = match component.kind {
                ComponentKind::Base => 0,
                ComponentKind::Loyalty => 1,
                ComponentKind::Campaign => 2,
            };
            let granted = component.granted.minor();
            let cost = self.by_rule.entry((kind, component.id.clone())).or_default();
            plus(&mut cost.0, granted);
            cost.2 = cost.2.saturating_add(u64::from(granted > 0));
            self.add_cuts(&component.cuts);
        }
        for part in &outcome.points {
            let kind = match part.kind {
                PointsKind::Earn => 3,
                PointsKind::Campaign => 4,
                PointsKind::Upgrade => 5,
            };
            let granted = part.granted.units();
            let cost = self.by_rule.entry((kind, part.id.clone())).or_default();
            plus(&mut cost.1, granted);
            cost.2 = cost.2.saturating_add(u64::from(granted > 0));
            self.add_cuts(&part.cuts);
        }
        let (money, points) = (outcome.totals.total.minor(), outcome.totals.points.units());
        let mut add = |cost: &mut (i64, i64, u64)| {
            plus(&mut cost.0, money);
            plus(&mut cost.1, points);
            cost.2 = cost.2.saturating_add(1);
        };
        if let Some(tier) = &outcome.tier {
            add(self.by_tier.entry(tier.clone()).or_default());
        }
        add(self.by_month.entry(month).or_default());
    }

    fn add_cuts(&mut self, cuts: &[crate::outcome::Cut]) {
        for cut in cuts {
            let (units, points) = match cut.cut {
                Quantity::Money(amount) => (amount.minor(), false),
                Quantity::Points(points) => (points.units(), true),
                Quantity::Exact(exact) => {
                    let decimals = u32::from(self.currency.decimals());
                    (exact.to_units(decimals, RoundingMode::HalfEven).unwrap_or(0), false)
                }
            };
            let used = self.caps.entry(cut.cap.clone()).or_insert((0, 0, points));
            used.0 = used.0.saturating_add(1);
            used.1 = used.1.saturating_add(units);
        }
    }

    fn money(&self, minor: i64) -> Amount {
        Amount::from_minor(minor, self.currency)
    }

    fn points_of(&self, units: i64) -> Points {
        Points::from_units(units, self.points_decimals)
    }

    fn cost(&self, id: &str, kind: &'static str, (money, points, times): (i64, i64, u64)) -> Cost {
        Cost { id: id.to_owned(), kind, money: self.money(money), points: self.points_of(points), times }
    }

    /// Sum of amounts, less refunds.
    pub fn amount(&self) -> Amount {
        self.money(self.amount)
    }

    /// Sum of eligible amounts, less refunds.
    pub fn eligible_amount(&self) -> Amount {
        self.money(self.eligible)
    }

    /// Money granted by base rules, loyalty, campaigns, and in all.
    pub fn totals(&self) -> [Amount; 4] {
        let total = self.base.saturating_add(self.loyalty).saturating_add(self.campaign);
        [self.money(self.base), self.money(self.loyalty), self.money(self.campaign), self.money(total)]
    }

    /// Points granted.
    pub fn points(&self) -> Points {
        self.points_of(self.points)
    }

    /// Money granted per amount, as a fraction with 6 decimals; absent if nothing was bought.
    pub fn effective_rate(&self) -> Option<Exact> {
        let [.., total] = self.totals();
        total.exact().checked_div(self.amount().exact(), 6, RoundingMode::HalfEven).ok().flatten()
    }

    /// Cost of each rule: base rules, tiers' bonuses, campaigns, and sources of points.
    pub fn by_rule(&self) -> Vec<Cost> {
        let kind = |k: u8| KINDS.get(usize::from(k)).copied().unwrap_or("");
        self.by_rule.iter().map(|((k, id), cost)| self.cost(id, kind(*k), *cost)).collect()
    }

    /// Cost by tier of the transaction.
    pub fn by_tier(&self) -> Vec<Cost> {
        self.by_tier.iter().map(|(id, cost)| self.cost(id, "", *cost)).collect()
    }

    /// Cost by local month of the transaction; a refund counts in its own month.
    pub fn by_month(&self) -> Vec<Cost> {
        self.by_month.iter().map(|(id, cost)| self.cost(id, "", *cost)).collect()
    }

    /// Use of each cap that cut.
    pub fn caps(&self) -> Vec<CapUse> {
        self.caps
            .iter()
            .map(|(cap, (times, units, points))| CapUse {
                cap: cap.clone(),
                times: *times,
                cut: if *points {
                    Quantity::Points(self.points_of(*units))
                } else {
                    Quantity::Money(self.money(*units))
                },
            })
            .collect()
    }
}

impl Serialize for Summary {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let [base, loyalty, campaign, total] = self.totals().map(|a| a.to_string());
        let mut m = s.serialize_map(None)?;
        m.serialize_entry("currency", self.currency.code())?;
        m.serialize_entry("purchases", &self.purchases)?;
        m.serialize_entry("refunds", &self.refunds)?;
        m.serialize_entry("repeated", &self.repeated)?;
        m.serialize_entry("rejected", &self.rejected)?;
        m.serialize_entry("members", &self.members)?;
        m.serialize_entry("members_reached", &self.members_reached)?;
        m.serialize_entry("amount", &self.amount().to_string())?;
        m.serialize_entry("eligible_amount", &self.eligible_amount().to_string())?;
        m.serialize_entry("base", &base)?;
        m.serialize_entry("loyalty", &loyalty)?;
        m.serialize_entry("campaign", &campaign)?;
        m.serialize_entry("total", &total)?;
        m.serialize_entry("points", &self.points().to_string())?;
        m.serialize_entry("effective_rate", &self.effective_rate().map(|r| r.to_string()))?;
        m.serialize_entry("by_rule", &self.by_rule())?;
        m.serialize_entry("by_tier", &self.by_tier())?;
        m.serialize_entry("by_month", &self.by_month())?;
        m.serialize_entry("caps", &self.caps())?;
        m.end()
    }
}

impl Serialize for Cost {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(None)?;
        if !self.kind.is_empty() {
            m.serialize_entry("kind", self.kind)?;
        }
        m.serialize_entry("id", &self.id)?;
        m.serialize_entry("money", &self.money.to_string())?;
        m.serialize_entry("points", &self.points.to_string())?;
        m.serialize_entry("times", &self.times)?;
        m.end()
    }
}

impl Serialize for CapUse {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        let mut m = s.serialize_map(Some(3))?;
        m.serialize_entry("cap", &self.cap)?;
        m.serialize_entry("times", &self.times)?;
        m.serialize_entry("cut", &self.cut.to_string())?;
        m.end()
    }
}
