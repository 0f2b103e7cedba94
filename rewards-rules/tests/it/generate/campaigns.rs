//! Random campaigns of every kind, in one or two files.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::caps;
use super::expressions::{Place, amount, condition, failing};
use super::program::{SEGMENTS, multiplier, period, rate};
use super::tape::Tape;
use super::world::{Counted, World, date, instant, money, with_decimals};

/// Adds the campaign files. `a.yaml` stands before `program.yaml`, `z.yaml` after it.
pub(crate) fn files(t: &mut Tape, w: &mut World, files: &mut BTreeMap<String, String>) {
    let count = t.below(7);
    let mut first = String::new();
    let mut second = String::new();
    for at in 0..count {
        let file = if t.chance(30) { &mut second } else { &mut first };
        campaign(t, w, &format!("campaign-{at}"), file);
    }
    for (path, text) in [("z.yaml", first), ("a.yaml", second)] {
        if !text.is_empty() {
            files.insert(path.to_owned(), format!("campaigns:\n{text}"));
        }
    }
}

fn campaign(t: &mut Tape, w: &mut World, id: &str, text: &mut String) {
    let kinds: &[&str] = match (w.has_points, w.has_earn) {
        (true, true) => &["percentage", "fixed", "multiplier", "scripted", "points", "points_multiplier"],
        (true, false) => &["percentage", "fixed", "multiplier", "scripted", "points"],
        _ => &["percentage", "fixed", "multiplier", "scripted"],
    };
    let kind = t.word(kinds);
    let of_points = kind.starts_with("points");
    writeln!(text, "  - campaign: {id}\n    type: {}", if of_points { "points" } else { kind }).unwrap();
    if t.chance(40) {
        writeln!(text, "    priority: {}", t.word(&["10", "100", "50", "200"])).unwrap();
    }
    window(t, w, text);
    audience(t, w, text);
    if t.chance(50) {
        writeln!(text, "    when: '{}'", condition(t, w, Place::Rule, 2)).unwrap();
    } else if t.chance(8) {
        writeln!(text, "    when: '{}'", failing(t)).unwrap();
    }
    if t.chance(25) {
        let least = t.between(1, 60) * 100;
        w.edges.push(least);
        writeln!(text, "    min_transaction: {}", money(w, least)).unwrap();
    }
    if kind == "percentage" && t.chance(30) {
        writeln!(text, "    lines: '{}'", condition(t, w, Place::Lines, 1)).unwrap();
    }
    let reward = reward(t, w, id, kind);
    writeln!(text, "    reward: {{{reward}}}").unwrap();
    let counted = if of_points { Counted::Points } else { Counted::Money };
    if t.chance(50)
        && let Some(block) = caps::of_campaign(t, w, id, counted)
    {
        writeln!(text, "    caps: {block}").unwrap();
    }
    match t.below(10) {
        0..=5 => {}
        6 | 7 => {
            let group = if of_points { "of-points" } else { t.word(&["one", "two"]) };
            writeln!(text, "    stacking: {{group: {group}}}").unwrap();
        }
        _ => writeln!(text, "    stacking: {{exclusive: true}}").unwrap(),
    }
    if t.chance(30) {
        text.push_str("    on_refund: requalify\n");
    }
    w.campaigns.push(id.to_owned());
}

fn window(t: &mut Tape, w: &World, text: &mut String) {
    match t.below(8) {
        6 => {
            let (a, b) = (date(t), date(t));
            writeln!(text, "    active: {{from: {}, to: {}}}", a.min(b), a.max(b)).unwrap();
        }
        7 => {
            let a = instant(t, w);
            let b = (instant(t, w) + chrono::Duration::days(200)).max(a + chrono::Duration::hours(1));
            let shown = |at: chrono::DateTime<chrono::Utc>| at.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            writeln!(text, "    active: {{from: \"{}\", to: \"{}\"}}", shown(a), shown(b)).unwrap();
        }
        _ => {}
    }
    if t.chance(15) {
        let days = t.some(&["mon", "tue", "wed", "thu", "fri", "sat", "sun"]);
        writeln!(text, "    days: [{}]", days.join(", ")).unwrap();
    }
    if t.chance(15) {
        let hours = [
            ("17:00", "23:00"),
            ("00:00", "24:00"),
            ("22:00", "02:00"),
            ("02:00", "03:00"),
            ("23:30", "00:30"),
            ("12:00", "24:00"),
            ("01:30", "02:30"),
        ];
        let (from, to) = *t.pick(&hours);
        writeln!(text, "    hours: {{from: \"{from}\", to: \"{to}\"}}").unwrap();
    }
}

fn audience(t: &mut Tape, w: &World, text: &mut String) {
    let mut entries = Vec::new();
    if !w.tiers.is_empty() && t.chance(15) {
        let levels: Vec<&str> = w.tiers.iter().map(String::as_str).collect();
        entries.push(format!("tiers: [{}]", t.some(&levels).join(", ")));
    }
    if t.chance(12) {
        entries.push(format!("segments: [{}]", t.some(&SEGMENTS).join(", ")));
    }
    if t.chance(10) {
        entries.push("enrolled: true".to_owned());
    }
    if t.chance(12) {
        entries.push(format!("share: {}", t.word(&["50%", "100%", "12.5%", "0.9"])));
    }
    if !entries.is_empty() {
        writeln!(text, "    audience: {{{}}}", entries.join(", ")).unwrap();
    }
}

fn reward(t: &mut Tape, w: &mut World, id: &str, kind: &str) -> String {
    let up_to = |t: &mut Tape, w: &mut World| {
        if !t.chance(35) {
            return String::new();
        }
        let (spend, per) = (t.between(5, 400) * 100, period(t));
        w.counters.push((format!("campaign.{id}.spend.{per}"), Counted::Money, spend));
        w.edges.push(spend);
        format!(", up_to: {{spend: {}, per: {per}}}", money(w, spend))
    };
    match kind {
        "percentage" => format!("rate: {}{}", rate(t), up_to(t, w)),
        "fixed" => format!("fixed: {}", money(w, *t.pick(&[100, 200, 500, 150, 1099]))),
        "multiplier" => format!("multiplier: {}{}", multiplier(t), up_to(t, w)),
        "scripted" => format!("amount: '{}'", amount(t, w)),
        "points" => format!("points: {}", with_decimals(t.between(1, 120) * 100 + 25, w.points_decimals)),
        _ => format!("points_multiplier: {}", multiplier(t)),
    }
}
