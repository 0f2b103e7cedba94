#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use super::*;
use crate::source::SourceFile;

const PROGRAM: &str = r#"program: p
currency: USD
timezone: UTC
facts: {tx: {app: {type: boolean, optional: true}}}
eligible: {when: tx.mcc != "6011", lines: line.category != "gift"}
pools: {shared: {spend: 100.00, per: month}}
base:
  - {id: fuel, when: 'tx.category == "fuel"', slabs: [{up_to: 50.00, rate: 1%}, {rate: 2%}]}
  - {id: pooled, when: 'tx.category in ["a", "b"] || tx.app', rate: 5%, up_to: {pool: shared}}
  - {id: rest, rate: 1%, caps: {per_transaction: 5.00}}
tiers:
  window: lifetime
  levels:
    - {id: low, min_spending: 0}
    - {id: high, min_spending: 500.00, bonus: {rate: 1%}}
points: {earn: {points: 1, per: 1.00}}
redemption:
  options:
    - {id: cash, type: cash, value: {points: 100, cash: 1.00}, min_points: 50, step: 10, tiers: [high]}
"#;

const CAMPAIGNS: &str = r#"campaigns:
  - campaign: evening
    type: fixed
    days: [mon]
    hours: {from: "18:00", to: "20:00"}
    when: large(tx.amount) && !tx.app
    reward: {fixed: 1.00}
    stacking: {exclusive: true}
  - {campaign: visits, type: scripted, reward: {amount: if member.purchases > 0 { counted(3) } else { 0.00 }}}
"#;

const SCRIPT: &str = "fn large(amount) { if amount > 100.00 { true } else { amount == 42.00 } }\n\
                      fn counted(n) { let sum = 0; for i in 0..n { sum += i; } sum }\n\
                      fn unused(n) { n }\n";

fn gaps(tests: &[&str]) -> (String, Vec<String>) {
    let tests: String = tests.iter().enumerate().map(|(i, t)| format!("  - {{name: n{i}, {t}}}\n")).collect();
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), bytes: text.into() };
    let files = [
        file("a.yaml", PROGRAM),
        file("b.yaml", CAMPAIGNS),
        file("c.rhai", SCRIPT),
        file("d.test.yaml", &format!("tests:\n{tests}")),
    ];
    let sources = Sources::new(files);
    let rules = RuleSet::compile(sources.clone()).unwrap();
    let report = crate::testing::run(&rules, &sources, None);
    assert!(report.findings.is_empty(), "{}", report.findings);
    let coverage = coverage(&rules, &sources, None);
    let told = coverage.gaps.iter().map(|g| format!("{}:{} {}", g.place.line, g.place.column, g.message)).collect();
    (format!("{} {}", coverage.rules, coverage.branches), told)
}

/// A purchase on Monday 2 March 2026 at 12:00.
fn bought(amount: &str, more: &str) -> String {
    format!(
        "transaction: {{id: t, amount: {amount}, currency: USD, occurred_at: \"2026-03-02T12:00:00Z\"{more}}}, expect: {{debt: 0}}"
    )
}

#[test]
fn without_a_purchase_nothing_is_reached() {
    let (sums, told) = gaps(&[
        "transaction: {id: t, amount: 1.00, currency: EUR, occurred_at: \"2026-03-02T12:00:00Z\"}, expect: {error: currency_mismatch}",
    ]);
    assert_eq!(sums, "0/21 0/22");
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn each_purchase_reaches_what_it_reaches() {
    let all = gaps(&[&bought("0.00", "")]).1;
    let reached = |tests: &[&str]| -> Vec<String> {
        let (_, still) = gaps(tests);
        // A condition of which one side was reached is told in other words.
        let place = |text: &str| text.split(' ').next().unwrap_or_default().to_owned();
        let mut now: Vec<String> = all.iter().filter(|g| !still.contains(g)).map(|g| place(g)).collect();
        now.extend(still.iter().filter(|g| !all.contains(g)).cloned());
        now
    };
    assert_eq!(reached(&[&bought("0.00", "")]), [""; 0]);
    let not_eligible = reached(&[&bought("10.00", ", mcc: \"6011\"")]);
    assert_eq!(not_eligible, ["5:18", "5:18 this condition of `eligible` was never true"]);
    // An operand behind one that decides is not asked, and a rule behind one that takes everything is not either.
    let text = reached(&[&bought("10.00", ", category: a")]).join("\n");
    insta::assert_snapshot!(text);
}

#[test]
fn slabs_limits_caps_and_options_are_reached_when_they_decide() {
    let missing = |tests: &[&str], what: &str| gaps(tests).1.iter().any(|g| g.contains(what));
    for (test, what, reached) in [
        (bought("50.00", ", category: fuel"), "slab 1 of", true),
        (bought("50.00", ", category: fuel"), "slab 2 of", false),
        (bought("50.01", ", category: fuel"), "slab 2 of", true),
        (bought("99.99", ", category: a"), "limit of `shared`", false),
        (bought("100.00", ", category: a"), "limit of `shared`", true),
        (bought("500.00", ""), "base.rest.per_transaction", false),
        (bought("501.00", ""), "base.rest.per_transaction", true),
        (bought("42.00", ""), "campaign `evening` never granted", false),
        (bought("42.00", "").replace("12:00:00Z", "18:00:00Z"), "campaign `evening` never granted", true),
        (bought("42.00", ", app: true").replace("12:00:00Z", "18:00:00Z"), "campaign `evening` never granted", false),
        (bought("42.00", "").replace("12:00:00Z", "18:00:00Z"), "function `large`", true),
        (bought("42.00", ""), "function `counted`", false),
        (format!("given: {{member: {{purchases: 1}}}}, {}", bought("42.00", "")), "function `counted`", true),
        (format!("given: {{member: {{tier: high}}}}, {}", bought("42.00", "")), "bonus of level `high`", true),
        (
            "steps: [{redeem: {id: x, option: cash, points: 100, at: \"2026-03-02T12:00:00Z\"}, expect: {error: \
             insufficient_points}}]"
                .to_owned(),
            "redemption option `cash` was",
            false,
        ),
        (
            format!(
                "given: {{member: {{tier: high}}}}, steps: [{{{}}}, {{redeem: {{id: x, option: cash, points: 100, at: \
                 \"2026-03-03T12:00:00Z\"}}, expect: {{available: 100}}}}]",
                bought("200.00", "")
            ),
            "redemption option `cash` was",
            true,
        ),
        (
            format!(
                "steps: [{{{}}}, {{redeem: {{id: x, option: cash, points: 40, at: \"2026-03-03T12:00:00Z\"}}, expect: \
                 {{error: below_min_points}}}}]",
                bought("200.00", "")
            ),
            "`min_points` of redemption option `cash`",
            true,
        ),
    ] {
        assert_eq!(missing(&[&test], what), !reached, "{what} {test}");
    }
}

#[test]
fn a_share_is_whole_only_if_nothing_is_missing() {
    for (reached, all, due) in [(0, 0, 1_000), (3, 3, 1_000), (999_999, 1_000_000, 999), (1, 3, 333), (0, 5, 0)] {
        assert_eq!(Reached { reached, all }.per_mille(), due);
    }
}
