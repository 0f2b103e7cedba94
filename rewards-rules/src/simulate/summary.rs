//! What a simulation cost: by rule, campaign, tier and month, and how caps were used.

use chrono::{Datelike, NaiveDate};

use crate::evaluate::{CapName, Measure, PartCut, Rule, Work};
use crate::graph::Graph;
use crate::outcome::{ComponentKind, Outcome, PointsKind, Quantity};
use crate::schema::{Display, Shape, written};
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
    sums: [i64; 3],
    points: i64,
    by_rule: Vec<Cost>,
    by_tier: Vec<Cost>,
    by_month: Vec<Cost>,
    caps: Vec<CapUse>,
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

/// A running sum.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    money: i64,
    points: i64,
    times: u64,
}

impl Sum {
    fn add(&mut self, money: i64, points: i64, times: u64) {
        plus(&mut self.money, money);
        plus(&mut self.points, points);
        self.times = self.times.saturating_add(times);
    }
}

/// Sums while rows go by, by index and not by name.
#[derive(Debug, Default, Clone)]
pub(super) struct Tally {
    pub(super) purchases: u64,
    pub(super) refunds: u64,
    pub(super) repeated: u64,
    pub(super) rejected: u64,
    amount: i64,
    eligible: i64,
    sums: [i64; 3],
    points: i64,
    base: Vec<Sum>,
    loyalty: Vec<Sum>,
    campaigns: Vec<Sum>,
    earn: Sum,
    upgrade: Sum,
    tiers: Vec<Sum>,
    /// By year and month; rows come in order, so the last one is nearly always the one.
    months: Vec<((i32, u32), Sum)>,
    /// The local date of the last transaction, and the place of its month.
    last: Option<(NaiveDate, usize)>,
    caps: Vec<(CapName, u64, i64)>,
}

#[inline]
fn plus(to: &mut i64, by: i64) {
    // A sum that does not fit is far off, and a jump that is never taken costs less than preparing for it.
    *to = match to.checked_add(by) {
        Some(sum) => sum,
        None => to.saturating_add(by),
    };
}

/// What one transaction brought, in minor units and units of points.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RowSums {
    /// Base, loyalty, campaigns.
    pub(super) money: [i64; 3],
    pub(super) points: i64,
}

impl RowSums {
    pub(super) fn total(self) -> i64 {
        self.money.iter().fold(0_i64, |sum, m| sum.saturating_add(*m))
    }
}

impl Tally {
    pub(super) fn new(graph: &Graph) -> Tally {
        let levels = graph.level_symbols.len();
        Tally {
            base: vec![Sum::default(); graph.base.len()],
            loyalty: vec![Sum::default(); levels],
            campaigns: vec![Sum::default(); graph.campaigns.len()],
            tiers: vec![Sum::default(); levels],
            ..Tally::default()
        }
    }

    fn rule(&mut self, rule: Rule) -> Option<&mut Sum> {
        match rule {
            Rule::Base(i) => self.base.get_mut(i as usize),
            Rule::Loyalty(i) => self.loyalty.get_mut(i as usize),
            Rule::Campaign(i) => self.campaigns.get_mut(i as usize),
            Rule::Earn => Some(&mut self.earn),
            Rule::Upgrade(_) => Some(&mut self.upgrade),
        }
    }

    fn cut(&mut self, graph: &Graph, cut: &PartCut) {
        let units = match cut.cut {
            Measure::Units(units) => units,
            Measure::Exact(exact) => {
                exact.to_units(u32::from(graph.program.currency.decimals()), RoundingMode::HalfEven).unwrap_or(0)
            }
        };
        match self.caps.iter_mut().find(|(cap, ..)| *cap == cut.cap) {
            Some((_, times, sum)) => {
                *times = times.saturating_add(1);
                plus(sum, units);
            }
            None => self.caps.push((cut.cap, 1, units)),
        }
    }

    fn transaction(&mut self, tier: Option<usize>, date: NaiveDate, row: RowSums) {
        for (sum, by) in self.sums.iter_mut().zip(row.money) {
            plus(sum, by);
        }
        plus(&mut self.points, row.points);
        if let Some(sum) = tier.and_then(|t| self.tiers.get_mut(t)) {
            sum.add(row.total(), row.points, 1);
        }
        let at = match self.last {
            Some((last, at)) if last == date => at,
            _ => self.month_of(date),
        };
        if let Some((_, sum)) = self.months.get_mut(at) {
            sum.add(row.total(), row.points, 1);
        }
    }

    /// The place of the month of a date, which is made on first use.
    fn month_of(&mut self, date: NaiveDate) -> usize {
        let month = (date.year(), date.month());
        let at = match self.months.iter().rposition(|(m, _)| *m == month) {
            Some(at) => at,
            None => {
                self.months.push((month, Sum::default()));
                self.months.len().saturating_sub(1)
            }
        };
        self.last = Some((date, at));
        at
    }

    /// Counts the purchase that the work holds.
    pub(super) fn purchase(&mut self, graph: &Graph, work: &Work) -> RowSums {
        self.purchases = self.purchases.saturating_add(1);
        plus(&mut self.amount, work.purchase.amount);
        plus(&mut self.eligible, work.eligible);
        let mut row = RowSums::default();
        let [base, loyalty, campaign] = &mut row.money;
        for part in &work.parts {
            let sum = match part.rule {
                Rule::Base(_) => &mut *base,
                Rule::Loyalty(_) => &mut *loyalty,
                _ => &mut *campaign,
            };
            plus(sum, part.granted);
            if let Some(sum) = self.rule(part.rule) {
                sum.add(part.granted, 0, u64::from(part.granted > 0));
            }
        }
        for part in &work.points {
            plus(&mut row.points, part.granted);
            if let Some(sum) = self.rule(part.rule) {
                sum.add(0, part.granted, u64::from(part.granted > 0));
            }
        }
        for cut in work.cuts.iter().chain(&work.points_cuts) {
            self.cut(graph, cut);
        }
        self.transaction(work.tier, work.purchase.calendar.date, row);
        row
    }

    /// Counts a refund.
    pub(super) fn refund(&mut self, graph: &Graph, outcome: &Outcome) -> RowSums {
        self.refunds = self.refunds.saturating_add(1);
        plus(&mut self.amount, outcome.amount.minor());
        plus(&mut self.eligible, outcome.eligible_amount.minor());
        for component in &outcome.components {
            if let Some(sum) = graph.rule_of(component.kind, &component.id).and_then(|r| self.rule(r)) {
                sum.add(component.granted.minor(), 0, 0);
            }
        }
        for part in &outcome.points {
            let rule = match part.kind {
                PointsKind::Earn => Some(Rule::Earn),
                PointsKind::Upgrade => Some(Rule::Upgrade(0)),
                PointsKind::Campaign => graph.rule_of(ComponentKind::Campaign, &part.id),
            };
            if let Some(sum) = rule.and_then(|r| self.rule(r)) {
                sum.add(0, part.granted.units(), 0);
            }
        }
        let totals = &outcome.totals;
        let row = RowSums {
            money: [totals.base.minor(), totals.loyalty.minor(), totals.campaign.minor()],
            points: totals.points.units(),
        };
        let tier = outcome.tier.as_deref().and_then(|t| graph.level_index(Some(t)).ok());
        let date = crate::value::local(graph.program.zone, outcome.occurred_at).date();
        self.transaction(tier, date, row);
        row
    }

    /// How many months and how many caps there are.
    pub(super) fn lengths(&self) -> (usize, usize) {
        (self.months.len(), self.caps.len())
    }

    /// Adds the sums of other rows of the same rule set. Months and caps go by the rows at which they came first, of
    /// these sums and of the others; those of both are written down.
    pub(super) fn add(
        &mut self,
        other: &Tally,
        (months, caps): (&mut Vec<u64>, &mut Vec<u64>),
        (other_months, other_caps): (&[u64], &[u64]),
    ) {
        fn all(sums: &mut [Sum], others: &[Sum]) {
            for (sum, other) in sums.iter_mut().zip(others) {
                sum.add(other.money, other.points, other.times);
            }
        }
        self.purchases = self.purchases.saturating_add(other.purchases);
        self.refunds = self.refunds.saturating_add(other.refunds);
        self.repeated = self.repeated.saturating_add(other.repeated);
        self.rejected = self.rejected.saturating_add(other.rejected);
        plus(&mut self.amount, other.amount);
        plus(&mut self.eligible, other.eligible);
        plus(&mut self.points, other.points);
        for (sum, by) in self.sums.iter_mut().zip(other.sums) {
            plus(sum, by);
        }
        all(&mut self.base, &other.base);
        all(&mut self.loyalty, &other.loyalty);
        all(&mut self.campaigns, &other.campaigns);
        all(&mut self.tiers, &other.tiers);
        self.earn.add(other.earn.money, other.earn.points, other.earn.times);
        self.upgrade.add(other.upgrade.money, other.upgrade.points, other.upgrade.times);
        self.last = None;
        let found = other.months.iter().copied().zip(other_months.iter().copied());
        merge(&mut self.months, months, found, |a, b| a.0 == b.0, |a, b| a.1.add(b.1.money, b.1.points, b.1.times));
        let found = other.caps.iter().copied().zip(other_caps.iter().copied());
        merge(
            &mut self.caps,
            caps,
            found,
            |a, b| a.0 == b.0,
            |(_, times, sum), (_, more, units)| {
                *times = times.saturating_add(*more);
                plus(sum, *units);
            },
        );
    }

    /// The sums by name.
    pub(super) fn summary(&self, graph: &Graph, members: u64, members_reached: u64) -> Summary {
        let money = |minor: i64| graph.amount(minor);
        let cost = |id: String, kind: &'static str, sum: &Sum| Cost {
            id,
            kind,
            money: money(sum.money),
            points: graph.points(sum.points),
            times: sum.times,
        };
        let moved = |sum: &Sum| sum.money != 0 || sum.points != 0 || sum.times != 0;
        let numbered = |sums: &[Sum], rule: fn(u32) -> Rule| -> Vec<(Rule, Sum)> {
            (0_u32..).map(rule).zip(sums.iter().copied()).collect()
        };
        let mut rules = numbered(&self.base, Rule::Base);
        rules.extend(numbered(&self.loyalty, Rule::Loyalty));
        rules.extend(numbered(&self.campaigns, Rule::Campaign));
        rules.push((Rule::Earn, self.earn));
        rules.push((Rule::Upgrade(0), self.upgrade));
        let tier = |at: usize| graph.program.tiers.as_ref().and_then(|t| t.levels.get(at)).map(|l| l.id.clone());
        Summary {
            currency: graph.program.currency,
            points_decimals: graph.program.points_decimals,
            purchases: self.purchases,
            refunds: self.refunds,
            repeated: self.repeated,
            rejected: self.rejected,
            members,
            members_reached,
            amount: self.amount,
            eligible: self.eligible,
            sums: self.sums,
            points: self.points,
            by_rule: rules
                .iter()
                .filter(|(_, sum)| moved(sum))
                .map(|(rule, sum)| cost(graph.rule_id(*rule).to_owned(), graph.rule_kind(*rule), sum))
                .collect(),
            by_tier: self.tiers.iter().enumerate().filter_map(|(at, sum)| Some(cost(tier(at)?, "", sum))).collect(),
            by_month: self
                .months
                .iter()
                .map(|((year, month), sum)| cost(format!("{year:04}-{month:02}"), "", sum))
                .collect(),
            caps: self
                .caps
                .iter()
                .map(|(cap, times, units)| CapUse {
                    cap: graph.cap_name(*cap).to_string(),
                    times: *times,
                    cut: graph.cap_quantity(*cap, *units),
                })
                .collect(),
        }
    }
}

/// Adds things to a list of such things, each with the row that brought it first, in the order of those rows.
fn merge<T: Copy>(
    list: &mut Vec<T>,
    rows: &mut Vec<u64>,
    others: impl Iterator<Item = (T, u64)>,
    same: impl Fn(&T, &T) -> bool,
    add: impl Fn(&mut T, &T),
) {
    let mut all: Vec<(u64, T)> = rows.drain(..).zip(list.drain(..)).collect();
    for (other, row) in others {
        match all.iter_mut().find(|(_, known)| same(known, &other)) {
            Some((first, known)) => {
                *first = row.min(*first);
                add(known, &other);
            }
            None => all.push((row, other)),
        }
    }
    // Several caps of one row stay in the order in which they cut.
    all.sort_by_key(|(first, _)| *first);
    (*rows, *list) = all.into_iter().unzip();
}

impl Summary {
    fn money(&self, minor: i64) -> Amount {
        Amount::from_minor(minor, self.currency)
    }

    /// Rows that were read, whatever became of them.
    pub fn rows(&self) -> u64 {
        self.purchases.saturating_add(self.refunds).saturating_add(self.repeated).saturating_add(self.rejected)
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
        let [base, loyalty, campaign] = self.sums;
        let total = base.saturating_add(loyalty).saturating_add(campaign);
        [self.money(base), self.money(loyalty), self.money(campaign), self.money(total)]
    }

    /// Points granted.
    pub fn points(&self) -> Points {
        Points::from_units(self.points, self.points_decimals)
    }

    /// Money granted per amount, as a fraction with 6 decimals; absent if nothing was bought.
    pub fn effective_rate(&self) -> Option<Exact> {
        let [.., total] = self.totals();
        total.exact().checked_div(self.amount().exact(), 6, RoundingMode::HalfEven).ok().flatten()
    }

    /// Cost of each rule that granted: base rules, tiers' bonuses, campaigns, and sources of points.
    pub fn by_rule(&self) -> &[Cost] {
        &self.by_rule
    }

    /// Cost by tier of the transaction.
    pub fn by_tier(&self) -> &[Cost] {
        &self.by_tier
    }

    /// Cost by local month of the transaction; a refund counts in its own month.
    pub fn by_month(&self) -> &[Cost] {
        &self.by_month
    }

    /// Use of each cap that cut.
    pub fn caps(&self) -> &[CapUse] {
        &self.caps
    }
}

written! {
    /// What purchases cost.
    pub(crate) static SUMMARY: Summary as "Summary", s {
        "currency" Always Shape::Text, "ISO 4217 code of all money in it." => s.currency.code();
        "purchases" Always Shape::Count, "Purchases that were posted." => s.purchases;
        "refunds" Always Shape::Count, "Refunds that were posted." => s.refunds;
        "repeated" Always Shape::Count, "Rows whose id came before with the same content." => s.repeated;
        "rejected" Always Shape::Count, "Rows that were not posted." => s.rejected;
        "members" Always Shape::Count, "Members that any row named." => s.members;
        "members_reached" Always Shape::Count, "Members that were granted anything." => s.members_reached;
        "amount" Always Shape::Decimal, "Sum of amounts, less refunds." => Display(s.amount());
        "eligible_amount" Always Shape::Decimal, "Sum of eligible amounts, less refunds." => Display(s.eligible_amount());
        "base" Always Shape::Decimal, "Money that base rules granted." => Display(s.totals()[0]);
        "loyalty" Always Shape::Decimal, "Money that tiers granted." => Display(s.totals()[1]);
        "campaign" Always Shape::Decimal, "Money that campaigns granted." => Display(s.totals()[2]);
        "total" Always Shape::Decimal, "All money." => Display(s.totals()[3]);
        "points" Always Shape::Decimal, "All points." => Display(s.points());
        "effective_rate" Nullable Shape::Decimal, "Money granted per amount, with 6 decimals; nothing where nothing was bought." => s.effective_rate().map(Display);
        "by_rule" Always Shape::List(&COST), "Cost of each rule that granted." => s.by_rule;
        "by_tier" Always Shape::List(&COST), "Cost by tier of the transaction." => s.by_tier;
        "by_month" Always Shape::List(&COST), "Cost by local month of the transaction." => s.by_month;
        "caps" Always Shape::List(&CAP_USE), "Use of each cap that cut." => s.caps;
    }
}

written! {
    /// Cost of one rule, tier or month.
    static COST: Cost as "Cost", c {
        "kind" Maybe Shape::Words(kinds), "What kind of rule it is; absent for tiers and months." => (!c.kind.is_empty()).then_some(c.kind);
        "id" Always Shape::Text, "Rule, tier or month." => c.id;
        "money" Always Shape::Decimal, "Money granted, less what was taken back." => Display(c.money);
        "points" Always Shape::Decimal, "Points granted, less what was taken back." => Display(c.points);
        "times" Always Shape::Count, "How many grants above zero; of tiers and months, how many transactions." => c.times;
    }
}

written! {
    /// How often a cap cut, and how much.
    static CAP_USE: CapUse as "CapUse", c {
        "cap" Always Shape::Text, "Name of the cap." => c.cap;
        "times" Always Shape::Count, "How many components it cut." => c.times;
        "cut" Always Shape::Decimal, "What it cut in all: money or points." => Display(c.cut);
    }
}

pub(crate) fn kinds() -> Vec<&'static str> {
    vec!["base", "loyalty", "campaign", "earn", "points_campaign", "upgrade"]
}
