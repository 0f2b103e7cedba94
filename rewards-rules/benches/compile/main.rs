//! How long it takes to compile 1,000 campaign files, beside merely reading their YAML: the events of the parser that
//! the engine uses, and of another one.

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement on fixed data: it stops at the first surprise"
)]

#[path = "../workload/mod.rs"]
mod workload;

use rewards_rules::RuleSet;
use rewards_rules::source::Sources;
use workload::Checksum;
use workload::rounds::{entry, measure};

/// How many campaign files there are.
const FILES: usize = 1_000;

const PROGRAM: &str = r#"
program: many
currency: USD
timezone: America/New_York
facts:
  tx:
    basket_size: {type: integer, optional: true}
lists:
  partners: [m0001, m0002, m0003, m0004, m0005, m0006, m0007, m0008]
base:
  - {id: everything, rate: 1%}
tiers:
  window: calendar_year
  levels:
    - {id: bronze, min_spending: 0}
    - {id: silver, min_spending: 1000.00, bonus: {rate: 0.25%}}
    - {id: gold, min_spending: 5000.00, bonus: {rate: 0.5%}}
caps:
  per_transaction: 50.00
"#;

/// A campaign as people write them, one of four kinds.
fn campaign(number: usize) -> String {
    let (merchant, month, tens) = (number % 400, number % 12 + 1, number % 9 + 1);
    let head = format!(
        "# What partner {number} pays for.\ncampaign: partner-{number}\nname: Partner {number}\nfunded_by: partner-{merchant}\n"
    );
    let body = match number % 4 {
        0 => format!(
            "type: percentage\nactive: {{from: 2026-{month:02}-01, to: 2026-{month:02}-28}}\nwhen: tx.merchant == \"m{merchant:04}\"\n\
             min_transaction: {tens}0.00\nreward: {{rate: {tens}%}}\ncaps:\n  per_transaction: 10.00\n  per_member: {{amount: 50.00, per: month}}\n"
        ),
        1 => format!(
            "type: fixed\ndays: [sat, sun]\nhours: {{from: \"17:00\", to: \"23:00\"}}\n\
             when: tx.merchant == \"m{merchant:04}\" && tx.category in [\"dining\", \"travel\"] && tx.amount >= {tens}5.00\n\
             reward: {{fixed: {tens}.00}}\ncaps:\n  uses: {{count: 4, per: month}}\n  budget: 100000.00\n"
        ),
        2 => format!(
            "type: multiplier\naudience: {{tiers: [silver, gold], share: {tens}0%}}\n\
             when: tx.merchant in [\"m{merchant:04}\", \"x{merchant:04}\"] || tx.category == \"c{merchant}\"\n\
             reward: {{multiplier: 2, up_to: {{spend: 500.00, per: month}}}}\nstacking: {{group: g{tens}}}\n"
        ),
        _ => format!(
            "type: scripted\nwhen: tx.merchant == \"m{merchant:04}\" && has(tx.basket_size) && tx.basket_size > {tens}\n\
             reward: {{amount: \"if tx.amount > {tens}0.00 {{ tx.amount * 0.01 }} else {{ 0.25 }}\"}}\npriority: {tens}\n"
        ),
    };
    head + body.as_str()
}

fn main() {
    let rounds = std::env::var("REWARDS_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(15);
    let mut sources = Sources::default();
    sources.add("program.yaml", PROGRAM);
    let texts: Vec<String> = (0..FILES).map(campaign).collect();
    for (number, text) in texts.iter().enumerate() {
        sources.add(format!("campaigns/{number:04}.yaml"), text.as_str());
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    let counted = |events: &mut dyn Iterator<Item = i64>| {
        let mut sum = Checksum::default();
        sum.add(events.sum());
        sum
    };
    let entries = vec![
        entry("events of granit-parser", || {
            counted(
                &mut texts
                    .iter()
                    .map(|text| granit_parser::Parser::new_from_str(text).map(|event| i64::from(event.is_ok())).sum()),
            )
        }),
        entry("events of saphyr-parser", || {
            counted(
                &mut texts
                    .iter()
                    .map(|text| saphyr_parser::Parser::new_from_str(text).map(|event| i64::from(event.is_ok())).sum()),
            )
        }),
        entry("RuleSet::compile", || {
            let rules = RuleSet::compile(sources.clone()).unwrap_or_else(|findings| panic!("{findings}"));
            counted(&mut rules.counters().map(|_| 1))
        }),
    ];
    let measured = measure(entries, rounds);
    println!(
        "{FILES} campaign files, {bytes} bytes, {rounds} interleaved rounds; medians, ratios of the same round.\n"
    );
    println!("{:<28} {:>8} {:>10} {:>10}", "", "ms", "/ granit", "/ saphyr");
    for m in &measured {
        let ms = m.time.as_secs_f64() * 1e3;
        println!("{:<28} {ms:>8.1} {:>10.2} {:>10.2}", m.name, m.ratio_to[0], m.ratio_to[1]);
    }
    let ms = measured[2].time.as_secs_f64() * 1e3;
    println!("\naim: compiled in less than 100 ms: {ms:.1} ms, {}", if ms < 100.0 { "met" } else { "missed" });
}
