//! A rule set as written, taken apart into things with properties.
//!
//! Every type is taken apart field by field, none left out with `..`: what the format gains must find its words here.

use chrono::Weekday;

use crate::rule_set::RuleSet;
use crate::source::Spanned;
use crate::syntax;
use crate::syntax::expression::{Expr, ExprKind, Function};
use crate::syntax::written::{
    Audience, BaseRule, Bonus, Bound, Campaign, CampaignKind, Caps, CutOrder, FactDeclaration, FactKind, FactScope,
    Hours, Level, List, OnExceed, PerMember, Points, Pool, Program, RedemptionOption, Reward, RuleFiles, Slab,
    TierWindow, Tiers, UpTo, Uses,
};
use crate::value::{Duration, Exact, Period, RoundingAt, RoundingMode};
use crate::words;

/// Kinds of things, in the order in which changes are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Program,
    Eligible,
    Fact,
    List,
    Pool,
    Base,
    Tiers,
    Level,
    ProgramCaps,
    Points,
    Redemption,
    Campaign,
    Function,
}

impl Kind {
    pub(super) const ALL: [Kind; 13] = [
        Kind::Program,
        Kind::Eligible,
        Kind::Fact,
        Kind::List,
        Kind::Pool,
        Kind::Base,
        Kind::Tiers,
        Kind::Level,
        Kind::ProgramCaps,
        Kind::Points,
        Kind::Redemption,
        Kind::Campaign,
        Kind::Function,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Kind::Program => "program",
            Kind::Eligible => "eligible",
            Kind::Fact => "fact",
            Kind::List => "list",
            Kind::Pool => "pool",
            Kind::Base => "base rule",
            Kind::Tiers => "tiers",
            Kind::Level => "tier",
            Kind::ProgramCaps => "caps of the program",
            Kind::Points => "points",
            Kind::Redemption => "redemption option",
            Kind::Campaign => "campaign",
            Kind::Function => "function",
        }
    }

    /// Whether it matters which of them stands first.
    pub(super) fn is_ordered(self) -> bool {
        matches!(self, Kind::Base | Kind::Campaign)
    }
}

/// A thing with its properties.
#[derive(Debug, Clone)]
pub(super) struct Thing {
    pub(super) kind: Kind,
    pub(super) id: String,
    pub(super) properties: Vec<Property>,
}

/// One property.
#[derive(Debug, Clone)]
pub(super) struct Property {
    pub(super) name: &'static str,
    pub(super) said: Said,
    /// Whether it is what stands where nothing is written; not worth a word of a new thing.
    pub(super) usual: bool,
}

/// A value of a property.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    Text(String),
    /// A set, sorted.
    Names(Vec<String>),
}

impl Said {
    pub(super) fn text(&self) -> String {
        match self {
            Said::Text(text) => text.clone(),
            Said::Names(names) => words::some_of(names, super::MOST_NAMES),
        }
    }
}

/// The things of a rule set. It compiled, so it has one program.
pub(super) fn things(rules: &RuleSet) -> Vec<Thing> {
    let (files, _) = syntax::read(rules.sources());
    let scale = Scale { money: rules.currency().decimals() };
    let RuleFiles { programs, campaigns, paused: _, functions, scripts: _, unread: _ } = files;
    let mut list = Vec::new();
    for program in &programs {
        scale.program(program, &mut list);
    }
    // In order of priority, as they stand (semantics §3.7).
    let mut campaigns: Vec<&Campaign> = campaigns.iter().collect();
    campaigns.sort_by_key(|c| c.priority.as_ref().map_or(100, |p| p.value));
    list.extend(campaigns.into_iter().map(|c| scale.campaign(c)));
    list.extend(functions.iter().map(function));
    list
}

/// Decimals of what is said.
#[derive(Clone, Copy)]
struct Scale {
    money: u8,
}

/// Properties in the making.
#[derive(Default)]
struct Saying {
    list: Vec<Property>,
}

impl Saying {
    fn text(&mut self, name: &'static str, text: impl Into<String>) {
        self.list.push(Property { name, said: Said::Text(text.into()), usual: false });
    }

    fn maybe(&mut self, name: &'static str, text: Option<String>) {
        if let Some(text) = text {
            self.text(name, text);
        }
    }

    /// What stands there whether it is written or not.
    fn or_usual(&mut self, name: &'static str, text: String, usual: &str) {
        let usual = text == usual;
        self.list.push(Property { name, said: Said::Text(text), usual });
    }

    fn yes(&mut self, name: &'static str, yes: bool) {
        self.or_usual(name, if yes { "yes" } else { "no" }.to_owned(), "no");
    }

    fn names(&mut self, name: &'static str, names: impl IntoIterator<Item = String>) {
        let mut names: Vec<String> = names.into_iter().collect();
        names.sort();
        names.dedup();
        self.list.push(Property { name, said: Said::Names(names), usual: false });
    }

    fn done(self, kind: Kind, id: &str) -> Thing {
        Thing { kind, id: id.to_owned(), properties: self.list }
    }
}

fn value<T: Clone>(spanned: &Option<Spanned<T>>) -> Option<T> {
    spanned.as_ref().map(|s| s.value.clone())
}

fn shown(expr: &Option<Expr>) -> Option<String> {
    expr.as_ref().map(Expr::to_string)
}

fn function(function: &Function) -> Thing {
    let Function { name, parameters, body, span: _, broken: _ } = function;
    let mut say = Saying::default();
    let parameters: Vec<&str> = parameters.iter().map(|p| p.value.as_str()).collect();
    say.text("parameters", format!("({})", parameters.join(", ")));
    say.text("body", body.to_string());
    say.done(Kind::Function, &name.value)
}

impl Scale {
    fn money(self, exact: Exact) -> String {
        words::number(exact, self.money)
    }

    fn points(self, exact: Exact) -> String {
        words::number(exact, 0)
    }

    fn program(self, program: &Program, into: &mut Vec<Thing>) {
        let Program {
            id,
            name,
            currency,
            timezone,
            rounding_mode,
            rounding_at,
            facts,
            lists,
            eligible_when,
            eligible_lines,
            pools,
            base,
            tiers,
            caps,
            points,
            redemption,
            span: _,
        } = program;
        let mut say = Saying::default();
        say.text("id", id.value.clone());
        say.maybe("name", value(name));
        say.maybe("currency", value(currency));
        say.maybe("time zone", value(timezone));
        let mode = match value(rounding_mode).unwrap_or_default() {
            RoundingMode::HalfEven => "half to even",
            RoundingMode::HalfUp => "half up",
            RoundingMode::Down => "down",
            RoundingMode::Up => "up",
        };
        say.or_usual("rounding", mode.to_owned(), "half to even");
        let at = match value(rounding_at).unwrap_or_default() {
            RoundingAt::Component => "each component",
            RoundingAt::Total => "the total",
        };
        say.or_usual("rounding of", at.to_owned(), "each component");
        into.push(say.done(Kind::Program, ""));
        let mut say = Saying::default();
        say.maybe("condition", shown(eligible_when));
        say.maybe("lines", shown(eligible_lines));
        into.push(say.done(Kind::Eligible, ""));
        into.extend(facts.iter().map(fact));
        into.extend(lists.iter().map(list));
        for Pool { id, spend, per } in pools {
            let mut say = Saying::default();
            say.text("limit", self.limit(spend.value, per.value));
            into.push(say.done(Kind::Pool, &id.value));
        }
        into.extend(base.iter().map(|rule| self.base(rule)));
        if let Some(tiers) = tiers {
            self.tiers(tiers, into);
        }
        if let Some(caps) = caps {
            let mut say = Saying::default();
            self.caps(caps, false, &mut say);
            into.push(say.done(Kind::ProgramCaps, ""));
        }
        if let Some(points) = points {
            into.push(self.earning(points));
        }
        into.extend(redemption.iter().map(|option| self.redemption(option)));
    }

    fn limit(self, spend: Exact, per: Period) -> String {
        format!("{} {}", self.money(spend), words::per(per))
    }

    fn up_to(self, up_to: &Option<UpTo>, say: &mut Saying) {
        match up_to {
            None => {}
            Some(UpTo::Spend { spend, per }) => say.text("limit", self.limit(spend.value, per.value)),
            Some(UpTo::Pool(pool)) => say.text("limit", format!("that of the pool {}", pool.value)),
        }
    }

    fn base(self, rule: &BaseRule) -> Thing {
        let BaseRule { id, when, lines, rate, slabs, up_to, caps, span: _ } = rule;
        let mut say = Saying::default();
        // One rate is the same as one open slab.
        let slab = |slab: &Slab| {
            let Slab { up_to, rate } = slab;
            let rate = words::percent(rate.value);
            up_to.as_ref().map_or(rate.clone(), |most| format!("{rate} to {}", self.money(most.value)))
        };
        let slabs = slabs.as_ref().map(|s| s.value.iter().map(slab).collect::<Vec<_>>().join(", then "));
        say.maybe("rate", rate.as_ref().map(|r| words::percent(r.value)).or(slabs));
        say.maybe("condition", shown(when));
        say.maybe("lines", shown(lines));
        self.up_to(up_to, &mut say);
        self.some_caps(caps, false, &mut say);
        say.done(Kind::Base, &id.value)
    }

    fn tiers(self, tiers: &Tiers, into: &mut Vec<Thing>) {
        let Tiers { window, grace_days, soft_landing, applies_after, refund_immediate, levels, span: _ } = tiers;
        let mut say = Saying::default();
        let window = match value(window).unwrap_or(TierWindow::CalendarYear) {
            TierWindow::CalendarYear => "calendar year".to_owned(),
            TierWindow::RollingMonths(months) => format!("rolling {months} months"),
            TierWindow::Lifetime => "lifetime".to_owned(),
        };
        say.text("window", window);
        say.or_usual("days of grace", value(grace_days).unwrap_or(0).to_string(), "0");
        say.yes("soft landing", *soft_landing);
        say.yes("applies to the purchase that reaches it", *applies_after);
        say.yes("taken back at once by a refund", *refund_immediate);
        into.push(say.done(Kind::Tiers, ""));
        for level in levels {
            let Level { id, min_spending, bonus, points_multiplier, upgrade_points, benefits, caps, span: _ } = level;
            let mut say = Saying::default();
            say.text("from", self.money(value(min_spending).unwrap_or(Exact::ZERO)));
            if let Some(Bonus { rate, multiplier, span: _ }) = bonus {
                let rate = value(rate).map(|r| format!("{} of the amount", words::percent(r)));
                say.maybe("bonus", rate.or_else(|| value(multiplier).map(|m| format!("base × {m}"))));
            }
            say.or_usual("points multiplier", value(points_multiplier).unwrap_or(Exact::from(1)).to_string(), "1");
            let upgrade = self.points(value(upgrade_points).unwrap_or(Exact::ZERO));
            say.or_usual("points when reached", upgrade, &self.points(Exact::ZERO));
            if !benefits.is_empty() {
                say.names("benefits", benefits.iter().map(|b| b.value.clone()));
            }
            self.some_caps(caps, false, &mut say);
            into.push(say.done(Kind::Level, &id.value));
        }
    }

    fn earning(self, points: &Points) -> Thing {
        let Points { earn_points, earn_per, decimals, expires_after, activation_delay, caps, span: _ } = points;
        let mut say = Saying::default();
        if let (Some(points), Some(per)) = (value(earn_points), value(earn_per)) {
            say.text("earned", format!("{} per {}", self.points(points), self.money(per)));
        }
        say.or_usual("decimals", value(decimals).unwrap_or(0).to_string(), "0");
        say.maybe("gone after", value(expires_after).map(words::duration));
        let delay = words::duration(value(activation_delay).unwrap_or(Duration::Days(0)));
        say.or_usual("spendable after", delay, "0 days");
        self.some_caps(caps, true, &mut say);
        say.done(Kind::Points, "")
    }

    fn redemption(self, option: &RedemptionOption) -> Thing {
        let RedemptionOption { id, kind, value_points, value_cash, min_points, step, caps, tiers, span: _ } = option;
        let mut say = Saying::default();
        say.maybe("type", value(kind));
        if let (Some(points), Some(cash)) = (value(value_points), value(value_cash)) {
            say.text("value", format!("{} points are {}", self.points(points), self.money(cash)));
        }
        let least = self.points(value(min_points).unwrap_or(Exact::ZERO));
        say.or_usual("least points", least, &self.points(Exact::ZERO));
        say.maybe("step", value(step).map(|s| self.points(s)));
        self.some_caps(caps, true, &mut say);
        if let Some(tiers) = tiers {
            say.names("tiers", tiers.iter().map(|t| t.value.clone()));
        }
        say.done(Kind::Redemption, &id.value)
    }

    fn some_caps(self, caps: &Option<Caps>, points: bool, say: &mut Saying) {
        let unwritten = Caps::default();
        self.caps(caps.as_ref().unwrap_or(&unwritten), points, say);
    }

    fn caps(self, caps: &Caps, of_points: bool, say: &mut Saying) {
        let Caps { per_transaction, max_percent, per_member, uses, budget, cut, on_exceed, span: _ } = caps;
        let amount = |exact: Exact| {
            if of_points { format!("{} points", self.points(exact)) } else { self.money(exact) }
        };
        say.maybe("cap a purchase", value(per_transaction).map(amount));
        say.maybe("cap in percent of the amount", value(max_percent).map(words::percent));
        if !per_member.is_empty() {
            let each = per_member.iter().map(|cap| {
                let PerMember { amount, points, per, span: _ } = cap;
                let money = value(amount).map(|a| self.money(a));
                let points = value(points).map(|p| format!("{} points", self.points(p)));
                format!("{} {}", money.or(points).unwrap_or_default(), words::per(per.value))
            });
            say.text("cap for a member", each.collect::<Vec<_>>().join(", then "));
        }
        if let Some(Uses { count, per }) = uses {
            let per = value(per).unwrap_or(Period::Campaign);
            say.text("uses", format!("{} {}", count.value, words::per(per)));
        }
        say.maybe("budget", value(budget).map(amount));
        let order = match value(cut).unwrap_or_default() {
            CutOrder::LastFirst => "the last first",
            CutOrder::Proportional => "in proportion",
        };
        say.or_usual("caps cut", order.to_owned(), "the last first");
        let over = match value(on_exceed).unwrap_or_default() {
            OnExceed::Cut => "what is left",
            OnExceed::Skip => "nothing",
        };
        say.or_usual("over a cap it grants", over.to_owned(), "what is left");
    }

    fn campaign(self, campaign: &Campaign) -> Thing {
        let Campaign {
            id,
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
            requalify,
            paused,
            span: _,
        } = campaign;
        let mut say = Saying::default();
        let points = kind.as_ref().is_some_and(|k| k.value == CampaignKind::Points);
        if let Some(reward) = reward {
            self.reward(reward, &mut say);
        }
        let kind = kind.as_ref().map(|k| match k.value {
            CampaignKind::Percentage => "percentage",
            CampaignKind::Fixed => "fixed",
            CampaignKind::Multiplier => "multiplier",
            CampaignKind::Points => "points",
            CampaignKind::Scripted => "scripted",
        });
        say.maybe("type", kind.map(str::to_owned));
        say.maybe("name", value(name));
        say.maybe("paid by", value(funded_by));
        say.maybe("from", value(from).map(bound));
        say.maybe("to", value(to).map(bound));
        if let Some(days) = days {
            let mut days: Vec<Weekday> = days.value.clone();
            days.sort_by_key(Weekday::num_days_from_monday);
            days.dedup();
            let names: Vec<String> = days.iter().map(|d| d.to_string().to_lowercase()).collect();
            say.text("days", names.join(", "));
        }
        if let Some(Hours { from, to }) = hours {
            let to = to.value.map_or("24:00".to_owned(), words::time);
            say.text("hours", format!("{} to {to}", words::time(from.value)));
        }
        if let Some(Audience { tiers, segments, enrolled, share }) = audience {
            if let Some(tiers) = tiers {
                say.names("tiers", tiers.iter().map(|t| t.value.clone()));
            }
            if let Some(segments) = segments {
                say.names("segments", segments.iter().map(|s| s.value.clone()));
            }
            if *enrolled {
                say.text("audience", "the enrolled");
            }
            say.maybe("share of members", value(share).map(words::percent));
        }
        say.maybe("condition", shown(when));
        say.maybe("lines", shown(lines));
        say.maybe("least purchase", value(min_transaction).map(|m| self.money(m)));
        self.some_caps(caps, points, &mut say);
        say.maybe("group", value(group));
        say.yes("exclusive", value(exclusive).unwrap_or(false));
        say.or_usual("priority", value(priority).unwrap_or(100).to_string(), "100");
        say.maybe("paused", paused.then(|| "yes".to_owned()));
        let refund = if *requalify { "must still qualify" } else { "in proportion" };
        say.or_usual("on a refund", refund.to_owned(), "in proportion");
        say.done(Kind::Campaign, &id.value)
    }

    fn reward(self, reward: &Reward, say: &mut Saying) {
        let Reward { rate, fixed, multiplier, amount, points, points_multiplier, up_to, span: _ } = reward;
        say.maybe("rate", value(rate).map(words::percent));
        say.maybe("fixed amount", value(fixed).map(|f| self.money(f)));
        say.maybe("multiplier of the base", value(multiplier).map(|m| m.to_string()));
        say.maybe("amount", shown(amount));
        say.maybe("points", value(points).map(|p| self.points(p)));
        say.maybe("multiplier of points", value(points_multiplier).map(|m| m.to_string()));
        self.up_to(up_to, say);
    }
}

fn bound(bound: Bound) -> String {
    match bound {
        Bound::Date(date) => date.to_string(),
        Bound::Instant(at) => crate::outcome::instant(at),
    }
}

fn fact(declared: &FactDeclaration) -> Thing {
    let FactDeclaration { scope, name, kind, optional } = declared;
    let scope = match scope {
        FactScope::Tx => "tx",
        FactScope::Member => "member",
    };
    let mut say = Saying::default();
    match kind {
        FactKind::Text => say.text("type", "text"),
        FactKind::Integer => say.text("type", "integer"),
        FactKind::Decimal => say.text("type", "decimal"),
        FactKind::Boolean => say.text("type", "boolean"),
        FactKind::Date => say.text("type", "date"),
        FactKind::OneOf(values) => {
            say.text("type", "one of some values");
            say.names("values", values.iter().map(|v| v.value.clone()));
        }
    }
    say.yes("optional", *optional);
    say.done(Kind::Fact, &format!("{scope}.{}", name.value))
}

fn list(list: &List) -> Thing {
    let List { name, members } = list;
    let mut say = Saying::default();
    say.names(
        "members",
        members.iter().map(|member| match &member.kind {
            ExprKind::Text(text) => text.clone(),
            _ => member.to_string(),
        }),
    );
    say.done(Kind::List, &name.value)
}
