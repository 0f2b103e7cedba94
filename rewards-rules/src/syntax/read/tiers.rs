//! `tiers` of a program.

use super::caps::CapsOf;
use super::fields::Reader;
use crate::source::{Code, Spanned};
use crate::syntax::vocabulary;
use crate::syntax::written::{Bonus, Level, TierWindow, Tiers};
use crate::syntax::yaml::{Node, NodeKind};

impl Reader<'_> {
    pub(super) fn tiers(&mut self, node: &Node) -> Option<Tiers> {
        let fields = self.fields(node, &vocabulary::TIERS)?;
        let window = self.must(&fields, "window", Self::tier_window);
        let grace_days = self.may(&fields, "grace_days", |r, n| r.integer(n, 0, 36_500));
        let soft_landing = self.may(&fields, "soft_landing", Self::boolean);
        let applies_after = self.may(&fields, "applies", |r, n| r.word(n, &[("before", false), ("after", true)]));
        let refund = self.may(&fields, "refund", |r, n| r.word(n, &[("at_evaluation", false), ("immediate", true)]));
        let levels = self.must(&fields, "levels", |r, n| {
            let items = r.list(n, "a list of levels")?;
            if items.is_empty() {
                r.complain(
                    Code::WrongShape,
                    n.span,
                    "this list of levels is empty",
                    "a program with tiers has one or more",
                );
            }
            Some(items.iter().filter_map(|item| r.level(item)).collect())
        });
        Some(Tiers {
            window,
            grace_days,
            soft_landing: soft_landing.is_some_and(|s| s.value),
            applies_after: applies_after.is_some_and(|s| s.value),
            refund_immediate: refund.is_some_and(|s| s.value),
            levels: levels.unwrap_or_default(),
            span: fields.span,
        })
    }

    fn tier_window(&mut self, node: &Node) -> Option<Spanned<TierWindow>> {
        if let NodeKind::Map(_) = node.kind {
            let fields = self.fields(node, &vocabulary::WINDOW)?;
            let months = self.must(&fields, "rolling_months", |r, n| r.integer(n, 1, 120))?;
            let value = TierWindow::RollingMonths(u32::try_from(months.value).ok()?);
            return Some(Spanned { value, span: node.span });
        }
        if let NodeKind::Scalar(scalar) = &node.kind
            && scalar.text.starts_with("rolling_months")
        {
            let help = "write {rolling_months: 12}";
            self.complain(Code::WrongShape, node.span, "`rolling_months` needs its number of months", help);
            return None;
        }
        let words = [("calendar_year", TierWindow::CalendarYear), ("lifetime", TierWindow::Lifetime)];
        self.word_or(node, &words, "{rolling_months: 12}")
    }

    fn level(&mut self, node: &Node) -> Option<Level> {
        let fields = self.fields(node, &vocabulary::LEVEL)?;
        let id = self.must(&fields, "id", Self::id);
        let min_spending = self.must(&fields, "min_spending", Self::amount);
        let bonus = self.may(&fields, "bonus", Self::bonus);
        let points_multiplier = self.may(&fields, "points_multiplier", Self::multiplier);
        let upgrade_points = self.may(&fields, "upgrade_points", Self::amount);
        let benefits = self.may(&fields, "benefits", Self::texts);
        let caps = self.may(&fields, "caps", |r, n| r.caps(n, CapsOf::Tier));
        Some(Level {
            id: id?,
            min_spending,
            bonus,
            points_multiplier,
            upgrade_points,
            benefits: benefits.unwrap_or_default(),
            caps,
            span: fields.span,
        })
    }

    fn bonus(&mut self, node: &Node) -> Option<Bonus> {
        let fields = self.fields(node, &vocabulary::BONUS)?;
        self.one_of(&fields, &["rate", "multiplier"]);
        Some(Bonus {
            rate: self.may(&fields, "rate", Self::rate),
            multiplier: self.may(&fields, "multiplier", Self::multiplier),
            span: fields.span,
        })
    }
}
