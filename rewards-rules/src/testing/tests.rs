#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops at the first surprise")]

use super::*;
use crate::source::SourceFile;

const PROGRAM: &str = r#"
program: p
currency: USD
timezone: America/New_York
base:
  - {id: groceries, when: 'tx.category == "groceries"', rate: 6%, up_to: {spend: 100.00, per: month}}
  - {id: rest, rate: 1%}
tiers:
  window: calendar_year
  levels:
    - {id: bronze, min_spending: 0}
    - {id: silver, min_spending: 1000.00, bonus: {rate: 0.25%}, upgrade_points: 50}
caps: {budget: 1000.00}
points: {earn: {points: 1, per: 1.00}, decimals: 1}
redemption:
  options:
    - {id: cash, type: cash, value: {points: 100, cash: 1.00}}
"#;

fn rules() -> RuleSet {
    RuleSet::compile(Sources::new([SourceFile { path: "p.yaml".to_owned(), bytes: PROGRAM.into() }])).unwrap()
}

fn files(tests: &str) -> Sources {
    Sources::new([SourceFile { path: "p.test.yaml".to_owned(), bytes: tests.into() }])
}

/// A purchase in March 2026 in flow style.
fn tx(id: &str, amount: &str, more: &str) -> String {
    format!("{{id: {id}, amount: {amount}, currency: USD, occurred_at: \"2026-03-02T10:00:00-05:00\"{more}}}")
}

/// `item: expected / got` of everything that did not come, over all steps.
fn missed(given: &str, steps: &[String]) -> Vec<String> {
    let steps: String = steps.iter().map(|s| format!("      - {s}\n")).collect();
    let report = run(&rules(), &files(&format!("tests:\n  - name: n\n{given}    steps:\n{steps}")), None);
    assert!(report.findings.is_empty(), "{}", report.findings);
    assert_eq!(report.results.len(), 1);
    let mismatches = report.results[0].steps.iter().flat_map(|s| &s.mismatches);
    mismatches.map(|m| format!("{}: {} / {}", m.item, m.expected, m.actual)).collect()
}

/// Of one purchase and its expectations.
fn missed_by(transaction: &str, expect: &str) -> Vec<String> {
    missed("", &[format!("{{transaction: {transaction}, expect: {{{expect}}}}}")])
}

#[test]
fn only_what_is_named_is_compared_and_by_value() {
    let purchase = tx("t1", "200.00", ", category: groceries");
    for (expect, due) in [
        ("base: \"7.00\"", ""),
        ("base: 7, loyalty: 0, campaign: \"0.0\", total: 7.000, points: \"200\"", ""),
        ("rules: \"groceries=6;rest=1.0;earn=200p\"", ""),
        ("available: 200.0, debt: 0, tier: bronze", ""),
        ("base: 7.01", "base: 7.01 / 7.00"),
        ("loyalty: 0.01", "loyalty: 0.01 / 0.00"),
        ("campaign: -1", "campaign: -1 / 0.00"),
        ("total: 0", "total: 0 / 7.00"),
        ("points: 200.1", "points: 200.1 / 200.0"),
        ("tier: silver", "tier: silver / bronze"),
        ("reason: zero_amount", "reason: zero_amount / none"),
        ("error: overflow", "error: overflow / no error"),
        ("available: 199", "available: 199 / 200.0"),
        ("debt: 1", "debt: 1 / 0.0"),
        ("rules: \"\"", "rules:  / groceries=6.00;rest=1.00;earn=200.0p"),
        (
            "rules: \"rest=1;groceries=6;earn=200p\"",
            "rules: rest=1;groceries=6;earn=200p / groceries=6.00;rest=1.00;earn=200.0p",
        ),
        (
            "rules: \"groceries=6;rest=1;earn=200\"",
            "rules: groceries=6;rest=1;earn=200 / groceries=6.00;rest=1.00;earn=200.0p",
        ),
        ("rules: \"groceries=6;rest=1\"", "rules: groceries=6;rest=1 / groceries=6.00;rest=1.00;earn=200.0p"),
    ] {
        assert_eq!(missed_by(&purchase, expect).join(", "), due, "{expect}");
    }
}

#[test]
fn an_error_is_met_by_its_code_and_grants_nothing() {
    let euros = "{id: t1, amount: 1.00, currency: EUR, occurred_at: \"2026-03-02T10:00:00-05:00\"}";
    assert_eq!(missed_by(euros, "error: currency_mismatch, total: 0, points: 0, rules: \"\""), [""; 0]);
    assert_eq!(missed_by(euros, "error: currency_mismatch, total: 0.01"), ["total: 0.01 / 0"]);
    let other = missed_by(euros, "error: missing_fact");
    assert!(other[0].starts_with("error: missing_fact / currency_mismatch: "), "{other:?}");
    let unexpected = missed_by(euros, "total: 5, points: 3");
    assert_eq!(unexpected.len(), 1);
    assert!(unexpected[0].starts_with("error: no error / currency_mismatch: "), "{unexpected:?}");
    // What cannot be read is an error of the step as well.
    let local = "{id: t1, amount: 1.00, currency: USD, occurred_at: \"2026-03-02T10:00:00\"}";
    assert_eq!(missed_by(local, "error: missing_offset"), [""; 0]);
    assert_eq!(missed_by("{id: t1, currency: USD}", "error: missing_fact"), [""; 0]);
    // So is what is given, in the first step.
    let first = format!("{{transaction: {}, expect: {{error: unknown_tier}}}}", tx("t1", "1.00", ""));
    assert_eq!(missed("    given: {member: {tier: gold}}\n", std::slice::from_ref(&first)), [""; 0]);
}

#[test]
fn state_carries_over_from_step_to_step_and_not_from_test_to_test() {
    let step = |event: &str, expect: &str| format!("{{{event}, expect: {{{expect}}}}}");
    let bought = |id: &str, amount: &str| format!("transaction: {}", tx(id, amount, ", category: groceries"));
    let steps = [
        step(&bought("t1", "80.00"), "base: 4.80, available: 80"),
        step(&bought("t2", "80.00"), "base: 1.80"),
        // The same again changes nothing, and what came then comes again.
        step(&bought("t1", "80.00"), "base: 4.80, available: 160"),
        step(&bought("t1", "81.00"), "error: id_conflict, available: 160"),
        step("redeem: {id: x, option: cash, points: 100, at: \"2026-03-03T10:00:00Z\"}", "available: 60, debt: 0"),
        step(
            "refund: {id: r, original: t1, amount: 80.00, occurred_at: \"2026-03-04T10:00:00Z\"}",
            "total: -4.80, points: -80, rules: \"groceries=-4.80;earn=-80p\", available: 0, debt: 20",
        ),
        step(&bought("t3", "900.00"), "tier: bronze, available: 880"),
        step(&bought("t4", "20.00"), "tier: silver, points: 70, rules: \"rest=0.20;earn=20p;upgrade=50p\""),
    ];
    assert_eq!(missed("", &steps), [""; 0]);
    let test = |name: &str| {
        format!("  - {{name: {name}, transaction: {}, expect: {{base: 4.80}}}}\n", &bought("t1", "80.00")[13..])
    };
    let report = run(&rules(), &files(&format!("tests:\n{}{}", test("a"), test("b"))), None);
    assert!(report.passed(), "{:?}", report.results);
    assert_eq!(report.results.len(), 2);
}

#[test]
fn what_is_given_counts_from_the_first_transaction_on() {
    let given = "    given: {member: {id: m7, tier: silver, spending: 990.00}, usage: {base.groceries.spend.month: 60.00, \
                 program.budget.lifetime: 997.00}}\n";
    let first = format!(
        "{{transaction: {}, expect: {{base: 2.90, loyalty: 0.10, total: 3}}}}",
        tx("t1", "90.00", ", category: groceries")
    );
    assert_eq!(missed(given, &[first]), [""; 0]);
    let april = tx("t2", "50.00", ", category: groceries").replace("2026-03", "2026-04");
    let given = "    given: {usage: {base.groceries.spend.month: 100.00}}\n";
    let steps = [
        format!("{{transaction: {}, expect: {{base: 0.50}}}}", tx("t1", "50.00", ", category: groceries")),
        format!("{{transaction: {april}, expect: {{base: 3}}}}"),
    ];
    assert_eq!(missed(given, &steps), [""; 0]);
}

#[test]
fn a_filter_takes_the_tests_whose_name_contains_it() {
    let one =
        |name: &str| format!("  - {{name: {name}, transaction: {}, expect: {{total: 0.01}}}}\n", tx("t1", "1.00", ""));
    let files = files(&format!("tests:\n{}{}{}", one("first of all"), one("then this"), one("all the rest")));
    let names =
        |filter: Option<&str>| run(&rules(), &files, filter).results.into_iter().map(|r| r.name).collect::<Vec<_>>();
    assert_eq!(names(None), ["first of all", "then this", "all the rest"]);
    assert_eq!(names(Some("all")), ["first of all", "all the rest"]);
    assert_eq!(names(Some("All")), [""; 0]);
}

/// Each mistake is told once, at its line, and the tests beside it run.
#[test]
fn mistakes_in_test_files_are_findings() {
    let fine = format!("  - {{name: fine, transaction: {}, expect: {{total: 0.01}}}}\n", tx("t1", "1.00", ""));
    let t = tx("t1", "1.00", "");
    let cases = [
        (format!("  - {{name: n, transaction: {t}, expect: {{totl: 1}}}}"), "R0501 did you mean `total`?"),
        (format!("  - {{name: n, transaction: {t}, expct: {{total: 1}}}}"), "R0501 did you mean `expect`?"),
        (format!("  - {{name: n, givn: {{}}, transaction: {t}, expect: {{total: 1}}}}"), "R0501 did you mean `given`?"),
        (
            format!("  - {{name: n, given: {{membr: {{}}}}, transaction: {t}, expect: {{total: 1}}}}"),
            "R0501 did you mean `member`?",
        ),
        (format!("  - {{name: n, given: {{usage: 3}}, transaction: {t}, expect: {{total: 1}}}}"), "R0502"),
        (format!("  - {{name: n, transaction: {t}, expect: {{total: 1 USD}}}}"), "R0502"),
        (format!("  - {{name: n, transaction: {t}, expect: {{total: }}}}"), "R0502"),
        (format!("  - {{name: n, transaction: {t}, expect: {{total: [1]}}}}"), "R0502"),
        (format!("  - {{name: n, transaction: {t}, expect: {{tier: silvr}}}}"), "R0502 did you mean `silver`?"),
        (
            format!("  - {{name: n, transaction: {t}, expect: {{error: missing_facts}}}}"),
            "R0502 did you mean `missing_fact`?",
        ),
        (format!("  - {{name: n, transaction: {t}, expect: {{reason: wrong_day}}}}"), "R0502"),
        (
            format!(
                "  - {{name: n, given: {{usage: {{base.groceris.spend.month: 1}}}}, transaction: {t}, expect: {{total: 1}}}}"
            ),
            "R0502 did you mean `base.groceries.spend.month`?",
        ),
        ("  - {name: n, transaction: t1, expect: {total: 1}}".to_owned(), "R0502"),
        ("  - {name: n, steps: [], expect: {total: 1}}".to_owned(), "R0502"),
        ("  - 3".to_owned(), "R0502"),
        ("  - {name: n, expect: {total: 1}}".to_owned(), "R0503"),
        (format!("  - {{transaction: {t}, expect: {{total: 1}}}}"), "R0503"),
        (format!("  - {{name: n, transaction: {t}, steps: [], expect: {{total: 1}}}}"), "R0503"),
        (format!("  - {{name: n, steps: [{{transaction: {t}}}], expect: {{total: 1}}}}"), "R0503"),
        ("  - {name: n, steps: [{expect: {total: 1}}]}".to_owned(), "R0503"),
        (format!("  - {{name: n, steps: [{{transaction: {t}, refund: {{}}, expect: {{total: 1}}}}]}}"), "R0503"),
        (format!("  - {{name: n, transaction: {t}}}"), "R0504"),
        (format!("  - {{name: n, transaction: {t}, expect: {{}}}}"), "R0504"),
        (format!("  - {{name: n, steps: [{{transaction: {t}}}]}}"), "R0504"),
        ("  - {name: n, steps: [{redeem: {id: x}, expect: {total: 1}}]}".to_owned(), "R0505"),
        (format!("  - {{name: n, transaction: {t}, expect: {{total: 1, total: 2}}}}"), "R0004"),
    ];
    let rules = rules();
    for (test, due) in cases {
        let report = run(&rules, &files(&format!("tests:\n{fine}{test}\n")), None);
        let found = report.findings.report();
        let told: Vec<_> = found.iter().map(|f| (f.code, f.place.as_ref().map(|p| p.line))).collect();
        assert_eq!(told, [(&due[..5], Some(3))], "{test}\n{}", report.findings);
        if let Some(help) = due.get(6..) {
            assert_eq!(found[0].help.as_deref(), Some(help), "{test}");
        }
        assert!(!report.passed());
        assert!(report.results.iter().any(|r| r.name == "fine" && r.passed()), "{test}");
    }
}

#[test]
fn a_file_without_tests_is_a_finding_and_a_name_twice_a_warning() {
    let rules = rules();
    for text in ["", "# nothing\n", "tests: []\n", "tests:\n", "{}\n"] {
        let codes: Vec<_> = check(&rules, &files(text)).iter().map(|f| f.code).collect();
        assert_eq!(codes.len(), 1, "{text}");
        assert!(matches!(codes[0], crate::source::Code::TestIncomplete), "{text} {codes:?}");
    }
    assert_eq!(check(&rules, &files("tsts: []\n")).report()[0].code, "R0501");
    assert_eq!(check(&rules, &files("tests: [\n")).report()[0].code, "R0002");
    let one = format!("  - {{name: a, transaction: {}, expect: {{total: 0.01}}}}\n", tx("t1", "1.00", ""));
    let report = run(&rules, &files(&format!("tests:\n{one}{one}")), None);
    assert_eq!(report.findings.report()[0].code, "R0506");
    assert!(report.passed() && report.results.len() == 2);
}
