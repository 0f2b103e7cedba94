//! Campaigns: who is a candidate, what it grants, and which of them stay (semantics §3.6, §3.7, §9.4).

use num_bigint::BigInt;
use num_traits::{Signed, Zero};
use rewards_rules::input::{ErrorCode, Line};
use rewards_rules::syntax::written::{Campaign, Reward, UpTo};
use rewards_rules::value::{Period, RoundingAt};
use sha2::{Digest, Sha256};

use super::base::{Slice, exact_base, shown};
use super::calendar::{is_active, is_open};
use super::caps::{Owner, Shown, cut_own, limits};
use super::expression::{Value, holds, value_of};
use super::facts::Facts;
use super::number::{Number, at_least_zero, fixed, number, plain, round, whole};
use super::outcome::{Component, Grant, Kind, PointsEntry, Taken, Unit};
use super::points::{entry, plain_earn};

/// What a candidate gives.
pub(crate) enum Given {
    Money(Component),
    Points(PointsEntry),
}

/// A campaign that applies, after its own caps.
pub(crate) struct Candidate<'a> {
    pub(crate) campaign: &'a Campaign,
    pub(crate) given: Given,
    /// What `up_to` counts if the campaign survives stacking.
    pub(crate) taken: Option<Taken>,
}

impl Candidate<'_> {
    pub(crate) fn grant(&self) -> &Grant {
        match &self.given {
            Given::Money(component) => &component.grant,
            Given::Points(entry) => &entry.grant,
        }
    }

    fn grants(&self) -> bool {
        self.grant().granted.is_positive()
    }
}

/// §3.6, §3.7: the campaigns that stay, in order.
pub(crate) fn campaigns<'a>(
    facts: &Facts<'a>,
    eligible: &[&Line],
    slices: &[Slice],
) -> Result<Vec<Candidate<'a>>, ErrorCode> {
    let mut candidates = Vec::new();
    for campaign in facts.rules.campaigns() {
        if applies(facts, campaign)? {
            candidates.extend(candidate(facts, campaign, eligible, slices)?);
        }
    }
    Ok(stacked(candidates))
}

/// §3.6: the conditions of a candidate, in the order of §2.5.
fn applies(facts: &Facts<'_>, campaign: &Campaign) -> Result<bool, ErrorCode> {
    let amount = facts.eligible_amount.clone().unwrap();
    if !is_active(campaign, facts.rules.zone, facts.tx.occurred_at) || !is_open(campaign, facts.local) {
        return Ok(false);
    }
    if campaign.min_transaction.as_ref().is_some_and(|min| amount < number(min.value)) {
        return Ok(false);
    }
    if !in_audience(facts, campaign) {
        return Ok(false);
    }
    if let Some(uses) = campaign.caps.as_ref().and_then(|c| c.uses.as_ref())
        && facts.used(&uses_key(campaign)) >= whole(uses.count.value)
    {
        return Ok(false);
    }
    campaign.when.as_ref().map_or(Ok(true), |when| holds(facts.rules, facts, when))
}

/// §3.4, §3.6, §10: the transaction's tier, any of the segments, the share, the enrolment.
fn in_audience(facts: &Facts<'_>, campaign: &Campaign) -> bool {
    let Some(audience) = &campaign.audience else { return true };
    let tier = audience
        .tiers
        .as_ref()
        .is_none_or(|tiers| facts.tier.as_ref().is_some_and(|held| tiers.iter().any(|t| t.value == *held)));
    let segments = audience.segments.as_ref().is_none_or(|segments| {
        let of_member = facts.member.segments.as_deref().unwrap_or_default();
        segments.iter().any(|s| of_member.contains(&s.value))
    });
    let share =
        audience.share.as_ref().is_none_or(|s| in_share(&campaign.id.value, &facts.member.id, &number(s.value)));
    let enrolments = facts.member.enrolments.as_deref().unwrap_or_default();
    tier && segments && share && (!audience.enrolled || enrolments.contains(&campaign.id.value))
}

/// §9.4: the first 8 bytes of SHA-256(campaign id, `:`, member id) as an integer are below floor(s x 2^64).
fn in_share(campaign: &str, member: &str, share: &Number) -> bool {
    let digest = Sha256::digest(format!("{campaign}:{member}"));
    let draw = BigInt::from_bytes_be(num_bigint::Sign::Plus, &digest[..8]);
    draw < (share * Number::from_integer(BigInt::from(2).pow(64))).floor().to_integer()
}

/// §4.3: the counter of `uses`; without `per` it is of the whole campaign.
fn uses_key(campaign: &Campaign) -> String {
    format!("campaign.{}.uses.{}", campaign.id.value, uses_period(campaign).name())
}

/// The period of `uses`.
fn uses_period(campaign: &Campaign) -> Period {
    let uses = campaign.caps.as_ref().and_then(|c| c.uses.as_ref());
    uses.and_then(|u| u.per.as_ref()).map_or(Period::Campaign, |per| per.value)
}

/// §3.11: where a use is counted, if uses are limited.
pub(crate) fn uses_counter(facts: &Facts<'_>, campaign: &Campaign) -> Result<Option<(String, String)>, ErrorCode> {
    match campaign.caps.as_ref().and_then(|c| c.uses.as_ref()) {
        None => Ok(None),
        Some(_) => Ok(Some((uses_key(campaign), facts.period(uses_period(campaign))?))),
    }
}

/// Whose caps a campaign's are.
pub(crate) fn owner(campaign: &Campaign) -> Owner {
    let reward = campaign.reward.as_ref().unwrap();
    let points = reward.points.is_some() || reward.points_multiplier.is_some();
    Owner {
        scope: format!("campaign.{}", campaign.id.value),
        unit: if points { Unit::Points } else { Unit::Money },
        budget_period: Period::Campaign,
    }
}

/// The exact reward with what it stands on.
struct Exact {
    basis: Option<String>,
    rate: Option<Number>,
    exact: Number,
    taken: Option<Taken>,
}

/// §3.6: the reward, rounded, then cut by its own caps.
fn candidate<'a>(
    facts: &Facts<'a>,
    campaign: &'a Campaign,
    eligible: &[&Line],
    slices: &[Slice],
) -> Result<Option<Candidate<'a>>, ErrorCode> {
    let rules = facts.rules;
    let amount = facts.eligible_amount.clone().unwrap();
    let reward = campaign.reward.as_ref().unwrap();
    let owner = owner(campaign);
    let Some(Exact { basis, rate, exact, taken }) = reward_of(facts, campaign, reward, eligible, slices)? else {
        return Ok(None);
    };
    let mut given = if owner.unit == Unit::Points {
        Given::Points(entry(rules, Kind::PointsCampaign, &campaign.id.value, exact, facts.local.date()))
    } else {
        let value = match rules.at {
            RoundingAt::Component => round(&exact, rules.decimals, rules.mode),
            RoundingAt::Total => exact.clone(),
        };
        Given::Money(Component {
            kind: Kind::Campaign,
            id: campaign.id.value.clone(),
            basis,
            rate,
            exact,
            rounded: value.clone(),
            grant: Grant { granted: value, cuts: Vec::new() },
        })
    };
    if let Some(caps) = &campaign.caps {
        let limits = limits(facts, &owner, caps, &amount);
        let (grant, shown) = match &mut given {
            Given::Money(component) => (&mut component.grant, shown(facts)),
            Given::Points(entry) => (&mut entry.grant, Shown::Fixed(rules.points_decimals)),
        };
        cut_own(&mut [grant], &limits, caps, shown);
    }
    Ok(Some(Candidate { campaign, given, taken }))
}

/// §3.6: the exact value of a reward; `None` where it grants nothing: no line matches, nothing of `up_to` is left,
/// or `amount` is absent.
fn reward_of(
    facts: &Facts<'_>,
    campaign: &Campaign,
    reward: &Reward,
    eligible: &[&Line],
    slices: &[Slice],
) -> Result<Option<Exact>, ErrorCode> {
    let rules = facts.rules;
    let amount = facts.eligible_amount.clone().unwrap();
    let bare = |exact: Number| Some(Exact { basis: None, rate: None, exact, taken: None });
    if let Some(fixed) = &reward.fixed {
        return Ok(bare(number(fixed.value)));
    }
    if let Some(points) = &reward.points {
        return Ok(bare(number(points.value)));
    }
    if let Some(m) = &reward.points_multiplier {
        let earn = plain_earn(rules, &amount).unwrap_or_default();
        return Ok(bare((number(m.value) - whole(1)) * earn));
    }
    if let Some(expression) = &reward.amount {
        return Ok(match value_of(rules, facts, expression)? {
            Value::Absent => None,
            // §1.6: below zero counts as zero.
            Value::Integer(i) => bare(at_least_zero(whole(i))),
            Value::Decimal(d) => bare(at_least_zero(d)),
            _ => return Err(ErrorCode::ScriptError),
        });
    }
    let mut counted = amount;
    if let Some(lines) = &campaign.lines {
        let mut matching = Vec::new();
        for line in eligible {
            if holds(rules, &facts.of_line(line), lines)? {
                matching.push(number(line.amount));
            }
        }
        if matching.is_empty() {
            return Ok(None);
        }
        counted = matching.into_iter().sum();
    }
    let mut taken = None;
    if let Some(UpTo::Spend { spend, per }) = &reward.up_to {
        let key = format!("campaign.{}.spend.{}", campaign.id.value, per.value.name());
        let left = at_least_zero(number(spend.value) - facts.used(&key));
        if left.is_zero() {
            return Ok(None);
        }
        counted = counted.min(left);
        taken = Some(Taken { key, period: facts.period(per.value)?, amount: counted.clone() });
    }
    if let Some(rate) = &reward.rate {
        let rate = number(rate.value);
        let exact = &counted * &rate;
        return Ok(Some(Exact { basis: Some(fixed(&counted, rules.decimals)), rate: Some(rate), exact, taken }));
    }
    let additional = number(reward.multiplier.as_ref().unwrap().value) - whole(1);
    let base = if reward.up_to.is_some() { base_of_first(slices, counted) } else { exact_base(slices) };
    let exact = &base * &additional;
    Ok(Some(Exact { basis: Some(plain(&base)), rate: Some(additional), exact, taken }))
}

/// §3.6: the exact base of the first `left` of the amount: the base slices of it, in order.
fn base_of_first(slices: &[Slice], mut left: Number) -> Number {
    let mut base = Number::zero();
    for slice in slices {
        let part = slice.amount.clone().min(left.clone());
        left -= &part;
        base += part * &slice.rate;
    }
    base
}

/// §3.7: groups first, then exclusives. Candidates stand in order.
fn stacked(mut candidates: Vec<Candidate<'_>>) -> Vec<Candidate<'_>> {
    // Of a group only the one that grants most after its own caps stays; a tie: who stands first.
    let group_of = |c: &Candidate<'_>| c.campaign.group.as_ref().map(|g| g.value.clone());
    let mut stays = vec![true; candidates.len()];
    for (at, candidate) in candidates.iter().enumerate() {
        let Some(group) = group_of(candidate) else { continue };
        for (other_at, other) in candidates.iter().enumerate() {
            if other_at != at && group_of(other).as_ref() == Some(&group) {
                let (mine, its) = (&candidate.grant().granted, &other.grant().granted);
                if its > mine || (its == mine && other_at < at) {
                    stays[at] = false;
                }
            }
        }
    }
    let mut stay = stays.into_iter();
    candidates.retain(|_| stay.next().unwrap());

    // The first exclusive one that grants stays alone if it stands before every other that grants.
    let is_exclusive = |c: &Candidate<'_>| c.campaign.exclusive.as_ref().is_some_and(|e| e.value);
    let first_that_grants = candidates.iter().position(Candidate::grants);
    if let Some(first) = first_that_grants.filter(|&first| is_exclusive(&candidates[first])) {
        return vec![candidates.swap_remove(first)];
    }
    // An exclusive one that stands after one that grants is dropped instead.
    let mut at = 0..candidates.len();
    candidates.retain(|c| {
        let after_a_grant = first_that_grants.is_some_and(|first| first < at.next().unwrap());
        !(is_exclusive(c) && after_a_grant)
    });
    candidates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_all_holds_everyone_and_one_of_nothing_no_one() {
        for member in ["m1", "m2", "someone-else"] {
            assert!(in_share("trial", member, &whole(1)));
            assert!(!in_share("trial", member, &whole(0)));
        }
    }
}
