//! The engine against the reference: the same canonical JSON, byte for byte, or the same error code, over generated
//! purchases and over sequences of events.

use proptest::prelude::proptest;
use rewards_rules::RuleSet;
use rewards_rules::input::{ErrorCode, Member, Transaction, Usage};
use rewards_rules::source::Sources;

use crate::compiled::compile;
use crate::conformance;
use crate::generate::{sequence, single};
use crate::properties::config;
use crate::story::story;
use crate::subject::{Reference, Subject, sources};

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
