//! What comes out of an evaluation, and its one canonical JSON.
//!
//! A room of its own because every host hands these bytes on, stores them and compares them; nothing
//! here computes a reward.

mod difference;
mod explain;
mod json;
mod row;
mod table;
#[cfg(test)]
mod tests;
mod why_not;

pub use difference::Difference;
pub(crate) use json::{OUTCOME, instant};

use chrono::{DateTime, NaiveDate, NaiveDateTime, Utc};

use crate::value::{Amount, Exact, Name, PeriodKey, Points};

/// Purchase or refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OutcomeKind {
    /// A purchase.
    Purchase,
    /// A refund; its numbers are negative.
    Refund,
}

impl OutcomeKind {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            OutcomeKind::Purchase => "purchase",
            OutcomeKind::Refund => "refund",
        }
    }
}

/// What a transaction brought, and why (semantics §2.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Id of the transaction.
    pub transaction_id: String,
    /// Purchase or refund.
    pub kind: OutcomeKind,
    /// Content hash of the rule set.
    pub rule_set: Name,
    /// Id of the program.
    pub program: Name,
    /// When the transaction happened.
    pub occurred_at: DateTime<Utc>,
    /// The same in the program's time zone, by which rules count. Not part of the JSON.
    pub local: NaiveDateTime,
    /// The program's time zone, for example `America/New_York`. Not part of the JSON.
    pub timezone: &'static str,
    /// Of a refund: the purchase.
    pub original: Option<String>,
    /// Why the whole outcome is zero.
    pub reason: Option<Reason>,
    /// The transaction's amount.
    pub amount: Amount,
    /// What of it counts (semantics §3.2).
    pub eligible_amount: Amount,
    /// The transaction's tier; absent in a program without tiers.
    pub tier: Option<Name>,
    /// Money, in order: base slices, loyalty, campaigns.
    pub components: Vec<Component>,
    /// Sums of what was granted.
    pub totals: Totals,
    /// Points above zero: earn, campaigns, upgrade.
    pub points: Vec<PointsComponent>,
    /// Where the member stands after this transaction; absent in a program without tiers.
    pub progress: Option<Progress>,
    /// Every counter that changed, by key.
    pub usage: Vec<UsageDelta>,
    /// With explain: every rule that did not grant, and why.
    pub rejected: Option<Vec<Rejection>>,
}

/// A stage that grants money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ComponentKind {
    /// A slice of a base rule.
    Base,
    /// The tier's bonus.
    Loyalty,
    /// A campaign.
    Campaign,
}

impl ComponentKind {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ComponentKind::Base => "base",
            ComponentKind::Loyalty => "loyalty",
            ComponentKind::Campaign => "campaign",
        }
    }
}

/// What a component was computed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Money.
    Money(Amount),
    /// The exact base, for a multiplier.
    Exact(Exact),
}

/// One component of money: basis × rate = exact → rounded → cuts → granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its stage.
    pub kind: ComponentKind,
    /// Id of the base rule, tier or campaign.
    pub id: Name,
    /// Absent for fixed and scripted amounts, and in refunds.
    pub basis: Option<Basis>,
    /// As a fraction; of a multiplier m: m - 1.
    pub rate: Option<Exact>,
    /// Before rounding.
    pub exact: Exact,
    /// After rounding.
    pub rounded: Amount,
    /// What caps took, in order.
    pub cuts: Vec<Cut>,
    /// What is paid.
    pub granted: Amount,
}

/// What one cap took from one component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// Name of the cap.
    pub cap: Name,
    /// What was left of it.
    pub left: Quantity,
    /// What it took.
    pub cut: Quantity,
}

/// A number in the unit of the place where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Quantity {
    /// Money.
    Money(Amount),
    /// Points.
    Points(Points),
    /// An exact value, for own caps under `rounding.at: total`.
    Exact(Exact),
}

impl std::fmt::Display for Quantity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Quantity::Money(m) => m.fmt(f),
            Quantity::Points(p) => p.fmt(f),
            Quantity::Exact(e) => e.fmt(f),
        }
    }
}

/// Sums of what was granted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Totals {
    /// Base components.
    pub base: Amount,
    /// Loyalty.
    pub loyalty: Amount,
    /// Campaigns.
    pub campaign: Amount,
    /// All money.
    pub total: Amount,
    /// All points, upgrade bonus included.
    pub points: Points,
}

/// A source of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PointsKind {
    /// `points.earn`.
    Earn,
    /// A campaign of points.
    Campaign,
    /// `upgrade_points` of a level newly reached.
    Upgrade,
}

impl PointsKind {
    /// The word in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            PointsKind::Earn => "earn",
            PointsKind::Campaign => "points_campaign",
            PointsKind::Upgrade => "upgrade",
        }
    }
}

/// Points granted above zero; one lot each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PointsComponent {
    /// Its source.
    pub kind: PointsKind,
    /// `earn`, the campaign's id, or `upgrade`.
    pub id: Name,
    /// Before rounding; cut after 12 decimals where it does not end.
    pub exact: Exact,
    /// What caps took, in order.
    pub cuts: Vec<Cut>,
    /// What is credited.
    pub granted: Points,
    /// First local day on which it can be spent; absent in refunds.
    pub spendable_on: Option<NaiveDate>,
    /// Last local day on which it can be spent; absent if it never expires.
    pub expires_on: Option<NaiveDate>,
    /// What it was multiplied from; absent where it was granted as a number, and in refunds. Not written to JSON.
    pub product: Option<PointsProduct>,
}

/// Points as a product: so many points for each so much of an amount, times a factor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PointsProduct {
    /// The amount that earns.
    pub amount: Amount,
    /// Points…
    pub points: Exact,
    /// …for each so much of it, in the currency's major unit.
    pub per: Exact,
    /// The multiplier of the tier, or what a campaign adds: its multiplier less 1.
    pub factor: Exact,
}

/// Where a member stands (semantics §3.10).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Key of the tier window: `2026`, `2026-03` or `lifetime`.
    pub window: PeriodKey,
    /// Spending in it after this transaction.
    pub spending: Exact,
    /// Decimals of the currency, for writing `spending`.
    pub decimals: u8,
    /// Level held after this transaction.
    pub tier: Name,
    /// The level above it.
    pub next: Option<Name>,
    /// What is missing to it.
    pub missing: Option<Exact>,
}

/// The change of one counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsageDelta {
    /// Key of the counter.
    pub key: Name,
    /// Key of the period.
    pub period: PeriodKey,
    /// The change.
    pub delta: UsageValue,
    /// Whether it is one counter for all members (a budget). Not written to JSON.
    pub shared: bool,
}

/// A number of a counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageValue {
    /// Money.
    Money(Amount),
    /// Points.
    Points(Points),
    /// Uses or visits.
    Count(i64),
}

impl UsageValue {
    /// The value in units: minor units of money, units of points, or a number of times.
    pub fn units(self) -> i64 {
        match self {
            UsageValue::Money(m) => m.minor(),
            UsageValue::Points(p) => p.units(),
            UsageValue::Count(n) => n,
        }
    }

    /// The value, exactly.
    pub fn exact(self) -> Exact {
        match self {
            UsageValue::Money(m) => m.exact(),
            UsageValue::Points(p) => p.exact(),
            UsageValue::Count(n) => Exact::from(n),
        }
    }
}

impl std::fmt::Display for UsageValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            UsageValue::Money(m) => m.fmt(f),
            UsageValue::Points(p) => p.fmt(f),
            UsageValue::Count(n) => n.fmt(f),
        }
    }
}

/// Why a rule did not grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// `base`, `loyalty`, `campaign`, `earn` or `points_campaign`.
    pub kind: &'static str,
    /// Id of the rule.
    pub id: String,
    /// The stable reason.
    pub reason: Reason,
    /// The clause that failed, as written.
    pub clause: String,
    /// What it met.
    pub value: String,
}

macro_rules! reasons {
    ($($(#[doc = $doc:literal])+ $name:ident = $text:literal;)+) => {
        /// A stable reason for which nothing was granted (docs/rules.md "The outcome").
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Reason { $($(#[doc = $doc])+ $name,)+ }
        impl Reason {
            /// Every reason.
            pub const ALL: &'static [Reason] = &[$(Reason::$name,)+];
            /// The stable text.
            pub fn as_str(self) -> &'static str {
                match self { $(Reason::$name => $text,)+ }
            }
        }
    };
}

reasons! {
    /// `active` does not hold the instant.
    OutsideWindow = "outside_window";
    /// Not one of `days`.
    WrongDay = "wrong_day";
    /// Not within `hours`.
    WrongHour = "wrong_hour";
    /// Below `min_transaction`.
    BelowMinimum = "below_minimum";
    /// Not one of `audience.tiers`.
    WrongTier = "wrong_tier";
    /// In none of `audience.segments`.
    NotInSegment = "not_in_segment";
    /// Outside of `audience.share`.
    OutsideShare = "outside_share";
    /// Not enrolled.
    NotEnrolled = "not_enrolled";
    /// No use left.
    UsesExhausted = "uses_exhausted";
    /// `when` is false, or `lines` is true for no line.
    ConditionFalse = "condition_false";
    /// The amount needs a fact that is absent.
    AbsentFact = "absent_fact";
    /// Nothing left of `up_to`.
    LimitUsed = "limit_used";
    /// Nothing left of an own cap.
    CapUsed = "cap_used";
    /// Another campaign of the group grants more.
    GroupLost = "group_lost";
    /// An exclusive campaign stands before.
    ExcludedByExclusive = "excluded_by_exclusive";
    /// Exclusive, but another that grants stands before.
    ExclusiveCameLate = "exclusive_came_late";
    /// Rounding or a cap made it zero.
    CutToZero = "cut_to_zero";
    /// The amount is below zero and counts as zero.
    NegativeAmount = "negative_amount";
    /// Earlier rules took the whole amount.
    AmountTaken = "amount_taken";
    /// The transaction's amount is zero.
    ZeroAmount = "zero_amount";
    /// `eligible` leaves nothing.
    NotEligible = "not_eligible";
    /// The member is blocked or closed.
    MemberInactive = "member_inactive";
}

impl std::fmt::Display for Reason {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
