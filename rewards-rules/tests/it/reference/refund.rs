//! Refunds: what of a purchase is taken back, and what is given back for it (semantics §6).

use num_traits::{Signed, Zero};
use rewards_rules::input::{ErrorCode, Refund};
use rewards_rules::syntax::written::Campaign;
use rewards_rules::value::{Period, RoundingMode};

use super::base::owner as owner_of_base;
use super::calendar::{wall_clock, window_name, window_of};
use super::campaigns::{owner as owner_of_campaign, uses_counter};
use super::caps::{Owner, count};
use super::evaluate::progress_of;
use super::expression::holds;
use super::facts::{Facts, check_money, facts_mentioned};
use super::number::{Number, cut_after, number, round, whole};
use super::outcome::{Component, Deltas, Grant, Kind, PointsEntry, ReferenceOutcome, Unit};
use super::points::owner as owner_of_points;
use super::rules::Rules;
use super::state::{MemberState, Posted, ReferenceState};

/// §6.1: takes a refund's part of its purchase back.
pub(crate) fn refund(world: &mut ReferenceState<'_>, event: &Refund) -> Result<ReferenceOutcome, ErrorCode> {
    let rules = world.rules.clone();
    let mut posted = world.posted.get(&event.original).ok_or(ErrorCode::RefundUnknownPurchase)?.clone();
    if event.member.as_ref().is_some_and(|m| *m != posted.member.id) {
        return Err(ErrorCode::RefundWrongMember);
    }
    let amount = number(event.amount);
    check_money(&rules, &amount)?;
    let refunded = &posted.refunded + &amount;
    if refunded > number(posted.tx.amount) {
        return Err(ErrorCode::RefundExceedsPurchase);
    }
    let share = eligible_share(&rules, &mut posted, event, &amount)?;
    let before = posted.eligible_refunded.clone();
    let all = posted.outcome.eligible_amount.clone();
    // §6.2: R never exceeds A; when refunds reach `tx.amount`, R = A.
    let after = if refunded == number(posted.tx.amount) { all.clone() } else { (&before + share).min(all.clone()) };
    posted.refunded = refunded;
    posted.eligible_refunded = after.clone();

    let (mut state, today) = world.prepared(&posted.member.clone(), event.occurred_at)?;
    let mut outcome = ReferenceOutcome::empty(&rules, &event.id, "refund", event.occurred_at);
    outcome.original = Some(event.original.clone());
    outcome.amount = -amount;
    let money = |x: &Number| round(x, rules.decimals, rules.mode);
    outcome.eligible_amount = money(&before) - money(&after);
    outcome.tier.clone_from(&posted.outcome.tier);

    let part = Part { before: before.clone(), after: after.clone(), all: all.clone() };
    if !all.is_zero() {
        reverse_components(&rules, &mut posted, &part, &mut outcome)?;
        give_counters_back(&rules, &mut posted, &part, &mut outcome)?;
        world.count(&mut state, &outcome.usage);
        let reversed: Number = -outcome.points.iter().map(|p| &p.grant.granted).sum::<Number>();
        state.lots.reverse(&reversed, |lot| lot.purchase == event.original, today);
        take_tier(&rules, &posted, &part, &mut state, &mut outcome);
    }
    if !rules.levels().is_empty() {
        let kind = rules.tier_window();
        let date = wall_clock(rules.zone, posted.tx.occurred_at).date();
        let window = window_of(kind, date);
        let held = &rules.levels()[state.standing.level()].id.value;
        let spending = state.standing.spending(&rules, window);
        outcome.progress = Some(progress_of(&rules, window_name(kind, window), spending, held));
    }
    world.members.insert(posted.member.id.clone(), state);
    world.posted.insert(event.original.clone(), posted);
    Ok(outcome)
}

/// R before and after a refund, and A.
struct Part {
    before: Number,
    after: Number,
    all: Number,
}

impl Part {
    /// §6.2: what has been reversed of a whole, cumulatively: round(G x R / A).
    fn reversed(&self, whole: &Number, decimals: u32, mode: RoundingMode) -> (Number, Number) {
        let of = |r: &Number| round(&(whole * r / &self.all), decimals, mode);
        (of(&self.before), of(&self.after))
    }

    /// §10: full is R = A.
    fn is_full(&self) -> bool {
        self.after == self.all
    }
}

/// §6.2: with lines their eligible amount; without amount x A / tx.amount. §10: lines of a refund name lines of the
/// purchase and sum to its amount.
fn eligible_share(
    rules: &Rules<'_>,
    posted: &mut Posted,
    event: &Refund,
    amount: &Number,
) -> Result<Number, ErrorCode> {
    let Some(lines) = &event.lines else {
        return Ok(amount * &posted.outcome.eligible_amount / number(posted.tx.amount));
    };
    let items = posted.tx.items.as_deref().unwrap_or_default();
    let facts = Facts::new(rules, &posted.tx, &posted.member, &posted.usage);
    let mut eligible = Number::zero();
    let mut sum = Number::zero();
    for line in lines {
        let amount = number(line.amount);
        check_money(rules, &amount)?;
        let named = items.iter().enumerate().position(|(at, item)| {
            (line.sku.is_none() || line.sku == item.sku)
                && (line.category.is_none() || line.category == item.category)
                && amount <= posted.lines_left[at]
        });
        let at = named.ok_or(ErrorCode::RefundLinesMismatch)?;
        posted.lines_left[at] -= &amount;
        let counts = match &rules.program.eligible_lines {
            Some(condition) => holds(rules, &facts.of_line(&items[at]), condition)?,
            None => true,
        };
        if counts && posted.outcome.reason.is_none() {
            eligible += &amount;
        }
        sum += amount;
    }
    if sum == *amount { Ok(eligible) } else { Err(ErrorCode::RefundLinesMismatch) }
}

/// §6.2, §6.3: each component that granted something gives back its part.
fn reverse_components(
    rules: &Rules<'_>,
    posted: &mut Posted,
    part: &Part,
    outcome: &mut ReferenceOutcome,
) -> Result<(), ErrorCode> {
    let of_purchase = posted.outcome.clone();
    for (at, component) in of_purchase.components.iter().enumerate() {
        let granted = &component.grant.granted;
        if granted.is_zero() {
            continue;
        }
        let (exact, delta) =
            reversal(rules, posted, part, (at, component.kind, &component.id, granted), (rules.decimals, rules.mode))?;
        outcome.components.push(Component {
            kind: component.kind,
            id: component.id.clone(),
            basis: None,
            rate: None,
            exact: -exact,
            rounded: -delta.clone(),
            grant: Grant { granted: -delta, cuts: Vec::new() },
        });
    }
    for (at, entry) in of_purchase.points.iter().enumerate() {
        // §6.4: upgrade points are not given back.
        if entry.kind == Kind::Upgrade {
            continue;
        }
        let (exact, delta) = reversal(
            rules,
            posted,
            part,
            (of_purchase.components.len() + at, entry.kind, &entry.id, &entry.grant.granted),
            (rules.points_decimals, RoundingMode::Down),
        )?;
        if !delta.is_zero() {
            outcome.points.push(points_entry(entry.kind, &entry.id, -exact, -delta));
        }
    }
    Ok(())
}

fn points_entry(kind: Kind, id: &str, exact: Number, granted: Number) -> PointsEntry {
    let grant = Grant { granted, cuts: Vec::new() };
    PointsEntry { kind, id: id.to_owned(), exact, grant, spendable_on: None, expires_on: None }
}

/// §6.2, §6.3: what this refund reverses of one component, exactly and rounded.
fn reversal(
    rules: &Rules<'_>,
    posted: &mut Posted,
    part: &Part,
    (at, kind, id, granted): (usize, Kind, &str, &Number),
    (decimals, mode): (u32, RoundingMode),
) -> Result<(Number, Number), ErrorCode> {
    let is_campaign = matches!(kind, Kind::Campaign | Kind::PointsCampaign);
    let campaign = rules.files.campaigns.iter().find(|c| is_campaign && c.id.value == *id && c.requalify);
    let (exact, after) = match campaign {
        None => {
            let (_, after) = part.reversed(granted, decimals, mode);
            (granted * (&part.after - &part.before) / &part.all, after)
        }
        Some(campaign) => {
            // A component once reversed stays so.
            let gone =
                !posted.reversed[at].is_zero() || part.is_full() || !still_qualifies(rules, posted, part, campaign)?;
            let after = if gone { granted.clone() } else { Number::zero() };
            (&after - &posted.reversed[at], after)
        }
    };
    let delta = &after - &posted.reversed[at];
    posted.reversed[at] = after;
    Ok((exact, delta))
}

/// §6.3: `min_transaction` and `when` again, with amounts less what was refunded and all other facts as stored.
fn still_qualifies(rules: &Rules<'_>, posted: &Posted, part: &Part, campaign: &Campaign) -> Result<bool, ErrorCode> {
    let left = &part.all - &part.after;
    if campaign.min_transaction.as_ref().is_some_and(|min| left < number(min.value)) {
        return Ok(false);
    }
    let mut facts = Facts::new(rules, &posted.tx, &posted.member, &posted.usage);
    facts.tier.clone_from(&posted.outcome.tier);
    facts.amount = number(posted.tx.amount) - &posted.refunded;
    facts.eligible_amount = Some(left);
    campaign.when.as_ref().map_or(Ok(true), |when| holds(rules, &facts, when))
}

/// §6.4: counters get back, in the period of the purchase, what the components reversed.
fn give_counters_back(
    rules: &Rules<'_>,
    posted: &mut Posted,
    part: &Part,
    outcome: &mut ReferenceOutcome,
) -> Result<(), ErrorCode> {
    let of_purchase = posted.clone();
    let mut facts = Facts::new(rules, &of_purchase.tx, &of_purchase.member, &of_purchase.usage);
    facts.tier.clone_from(&of_purchase.outcome.tier);
    let mut deltas = Deltas::new();
    let money = |kind: Kind, id: &str| -> Number {
        outcome.components.iter().filter(|c| c.kind == kind && c.id == id).map(|c| &c.grant.granted).sum()
    };
    let points = |id: &str| -> Number {
        let of_campaign = |p: &&PointsEntry| p.kind == Kind::PointsCampaign && p.id == id;
        outcome.points.iter().filter(of_campaign).map(|p| &p.grant.granted).sum()
    };
    for rule in &rules.program.base {
        if let Some(caps) = &rule.caps {
            count(&facts, &owner_of_base(rule), caps, &money(Kind::Base, &rule.id.value), &mut deltas)?;
        }
    }
    for campaign in &rules.files.campaigns {
        let id = &campaign.id.value;
        if let Some(caps) = &campaign.caps {
            let back = money(Kind::Campaign, id) + points(id);
            count(&facts, &owner_of_campaign(campaign), caps, &back, &mut deltas)?;
        }
        // A use comes back when the purchase is refunded in full or a requalify component is reversed.
        if let Some(key) = uses_counter(&facts, campaign)? {
            let counted = of_purchase.outcome.usage.get(&key).is_some_and(|(_, used)| used.is_positive());
            let requalify_gone = campaign.requalify && is_reversed(&of_purchase, id);
            if counted && (part.is_full() || requalify_gone) && !posted.uses_given_back.contains(id) {
                posted.uses_given_back.push(id.clone());
                deltas.insert(key, (Unit::Count, whole(-1)));
            }
        }
    }
    let all: Number = outcome.components.iter().map(|c| &c.grant.granted).sum();
    let tier = rules.levels().iter().find(|l| Some(&l.id.value) == facts.tier.as_ref());
    if let Some((level, caps)) = tier.and_then(|l| Some((l, l.caps.as_ref()?))) {
        let scope = format!("tier.{}", level.id.value);
        count(&facts, &program_like(scope), caps, &all, &mut deltas)?;
    }
    if let Some(caps) = &rules.program.caps {
        count(&facts, &program_like("program".to_owned()), caps, &all, &mut deltas)?;
    }
    if let Some(caps) = rules.program.points.as_ref().and_then(|p| p.caps.as_ref()) {
        let all: Number = outcome.points.iter().map(|p| &p.grant.granted).sum();
        count(&facts, &owner_of_points(), caps, &all, &mut deltas)?;
    }
    // Each `spend` counter in proportion, cumulatively; a pool for each rule (§10).
    for taken in &of_purchase.outcome.taken {
        let (before, after) = part.reversed(&taken.amount, rules.decimals, rules.mode);
        let counter = deltas.entry((taken.key.clone(), taken.period.clone()));
        counter.or_insert((Unit::Money, Number::zero())).1 += before - after;
    }
    for (scope, name) in facts_mentioned(rules) {
        if scope == "spent" {
            let period = facts.period(Period::from_name(&name).unwrap())?;
            let key = (format!("member.spend.{name}"), period);
            deltas.insert(key, (Unit::Money, outcome.eligible_amount.clone()));
        }
    }
    outcome.usage = deltas;
    Ok(())
}

fn program_like(scope: String) -> Owner {
    Owner { scope, unit: Unit::Money, budget_period: Period::Lifetime }
}

/// §6.3: whether the component of a campaign has been reversed.
fn is_reversed(posted: &Posted, campaign: &str) -> bool {
    let of_money = posted.outcome.components.iter().map(|c| (c.kind, &c.id));
    let of_points = posted.outcome.points.iter().map(|p| (p.kind, &p.id));
    of_money.chain(of_points).zip(&posted.reversed).any(|((kind, id), reversed)| {
        matches!(kind, Kind::Campaign | Kind::PointsCampaign) && id == campaign && !reversed.is_zero()
    })
}

/// §6.4: tier spending goes back R cut after 12 decimals; §6.6: with `refund: immediate` the tier may go, and its
/// bonus with it, an entry each from the highest level down.
fn take_tier(rules: &Rules<'_>, posted: &Posted, part: &Part, state: &mut MemberState, outcome: &mut ReferenceOutcome) {
    let Some(tiers) = &rules.program.tiers else { return };
    let date = wall_clock(rules.zone, posted.tx.occurred_at).date();
    let back = cut_after(&part.before, 12) - cut_after(&part.after, 12);
    state.standing.add_spending(rules, date, &back);
    if !tiers.refund_immediate {
        return;
    }
    let now = state.now;
    let today = wall_clock(rules.zone, now).date();
    for (level, bonus) in state.standing.refunded(rules, date, now) {
        // §10 on 3.10: a bonus that was reversed does not count as granted.
        match bonus.previous {
            Some(previous) => state.upgrades.insert(level, previous),
            None => state.upgrades.remove(&level),
        };
        state.lots.reverse(&bonus.points, |lot| lot.upgrade && lot.purchase == bonus.purchase, today);
        outcome.points.push(points_entry(Kind::Upgrade, "upgrade", -bonus.points.clone(), -bonus.points));
    }
}
