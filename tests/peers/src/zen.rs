//! The rules as ZEN decisions, compiled once, with the trace off: as expressions that do all of it, as expressions for
//! exact components only, and as decision tables for exact components.
//!
//! ZEN's numbers are decimals where they come as such and not by JSON, which these do. Its `round` takes ties away from
//! zero only: the first spells out what half to even is, the other two leave it to the host.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use rust_decimal::Decimal;
use serde_json::{Value, json};
use zen_engine::model::GraphContent;
use zen_engine::{Decision, Variable};

use crate::Workload;
use crate::fed::fed;
use crate::host::{settle, weekday};
use crate::workload::rounds::Entry;
use crate::workload::{PARTNERS, Purchase, decimals};

struct Input {
    facts: Variable,
    used: Decimal,
}

fn input(purchase: &Purchase, before: &decimals::Before) -> Input {
    let facts = Variable::empty_object();
    let object = facts.as_object().expect("an object");
    let set = |name: &str, value: Variable| {
        object.borrow_mut().insert_str(name, value);
    };
    let text = |text: &str| Variable::String(Variable::key(text));
    set("amount", Variable::Number(purchase.amount));
    set("purchases", Variable::Number(before.purchases.into()));
    set("used", Variable::Number(before.used[0]));
    set("used_weekend", Variable::Number(before.used[1]));
    set("used_partner", Variable::Number(before.used[2]));
    set("category", text(&purchase.category));
    set("tier", text(&purchase.tier));
    set("merchant", text(&purchase.merchant));
    set("country", text(&purchase.country));
    set("channel", text(&purchase.channel));
    set("weekday", text(weekday(purchase)));
    Input { facts, used: before.used[0] }
}

/// Nodes one after another, from the input to the output, compiled.
fn decision(nodes: Vec<(&str, Value)>) -> Decision {
    let mut all = vec![("inputNode", json!({}))];
    all.extend(nodes);
    all.push(("outputNode", json!({})));
    let node = |(at, (kind, content)): (usize, &(&str, Value))| json!({"id": format!("n{at}"), "name": format!("n{at}"), "type": kind, "content": content});
    let edge =
        |at: usize| json!({"id": format!("e{at}"), "sourceId": format!("n{at}"), "targetId": format!("n{}", at + 1)});
    let nodes: Vec<Value> = all.iter().enumerate().map(node).collect();
    let edges: Vec<Value> = (0..all.len() - 1).map(edge).collect();
    let content: GraphContent = serde_json::from_value(json!({"nodes": nodes, "edges": edges})).expect("a graph");
    let mut decision = Decision::from(content);
    decision.validate().expect("a sound graph");
    decision.compile();
    decision
}

/// The result of a decision. None of its nodes waits for anything, so one poll brings it.
fn decide(decision: &Decision, facts: &Variable) -> Variable {
    let answer = pin!(decision.evaluate(facts.shallow_clone()));
    match answer.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => response.result,
        Poll::Ready(Err(error)) => panic!("{error}"),
        Poll::Pending => panic!("a decision waits"),
    }
}

fn number(of: &Variable, key: &str) -> Decimal {
    let Variable::Object(object) = of else { panic!("{of:?} is no object") };
    object.borrow().get_str(key).and_then(Variable::as_number).unwrap_or_else(|| panic!("no {key} in {of:?}"))
}

const WEEKEND: &str = "min([amount * 0.02, 10, max([50 - used_weekend, 0])])";
const PARTNER: &str = "min([amount * 0.03, max([30 - used_partner, 0])])";
const ABROAD: &str = "min([amount * 0.01, 5])";
const BIG: &str = "min([amount * 0.005, 4])";

const BASE_RATE: &str = "(category == 'groceries' ? 0.03 : category == 'dining' ? 0.04 : category == 'fuel' ? 0.02 : \
     category == 'travel' ? 0.05 : category == 'online' ? 0.015 : 0.01)";
const TIER_RATE: &str = "(tier == 'silver' ? 0.0025 : tier == 'gold' ? 0.005 : tier == 'platinum' ? 0.01 : 0)";

fn partners() -> String {
    PARTNERS.map(|merchant| format!("'{merchant}'")).join(", ")
}

/// A node of expressions: key and value.
fn expression_node(expressions: &[(&str, String)]) -> (&'static str, Value) {
    let all = expressions.iter().map(|(key, value)| json!({"id": key, "key": key, "value": value}));
    ("expressionNode", json!({"expressions": all.collect::<Vec<Value>>()}))
}

/// One node of expressions from the exact components to what is granted.
pub fn whole(workload: &Workload) -> Entry<'_> {
    let half_even = |key: &str| {
        format!(
            "(round($.{key}, 2) - ((($.{key} * 100) % 1) == 0.5 and ((round($.{key}, 2) * 100) % 2) == 1 ? 0.01 : 0))"
        )
    };
    let text = str::to_owned;
    let partners = partners();
    let decision = decision(vec![expression_node(&[
        ("x_base", format!("amount * {BASE_RATE}")),
        ("base", half_even("x_base")),
        ("x_loyalty", format!("amount * {TIER_RATE}")),
        ("loyalty", half_even("x_loyalty")),
        ("x_weekend", text("weekday in ['sat', 'sun'] and category == 'dining' ? amount * 0.02 : 0")),
        ("weekend", format!("min([{}, 10, max([50 - used_weekend, 0])])", half_even("x_weekend"))),
        ("threshold", text("amount >= 100 ? 1 : 0")),
        ("x_partner", format!("merchant in [{partners}] ? amount * 0.03 : 0")),
        ("partner", format!("min([{}, max([30 - used_partner, 0])])", half_even("x_partner"))),
        ("first", text("purchases == 0 ? 5 : 0")),
        ("x_abroad", text("country != 'US' and channel == 'online' ? amount * 0.01 : 0")),
        ("abroad", format!("min([{}, 5])", half_even("x_abroad"))),
        ("x_big", text("amount > 500 ? amount * 0.005 : 0")),
        ("big", format!("min([{}, 4])", half_even("x_big"))),
        ("total", text("$.base + $.loyalty + $.weekend + $.threshold + $.partner + $.first + $.abroad + $.big")),
        ("granted", text("min([$.total, 50, max([200 - used, 0])])")),
    ])]);
    fed("ZEN, expressions, all of it", workload, input, move |input| {
        let mut granted = number(&decide(&decision, &input.facts), "granted");
        granted.rescale(2);
        i64::try_from(granted.mantissa()).expect("cents")
    })
}

/// One node of expressions, an exact component each.
pub fn expressions(workload: &Workload) -> Entry<'_> {
    const KEYS: [&str; 8] = ["base", "loyalty", "weekend", "threshold", "partner", "first", "abroad", "big"];
    let values = [
        format!("amount * {BASE_RATE}"),
        format!("amount * {TIER_RATE}"),
        format!("weekday in ['sat', 'sun'] and category == 'dining' ? {WEEKEND} : 0"),
        "amount >= 100 ? 1 : 0".to_owned(),
        format!("merchant in [{}] ? {PARTNER} : 0", partners()),
        "purchases == 0 ? 5 : 0".to_owned(),
        format!("country != 'US' and channel == 'online' ? {ABROAD} : 0"),
        format!("amount > 500 ? {BIG} : 0"),
    ];
    let expressions: Vec<(&str, String)> = KEYS.into_iter().zip(values).collect();
    let decision = decision(vec![expression_node(&expressions)]);
    fed("ZEN, expressions, exact parts only", workload, input, move |input| {
        let result = decide(&decision, &input.facts);
        settle(KEYS.map(|key| number(&result, key)), input.used)
    })
}

/// A table: columns of facts, one column that it fills, and rows of cells in that order.
fn table(hit: &str, facts: &[&str], output: &str, rows: &[&[&str]]) -> Value {
    let inputs: Vec<Value> = facts.iter().map(|f| json!({"id": f, "name": f, "field": f})).collect();
    let cells = |row: &&[&str]| -> Value {
        facts.iter().chain([&output]).zip(*row).map(|(column, cell)| (column.to_string(), json!(cell))).collect()
    };
    let rules: Vec<Value> = rows.iter().map(cells).collect();
    json!({
        "hitPolicy": hit, "inputs": inputs, "outputs": [{"id": output, "name": output, "field": output}],
        "rules": rules, "passThrough": true, "outputPath": if hit == "collect" { json!("campaigns") } else { json!(null) },
    })
}

/// A table of base rates, one of tiers, and one of campaigns of which every row that fits is taken.
pub fn tables(workload: &Workload) -> Entry<'_> {
    let partners = partners();
    let base: &[&[&str]] = &[
        &["'groceries'", "amount * 0.03"],
        &["'dining'", "amount * 0.04"],
        &["'fuel'", "amount * 0.02"],
        &["'travel'", "amount * 0.05"],
        &["'online'", "amount * 0.015"],
        &["", "amount * 0.01"],
    ];
    let loyalty: &[&[&str]] = &[
        &["'silver'", "amount * 0.0025"],
        &["'gold'", "amount * 0.005"],
        &["'platinum'", "amount * 0.01"],
        &["", "0"],
    ];
    let facts = ["weekday", "category", "amount", "merchant", "purchases", "country", "channel"];
    let campaigns: &[&[&str]] = &[
        &["'sat', 'sun'", "'dining'", "", "", "", "", "", WEEKEND],
        &["", "", ">= 100", "", "", "", "", "1"],
        &["", "", "", &partners, "", "", "", PARTNER],
        &["", "", "", "", "0", "", "", "5"],
        &["", "", "", "", "", "$ != 'US'", "'online'", ABROAD],
        &["", "", "> 500", "", "", "", "", BIG],
    ];
    let decision = decision(vec![
        ("decisionTableNode", table("first", &["category"], "base", base)),
        ("decisionTableNode", table("first", &["tier"], "loyalty", loyalty)),
        ("decisionTableNode", table("collect", &facts, "reward", campaigns)),
    ]);
    fed("ZEN, decision tables, exact parts only", workload, input, move |input| {
        let result = decide(&decision, &input.facts);
        let campaigns = result.dot("campaigns").and_then(|c| c.as_array()).expect("campaigns");
        let campaigns = campaigns.borrow();
        let parts = campaigns.iter().map(|campaign| number(campaign, "reward"));
        settle(parts.chain([number(&result, "base"), number(&result, "loyalty")]), input.used)
    })
}
