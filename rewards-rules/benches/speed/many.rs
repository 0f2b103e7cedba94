//! Ten thousand campaigns of which five apply to a purchase, against those five alone.

use std::fmt::Write;

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction, Usage};

use crate::workload::rounds::{entry, measure};
use crate::workload::{self, Checksum};

const CAMPAIGNS: usize = 10_000;

const HEAD: &str = "program: many\ncurrency: USD\ntimezone: UTC\nbase: [{id: all, rate: 1%}]\ncampaigns:\n";

/// The five that apply to each purchase measured here.
const APPLY: [&str; 5] = [
    "tx.merchant == \"m007\"",
    "tx.category == \"books\"",
    "tx.merchant == \"m007\" && tx.category == \"books\"",
    "tx.country == \"US\" && tx.category in [\"books\", \"toys\"]",
    "tx.channel == \"store\"",
];

fn campaign(text: &mut String, number: usize, active: &str, when: &str) {
    let _ = writeln!(
        text,
        "  - campaign: c{number:05}\n    type: percentage\n    active: {active}\n    when: '{when}'\n    reward: {{rate: 0.1%}}"
    );
}

fn rules(many: bool) -> RuleSet {
    let mut text = HEAD.to_owned();
    let year = "{from: 2026-01-01, to: 2026-12-31}";
    for (number, when) in APPLY.iter().enumerate() {
        campaign(&mut text, number, year, when);
    }
    for number in APPLY.len()..if many { CAMPAIGNS } else { 0 } {
        match number % 4 {
            // Other merchants, other categories of them, and the same conditions long ago.
            0 => campaign(&mut text, number, year, &format!("tx.merchant == \"other{number}\"")),
            1 => campaign(&mut text, number, year, &format!("tx.merchant == \"m007\" && tx.category == \"c{number}\"")),
            2 => campaign(&mut text, number, year, &format!("tx.country == \"US\" && tx.category == \"c{number}\"")),
            _ => {
                let from = 2000 + number % 25;
                let active = format!("{{from: {from}-01-01, to: {from}-12-31}}");
                campaign(&mut text, number, &active, APPLY[number % 5]);
            }
        }
    }
    crate::compile(&text)
}

/// The ratio of the two, and how it was computed, printed.
pub fn measured(rounds: usize) -> f64 {
    let (few, many) = (rules(false), rules(true));
    let transactions: Vec<Transaction> = workload::purchases()
        .iter()
        .step_by(10)
        .map(|purchase| {
            let mut transaction = crate::transaction(purchase);
            transaction.merchant = Some("m007".to_owned());
            transaction.category = Some("books".to_owned());
            transaction.country = Some("US".to_owned());
            transaction.channel = Some("store".to_owned());
            transaction
        })
        .collect();
    let (member, usage) = (Member::new("u1"), Usage::default());
    let run = |rules: &RuleSet| {
        let mut sum = Checksum::default();
        for transaction in &transactions {
            let outcome = rules.evaluate(transaction, &member, &usage).expect("an outcome");
            assert_eq!(outcome.components.len(), 1 + APPLY.len(), "all five apply");
            sum.add(outcome.totals.total.minor());
        }
        sum
    };
    let measured = measure(vec![entry("5 campaigns", || run(&few)), entry("10,000 campaigns", || run(&many))], rounds);
    assert_eq!(measured[0].sum, measured[1].sum, "the same five campaigns grant the same");
    for m in &measured {
        let each = m.time.as_secs_f64() * 1e9 / transactions.len() as f64;
        println!("{:<32} {each:>12.0}", m.name);
    }
    measured[1].ratio_to[0]
}
