//! Rule sets with more rules than the sieve has bits: campaigns are found through the index then, and later base rules
//! are asked one after the other. Explaining asks every rule of either, so both have to say the same.

use std::fmt::Write;

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction, Usage};
use rewards_rules::source::Sources;

/// So many base rules, and so many campaigns of every way to be found.
fn rules(base: usize, campaigns: usize) -> RuleSet {
    let mut text = "program: many\ncurrency: USD\ntimezone: America/New_York\nbase:\n".to_owned();
    for number in 0..base {
        writeln!(
            text,
            "  - {{id: b{number}, when: 'tx.merchant == \"m{number}\"', rate: {}.{number:03}%}}",
            number % 5
        )
        .unwrap();
    }
    text.push_str("  - {id: rest, rate: 1%}\ncampaigns:\n");
    for number in 0..campaigns {
        let clauses = match number % 7 {
            0 => format!("when: tx.merchant == \"m{}\"", number % 10),
            1 => format!("when: 'tx.category in [\"a\", \"c{}\"] && tx.country != \"US\"'", number % 4),
            2 => format!("active: {{from: 2026-03-{:02}, to: 2026-03-{:02}}}", number % 20 + 1, number % 20 + 5),
            3 => format!("min_transaction: {}.00", number % 90),
            4 => "days: [sat, sun]\n    hours: {from: \"22:00\", to: \"02:00\"}".to_owned(),
            5 => format!("when: 'tx.amount > {}.50 || tx.channel == \"online\"'", number % 60),
            _ => format!("when: '!(tx.category == \"c{}\") && tx.mcc in [\"1\", \"{number}\"]'", number % 4),
        };
        writeln!(
            text,
            "  - campaign: c{number}\n    type: percentage\n    {clauses}\n    reward: {{rate: 0.{number:03}%}}"
        )
        .unwrap();
    }
    let mut sources = Sources::default();
    sources.add("program.yaml", text);
    RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{findings}"))
}

/// Purchases that differ in every fact that a rule asks for, and lack each of them now and then.
fn purchases() -> impl Iterator<Item = Transaction> {
    (0..90_i64).map(|number| {
        let text =
            |every: i64, prefix: &str, of: i64| (number % every != 0).then(|| format!("{prefix}{}", number % of));
        let mut transaction =
            Transaction::from_json(r#"{"id":"t","amount":"1","currency":"USD","occurred_at":"2026-03-01T03:10:00Z"}"#)
                .unwrap();
        transaction.amount = (number * 37 % 140).into();
        transaction.occurred_at += chrono::TimeDelta::hours(number * 11);
        transaction.merchant = text(11, "m", 90);
        transaction.category = text(7, "c", 6);
        transaction.country = (number % 3 != 0).then(|| ["US", "CA"][usize::from(number % 2 == 0)].to_owned());
        transaction.channel = (number % 5 == 0).then(|| "online".to_owned());
        transaction.mcc = text(4, "", 9);
        transaction
    })
}

#[test]
fn what_is_found_is_what_asking_every_rule_finds() {
    let (member, usage) = (Member::new("u1"), Usage::default());
    for (base, campaigns) in [(3, 30), (64, 64), (65, 65), (70, 140)] {
        let rules = rules(base, campaigns);
        let mut granted = 0;
        for transaction in purchases() {
            let found = rules.evaluate(&transaction, &member, &usage).unwrap();
            let asked = rules.evaluate_explained(&transaction, &member, &usage).unwrap();
            assert_eq!(found.to_canonical_json(), asked.to_canonical_json(), "{base} and {campaigns}: {transaction:?}");
            granted += found.components.len();
        }
        assert!(granted > 500, "{granted}");
    }
}
