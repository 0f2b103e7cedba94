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

/// The fuzzer ends the process in its panic hook, before anybody can catch the panic. Afterwards those of the libraries
/// behind the layout, which it catches, end nothing.
pub fn let_panics_be_caught() {
    let fatal = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let libraries = ["/pretty_yaml-", "/yaml_parser-", "/tiny_pretty-", "/rowan-"];
        if !panic.location().is_some_and(|place| libraries.iter().any(|library| place.file().contains(library))) {
            fatal(panic);
        }
    }));
}
