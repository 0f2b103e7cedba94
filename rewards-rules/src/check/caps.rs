//! `caps` in all the blocks that have them: in which unit they are, and the keys of their counters.
//!
//! A room of its own because base rules, campaigns, tiers, the program, its points and redemption options write
//! the same words, and semantics §3.8 and §4.3 say for each what they mean.

use super::lower::Check;
use super::numbers::Unit;
use super::program::{Caps, CounterCap};
use crate::source::Code;
use crate::syntax::written::{self, CutOrder, OnExceed, PerMember};
use crate::value::Period;

/// What a rule grants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Grants {
    /// Money.
    Money,
    /// Points.
    Points,
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
    let unit = match block.grants() {
        Grants::Money => check.money,
        Grants::Points => check.points,
    };
    let per_transaction = caps.per_transaction.as_ref().and_then(|a| check.report.amount(unit, "per_transaction", a));
    let budget = caps.budget.as_ref().and_then(|written| {
        let per = if block.is_campaign() { Period::Campaign } else { Period::Lifetime };
        let limit = check.report.amount(unit, "budget", written)?;
        Some(CounterCap { key: block.key("budget", per), limit, per })
    });
    let uses = caps.uses.as_ref().and_then(|uses| {
        let per = uses.per.as_ref().map_or(Period::Campaign, |per| check.period(per, true));
        if uses.count.value < 1 {
            let help = "write 1 or more; a campaign that never pays is left out";
            check.report.tell(Code::OutOfRange, uses.count.span, "`count` allows no use at all", help);
            return None;
        }
        Some(CounterCap { key: block.key("uses", per), limit: uses.count.value, per })
    });
    let cut = caps.cut.as_ref().map(|c| c.value).unwrap_or_default();
    let on_exceed = caps.on_exceed.as_ref().map(|o| o.value).unwrap_or_default();
    if let (Some(written), OnExceed::Skip, CutOrder::Proportional) = (&caps.on_exceed, on_exceed, cut) {
        let message = "`on_exceed: skip` does not go with `cut: proportional`";
        let help = "skipping drops whole components, last first; a proportional cut takes a part of each; keep one";
        check.report.tell(Code::KeysConflict, written.span, message, help);
    }
    Caps {
        per_transaction,
        max_percent: caps.max_percent.as_ref().map(|p| check.report.rate("max_percent", p)),
        per_member: per_member(block, &caps.per_member, unit, check),
        uses,
        budget,
        cut,
        on_exceed,
    }
}

fn per_member(block: Block<'_>, written: &[PerMember], unit: Unit, check: &mut Check<'_>) -> Vec<CounterCap> {
    let mut keys: Vec<String> = Vec::new();
    let mut caps = Vec::new();
    for entry in written {
        let per = check.period(&entry.per, block.is_campaign());
        // The reader lets only the one pass that fits the block.
        let (what, limit) = match (&entry.amount, &entry.points) {
            (Some(amount), _) => ("amount", amount),
            (None, Some(points)) => ("points", points),
            (None, None) => continue,
        };
        let key = block.key(what, per);
        if keys.contains(&key) {
            let message = format!("`per_member` has two caps with `per: {}`", per.name());
            let help = format!("both would count in `{key}`; keep the lower one");
            check.report.tell(Code::KeysConflict, entry.span, message, help);
            continue;
        }
        if let Some(limit) = check.report.amount(unit, what, limit) {
            caps.push(CounterCap { key: key.clone(), limit, per });
        }
        keys.push(key);
    }
    caps
}
