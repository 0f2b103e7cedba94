#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use crate::RuleSet;
use crate::input::{Member, Raw, Refund, Transaction, Usage};
use crate::outcome::{Outcome, Reason};
use crate::source::{SourceFile, Sources};
use crate::state::{Change, Event, Ledger, apply};
use crate::value::Exact;

const CARD: &str = r#"
program: everyday
currency: USD
timezone: America/New_York
eligible: {when: 'tx.mcc != "6010"'}
base:
  - {id: groceries, when: 'tx.category == "groceries"', rate: 6%, up_to: {spend: 6000.00, per: year}}
  - {id: everything-else, rate: 1%}
tiers:
  window: calendar_year
  levels:
    - {id: bronze, min_spending: 0}
    - {id: silver, min_spending: 1000.00, bonus: {rate: 0.25%}, upgrade_points: 50}
    - {id: gold, min_spending: 5000.00, bonus: {multiplier: 1.5}, points_multiplier: 1.5}
caps: {per_transaction: 20.00}
points:
  earn: {points: 1, per: 1.00}
  expires_after: 12 months
  activation_delay: 14 days
  caps: {per_transaction: 500}
campaigns:
  - campaign: spring-bonus
    type: percentage
    active: {from: 2026-03-01, to: 2026-03-31}
    reward: {rate: 2%}
    caps: {per_member: {amount: 5.00, per: month}, uses: {count: 4, per: month}}
  - campaign: welcome
    type: fixed
    when: member.purchases == 0
    reward: {fixed: 10.00}
  - campaign: weekend
    type: percentage
    days: [sat, sun]
    hours: {from: "17:00", to: "23:00"}
    reward: {rate: 1%}
  - campaign: foodies
    type: percentage
    audience: {segments: [foodies, vegans], tiers: [gold]}
    reward: {rate: 1%}
  - campaign: double
    type: multiplier
    min_transaction: 1000.00
    reward: {multiplier: 2}
  - campaign: hundred
    type: points
    when: tx.channel == "app" && tx.amount > 10.00
    reward: {points: 100}
    stacking: {group: points}
  - campaign: triple
    type: points
    reward: {points_multiplier: 3}
    stacking: {group: points}
"#;

fn rules(text: &str) -> RuleSet {
    match RuleSet::compile(Sources::new([SourceFile { path: "p.yaml".to_owned(), bytes: text.into() }])) {
        Ok(rules) => rules,
        Err(findings) => panic!("{findings}"),
    }
}

fn yaml<T>(text: &str, read: impl Fn(Raw) -> Result<T, crate::input::InputError>) -> T {
    read(Raw::from_yaml(text).unwrap()).unwrap()
}

fn explained(rules: &RuleSet, transaction: &str, member: &str, usage: &str) -> String {
    let transaction = yaml(transaction, Transaction::from_raw);
    let outcome =
        rules.evaluate_explained(&transaction, &yaml(member, Member::from_raw), &yaml(usage, Usage::from_raw));
    outcome.unwrap().explain()
}

#[test]
fn a_purchase_is_told_from_its_basis_to_what_was_granted() {
    let text = explained(
        &rules(CARD),
        "{id: t1, amount: 600.00, currency: USD, category: groceries, occurred_at: \"2026-03-02T10:00:00-05:00\"}",
        "{id: m1, tier: gold, spending: 5100.00, segments: [families]}",
        "{base.groceries.spend.year: 5950.00, campaign.spring-bonus.amount.month: 3.80}",
    );
    insta::assert_snapshot!(text);
}

#[test]
fn a_level_newly_reached_and_the_next_one_are_told() {
    let text = explained(
        &rules(CARD),
        "{id: t1, amount: 40.00, currency: USD, channel: app, occurred_at: \"2026-04-02T10:00:00-05:00\"}",
        "{id: m1, spending: 990.00, purchases: 3}",
        "",
    );
    insta::assert_snapshot!(text);
}

#[test]
fn a_purchase_that_is_not_eligible_is_told_with_its_reason() {
    let text = explained(
        &rules(CARD),
        "{id: t1, amount: 40.00, currency: USD, mcc: \"6010\", occurred_at: \"2026-04-02T10:00:00-05:00\"}",
        "{id: m1, tier: silver}",
        "",
    );
    insta::assert_snapshot!(text);
}

#[test]
fn caps_before_rounding_of_the_sum_are_told_before_the_rounded_value() {
    let rules = rules(
        "program: sum\ncurrency: USD\ntimezone: UTC\nrounding: {mode: half_even, at: total}\n\
         base:\n  - {id: odd, rate: 1.234%, caps: {per_transaction: 0.10}}\n\
         campaigns:\n  - {campaign: c, type: percentage, reward: {rate: 0.333%}}\ncaps: {per_transaction: 0.12}\n",
    );
    let purchase = "{id: t1, amount: 10.00, currency: USD, occurred_at: \"2026-04-02T10:00:00Z\"}";
    insta::assert_snapshot!(explained(&rules, purchase, "{id: m1}", ""));
}

#[test]
fn a_refund_is_told_with_what_it_took_back() {
    let rules = rules(CARD);
    let mut ledger = Ledger::new();
    ledger.add_member(&rules, Member::new("m1"), &Usage::default()).unwrap();
    let purchase = yaml(
        "{id: t1, amount: 80.00, currency: USD, category: groceries, occurred_at: \"2026-03-02T10:00:00-05:00\"}",
        Transaction::from_raw,
    );
    apply(&rules, &mut ledger, Event::Purchase { transaction: &purchase, member: "m1", tier: None, explain: false })
        .unwrap();
    let refund = "{id: r1, original: t1, amount: 20.00, occurred_at: \"2026-03-04T10:00:00-05:00\"}";
    let change = apply(&rules, &mut ledger, Event::Refund(&yaml(refund, Refund::from_raw))).unwrap();
    let Change::Posted(outcome) = change else { panic!("{change:?}") };
    insta::assert_snapshot!(outcome.explain());
}

#[test]
fn the_columns_of_a_kind_add_up_to_its_total() {
    let rules = rules(CARD);
    for amount in ["0.01", "12.34", "999.99", "100000.00"] {
        let purchase =
            format!("{{id: t1, amount: {amount}, currency: USD, occurred_at: \"2026-03-07T18:00:00-05:00\"}}");
        let purchase = yaml(&purchase, Transaction::from_raw);
        let outcome: Outcome =
            rules.evaluate(&purchase, &yaml("{id: m1, tier: gold}", Member::from_raw), &Usage::default()).unwrap();
        let text = outcome.waterfall();
        let number = |line: &str| {
            let last = line.split_whitespace().rfind(|w| w.contains('.') && w.parse::<rust_decimal::Decimal>().is_ok());
            last.and_then(|w| w.parse::<rust_decimal::Decimal>().ok())
        };
        let money = text.split("\n\n").next().unwrap();
        // Kinds begin their line; of a component the last line carries what was granted, behind an arrow.
        let kinds = ["Base", "Loyalty", "Campaigns"];
        let of_kinds: rust_decimal::Decimal =
            money.lines().filter(|l| kinds.iter().any(|k| l.starts_with(k))).filter_map(number).sum();
        let arrows = |l: &&str| l.starts_with(' ') && (l.matches('→').count() == 2);
        let of_components: rust_decimal::Decimal = money.lines().filter(arrows).filter_map(number).sum();
        let total = money.lines().rfind(|l| l.starts_with("Total")).and_then(number).unwrap();
        assert_eq!((of_kinds, of_components), (total, total), "{text}");
        assert_eq!(total.to_string(), outcome.totals.total.to_string());
    }
}

#[test]
fn every_reason_has_words_and_is_found_by_its_text() {
    for reason in Reason::ALL {
        assert_eq!(Reason::from_text(reason.as_str()), Some(*reason));
        assert!(!reason.words().contains('_') && !reason.words().ends_with('.'), "{reason}");
    }
}

#[test]
fn the_local_time_is_told_and_the_json_does_not_have_it() {
    let at = |zone: &str, instant: &str| {
        let rules = rules(&format!("program: p\ncurrency: USD\ntimezone: {zone}\nbase: [{{id: all, rate: 1%}}]\n"));
        let transaction = format!("{{id: t1, amount: 40.00, currency: USD, occurred_at: \"{instant}\"}}");
        let outcome = rules.evaluate(
            &yaml(&transaction, Transaction::from_raw),
            &yaml("{id: m1}", Member::from_raw),
            &Usage::default(),
        );
        let outcome = outcome.unwrap();
        let json = outcome.to_json();
        assert!(!json.contains(outcome.timezone) && !json.contains("local"), "{json}");
        outcome.explain().lines().find(|l| l.starts_with("  When")).unwrap().to_owned()
    };
    for (zone, instant, told) in [
        (
            "America/New_York",
            "2026-03-08T01:15:00Z",
            "Saturday 2026-03-07 20:15:00, America/New_York (2026-03-08T01:15:00Z)",
        ),
        (
            "Asia/Kolkata",
            "2026-03-08T20:15:00.25Z",
            "Monday 2026-03-09 01:45:00.250, Asia/Kolkata (2026-03-08T20:15:00.25Z)",
        ),
        ("Etc/UTC", "2026-03-08T10:00:00+09:00", "Sunday 2026-03-08 01:00:00, Etc/UTC (2026-03-08T01:00:00Z)"),
    ] {
        assert_eq!(at(zone, instant), format!("  When      {told}"));
    }
}

#[test]
fn an_unknown_fact_is_told_with_the_nearest_before_one_that_is_missing() {
    let rules = rules(
        "program: p\ncurrency: USD\ntimezone: UTC\nfacts: {tx: {basket_size: integer}}\n\
         base: [{id: all, rate: 1%, when: tx.basket_size > 3}]\n",
    );
    for (purchase, member, told) in [
        ("basket_sise: 4", "", "there is no fact `tx.basket_sise`; did you mean `tx.basket_size`?"),
        ("chanel: app", "", "there is no fact `tx.chanel`; did you mean `tx.channel`?"),
        ("basket_size: 4", "teir: gold", "there is no fact `member.teir`; did you mean `member.tier`?"),
        ("zzz: 4", "", "there is no fact `tx.zzz`; it is neither built in nor declared by the program"),
    ] {
        let transaction =
            format!("{{id: t1, amount: 40.00, currency: USD, occurred_at: \"2026-03-08T01:15:00Z\", {purchase}}}");
        let result = rules.evaluate(
            &yaml(&transaction, Transaction::from_raw),
            &yaml(&format!("{{id: m1, {member}}}"), Member::from_raw),
            &Usage::default(),
        );
        assert_eq!(result.unwrap_err().to_string(), format!("unknown_fact: {told}"));
    }
}

#[test]
fn points_are_told_from_the_amount_that_earned_them() {
    let rules = rules(
        "program: p\ncurrency: USD\ntimezone: UTC\npoints: {earn: {points: 10, per: 1.00}}\n\
         tiers: {window: lifetime, levels: [{id: a, min_spending: 0}, {id: b, min_spending: 5, points_multiplier: 1.25}]}\n\
         campaigns:\n  - {campaign: triple, type: points, reward: {points_multiplier: 3}}\n  \
         - {campaign: gift, type: points, when: tx.amount > 5, reward: {points: 7}}\n",
    );
    for (tier, earn) in
        [("b", "earn 10.00 × 10 per 1.00 × 1.25 = 125 → 125"), ("a", "earn 10.00 × 10 per 1.00 = 100 → 100")]
    {
        let transaction = yaml(
            "{id: t1, amount: 10.00, currency: USD, occurred_at: \"2026-03-08T01:15:00Z\"}",
            Transaction::from_raw,
        );
        let member = yaml(&format!("{{id: m1, tier: {tier}, spending: 5}}"), Member::from_raw);
        let text = rules.evaluate(&transaction, &member, &Usage::default()).unwrap().waterfall();
        let squeezed = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let lines: Vec<String> = text.lines().filter(|line| line.starts_with("  ")).map(squeezed).collect();
        let from = " to spend from 2026-03-08";
        let due =
            [earn, "triple 10.00 × 10 per 1.00 × 2 = 200 → 200", "gift = 7 → 7"].map(|line| format!("{line}{from}"));
        assert_eq!(lines, due, "{text}");
    }
}

#[test]
fn a_counter_that_there_is_not_is_left_alone_by_an_evaluation_and_told_when_asked_for() {
    let rules = rules(
        "program: p\ncurrency: USD\ntimezone: UTC\nbase: [{id: all, rate: 1%}]\n\
         caps: {per_member: {amount: 5.00, per: month}}\npoints: {earn: {points: 1, per: 1.00}}\n\
         redemption:\n  options:\n    \
         - {id: mug, type: voucher, value: {points: 1, cash: 1}, caps: {per_member: {points: 50, per: day}}}\n",
    );
    let usage = |key: &str| Usage([(key.to_owned(), Exact::from(99))].into());
    for key in ["program.amount.month", "redemption.mug.points.day"] {
        assert_eq!(rules.has_counters(&usage(key)), Ok(()), "{key}");
    }
    for (key, help) in [("program.amout.month", "; did you mean `program.amount.month`?"), ("nothing.like.it", "")] {
        let told = rules.has_counters(&usage(key)).unwrap_err().to_string();
        assert_eq!(told, format!("unknown_fact: `usage.{key}`: the rule set has no such counter{help}"));
        let purchase = "{id: t1, amount: 40.00, currency: USD, occurred_at: \"2026-03-08T01:15:00Z\"}";
        let outcome = rules.evaluate(&yaml(purchase, Transaction::from_raw), &Member::new("m1"), &usage(key));
        assert_eq!(outcome.unwrap().totals.total.to_string(), "0.40");
    }
}
