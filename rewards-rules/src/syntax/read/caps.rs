//! `caps`, in the blocks that may have them, and limits on spending.

use super::fields::Reader;
use crate::source::{Code, Spanned};
use crate::syntax::vocabulary::{self, Block};
use crate::syntax::written::{Caps, CutOrder, OnExceed, PerMember, UpTo, Uses};
use crate::syntax::yaml::{Node, NodeKind};
use crate::value::{Exact, Period};

/// Whose caps they are. Each block has its own keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CapsOf {
    /// Of a base rule.
    Base,
    /// Of a campaign of money.
    Campaign,
    /// Of a campaign of points: in points.
    PointsCampaign,
    /// Of a tier level.
    Tier,
    /// Of the program.
    Program,
    /// Of `points`: in points.
    Points,
    /// Of a redemption option: in points.
    Redemption,
}

impl CapsOf {
    fn block(self) -> &'static Block {
        match self {
            CapsOf::Base => &vocabulary::BASE_CAPS,
            CapsOf::Campaign => &vocabulary::CAMPAIGN_CAPS,
            CapsOf::PointsCampaign => &vocabulary::POINTS_CAMPAIGN_CAPS,
            CapsOf::Tier => &vocabulary::TIER_CAPS,
            CapsOf::Program => &vocabulary::PROGRAM_CAPS,
            CapsOf::Points => &vocabulary::POINTS_CAPS,
            CapsOf::Redemption => &vocabulary::REDEMPTION_CAPS,
        }
    }

    fn in_points(self) -> bool {
        matches!(self, CapsOf::PointsCampaign | CapsOf::Points | CapsOf::Redemption)
    }
}

impl Reader<'_> {
    /// A block of caps.
    pub(super) fn caps(&mut self, node: &Node, of: CapsOf) -> Option<Caps> {
        let fields = self.fields(node, of.block())?;
        Some(Caps {
            per_transaction: self.may(&fields, "per_transaction", Self::amount),
            max_percent: self.may(&fields, "max_percent", Self::rate),
            per_member: fields.get("per_member").map_or_else(Vec::new, |n| self.per_member(n, of)),
            uses: self.may(&fields, "uses", Self::uses),
            budget: self.may(&fields, "budget", Self::budget),
            cut: self.may(&fields, "cut", |r, n| {
                r.word(n, &[("last_first", CutOrder::LastFirst), ("proportional", CutOrder::Proportional)])
            }),
            on_exceed: self
                .may(&fields, "on_exceed", |r, n| r.word(n, &[("cut", OnExceed::Cut), ("skip", OnExceed::Skip)])),
            span: fields.span,
        })
    }

    /// One entry, or a list of them.
    fn per_member(&mut self, node: &Node, of: CapsOf) -> Vec<PerMember> {
        match &node.kind {
            NodeKind::List(items) => items.iter().filter_map(|n| self.per_member_entry(n, of)).collect(),
            _ => self.per_member_entry(node, of).into_iter().collect(),
        }
    }

    fn per_member_entry(&mut self, node: &Node, of: CapsOf) -> Option<PerMember> {
        let (block, right, wrong) = if of.in_points() {
            (&vocabulary::PER_MEMBER_POINTS, "points", "amount")
        } else {
            (&vocabulary::PER_MEMBER, "amount", "points")
        };
        let fields = self.fields_beside(node, block, &[wrong])?;
        let mut limit = None;
        if let Some(at) = fields.key(wrong) {
            let message = format!("`{wrong}` does not fit here");
            self.complain(Code::KeysConflict, at, message, format!("{} are counted in `{right}`", of.block().what));
        } else {
            limit = self.must(&fields, right, Self::amount);
        }
        let per = self.must(&fields, "per", Self::period)?;
        let limit = limit?;
        let (amount, points) = if of.in_points() { (None, Some(limit)) } else { (Some(limit), None) };
        Some(PerMember { amount, points, per, span: fields.span })
    }

    fn budget(&mut self, node: &Node) -> Option<Spanned<Exact>> {
        if let NodeKind::Map(_) = node.kind {
            let help = "a budget has no period: it is one amount for all members together, and never starts again";
            self.wrong_shape(node, "an amount", Some(help.to_owned()));
            return None;
        }
        self.amount(node)
    }

    fn uses(&mut self, node: &Node) -> Option<Uses> {
        let fields = self.fields(node, &vocabulary::USES)?;
        let count = self.must(&fields, "count", |r, n| r.integer(n, 0, 1_000_000_000));
        let per = self.may(&fields, "per", Self::period);
        Some(Uses { count: count?, per })
    }

    /// `{spend, per}`.
    pub(super) fn limit(&mut self, node: &Node, block: &'static Block) -> Option<(Spanned<Exact>, Spanned<Period>)> {
        let fields = self.fields(node, block)?;
        let spend = self.must(&fields, "spend", Self::amount);
        let per = self.must(&fields, "per", Self::period);
        Some((spend?, per?))
    }

    /// `{spend, per}` or `{pool}` of a base rule.
    pub(super) fn up_to_or_pool(&mut self, node: &Node) -> Option<UpTo> {
        let fields = self.fields(node, &vocabulary::UP_TO)?;
        if fields.has("pool") {
            if let Some(at) = fields.key("spend").or_else(|| fields.key("per")) {
                let help = "the pool has its own `spend` and `per`, under `pools`";
                self.complain(Code::KeysConflict, at, "a limit by `pool` has no other key", help);
            }
            return self.may(&fields, "pool", Self::id).map(UpTo::Pool);
        }
        let spend = self.must(&fields, "spend", Self::amount);
        let per = self.must(&fields, "per", Self::period);
        Some(UpTo::Spend { spend: spend?, per: per? })
    }

    /// `{spend, per}` of a reward.
    pub(super) fn up_to(&mut self, node: &Node) -> Option<UpTo> {
        let (spend, per) = self.limit(node, &vocabulary::UP_TO_OF_REWARD)?;
        Some(UpTo::Spend { spend, per })
    }
}
