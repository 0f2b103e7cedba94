//! `make bench-peers`: the workload of `make bench` in other engines, interleaved in one process with the engine's
//! `evaluate`. All must give the same cents.
//!
//! Each peer gets its easiest way: rules compiled once, amounts as whole cents, the day of the week worked out for it,
//! its inputs made before the clock starts where it can keep them, and only the total as its answer, while `evaluate`
//! gives its whole outcome. `REWARDS_ROUNDS` sets the number of rounds (7 by default).

#[path = "../../../rewards-rules/benches/workload/mod.rs"]
#[allow(dead_code, reason = "the peers need less of it than the engine's own comparison")]
mod workload;

mod peer_cel;
mod peer_rewards;
mod peer_rhai;
mod peer_zen;

use std::process::ExitCode;

use chrono::{Datelike, Weekday};
use workload::rounds::{entry, measure};
use workload::{Before, Checksum, PURCHASES, Purchase, decimals, integers};

/// A purchase with what a host tells a peer of it.
struct Told<'a> {
    purchase: &'a Purchase,
    before: Before,
    weekend: bool,
}

/// What is left of the amounts that may still be granted, in cents: in all, by the weekend campaign, by the partner one.
fn left(told: &Told<'_>) -> [i64; 3] {
    let used = told.before.used;
    [20_000 - used[0], 5_000 - used[1], 3_000 - used[2]].map(|left| left.max(0))
}

fn sum_of(totals: impl Iterator<Item = i64>) -> Checksum {
    let mut sum = Checksum::default();
    totals.for_each(|total| sum.add(total));
    sum
}

fn main() -> ExitCode {
    let rounds = std::env::var("REWARDS_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(7);
    let purchases = workload::purchases();
    let partners = workload::partners();
    let mut state = integers::State::default();
    let told: Vec<Told> = purchases
        .iter()
        .map(|purchase| {
            let before = state.before(purchase);
            state.post(purchase);
            let weekend = matches!(purchase.occurred_at.weekday(), Weekday::Sat | Weekday::Sun);
            Told { purchase, before, weekend }
        })
        .collect();
    let by_hand: Vec<decimals::Before> = told.iter().map(|t| t.before.into()).collect();
    let rewards = peer_rewards::Peer::new(&told);
    let (zen, rhai, cel) = (peer_zen::Peer::new(&told), peer_rhai::Peer::new(), peer_cel::Peer::new());
    let entries = vec![
        entry("by hand, decimals", || {
            let each = told.iter().zip(&by_hand);
            sum_of(each.map(|(t, before)| decimals::reward(&partners, t.purchase, before).cents()))
        }),
        entry("rewards, evaluate", || sum_of(rewards.totals())),
        entry("cel, conditions only", || sum_of(told.iter().map(|t| cel.total(t)))),
        entry("rhai, AST compiled once", || sum_of(told.iter().map(|t| rhai.total(t)))),
        entry("zen, expressions, precompiled", || sum_of(zen.totals())),
    ];
    println!("{PURCHASES} purchases, {rounds} interleaved rounds; medians, ratios of the same round.\n");
    let measured = measure(entries, rounds);
    println!("{:<32} {:>12} {:>10} {:>10}", "", "ns/purchase", "/ decimals", "/ rewards");
    for m in &measured {
        let each = m.time.as_secs_f64() * 1e9 / PURCHASES as f64;
        println!("{:<32} {each:>12.0} {:>10.2} {:>10.2}", m.name, m.ratio_to[0], m.ratio_to[1]);
    }
    let zen = measured[4].ratio_to[1];
    println!(
        "\naim: evaluate at least 20 times faster than zen: {zen:.1}, {}",
        if zen >= 20.0 { "met" } else { "missed" }
    );
    if measured.iter().all(|m| m.sum == measured[0].sum) {
        println!("all gave the same cents: {}.{:02}", measured[0].sum.cents / 100, measured[0].sum.cents % 100);
        return ExitCode::SUCCESS;
    }
    println!("error: the cents differ");
    for m in &measured {
        println!("{:<32} {:?}", m.name, m.sum);
    }
    ExitCode::FAILURE
}
