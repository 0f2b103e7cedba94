//! `caps` in all the blocks that have them: which caps a block may have, in which unit, and the keys of their counters.
//!
//! A room of its own because base rules, campaigns, tiers, the program, its points and redemption options write
//! the same words, and semantics §3.8 and §4.3 say for each what they mean.

use super::lower::Check;
use super::program::{Caps, CounterCap};
use super::report::alternatives;
use crate::source::{Code, Span, Spanned};
use crate::syntax::written::{self, CutOrder, OnExceed, PerMember};
use crate::value::{Exact, Period};

/// What a rule grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grants {
    /// Money.
    Money,
    /// Points.
    Points,
    /// Its reward could not be told.
    Unknown,
}

/// The block that `caps` stand in.
#[derive(Debug, Clone, Copy)]
pub(super) enum Block<'i> {
    /// The program.
    Program,
    /// A level.
    Tier(&'i str),
    /// A base rule.
    Base(&'i str),
    /// A campaign.
    Campaign(&'i str, Grants),
    /// `points.caps`
    Points,
    /// A redemption option.
    Redemption(&'i str),
}

impl Block<'_> {
    /// The key of a counter of this block (semantics §4.3).
    fn key(self, what: &str, per: Period) -> String {
        let per = per.name();
        match self {
            Block::Program | Block::Points => format!("program.{what}.{per}"),
            Block::Tier(id) => format!("tier.{id}.{what}.{per}"),
            Block::Base(id) => format!("base.{id}.{what}.{per}"),
            Block::Campaign(id, _) => format!("campaign.{id}.{what}.{per}"),
            Block::Redemption(id) => format!("redemption.{id}.{what}.{per}"),
        }
    }

    fn name(self) -> &'static str {
        match self {
            Block::Program => "the program",
            Block::Tier(_) => "a tier",
            Block::Base(_) => "a base rule",
            Block::Campaign(..) => "a campaign",
            Block::Points => "`points`",
            Block::Redemption(_) => "a redemption option",
        }
    }

    /// The caps it may have.
    fn keys(self) -> &'static [&'static str] {
        match self {
            Block::Program => &["per_transaction", "max_percent", "per_member", "budget", "cut", "on_exceed"],
            Block::Tier(_) => &["per_transaction", "max_percent", "per_member", "cut", "on_exceed"],
            Block::Base(_) => &["per_transaction", "max_percent", "per_member", "budget", "on_exceed"],
            Block::Campaign(..) => &["per_transaction", "max_percent", "per_member", "uses", "budget", "on_exceed"],
            Block::Points => &["per_transaction", "per_member"],
            Block::Redemption(_) => &["per_member"],
        }
    }

    fn grants(self) -> Grants {
        match self {
            Block::Program | Block::Tier(_) | Block::Base(_) => Grants::Money,
            Block::Campaign(_, grants) => grants,
            Block::Points | Block::Redemption(_) => Grants::Points,
        }
    }

    fn is_campaign(self) -> bool {
        matches!(self, Block::Campaign(..))
    }
}

/// The caps of a block; none if it has no `caps`.
pub(super) fn check(block: Block<'_>, written: Option<&written::Caps>, check: &mut Check<'_>) -> Caps {
    let Some(caps) = written else {
        return Caps::default();
    };
    refuse_strangers(block, caps, check);
    let amount = |what: &str, written: &Spanned<Exact>, check: &mut Check<'_>| match block.grants() {
        Grants::Money => check.report.amount(&check.money, what, written),
        Grants::Points => check.report.amount(&check.points, what, written),
        Grants::Unknown => None,
    };
    let per_transaction = caps.per_transaction.as_ref().and_then(|a| amount("per_transaction", a, check));
    let budget = caps.budget.as_ref().and_then(|written| {
        let per = if block.is_campaign() { Period::Campaign } else { Period::Lifetime };
        Some(CounterCap { key: block.key("budget", per), limit: amount("budget", written, check)?, per })
    });
    let max_percent = caps.max_percent.as_ref().and_then(|p| max_percent(block, p, check));
    let per_member = per_member(block, &caps.per_member, check);
    let uses = caps.uses.as_ref().and_then(|uses| {
        let per = uses.per.as_ref().map_or(Period::Campaign, |per| check.period(per, true));
        let limit = check.report.whole("count", &uses.count, 1..=i64::MAX)?;
        Some(CounterCap { key: block.key("uses", per), limit, per })
    });
    let cut = caps.cut.as_ref().map(|c| c.value).unwrap_or_default();
    let on_exceed = caps.on_exceed.as_ref().map(|o| o.value).unwrap_or_default();
    if let (Some(written), OnExceed::Skip, CutOrder::Proportional) = (&caps.on_exceed, on_exceed, cut) {
        let message = "`on_exceed: skip` does not go with `cut: proportional`";
        let help = "skipping drops whole components, last first; a proportional cut takes a part of each; keep one";
        check.report.tell(Code::KeysConflict, written.span, message, help);
    }
    Caps { per_transaction, max_percent, per_member, uses, budget, cut, on_exceed }
}

/// Tells of each cap that this block never has.
fn refuse_strangers(block: Block<'_>, caps: &written::Caps, check: &mut Check<'_>) {
    let written: [(&str, Option<Span>); 7] = [
        ("per_transaction", caps.per_transaction.as_ref().map(|c| c.span)),
        ("max_percent", caps.max_percent.as_ref().map(|c| c.span)),
        ("per_member", caps.per_member.first().map(|c| c.span)),
        ("uses", caps.uses.as_ref().map(|u| u.count.span)),
        ("budget", caps.budget.as_ref().map(|c| c.span)),
        ("cut", caps.cut.as_ref().map(|c| c.span)),
        ("on_exceed", caps.on_exceed.as_ref().map(|c| c.span)),
    ];
    for (key, span) in written {
        if let Some(span) = span.filter(|_| !block.keys().contains(&key)) {
            let message = format!("the caps of {} have no `{key}`", block.name());
            let help = format!("they may have {}", alternatives(block.keys().iter().copied(), "and"));
            check.report.tell(Code::UnknownKey, span, message, help);
        }
    }
}

fn max_percent(block: Block<'_>, written: &Spanned<Exact>, check: &mut Check<'_>) -> Option<Exact> {
    if block.is_campaign() && block.grants() == Grants::Points {
        let message = "a campaign of points has no `max_percent`, as points are no part of an amount";
        check.report.tell(Code::KeysConflict, written.span, message, "use `per_transaction`, in points");
        return None;
    }
    check.report.rate("max_percent", written)
}

fn per_member(block: Block<'_>, written: &[PerMember], check: &mut Check<'_>) -> Vec<CounterCap> {
    let mut caps: Vec<CounterCap> = Vec::new();
    for entry in written {
        let per = check.period(&entry.per, block.is_campaign());
        let Some((what, limit)) = limit_of(block, entry, check) else {
            continue;
        };
        let key = block.key(what, per);
        if caps.iter().any(|c| c.key == key) {
            let message = format!("`per_member` has two caps per {}", per.name());
            let help = format!("both would count in `{key}`; keep the lower one");
            check.report.tell(Code::KeysConflict, entry.span, message, help);
            continue;
        }
        if let Some(limit) = limit {
            caps.push(CounterCap { key, limit, per });
        }
    }
    caps
}

/// What an entry of `per_member` counts, and its limit if that could be read.
fn limit_of(block: Block<'_>, entry: &PerMember, check: &mut Check<'_>) -> Option<(&'static str, Option<i64>)> {
    let grants = block.grants();
    match (&entry.amount, &entry.points) {
        (Some(_), Some(_)) => {
            let message = "`per_member` has both `amount` and `points`";
            check.report.tell(Code::KeysConflict, entry.span, message, format!("keep `{}`", due(grants)));
            None
        }
        (None, None) => {
            let help = format!("write for example `{{{}: 50, per: {}}}`", due(grants), entry.per.value.name());
            let message = format!("`per_member` has no `{}`", due(grants));
            check.report.missing(entry.span, entry.span, message, help);
            None
        }
        (Some(amount), None) if grants == Grants::Points => {
            wrong_unit(block, "amount", "points", amount.span, check);
            None
        }
        (None, Some(points)) if grants == Grants::Money => {
            wrong_unit(block, "points", "amount", points.span, check);
            None
        }
        (Some(amount), None) => {
            let unit = check.money.clone();
            let limit = if grants == Grants::Unknown { None } else { check.report.amount(&unit, "amount", amount) };
            Some(("amount", limit))
        }
        (None, Some(points)) => {
            let unit = check.points.clone();
            let limit = if grants == Grants::Unknown { None } else { check.report.amount(&unit, "points", points) };
            Some(("points", limit))
        }
    }
}

fn due(grants: Grants) -> &'static str {
    if grants == Grants::Points { "points" } else { "amount" }
}

fn wrong_unit(block: Block<'_>, written: &str, due: &str, span: Span, check: &mut Check<'_>) {
    let whose = match block {
        Block::Campaign(_, Grants::Points) => "a campaign of points",
        Block::Campaign(..) => "a campaign of money",
        other => other.name(),
    };
    let message = format!("`per_member` of {whose} is in `{due}`, not in `{written}`");
    check.report.tell(Code::KeysConflict, span, message, format!("write `{due}` instead of `{written}`"));
}
