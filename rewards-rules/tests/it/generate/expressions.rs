//! Conditions and amounts that the checker accepts, over the facts and functions that generated programs have.

use super::program::{CATEGORIES, MCCS, MERCHANTS, SEGMENTS, SKUS};
use super::tape::Tape;
use super::world::{World, money};

/// The functions that generated rule sets bring.
pub(crate) const FUNCTIONS: &str = r#"// Functions of generated rules.
fn every_nth(count, n) { (count + 1) % n == 0 }

fn step_up(amount) {
    if amount >= 200.00 {
        return 4.00;
    }
    if amount >= 80.00 {
        return 1.50;
    }
    0.00
}

fn share_beyond(amount, limit, share) {
    if amount > limit { (amount - limit) * share } else { 0.00 }
}

fn sum_to(n) {
    let total = 0;
    for i in 0..n {
        total += i;
    }
    total
}

fn sevens(n) {
    let count = 0;
    let rest = abs(n);
    while rest > 0 && count < 20 {
        rest = rest - 7;
        count += 1;
    }
    count
}

fn best_of(a, b, c) {
    let best = a;
    for x in [b, c] {
        if x > best {
            best = x;
        }
    }
    best
}

fn ratio(a, b) {
    if b == 0.0 { 0.0 } else { a / b }
}

fn season(month) {
    if month in [12, 1, 2] { "winter" } else if month < 6 { "spring" } else { "other" }
}
"#;

/// Where an expression stands: which facts it may read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `eligible.when`
    Eligible,
    /// `eligible.lines`
    EligibleLines,
    /// `when`, `amount`
    Rule,
    /// `lines`
    Lines,
}

impl Place {
    fn knows_eligible_amount(self) -> bool {
        matches!(self, Place::Rule | Place::Lines)
    }

    fn has_line(self) -> bool {
        matches!(self, Place::Lines | Place::EligibleLines)
    }
}

fn texts(words: &[&str]) -> String {
    words.iter().map(|w| format!("\"{w}\"")).collect::<Vec<_>>().join(", ")
}

/// A condition.
pub(crate) fn condition(t: &mut Tape, w: &World, place: Place, depth: usize) -> String {
    if depth > 0 {
        match t.below(10) {
            0..=4 => {}
            5 | 6 => return pair(t, w, place, depth, "&&"),
            7 => return pair(t, w, place, depth, "||"),
            8 => return format!("!({})", condition(t, w, place, depth - 1)),
            _ => {
                let (c, a, b) =
                    (condition(t, w, place, 0), condition(t, w, place, depth - 1), condition(t, w, place, depth - 1));
                return format!("(if {c} {{ {a} }} else {{ {b} }})");
            }
        }
    }
    if place.has_line() && t.chance(70) { line_condition(t, w) } else { simple(t, w, place) }
}

fn pair(t: &mut Tape, w: &World, place: Place, depth: usize, op: &str) -> String {
    let (a, b) = (condition(t, w, place, depth - 1), condition(t, w, place, depth - 1));
    format!("({a}) {op} ({b})")
}

/// A condition on a line.
fn line_condition(t: &mut Tape, w: &World) -> String {
    match t.below(7) {
        0 | 1 => format!("line.category {} \"{}\"", t.word(&["==", "!="]), t.word(&CATEGORIES)),
        2 | 3 => format!("line.category {} [{}]", t.word(&["in", "!in"]), texts(&t.some(&CATEGORIES))),
        4 => format!("line.amount {} {}", comparison(t), money(w, t.between(1, 60) * 100)),
        5 => format!("line.quantity >= {}", t.below(4)),
        _ => format!("has(line.sku) && line.sku in [{}]", texts(&t.some(&SKUS))),
    }
}

fn comparison<'a>(t: &mut Tape) -> &'a str {
    t.word(&[">=", "<", ">", "<="])
}

/// A condition without `&&` and the like on the outside.
fn simple(t: &mut Tape, w: &World, place: Place) -> String {
    match t.below(31) {
        0..=2 => format!("tx.category {} \"{}\"", t.word(&["==", "!="]), t.word(&CATEGORIES)),
        3 | 4 => format!("tx.category {} [{}]", t.word(&["in", "!in"]), texts(&t.some(&CATEGORIES))),
        5 => format!("tx.mcc {} cash_like", t.word(&["!in", "in"])),
        6 => format!("tx.merchant {} partners", t.word(&["in", "!in"])),
        7 => format!("tx.amount {} {}", comparison(t), money(w, t.between(1, 300) * 100)),
        8 if place.knows_eligible_amount() => {
            format!("tx.eligible_amount {} {}", comparison(t), money(w, t.between(1, 300) * 100))
        }
        9 => "has(tx.floor)".to_owned(),
        10 => format!("tx.floor {} {}", t.word(&[">", "!=", "<="]), t.between(-2, 9)),
        11 => t.word(&["tx.flag", "!tx.flag", "tx.flag == false"]).to_owned(),
        12 => format!("tx.weekday {} [{}]", t.word(&["in", "!in"]), texts(&t.some(&["sat", "sun", "mon", "fri"]))),
        13 => format!("tx.hour {} {}", comparison(t), t.below(24)),
        14 => format!("tx.date {} \"2026-{:02}-{:02}\"", comparison(t), t.between(1, 13), t.between(1, 29)),
        15 => format!("tx.day % {} == {}", t.between(2, 5), t.below(2)),
        16 => format!("tx.time < \"{:02}:30:00\"", t.below(24)),
        17 => format!("member.purchases % {} == {}", t.between(2, 5), t.below(3)),
        18 => format!("member.spending {} {}", comparison(t), money(w, t.between(0, 12) * 10_000)),
        19 if !w.tiers.is_empty() => {
            let tier = w.tiers[t.below(w.tiers.len())].clone();
            format!("member.tier {} \"{tier}\"", t.word(&["==", "!="]))
        }
        20 => format!("\"{}\" {} member.segments", t.word(&SEGMENTS), t.word(&["in", "!in"])),
        21 => format!("member.days_since_joined {} {}", comparison(t), t.between(0, 800)),
        22 => "is_birthday(member.birthday)".to_owned(),
        23 => "member.newsletter".to_owned(),
        24 => {
            let period = t.word(&PERIODS);
            let limit = money(w, t.between(1, 40) * 1_000);
            if place.knows_eligible_amount() {
                format!("spent.{period} < {limit} && spent.{period} + tx.eligible_amount >= {limit}")
            } else {
                format!("spent.{period} < {limit}")
            }
        }
        25 => format!("visits.{} {} {}", t.word(&PERIODS), comparison(t), t.below(5)),
        26 => format!("tx.channel_detail {} \"{}\"", t.word(&["==", "!="]), t.word(&["app", "web", "kiosk"])),
        27 => format!("every_nth(member.purchases, {})", t.between(1, 5)),
        28 => format!("season(tx.month) == \"{}\"", t.word(&["winter", "spring", "other"])),
        29 => format!("days_between(tx.due, tx.date) {} {}", comparison(t), t.between(-40, 40)),
        _ => format!("{} {} {}", number(t, w, place, 1), comparison(t), number(t, w, place, 1)),
    }
}

const PERIODS: [&str; 8] = ["month", "day", "week", "quarter", "year", "lifetime", "billing_cycle", "anniversary"];

/// A decimal number.
pub(crate) fn number(t: &mut Tape, w: &World, place: Place, depth: usize) -> String {
    if depth > 0 {
        let sub = |t: &mut Tape| number(t, w, place, depth - 1);
        match t.below(14) {
            0..=2 => {}
            3 => return format!("({} + {})", sub(t), sub(t)),
            4 => return format!("({} - {})", sub(t), sub(t)),
            5 | 6 => return format!("({} * {})", sub(t), factor(t)),
            7 => return format!("({} / {}.0)", leaf(t, w, place), t.between(1, 12)),
            8 => return format!("{}({}, {})", t.word(&["min", "max"]), sub(t), sub(t)),
            9 => return format!("round({}, {})", sub(t), t.below(4)),
            10 => return format!("abs({})", sub(t)),
            11 => {
                let c = simple(t, w, place);
                return format!("(if {c} {{ {} }} else {{ {} }})", sub(t), sub(t));
            }
            12 => return format!("best_of({}, {}, {})", sub(t), sub(t), sub(t)),
            _ => return format!("({} % {}.5)", sub(t), t.between(1, 9)),
        }
    }
    leaf(t, w, place)
}

fn factor(t: &mut Tape) -> String {
    format!("0.{:03}", t.between(1, 120))
}

fn leaf(t: &mut Tape, w: &World, place: Place) -> String {
    match t.below(15) {
        0 => format!("{}.{:02}", t.below(10), t.below(100)),
        1..=3 => "tx.amount".to_owned(),
        4..=6 if place.knows_eligible_amount() => "tx.eligible_amount".to_owned(),
        7 => "member.spending".to_owned(),
        8 => format!("spent.{}", t.word(&PERIODS)),
        9 => "step_up(tx.amount)".to_owned(),
        10 => format!("share_beyond(tx.amount, {}, {})", money(w, t.between(1, 200) * 100), factor(t)),
        11 => format!("({} * {})", t.word(&["tx.basket_size", "tx.floor", "member.purchases", "tx.hour"]), factor(t)),
        12 => format!("(sum_to(min(abs(tx.floor), {})) * 0.05)", t.between(1, 20)),
        13 => "(sevens(tx.day) * 0.25)".to_owned(),
        _ if t.chance(50) => "tx.price".to_owned(),
        _ => "ratio(tx.amount, tx.price)".to_owned(),
    }
}

/// What an `amount` grants: mostly modest and above zero.
pub(crate) fn amount(t: &mut Tape, w: &World) -> String {
    if t.chance(60) {
        format!("{} * {} + {}", number(t, w, Place::Rule, 1), factor(t), leaf_constant(t))
    } else {
        number(t, w, Place::Rule, 2)
    }
}

fn leaf_constant(t: &mut Tape) -> String {
    format!("{}.{:02}", t.below(3), t.below(100))
}

/// Something that fails to evaluate for some facts.
pub(crate) fn failing(t: &mut Tape) -> String {
    t.word(&["10.0 / tx.price > 2.0", "tx.amount % tx.price < 1.0", "member.purchases % tx.floor == 0"]).to_owned()
}

/// The merchant category codes that lists name.
pub(crate) fn cash_like() -> String {
    texts(&MCCS[1..])
}

/// The partners that lists name.
pub(crate) fn partners() -> String {
    MERCHANTS[1..].join(", ")
}
