//! A checked program: every reference resolved, every number in its unit, every condition typed.
//!
//! Amounts of money are whole minor units of the program's currency, points are whole units of
//! 10^-`points.decimals`; rates and multipliers are exact.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;

use super::typed::{Fact, ScriptCall, Set, Type, Typed};
use crate::source::Span;
use crate::syntax::expression::Function;
use crate::syntax::written::{CutOrder, OnExceed, Script, TierWindow};
use crate::value::{Currency, Duration, Exact, Period, RoundingAt, RoundingMode};

/// A rule set that passed every check.
#[derive(Debug, Clone)]
pub struct Program {
    /// `program`
    pub id: String,
    /// `name`
    pub name: Option<String>,
    /// `currency`
    pub currency: Currency,
    /// `timezone`
    pub zone: Tz,
    /// `rounding.mode`
    pub rounding: RoundingMode,
    /// `rounding.at`
    pub rounding_at: RoundingAt,
    /// Facts that expressions read; [`super::typed::FactId`] indexes it.
    pub facts: Vec<Fact>,
    /// Declared facts, read or not: scope and name to type, for reading inputs.
    pub declared: Vec<Declared>,
    /// Constant sets; [`super::typed::SetId`] indexes it.
    pub sets: Vec<Set>,
    /// Functions that Rhai runs.
    pub scripts: Scripts,
    /// `eligible.when`
    pub eligible_when: Option<Typed>,
    /// `eligible.lines`
    pub eligible_lines: Option<Typed>,
    /// `pools`
    pub pools: Vec<Limit>,
    /// `base`, in order.
    pub base: Vec<BaseRule>,
    /// `tiers`
    pub tiers: Option<Tiers>,
    /// `caps` of the program.
    pub caps: Caps,
    /// `points.decimals`
    pub points_decimals: u8,
    /// `points.earn`
    pub earn: Option<Earn>,
    /// `points.caps`
    pub points_caps: Caps,
    /// `points.expires_after`
    pub expires_after: Option<Duration>,
    /// `points.activation_delay`; zero days by default.
    pub activation_delay: Duration,
    /// `redemption.options`
    pub redemption: Vec<RedemptionOption>,
    /// Campaigns in order of priority, then declaration (semantics §3.7).
    pub campaigns: Vec<Campaign>,
    /// Names of groups; `Campaign::group` indexes it.
    pub groups: Vec<String>,
}

/// A fact that the program declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// `tx.NAME` or `member.NAME`.
    pub name: String,
    /// Its type; `one_of` is text.
    pub ty: Type,
    /// The values of a `one_of`.
    pub one_of: Option<Vec<String>>,
    /// `optional: true`
    pub optional: bool,
}

/// What Rhai needs to run functions.
#[derive(Debug, Clone, Default)]
pub struct Scripts {
    /// The script files.
    pub files: Vec<Script>,
    /// Their functions, parsed.
    pub functions: Vec<Function>,
    /// Functions at the types they are called with; [`super::typed::ScriptId`] indexes it.
    pub calls: Vec<ScriptCall>,
}

/// A limit on spending that counts: a pool, or the `up_to` of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limit {
    /// Key of its counter: `pool.choice.spend.quarter`.
    pub key: String,
    /// Minor units.
    pub spend: i64,
    /// The period.
    pub per: Period,
}

/// One base rule.
#[derive(Debug, Clone)]
pub struct BaseRule {
    /// `id`
    pub id: String,
    /// `when`
    pub when: Option<Typed>,
    /// `lines`
    pub lines: Option<Typed>,
    /// Marginal rates by the part the rule takes: one open slab for a plain `rate`.
    pub slabs: Vec<Slab>,
    /// `up_to`
    pub up_to: Option<UpTo>,
    /// `caps`
    pub caps: Caps,
    /// Where it was written.
    pub span: Span,
}

/// Limit of a base rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpTo {
    /// Its own.
    Own(Limit),
    /// Index into `Program::pools`.
    Pool(usize),
}

/// A marginal rate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slab {
    /// Upper bound in minor units of what the rule takes; the last has none.
    pub up_to: Option<i64>,
    /// As a fraction.
    pub rate: Exact,
}

/// Caps of any block. Units are minor units, or points units where the block is of points.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caps {
    /// `per_transaction`
    pub per_transaction: Option<i64>,
    /// `max_percent` as a fraction.
    pub max_percent: Option<Exact>,
    /// `per_member`, in list order.
    pub per_member: Vec<CounterCap>,
    /// `uses`
    pub uses: Option<CounterCap>,
    /// `budget`
    pub budget: Option<CounterCap>,
    /// `cut`
    pub cut: CutOrder,
    /// `on_exceed`
    pub on_exceed: OnExceed,
}

/// A cap against a counter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CounterCap {
    /// Key of the counter, also the cap's name: `campaign.weekend-dining.amount.month`.
    pub key: String,
    /// The most that the counter may reach.
    pub limit: i64,
    /// The period.
    pub per: Period,
}

/// `tiers`
#[derive(Debug, Clone)]
pub struct Tiers {
    /// `window`
    pub window: TierWindow,
    /// `grace_days`
    pub grace_days: u32,
    /// `soft_landing`
    pub soft_landing: bool,
    /// `applies: after`
    pub applies_after: bool,
    /// `refund: immediate`
    pub refund_immediate: bool,
    /// Lowest first; the first one's `min_spending` is the least.
    pub levels: Vec<Level>,
}

/// One tier level.
#[derive(Debug, Clone)]
pub struct Level {
    /// `id`
    pub id: String,
    /// `min_spending` in minor units.
    pub min_spending: i64,
    /// `bonus`
    pub bonus: Option<Bonus>,
    /// `points_multiplier`, 1 by default.
    pub points_multiplier: Exact,
    /// `upgrade_points` in points units, 0 by default.
    pub upgrade_points: i64,
    /// `benefits`
    pub benefits: Vec<String>,
    /// `caps`
    pub caps: Caps,
}

/// `bonus` of a level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bonus {
    /// A fraction of the amount.
    Rate(Exact),
    /// The whole multiplier m, at least 1; the bonus is (m - 1) times the exact base.
    Multiplier(Exact),
}

/// `points.earn`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Earn {
    /// Points…
    pub points: Exact,
    /// …per this much money (in the currency's major unit, above zero).
    pub per: Exact,
}

/// One redemption option.
#[derive(Debug, Clone)]
pub struct RedemptionOption {
    /// `id`
    pub id: String,
    /// `type`
    pub kind: String,
    /// `value`: this many points units…
    pub value_points: i64,
    /// …are this many minor units.
    pub value_cash: i64,
    /// `min_points` in points units, 0 by default.
    pub min_points: i64,
    /// `step` in points units; `None` means any amount.
    pub step: Option<i64>,
    /// `caps.per_member`, keys `redemption.cash.points.day`.
    pub per_member: Vec<CounterCap>,
    /// Indices of tiers that may use it; `None` means all.
    pub tiers: Option<Vec<usize>>,
}

/// One campaign.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// `campaign`
    pub id: String,
    /// `name`
    pub name: Option<String>,
    /// `funded_by`
    pub funded_by: Option<String>,
    /// `priority`
    pub priority: i64,
    /// `active`
    pub window: Window,
    /// `days`, as a mask with Monday as bit 0; `None` means every day.
    pub days: Option<u8>,
    /// `hours`: from (inclusive) and to (exclusive, `None` is 24:00).
    pub hours: Option<(NaiveTime, Option<NaiveTime>)>,
    /// `audience.tiers`: indices of levels.
    pub tiers: Option<Vec<usize>>,
    /// `audience.segments`: any of them.
    pub segments: Option<Vec<String>>,
    /// `audience.share` as a fraction from 0 to 1.
    pub share: Option<Exact>,
    /// `audience.enrolled`
    pub enrolled: bool,
    /// `when`
    pub when: Option<Typed>,
    /// `lines`
    pub lines: Option<Typed>,
    /// `min_transaction` in minor units of the eligible amount.
    pub min_transaction: Option<i64>,
    /// `reward`
    pub reward: Reward,
    /// `caps`, in points units for a points campaign.
    pub caps: Caps,
    /// Index into `Program::groups`.
    pub group: Option<usize>,
    /// `stacking.exclusive`
    pub exclusive: bool,
    /// `on_refund: requalify`
    pub requalify: bool,
    /// Whether it stands under `paused` and does not run.
    pub paused: bool,
    /// Where it was written.
    pub span: Span,
}

impl Campaign {
    /// Whether it grants points and not money.
    pub fn is_points(&self) -> bool {
        matches!(self.reward, Reward::Points(_) | Reward::PointsMultiplier(_))
    }
}

/// `active`. Dates are local and inclusive, instants half-open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// First moment.
    pub from: Option<WindowBound>,
    /// Last moment.
    pub to: Option<WindowBound>,
}

/// One end of a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WindowBound {
    /// A local date; as an end it is inclusive.
    Date(NaiveDate),
    /// An instant; as an end it is exclusive.
    Instant(DateTime<Utc>),
}

/// `reward`
#[derive(Debug, Clone)]
pub enum Reward {
    /// A fraction of the amount, or of the matching lines', maybe up to a limit.
    Rate {
        /// As a fraction.
        rate: Exact,
        /// `up_to`
        up_to: Option<Limit>,
    },
    /// Minor units.
    Fixed(i64),
    /// (m - 1) times the exact base.
    Multiplier {
        /// The whole multiplier m, at least 1.
        multiplier: Exact,
        /// `up_to`
        up_to: Option<Limit>,
    },
    /// An expression of type decimal or integer, in the currency's major unit.
    Amount(Typed),
    /// Points units.
    Points(i64),
    /// (m - 1) times what `earn` gives without the tier; the whole multiplier m, at least 1.
    PointsMultiplier(Exact),
}
