//! Caps of zero, and caps that never cut.
//!
//! A cap that never cuts is harmless until somebody relies on it; mostly a digit is wrong. Only what the same rule says
//! is compared: its reward, its limit, its other caps. With counters of different periods that holds once both have
//! counted from the same day.

use super::Whole;
use crate::check::report::Reporter;
use crate::source::{Code, Spanned};
use crate::syntax::written::{BaseRule, Campaign, Caps, PerMember, UpTo};
use crate::value::{Exact, Period, RoundingMode};

/// Looks at every block of caps, and at the limits on spending.
pub(super) fn tell(whole: &Whole<'_>, report: &mut Reporter<'_>) {
    let program = whole.written;
    let decimals = u32::from(whole.program.currency.decimals());
    let mut look = Look { report };
    for pool in &program.pools {
        look.zero("spend", &pool.spend);
    }
    for rule in &program.base {
        look.limit(rule.up_to.as_ref());
        look.block(rule.caps.as_ref(), most_of_rule(rule, decimals), at_most_the_amount(rule));
    }
    for level in program.tiers.iter().flat_map(|t| &t.levels) {
        look.block(level.caps.as_ref(), None, false);
    }
    look.block(program.caps.as_ref(), None, false);
    look.block(program.points.as_ref().and_then(|p| p.caps.as_ref()), None, false);
    for option in &program.redemption {
        look.block(option.caps.as_ref(), None, false);
    }
    for campaign in &whole.program.campaigns {
        let Some(campaign) = whole.written_campaign(campaign) else { continue };
        let reward = campaign.reward.as_ref();
        look.limit(reward.and_then(|r| r.up_to.as_ref()));
        let rate = reward.and_then(|r| r.rate.as_ref());
        look.block(
            campaign.caps.as_ref(),
            most_of_campaign(campaign, decimals),
            rate.is_some_and(|r| r.value <= Exact::ONE),
        );
    }
}

/// The most that a rule can grant for one purchase, and why.
struct Most {
    grant: Exact,
    why: String,
    /// Whether each grant is exactly this much, before caps.
    fixed: bool,
}

/// Of a base rule with a limit of its own: all of the limit at the highest rate, each slab rounded up.
fn most_of_rule(rule: &BaseRule, decimals: u32) -> Option<Most> {
    let Some(UpTo::Spend { spend, .. }) = &rule.up_to else { return None };
    let rates: Vec<Exact> = match (&rule.rate, &rule.slabs) {
        (_, Some(slabs)) => slabs.value.iter().map(|s| s.rate.value).collect(),
        (Some(rate), None) => vec![rate.value],
        (None, None) => return None,
    };
    let highest = rates.iter().copied().max()?;
    let mut grant = spend.value.checked_mul(highest).ok()?.round(decimals, RoundingMode::Up);
    for _ in rates.iter().skip(1) {
        grant = grant.checked_add(Exact::new(1, decimals).ok()?).ok()?;
    }
    let why = format!("the rule counts at most {} and so grants at most {grant}", spend.value);
    Some(Most { grant, why, fixed: false })
}

fn most_of_campaign(campaign: &Campaign, decimals: u32) -> Option<Most> {
    let reward = campaign.reward.as_ref()?;
    if let Some(fixed) = &reward.fixed {
        return Some(Most { grant: fixed.value, why: format!("the campaign grants {}", fixed.value), fixed: true });
    }
    if let Some(points) = &reward.points {
        let why = format!("the campaign grants {} points", points.value);
        return Some(Most { grant: points.value, why, fixed: true });
    }
    let (Some(rate), Some(UpTo::Spend { spend, .. })) = (&reward.rate, &reward.up_to) else { return None };
    let grant = spend.value.checked_mul(rate.value).ok()?.round(decimals, RoundingMode::Up);
    let why = format!("the campaign counts at most {} and so grants at most {grant}", spend.value);
    Some(Most { grant, why, fixed: false })
}

/// Whether a base rule never grants more than the amount.
fn at_most_the_amount(rule: &BaseRule) -> bool {
    let slabs = rule.slabs.iter().flat_map(|s| &s.value).map(|s| &s.rate);
    rule.rate.iter().chain(slabs).all(|rate| rate.value <= Exact::ONE)
}

struct Look<'r, 'a> {
    report: &'r mut Reporter<'a>,
}

impl Look<'_, '_> {
    fn limit(&mut self, up_to: Option<&UpTo>) {
        if let Some(UpTo::Spend { spend, .. }) = up_to {
            self.zero("up_to.spend", spend);
        }
    }

    /// Whether the cap is zero; then it is told.
    fn zero(&mut self, what: &str, written: &Spanned<Exact>) -> bool {
        let zero = written.value.is_zero();
        if zero {
            let help = "a rule that never grants is left out; for no limit leave this out";
            self.report.tell(Code::CapOfZero, written.span, format!("`{what}` of zero leaves nothing"), help);
        }
        zero
    }

    fn never(&mut self, what: &str, written: &Spanned<Exact>, why: &str) {
        let shown = written.value;
        let message = format!("`{what}` of {shown} never cuts: {why}");
        self.report.tell(Code::CapNeverCuts, written.span, message, "lower it, or take it out");
    }

    fn block(&mut self, caps: Option<&Caps>, most: Option<Most>, at_most_the_amount: bool) {
        let Some(caps) = caps else { return };
        let mut zero = false;
        for (what, cap) in
            [("per_transaction", &caps.per_transaction), ("max_percent", &caps.max_percent), ("budget", &caps.budget)]
        {
            zero |= cap.as_ref().is_some_and(|cap| self.zero(what, cap));
        }
        for entry in &caps.per_member {
            zero |= limit(entry).is_some_and(|(what, cap)| self.zero(what, cap));
        }
        // Beside a cap of zero every other one is too large.
        if zero {
            return;
        }
        if let Some(cap) = &caps.max_percent
            && cap.value >= Exact::ONE
            && at_most_the_amount
        {
            let percent = cap.value.checked_mul(Exact::from(100)).unwrap_or(cap.value);
            let message = format!("`max_percent` of {percent} % never cuts: no rate of the rule is above 100 %");
            self.report.tell(Code::CapNeverCuts, cap.span, message, "lower it, or take it out");
        }
        if let Some(cap) = &caps.per_transaction {
            self.per_transaction(cap, caps, most.as_ref());
        }
        for (at, entry) in caps.per_member.iter().enumerate() {
            self.per_member(at, entry, caps, most.as_ref());
        }
    }

    fn per_transaction(&mut self, cap: &Spanned<Exact>, caps: &Caps, most: Option<&Most>) {
        if let Some(most) = most.filter(|most| cap.value >= most.grant) {
            self.never("per_transaction", cap, &most.why);
            return;
        }
        let others = caps.per_member.iter().filter_map(limit);
        let others = others.chain(caps.budget.iter().map(|b| ("budget", b)));
        if let Some((what, other)) = others.filter(|(_, other)| cap.value >= other.value).min_by_key(|(_, o)| o.value) {
            self.never("per_transaction", cap, &format!("`{what}` of {} is reached first", other.value));
        }
    }

    fn per_member(&mut self, at: usize, entry: &PerMember, caps: &Caps, most: Option<&Most>) {
        let Some((what, cap)) = limit(entry) else { return };
        let uses =
            caps.uses.as_ref().filter(|u| u.per.as_ref().map_or(Period::Campaign, |p| p.value) == entry.per.value);
        if let (Some(uses), Some(most)) = (uses, most.filter(|m| m.fixed))
            && most.grant.checked_mul(Exact::from(uses.count.value)).is_ok_and(|all| cap.value >= all)
        {
            let times = uses.count.value;
            self.never(what, cap, &format!("{}, at most {times} times in that period", most.why));
            return;
        }
        let longer = caps.per_member.iter().enumerate().filter(|(other, _)| *other != at).find_map(|(_, other)| {
            let (_, limit) = limit(other)?;
            (within(entry.per.value, other.per.value) && cap.value >= limit.value).then_some((other, limit))
        });
        if let Some((other, limit)) = longer {
            let (period, per) = (other.per.value.name(), entry.per.value.name());
            let (period, per) = (period.replace('_', " "), per.replace('_', " "));
            let why = match other.per.value {
                Period::Lifetime | Period::Campaign => format!("{} in all are reached first", limit.value),
                _ => format!("{} a {period} are reached before so much in one {per}", limit.value),
            };
            self.never(what, cap, &why);
            return;
        }
        if let Some(budget) = caps.budget.as_ref().filter(|budget| cap.value >= budget.value) {
            self.never(what, cap, &format!("`budget` of {} is reached first", budget.value));
        }
    }
}

fn limit(entry: &PerMember) -> Option<(&'static str, &Spanned<Exact>)> {
    match (&entry.amount, &entry.points) {
        (Some(amount), _) => Some(("amount", amount)),
        (None, Some(points)) => Some(("points", points)),
        (None, None) => None,
    }
}

/// Whether each period of the first kind lies within one of the second.
fn within(short: Period, long: Period) -> bool {
    match long {
        Period::Lifetime | Period::Campaign => !matches!(short, Period::Lifetime | Period::Campaign),
        Period::Year => matches!(short, Period::Day | Period::Month | Period::Quarter),
        Period::Quarter => matches!(short, Period::Day | Period::Month),
        Period::Week | Period::Month | Period::BillingCycle | Period::Anniversary => short == Period::Day,
        Period::Day => false,
    }
}
