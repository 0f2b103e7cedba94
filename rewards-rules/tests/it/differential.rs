//! The engine against the reference: the same canonical JSON, byte for byte, or the same error code, over generated
//! purchases and over sequences of events.

use chrono::{DateTime, Utc};
use proptest::prelude::proptest;
use rewards_rules::RuleSet;
use rewards_rules::input::{ErrorCode, Member, Transaction, Usage};
use rewards_rules::source::Sources;

use crate::conformance;
use crate::generate::{sequence, single};
use crate::properties::config;
use crate::reference::Event;
use crate::subject::{Engine, Reference, Subject, sources};

/// Compiles rule files that are known to be valid.
pub(crate) fn compile(sources: Sources) -> Result<RuleSet, String> {
    RuleSet::compile(sources).map_err(|findings| {
        let told = findings.iter().map(|f| format!("{}: {}", f.code, f.message));
        told.collect::<Vec<_>>().join("\n")
    })
}

/// The engine's answer to one purchase.
pub(crate) fn evaluate(rules: &RuleSet, tx: &Transaction, member: &Member, usage: &Usage) -> Result<String, ErrorCode> {
    rules.evaluate(tx, member, usage).map(|outcome| outcome.to_json()).map_err(|error| error.code)
}

proptest! {
    #![proptest_config(config(2000))]

    #[test]
    fn a_purchase_earns_what_the_reference_says(case in single()) {
        let sources = sources(&case.files);
        let reference = Reference::read(&sources).unwrap();
        let rules = compile(sources).unwrap();
        let due = reference.evaluate(&case.tx, &case.member, &case.usage);
        assert_eq!(evaluate(&rules, &case.tx, &case.member, &case.usage), due);
    }
}

/// Whose an event is, and when it is.
fn whose(event: &Event, events: &[Event]) -> (Option<String>, DateTime<Utc>) {
    match event {
        Event::Purchase(tx, member) => (Some(member.id.clone()), tx.occurred_at),
        Event::Redeem(redemption, member) => (Some(member.id.clone()), redemption.at),
        Event::Refund(refund) => {
            let member = events.iter().find_map(|e| match e {
                Event::Purchase(tx, member) if tx.id == refund.original => Some(member.id.clone()),
                _ => None,
            });
            (member, refund.occurred_at)
        }
        Event::Return(id, at) => {
            let member = events.iter().find_map(|e| match e {
                Event::Redeem(redemption, member) if redemption.id == *id => Some(member.id.clone()),
                _ => None,
            });
            (member, *at)
        }
    }
}

/// What an engine answers over a sequence, and what the member of each event then has. What was refused, or answered
/// before, moves no one's time on, so it says nothing of balances.
pub(crate) fn story(engine: &mut dyn Engine, events: &[Event]) -> Vec<(Result<String, ErrorCode>, String)> {
    let mut now = DateTime::<Utc>::MIN_UTC;
    let mut answers = Vec::new();
    for event in events {
        let answer = engine.post(event);
        let (member, at) = whose(event, events);
        let in_time = at >= now;
        now = now.max(at);
        let mut balance = String::new();
        if let (Ok(_), Some(member), true) = (&answer, member, in_time) {
            let tier = engine.tier(&member, at).unwrap_or_default();
            let (available, pending) = (engine.available(&member, at), engine.pending(&member, at));
            balance = format!("{tier} available {available} pending {pending} debt {}", engine.debt(&member));
        }
        answers.push((answer, balance));
    }
    answers
}

/// Runs generated sequences through the reference and through a subject made from the same rule files.
pub(crate) fn same_story<S: Subject>(cases: u32, read: impl Fn(Sources) -> Result<S, String>) {
    let mut runner = proptest::test_runner::TestRunner::new(config(cases));
    let outcome = runner.run(&sequence(), |case| {
        let sources = sources(&case.files);
        let reference = Reference::read(&sources).unwrap();
        let subject = read(sources).unwrap();
        let due = story(&mut *reference.begin(&[]), &case.events);
        let found = story(&mut *subject.begin(&[]), &case.events);
        for (at, (found, due)) in found.iter().zip(&due).enumerate() {
            assert_eq!(found, due, "event {at}");
        }
        Ok(())
    });
    outcome.unwrap();
}

/// The corpus through a subject of the engine.
pub(crate) fn corpus<S: Subject>(read: impl Fn(&Sources) -> Result<S, String>) {
    conformance::run(read);
}
