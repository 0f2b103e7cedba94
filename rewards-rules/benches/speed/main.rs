//! `make bench`: how fast the engine is, as ratios to the same rules written by hand, in the same run.
//!
//! `REWARDS_ROUNDS` sets the number of rounds (15 by default).

#![allow(
    missing_docs,
    unreachable_pub,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::expect_used,
    clippy::panic,
    reason = "a measurement on fixed data: it stops at the first surprise"
)]

mod many;
#[path = "../workload/mod.rs"]
mod workload;

use std::process::ExitCode;
use std::time::Instant;

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction, Usage};
use rewards_rules::simulate::{Options, Row, Simulation};
use rewards_rules::source::Sources;
use rewards_rules::value::Exact;
use workload::rounds::{Entry, Measured, entry, measure};
use workload::{Before, Checksum, PURCHASES, Purchase, decimals, integers};

/// A purchase as the engine takes it, with what earlier ones left.
struct Input {
    transaction: Transaction,
    member: Member,
    usage: Usage,
}

pub fn compile(text: &str) -> RuleSet {
    let mut sources = Sources::default();
    sources.add("rules.yaml", text);
    RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{findings}"))
}

pub fn transaction(purchase: &Purchase) -> Transaction {
    Transaction {
        id: purchase.id.clone(),
        amount: Exact::new(i128::from(purchase.cents), 2).expect("two decimals"),
        currency: "USD".to_owned(),
        occurred_at: purchase.occurred_at,
        category: Some(purchase.category.clone()),
        mcc: None,
        merchant: Some(purchase.merchant.clone()),
        country: Some(purchase.country.clone()),
        channel: Some(purchase.channel.clone()),
        payment_method: None,
        items: None,
        attributes: Default::default(),
    }
}

fn input(purchase: &Purchase, before: &Before) -> Input {
    let keys = ["program.amount.month", "campaign.weekend.amount.month", "campaign.partner.amount.month"];
    let exact = |cents: i64| Exact::new(i128::from(cents), 2).expect("two decimals");
    let mut member = Member::new(purchase.member.clone());
    member.tier = Some(purchase.tier.clone());
    member.purchases = before.purchases;
    Input {
        transaction: transaction(purchase),
        member,
        usage: Usage(keys.into_iter().zip(before.used).map(|(k, used)| (k.to_owned(), exact(used))).collect()),
    }
}

const HEADER: [&str; 10] = [
    "transaction_id",
    "user_id",
    "amount",
    "currency",
    "occurred_at",
    "category",
    "merchant",
    "country",
    "channel",
    "tier",
];

/// The rows of a simulation, read; reading them is another matter.
fn rows(simulation: &mut Simulation, purchases: &[Purchase]) -> Vec<Row> {
    let columns = simulation.transaction_columns(&HEADER).expect("columns");
    purchases
        .iter()
        .map(|p| {
            let (amount, at) = (p.amount.to_string(), p.occurred_at.to_rfc3339());
            let cells: [&str; 10] =
                [&p.id, &p.member, &amount, "USD", &at, &p.category, &p.merchant, &p.country, &p.channel, &p.tier];
            columns.row(cells).expect("a row")
        })
        .collect()
}

fn engine<'a>(rules: &'a RuleSet, inputs: &'a [Input], purchases: &'a [Purchase]) -> Vec<Entry<'a>> {
    let evaluated = move |explain: bool| {
        let mut sum = Checksum::default();
        for i in inputs {
            let outcome = if explain {
                rules.evaluate_explained(&i.transaction, &i.member, &i.usage)
            } else {
                rules.evaluate(&i.transaction, &i.member, &i.usage)
            };
            sum.add(outcome.expect("an outcome").totals.total.minor());
        }
        sum
    };
    vec![
        entry("evaluate, full outcome", move || evaluated(false)),
        entry("evaluate_explained", move || evaluated(true)),
        Entry {
            name: "simulate, row by row",
            run: Box::new(move || {
                let mut simulation = Simulation::new(rules.clone(), Options::default());
                let rows = rows(&mut simulation, purchases);
                let begun = Instant::now();
                let mut sum = Checksum::default();
                for row in rows {
                    let posted = simulation.post(row).expect("a posted row").expect("no repeated row");
                    sum.add(posted.total.minor());
                }
                (begun.elapsed(), sum)
            }),
        },
    ]
}

fn main() -> ExitCode {
    let rounds = std::env::var("REWARDS_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(15);
    let purchases = workload::purchases();
    let rules = compile(workload::RULES);
    let partners = workload::partners();
    let mut state = integers::State::default();
    let befores: Vec<Before> = purchases
        .iter()
        .map(|p| {
            let before = state.before(p);
            state.post(p);
            before
        })
        .collect();
    let inputs: Vec<Input> = purchases.iter().zip(&befores).map(|(p, b)| input(p, b)).collect();
    let decimal_befores: Vec<decimals::Before> = befores.iter().map(|b| (*b).into()).collect();
    let mut entries = vec![
        entry("by hand, decimals", || {
            let mut sum = Checksum::default();
            for (purchase, before) in purchases.iter().zip(&decimal_befores) {
                sum.add(decimals::reward(&partners, purchase, before).cents());
            }
            sum
        }),
        entry("by hand, integers", || {
            let mut sum = Checksum::default();
            for (purchase, before) in purchases.iter().zip(&befores) {
                sum.add(integers::reward(&partners, purchase, before).total());
            }
            sum
        }),
        entry("by hand, decimals, with state", || {
            let (mut state, mut sum) = (decimals::State::default(), Checksum::default());
            for purchase in &purchases {
                sum.add(state.post(purchase).cents());
            }
            sum
        }),
        entry("by hand, integers, with state", || {
            let (mut state, mut sum) = (integers::State::default(), Checksum::default());
            for purchase in &purchases {
                sum.add(state.post(purchase).total());
            }
            sum
        }),
    ];
    entries.extend(engine(&rules, &inputs, &purchases));
    println!(
        "{PURCHASES} purchases, {rounds} interleaved rounds; medians. A ratio is to the decimals of the same round.\n"
    );
    let measured = measure(entries, rounds);
    let agree = measured.iter().all(|m| m.sum == measured[0].sum);
    report(&measured);
    let few = many::measured(rounds);
    let aims = [
        Aim {
            what: "decimals by hand / integers by hand (3 to 5, or the baseline is slow)",
            ratio: measured[0].ratio_to[1],
            least: 3.0,
            most: 5.0,
        },
        Aim { what: "the same with state", ratio: measured[2].ratio_to[3], least: 0.0, most: 5.0 },
        Aim {
            what: "evaluate with its full outcome / decimals by hand",
            ratio: measured[4].ratio_to[0],
            least: 0.0,
            most: 3.0,
        },
        Aim { what: "simulate / decimals by hand with state", ratio: measured[6].ratio_to[2], least: 0.0, most: 1.0 },
        Aim { what: "10,000 campaigns of which 5 apply / those 5", ratio: few, least: 0.0, most: 2.0 },
    ];
    println!("\n{:<72} {:>7}  {:>5}", "aim", "ratio", "most");
    for aim in &aims {
        let met = if (aim.least..=aim.most).contains(&aim.ratio) { "met" } else { "missed" };
        println!("{:<72} {:>7.2}  {:>5.2}  {met}", aim.what, aim.ratio, aim.most);
    }
    if agree {
        println!("\nall gave the same cents: {}.{:02}", measured[0].sum.cents / 100, measured[0].sum.cents % 100);
        ExitCode::SUCCESS
    } else {
        println!("\nerror: the cents differ");
        for m in &measured {
            println!("{:<32} {:?}", m.name, m.sum);
        }
        ExitCode::FAILURE
    }
}

struct Aim {
    what: &'static str,
    ratio: f64,
    least: f64,
    most: f64,
}

fn report(measured: &[Measured]) {
    println!("{:<32} {:>12} {:>8}", "", "ns/purchase", "ratio");
    for (at, m) in measured.iter().enumerate() {
        let each = m.time.as_secs_f64() * 1e9 / PURCHASES as f64;
        let baseline = if at == 2 || at == 3 || m.name.starts_with("simulate") { 2 } else { 0 };
        println!("{:<32} {each:>12.0} {:>8.2}", m.name, m.ratio_to[baseline]);
    }
}
