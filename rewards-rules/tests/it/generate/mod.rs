//! Random valid rule sets as text, with purchases, members, usage and sequences of events that stand near their
//! limits. Everything is drawn from one tape, so that proptest shrinks a failing case as a whole.

mod campaigns;
mod caps;
mod expressions;
mod inputs;
mod program;
mod tape;
mod world;

use std::collections::BTreeMap;
use std::fmt;

use proptest::prelude::{Strategy, any};
use rewards_rules::input::{Member, Transaction, Usage};

use crate::reference::Event;
pub(crate) use tape::Tape;

/// One purchase under one rule set.
pub(crate) struct Single {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) tx: Transaction,
    pub(crate) member: Member,
    pub(crate) usage: Usage,
}

/// Events in order of time under one rule set.
pub(crate) struct Sequence {
    pub(crate) files: BTreeMap<String, String>,
    pub(crate) members: Vec<Member>,
    pub(crate) events: Vec<Event>,
}

/// Choices for the rule files, and for what happens under them.
fn tapes(inputs: usize) -> impl Strategy<Value = (Tape, Tape)> {
    let tape = |length| proptest::collection::vec(any::<u32>(), length / 3..length);
    (tape(900), tape(inputs)).prop_map(|(rules, inputs)| (Tape::new(rules), Tape::new(inputs)))
}

/// Single evaluations.
pub(crate) fn single() -> impl Strategy<Value = Single> {
    tapes(240).prop_map(|(rules, inputs)| single_of(rules, inputs))
}

/// The single evaluation that two tapes choose.
pub(crate) fn single_of(mut rules: Tape, mut t: Tape) -> Single {
    let (files, w) = program::rule_set(&mut rules);
    let at = world::instant(&mut t, &w);
    let tx = inputs::purchase(&mut t, &w, "t1", at);
    let member = inputs::member(&mut t, &w, "m1");
    let member = inputs::with_standing(&mut t, &w, member);
    let usage = inputs::usage(&mut t, &w, &files);
    Single { files, tx, member, usage }
}

/// Sequences of events.
pub(crate) fn sequence() -> impl Strategy<Value = Sequence> {
    tapes(1200).prop_map(|(rules, inputs)| sequence_of(rules, inputs))
}

/// The sequence that two tapes choose.
pub(crate) fn sequence_of(mut rules: Tape, mut t: Tape) -> Sequence {
    let (files, w) = program::rule_set(&mut rules);
    let (members, events) = inputs::events(&mut t, &w);
    Sequence { files, members, events }
}

fn files(f: &mut fmt::Formatter<'_>, files: &BTreeMap<String, String>) -> fmt::Result {
    for (path, text) in files.iter().filter(|(path, _)| *path != "functions.rhai") {
        writeln!(f, "--- {path}\n{text}")?;
    }
    Ok(())
}

impl fmt::Debug for Single {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        files(f, &self.files)?;
        writeln!(f, "{:#?}\n{:#?}\n{:#?}", self.tx, self.member, self.usage)
    }
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f)?;
        files(f, &self.files)?;
        writeln!(f, "{:#?}", self.events)
    }
}
