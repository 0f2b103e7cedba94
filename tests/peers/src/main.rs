//! The workload of `make bench` by other engines, in one process and in interleaved rounds.
//!
//! Each peer has what is known before a purchase made ready beforehand (rules compiled, inputs in its own values, the
//! weekday told). Some entries are spared what the peer has no word for (rounding half to even, caps over all
//! components): the host does that for them, see [`host`]. All must give the same cents, purchase by purchase.

mod cel;
mod engine;
mod fed;
mod host;
mod rhai;
#[allow(dead_code, reason = "the fold with state is for the engine's own bench")]
#[path = "../../../rewards-rules/benches/workload/mod.rs"]
mod workload;
mod zen;

use std::process::ExitCode;

use workload::rounds::{Entry, Measured, entry, measure};
use workload::{Before, Checksum, PURCHASES, Purchase, decimals, integers};

/// What everything is measured with.
pub struct Workload {
    /// The purchases.
    pub purchases: Vec<Purchase>,
    /// What earlier ones left for each.
    pub befores: Vec<Before>,
    /// The same, in decimals.
    pub decimals: Vec<decimals::Before>,
}

impl Workload {
    fn new() -> Workload {
        let purchases = workload::purchases();
        let mut state = integers::State::default();
        let before = |purchase: &Purchase| {
            let before = state.before(purchase);
            state.post(purchase);
            before
        };
        let befores: Vec<Before> = purchases.iter().map(before).collect();
        let decimals = befores.iter().map(|b| (*b).into()).collect();
        Workload { purchases, befores, decimals }
    }
}

fn by_hand<'a>(workload: &'a Workload, partners: &'a [bool; 200]) -> Vec<Entry<'a>> {
    let decimals = || {
        let mut sum = Checksum::default();
        for (purchase, before) in workload.purchases.iter().zip(&workload.decimals) {
            sum.add(decimals::reward(partners, purchase, before).cents());
        }
        sum
    };
    let integers = || {
        let mut sum = Checksum::default();
        for (purchase, before) in workload.purchases.iter().zip(&workload.befores) {
            sum.add(integers::reward(partners, purchase, before).total());
        }
        sum
    };
    vec![entry("by hand, decimals", decimals), entry("by hand, integers", integers)]
}

/// The number of the engine among the entries.
const ENGINE: usize = 2;

fn report(measured: &[Measured]) {
    println!("{:<40} {:>12} {:>12} {:>12}", "", "ns/purchase", "to decimals", "to evaluate");
    for m in measured {
        let each = m.time.as_secs_f64() * 1e9 / PURCHASES as f64;
        println!("{:<40} {each:>12.0} {:>12.2} {:>12.2}", m.name, m.ratio_to[0], m.ratio_to[ENGINE]);
    }
}

fn main() -> ExitCode {
    let rounds = std::env::var("REWARDS_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    let workload = Workload::new();
    let partners = workload::partners();
    let mut entries = by_hand(&workload, &partners);
    entries.push(engine::evaluate(&workload));
    entries.push(cel::conditions(&workload));
    entries.push(rhai::script(&workload));
    entries.push(zen::whole(&workload));
    entries.push(zen::expressions(&workload));
    entries.push(zen::tables(&workload));
    println!(
        "{PURCHASES} purchases, {rounds} interleaved rounds; medians. A ratio is to the time of the same round.\n"
    );
    let measured = measure(entries, rounds);
    report(&measured);
    let zen = measured.iter().find(|m| m.name.starts_with("ZEN")).map_or(0.0, |m| m.ratio_to[ENGINE]);
    let met = if zen >= 20.0 { "met" } else { "missed" };
    println!("\nZEN doing all of it / evaluate: {zen:.1}, at least 20: {met}");
    if measured.iter().all(|m| m.sum == measured[0].sum) {
        println!("all gave the same cents: {}.{:02}", measured[0].sum.cents / 100, measured[0].sum.cents % 100);
        return ExitCode::SUCCESS;
    }
    println!("\nerror: the cents differ");
    for m in &measured {
        println!("{:<40} {:?}", m.name, m.sum);
    }
    ExitCode::FAILURE
}
