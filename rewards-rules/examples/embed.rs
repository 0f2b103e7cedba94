//! The engine without the service: a host of one's own that keeps counters and points itself.
//!
//! `cargo run --package rewards-rules --example embed` posts three purchases and a refund of one. Each goes the way
//! that any store can go: name the counters, load what is there, apply, store what changed.
#![allow(clippy::print_stdout, clippy::expect_used, reason = "an example talks, and ends at the first surprise")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;

use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Raw, Refund, Transaction};
use rewards_rules::source::{SourceFile, Sources};
use rewards_rules::state::record::{CounterRecord, MemberRecord, PurchaseRecord};
use rewards_rules::state::{Change, Event, Ledger, apply};

/// What a database would have: everything as text, by key.
#[derive(Default)]
struct Store {
    members: BTreeMap<String, String>,
    counters: BTreeMap<(String, String, String), i64>,
    purchases: BTreeMap<String, String>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../rules/coffee-points");
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|ending| ending == "yaml" || ending == "rhai") {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files.push(SourceFile { path: name, bytes: fs::read(&path)? });
        }
    }
    let rules = RuleSet::compile(Sources::new(files)).map_err(|findings| findings.render(false))?;
    let mut store = Store::default();

    for (id, amount, at) in [
        ("t1", "12.40", "2026-03-02T08:10:00-05:00"),
        ("t2", "5.80", "2026-03-02T16:30:00-05:00"),
        ("t3", "48.00", "2026-03-03T09:00:00-05:00"),
    ] {
        let purchase = format!(r#"{{"id":"{id}","amount":"{amount}","currency":"USD","occurred_at":"{at}"}}"#);
        let outcome = post(&rules, &mut store, "m-1", &purchase)?;
        println!("{outcome}\n");
    }
    let refund = r#"{"id":"r1","original":"t3","amount":"24.00","occurred_at":"2026-03-04T09:00:00-05:00"}"#;
    println!("{}\n", take_back(&rules, &mut store, "m-1", refund)?);

    println!("kept of the member: {}", store.members.get("m-1").ok_or("the member was kept")?);
    for ((member, key, period), units) in &store.counters {
        println!("{member} {key} {period}: {units}");
    }
    Ok(())
}

/// A purchase: usage keys → load → apply → store.
fn post(rules: &RuleSet, store: &mut Store, member: &str, purchase: &str) -> Result<String, Box<dyn Error>> {
    let transaction = Transaction::from_json(purchase)?;
    let facts = Member::new(member);
    let mut record: MemberRecord =
        store.members.get(member).map(|text| serde_json::from_str(text)).transpose()?.unwrap_or_default();
    for key in rules.usage_keys(&transaction, &facts)? {
        let owner = if key.shared { "" } else { member };
        let units = store.counters.get(&(owner.to_owned(), key.key.clone(), key.period.clone())).copied().unwrap_or(0);
        record.counters.push(CounterRecord { key: key.key, period: key.period, units });
    }
    let shared = record.counters.clone();
    let mut ledger = Ledger::new();
    ledger.put_member(rules, facts, record)?;
    for counter in &shared {
        ledger.put_shared(rules, counter)?;
    }
    let event = Event::Purchase { transaction: &transaction, member, tier: None, explain: false };
    let Change::Posted(outcome) = apply(rules, &mut ledger, event)? else { return Ok("posted before".to_owned()) };

    let record = ledger.purchase(&transaction.id).ok_or("a posted purchase has a record")?;
    store.purchases.insert(transaction.id.clone(), serde_json::to_string(&record)?);
    keep(rules, store, &ledger, member, &outcome)?;
    Ok(outcome.to_json())
}

/// A refund: the purchase's record and the member → apply → store.
fn take_back(rules: &RuleSet, store: &mut Store, member: &str, refund: &str) -> Result<String, Box<dyn Error>> {
    let refund = Refund::from_raw(Raw::from_json(refund)?)?;
    let purchase: PurchaseRecord =
        serde_json::from_str(store.purchases.get(&refund.original).ok_or("there is no such purchase")?)?;
    let record: MemberRecord = serde_json::from_str(store.members.get(member).ok_or("there is no such member")?)?;
    let mut ledger = Ledger::new();
    ledger.put_member(rules, Member::new(member), record)?;
    ledger.put_purchase(rules, member, purchase)?;
    let Change::Posted(outcome) = apply(rules, &mut ledger, Event::Refund(&refund))? else {
        return Ok("posted before".to_owned());
    };
    let record = ledger.purchase(&refund.original).ok_or("a posted purchase has a record")?;
    store.purchases.insert(refund.original.clone(), serde_json::to_string(&record)?);
    keep(rules, store, &ledger, member, &outcome)?;
    Ok(outcome.to_json())
}

/// Keeps what an event changed. A database does this in one transaction, with the outcome.
fn keep(
    rules: &RuleSet,
    store: &mut Store,
    ledger: &Ledger,
    member: &str,
    outcome: &rewards_rules::outcome::Outcome,
) -> Result<(), Box<dyn Error>> {
    for delta in &outcome.usage {
        let owner = if delta.shared { "" } else { member };
        let key = (owner.to_owned(), delta.key.to_string(), delta.period.to_string());
        let units = store.counters.entry(key).or_insert(0);
        *units = units.checked_add(delta.delta.units()).ok_or("a counter is beyond 64 bits")?;
    }
    let mut record = ledger.record(rules, member).ok_or("the member was put into the ledger")?;
    record.counters.clear();
    store.members.insert(member.to_owned(), serde_json::to_string(&record)?);
    Ok(())
}
