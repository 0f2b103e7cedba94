//! A rule set as written: every section of the YAML files in its own type, nothing resolved.
//!
//! A part that could not be read was reported as a finding and is absent here.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};

use super::expression::{Expr, Function};
use crate::source::{Span, Spanned};
use crate::value::{Duration, Exact, Period, RoundingAt, RoundingMode};

/// Everything in the files of one rule set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleFiles {
    /// Each document with `program:` at its top; a rule set has exactly one.
    pub programs: Vec<Program>,
    /// Campaigns in order of declaration: files by path, then position (semantics §3.7).
    pub campaigns: Vec<Campaign>,
    /// Ids under `paused`.
    pub paused: Vec<Spanned<String>>,
    /// Functions of all scripts.
    pub functions: Vec<Function>,
    /// The text of each script file, as Rhai runs it.
    pub scripts: Vec<Script>,
    /// What is missing here because it could not be read.
    pub unread: Unread,
}

/// What could not be read and was reported; nobody complains that it is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unread {
    /// Whether a whole file or document is missing: any name may be one of its.
    pub documents: bool,
    /// Names of single parts: a list or an id as written, a fact as `tx.NAME` or `member.NAME`.
    pub names: Vec<String>,
}

impl Unread {
    /// Whether a name that nothing defines may be among what could not be read.
    pub fn may_define(&self, name: &str) -> bool {
        self.documents || self.names.iter().any(|n| n == name)
    }
}

/// A `.rhai` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// Index of the file in the sources.
    pub file: u32,
    /// Its text.
    pub text: String,
}

/// `program: …`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    /// `program`
    pub id: Spanned<String>,
    /// `name`
    pub name: Option<Spanned<String>>,
    /// `currency`
    pub currency: Option<Spanned<String>>,
    /// `timezone`
    pub timezone: Option<Spanned<String>>,
    /// `rounding` or `rounding.mode`
    pub rounding_mode: Option<Spanned<RoundingMode>>,
    /// `rounding.at`
    pub rounding_at: Option<Spanned<RoundingAt>>,
    /// `facts.tx` and `facts.member`
    pub facts: Vec<FactDeclaration>,
    /// `lists`
    pub lists: Vec<List>,
    /// `eligible.when`
    pub eligible_when: Option<Expr>,
    /// `eligible.lines`
    pub eligible_lines: Option<Expr>,
    /// `pools`
    pub pools: Vec<Pool>,
    /// `base`
    pub base: Vec<BaseRule>,
    /// `tiers`
    pub tiers: Option<Tiers>,
    /// `caps`
    pub caps: Option<Caps>,
    /// `points`
    pub points: Option<Points>,
    /// `redemption.options`
    pub redemption: Vec<RedemptionOption>,
    /// The whole document.
    pub span: Span,
}

/// Which of the two declared kinds of fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FactScope {
    /// `facts.tx`
    Tx,
    /// `facts.member`
    Member,
}

/// One entry of `facts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactDeclaration {
    /// Under `tx` or `member`.
    pub scope: FactScope,
    /// Its name.
    pub name: Spanned<String>,
    /// Its type.
    pub kind: FactKind,
    /// `optional: true`
    pub optional: bool,
}

/// Declared types of facts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FactKind {
    /// `text`
    Text,
    /// `integer`
    Integer,
    /// `decimal`
    Decimal,
    /// `boolean`
    Boolean,
    /// `date`
    Date,
    /// `one_of: […]`
    OneOf(Vec<Spanned<String>>),
}

/// One entry of `lists`: texts, integers or decimals as literals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Its name.
    pub name: Spanned<String>,
    /// Its members: literal expressions (`Text`, `Integer`, `Decimal`).
    pub members: Vec<Expr>,
}

/// One entry of `pools`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pool {
    /// Its id.
    pub id: Spanned<String>,
    /// `spend`
    pub spend: Spanned<Exact>,
    /// `per`
    pub per: Spanned<Period>,
}

/// One entry of `base`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseRule {
    /// `id`
    pub id: Spanned<String>,
    /// `when`; absent means always.
    pub when: Option<Expr>,
    /// `lines`
    pub lines: Option<Expr>,
    /// `rate` as a fraction: 6 % is 0.06.
    pub rate: Option<Spanned<Exact>>,
    /// `slabs`
    pub slabs: Option<Spanned<Vec<Slab>>>,
    /// `up_to`
    pub up_to: Option<UpTo>,
    /// `caps`
    pub caps: Option<Caps>,
    /// The whole entry.
    pub span: Span,
}

/// One entry of `slabs`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slab {
    /// `up_to`, in money; the last slab has none.
    pub up_to: Option<Spanned<Exact>>,
    /// `rate` as a fraction.
    pub rate: Spanned<Exact>,
}

/// `up_to` of a base rule or a reward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpTo {
    /// `{spend, per}`
    Spend {
        /// How much of the amount counts in the period.
        spend: Spanned<Exact>,
        /// The period.
        per: Spanned<Period>,
    },
    /// `{pool}`, base rules only.
    Pool(Spanned<String>),
}

/// `caps`, in any of the blocks that may have them. Which keys fit where is checked later.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caps {
    /// `per_transaction`
    pub per_transaction: Option<Spanned<Exact>>,
    /// `max_percent` as a fraction.
    pub max_percent: Option<Spanned<Exact>>,
    /// `per_member`, in list order.
    pub per_member: Vec<PerMember>,
    /// `uses`
    pub uses: Option<Uses>,
    /// `budget`
    pub budget: Option<Spanned<Exact>>,
    /// `cut`
    pub cut: Option<Spanned<CutOrder>>,
    /// `on_exceed`
    pub on_exceed: Option<Spanned<OnExceed>>,
    /// The whole block.
    pub span: Span,
}

/// One entry of `per_member`: exactly one of amount and points.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PerMember {
    /// `amount`
    pub amount: Option<Spanned<Exact>>,
    /// `points`
    pub points: Option<Spanned<Exact>>,
    /// `per`
    pub per: Spanned<Period>,
    /// The whole entry.
    pub span: Span,
}

/// `uses`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uses {
    /// `count`
    pub count: Spanned<i64>,
    /// `per`; absent means `campaign`.
    pub per: Option<Spanned<Period>>,
}

/// `cut` (semantics §3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CutOrder {
    /// Campaigns from the last, then loyalty, then base from its last slice.
    #[default]
    LastFirst,
    /// By largest remainder.
    Proportional,
}

/// `on_exceed` (semantics §3.8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum OnExceed {
    /// Grant what is left.
    #[default]
    Cut,
    /// Grant nothing of what would be cut.
    Skip,
}

/// `tiers`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tiers {
    /// `window`
    pub window: Option<Spanned<TierWindow>>,
    /// `grace_days`, default 0.
    pub grace_days: Option<Spanned<i64>>,
    /// `soft_landing`, default false.
    pub soft_landing: bool,
    /// `applies: after`, default before.
    pub applies_after: bool,
    /// `refund: immediate`, default at_evaluation.
    pub refund_immediate: bool,
    /// `levels`, lowest first.
    pub levels: Vec<Level>,
    /// The whole block.
    pub span: Span,
}

/// `window` of tiers (semantics §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TierWindow {
    /// `calendar_year`
    CalendarYear,
    /// `rolling_months: n`
    RollingMonths(u32),
    /// `lifetime`
    Lifetime,
}

impl TierWindow {
    /// The kind of period by which spending is kept: of `rolling_months` each month for itself.
    pub(crate) fn period(self) -> Period {
        match self {
            TierWindow::CalendarYear => Period::Year,
            TierWindow::RollingMonths(_) => Period::Month,
            TierWindow::Lifetime => Period::Lifetime,
        }
    }
}

/// One entry of `levels`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// `id`
    pub id: Spanned<String>,
    /// `min_spending`
    pub min_spending: Option<Spanned<Exact>>,
    /// `bonus`
    pub bonus: Option<Bonus>,
    /// `points_multiplier`
    pub points_multiplier: Option<Spanned<Exact>>,
    /// `upgrade_points`
    pub upgrade_points: Option<Spanned<Exact>>,
    /// `benefits`
    pub benefits: Vec<Spanned<String>>,
    /// `caps`
    pub caps: Option<Caps>,
    /// The whole entry.
    pub span: Span,
}

/// `bonus`: exactly one of the two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bonus {
    /// `rate` as a fraction.
    pub rate: Option<Spanned<Exact>>,
    /// `multiplier`
    pub multiplier: Option<Spanned<Exact>>,
    /// The whole entry.
    pub span: Span,
}

/// `points`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// `earn.points`
    pub earn_points: Option<Spanned<Exact>>,
    /// `earn.per`
    pub earn_per: Option<Spanned<Exact>>,
    /// `decimals`, default 0.
    pub decimals: Option<Spanned<i64>>,
    /// `expires_after`
    pub expires_after: Option<Spanned<Duration>>,
    /// `activation_delay`
    pub activation_delay: Option<Spanned<Duration>>,
    /// `caps`
    pub caps: Option<Caps>,
    /// The whole block.
    pub span: Span,
}

/// One entry of `redemption.options`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedemptionOption {
    /// `id`
    pub id: Spanned<String>,
    /// `type`: cash, statement_credit, gift_card, voucher or donation.
    pub kind: Option<Spanned<String>>,
    /// `value.points`
    pub value_points: Option<Spanned<Exact>>,
    /// `value.cash`
    pub value_cash: Option<Spanned<Exact>>,
    /// `min_points`
    pub min_points: Option<Spanned<Exact>>,
    /// `step`
    pub step: Option<Spanned<Exact>>,
    /// `caps`
    pub caps: Option<Caps>,
    /// `tiers`; `None` means every tier.
    pub tiers: Option<Vec<Spanned<String>>>,
    /// The whole entry.
    pub span: Span,
}

/// One campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// `campaign`
    pub id: Spanned<String>,
    /// `name`
    pub name: Option<Spanned<String>>,
    /// `funded_by`
    pub funded_by: Option<Spanned<String>>,
    /// `type`
    pub kind: Option<Spanned<CampaignKind>>,
    /// `priority`, lower first, default 100.
    pub priority: Option<Spanned<i64>>,
    /// `active.from`
    pub from: Option<Spanned<Bound>>,
    /// `active.to`
    pub to: Option<Spanned<Bound>>,
    /// `days`
    pub days: Option<Spanned<Vec<Weekday>>>,
    /// `hours`
    pub hours: Option<Hours>,
    /// `audience`
    pub audience: Option<Audience>,
    /// `when`
    pub when: Option<Expr>,
    /// `lines`
    pub lines: Option<Expr>,
    /// `min_transaction`
    pub min_transaction: Option<Spanned<Exact>>,
    /// `reward`
    pub reward: Option<Reward>,
    /// `caps`
    pub caps: Option<Caps>,
    /// `stacking.group`
    pub group: Option<Spanned<String>>,
    /// `stacking.exclusive`
    pub exclusive: Option<Spanned<bool>>,
    /// `on_refund: requalify`, default proportional.
    pub requalify: bool,
    /// Whether its id stands under `paused` of any file.
    pub paused: bool,
    /// The whole entry.
    pub span: Span,
}

/// `type` of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CampaignKind {
    /// `percentage`
    Percentage,
    /// `fixed`
    Fixed,
    /// `multiplier`
    Multiplier,
    /// `points`
    Points,
    /// `scripted`
    Scripted,
}

/// An end of `active`: a local date (inclusive) or an instant (`from` inclusive, `to` exclusive).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bound {
    /// A local date.
    Date(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

/// `hours`, half-open (semantics §4.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hours {
    /// `from`
    pub from: Spanned<NaiveTime>,
    /// `to`; `None` is `24:00`.
    pub to: Spanned<Option<NaiveTime>>,
}

/// `audience`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audience {
    /// `tiers`
    pub tiers: Option<Vec<Spanned<String>>>,
    /// `segments`: any of them.
    pub segments: Option<Vec<Spanned<String>>>,
    /// `enrolled`
    pub enrolled: bool,
    /// `share` as a fraction.
    pub share: Option<Spanned<Exact>>,
}

/// `reward`: exactly one of the first six.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reward {
    /// `rate` as a fraction.
    pub rate: Option<Spanned<Exact>>,
    /// `fixed`
    pub fixed: Option<Spanned<Exact>>,
    /// `multiplier`
    pub multiplier: Option<Spanned<Exact>>,
    /// `amount`
    pub amount: Option<Expr>,
    /// `points`
    pub points: Option<Spanned<Exact>>,
    /// `points_multiplier`
    pub points_multiplier: Option<Spanned<Exact>>,
    /// `up_to`, with `rate` or `multiplier`.
    pub up_to: Option<UpTo>,
    /// The whole block.
    pub span: Span,
}
