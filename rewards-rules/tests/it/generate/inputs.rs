//! Random purchases, members, usage and sequences of events for a generated rule set.

use std::collections::BTreeMap;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use rewards_rules::input::{Attribute, Line, Member, Redemption, Refund, Status, Transaction, Usage};
use rewards_rules::value::Exact;

use super::program::{CATEGORIES, MCCS, MERCHANTS, SEGMENTS, SKUS};
use super::tape::Tape;
use super::world::{Counted, World, instant, money, with_decimals};
use crate::reference::Event;

fn exact(text: &str) -> Exact {
    text.parse().unwrap()
}

/// An amount of money at or near something that changes, in units.
fn units(t: &mut Tape, w: &World) -> i64 {
    let step = if w.decimals == 0 { 100 } else { 1 };
    let value = match t.below(10) {
        0..=3 => t.between(1, 30_000),
        4..=7 => *t.pick(&w.edges) + step * t.between(-1, 2),
        8 => *t.pick(&[1, 50, 333, 99_999, 100_000, 1_234_567]),
        _ => t.between(1, 200) * 100,
    };
    value.max(step)
}

/// One of several, or nothing.
fn text(t: &mut Tape, of: &[&str], percent: usize) -> Option<String> {
    t.maybe(percent, |t| t.word(of).to_owned())
}

/// A purchase at an instant.
pub(crate) fn purchase(t: &mut Tape, w: &World, id: &str, at: DateTime<Utc>) -> Transaction {
    let total = if t.chance(2) { 0 } else { units(t, w) };
    let mut attributes = BTreeMap::new();
    if !t.chance(1) {
        attributes.insert("basket_size".to_owned(), Attribute::Number(Exact::from(t.between(0, 12))));
    }
    let mut optional = |t: &mut Tape, name: &str, make: &dyn Fn(&mut Tape) -> Attribute| {
        if t.chance(60) {
            let value = make(t);
            attributes.insert(name.to_owned(), value);
        }
    };
    optional(t, "floor", &|t| Attribute::Number(Exact::from(t.between(-3, 9))));
    optional(t, "price", &|t| Attribute::Text(with_decimals(t.between(0, 900), 2)));
    optional(t, "flag", &|t| Attribute::Boolean(t.chance(50)));
    optional(t, "due", &|t| Attribute::Text(format!("2026-{:02}-{:02}", t.between(1, 13), t.between(1, 29))));
    optional(t, "channel_detail", &|t| Attribute::Text(t.word(&["app", "web", "kiosk"]).to_owned()));
    Transaction {
        id: id.to_owned(),
        amount: exact(&money(w, total)),
        currency: if t.chance(1) { "CHF".to_owned() } else { w.currency.to_owned() },
        occurred_at: at,
        category: text(t, &CATEGORIES, 85),
        mcc: text(t, &MCCS, 60),
        merchant: text(t, &MERCHANTS, 60),
        country: text(t, &["AT", "US"], 30),
        channel: text(t, &["store", "web"], 30),
        payment_method: text(t, &["card", "cash"], 30),
        items: if t.chance(50) { Some(items(t, w, total)) } else { None },
        attributes,
    }
}

/// Lines that cover the amount, or less of it; hardly ever more.
fn items(t: &mut Tape, w: &World, total: i64) -> Vec<Line> {
    let step = if w.decimals == 0 { 100 } else { 1 };
    let mut left = total / step;
    let count = t.below(5);
    let mut lines = Vec::new();
    for (at, sku) in SKUS.iter().enumerate().take(count) {
        let last = at + 1 == count;
        let part = if last && t.chance(60) { left } else { t.between(0, left + 1) };
        if part == 0 {
            continue;
        }
        left -= part;
        lines.push(Line {
            sku: t.maybe(90, |_| (*sku).to_owned()),
            category: text(t, &CATEGORIES, 90),
            quantity: t.maybe(80, |t| Exact::from(t.between(1, 5))),
            amount: exact(&money(w, part * step)),
        });
    }
    lines
}

/// A member with facts; standing is given only for single evaluations.
pub(crate) fn member(t: &mut Tape, w: &World, id: &str) -> Member {
    let day = |t: &mut Tape, from: i32| {
        let (year, month) = (from + i32::try_from(t.below(3)).unwrap(), u32::try_from(t.between(1, 13)).unwrap());
        NaiveDate::from_ymd_opt(year, month, u32::try_from(t.between(1, 29)).unwrap()).unwrap()
    };
    let leap_day = NaiveDate::from_ymd_opt(2024, 2, 29);
    Member {
        joined_on: if t.chance(15) { leap_day } else { t.maybe(99, |t| day(t, 2024)) },
        birthday: if t.chance(15) { leap_day } else { t.maybe(60, |t| day(t, 1990)) },
        country: text(t, &["AT", "US"], 40),
        segments: t.maybe(60, |t| t.some(&SEGMENTS).iter().map(|s| (*s).to_owned()).collect()),
        enrolments: if t.chance(60) {
            Some(w.campaigns.iter().filter(|_| t.chance(60)).cloned().collect())
        } else {
            None
        },
        billing_day: t.maybe(99, |t| u8::try_from(t.between(1, 32)).unwrap()),
        status: if t.chance(2) { Status::Blocked } else { Status::Active },
        attributes: if t.chance(1) {
            BTreeMap::new()
        } else {
            BTreeMap::from([("newsletter".to_owned(), Attribute::Boolean(t.chance(50)))])
        },
        ..Member::new(id)
    }
}

/// The standing of a member before a single evaluation.
pub(crate) fn with_standing(t: &mut Tape, w: &World, mut member: Member) -> Member {
    member.purchases = t.between(0, 12);
    let near = *t.pick(&w.edges) - t.between(0, 20_000);
    member.spending = exact(&money(w, near.max(0)));
    if !w.tiers.is_empty() {
        member.tier = t.maybe(80, |t| t.pick(&w.tiers).clone());
        for tier in &w.tiers {
            if t.chance(30) {
                let date = NaiveDate::from_ymd_opt(2025 + i32::try_from(t.below(2)).unwrap(), 2, 11).unwrap();
                member.upgrades.insert(tier.clone(), date);
            }
        }
    }
    member
}

/// Usage near the limits, and of the member's own counters: only of counters that some rule keeps.
pub(crate) fn usage(t: &mut Tape, w: &World, files: &BTreeMap<String, String>) -> Usage {
    let written = |text: &str| files.values().any(|file| file.contains(text));
    let mut usage = BTreeMap::new();
    for (key, counted, limit) in &w.counters {
        if t.chance(40) {
            continue;
        }
        let (step, decimals) = match counted {
            Counted::Uses => (100, 0),
            Counted::Money => (if w.decimals == 0 { 100 } else { 1 }, w.decimals),
            Counted::Points => (100, w.points_decimals),
        };
        let limit = if *counted == Counted::Uses { limit * 100 } else { *limit };
        let used = match t.below(6) {
            0 | 1 => limit / 200 * 100,
            2 => limit - step,
            3 => limit,
            4 => limit + step,
            _ => limit - t.between(0, 1000),
        };
        let unused_pool = key.strip_prefix("pool.").is_some_and(|rest| {
            let pool = rest.split('.').next().unwrap();
            !written(&format!("up_to: {{pool: {pool}}}"))
        });
        if !unused_pool {
            usage.insert(key.clone(), exact(&with_decimals(used.max(0), decimals)));
        }
    }
    for period in ["month", "day", "week", "quarter", "year", "lifetime", "billing_cycle", "anniversary"] {
        if t.chance(30) {
            let (spent, visits) = (t.between(0, 40_000), t.between(0, 6));
            if written(&format!("spent.{period}")) {
                usage.insert(format!("member.spend.{period}"), exact(&money(w, spent)));
            }
            if written(&format!("visits.{period}")) {
                usage.insert(format!("member.visits.{period}"), Exact::from(visits));
            }
        }
    }
    Usage(usage)
}

/// What happened so far in a sequence.
struct Story {
    now: DateTime<Utc>,
    members: Vec<Member>,
    purchases: Vec<(Transaction, usize)>,
    events: Vec<Event>,
}

/// A sequence of events in order of time, of one or two members.
pub(crate) fn events(t: &mut Tape, w: &World) -> (Vec<Member>, Vec<Event>) {
    let count = 1 + t.below(2);
    let members: Vec<Member> = (0..count).map(|at| member(t, w, &format!("m{at}"))).collect();
    let now = instant(t, w).min(DateTime::<Utc>::from_timestamp(1_775_000_000, 0).unwrap());
    let mut story = Story { now, members: members.clone(), purchases: Vec::new(), events: Vec::new() };
    for at in 0..2 + t.below(14) {
        pass_time(t, &mut story);
        let event = match t.below(20) {
            0..=9 => post(t, w, &mut story, at),
            10..=14 => refund(t, w, &story, at),
            15..=17 if !story.purchases.is_empty() => redeem(t, w, &story, at),
            18 => take_back(t, w, &story),
            19 => again(t, &story),
            _ => post(t, w, &mut story, at),
        };
        story.events.extend(event);
    }
    (members, story.events)
}

fn pass_time(t: &mut Tape, story: &mut Story) {
    story.now += match t.below(12) {
        0..=2 => Duration::hours(t.between(1, 30)),
        3 => Duration::zero(),
        4 => Duration::minutes(t.between(1, 90)),
        5 | 6 => Duration::days(t.between(1, 12)),
        7 | 8 => Duration::days(t.between(10, 50)),
        9 => Duration::days(t.between(50, 200)),
        10 => Duration::days(t.between(200, 500)),
        _ => Duration::seconds(t.between(1, 86_400)),
    };
}

fn post(t: &mut Tape, w: &World, story: &mut Story, at: usize) -> Option<Event> {
    let of = t.below(story.members.len());
    let tx = purchase(t, w, &format!("t{at}"), story.now);
    story.purchases.push((tx.clone(), of));
    Some(Event::Purchase(tx, story.members[of].clone()))
}

/// A refund of some purchase: all, a part, a line, or now and then too much or of nothing known.
fn refund(t: &mut Tape, w: &World, story: &Story, at: usize) -> Option<Event> {
    if story.purchases.is_empty() {
        return None;
    }
    let (tx, of) = t.pick(&story.purchases).clone();
    let step = if w.decimals == 0 { 100 } else { 1 };
    let total = units_of(w, tx.amount) / step;
    if total == 0 {
        return None;
    }
    let (amount, lines) = match t.below(8) {
        0 | 1 => (tx.amount, None),
        2..=4 => (exact(&money(w, t.between(1, total + 1) * step)), None),
        5..=6 => match tx.items.as_deref() {
            Some([_, ..]) => {
                let line = t.pick(tx.items.as_deref().unwrap()).clone();
                let named = Line { quantity: None, ..line };
                let amount = if t.chance(10) { tx.amount } else { named.amount };
                (amount, Some(vec![named]))
            }
            _ => (exact(&money(w, (total / 3).max(1) * step)), None),
        },
        _ => (exact(&money(w, (total / 2).max(1) * step)), None),
    };
    Some(Event::Refund(Refund {
        id: format!("r{at}"),
        original: if t.chance(3) { "unknown".to_owned() } else { tx.id },
        amount,
        lines,
        occurred_at: story.now,
        member: t.maybe(20, |t| {
            let other = t.chance(10);
            story.members[if other { story.members.len() - 1 } else { of }].id.clone()
        }),
    }))
}

/// The units of an amount.
fn units_of(w: &World, amount: Exact) -> i64 {
    let units = amount.to_units_exact(w.decimals).unwrap();
    if w.decimals == 0 { units * 100 } else { units }
}

fn redeem(t: &mut Tape, w: &World, story: &Story, at: usize) -> Option<Event> {
    if w.options.is_empty() && t.chance(90) {
        return None;
    }
    let option = if w.options.is_empty() || t.chance(4) { "nothing".to_owned() } else { t.pick(&w.options).0.clone() };
    // Mostly who bought last.
    let last = story.purchases.last().map_or(0, |(_, of)| *of);
    let of = if t.chance(20) { t.below(story.members.len()) } else { last };
    let member = story.members[of].clone();
    let points = *t.pick(&[12, 24, 36, 60, 120, 1, 10, 250]);
    let redemption = Redemption { id: format!("x{at}"), option, points: Exact::from(points), at: story.now };
    Some(Event::Redeem(redemption, member))
}

/// A redemption that failed after all. What that does to the option's caps is not said, so only those without any.
fn take_back(t: &mut Tape, w: &World, story: &Story) -> Option<Event> {
    let uncapped = |option: &String| w.options.iter().any(|(id, capped)| id == option && !capped);
    let redeemed = story.events.iter().filter_map(|event| match event {
        Event::Redeem(redemption, _) if uncapped(&redemption.option) => Some(redemption.id.clone()),
        _ => None,
    });
    let returned = |id: &String| story.events.iter().any(|e| matches!(e, Event::Return(before, _) if before == id));
    let redeemed: Vec<String> = redeemed.filter(|id| !returned(id)).collect();
    if redeemed.is_empty() { None } else { Some(Event::Return(t.pick(&redeemed).clone(), story.now)) }
}

/// An event once more, as it was or with other content.
fn again(t: &mut Tape, story: &Story) -> Option<Event> {
    let earlier: Vec<&Event> =
        story.events.iter().filter(|e| matches!(e, Event::Purchase(..) | Event::Refund(_))).collect();
    if earlier.is_empty() {
        return None;
    }
    let mut event = (*t.pick(&earlier)).clone();
    if t.chance(30) {
        match &mut event {
            Event::Purchase(tx, _) => tx.category = Some("other".to_owned()),
            Event::Refund(refund) => refund.original = "other".to_owned(),
            Event::Redeem(..) | Event::Return(..) => {}
        }
    }
    Some(event)
}
