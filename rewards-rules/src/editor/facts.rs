//! The facts that conditions can read, as an editor shows them: type, whether one may be absent, which values it has.

use super::roles::Sort;
use super::{Document, Folder};
use crate::check::{self, BuiltInFact};

/// A fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    /// `tx.category`
    pub(super) name: String,
    /// `text`, `one of app, web`; empty where a declaration is not finished.
    pub(super) kind: String,
    /// Whether it may be absent.
    pub(super) optional: bool,
    /// The only values that it can have, where there are such.
    pub(super) values: Option<Vec<String>>,
    /// Whether the program declares it.
    pub(super) declared: bool,
}

/// Every fact, the engine's own first.
pub(super) fn all(folder: &Folder) -> Vec<Fact> {
    let levels: Vec<String> = folder.defined(Sort::Tier).map(|(_, _, n)| n.name.clone()).collect();
    let mut facts: Vec<Fact> = check::built_in_facts().into_iter().map(|fact| built_in(fact, &levels)).collect();
    for (_, document, name) in folder.defined(Sort::Fact) {
        facts.push(declared(document, &name.name, name.range.start));
    }
    facts
}

fn built_in(fact: BuiltInFact, levels: &[String]) -> Fact {
    let is_tier = fact.name == "member.tier";
    let values = match fact.values {
        _ if is_tier => (!levels.is_empty()).then(|| levels.to_vec()),
        [] => None,
        values => Some(values.iter().map(|&v| v.to_owned()).collect()),
    };
    let optional = if is_tier { levels.is_empty() } else { fact.optional };
    Fact { name: fact.name, kind: fact.kind.to_owned(), optional, values, declared: false }
}

/// A fact as its declaration tells: `NAME: type`, or `NAME: {type, one_of, optional}`.
fn declared(document: &Document, name: &str, at: usize) -> Fact {
    let (text, outline) = (document.text(), &document.outline);
    let entry = outline.entries().iter().position(|e| e.key.start == at && !e.key.is_empty());
    let value = |entry: Option<usize>| {
        let range = entry.and_then(|e| outline.get(e)).and_then(|e| e.value.clone());
        range.map(|r| document.slice(r).to_owned())
    };
    let part = |key: &str| entry.and_then(|e| outline.child(text, e, key));
    let list = part("one_of").and_then(|e| outline.get(e));
    let values = list.map(|l| l.children.iter().filter_map(|c| value(Some(*c))).collect::<Vec<String>>());
    let kind = match &values {
        Some(values) => format!("one of {}", values.join(", ")),
        None => value(entry).or_else(|| value(part("type"))).unwrap_or_default(),
    };
    let optional = value(part("optional")).is_some_and(|v| v == "true");
    Fact { name: name.to_owned(), kind, optional, values, declared: true }
}

impl Fact {
    /// `text, may be absent`
    pub(super) fn detail(&self) -> String {
        let optional = if self.optional { ", may be absent" } else { "" };
        format!("{}{optional}", self.kind)
    }
}
