//! The canonical JSON: fixed key order, money as text, no spaces (docs/rules.md "The outcome"). The tables that write it
//! also tell its schema.

use chrono::{DateTime, SecondsFormat, Timelike, Utc};
use serde::ser::{Serialize, Serializer};

use super::{
    Basis, Component, ComponentKind, Cut, Outcome, OutcomeKind, PointsComponent, PointsKind, Progress, Reason,
    Rejection, Totals, UsageDelta,
};
use crate::schema::{Display, Shape, written};

/// An instant in UTC, with a fraction only where it has one.
pub(crate) fn instant(at: DateTime<Utc>) -> String {
    if at.nanosecond() == 0 {
        return at.to_rfc3339_opts(SecondsFormat::Secs, true);
    }
    let text = at.to_rfc3339_opts(SecondsFormat::Nanos, true);
    let digits = text.trim_end_matches('Z').trim_end_matches('0');
    format!("{digits}Z")
}

impl Outcome {
    /// The canonical JSON (semantics §2.5). With `rejected` only if the evaluation was explained;
    /// [`Outcome::to_canonical_json`] never has it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The canonical JSON that is stored and compared between hosts: without `rejected`.
    pub fn to_canonical_json(&self) -> String {
        if self.rejected.is_none() {
            return self.to_json();
        }
        let mut outcome = self.clone();
        outcome.rejected = None;
        outcome.to_json()
    }
}

written! {
    /// What a transaction brought, and why.
    pub(crate) static OUTCOME: Outcome as "Outcome", o {
        "transaction_id" Always Shape::Id, "Id of the transaction." => o.transaction_id;
        "kind" Always Shape::Words(outcome_kinds), "A purchase, or a refund, whose numbers are negative." => o.kind.as_str();
        "rule_set" Always Shape::Text, "Content hash of the rule set: `sha256:` and 64 digits." => o.rule_set;
        "program" Always Shape::Text, "Id of the program." => o.program;
        "currency" Always Shape::Text, "ISO 4217 code of all money in it." => o.amount.currency().code();
        "occurred_at" Always Shape::Instant, "When the transaction happened, in UTC." => instant(o.occurred_at);
        "original" Maybe Shape::Id, "Of a refund: the purchase." => &o.original;
        "reason" Maybe Shape::Words(reasons), "Why all of it is zero." => o.reason.map(Reason::as_str);
        "amount" Always Shape::Decimal, "The transaction's amount." => Display(o.amount);
        "eligible_amount" Always Shape::Decimal, "What of it counts." => Display(o.eligible_amount);
        "tier" Maybe Shape::Text, "The transaction's tier; absent in a program without tiers." => &o.tier;
        "components" Always Shape::List(&COMPONENT), "Money, in order: base slices, loyalty, campaigns." => o.components;
        "totals" Always Shape::Object(&TOTALS), "Sums of what was granted." => o.totals;
        "points" Always Shape::List(&POINTS_COMPONENT), "Points above zero: earn, campaigns, upgrade." => o.points;
        "progress" Maybe Shape::Object(&PROGRESS), "Where the member stands after this transaction; absent in a program without tiers." => &o.progress;
        "usage" Always Shape::List(&USAGE_DELTA), "Every counter that changed, by key." => o.usage;
        "rejected" Maybe Shape::List(&REJECTION), "Only where it was explained: every rule that did not grant, and why." => &o.rejected;
    }
}

written! {
    /// One component of money: basis x rate = exact, rounded, cut by caps, granted.
    pub(crate) static COMPONENT: Component as "Component", c {
        "kind" Always Shape::Words(component_kinds), "Its stage." => c.kind.as_str();
        "id" Always Shape::Text, "Id of the base rule, tier or campaign." => c.id;
        "basis" Maybe Shape::Decimal, "What it was computed on; absent for fixed and scripted amounts, and in refunds." => c.basis;
        "rate" Maybe Shape::Decimal, "As a fraction; of a multiplier m: m - 1." => c.rate.map(Display);
        "exact" Always Shape::Decimal, "Before rounding." => Display(c.exact);
        "rounded" Always Shape::Decimal, "After rounding." => Display(c.rounded);
        "cuts" Always Shape::List(&CUT), "What caps took, in order." => c.cuts;
        "granted" Always Shape::Decimal, "What is paid." => Display(c.granted);
    }
}

written! {
    /// What one cap took from one component.
    pub(crate) static CUT: Cut as "Cut", c {
        "cap" Always Shape::Text, "Name of the cap." => c.cap;
        "left" Always Shape::Decimal, "What was left of it." => Display(c.left);
        "cut" Always Shape::Decimal, "What it took." => Display(c.cut);
    }
}

written! {
    /// Sums of what was granted.
    pub(crate) static TOTALS: Totals as "Totals", t {
        "base" Always Shape::Decimal, "Base components." => Display(t.base);
        "loyalty" Always Shape::Decimal, "Loyalty." => Display(t.loyalty);
        "campaign" Always Shape::Decimal, "Campaigns." => Display(t.campaign);
        "total" Always Shape::Decimal, "All money." => Display(t.total);
        "points" Always Shape::Decimal, "All points, upgrade bonus included." => Display(t.points);
    }
}

written! {
    /// Points granted above zero; one lot each.
    pub(crate) static POINTS_COMPONENT: PointsComponent as "PointsComponent", p {
        "kind" Always Shape::Words(points_kinds), "Its source." => p.kind.as_str();
        "id" Always Shape::Text, "`earn`, the campaign's id, or `upgrade`." => p.id;
        "exact" Always Shape::Decimal, "Before rounding; cut after 12 decimals where it does not end." => Display(p.exact);
        "cuts" Always Shape::List(&CUT), "What caps took, in order." => p.cuts;
        "granted" Always Shape::Decimal, "What is credited." => Display(p.granted);
        "spendable_on" Maybe Shape::Date, "First local day on which it can be spent; absent in refunds." => p.spendable_on.map(Display);
        "expires_on" Maybe Shape::Date, "Last local day on which it can be spent; absent if it never expires." => p.expires_on.map(Display);
    }
}

written! {
    /// Where a member stands.
    pub(crate) static PROGRESS: Progress as "Progress", p {
        "window" Always Shape::Text, "Key of the tier window: `2026`, `2026-03` or `lifetime`." => Display(p.window);
        "spending" Always Shape::Decimal, "Spending in it after this transaction." => p.spending.to_fixed(u32::from(p.decimals));
        "tier" Always Shape::Text, "Level held after this transaction." => p.tier;
        "next" Maybe Shape::Text, "The level above it." => &p.next;
        "missing" Maybe Shape::Decimal, "What is missing to it." => p.missing.map(|m| m.to_fixed(u32::from(p.decimals)));
    }
}

written! {
    /// The change of one counter.
    pub(crate) static USAGE_DELTA: UsageDelta as "UsageDelta", u {
        "key" Always Shape::Text, "Key of the counter." => u.key;
        "period" Always Shape::Text, "Key of the period." => Display(u.period);
        "delta" Always Shape::Decimal, "The change: money, points, or a number of times." => Display(u.delta);
    }
}

written! {
    /// Why a rule did not grant.
    pub(crate) static REJECTION: Rejection as "Rejection", r {
        "kind" Always Shape::Words(rule_kinds), "What kind of rule it is." => r.kind;
        "id" Always Shape::Text, "Id of the rule." => r.id;
        "reason" Always Shape::Words(reasons), "The stable reason." => r.reason.as_str();
        "clause" Always Shape::Text, "The clause that failed, as written." => r.clause;
        "value" Always Shape::Text, "What it met." => r.value;
    }
}

impl Serialize for Basis {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Basis::Money(amount) => s.collect_str(amount),
            Basis::Exact(exact) => s.collect_str(exact),
        }
    }
}

fn outcome_kinds() -> Vec<&'static str> {
    [OutcomeKind::Purchase, OutcomeKind::Refund].map(OutcomeKind::as_str).to_vec()
}

fn component_kinds() -> Vec<&'static str> {
    [ComponentKind::Base, ComponentKind::Loyalty, ComponentKind::Campaign].map(ComponentKind::as_str).to_vec()
}

fn points_kinds() -> Vec<&'static str> {
    [PointsKind::Earn, PointsKind::Campaign, PointsKind::Upgrade].map(PointsKind::as_str).to_vec()
}

/// Kinds of rules that may grant nothing: those of components, but for upgrades, which no rule is.
fn rule_kinds() -> Vec<&'static str> {
    let points = points_kinds().into_iter().filter(|kind| *kind != PointsKind::Upgrade.as_str());
    component_kinds().into_iter().chain(points).collect()
}

fn reasons() -> Vec<&'static str> {
    Reason::ALL.iter().map(|reason| reason.as_str()).collect()
}
