//! What is true of the reference over generated cases: they can be read, they reach every mechanic, and refunds net
//! to zero. A reference that fails here is no measure for the engine.

use std::collections::BTreeMap;

use proptest::prelude::{ProptestConfig, Strategy};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::generate::{sequence, single};
use crate::reference::Event;
use crate::subject::{Reference, Subject, sources};

/// The same cases on every machine.
fn runner() -> TestRunner {
    TestRunner::deterministic()
}

#[test]
fn generated_purchases_reach_every_mechanic() {
    let mut runner = runner();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..3000 {
        let case = single().new_tree(&mut runner).unwrap().current();
        let reference = Reference::read(&sources(&case.files)).unwrap_or_else(|e| panic!("{e}\n{case:?}"));
        let answer = reference.evaluate(&case.tx, &case.member, &case.usage);
        let text = answer.unwrap_or_else(|code| code.as_str().to_owned());
        for word in [
            "\"reason\":\"zero_amount\"",
            "\"reason\":\"not_eligible\"",
            "\"reason\":\"member_inactive\"",
            "missing_fact",
            "currency_mismatch",
            "division_by_zero",
            "\"kind\":\"base\"",
            "\"kind\":\"loyalty\"",
            "\"kind\":\"campaign\"",
            "\"kind\":\"earn\"",
            "\"kind\":\"points_campaign\"",
            "\"kind\":\"upgrade\"",
            "\"cap\":\"base.",
            "\"cap\":\"campaign.",
            "\"cap\":\"tier.",
            "\"cap\":\"program.amount.",
            "\"cap\":\"program.budget.",
            "\"cap\":\"program.per_transaction",
            "\"cap\":\"program.max_percent",
            "\"cap\":\"program.points.",
            ".uses.",
            ".spend.",
            "\"key\":\"pool.",
            "\"key\":\"member.spend.",
            "\"next\":",
        ] {
            *seen.entry(word.to_owned()).or_default() += usize::from(text.contains(word));
        }
        for code in ["script_error", "script_limit", "unknown_fact", "wrong_type"] {
            assert_ne!(text, code, "{case:?}");
        }
    }
    let rare: Vec<_> = seen.iter().filter(|(_, times)| **times < 3).collect();
    assert!(rare.is_empty(), "hardly ever: {rare:?} of {seen:?}");
}

#[test]
fn sequences_end_with_points_that_add_up() {
    let mut runner = runner();
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..600 {
        let case = sequence().new_tree(&mut runner).unwrap().current();
        let reference = Reference::read(&sources(&case.files)).unwrap_or_else(|e| panic!("{e}\n{case:?}"));
        let mut engine = reference.begin(&[]);
        for event in &case.events {
            let answer = engine.post(event);
            let kind = match (event, &answer) {
                (Event::Purchase(..), Ok(_)) => "purchase",
                (Event::Refund(_), Ok(json)) if json.contains("upgrade") => "bonus reversed",
                (Event::Refund(_), Ok(_)) => "refund",
                (Event::Redeem(..), Ok(_)) => "redemption",
                (_, Ok(_)) => "other",
                (_, Err(code)) => code.as_str(),
            };
            *seen.entry(kind).or_default() += 1;
            let at = match event {
                Event::Purchase(tx, _) => tx.occurred_at,
                Event::Refund(refund) => refund.occurred_at,
                Event::Redeem(redemption, _) => redemption.at,
                Event::Return(_, at) => *at,
            };
            for member in &case.members {
                let debt = engine.debt(&member.id);
                let owes = debt.bytes().any(|b| (b'1'..=b'9').contains(&b));
                *seen.entry("debt").or_default() += usize::from(owes);
                if owes {
                    assert!(!engine.available(&member.id, at).bytes().any(|b| (b'1'..=b'9').contains(&b)));
                    assert!(!engine.pending(&member.id, at).bytes().any(|b| (b'1'..=b'9').contains(&b)));
                }
            }
        }
    }
    for kind in [
        "purchase",
        "refund",
        "bonus reversed",
        "redemption",
        "debt",
        "refund_exceeds_purchase",
        "refund_unknown_purchase",
        "id_conflict",
        "insufficient_points",
        "unknown_option",
    ] {
        assert!(seen.get(kind).is_some_and(|times| *times > 2), "hardly ever {kind}: {seen:?}");
    }
}

/// How many cases a property tries, and that it writes no files.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}
