#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use super::numbers::{Step, moved};
use super::*;

const PROGRAM: &str = r#"program: p
currency: USD
timezone: UTC
rounding: down
base:
  - {id: fuel, when: 'tx.category == "fuel" && tx.amount >= 10.00', rate: 2%}
  - {id: rest, rate: 1%, up_to: {spend: 100.00, per: month}}
"#;

fn sources(more: &[(&str, &str)]) -> Sources {
    let files = more.iter().map(|(path, text)| SourceFile { path: (*path).to_owned(), bytes: (*text).into() });
    Sources::new(files)
}

fn mutated(files: &Sources) -> Option<Mutation> {
    let rules = RuleSet::compile(files.clone()).unwrap_or_else(|findings| panic!("{findings}"));
    mutate(&rules, files, None)
}

/// One step of a test: amount, category, base.
fn bought(id: u32, amount: &str, category: &str, base: &str) -> String {
    format!(
        "      - {{transaction: {{id: t{id}, amount: {amount}, currency: USD, category: {category}, occurred_at: \
         \"2026-03-02T12:00:00Z\"}}, expect: {{base: {base}}}}}\n"
    )
}

fn tests(steps: &[String]) -> String {
    format!("tests:\n  - name: n\n    steps:\n{}", steps.concat())
}

#[test]
fn numbers_move_in_the_digits_in_which_they_are_written() {
    for (text, step, due) in [
        ("20.00", Step::Up, Some("20.01")),
        ("20.00", Step::Down, Some("19.99")),
        ("20.00", Step::One, Some("21.00")),
        ("1.05", Step::OneLess, Some("0.05")),
        ("0.25%", Step::One, Some("1.25%")),
        ("\"6 %\"", Step::One, Some("\"7 %\"")),
        ("12 months", Step::One, Some("13 months")),
        ("rolling_months: 12", Step::OneLess, Some("rolling_months: 11")),
        ("9", Step::Up, Some("10")),
        ("0", Step::Down, None),
        ("0.99", Step::OneLess, None),
        ("none", Step::Up, None),
        ("1.0.", Step::Up, Some("1.1.")),
    ] {
        assert_eq!(moved(text, step).as_deref(), due, "{text} {step:?}");
    }
}

#[test]
fn the_changes_of_every_section_are_as_reviewed() {
    let rules = include_str!("changes.yaml");
    let sources = sources(&[
        ("a.yaml", rules),
        ("b.rhai", "fn large(n) { if n > 5 { return true; } let sum = 0; for i in 0..3 { sum += i * 2; } sum == n }\n"),
        ("c.yaml", "campaign: alone\ntype: fixed\nreward: {fixed: 1.00}\n"),
    ]);
    RuleSet::compile(sources.clone()).unwrap_or_else(|findings| panic!("{findings}"));
    let mut shown = String::new();
    for change in changes::of(&sources) {
        let survivor = survivor(&sources, &change).unwrap();
        let compiles = if RuleSet::compile(edited(&sources, &change)).is_ok() { "" } else { "  (does not compile)" };
        let after = if survivor.after.is_empty() { "(removed)" } else { &survivor.after };
        let line = survivor.place.line;
        shown.push_str(&format!(
            "{line:>2} {}: {}\n   {:<width$}  {after}{compiles}\n",
            survivor.kind,
            survivor.before,
            "",
            width = survivor.kind.len() - 2
        ));
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn what_no_test_notices_is_told_and_a_better_test_notices_it() {
    let weak = tests(&[bought(1, "20.00", "fuel", "0.40"), bought(2, "20.00", "food", "0.20")]);
    let weak = mutated(&sources(&[("a.yaml", PROGRAM), ("a.test.yaml", &weak)])).unwrap();
    let told: Vec<String> = weak.survivors.iter().map(|s| format!("{} {}", s.kind, s.after)).collect();
    assert_eq!(weak.killed + u32::try_from(told.len()).unwrap(), weak.total);
    insta::assert_snapshot!(format!("{}/{}\n{}", weak.killed, weak.total, told.join("\n")));
    let strong = tests(&[
        bought(1, "20.00", "fuel", "0.40"),
        bought(2, "10.00", "fuel", "0.20"),
        bought(3, "9.99", "fuel", "0.09"),
        bought(4, "20.00", "food", "0.20"),
        bought(5, "100.00", "food", "0.70"),
    ]);
    let reset = bought(6, "1.00", "food", "0.01").replace("2026-03", "2026-04");
    let strong = format!("{strong}{reset}");
    let strong = mutated(&sources(&[("a.yaml", PROGRAM), ("a.test.yaml", &strong)])).unwrap();
    assert!(strong.killed > weak.killed, "{strong:?}");
    assert_eq!(strong.total, weak.total);
}

#[test]
fn a_comment_with_a_reason_allows_changes_of_its_line() {
    let weak = tests(&[bought(1, "20.00", "food", "0.20")]);
    let with = |comment: &str, at: &str| {
        let program = PROGRAM.replace(at, &format!("{at}{comment}"));
        mutated(&sources(&[("a.yaml", &program), ("a.test.yaml", &weak)])).unwrap()
    };
    let bare = with("", "rounding: down");
    for (comment, at, allowed) in [
        (" # rewards: allow-mutation -- nothing is ever rounded", "rounding: down", 1),
        ("\n# rewards: allow-mutation -- nothing is ever rounded\n# twice", "timezone: UTC", 1),
        (" # rewards: allow-mutation", "rounding: down", 0),
        (" # rewards: allow-mutation --  ", "rounding: down", 0),
        ("\n# rewards: allow-mutation -- another line\ncurrency: USD", "program: p", 0),
    ] {
        let program = if at == "program: p" { PROGRAM.replace("currency: USD\n", "") } else { PROGRAM.to_owned() };
        let program = program.replace(at, &format!("{at}{comment}"));
        let found = mutated(&sources(&[("a.yaml", &program), ("a.test.yaml", &weak)])).unwrap();
        assert_eq!((found.allowed, found.total), (allowed, bare.total - allowed), "{comment}");
    }
}

#[test]
fn failing_tests_are_no_measure() {
    let wrong = tests(&[bought(1, "20.00", "food", "0.21")]);
    assert_eq!(mutated(&sources(&[("a.yaml", PROGRAM), ("a.test.yaml", &wrong)])), None);
    let unread = wrong.replace("base", "bse");
    assert_eq!(mutated(&sources(&[("a.yaml", PROGRAM), ("a.test.yaml", &unread)])), None);
}

#[test]
fn nothing_to_change_is_all_noticed() {
    let none = Mutation { killed: 0, total: 0, allowed: 0, survivors: Vec::new() };
    assert_eq!(none.per_mille(), 1_000);
    assert_eq!(Mutation { killed: 33, total: 34, ..none }.per_mille(), 970);
}
