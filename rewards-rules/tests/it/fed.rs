//! What purchases and redemptions under rules without a counter count for rules that have it: as if those had counted from the start.

use std::collections::BTreeMap;

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Raw, Redemption, Refund, Transaction};
use rewards_rules::outcome::Outcome;
use rewards_rules::source::{SourceFile, Sources};
use rewards_rules::state::{Change, Event, Ledger, Settlement, Taken, apply};

const PLAIN: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
rounding: {mode: half_up}
base:
  - {id: all, rate: 1.5%}
tiers:
  window: calendar_year
  levels:
    - {id: basic, min_spending: 0}
    - {id: gold, min_spending: 150.00, bonus: {rate: 10%}, upgrade_points: 50}
points:
  earn: {points: 1, per: 3.00}
campaigns:
  - {campaign: spring, type: percentage, when: tx.category == "garden", reward: {rate: 7%}}
  - {campaign: basket, type: fixed, min_transaction: 40.00, reward: {fixed: 2.00}, on_refund: requalify}
  - {campaign: extra, type: points, reward: {points: 10}}
"#;

/// The same, and every cap that counts; so wide that nothing is cut.
fn counting() -> String {
    let caps = "caps: {per_member: [{amount: 90000.00, per: month}, {amount: 90000.00, per: lifetime}, {amount: 90000.00, per: billing_cycle}]}";
    PLAIN
        .replace("rate: 1.5%}", &format!("rate: 1.5%, {caps}}}"))
        .replace("{rate: 7%}}", "{rate: 7%}, caps: {budget: 90000.00, uses: {count: 900, per: year}}}")
        .replace("on_refund: requalify}", "on_refund: requalify, caps: {uses: {count: 900, per: week}}}")
        .replace("{points: 10}}", "{points: 10}, caps: {per_member: {points: 90000, per: quarter}}}")
        .replace("upgrade_points: 50}", "upgrade_points: 50, caps: {per_member: {amount: 90000.00, per: year}}}")
        .replace("base:\n", "caps: {per_member: {amount: 90000.00, per: anniversary}, budget: 90000.00}\nbase:\n")
        .replace("per: 3.00}\n", "per: 3.00}\n  caps: {per_member: {points: 90000, per: month}}\n")
        + "  - {campaign: seen, type: fixed, when: spent.month > 80000.00 || visits.year > 9000, reward: {fixed: 1.00}}\n"
}

fn rules(text: &str) -> RuleSet {
    let file = SourceFile { path: "program.yaml".to_owned(), bytes: text.as_bytes().to_vec() };
    RuleSet::compile(Sources::new([file])).unwrap_or_else(|findings| panic!("{}", findings.render(false)))
}

fn buys(id: &str, amount: &str, on: &str, category: &str) -> Transaction {
    let text = format!(
        r#"{{"id":"{id}","amount":"{amount}","currency":"EUR","occurred_at":"{on}T10:00:00Z","category":"{category}"}}"#
    );
    Transaction::from_json(&text).unwrap()
}

fn member() -> Member {
    Member::from_json(r#"{"id":"m","billing_day":15,"joined_on":"2020-02-29"}"#).unwrap()
}

/// What happens: purchases, and refunds of them in odd parts.
fn happens(rules: &RuleSet) -> (Ledger, Vec<Outcome>) {
    let mut ledger = Ledger::new();
    ledger.put_member(rules, member(), Default::default()).unwrap();
    let bought = [
        ("a", "99.99", "2026-01-31", "garden"),
        ("b", "41.00", "2026-03-01", "basket"),
        ("c", "60.35", "2026-03-14", "garden"),
        ("d", "0.00", "2026-03-14", "garden"),
        ("e", "12.34", "2026-03-15", "other"),
        ("f", "77.77", "2026-03-31", "garden"),
    ];
    let mut outcomes = Vec::new();
    for (id, amount, on, category) in bought {
        let transaction = buys(id, amount, on, category);
        let event = Event::Purchase { transaction: &transaction, member: "m", tier: None, explain: false };
        let Change::Posted(outcome) = apply(rules, &mut ledger, event).unwrap() else { panic!("{id}") };
        outcomes.push(outcome);
    }
    for (n, (original, amount)) in
        [("a", "33.33"), ("b", "2.00"), ("a", "0.01"), ("c", "60.35"), ("f", "13.00"), ("f", "13.00")]
            .into_iter()
            .enumerate()
    {
        let raw = serde_json::json!({
            "id": format!("r{n}"), "original": original, "amount": amount, "occurred_at": "2026-04-01T10:00:00Z",
        });
        let refund = Refund::from_raw(Raw::from(raw)).unwrap();
        let Change::Posted(outcome) = apply(rules, &mut ledger, Event::Refund(&refund)).unwrap() else { panic!("{n}") };
        outcomes.push(outcome);
    }
    (ledger, outcomes)
}

#[test]
fn a_counter_that_is_filled_is_what_it_would_be_had_it_counted_from_the_start() {
    let (plain, counts) = (rules(PLAIN), rules(&counting()));
    let mut due: BTreeMap<(String, String), i64> = BTreeMap::new();
    for outcome in happens(&counts).1 {
        for delta in &outcome.usage {
            *due.entry((delta.key.to_string(), delta.period.to_string())).or_default() += delta.delta.units();
        }
    }
    due.retain(|_, units| *units != 0);
    let (ledger, _) = happens(&plain);
    let mut fed: BTreeMap<(String, String), i64> = BTreeMap::new();
    for id in ["a", "b", "c", "d", "e", "f"] {
        let record = ledger.purchase(id).unwrap();
        for one in counts.fed(&plain, &record, &Taken::default(), "1970-01-01".parse().unwrap()).unwrap() {
            assert!(counts.is_fed(&one.key) && one.units > 0, "{one:?}");
            assert_eq!(one.shared, one.key.contains(".budget."), "{one:?}");
            *fed.entry((one.key, one.period)).or_default() += one.units;
        }
    }
    assert_eq!(fed, due);
    let keys: std::collections::BTreeSet<&str> = fed.keys().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys.len(), 13, "{keys:?}");
}

#[test]
fn periods_that_ended_before_the_day_that_counts_are_left_out() {
    let (plain, counts) = (rules(PLAIN), rules(&counting()));
    let (ledger, _) = happens(&plain);
    let fed = |id: &str, since: &str| {
        let record = ledger.purchase(id).unwrap();
        let all = counts.fed(&plain, &record, &Taken::default(), since.parse().unwrap()).unwrap();
        let of = |key: &str| all.iter().any(|one| one.key == key);
        ["base.all.amount.month", "base.all.amount.billing_cycle", "base.all.amount.lifetime", "member.visits.year"]
            .map(of)
    };
    // Of 15 March: the month is the same until 31 March, the billing cycle until 14 April.
    assert_eq!(fed("e", "2026-03-10"), [true, true, true, true]);
    assert_eq!(fed("e", "2026-03-31"), [true, true, true, true]);
    assert_eq!(fed("e", "2026-04-14"), [false, true, true, true]);
    assert_eq!(fed("e", "2026-04-15"), [false, false, true, true]);
    assert_eq!(fed("e", "2027-01-01"), [false, false, true, false]);
}

const LIMITS: &str = r#"
program: shop
currency: EUR
timezone: Europe/Berlin
rounding: {mode: half_up}
base:
  - {id: bread, lines: line.category == "bread", rate: 4%}
  - {id: garden, when: tx.category == "garden", slabs: [{up_to: 50.00, rate: 1.5%}, {rate: 2%}]}
  - {id: basket, when: tx.category == "basket", rate: 3%, caps: {per_transaction: 0.10}}
  - {id: all, rate: 0%}
campaigns:
  - {campaign: spring, type: percentage, when: tx.category == "garden", reward: {rate: 7%}, on_refund: requalify}
  - {campaign: loaf, type: percentage, lines: line.category == "bread", reward: {rate: 1%}}
  - {campaign: twice, type: multiplier, when: tx.category == "garden", reward: {multiplier: 2}}
"#;

/// The same with limits so wide that nothing is cut, in some period.
fn limited(per: &str) -> String {
    let up_to = format!("up_to: {{spend: 90000.00, per: {per}}}");
    LIMITS
        .replace("base:\n", &format!("pools: {{green: {{spend: 90000.00, per: {per}}}}}\nbase:\n"))
        .replace("rate: 2%}]}", "rate: 2%}], up_to: {pool: green}}")
        .replace("rate: 3%,", "rate: 3%, up_to: {pool: green},")
        .replace("rate: 4%}", &format!("rate: 4%, {up_to}}}"))
        .replace("rate: 0%}", &format!("rate: 0%, {up_to}}}"))
        .replace("reward: {rate: 7%}", &format!("reward: {{rate: 7%, {up_to}}}"))
        .replace("reward: {rate: 1%}", &format!("reward: {{rate: 1%, {up_to}}}"))
        .replace("multiplier: 2}", &format!("multiplier: 2, {up_to}}}"))
}

fn basket(id: &str, bread: &str, rest: &str) -> Transaction {
    let text = format!(
        r#"{{"id":"{id}","amount":"99.99","currency":"EUR","occurred_at":"2026-03-16T10:00:00Z","category":"garden",
            "items":[{{"category":"bread","amount":"{bread}"}},{{"category":"rest","amount":"{rest}"}}]}}"#
    );
    Transaction::from_json(&text).unwrap()
}

#[test]
fn what_came_under_a_rule_counts_on_an_up_to_that_it_gets() {
    let counted = |outcomes: &[Outcome], of: &str| {
        let mut sums: BTreeMap<(String, String), i64> = BTreeMap::new();
        for delta in outcomes.iter().flat_map(|outcome| &outcome.usage) {
            if delta.key.contains(".spend.") && delta.key.ends_with(of) {
                *sums.entry((delta.key.to_string(), delta.period.to_string())).or_default() += delta.delta.units();
            }
        }
        sums.retain(|_, units| *units != 0);
        sums
    };
    let counts = rules(&limited("month"));
    let more = |rules: &RuleSet| {
        let (mut ledger, mut outcomes) = happens(rules);
        let transaction = basket("g", "33.33", "44.44");
        let event = Event::Purchase { transaction: &transaction, member: "m", tier: None, explain: false };
        let Change::Posted(outcome) = apply(rules, &mut ledger, event).unwrap() else { panic!("it was posted") };
        outcomes.push(outcome);
        let raw = serde_json::json!({
            "id": "r", "original": "g", "amount": "7.77", "occurred_at": "2026-04-01T10:00:00Z",
        });
        let refund = Refund::from_raw(Raw::from(raw)).unwrap();
        let Change::Posted(outcome) = apply(rules, &mut ledger, Event::Refund(&refund)).unwrap() else { panic!("r") };
        outcomes.push(outcome);
        (ledger, outcomes)
    };
    let due = counted(&more(&counts).1, ".month");
    // Rules without limits, and rules that limit what comes in another period.
    for bought in [rules(LIMITS), rules(&limited("week"))] {
        let (ledger, outcomes) = more(&bought);
        let mut fed: BTreeMap<(String, String), i64> = BTreeMap::new();
        for id in ["a", "b", "c", "d", "e", "f", "g"] {
            let record = ledger.purchase(id).unwrap();
            let outcome = outcomes.iter().find(|outcome| outcome.transaction_id == id).unwrap();
            let taken = Taken::of(outcome);
            assert_eq!(Taken::from_json(&outcome.to_canonical_json()), Some(taken.clone()));
            for one in counts.fed(&bought, &record, &taken, "1970-01-01".parse().unwrap()).unwrap() {
                assert!(counts.is_fed(&one.key) && !one.shared, "{one:?}");
                *fed.entry((one.key, one.period)).or_default() += one.units;
            }
        }
        assert_eq!(fed, due);
    }
    let keys: std::collections::BTreeSet<&str> = due.keys().map(|(key, _)| key.as_str()).collect();
    assert_eq!(keys.len(), 6, "{keys:?}");
    assert_eq!(Taken::from_json(r#"{"components":[{"kind":"none","id":"a"}]}"#), None);
    assert!(!counts.is_fed("base.all.amount.month"), "a counter that the rules do not have");
}

/// What a redemption of some points on a day ends with.
const REDEEMED: [(&str, &str, i64, Option<Settlement>); 5] = [
    ("a", "2026-03-14", 5, None),
    ("b", "2026-03-31", 7, Some(Settlement::Complete)),
    ("c", "2026-03-31", 11, Some(Settlement::Fail)),
    ("d", "2026-04-01", 13, Some(Settlement::Cancel)),
    ("e", "2026-04-01", 17, None),
];

fn redeems(rules: &RuleSet) -> Ledger {
    let mut ledger = Ledger::new();
    ledger.put_member(rules, member(), Default::default()).unwrap();
    let transaction = buys("t", "900.00", "2026-03-01", "other");
    apply(rules, &mut ledger, Event::Purchase { transaction: &transaction, member: "m", tier: None, explain: false })
        .unwrap();
    for (id, on, points, end) in REDEEMED {
        let at = format!("{on}T10:00:00Z").parse().unwrap();
        let redemption = Redemption { id: id.to_owned(), option: "mug".to_owned(), points: points.into(), at };
        apply(rules, &mut ledger, Event::Redeem { redemption: &redemption, member: "m" }).unwrap();
        if let Some(settlement) = end {
            apply(rules, &mut ledger, Event::Settle { redemption: id, member: "m", settlement, at }).unwrap();
        }
    }
    ledger
}

#[test]
fn a_counter_of_redemptions_is_what_it_would_be_had_it_counted_from_the_start() {
    let options = "redemption: {options: [{id: mug, type: voucher, value: {points: 1, cash: 0.01}}, {id: cup, type: voucher, value: {points: 1, cash: 0.01}}]}\n";
    let caps = "caps: {per_member: [{points: 900, per: month}, {points: 900, per: lifetime}]}";
    let plain = rules(&format!("{PLAIN}{options}"));
    let counts = rules(&format!("{PLAIN}{}", options.replace("0.01}}", &format!("0.01}}, {caps}}}"))));
    let keys = ["redemption.mug.points.month", "redemption.mug.points.lifetime"];
    let day = |text: &str| text.parse().unwrap();
    let mut due: BTreeMap<(String, String), i64> = BTreeMap::new();
    let full = redeems(&counts);
    for counter in full.record(&counts, "m").unwrap().counters {
        if counter.key.starts_with("redemption.") {
            due.insert((counter.key, counter.period), counter.units);
        }
    }
    let ledger = redeems(&plain);
    let mut fed: BTreeMap<(String, String), i64> = BTreeMap::new();
    for (id, on, ..) in REDEEMED {
        let record = ledger.redemption_record(&plain, "m", id).unwrap();
        for one in counts.fed_by_redemption("mug", day(on), &record, day("1970-01-01")) {
            assert!(keys.contains(&one.key.as_str()) && !one.shared, "{one:?}");
            *fed.entry((one.key, one.period)).or_default() += one.units;
        }
        // What it counted on itself it does not count again.
        let record = full.redemption_record(&counts, "m", id).unwrap();
        assert_eq!(counts.fed_by_redemption("mug", day(on), &record, day("1970-01-01")), []);
    }
    assert_eq!(fed, due);
    assert_eq!(due.values().copied().collect::<Vec<_>>(), [29, 12, 17]);
    // Another option, an option that is none, and a month that was over.
    let record = ledger.redemption_record(&plain, "m", "a").unwrap();
    assert_eq!(counts.fed_by_redemption("pot", day("2026-03-14"), &record, day("1970-01-01")), []);
    let late = counts.fed_by_redemption("cup", day("2026-03-14"), &record, day("2026-04-01"));
    assert_eq!(late.iter().map(|one| one.key.as_str()).collect::<Vec<_>>(), ["redemption.cup.points.lifetime"]);
    for key in keys {
        assert!(counts.is_fed_by_redemptions(key) && !plain.is_fed_by_redemptions(key) && !counts.is_fed(key));
    }
    assert!(!counts.is_fed_by_redemptions("member.spend.month"));
}
