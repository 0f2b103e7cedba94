//! What is true of the reference over generated cases: they can be read, they reach every mechanic, and refunds net
//! to zero. A reference that fails here is no measure for the engine.

use std::collections::BTreeMap;

use proptest::prelude::{ProptestConfig, Strategy};
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngSeed, TestRunner};

use rewards_rules::input::Refund;
use rewards_rules::value::{Exact, RoundingMode};

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
                (Event::Return(..), Ok(_)) => "points returned",
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
        "points returned",
        "debt",
        "refund_exceeds_purchase",
        "refund_unknown_purchase",
        "refund_lines_mismatch",
        "id_conflict",
        "insufficient_points",
        "unknown_option",
    ] {
        assert!(seen.get(kind).is_some_and(|times| *times > 2), "hardly ever {kind}: {seen:?}");
    }
}

/// §6.2: any split of a full refund adds up to the whole: money, points but for upgrades, and every counter but visits.
#[test]
fn refunds_in_parts_net_to_zero() {
    let mut runner = runner();
    let mut granted = 0;
    for _ in 0..600 {
        let case = single().new_tree(&mut runner).unwrap().current();
        let reference = Reference::read(&sources(&case.files)).unwrap();
        let mut engine = reference.begin(&[(case.member.clone(), case.usage.clone())]);
        let Ok(purchase) = engine.post(&Event::Purchase(case.tx.clone(), case.member.clone())) else { continue };
        let mut sums = BTreeMap::new();
        add(&mut sums, &purchase);
        granted += usize::from(sums.get("total").is_some_and(|total| !total.is_zero()));
        let third = case.tx.amount.checked_div(Exact::from(3), 0, RoundingMode::Down).unwrap().unwrap();
        let rest = case.tx.amount.checked_sub(third).unwrap().checked_sub(third).unwrap();
        for (at, amount) in [third, rest, third].into_iter().enumerate().filter(|(_, amount)| !amount.is_zero()) {
            let refund = Refund {
                id: format!("r{at}"),
                original: case.tx.id.clone(),
                amount,
                lines: None,
                occurred_at: case.tx.occurred_at,
                member: None,
            };
            let answer = engine.post(&Event::Refund(refund)).unwrap_or_else(|code| panic!("{code} {case:?}"));
            add(&mut sums, &answer);
        }
        let left: Vec<_> = sums.iter().filter(|(_, sum)| !sum.is_zero()).collect();
        assert!(left.is_empty(), "{left:?}\n{purchase}\n{case:?}");
    }
    assert!(granted > 100, "{granted}");
}

/// Adds what an outcome granted and counted to sums by name.
fn add(sums: &mut BTreeMap<String, Exact>, json: &str) {
    let outcome: serde_json::Value = serde_json::from_str(json).unwrap();
    let mut plus = |name: String, value: &serde_json::Value| {
        let sum = sums.entry(name).or_default();
        *sum = sum.checked_add(value.as_str().unwrap().parse().unwrap()).unwrap();
    };
    for (name, value) in outcome["totals"].as_object().unwrap().iter().filter(|(name, _)| *name != "points") {
        plus(name.clone(), value);
    }
    for entry in outcome["points"].as_array().unwrap().iter().filter(|entry| entry["kind"] != "upgrade") {
        plus(format!("points of {}", entry["id"]), &entry["granted"]);
    }
    for counter in outcome["usage"].as_array().unwrap() {
        let key = counter["key"].as_str().unwrap();
        if !key.starts_with("member.visits.") {
            plus(format!("{key} {}", counter["period"]), &counter["delta"]);
        }
    }
}

/// How many cases a property tries, and that it writes no files.
pub(crate) fn config(cases: u32) -> ProptestConfig {
    // The same cases in every run; `REWARDS_CASES` and `REWARDS_SEED` ask for more and for others.
    let asked = |name: &str| std::env::var(name).ok().and_then(|n| n.parse::<u64>().ok());
    let cases = asked("REWARDS_CASES").and_then(|n| u32::try_from(n).ok()).unwrap_or(cases);
    let rng_seed = RngSeed::Fixed(asked("REWARDS_SEED").unwrap_or(1));
    ProptestConfig { cases, rng_seed, failure_persistence: None, ..ProptestConfig::default() }
}
