//! What a campaign pays: exactly one reward, of the kind that its `type` says (semantics §3.6).

use super::caps::Grants;
use super::lower::Check;
use super::program::{Limit, Reward};
use super::report::alternatives;
use crate::source::{Code, Span};
use crate::syntax::written::{self, Campaign, CampaignKind, UpTo};

/// Keys of `reward`, in the order of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Key {
    Rate,
    Fixed,
    Multiplier,
    Amount,
    Points,
    PointsMultiplier,
}

impl Key {
    fn name(self) -> &'static str {
        match self {
            Key::Rate => "rate",
            Key::Fixed => "fixed",
            Key::Multiplier => "multiplier",
            Key::Amount => "amount",
            Key::Points => "points",
            Key::PointsMultiplier => "points_multiplier",
        }
    }

    /// The `type` of a campaign with this reward.
    fn kind(self) -> &'static str {
        match self {
            Key::Rate => "percentage",
            Key::Fixed => "fixed",
            Key::Multiplier => "multiplier",
            Key::Amount => "scripted",
            Key::Points | Key::PointsMultiplier => "points",
        }
    }

    fn grants(self) -> Grants {
        if matches!(self, Key::Points | Key::PointsMultiplier) { Grants::Points } else { Grants::Money }
    }
}

/// The name of a type and the rewards that fit it.
fn of_kind(kind: CampaignKind) -> (&'static str, &'static [Key]) {
    match kind {
        CampaignKind::Percentage => ("percentage", &[Key::Rate]),
        CampaignKind::Fixed => ("fixed", &[Key::Fixed]),
        CampaignKind::Multiplier => ("multiplier", &[Key::Multiplier]),
        CampaignKind::Points => ("points", &[Key::Points, Key::PointsMultiplier]),
        CampaignKind::Scripted => ("scripted", &[Key::Amount]),
    }
}

/// The reward of a campaign and what it grants, if that can be told. Where something is wrong, the reward is a
/// stand-in.
pub(super) fn check(campaign: &Campaign, check: &mut Check<'_>) -> (Reward, Option<Grants>) {
    let stand_in = Reward::Fixed(0);
    // Exactly one reward is there, or the reader told why not.
    let keys = campaign.reward.as_ref().map(keys_of).unwrap_or_default();
    let (Some(reward), &[key]) = (&campaign.reward, keys.as_slice()) else {
        return (stand_in, None);
    };
    if let Some(kind) = &campaign.kind {
        let (name, due) = of_kind(kind.value);
        if !due.contains(&key) {
            let message = format!("the type `{name}` does not go with the reward `{}`", key.name());
            let rewards = alternatives(due.iter().map(|k| k.name()), "or");
            let help = format!("write `type: {}`, or a reward of {rewards}", key.kind());
            check.report.tell(Code::RewardMismatch, kind.span, message, help);
        }
    }
    if let Some(lines) = &campaign.lines
        && key != Key::Rate
    {
        let message = format!("`lines` does not go with the reward `{}`", key.name());
        let help = "only a `rate` is paid on some lines; `when` decides about the whole purchase";
        check.report.tell(Code::KeysConflict, lines.span, message, help);
    }
    let up_to = up_to(campaign.id.value.as_str(), key, reward, check);
    (self::reward(reward, up_to, check).unwrap_or(stand_in), Some(key.grants()))
}

fn keys_of(reward: &written::Reward) -> Vec<Key> {
    let all = [
        (Key::Rate, reward.rate.is_some()),
        (Key::Fixed, reward.fixed.is_some()),
        (Key::Multiplier, reward.multiplier.is_some()),
        (Key::Amount, reward.amount.is_some()),
        (Key::Points, reward.points.is_some()),
        (Key::PointsMultiplier, reward.points_multiplier.is_some()),
    ];
    all.into_iter().filter(|(_, there)| *there).map(|(key, _)| key).collect()
}

fn up_to(id: &str, key: Key, reward: &written::Reward, check: &mut Check<'_>) -> Option<Limit> {
    let up_to = reward.up_to.as_ref()?;
    if !matches!(key, Key::Rate | Key::Multiplier) {
        let message = format!("`up_to` does not go with the reward `{}`", key.name());
        let help = "it limits the amount that a `rate` or `multiplier` counts; to limit what is granted use `caps`";
        check.report.tell(Code::KeysConflict, span_of(up_to), message, help);
        return None;
    }
    // The reader lets no pool pass, which base rules share.
    let UpTo::Spend { spend, per } = up_to else {
        return None;
    };
    let per = check.period(per, true);
    let spend = check.report.amount(check.money, "spend", spend)?;
    Some(Limit { key: format!("campaign.{id}.spend.{}", per.name()), spend, per })
}

fn span_of(up_to: &UpTo) -> Span {
    match up_to {
        UpTo::Spend { spend, .. } => spend.span,
        UpTo::Pool(pool) => pool.span,
    }
}

/// The one reward there is.
fn reward(written: &written::Reward, up_to: Option<Limit>, check: &mut Check<'_>) -> Option<Reward> {
    if let Some(rate) = &written.rate {
        return Some(Reward::Rate { rate: check.report.rate("rate", rate), up_to });
    }
    if let Some(fixed) = &written.fixed {
        return check.report.amount(check.money, "fixed", fixed).map(Reward::Fixed);
    }
    if let Some(multiplier) = &written.multiplier {
        return Some(Reward::Multiplier { multiplier: multiplier.value.normalized(), up_to });
    }
    if let Some(amount) = &written.amount {
        return check.amount_expression(amount).map(Reward::Amount);
    }
    if let Some(points) = &written.points {
        return check.report.amount(check.points, "points", points).map(Reward::Points);
    }
    let multiplier = written.points_multiplier.as_ref()?;
    if !check.has_earn {
        let message = "`points_multiplier` multiplies what `points.earn` gives, and the program has no `points.earn`";
        let help = "add `points: {earn: {points: 1, per: 1.00}}` to the program, or grant `points`";
        check.report.tell(Code::KeysConflict, multiplier.span, message, help);
    }
    Some(Reward::PointsMultiplier(multiplier.value.normalized()))
}
