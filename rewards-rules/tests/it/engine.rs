//! The engine against the corpus and against the reference's stories.

use crate::compiled::Compiled;
use crate::differential::{corpus, same_story};

#[test]
fn the_engine_agrees_with_the_corpus() {
    corpus(|sources| Compiled::read(sources.clone()));
}

#[test]
fn the_engine_and_the_reference_tell_the_same_story() {
    same_story(500, Compiled::read);
}
