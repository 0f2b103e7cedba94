//! `make bench`: how fast the engine is, as ratios to the same rules written by hand, in the same run.
//!
//! `REWARDS_ROUNDS` sets the number of rounds (15 by default). `REWARDS_ONLY` measures what has this text in its name and
//! nothing else, for a profiler.

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

use std::cell::RefCell;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use rewards_rules::input::{Member, Transaction, Usage};
use rewards_rules::simulate::{Cell, Options, Row, Simulation, TransactionColumns};
use rewards_rules::source::Sources;
use rewards_rules::value::Exact;
use rewards_rules::{RuleSet, simulate};
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

/// So many purchases are made ready, then timed, so that they are as near at hand as those of a file or of a request
/// just read. Making them ready is not timed: reading is another matter.
const AT_ONCE: usize = 64;

/// An entry that works on inputs made ready a few at a time.
fn fed<'a, T>(
    name: &'static str,
    purchases: &'a [Purchase],
    mut begin: impl FnMut() + 'a,
    mut ready: impl FnMut(usize, &Purchase) -> T + 'a,
    mut next: impl FnMut(&[T]) + 'a,
    mut each: impl FnMut(&T) -> i64 + 'a,
) -> Entry<'a> {
    Entry {
        name,
        run: Box::new(move || {
            begin();
            let (mut time, mut sum) = (Duration::ZERO, Checksum::default());
            for (number, chunk) in purchases.chunks(AT_ONCE).enumerate() {
                let first = number * AT_ONCE;
                let inputs: Vec<T> = chunk.iter().enumerate().map(|(at, p)| ready(first + at, p)).collect();
                let begun = Instant::now();
                for few in inputs.chunks(simulate::AT_ONCE) {
                    next(few);
                    for input in few {
                        sum.add(each(input));
                    }
                }
                time += begun.elapsed();
            }
            (time, sum)
        }),
    }
}

fn evaluated<'a>(
    name: &'static str,
    rules: &'a RuleSet,
    purchases: &'a [Purchase],
    befores: &'a [Before],
    explain: bool,
) -> Entry<'a> {
    let ready = |at: usize, purchase: &Purchase| input(purchase, &befores[at]);
    let each = move |i: &Input| {
        let outcome = if explain {
            rules.evaluate_explained(&i.transaction, &i.member, &i.usage)
        } else {
            rules.evaluate(&i.transaction, &i.member, &i.usage)
        };
        outcome.expect("an outcome").totals.total.minor()
    };
    fed(name, purchases, || (), ready, |_| (), each)
}

/// The cells of a row, as a file has them.
fn cells(p: &Purchase) -> [String; 10] {
    let (amount, at) = (p.amount.to_string(), p.occurred_at.to_rfc3339());
    let [id, member] = [&p.id, &p.member].map(String::clone);
    let [category, merchant, country] = [&p.category, &p.merchant, &p.country].map(String::clone);
    [id, member, amount, "USD".to_owned(), at, category, merchant, country, p.channel.clone(), p.tier.clone()]
}

fn columns(rules: &RuleSet) -> TransactionColumns {
    Simulation::new(rules.clone(), Options::default()).transaction_columns(&HEADER).expect("columns")
}

/// An entry with a simulation that starts from nothing in each round, with columns that have no refunds.
fn simulated<'a, T: 'a>(
    name: &'static str,
    rules: &'a RuleSet,
    purchases: &'a [Purchase],
    ready: impl FnMut(usize, &Purchase) -> T + 'a,
    near: impl Fn(&Simulation, &[T]) + 'a,
    mut post: impl FnMut(&mut Simulation, &T) -> i64 + 'a,
) -> Entry<'a> {
    let simulation = std::rc::Rc::new(RefCell::new(Simulation::new(rules.clone(), Options::default())));
    let (fresh, before) = (simulation.clone(), simulation.clone());
    let begin = move || {
        let mut new = Simulation::new(rules.clone(), Options::default());
        new.transaction_columns(&HEADER).expect("columns");
        *fresh.borrow_mut() = new;
    };
    let next = move |few: &[T]| near(&before.borrow(), few);
    fed(name, purchases, begin, ready, next, move |input| post(&mut simulation.borrow_mut(), input))
}

/// Of rows that were read before the clock starts, as the texts of the rules by hand were decoded.
fn posted<'a>(
    name: &'static str,
    rules: &'a RuleSet,
    purchases: &'a [Purchase],
    post: impl Fn(&mut Simulation, &TransactionColumns, &Row) -> Option<i64> + 'a,
) -> Entry<'a> {
    let known = columns(rules);
    let columns = known.clone();
    let ready = move |_: usize, purchase: &Purchase| {
        let (cells, mut row) = (cells(purchase), Row::default());
        columns.read(|column| Cell::Text(&cells[column]), &mut row).expect("a row");
        row
    };
    let near = |simulation: &Simulation, rows: &[Row]| simulation.bring_near(rows);
    simulated(name, rules, purchases, ready, near, move |simulation, row| {
        post(simulation, &known, row).expect("no repeated row")
    })
}

/// Of cells, a few rows of which are read and then posted.
fn read_and_posted<'a>(name: &'static str, rules: &'a RuleSet, purchases: &'a [Purchase]) -> Entry<'a> {
    let columns = columns(rules);
    let mut rows = vec![Row::default(); simulate::AT_ONCE];
    rows.iter_mut().for_each(|row| row.leave_texts_out(true));
    let rows = std::rc::Rc::new(RefCell::new((rows, 0)));
    let (known, read) = (columns.clone(), rows.clone());
    let near = move |simulation: &Simulation, few: &[[String; 10]]| {
        let (rows, next) = &mut *read.borrow_mut();
        for (cells, row) in few.iter().zip(rows.iter_mut()) {
            known.read(|column| Cell::Text(&cells[column]), row).expect("a row");
        }
        *next = 0;
        simulation.bring_near(&rows[..few.len()]);
    };
    let post = move |simulation: &mut Simulation, _: &[String; 10]| {
        let (rows, next) = &mut *rows.borrow_mut();
        *next += 1;
        let sums = simulation.post_sums(&columns, &rows[*next - 1]).expect("a posted row");
        sums.expect("no repeated row").total.minor()
    };
    simulated(name, rules, purchases, |_, purchase| cells(purchase), near, post)
}

fn engine<'a>(rules: &'a RuleSet, purchases: &'a [Purchase], befores: &'a [Before]) -> Vec<Entry<'a>> {
    vec![
        evaluated("evaluate, full outcome", rules, purchases, befores, false),
        evaluated("evaluate_explained", rules, purchases, befores, true),
        posted("simulate, sums", rules, purchases, |simulation, columns, row| {
            Some(simulation.post_sums(columns, row).expect("a posted row")?.total.minor())
        }),
        posted("simulate, rows out", rules, purchases, |simulation, columns, row| {
            Some(simulation.post(columns, row).expect("a posted row")?.total.minor())
        }),
        read_and_posted("simulate, cells in", rules, purchases),
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
    entries.extend(engine(&rules, &purchases, &befores));
    println!(
        "{PURCHASES} purchases, {rounds} interleaved rounds; medians. A ratio is to the decimals of the same round.\n"
    );
    if let Ok(only) = std::env::var("REWARDS_ONLY") {
        entries.retain(|entry| entry.name.contains(&only));
        report(&measure(entries, rounds));
        return ExitCode::SUCCESS;
    }
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
        let baseline = if m.ratio_to.len() < 6 {
            0
        } else if at == 2 || at == 3 || m.name.starts_with("simulate") {
            2
        } else {
            0
        };
        println!("{:<32} {each:>12.0} {:>8.2}", m.name, m.ratio_to[baseline]);
    }
}
