//! What an evaluation gives, and its canonical JSON, written by hand (docs/rules.md "The outcome").

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Timelike, Utc};
use num_traits::Zero;

use super::number::{Number, fixed, plain};
use super::rules::Rules;

/// One cut, as it is shown.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cut {
    pub(crate) cap: String,
    pub(crate) left: String,
    pub(crate) cut: String,
}

/// Something that caps can cut: what is granted so far, and the cuts made.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Grant {
    pub(crate) granted: Number,
    pub(crate) cuts: Vec<Cut>,
}

/// Kinds of component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Base,
    Loyalty,
    Campaign,
    Earn,
    PointsCampaign,
    Upgrade,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Base => "base",
            Kind::Loyalty => "loyalty",
            Kind::Campaign => "campaign",
            Kind::Earn => "earn",
            Kind::PointsCampaign => "points_campaign",
            Kind::Upgrade => "upgrade",
        }
    }
}

/// §2.5: a component of money.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Component {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    /// As shown; a fixed reward and an `amount` have none.
    pub(crate) basis: Option<String>,
    pub(crate) rate: Option<Number>,
    pub(crate) exact: Number,
    pub(crate) rounded: Number,
    pub(crate) grant: Grant,
}

/// §2.5, §3.9: a component of points, with its dates (none in a refund).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct PointsEntry {
    pub(crate) kind: Kind,
    pub(crate) id: String,
    pub(crate) exact: Number,
    pub(crate) grant: Grant,
    pub(crate) spendable_on: Option<NaiveDate>,
    pub(crate) expires_on: Option<NaiveDate>,
}

/// §3.10: where the member stands after the transaction.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Progress {
    pub(crate) window: String,
    pub(crate) spending: Number,
    pub(crate) tier: String,
    pub(crate) next: Option<String>,
    pub(crate) missing: Option<Number>,
}

/// What a counter counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Money,
    Points,
    Count,
}

/// Counter key and period key → what changes.
pub(crate) type Deltas = BTreeMap<(String, String), (Unit, Number)>;

/// What one rule took of a limit of spending: each is rounded for itself when it is given back (§6.4).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Taken {
    pub(crate) key: String,
    pub(crate) period: String,
    pub(crate) amount: Number,
}

/// The outcome of a purchase or a refund.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ReferenceOutcome {
    pub(crate) transaction_id: String,
    pub(crate) kind: &'static str,
    pub(crate) rule_set: String,
    pub(crate) program: String,
    pub(crate) currency: String,
    /// Decimals of money and of points.
    pub(crate) decimals: (u32, u32),
    pub(crate) occurred_at: DateTime<Utc>,
    pub(crate) original: Option<String>,
    pub(crate) reason: Option<&'static str>,
    pub(crate) amount: Number,
    pub(crate) eligible_amount: Number,
    pub(crate) tier: Option<String>,
    pub(crate) components: Vec<Component>,
    pub(crate) points: Vec<PointsEntry>,
    pub(crate) progress: Option<Progress>,
    pub(crate) usage: Deltas,
    /// Not shown: every share of a `spend` counter.
    pub(crate) taken: Vec<Taken>,
    /// Not shown: the level newly reached.
    pub(crate) reached: Option<String>,
}

impl ReferenceOutcome {
    /// An outcome with nothing in it yet.
    pub(crate) fn empty(rules: &Rules<'_>, id: &str, kind: &'static str, at: DateTime<Utc>) -> ReferenceOutcome {
        ReferenceOutcome {
            transaction_id: id.to_owned(),
            kind,
            rule_set: rules.hash.to_owned(),
            program: rules.program.id.value.clone(),
            currency: rules.program.currency.as_ref().unwrap().value.clone(),
            decimals: (rules.decimals, rules.points_decimals),
            occurred_at: at,
            original: None,
            reason: None,
            amount: Number::zero(),
            eligible_amount: Number::zero(),
            tier: None,
            components: Vec::new(),
            points: Vec::new(),
            progress: None,
            usage: Deltas::new(),
            taken: Vec::new(),
            reached: None,
        }
    }

    /// What was granted in components of one kind.
    pub(crate) fn total(&self, kind: Kind) -> Number {
        self.components.iter().filter(|c| c.kind == kind).map(|c| &c.grant.granted).sum()
    }

    /// The canonical JSON.
    pub(crate) fn to_json(&self) -> String {
        let (money, points) = self.decimals;
        let mut o = Object::new();
        o.text("transaction_id", &self.transaction_id);
        o.text("kind", self.kind);
        o.text("rule_set", &self.rule_set);
        o.text("program", &self.program);
        o.text("currency", &self.currency);
        o.text("occurred_at", &instant(self.occurred_at));
        o.optional("original", self.original.as_deref());
        o.optional("reason", self.reason);
        o.text("amount", &fixed(&self.amount, money));
        o.text("eligible_amount", &fixed(&self.eligible_amount, money));
        o.optional("tier", self.tier.as_deref());
        o.raw("components", &list(self.components.iter().map(|c| component(c, money))));
        o.raw("totals", &self.totals());
        o.raw("points", &list(self.points.iter().map(|p| points_entry(p, points))));
        if let Some(p) = &self.progress {
            o.raw("progress", &progress(p, money));
        }
        let changed = self.usage.iter().filter(|(_, (_, delta))| !delta.is_zero());
        o.raw("usage", &list(changed.map(|(key, delta)| self.counter(key, delta))));
        o.end()
    }

    fn totals(&self) -> String {
        let (money, points) = self.decimals;
        let of = |kind| self.total(kind);
        let mut o = Object::new();
        o.text("base", &fixed(&of(Kind::Base), money));
        o.text("loyalty", &fixed(&of(Kind::Loyalty), money));
        o.text("campaign", &fixed(&of(Kind::Campaign), money));
        o.text("total", &fixed(&(of(Kind::Base) + of(Kind::Loyalty) + of(Kind::Campaign)), money));
        let granted: Number = self.points.iter().map(|p| &p.grant.granted).sum();
        o.text("points", &fixed(&granted, points));
        o.end()
    }

    fn counter(&self, (key, period): &(String, String), (unit, delta): &(Unit, Number)) -> String {
        let decimals = match unit {
            Unit::Money => self.decimals.0,
            Unit::Points => self.decimals.1,
            Unit::Count => 0,
        };
        let mut o = Object::new();
        o.text("key", key);
        o.text("period", period);
        o.text("delta", &fixed(delta, decimals));
        o.end()
    }
}

fn component(c: &Component, decimals: u32) -> String {
    let mut o = Object::new();
    o.text("kind", c.kind.name());
    o.text("id", &c.id);
    o.optional("basis", c.basis.as_deref());
    o.optional("rate", c.rate.as_ref().map(plain).as_deref());
    o.text("exact", &plain(&c.exact));
    o.text("rounded", &fixed(&c.rounded, decimals));
    o.raw("cuts", &cuts(&c.grant.cuts));
    o.text("granted", &fixed(&c.grant.granted, decimals));
    o.end()
}

fn points_entry(p: &PointsEntry, decimals: u32) -> String {
    let mut o = Object::new();
    o.text("kind", p.kind.name());
    o.text("id", &p.id);
    o.text("exact", &plain(&p.exact));
    o.raw("cuts", &cuts(&p.grant.cuts));
    o.text("granted", &fixed(&p.grant.granted, decimals));
    o.optional("spendable_on", p.spendable_on.map(|d| d.to_string()).as_deref());
    o.optional("expires_on", p.expires_on.map(|d| d.to_string()).as_deref());
    o.end()
}

fn cuts(cuts: &[Cut]) -> String {
    list(cuts.iter().map(|c| {
        let mut o = Object::new();
        o.text("cap", &c.cap);
        o.text("left", &c.left);
        o.text("cut", &c.cut);
        o.end()
    }))
}

fn progress(p: &Progress, decimals: u32) -> String {
    let mut o = Object::new();
    o.text("window", &p.window);
    o.text("spending", &fixed(&p.spending, decimals));
    o.text("tier", &p.tier);
    o.optional("next", p.next.as_deref());
    o.optional("missing", p.missing.as_ref().map(|m| fixed(m, decimals)).as_deref());
    o.end()
}

/// UTC with a fraction only where there is one.
fn instant(at: DateTime<Utc>) -> String {
    let seconds = at.format("%Y-%m-%dT%H:%M:%S");
    match at.nanosecond() {
        0 => format!("{seconds}Z"),
        nanos => format!("{seconds}.{}Z", format!("{nanos:09}").trim_end_matches('0')),
    }
}

fn list(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(","))
}

/// A JSON object under construction, keys in the order in which they come.
struct Object(Vec<String>);

impl Object {
    fn new() -> Object {
        Object(Vec::new())
    }

    fn raw(&mut self, key: &str, json: &str) {
        self.0.push(format!("\"{key}\":{json}"));
    }

    fn text(&mut self, key: &str, value: &str) {
        assert!(!value.chars().any(|c| c == '"' || c == '\\' || c.is_control()), "ids need no escapes: {value}");
        self.0.push(format!("\"{key}\":\"{value}\""));
    }

    fn optional(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    fn end(self) -> String {
        format!("{{{}}}", self.0.join(","))
    }
}
