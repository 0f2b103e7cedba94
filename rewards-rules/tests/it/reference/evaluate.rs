//! The order of an evaluation (semantics §3), one function a paragraph.

use num_traits::{One, Signed, Zero};
use rewards_rules::input::{ErrorCode, Line, Member, Status, Transaction, Usage};
use rewards_rules::syntax::written::{Level, RuleFiles, TierWindow};
use rewards_rules::value::{Period, RoundingAt};

use super::base::{Base, base, exact_base, owner as owner_of_base};
use super::calendar::{months_between, window_name, window_of};
use super::campaigns::{Candidate, Given, campaigns, owner as owner_of_campaign, uses_counter};
use super::caps::{Owner, count, cut_wide, limits, share_out};
use super::expression::holds;
use super::facts::{Facts, facts_mentioned, validate};
use super::number::{Number, at_least_zero, fixed, number, plain, round, ten_to, whole};
use super::outcome::{Component, Grant, Kind, Progress, ReferenceOutcome, Unit};
use super::points::{earn, entry, owner as owner_of_points, points_caps};
use super::rules::{Rules, threshold};

/// §2.1: what a transaction earns; a pure function of its arguments.
pub(crate) fn evaluate(
    files: &RuleFiles,
    rule_set_hash: &str,
    tx: &Transaction,
    member: &Member,
    usage: &Usage,
) -> Result<ReferenceOutcome, ErrorCode> {
    evaluate_late(&Rules::new(files, rule_set_hash), tx, member, usage, None)
}

/// §8: a late purchase is evaluated under the tier of its time, `member.tier`, while `held_now` is what an upgrade
/// has to exceed and what progress tells. Without it both are the same.
pub(crate) fn evaluate_late(
    rules: &Rules<'_>,
    tx: &Transaction,
    member: &Member,
    usage: &Usage,
    held_now: Option<&str>,
) -> Result<ReferenceOutcome, ErrorCode> {
    let mut facts = Facts::new(rules, tx, member, usage);
    validate(&facts)?;
    let held_before = facts.tier.clone();
    let held_now = held_now.map(str::to_owned).or(held_before.clone());
    let zero = |reason| outcome_of_zero(&facts, reason, held_now.as_deref());
    if member.status != Status::Active {
        return Ok(zero("member_inactive"));
    }
    if facts.amount.is_zero() {
        return Ok(zero("zero_amount"));
    }
    let Some((amount, lines)) = eligible(&facts)? else { return Ok(zero("not_eligible")) };

    let mut outcome = ReferenceOutcome::empty(rules, &tx.id, "purchase", tx.occurred_at);
    outcome.amount = facts.amount.clone();
    outcome.eligible_amount = amount.clone();
    facts.eligible_amount = Some(amount.clone());
    facts.tier = tier(&facts, &amount);
    outcome.tier.clone_from(&facts.tier);

    let Base { slices, taken } = base(&facts, &lines)?;
    outcome.taken = taken;
    let loyalty = loyalty(&facts, &amount, &exact_base(&slices));
    let campaigns = campaigns(&facts, &lines, &slices)?;
    let rules_of_slices: Vec<usize> = slices.iter().map(|s| s.rule).collect();
    outcome.components.extend(slices.into_iter().map(|s| s.component));
    outcome.components.extend(loyalty);
    let earned = earn(&facts, &amount);
    let has_earn = usize::from(earned.is_some());
    outcome.points.extend(earned);
    for candidate in &campaigns {
        outcome.taken.extend(candidate.taken.clone());
        match &candidate.given {
            Given::Money(component) => outcome.components.push(component.clone()),
            Given::Points(entry) => outcome.points.push(entry.clone()),
        }
    }
    if rules.at == RoundingAt::Total {
        round_at_total(rules, &mut outcome.components);
    }
    wider_caps(&facts, &amount, &mut outcome.components);
    points_caps(&facts, &mut outcome.points);

    count_base(&facts, &rules_of_slices, &mut outcome)?;
    count_campaigns(&facts, &campaigns, has_earn, &mut outcome)?;
    count_program(&facts, &mut outcome)?;
    progress(&facts, &amount, held_now.as_deref(), &mut outcome);
    outcome.points.retain(|p| p.grant.granted.is_positive());
    fits_in_all(&outcome)?;
    Ok(outcome)
}

/// §11.1: what is granted in all fits 64 bits of minor units, and so do the points.
fn fits_in_all(outcome: &ReferenceOutcome) -> Result<(), ErrorCode> {
    let (money, points) = outcome.decimals;
    let components: Number = outcome.components.iter().map(|c| &c.grant.granted).sum();
    let entries: Number = outcome.points.iter().map(|p| &p.grant.granted).sum();
    for (sum, decimals) in [(components, money), (entries, points)] {
        if sum * Number::from_integer(ten_to(decimals)) > Number::from_integer(i64::MAX.into()) {
            return Err(ErrorCode::Overflow);
        }
    }
    Ok(())
}

/// §3.1, §3.2: nothing is granted and nothing counted; the reason tells why.
fn outcome_of_zero(facts: &Facts<'_>, reason: &'static str, held: Option<&str>) -> ReferenceOutcome {
    let mut outcome = ReferenceOutcome::empty(facts.rules, &facts.tx.id, "purchase", facts.tx.occurred_at);
    outcome.reason = Some(reason);
    outcome.amount = facts.amount.clone();
    outcome.tier.clone_from(&facts.tier);
    outcome.progress = held.map(|held| standing(facts, facts.spending.clone(), held));
    outcome
}

/// §3.2: the eligible amount and the eligible lines; `None` if the purchase is not eligible.
fn eligible<'a>(facts: &Facts<'a>) -> Result<Option<(Number, Vec<&'a Line>)>, ErrorCode> {
    let (rules, program) = (facts.rules, facts.rules.program);
    if let Some(when) = &program.eligible_when
        && !holds(rules, facts, when)?
    {
        return Ok(None);
    }
    let all: Vec<&Line> = facts.tx.items.iter().flatten().collect();
    match &program.eligible_lines {
        // §10: without `items` the whole amount; `items: []` counts as lines.
        Some(condition) if facts.tx.items.is_some() => {
            let mut lines = Vec::new();
            for line in all {
                if holds(rules, &facts.of_line(line), condition)? {
                    lines.push(line);
                }
            }
            let amount: Number = lines.iter().map(|l| number(l.amount)).sum();
            Ok((!amount.is_zero()).then_some((amount, lines)))
        }
        _ => Ok(Some((facts.amount.clone(), all))),
    }
}

/// §3.4: the tier of the transaction: the one held before it, or with `applies: after` the one that spending
/// including this purchase gives, if higher.
fn tier(facts: &Facts<'_>, amount: &Number) -> Option<String> {
    let held = facts.tier.clone()?;
    let rules = facts.rules;
    let mut level = rules.level_index(&held).unwrap();
    if rules.program.tiers.as_ref().unwrap().applies_after {
        level = level.max(rules.level_reached(&(&facts.spending + amount)));
    }
    Some(rules.levels()[level].id.value.clone())
}

/// The level of the transaction's tier.
fn level<'a>(facts: &Facts<'a>) -> Option<&'a Level> {
    facts.rules.levels().iter().find(|l| Some(&l.id.value) == facts.tier.as_ref())
}

/// §3.5: one component, `rate` of the amount or (m - 1) x the exact base.
fn loyalty(facts: &Facts<'_>, amount: &Number, exact_base: &Number) -> Option<Component> {
    let rules = facts.rules;
    let level = level(facts)?;
    let bonus = level.bonus.as_ref()?;
    let (basis, rate, exact) = match (&bonus.rate, &bonus.multiplier) {
        (Some(rate), _) => {
            let rate = number(rate.value);
            (fixed(amount, rules.decimals), rate.clone(), amount * rate)
        }
        (None, multiplier) => {
            let additional = number(multiplier.as_ref().unwrap().value) - Number::one();
            (plain(exact_base), additional.clone(), exact_base * additional)
        }
    };
    let value = match rules.at {
        RoundingAt::Component => round(&exact, rules.decimals, rules.mode),
        RoundingAt::Total => exact.clone(),
    };
    Some(Component {
        kind: Kind::Loyalty,
        id: level.id.value.clone(),
        basis: Some(basis),
        rate: Some(rate),
        exact,
        rounded: value.clone(),
        grant: Grant { granted: value, cuts: Vec::new() },
    })
}

/// §1.3: what remains after own caps and stacking is summed, rounded once, and shared out by largest remainder.
fn round_at_total(rules: &Rules<'_>, components: &mut [Component]) {
    let due: Vec<Number> = components.iter().map(|c| c.grant.granted.clone()).collect();
    let total = round(&due.iter().sum(), rules.decimals, rules.mode);
    for (component, share) in components.iter_mut().zip(share_out(&due, &total, rules.decimals)) {
        component.rounded = share.clone();
        component.grant.granted = share;
    }
}

/// Whose caps a tier's block holds.
fn owner_of_tier(level: &Level) -> Owner {
    Owner { scope: format!("tier.{}", level.id.value), unit: Unit::Money, budget_period: Period::Lifetime }
}

/// Whose caps the program's block holds.
fn owner_of_program() -> Owner {
    Owner { scope: "program".to_owned(), unit: Unit::Money, budget_period: Period::Lifetime }
}

/// §3.8: first the tier's block, then the program's.
fn wider_caps(facts: &Facts<'_>, amount: &Number, components: &mut [Component]) {
    let of_tier = level(facts).and_then(|l| Some((owner_of_tier(l), l.caps.as_ref()?)));
    let of_program = facts.rules.program.caps.as_ref().map(|caps| (owner_of_program(), caps));
    for (owner, caps) in of_tier.into_iter().chain(of_program) {
        let limits = limits(facts, &owner, caps, amount);
        let mut grants: Vec<&mut Grant> = components.iter_mut().map(|c| &mut c.grant).collect();
        cut_wide(&mut grants, &limits, caps, facts.rules.decimals);
    }
}

/// §3.3, §3.11: `spend` counters count what was taken, the counters of base rules what was granted.
fn count_base(facts: &Facts<'_>, rules_of_slices: &[usize], outcome: &mut ReferenceOutcome) -> Result<(), ErrorCode> {
    for (index, rule) in facts.rules.program.base.iter().enumerate() {
        let Some(caps) = &rule.caps else { continue };
        let slices = outcome.components.iter().zip(rules_of_slices).filter(|(_, of)| **of == index);
        let granted: Number = slices.map(|(c, _)| &c.grant.granted).sum();
        count(facts, &owner_of_base(rule), caps, &granted, &mut outcome.usage)?;
    }
    for taken in &outcome.taken {
        let counter = outcome.usage.entry((taken.key.clone(), taken.period.clone()));
        counter.or_insert((Unit::Money, Number::zero())).1 += &taken.amount;
    }
    Ok(())
}

/// §3.11: counters of campaigns: what was finally granted, and a use where it is more than zero.
fn count_campaigns(
    facts: &Facts<'_>,
    campaigns: &[Candidate<'_>],
    has_earn: usize,
    outcome: &mut ReferenceOutcome,
) -> Result<(), ErrorCode> {
    let first_of_money = outcome.components.iter().filter(|c| c.kind != Kind::Campaign).count();
    let mut of_money = outcome.components[first_of_money..].iter().map(|c| &c.grant);
    let mut of_points = outcome.points[has_earn..].iter().map(|p| &p.grant);
    for candidate in campaigns {
        let campaign = candidate.campaign;
        let grant = match candidate.given {
            Given::Money(_) => of_money.next(),
            Given::Points(_) => of_points.next(),
        };
        let granted = &grant.unwrap().granted;
        if let Some(caps) = &campaign.caps {
            count(facts, &owner_of_campaign(campaign), caps, granted, &mut outcome.usage)?;
        }
        if let Some(key) = uses_counter(facts, campaign)? {
            let used = if granted.is_positive() { whole(1) } else { Number::zero() };
            outcome.usage.insert(key, (Unit::Count, used));
        }
    }
    Ok(())
}

/// §3.11, §4.3: counters of the tier (only what was granted under it), of the program, of its points, and of the
/// member where a rule mentions them (§2.3).
fn count_program(facts: &Facts<'_>, outcome: &mut ReferenceOutcome) -> Result<(), ErrorCode> {
    let granted: Number = outcome.components.iter().map(|c| &c.grant.granted).sum();
    let points: Number = outcome.points.iter().map(|p| &p.grant.granted).sum();
    if let Some(level) = level(facts)
        && let Some(caps) = &level.caps
    {
        count(facts, &owner_of_tier(level), caps, &granted, &mut outcome.usage)?;
    }
    if let Some(caps) = &facts.rules.program.caps {
        count(facts, &owner_of_program(), caps, &granted, &mut outcome.usage)?;
    }
    if let Some(caps) = facts.rules.program.points.as_ref().and_then(|p| p.caps.as_ref()) {
        count(facts, &owner_of_points(), caps, &points, &mut outcome.usage)?;
    }
    for (scope, name) in facts_mentioned(facts.rules) {
        let (what, unit, delta) = match scope.as_str() {
            "spent" => ("spend", Unit::Money, outcome.eligible_amount.clone()),
            "visits" => ("visits", Unit::Count, whole(1)),
            _ => continue,
        };
        let period = facts.period(Period::from_name(&name).unwrap())?;
        outcome.usage.insert((format!("member.{what}.{name}"), period), (unit, delta));
    }
    Ok(())
}

/// §3.10: the thresholds after this purchase, and the bonus of the level newly reached.
fn progress(facts: &Facts<'_>, amount: &Number, held: Option<&str>, outcome: &mut ReferenceOutcome) {
    let Some(held) = held else { return };
    let rules = facts.rules;
    let date = facts.local.date();
    let spending = &facts.spending + amount;
    let reached = rules.level_reached(&spending);
    let mut tier = held.to_owned();
    if reached > rules.level_index(held).unwrap() {
        let level = &rules.levels()[reached];
        tier.clone_from(&level.id.value);
        outcome.reached = Some(tier.clone());
        if let Some(points) = &level.upgrade_points
            && bonus_is_due(rules, facts.member.upgrades.get(&tier).copied(), date)
        {
            outcome.points.push(entry(rules, Kind::Upgrade, "upgrade", number(points.value), date));
        }
    }
    outcome.progress = Some(standing(facts, spending, &tier));
}

/// §3.10: once per calendar year; for `rolling_months: n` not again within the n - 1 months after the month of the
/// last grant; for `lifetime` once.
fn bonus_is_due(rules: &Rules<'_>, last: Option<chrono::NaiveDate>, date: chrono::NaiveDate) -> bool {
    use chrono::Datelike;
    let Some(last) = last else { return true };
    match rules.tier_window() {
        TierWindow::CalendarYear => last.year() != date.year(),
        TierWindow::RollingMonths(n) => months_between(last, date) >= i64::from(n),
        TierWindow::Lifetime => false,
    }
}

fn standing(facts: &Facts<'_>, spending: Number, held: &str) -> Progress {
    let kind = facts.rules.tier_window();
    progress_of(facts.rules, window_name(kind, window_of(kind, facts.local.date())), spending, held)
}

/// §3.10: where a member stands with some spending in a window.
pub(crate) fn progress_of(rules: &Rules<'_>, window: String, spending: Number, held: &str) -> Progress {
    let next = rules.levels().get(rules.level_index(held).unwrap() + 1);
    Progress {
        window,
        tier: held.to_owned(),
        next: next.map(|l| l.id.value.clone()),
        missing: next.map(|l| at_least_zero(threshold(l) - &spending)),
        spending,
    }
}
