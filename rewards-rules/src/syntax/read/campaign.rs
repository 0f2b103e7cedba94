//! A campaign.

use chrono::Weekday;

use super::caps::CapsOf;
use super::fields::{Fields, Reader};
use crate::source::Spanned;
use crate::syntax::vocabulary::{self, REWARDS};
use crate::syntax::written::{Audience, Campaign, CampaignKind, Hours, Reward};
use crate::syntax::yaml::Node;

const TYPES: [(&str, CampaignKind); 5] = [
    ("percentage", CampaignKind::Percentage),
    ("fixed", CampaignKind::Fixed),
    ("multiplier", CampaignKind::Multiplier),
    ("points", CampaignKind::Points),
    ("scripted", CampaignKind::Scripted),
];

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

impl Reader<'_> {
    /// A campaign. Without a readable id it is left out.
    pub(super) fn campaign(&mut self, node: &Node) -> Option<Campaign> {
        let fields = self.fields(node, &vocabulary::CAMPAIGN)?;
        let id = self.must(&fields, "campaign", Self::id);
        let name = self.may(&fields, "name", Self::text);
        let funded_by = self.may(&fields, "funded_by", Self::text);
        let kind = self.must(&fields, "type", |r, n| r.word(n, &TYPES));
        let priority = self.may(&fields, "priority", |r, n| r.integer(n, -1_000_000_000, 1_000_000_000));
        let active = self.may(&fields, "active", |r, n| {
            let fields = r.fields(n, &vocabulary::ACTIVE)?;
            Some((r.may(&fields, "from", Self::bound), r.may(&fields, "to", Self::bound)))
        });
        let (from, to) = active.unwrap_or_default();
        let days = self.may(&fields, "days", Self::days);
        let hours = self.may(&fields, "hours", Self::hours);
        let audience = self.may(&fields, "audience", Self::audience);
        let when = self.may(&fields, "when", Self::expression);
        let lines = self.may(&fields, "lines", Self::expression);
        let min_transaction = self.may(&fields, "min_transaction", Self::amount);
        let of = caps_of(&fields, kind.as_ref());
        let reward = self.must(&fields, "reward", Self::reward);
        let caps = self.may(&fields, "caps", |r, n| r.caps(n, of));
        let stacking = self.may(&fields, "stacking", |r, n| {
            let fields = r.fields(n, &vocabulary::STACKING)?;
            Some((r.may(&fields, "group", Self::text), r.may(&fields, "exclusive", Self::boolean)))
        });
        let (group, exclusive) = stacking.unwrap_or_default();
        let requalify =
            self.may(&fields, "on_refund", |r, n| r.word(n, &[("proportional", false), ("requalify", true)]));
        Some(Campaign {
            id: id?,
            name,
            funded_by,
            kind,
            priority,
            from,
            to,
            days,
            hours,
            audience,
            when,
            lines,
            min_transaction,
            reward,
            caps,
            group,
            exclusive,
            requalify: requalify.is_some_and(|r| r.value),
            paused: false,
            span: fields.span,
        })
    }

    fn days(&mut self, node: &Node) -> Option<Spanned<Vec<Weekday>>> {
        let items = self.list(node, "a list of days")?;
        let days: Vec<Weekday> = items.iter().filter_map(|n| self.word(n, &DAYS)).map(|day| day.value).collect();
        (days.len() == items.len()).then_some(Spanned { value: days, span: node.span })
    }

    fn hours(&mut self, node: &Node) -> Option<Hours> {
        let fields = self.fields(node, &vocabulary::HOURS)?;
        let from = self.must(&fields, "from", |r, n| r.time(n, false));
        let to = self.must(&fields, "to", |r, n| r.time(n, true));
        let from = from?;
        Some(Hours { from: Spanned { value: from.value?, span: from.span }, to: to? })
    }

    fn audience(&mut self, node: &Node) -> Option<Audience> {
        let fields = self.fields(node, &vocabulary::AUDIENCE)?;
        Some(Audience {
            tiers: self.may(&fields, "tiers", Self::ids),
            segments: self.may(&fields, "segments", Self::texts),
            enrolled: self.may(&fields, "enrolled", Self::boolean).is_some_and(|e| e.value),
            share: self.may(&fields, "share", Self::share),
        })
    }

    fn reward(&mut self, node: &Node) -> Option<Reward> {
        let fields = self.fields(node, &vocabulary::REWARD)?;
        self.one_of(&fields, &REWARDS);
        Some(Reward {
            rate: self.may(&fields, "rate", Self::rate),
            fixed: self.may(&fields, "fixed", Self::amount),
            multiplier: self.may(&fields, "multiplier", Self::multiplier),
            amount: self.may(&fields, "amount", Self::expression),
            points: self.may(&fields, "points", Self::amount),
            points_multiplier: self.may(&fields, "points_multiplier", Self::multiplier),
            up_to: self.may(&fields, "up_to", Self::up_to),
            span: fields.span,
        })
    }
}

/// Whether the campaign's caps are in money or in points: the reward tells, else the type.
fn caps_of(fields: &Fields<'_>, kind: Option<&Spanned<CampaignKind>>) -> CapsOf {
    let reward = fields.get("reward");
    let has = |key: &str| reward.is_some_and(|r| r.get(key).is_some());
    let points = if REWARDS.iter().any(|key| has(key)) {
        has("points") || has("points_multiplier")
    } else {
        kind.is_some_and(|k| k.value == CampaignKind::Points)
    };
    if points { CapsOf::PointsCampaign } else { CapsOf::Campaign }
}
