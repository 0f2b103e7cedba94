//! Random `caps` blocks, and the counters they bring.

use super::program::period;
use super::tape::Tape;
use super::world::{Counted, World, money, with_decimals};

fn amount(t: &mut Tape) -> i64 {
    *t.pick(&[500, 200, 100, 1000, 50, 325, 17, 2000])
}

fn per_transaction(t: &mut Tape, w: &World, percent: usize, entries: &mut Vec<String>) {
    if t.chance(percent) {
        let cap = amount(t).max(if w.decimals == 0 { 100 } else { 1 });
        entries.push(format!("per_transaction: {}", money(w, cap)));
    }
}

fn max_percent(t: &mut Tape, entries: &mut Vec<String>) {
    if t.chance(30) {
        entries.push(format!("max_percent: {}", t.word(&["5%", "1%", "2.5%", "0.7%", "10%"])));
    }
}

/// `per_member`, one or a list, of money or points.
fn per_member(t: &mut Tape, w: &mut World, scope: &str, what: Counted, campaign: bool, entries: &mut Vec<String>) {
    if !t.chance(50) {
        return;
    }
    let mut list = Vec::new();
    let mut seen = Vec::new();
    for _ in 0..=t.below(3) {
        let per = if campaign && t.chance(20) { "campaign" } else { period(t) };
        if seen.contains(&per) {
            continue;
        }
        seen.push(per);
        if what == Counted::Points {
            let most = t.between(1, 200) * 100;
            list.push(format!("{{points: {}, per: {per}}}", with_decimals(most, w.points_decimals)));
            w.counters.push((format!("{scope}.points.{per}"), what, most));
        } else {
            let most = t.between(1, 30) * 100;
            list.push(format!("{{amount: {}, per: {per}}}", money(w, most)));
            w.counters.push((format!("{scope}.amount.{per}"), what, most));
        }
    }
    match list.as_slice() {
        [one] => entries.push(format!("per_member: {one}")),
        many => entries.push(format!("per_member: [{}]", many.join(", "))),
    }
}

fn budget(t: &mut Tape, w: &mut World, key: String, what: Counted, percent: usize, entries: &mut Vec<String>) {
    if t.chance(percent) {
        let most = t.between(1, 100) * 100;
        let decimals = if what == Counted::Points { w.points_decimals } else { w.decimals };
        entries.push(format!("budget: {}", with_decimals(most, decimals)));
        w.counters.push((key, what, most));
    }
}

fn block(mut entries: Vec<String>, fallback: String) -> String {
    if entries.is_empty() {
        entries.push(fallback);
    }
    format!("{{{}}}", entries.join(", "))
}

fn skip(t: &mut Tape, entries: &mut Vec<String>) {
    if t.chance(20) {
        entries.push("on_exceed: skip".to_owned());
    }
}

/// Of a base rule.
pub(crate) fn of_base(t: &mut Tape, w: &mut World, id: &str) -> String {
    let mut entries = Vec::new();
    let scope = format!("base.{id}");
    per_transaction(t, w, 60, &mut entries);
    max_percent(t, &mut entries);
    per_member(t, w, &scope, Counted::Money, false, &mut entries);
    budget(t, w, format!("{scope}.budget.lifetime"), Counted::Money, 20, &mut entries);
    let fallback = format!("per_transaction: {}", money(w, 500));
    if !entries.is_empty() {
        skip(t, &mut entries);
    }
    block(entries, fallback)
}

/// Of a tier's level.
pub(crate) fn of_tier(t: &mut Tape, w: &mut World, level: &str) -> String {
    let mut entries = Vec::new();
    per_transaction(t, w, 60, &mut entries);
    max_percent(t, &mut entries);
    per_member(t, w, &format!("tier.{level}"), Counted::Money, false, &mut entries);
    let fallback = format!("per_transaction: {}", money(w, 500));
    if !entries.is_empty() {
        order(t, &mut entries);
    }
    block(entries, fallback)
}

/// Of the program.
pub(crate) fn of_program(t: &mut Tape, w: &mut World) -> String {
    let mut entries = Vec::new();
    per_transaction(t, w, 60, &mut entries);
    max_percent(t, &mut entries);
    per_member(t, w, "program", Counted::Money, false, &mut entries);
    budget(t, w, "program.budget.lifetime".to_owned(), Counted::Money, 30, &mut entries);
    let fallback = format!("per_transaction: {}", money(w, 500));
    if !entries.is_empty() {
        order(t, &mut entries);
    }
    block(entries, fallback)
}

/// `cut` and `on_exceed` of a wider block; `skip` does not go with `proportional`.
fn order(t: &mut Tape, entries: &mut Vec<String>) {
    match t.below(5) {
        0 | 1 => {}
        2 => entries.push("cut: last_first".to_owned()),
        3 => entries.push("cut: proportional".to_owned()),
        _ => entries.push("on_exceed: skip".to_owned()),
    }
}

/// Of `points`.
pub(crate) fn of_points(t: &mut Tape, w: &mut World) -> String {
    let mut entries = Vec::new();
    if t.chance(60) {
        entries.push(format!("per_transaction: {}", with_decimals(t.between(1, 150) * 100, w.points_decimals)));
    }
    per_member(t, w, "program", Counted::Points, false, &mut entries);
    block(entries, "per_transaction: 50".to_owned())
}

/// Of a campaign; `None` where it has none.
pub(crate) fn of_campaign(t: &mut Tape, w: &mut World, id: &str, what: Counted) -> Option<String> {
    let mut entries = Vec::new();
    let scope = format!("campaign.{id}");
    if what == Counted::Points {
        if t.chance(30) {
            entries.push(format!("per_transaction: {}", with_decimals(t.between(1, 80) * 100, w.points_decimals)));
        }
    } else {
        per_transaction(t, w, 30, &mut entries);
        max_percent(t, &mut entries);
    }
    per_member(t, w, &scope, what, true, &mut entries);
    budget(t, w, format!("{scope}.budget.campaign"), what, 20, &mut entries);
    if !entries.is_empty() {
        skip(t, &mut entries);
    }
    if t.chance(30) {
        let count = t.between(1, 5);
        let per = if t.chance(30) { "campaign" } else { period(t) };
        if per == "campaign" && t.chance(50) {
            entries.push(format!("uses: {{count: {count}}}"));
        } else {
            entries.push(format!("uses: {{count: {count}, per: {per}}}"));
        }
        w.counters.push((format!("{scope}.uses.{per}"), Counted::Uses, count));
    }
    if entries.is_empty() { None } else { Some(format!("{{{}}}", entries.join(", "))) }
}
