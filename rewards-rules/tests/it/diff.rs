//! Comparisons of rule sets: every key of the format that changes is told, and nothing else is.

use std::fmt::Write;

use rewards_rules::RuleSet;
use rewards_rules::diff::{alone, compare};
use rewards_rules::source::{SourceFile, Sources};

/// A rule set that uses every key of the format.
const FULL: &str = r#"program: full
name: Full card
currency: EUR
timezone: Europe/Berlin
rounding: {mode: half_even, at: component}
facts:
  tx:
    basket: integer
    detail: {one_of: [app, web], optional: true}
  member:
    letter: boolean
lists:
  partners: [m1, m2, m3]
eligible:
  when: tx.category != "cash"
  lines: line.category != "gift_card"
pools:
  choice: {spend: 2500.00, per: quarter}
base:
  - id: groceries
    when: tx.category == "groceries"
    rate: 6%
    up_to: {spend: 6000.00, per: year}
    caps: {per_transaction: 20.00, max_percent: 5%, per_member: {amount: 90.00, per: month}}
  - id: online
    when: tx.channel == "online"
    rate: 3%
    up_to: {pool: choice}
  - id: fuel
    lines: line.category == "fuel"
    slabs: [{up_to: 50.00, rate: 1%}, {rate: 2%}]
  - id: rest
    rate: 1%
tiers:
  window: calendar_year
  grace_days: 30
  soft_landing: true
  applies: before
  refund: at_evaluation
  levels:
    - {id: bronze, min_spending: 0}
    - id: silver
      min_spending: 1000.00
      bonus: {rate: 0.25%}
      benefits: [delivery, lounge]
    - id: gold
      min_spending: 5000.00
      bonus: {multiplier: 1.5}
      points_multiplier: 2
      upgrade_points: 500
      caps: {per_member: {amount: 100.00, per: month}}
caps:
  per_transaction: 50.00
  max_percent: 10%
  per_member: [{amount: 200.00, per: month}, {amount: 20.00, per: day}]
  budget: 1000000.00
  cut: last_first
  on_exceed: cut
points:
  earn: {points: 1, per: 1.00}
  decimals: 0
  expires_after: 12 months
  activation_delay: 14 days
  caps: {per_member: {points: 10000, per: month}}
redemption:
  options:
    - id: cash
      type: cash
      value: {points: 100, cash: 1.00}
      min_points: 500
      step: 100
      caps: {per_member: {points: 50000, per: day}}
      tiers: [silver, gold]
campaigns:
  - campaign: dining
    name: Dining
    funded_by: restaurants
    type: percentage
    priority: 10
    active: {from: 2026-01-01, to: 2026-03-31}
    days: [sat, sun]
    hours: {from: "17:00", to: "23:00"}
    audience: {tiers: [gold], segments: [foodies], enrolled: true, share: 50%}
    when: tx.merchant in partners && tx.basket > 2
    min_transaction: 20.00
    reward: {rate: 2%, up_to: {spend: 300.00, per: month}}
    on_refund: requalify
    caps: {per_transaction: 10.00, uses: {count: 4, per: month}, budget: 900.00, on_exceed: skip}
    stacking: {group: food}
  - {campaign: cream, type: fixed, when: member.letter, reward: {fixed: 2.00}, stacking: {exclusive: true}}
  - {campaign: twice, type: multiplier, reward: {multiplier: 2}}
  - {campaign: dairy, type: percentage, lines: 'line.category == "dairy"', reward: {rate: 5%}}
  - {campaign: script, type: scripted, when: 'tenth(member.purchases)', reward: {amount: tx.amount * 0.01 + 1.00}}
  - {campaign: extra, type: points, reward: {points: 100}, caps: {per_member: {points: 400, per: month}}}
  - {campaign: triple, type: points, when: 'tx.detail == "app"', reward: {points_multiplier: 3}}
"#;

const SCRIPT: &str = "// Every tenth purchase.\nfn tenth(count) { (count + 1) % 10 == 0 }\n";

fn compiled(program: &str, script: &str) -> RuleSet {
    let file = |path: &str, text: &str| SourceFile { path: path.to_owned(), bytes: text.as_bytes().to_vec() };
    let sources = Sources::new([file("program.yaml", program), file("f.rhai", script)]);
    RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{}", findings.render(false)))
}

/// What is replaced by what. Together they change every key.
const CHANGED: &[(&str, &str)] = &[
    ("program: full", "program: fuller"),
    ("name: Full card", "name: The card"),
    ("currency: EUR", "currency: USD"),
    ("timezone: Europe/Berlin", "timezone: Europe/Paris"),
    ("mode: half_even", "mode: down"),
    ("at: component", "at: total"),
    ("basket: integer", "basket: decimal"),
    ("one_of: [app, web]", "one_of: [app, kiosk]"),
    ("web], optional: true", "web], optional: false"),
    ("letter: boolean", "letter: {type: boolean, optional: true}"),
    ("partners: [m1, m2, m3]", "partners: [m1, m3, m4, m5]"),
    ("when: tx.category != \"cash\"", "when: tx.category != \"cash\" && tx.category != \"fees\""),
    ("lines: line.category != \"gift_card\"", "lines: line.category != \"voucher\""),
    ("choice: {spend: 2500.00", "choice: {spend: 2000.00"),
    ("2500.00, per: quarter", "2500.00, per: month"),
    ("when: tx.category == \"groceries\"", "when: tx.category == \"grocery\""),
    ("rate: 6%", "rate: 5.5%"),
    ("spend: 6000.00, per: year", "spend: 5000.00, per: year"),
    ("spend: 6000.00, per: year", "spend: 6000.00, per: anniversary"),
    ("caps: {per_transaction: 20.00", "caps: {per_transaction: 21.00"),
    ("max_percent: 5%", "max_percent: 4%"),
    ("{amount: 90.00, per: month}", "{amount: 91.00, per: month}"),
    ("{amount: 90.00, per: month}", "{amount: 90.00, per: week}"),
    ("    up_to: {pool: choice}\n", ""),
    ("lines: line.category == \"fuel\"", "lines: line.category == \"gas\""),
    ("up_to: 50.00, rate: 1%", "up_to: 60.00, rate: 1%"),
    ("up_to: 50.00, rate: 1%", "up_to: 50.00, rate: 1.5%"),
    ("  - id: rest\n    rate: 1%\n", ""),
    ("window: calendar_year", "window: {rolling_months: 12}"),
    ("window: calendar_year", "window: lifetime"),
    ("grace_days: 30", "grace_days: 31"),
    ("soft_landing: true", "soft_landing: false"),
    ("applies: before", "applies: after"),
    ("refund: at_evaluation", "refund: immediate"),
    ("min_spending: 1000.00", "min_spending: 1200.00"),
    ("bonus: {rate: 0.25%}", "bonus: {rate: 0.5%}"),
    ("bonus: {rate: 0.25%}", "bonus: {multiplier: 1.25}"),
    ("benefits: [delivery, lounge]", "benefits: [delivery, wifi]"),
    ("bonus: {multiplier: 1.5}", "bonus: {multiplier: 1.6}"),
    ("points_multiplier: 2", "points_multiplier: 2.5"),
    ("upgrade_points: 500", "upgrade_points: 600"),
    ("{amount: 100.00, per: month}", "{amount: 110.00, per: month}"),
    ("  per_transaction: 50.00", "  per_transaction: 55.00"),
    ("max_percent: 10%", "max_percent: 11%"),
    (
        "{amount: 200.00, per: month}, {amount: 20.00, per: day}",
        "{amount: 20.00, per: day}, {amount: 200.00, per: month}",
    ),
    ("budget: 1000000.00", "budget: 900000.00"),
    ("cut: last_first", "cut: proportional"),
    ("on_exceed: cut", "on_exceed: skip"),
    ("earn: {points: 1", "earn: {points: 2"),
    ("per: 1.00}", "per: 2.00}"),
    ("decimals: 0", "decimals: 1"),
    ("expires_after: 12 months", "expires_after: 24 months"),
    ("activation_delay: 14 days", "activation_delay: 7 days"),
    ("points: 10000, per: month", "points: 9000, per: month"),
    ("      type: cash", "      type: voucher"),
    ("value: {points: 100,", "value: {points: 200,"),
    ("cash: 1.00}", "cash: 1.10}"),
    ("min_points: 500", "min_points: 400"),
    ("step: 100", "step: 50"),
    ("points: 50000, per: day", "points: 40000, per: day"),
    ("tiers: [silver, gold]", "tiers: [gold]"),
    ("      tiers: [silver, gold]\n", ""),
    ("name: Dining", "name: Eating"),
    ("funded_by: restaurants", "funded_by: kitchens"),
    ("priority: 10", "priority: 20"),
    ("priority: 10", "priority: 200"),
    ("from: 2026-01-01", "from: 2026-01-02"),
    ("to: 2026-03-31", "to: \"2026-03-31T00:00:00Z\""),
    ("days: [sat, sun]", "days: [fri, sat, sun]"),
    ("from: \"17:00\"", "from: \"17:30\""),
    ("to: \"23:00\"", "to: \"24:00\""),
    ("tiers: [gold], segments", "tiers: [silver, gold], segments"),
    ("segments: [foodies]", "segments: [foodies, cooks]"),
    ("enrolled: true", "enrolled: false"),
    ("share: 50%", "share: 40%"),
    ("tx.merchant in partners && tx.basket > 2", "tx.merchant in partners && tx.basket > 3"),
    ("min_transaction: 20.00", "min_transaction: 25.00"),
    ("reward: {rate: 2%", "reward: {rate: 3%"),
    ("spend: 300.00, per: month", "spend: 300.00, per: week"),
    ("on_refund: requalify", "on_refund: proportional"),
    ("caps: {per_transaction: 10.00", "caps: {per_transaction: 12.00"),
    ("count: 4, per: month", "count: 5, per: month"),
    ("count: 4, per: month", "count: 4, per: campaign"),
    ("budget: 900.00", "budget: 800.00"),
    (", on_exceed: skip", ""),
    ("group: food", "group: meals"),
    ("fixed: 2.00", "fixed: 2.50"),
    ("exclusive: true", "exclusive: false"),
    ("multiplier: 2}}", "multiplier: 3}}"),
    ("'line.category == \"dairy\"'", "'line.category == \"milk\"'"),
    ("tx.amount * 0.01", "tx.amount * 0.02"),
    ("reward: {points: 100}", "reward: {points: 120}"),
    ("{points: 400, per: month}", "{points: 450, per: month}"),
    ("points_multiplier: 3", "points_multiplier: 4"),
    ("  - {campaign: extra", "  - {campaign: bonus"),
];

#[test]
fn every_key_that_changes_is_told() {
    let old = compiled(FULL, SCRIPT);
    let mut told = String::new();
    for (from, to) in CHANGED {
        assert_eq!(FULL.matches(from).count(), 1, "`{from}` must stand once in the full rule set");
        let new = compiled(&FULL.replace(from, to), SCRIPT);
        let comparison = compare(&old, &new);
        assert!(!comparison.is_empty(), "{from} → {to} is not told");
        assert_ne!(comparison.old, comparison.new);
        for change in &comparison.changes {
            writeln!(told, "{}", change.words()).unwrap();
        }
        assert!(!compare(&new, &old).is_empty(), "{to} → {from} is not told");
    }
    let script = compiled(FULL, &SCRIPT.replace("% 10", "% 12"));
    for change in &compare(&old, &script).changes {
        writeln!(told, "{}", change.words()).unwrap();
    }
    insta::assert_snapshot!("diff-every-key", told);
}

/// Every key that a mapping of the full rule set has is one of those that some line of the table touches or holds.
#[test]
fn the_full_rule_set_has_every_key_of_the_format() {
    for key in [
        "program",
        "name",
        "currency",
        "timezone",
        "rounding",
        "mode",
        "at",
        "facts",
        "lists",
        "eligible",
        "pools",
        "base",
        "tiers",
        "caps",
        "points",
        "redemption",
        "campaigns",
        "when",
        "lines",
        "rate",
        "slabs",
        "up_to",
        "spend",
        "per",
        "pool",
        "window",
        "grace_days",
        "soft_landing",
        "applies",
        "refund",
        "levels",
        "min_spending",
        "bonus",
        "multiplier",
        "points_multiplier",
        "upgrade_points",
        "benefits",
        "per_transaction",
        "max_percent",
        "per_member",
        "budget",
        "cut",
        "on_exceed",
        "uses",
        "count",
        "earn",
        "decimals",
        "expires_after",
        "activation_delay",
        "options",
        "type",
        "value",
        "cash",
        "min_points",
        "step",
        "campaign",
        "funded_by",
        "priority",
        "active",
        "from",
        "to",
        "days",
        "hours",
        "audience",
        "segments",
        "enrolled",
        "share",
        "min_transaction",
        "reward",
        "fixed",
        "amount",
        "on_refund",
        "stacking",
        "group",
        "exclusive",
        "one_of",
        "optional",
    ] {
        assert!(FULL.contains(&format!("{key}:")), "{key}");
    }
}

#[test]
fn what_means_the_same_is_no_change_whatever_it_looks_like() {
    let old = compiled(FULL, SCRIPT);
    for (from, to) in [
        ("program: full", "# A comment.\nprogram:    full"),
        ("rate: 6%", "rate: 0.06"),
        ("rate: 6%", "rate: 6.00 %"),
        ("spend: 6000.00", "spend: 6000"),
        ("[m1, m2, m3]", "[m3, \"m1\", m2]"),
        ("days: [sat, sun]", "days: [sun, sat]"),
        ("tiers: [silver, gold]", "tiers: [gold, silver]"),
        ("tx.merchant in partners && tx.basket > 2", "(tx.merchant in partners)   && tx.basket > 2"),
        ("decimals: 0", "decimals: 0 # whole points"),
        ("  applies: before\n", ""),
        ("  cut: last_first\n", ""),
        ("mode: half_even, at: component", "mode: half_even"),
        ("{campaign: twice, type: multiplier", "{type: multiplier, campaign: twice, priority: 100"),
    ] {
        let changed = FULL.replace(from, to);
        assert_ne!(changed, FULL, "{from}");
        let comparison = compare(&old, &compiled(&changed, SCRIPT));
        assert!(comparison.is_empty(), "{from} → {to}: {:?}", comparison.changes);
        assert_ne!(comparison.old, comparison.new);
    }
    assert!(compare(&old, &compiled(FULL, &SCRIPT.replace("fn tenth(count) {", "fn tenth(count)\n{"))).is_empty());
}

#[test]
fn what_comes_goes_and_moves_is_told_with_its_place() {
    let old = compiled(FULL, SCRIPT);
    let new = FULL
        .replace("  - id: rest\n", "  - {id: travel, when: 'tx.category == \"travel\"', rate: 2%}\n  - id: rest\n")
        .replace("  - {campaign: twice, type: multiplier, reward: {multiplier: 2}}\n", "")
        .replace(
            "  - {campaign: dairy",
            "  - {campaign: autumn, type: fixed, active: {from: 2026-09-01, to: 2026-09-30}, reward: {fixed: 1.00}}\n\
             \x20 - {campaign: dairy",
        );
    let swapped = new.replace("  - id: fuel\n    lines: line.category == \"fuel\"\n    slabs: [{up_to: 50.00, rate: 1%}, {rate: 2%}]\n", "").replace(
        "base:\n",
        "base:\n  - id: fuel\n    lines: line.category == \"fuel\"\n    slabs: [{up_to: 50.00, rate: 1%}, {rate: 2%}]\n",
    );
    let comparison = compare(&old, &compiled(&swapped, SCRIPT));
    let told: Vec<String> = comparison.changes.iter().map(|c| c.words()).collect();
    assert_eq!(
        told,
        [
            "new base rule travel: rate 2 %; condition tx.category == \"travel\"; stands before rest",
            "base rule fuel now stands before groceries",
            "new campaign autumn: fixed amount 1.00; type fixed; from 2026-09-01; to 2026-09-30; stands before dairy",
            "campaign twice removed (multiplier of the base 2; type multiplier)",
        ]
    );
}

#[test]
fn each_change_is_made_alone_where_it_can_stand_alone() {
    let old = compiled(FULL, SCRIPT);
    let new = FULL
        .replace("rate: 6%", "rate: 5%")
        .replace("partners: [m1, m2, m3]", "partners: [m1]\n  friends: [f1]")
        .replace("'tx.detail == \"app\"'", "'tx.merchant in friends'");
    let new = compiled(&new, &SCRIPT.replace("% 10", "% 11"));
    let comparison = compare(&old, &new);
    let alone = alone(&old, &new, &comparison);
    let made: Vec<(&str, bool)> = alone.iter().map(|a| (a.name.as_str(), a.rules.is_some())).collect();
    assert_eq!(
        made,
        [
            ("list partners", true),
            ("list friends", true),
            ("base rule groceries", true),
            // It names a list that the old rules do not have.
            ("campaign triple", false),
            ("functions", true),
        ]
    );
}
