//! `points` and `redemption` of a program.

use super::caps::CapsOf;
use super::fields::Reader;
use crate::source::Spanned;
use crate::syntax::vocabulary;
use crate::syntax::written::{Points, RedemptionOption};
use crate::syntax::yaml::Node;

/// What points can be spent on.
const KINDS: [&str; 5] = ["cash", "statement_credit", "gift_card", "voucher", "donation"];

impl Reader<'_> {
    pub(super) fn points(&mut self, node: &Node) -> Option<Points> {
        let fields = self.fields(node, &vocabulary::POINTS)?;
        let earn = self.may(&fields, "earn", |r, n| {
            let fields = r.fields(n, &vocabulary::EARN)?;
            Some((r.must(&fields, "points", Self::amount), r.must(&fields, "per", Self::positive)))
        });
        let (earn_points, earn_per) = earn.unwrap_or_default();
        Some(Points {
            earn_points,
            earn_per,
            decimals: self.may(&fields, "decimals", |r, n| r.integer(n, 0, 6)),
            expires_after: self.may(&fields, "expires_after", Self::duration),
            activation_delay: self.may(&fields, "activation_delay", Self::duration),
            caps: self.may(&fields, "caps", |r, n| r.caps(n, CapsOf::Points)),
            span: fields.span,
        })
    }

    pub(super) fn redemption(&mut self, node: &Node) -> Option<Vec<RedemptionOption>> {
        let fields = self.fields(node, &vocabulary::REDEMPTION)?;
        self.must(&fields, "options", |r, n| {
            let items = r.list(n, "a list of options")?;
            Some(items.iter().filter_map(|item| r.redemption_option(item)).collect())
        })
    }

    fn redemption_option(&mut self, node: &Node) -> Option<RedemptionOption> {
        let fields = self.fields(node, &vocabulary::REDEMPTION_OPTION)?;
        let id = self.must(&fields, "id", Self::id);
        let kind = self.must(&fields, "type", |r, n| {
            let word = r.word(n, &KINDS.map(|kind| (kind, kind)))?;
            Some(Spanned { value: word.value.to_owned(), span: word.span })
        });
        let value = self.must(&fields, "value", |r, n| {
            let fields = r.fields(n, &vocabulary::REDEMPTION_VALUE)?;
            Some((r.must(&fields, "points", Self::positive), r.must(&fields, "cash", Self::amount)))
        });
        let (value_points, value_cash) = value.unwrap_or_default();
        let min_points = self.may(&fields, "min_points", Self::amount);
        let step = self.may(&fields, "step", Self::positive);
        let caps = self.may(&fields, "caps", |r, n| r.caps(n, CapsOf::Redemption));
        let tiers = self.may(&fields, "tiers", Self::ids);
        let span = fields.span;
        Some(RedemptionOption { id: id?, kind, value_points, value_cash, min_points, step, caps, tiers, span })
    }
}
