//! The words of explain: which clause decided, and what it met. Nothing here decides anything.

use super::campaigns::FixedClause;
use super::{Rule, Used, Work};
use crate::check::program::{Campaign, WindowBound};
use crate::graph::{Graph, Node, NodeId, Scope, SlotCap, Unit, Value};
use crate::outcome::{Reason, instant};
use crate::source::Span;
use crate::value::{Amount, Exact, Points};

/// A condition that was false: the expression as written, and the facts that it read.
pub(super) fn condition(graph: &Graph, work: &mut Work, rule: Rule, span: Span, node: NodeId, met: Option<&str>) {
    if !work.explain {
        return;
    }
    let value = match met {
        Some(met) => met.to_owned(),
        None => {
            let mut facts = Vec::new();
            read_facts(graph, work, node, &mut facts);
            facts.join(", ")
        }
    };
    let clause = graph.clause_text(span);
    work.reject(rule, Reason::ConditionFalse, || clause, || value);
}

pub(super) fn limit_used(graph: &Graph, work: &mut Work, rule: Rule, limit: SlotCap) {
    let (clause, value) = match graph.counter(limit.slot) {
        Some(counter) => {
            (counter.key.to_string(), format!("all of {} is used", units(graph, counter.unit, limit.limit)))
        }
        None => (String::new(), String::new()),
    };
    work.reject(rule, Reason::LimitUsed, || clause, || value);
}

pub(super) fn absent_amount(graph: &Graph, work: &mut Work, rule: Rule, span: Span) {
    let clause = graph.clause_text(span);
    work.reject(rule, Reason::AbsentFact, || clause, || "absent".to_owned());
}

pub(super) fn negative_amount(graph: &Graph, work: &mut Work, rule: Rule, span: Span, value: Exact) {
    let clause = graph.clause_text(span);
    work.reject(rule, Reason::NegativeAmount, || clause, || value.to_string());
}

/// A number in the unit of a counter.
pub(super) fn units(graph: &Graph, unit: Unit, number: i64) -> String {
    match unit {
        Unit::Money => Amount::from_minor(number, graph.program.currency).to_string(),
        Unit::Points => Points::from_units(number, graph.program.points_decimals).to_string(),
        Unit::Count => number.to_string(),
    }
}

/// The words for a clause of a campaign that is not an expression.
pub(super) fn campaign_clause(
    graph: &Graph,
    work: &Work,
    campaign: &Campaign,
    clause: FixedClause,
    number: i64,
) -> (String, String) {
    let purchase = &work.purchase;
    let local = purchase.clock.local;
    let money = |minor: i64| Amount::from_minor(minor, graph.program.currency).to_string();
    let text = |symbol| purchase.facts.text(graph, symbol).to_owned();
    match clause {
        FixedClause::Active if campaign.paused => (format!("paused: [{}]", campaign.id), local.to_string()),
        FixedClause::Active => {
            let bound = |b: Option<WindowBound>| match b {
                None => "open".to_owned(),
                Some(WindowBound::Date(d)) => d.to_string(),
                Some(WindowBound::Instant(i)) => instant(i),
            };
            let window = campaign.window;
            (format!("active: {{from: {}, to: {}}}", bound(window.from), bound(window.to)), local.to_string())
        }
        FixedClause::Days => {
            let names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
            let mask = campaign.days.unwrap_or(0);
            let days: Vec<&str> =
                names.iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, n)| *n).collect();
            (format!("days: [{}]", days.join(", ")), super::prepare::weekday_name(local.date()).to_owned())
        }
        FixedClause::Hours => {
            let (from, to) = campaign.hours.unwrap_or_default();
            let to = to.map_or("24:00".to_owned(), |t| t.format("%H:%M").to_string());
            (format!("hours: {{from: {}, to: {to}}}", from.format("%H:%M")), local.time().to_string())
        }
        FixedClause::Minimum => {
            (format!("min_transaction: {}", money(campaign.min_transaction.unwrap_or(0))), money(number))
        }
        FixedClause::Tiers => {
            let levels = graph.program.tiers.as_ref().map_or(&[][..], |t| &t.levels);
            let id = |i: usize| levels.get(i).map_or("", |l| l.id.as_str());
            let tiers: Vec<&str> = campaign.tiers.iter().flatten().map(|i| id(*i)).collect();
            (format!("audience.tiers: [{}]", tiers.join(", ")), work.tier.map_or("none", id).to_owned())
        }
        FixedClause::Segments => {
            let asked = campaign.segments.iter().flatten().cloned().collect::<Vec<_>>().join(", ");
            let has: Vec<String> = purchase.segments.iter().map(|s| text(*s)).collect();
            (format!("audience.segments: [{asked}]"), format!("[{}]", has.join(", ")))
        }
        FixedClause::Share => {
            let share = campaign.share.unwrap_or_default();
            (format!("audience.share: {share}"), format!("member `{}` is outside", purchase.member_id))
        }
        FixedClause::Enrolled => ("audience.enrolled: true".to_owned(), "not enrolled".to_owned()),
        FixedClause::Uses => {
            let uses = campaign.caps.uses.as_ref();
            let limit = uses.map_or(0, |u| u.limit);
            let per = uses.map_or("", |u| u.per.name());
            (format!("caps.uses: {{count: {limit}, per: {per}}}"), number.to_string())
        }
    }
}

/// `name = value` of each fact that a node reads, in order, each once.
fn read_facts(graph: &Graph, work: &mut Work, node: NodeId, into: &mut Vec<String>) {
    let Some(kind) = graph.node(node) else { return };
    let mut show = |work: &mut Work, fact: u32| {
        let name = graph.program.facts.get(fact as usize).map_or("", |f| f.name.as_str());
        let facts = &work.purchase.facts;
        let value = match facts.list(fact) {
            Some(list) => {
                let texts: Vec<&str> = list.iter().map(|s| facts.text(graph, *s)).collect();
                format!("[{}]", texts.join(", "))
            }
            None => {
                let scope = Scope { graph, facts, line: None };
                let value =
                    graph.fact_node(fact).and_then(|n| scope.value(n, &mut work.memo).ok()).unwrap_or(Value::Absent);
                shown(graph, work, value)
            }
        };
        let text = format!("{name} = {value}");
        if !into.contains(&text) {
            into.push(text);
        }
    };
    match kind {
        Node::Constant(_) | Node::Line(_) | Node::HasLine(_) => {}
        Node::Fact(f) | Node::Has(f) => show(work, *f),
        Node::InList(a, f) => {
            show(work, *f);
            read_facts(graph, work, *a, into);
        }
        Node::Not(a) | Node::Negate(a) | Node::ToDecimal(a) | Node::InSet(a, _) => read_facts(graph, work, *a, into),
        Node::And(a, b) | Node::Or(a, b) | Node::Compare(_, a, b) | Node::Arithmetic(_, a, b) => {
            read_facts(graph, work, *a, into);
            read_facts(graph, work, *b, into);
        }
        Node::If(a, b, c) => {
            for n in [a, b, c] {
                read_facts(graph, work, *n, into);
            }
        }
        Node::Call(_, list) | Node::Script(_, list) => {
            for n in list {
                read_facts(graph, work, *n, into);
            }
        }
        Node::Inlined(list, _) => {
            for n in list {
                read_facts(graph, work, *n, into);
            }
        }
    }
}

fn shown(graph: &Graph, work: &Work, value: Value) -> String {
    match value {
        Value::Absent => "absent".to_owned(),
        Value::Boolean(b) => b.to_string(),
        Value::Integer(i) => i.to_string(),
        Value::Decimal(d) => d.to_string(),
        Value::Text(s) => format!("{:?}", work.purchase.facts.text(graph, s)),
        Value::Date(d) => d.to_string(),
    }
}

/// Components that applied and yet grant nothing: an own cap had nothing left, or rounding and caps left nothing.
pub(super) fn zero_grants<U: Used + ?Sized>(graph: &Graph, used: &U, work: &mut Work) {
    if !work.explain {
        return;
    }
    let mut sums: Vec<(Rule, i64, Exact, Vec<super::PartCut>)> = Vec::new();
    let mut add =
        |rule: Rule, granted: i64, exact: Exact, cuts: Vec<super::PartCut>| match sums.iter_mut().find(|s| s.0 == rule)
        {
            Some(sum) => {
                sum.1 = sum.1.saturating_add(granted);
                sum.3.extend(cuts);
            }
            None => sums.push((rule, granted, exact, cuts)),
        };
    let of = |cuts: &[super::PartCut], at: usize| -> Vec<super::PartCut> {
        cuts.iter().filter(|c| c.part as usize == at).copied().collect()
    };
    for (at, part) in work.parts.iter().enumerate() {
        add(part.rule, part.granted, part.exact, of(&work.cuts, at));
    }
    for (at, part) in work.points.iter().enumerate() {
        add(part.rule, part.granted, part.exact, of(&work.points_cuts, at));
    }
    for (rule, granted, exact, cuts) in sums {
        let told = work.rejected.iter().any(|r| r.rule == rule);
        if granted > 0 || told {
            continue;
        }
        let own_used_up = super::counters::fed_by(graph, rule, None).find(|cap| {
            cuts.iter().any(|c| c.cap == super::CapName::Counter(cap.slot) && c.left.is_zero())
                && graph.counter(cap.slot).is_some_and(|c| !c.key.starts_with("program."))
        });
        match own_used_up {
            Some(cap) => {
                let counter = graph.counter(cap.slot);
                let key = counter.map_or(String::new(), |c| c.key.to_string());
                let unit = counter.map_or(Unit::Count, |c| c.unit);
                let value =
                    format!("{} of {} used", units(graph, unit, used.used(cap.slot)), units(graph, unit, cap.limit));
                work.reject(rule, Reason::CapUsed, || key, || value);
            }
            None => {
                let clause = match cuts.last() {
                    Some(cut) => graph.cap_name(cut.cap).to_string(),
                    None => "rounding".to_owned(),
                };
                work.reject(rule, Reason::CutToZero, || clause, || exact.to_string());
            }
        }
    }
}
