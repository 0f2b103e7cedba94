//! A random valid rule set as the text of its files.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono_tz::Tz;

use super::expressions::{FUNCTIONS, Place, cash_like, condition, partners};
use super::tape::Tape;
use super::world::{Counted, World, money, with_decimals};
use super::{campaigns, caps};

pub(crate) const CATEGORIES: [&str; 6] = ["grocery", "dining", "fuel", "online", "gift_card", "travel"];
pub(crate) const MCCS: [&str; 4] = ["5411", "6010", "6011", "0742"];
pub(crate) const MERCHANTS: [&str; 4] = ["corner-shop", "m0001", "m0002", "m0003"];
pub(crate) const SEGMENTS: [&str; 3] = ["foodies", "families", "insider"];
pub(crate) const SKUS: [&str; 4] = ["s1", "s2", "s3", "s4"];
pub(crate) const LEVELS: [&str; 4] = ["bronze", "silver", "gold", "platinum"];
const ZONES: [Tz; 10] = [
    Tz::UTC,
    Tz::America__New_York,
    Tz::Europe__Berlin,
    Tz::Asia__Kolkata,
    Tz::Australia__Lord_Howe,
    Tz::Pacific__Auckland,
    Tz::Africa__Cairo,
    Tz::America__Santiago,
    Tz::Asia__Tokyo,
    Tz::Pacific__Apia,
];

/// The files of a rule set, and what they agree on.
pub(crate) fn rule_set(t: &mut Tape) -> (BTreeMap<String, String>, World) {
    let (currency, decimals) = *t.pick(&[("USD", 2), ("JPY", 0), ("KWD", 3), ("EUR", 2)]);
    let has_points = t.chance(60);
    let mut w = World {
        currency,
        decimals,
        zone: *t.pick(&ZONES),
        tiers: Vec::new(),
        has_points,
        has_earn: has_points && !t.chance(10),
        points_decimals: if has_points { *t.pick(&[0, 1, 2]) } else { 0 },
        counters: Vec::new(),
        campaigns: Vec::new(),
        options: Vec::new(),
        edges: vec![1000, 5000],
    };
    if t.chance(60) {
        w.tiers = LEVELS[..2 + t.below(3)].iter().map(|l| (*l).to_owned()).collect();
    }
    let mut text = String::new();
    header(t, &w, &mut text);
    eligible(t, &w, &mut text);
    base(t, &mut w, &mut text);
    tiers(t, &mut w, &mut text);
    if t.chance(40) {
        let block = caps::of_program(t, &mut w);
        writeln!(text, "caps: {block}").unwrap();
    }
    points(t, &mut w, &mut text);
    let mut files =
        BTreeMap::from([("functions.rhai".to_owned(), FUNCTIONS.to_owned()), ("program.yaml".to_owned(), text)]);
    campaigns::files(t, &mut w, &mut files);
    (files, w)
}

fn header(t: &mut Tape, w: &World, text: &mut String) {
    writeln!(text, "program: generated\nname: Generated").unwrap();
    writeln!(text, "currency: {}\ntimezone: {}", w.currency, w.zone.name()).unwrap();
    let mode = t.word(&["half_even", "half_up", "down", "up"]);
    match t.below(3) {
        0 => writeln!(text, "rounding: {mode}").unwrap(),
        1 => writeln!(text, "rounding: {{mode: {mode}, at: total}}").unwrap(),
        _ => writeln!(text, "rounding: {{mode: {mode}, at: component}}").unwrap(),
    }
    text.push_str(
        "facts:\n  tx:\n    basket_size: integer\n    floor: {type: integer, optional: true}\n    \
         price: {type: decimal, optional: true}\n    flag: {type: boolean, optional: true}\n    \
         due: {type: date, optional: true}\n    channel_detail: {one_of: [app, web, kiosk], optional: true}\n  \
         member:\n    newsletter: boolean\n",
    );
    writeln!(text, "lists:\n  partners: [{}]\n  cash_like: [{}]", partners(), cash_like()).unwrap();
}

fn eligible(t: &mut Tape, w: &World, text: &mut String) {
    let when = t.maybe(20, |t| condition(t, w, Place::Eligible, 1));
    let lines = t.maybe(30, |t| condition(t, w, Place::EligibleLines, 1));
    if when.is_some() || lines.is_some() {
        text.push_str("eligible:\n");
        when.iter().for_each(|w| writeln!(text, "  when: '{w}'").unwrap());
        lines.iter().for_each(|l| writeln!(text, "  lines: '{l}'").unwrap());
    }
}

/// §4.1: a period in which a member's limits are counted.
pub(crate) fn period(t: &mut Tape) -> &'static str {
    t.word(&["month", "day", "week", "quarter", "year", "lifetime", "billing_cycle", "anniversary"])
}

/// A rate as rule files write it: up to 20 %, sometimes with many digits.
pub(crate) fn rate(t: &mut Tape) -> String {
    match t.below(6) {
        0 | 1 => format!("{}%", t.between(1, 11)),
        2 => format!("{}.{} %", t.below(8), t.between(1, 10)),
        3 => format!("0.0{}", t.between(1, 100)),
        4 => format!("0.{:08}", t.between(1, 20_000_000)),
        _ => "0%".to_owned(),
    }
}

/// A multiplier of at least 1.
pub(crate) fn multiplier(t: &mut Tape) -> String {
    t.word(&["2", "1.5", "3", "1", "1.25", "2.333"]).to_owned()
}

fn base(t: &mut Tape, w: &mut World, text: &mut String) {
    let pools = t.below(3);
    if pools > 0 {
        text.push_str("pools:\n");
    }
    let mut pool_ids = Vec::new();
    for at in 0..pools {
        let (id, spend, per) = (format!("pool-{at}"), t.between(5, 400) * 100, period(t));
        writeln!(text, "  {id}: {{spend: {}, per: {per}}}", money(w, spend)).unwrap();
        w.counters.push((format!("pool.{id}.spend.{per}"), Counted::Money, spend));
        w.edges.push(spend);
        pool_ids.push(id);
    }
    let count = if w.has_points { t.below(5) } else { 1 + t.below(4) };
    if count > 0 {
        text.push_str("base:\n");
    }
    for at in 0..count {
        let id = format!("rule-{at}");
        writeln!(text, "  - id: {id}").unwrap();
        // The last rule mostly takes what is left.
        let last = at + 1 == count;
        if !last || t.chance(20) {
            if t.chance(70) {
                writeln!(text, "    when: '{}'", condition(t, w, Place::Rule, 2)).unwrap();
            }
            if t.chance(30) {
                writeln!(text, "    lines: '{}'", condition(t, w, Place::Lines, 1)).unwrap();
            }
        }
        if t.chance(25) {
            writeln!(text, "    slabs: [{}]", slabs(t, w)).unwrap();
        } else {
            writeln!(text, "    rate: {}", rate(t)).unwrap();
        }
        match t.below(10) {
            0..=5 => {}
            6 | 7 if !pool_ids.is_empty() => {
                let pool = t.pick(&pool_ids).clone();
                writeln!(text, "    up_to: {{pool: {pool}}}").unwrap();
            }
            _ => {
                let (spend, per) = (t.between(5, 400) * 100, period(t));
                writeln!(text, "    up_to: {{spend: {}, per: {per}}}", money(w, spend)).unwrap();
                w.counters.push((format!("base.{id}.spend.{per}"), Counted::Money, spend));
                w.edges.push(spend);
            }
        }
        if t.chance(30) {
            let block = caps::of_base(t, w, &id);
            writeln!(text, "    caps: {block}").unwrap();
        }
    }
}

fn slabs(t: &mut Tape, w: &mut World) -> String {
    let mut parts = Vec::new();
    let mut up_to = 0;
    for _ in 0..=t.below(3) {
        up_to += t.between(1, 100) * 100;
        w.edges.push(up_to);
        parts.push(format!("{{up_to: {}, rate: {}}}", money(w, up_to), rate(t)));
    }
    parts.push(format!("{{rate: {}}}", rate(t)));
    parts.join(", ")
}

fn tiers(t: &mut Tape, w: &mut World, text: &mut String) {
    if w.tiers.is_empty() {
        return;
    }
    text.push_str("tiers:\n");
    match t.below(4) {
        0 | 1 => text.push_str("  window: calendar_year\n"),
        2 => writeln!(text, "  window: {{rolling_months: {}}}", t.between(1, 14)).unwrap(),
        _ => text.push_str("  window: lifetime\n"),
    }
    if t.chance(40) {
        writeln!(text, "  grace_days: {}", t.below(60)).unwrap();
    }
    if t.chance(40) {
        text.push_str("  soft_landing: true\n");
    }
    if t.chance(40) {
        text.push_str("  applies: after\n");
    }
    if t.chance(60) {
        text.push_str("  refund: immediate\n");
    }
    text.push_str("  levels:\n");
    let mut threshold = 0;
    for (at, level) in w.tiers.clone().iter().enumerate() {
        writeln!(text, "    - id: {level}\n      min_spending: {}", money(w, threshold)).unwrap();
        w.edges.push(threshold);
        threshold += t.between(1, 40) * 1000;
        match t.below(4) {
            0 | 1 => {}
            2 => writeln!(text, "      bonus: {{rate: {}}}", rate(t)).unwrap(),
            _ => writeln!(text, "      bonus: {{multiplier: {}}}", multiplier(t)).unwrap(),
        }
        if w.has_points && t.chance(40) {
            writeln!(text, "      points_multiplier: {}", multiplier(t)).unwrap();
        }
        if w.has_points && at > 0 && t.chance(60) {
            writeln!(text, "      upgrade_points: {}", t.between(1, 30) * 10).unwrap();
        }
        if t.chance(25) {
            let block = caps::of_tier(t, w, level);
            writeln!(text, "      caps: {block}").unwrap();
        }
    }
}

fn points(t: &mut Tape, w: &mut World, text: &mut String) {
    if !w.has_points {
        return;
    }
    text.push_str("points:\n");
    if w.has_earn {
        let per = t.word(&["100", "1000", "300", "700", "250"]).parse().unwrap();
        writeln!(text, "  earn: {{points: {}, per: {}}}", t.between(1, 12), money(w, per)).unwrap();
    }
    writeln!(text, "  decimals: {}", w.points_decimals).unwrap();
    if t.chance(60) {
        let length = t.word(&["12 months", "1 months", "30 days", "2 years", "6 weeks", "1 days"]);
        writeln!(text, "  expires_after: {length}").unwrap();
    }
    if t.chance(30) {
        writeln!(text, "  activation_delay: {}", t.word(&["14 days", "1 days", "1 months", "40 days"])).unwrap();
    }
    if t.chance(30) {
        let block = caps::of_points(t, w);
        writeln!(text, "  caps: {block}").unwrap();
    }
    if t.chance(70) {
        redemption(t, w, text);
    }
}

fn redemption(t: &mut Tape, w: &mut World, text: &mut String) {
    text.push_str("redemption:\n  options:\n");
    for at in 0..=t.below(2) {
        let id = format!("option-{at}");
        let kind = t.word(&["cash", "voucher", "gift_card", "statement_credit", "donation"]);
        writeln!(text, "    - id: {id}\n      type: {kind}").unwrap();
        writeln!(text, "      value: {{points: 100, cash: {}}}", money(w, 100)).unwrap();
        if t.chance(50) {
            writeln!(text, "      min_points: {}", t.between(1, 30)).unwrap();
        }
        if t.chance(40) {
            writeln!(text, "      step: {}", t.word(&["12", "1", "3", "4"])).unwrap();
        }
        let capped = t.chance(40);
        if capped {
            let (points, per) = (t.between(10, 300), t.word(&["day", "month", "year"]));
            let most = with_decimals(points * 100, w.points_decimals);
            writeln!(text, "      caps: {{per_member: {{points: {most}, per: {per}}}}}").unwrap();
        }
        if !w.tiers.is_empty() && t.chance(30) {
            let levels: Vec<&str> = w.tiers.iter().map(String::as_str).collect();
            writeln!(text, "      tiers: [{}]", t.some(&levels).join(", ")).unwrap();
        }
        w.options.push((id, capped));
    }
}
