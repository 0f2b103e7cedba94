//! Events by hand, between those of the generator: the same through a store as in memory, and points add up.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Days, Utc};
use proptest::prelude::any;
use rewards_rules::RuleSet;
use rewards_rules::input::{Adjustment, ErrorCode, GivenTier, Member, Opening, OpeningLot, Transfer, Usage};
use rewards_rules::state::record::CounterRecord;
use rewards_rules::state::{Change, Event as EngineEvent, Ledger, Settlement, apply};
use rewards_rules::value::Exact;

use super::{Needs, Store, local_date};
use crate::compiled::Compiled;
use crate::generate::{Tape, sequence};
use crate::properties::config;
use crate::reference::Event;
use crate::subject::sources;

/// An event that the generator of the reference does not have.
enum Hand {
    Transfer(Transfer),
    Adjust(Adjustment),
    Open(Opening),
    GiveTier(GivenTier),
    Settle(String, Settlement, DateTime<Utc>),
}

impl Hand {
    fn of(
        t: &mut Tape,
        rules: &RuleSet,
        members: &[Member],
        events: &[Event],
        number: usize,
        at: DateTime<Utc>,
    ) -> Hand {
        let day = local_date(rules, at);
        let member = t.pick(members).id.clone();
        let id = format!("h{number}");
        let points = |t: &mut Tape| Exact::from(*t.pick(&[1, 3, 10, 40, 200]));
        let levels: Vec<&str> = rules.levels().collect();
        match t.below(10) {
            0..=2 => Hand::Transfer(Transfer {
                id,
                to: members[t.below(members.len())].id.clone(),
                from: member,
                points: points(t),
                at,
            }),
            3..=5 => {
                let take = t.chance(40);
                let points = points(t);
                let expires_on = if !take && t.chance(40) { Some(day + Days::new(t.below(60) as u64)) } else { None };
                let points = if take { points.checked_neg().unwrap() } else { points };
                Hand::Adjust(Adjustment { id, member, points, at, expires_on })
            }
            6 => {
                let lot = |t: &mut Tape| OpeningLot {
                    points: Exact::from(*t.pick(&[5, 50])),
                    spendable_on: day + Days::new(t.below(20) as u64),
                    expires_on: if t.chance(50) { Some(day + Days::new(20 + t.below(90) as u64)) } else { None },
                };
                let lots = (0..t.below(3)).map(|_| lot(t)).collect();
                let tier = if levels.is_empty() { None } else { Some((*t.pick(&levels)).to_owned()) };
                let spending = Exact::from(*t.pick(&[0, 40, 900]));
                let (upgrades, usage) = (BTreeMap::new(), Usage::default());
                Hand::Open(Opening { id, member, lots, tier, spending, upgrades, purchases: 3, usage, at })
            }
            7 | 8 if !levels.is_empty() => {
                let level = (*t.pick(&levels)).to_owned();
                let until = day + Days::new(t.below(100) as u64);
                Hand::GiveTier(GivenTier { id: Some(id), member, level, until, at })
            }
            _ => {
                let redeemed = events.iter().filter_map(|e| match e {
                    Event::Redeem(redemption, _) => Some(redemption.id.clone()),
                    _ => None,
                });
                let redeemed: Vec<String> = redeemed.collect();
                let id = if redeemed.is_empty() { "nothing".to_owned() } else { t.pick(&redeemed).clone() };
                Hand::Settle(id, *t.pick(&[Settlement::Complete, Settlement::Fail]), at)
            }
        }
    }

    /// Whose it is, and it.
    fn event<'a>(&'a self, redeemed: &'a BTreeMap<String, String>) -> (Vec<&'a str>, EngineEvent<'a>) {
        match self {
            Hand::Transfer(transfer) => (vec![&transfer.from, &transfer.to], EngineEvent::Transfer(transfer)),
            Hand::Adjust(adjustment) => (vec![&adjustment.member], EngineEvent::Adjust(adjustment)),
            Hand::Open(opening) => (vec![&opening.member], EngineEvent::Open(opening)),
            Hand::GiveTier(given) => (vec![&given.member], EngineEvent::GiveTier(given)),
            Hand::Settle(redemption, settlement, at) => {
                let member = redeemed.get(redemption).map_or("m0", String::as_str);
                (vec![member], EngineEvent::Settle { redemption, member, settlement: *settlement, at: *at })
            }
        }
    }

    fn store(
        &self,
        store: &mut Store,
        rules: &RuleSet,
        whose: &[&str],
        event: EngineEvent<'_>,
    ) -> Result<Change, ErrorCode> {
        match self {
            Hand::Settle(id, settlement, at) => store.settle(rules, id, *settlement, *at),
            _ => {
                let mut needs: Vec<(&str, Needs)> = Vec::new();
                for member in whose {
                    if needs.iter().all(|(known, _)| known != member) {
                        needs.push((member, Needs::default()));
                    }
                }
                store.apply_to(rules, &needs, event)
            }
        }
    }
}

/// One event in a ledger that keeps everything.
fn in_memory(
    rules: &RuleSet,
    ledger: &mut Ledger,
    event: &Event,
    redeemed: &BTreeMap<String, String>,
) -> Result<Change, ErrorCode> {
    let event = match event {
        Event::Purchase(transaction, member) => {
            EngineEvent::Purchase { transaction, member: &member.id, tier: None, explain: false }
        }
        Event::Refund(refund) => EngineEvent::Refund(refund),
        Event::Redeem(redemption, member) => EngineEvent::Redeem { redemption, member: &member.id },
        Event::Return(id, at) => {
            let member = redeemed.get(id).map_or("", String::as_str);
            EngineEvent::Settle { redemption: id, member, settlement: Settlement::Cancel, at: *at }
        }
    };
    apply(rules, ledger, event).map_err(|e| e.code)
}

fn instant(event: &Event) -> DateTime<Utc> {
    match event {
        Event::Purchase(tx, _) => tx.occurred_at,
        Event::Refund(refund) => refund.occurred_at,
        Event::Redeem(redemption, _) => redemption.at,
        Event::Return(_, at) => *at,
    }
}

/// What must hold of every member's points.
fn adds_up(rules: &RuleSet, ledger: &Ledger, member: &str, at: DateTime<Utc>) {
    let state = ledger.member(member).unwrap();
    let balance = state.balance(rules, local_date(rules, at));
    for lot in state.lots() {
        let parts = [lot.rest, lot.redeemed, lot.expired, lot.reversed, lot.transferred];
        assert!(parts.iter().all(|part| *part >= 0), "{lot:?}");
        assert_eq!(parts.iter().sum::<i64>(), lot.earned, "{lot:?}");
    }
    assert!(balance.debt.is_zero() || (balance.available.is_zero() && balance.pending.is_zero()), "{balance:?}");
    let keys: BTreeSet<String> = state.lots().iter().map(|lot| lot.key()).collect();
    assert_eq!(keys.len(), state.lots().len());
}

#[test]
fn events_by_hand_are_the_same_through_a_store() {
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut runner = proptest::test_runner::TestRunner::new(config(500));
    let seen_of = std::cell::RefCell::new(&mut seen);
    let tape = proptest::collection::vec(any::<u32>(), 60..200);
    let outcome = runner.run(&(sequence(), tape), |(case, tape)| {
        let compiled = Compiled::read(sources(&case.files)).unwrap();
        let rules = compiled.rules();
        let mut t = Tape::new(tape);
        let (mut ledger, mut store) = (Ledger::new(), Store::default());
        for member in &case.members {
            ledger.add_member(rules, member.clone(), &Usage::default()).unwrap();
            store.facts.insert(member.id.clone(), member.clone());
        }
        let mut redeemed = BTreeMap::new();
        let mut at = case.events.first().map_or(DateTime::UNIX_EPOCH, instant);
        for (number, event) in case.events.iter().enumerate() {
            let hand = Hand::of(&mut t, rules, &case.members, &case.events, number, at);
            // An event that failed begins a member in memory, and leaves no trace in a store.
            let begun = |member: &str| {
                let stored = store.members.get(member).is_some_and(|record| record.started);
                stored == ledger.record(rules, member).unwrap().started
            };
            if t.chance(60) && !matches!(&hand, Hand::Open(opening) if !begun(&opening.member)) {
                let (whose, engine) = hand.event(&redeemed);
                let due = apply(rules, &mut ledger, engine).map_err(|e| e.code);
                let found = hand.store(&mut store, rules, &whose, engine);
                assert_eq!(found, due, "{engine:?}");
                let word = match &due {
                    Ok(Change::Transferred { .. }) => "transferred",
                    Ok(Change::Adjusted { points }) if points.units() < 0 => "taken",
                    Ok(Change::Adjusted { .. }) => "credited",
                    Ok(Change::Opened) => "opened",
                    Ok(Change::TierGiven) => "given",
                    Ok(Change::Settled) => "settled",
                    Ok(_) => "other",
                    Err(code) => code.as_str(),
                };
                *seen_of.borrow_mut().entry(word).or_default() += 1;
                for member in whose.into_iter().filter(|_| due.is_ok()) {
                    assert_eq!(store.whole(member), ledger.record(rules, member).unwrap(), "{engine:?}");
                    adds_up(rules, &ledger, member, at);
                }
            }
            at = instant(event).max(at);
            let due = in_memory(rules, &mut ledger, event, &redeemed);
            assert_eq!(store.post(rules, event), due, "{event:?}");
            if let (Event::Redeem(redemption, member), Ok(Change::Redeemed { .. })) = (event, &due) {
                redeemed.insert(redemption.id.clone(), member.id.clone());
            }
            let member = match event {
                Event::Purchase(_, member) | Event::Redeem(_, member) => Some(member.id.as_str()),
                Event::Refund(refund) => store.purchases.get(&refund.original).map(|p| p.member.as_str()),
                Event::Return(id, _) => redeemed.get(id).map(String::as_str),
            };
            if let (Some(member), true) = (member, due.is_ok_and(|change| change != Change::Repeated)) {
                assert_eq!(store.whole(member), ledger.record(rules, member).unwrap(), "{event:?}");
                adds_up(rules, &ledger, member, at);
            }
        }
        let budgets: Vec<CounterRecord> = ledger.shared_records(rules);
        let counter = |((key, period), units): (&(String, String), &i64)| CounterRecord {
            key: key.clone(),
            period: period.clone(),
            units: *units,
        };
        assert_eq!(store.shared.iter().map(counter).collect::<Vec<_>>(), budgets);
        Ok(())
    });
    outcome.unwrap();
    let due = ["transferred", "taken", "credited", "opened", "given", "settled", "insufficient_points", "same_member"];
    let rare: Vec<&str> = due.into_iter().filter(|word| seen.get(word).is_none_or(|times| *times < 3)).collect();
    assert!(rare.is_empty(), "hardly ever: {rare:?} of {seen:?}");
}
