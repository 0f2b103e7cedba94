//! Valid rule sets: the engine and the reference give the same bytes.

use super::files::invariants;
use super::tape::tapes;
use crate::compiled::Compiled;
use crate::generate::{sequence_of, single_of};
use crate::story::story as told;
use crate::subject::{Reference, Subject, sources};

/// One purchase.
pub(super) fn single(data: &[u8]) {
    let (rules, inputs) = tapes(data, 900, 240);
    let case = single_of(rules, inputs);
    let sources = sources(&case.files);
    let reference = Reference::read(&sources).unwrap();
    let engine = Compiled::read(sources).unwrap();
    invariants(engine.rules(), &case.tx, &case.member, &case.usage);
    let due = reference.evaluate(&case.tx, &case.member, &case.usage);
    let found = engine.evaluate(&case.tx, &case.member, &case.usage);
    assert_eq!(found, due, "found, due: {case:?}");
}

/// A sequence of purchases, refunds and redemptions.
pub(super) fn story(data: &[u8]) {
    let (rules, inputs) = tapes(data, 900, 1200);
    let case = sequence_of(rules, inputs);
    let sources = sources(&case.files);
    let reference = Reference::read(&sources).unwrap();
    let engine = Compiled::read(sources).unwrap();
    let due = told(&mut *reference.begin(&[]), &case.events);
    let found = told(&mut *engine.begin(&[]), &case.events);
    for (at, (found, due)) in found.iter().zip(&due).enumerate() {
        assert_eq!(found, due, "event {at}, found, due: {case:?}");
    }
}
