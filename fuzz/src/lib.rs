//! Attacks on the engine, for the fuzzer. What each does is in `attack`; the reference evaluator and the generators of
//! rule sets are those of the engine's own tests, which run the same attacks over the seeds.

#![allow(dead_code, reason = "the tests of the engine use more of what is shared with them")]
#![allow(unused_imports, reason = "the tests of the engine use more of what is shared with them")]

pub mod attack;
#[path = "../../rewards-rules/tests/it/compiled.rs"]
mod compiled;
#[path = "../../rewards-rules/tests/it/generate/mod.rs"]
mod generate;
#[path = "../../rewards-rules/tests/it/reference/mod.rs"]
mod reference;
#[path = "../../rewards-rules/tests/it/story.rs"]
mod story;
#[path = "../../rewards-rules/tests/it/subject.rs"]
mod subject;

/// Runs one target on some bytes; panics where something that must hold does not.
pub fn attack(target: &str, data: &[u8]) {
    let (_, run) = attack::TARGETS.iter().find(|(name, _)| *name == target).expect("a known target");
    run(data);
}
