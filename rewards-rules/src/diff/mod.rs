//! What changed between two rule sets, in the words of those who write them.
//!
//! Both are taken apart into things (a campaign, a base rule, a level) with properties (a rate, a limit), from the files
//! as written, with every default filled in. So how a file is laid out does not matter, and everything that can be
//! written is compared: a new field of the written types does not compile until it is a property.

mod alone;
mod cost;
mod costs;
mod each;
mod things;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::rule_set::RuleSet;
use crate::schema::{Shape, written};
use crate::words;
pub use alone::{Alone, alone};
pub use cost::{MembersOf, Refused, Trial};
pub(crate) use costs::COSTS;
pub use costs::{ChangeCost, Costs, Members, RuleCost, Sums, Swing, TierCount};
pub use each::{Both, Each, Sample};
use things::{Property, Said, Thing, things};

/// What differs between two rule sets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Content hash of the old one.
    pub old: String,
    /// Content hash of the new one.
    pub new: String,
    /// Every change in meaning: the program first, then rule by rule in the order of evaluation.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// What kind of thing: `campaign`, `base rule`, `tier`, …
    pub thing: &'static str,
    /// Its id; empty for what there is once in a program, such as `points`.
    pub id: String,
    /// What happened to it.
    pub what: What,
    /// Which of its properties, where one changed: `rate`, `limit`.
    pub property: Option<&'static str>,
    /// What it was: the value, or of a thing that went all its properties.
    pub old: Option<String>,
    /// What it is.
    pub new: Option<String>,
    /// Of a set of names: those that came.
    pub added: Vec<String>,
    /// Of a set of names: those that went.
    pub removed: Vec<String>,
}

/// What happened to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// It came.
    New,
    /// It went.
    Removed,
    /// One of its properties changed.
    Changed,
    /// It stands before another that it stood behind.
    Moved,
}

written! {
    /// What differs between two rule sets.
    pub(crate) static COMPARISON: Comparison as "Comparison", c {
        "old" Always Shape::Text, "Content hash of the old one." => c.old;
        "new" Always Shape::Text, "Content hash of the new one." => c.new;
        "changes" Always Shape::List(&CHANGE), "Every change in meaning, in the order of evaluation." => c.changes;
    }
}

written! {
    /// One change between two rule sets.
    static CHANGE: Change as "Change", c {
        "thing" Always Shape::Text, "What kind of thing: `campaign`, `base rule`, `tier`, …" => c.thing;
        "id" Always Shape::Text, "Its id; empty for what there is once in a program, such as `points`." => c.id;
        "what" Always Shape::Words(|| vec!["new", "removed", "changed", "moved"]), "What happened to it." => c.what;
        "property" Maybe Shape::Text, "Which of its properties, where one changed: `rate`, `limit`." => c.property;
        "old" Maybe Shape::Text, "What it was: the value, or of a thing that went all its properties." => c.old.as_ref();
        "new" Maybe Shape::Text, "What it is." => c.new.as_ref();
        "added" Maybe Shape::Texts, "Of a set of names: those that came." => (!c.added.is_empty()).then_some(&c.added);
        "removed" Maybe Shape::Texts, "Of a set of names: those that went." => (!c.removed.is_empty()).then_some(&c.removed);
    }
}

/// Names of a set that a line shows.
const MOST_NAMES: usize = 8;

impl Change {
    /// In one line: `campaign weekend-dining: rate 2 % → 3 %`.
    pub fn words(&self) -> String {
        let name = if self.id.is_empty() { self.thing.to_owned() } else { format!("{} {}", self.thing, self.id) };
        let of = |text: &Option<String>| text.clone().unwrap_or_default();
        let and = |text: String, before: &str, after: &str| {
            if text.is_empty() { text } else { format!("{before}{text}{after}") }
        };
        match self.what {
            What::New => format!("new {name}{}", and(of(&self.new), ": ", "")),
            What::Removed => format!("{name} removed{}", and(of(&self.old), " (", ")")),
            What::Moved => format!("{name} {}", of(&self.new)),
            What::Changed => {
                let property = self.property.unwrap_or_default();
                if self.old.is_none() && self.new.is_none() {
                    let mut parts = Vec::new();
                    if !self.added.is_empty() {
                        parts.push(format!("added {}", words::some_of(&self.added, MOST_NAMES)));
                    }
                    if !self.removed.is_empty() {
                        parts.push(format!("removed {}", words::some_of(&self.removed, MOST_NAMES)));
                    }
                    return format!("{name}: {property} {}", parts.join(", "));
                }
                // What stands for nothing written.
                let nothing = match property {
                    "tiers" | "segments" | "audience" | "share of members" => "everyone",
                    "from" | "to" | "days" | "hours" => "open",
                    "condition" => "always",
                    "lines" => "all",
                    _ => "none",
                };
                let side = |text: &Option<String>| text.clone().unwrap_or_else(|| nothing.to_owned());
                format!("{name}: {property} {} → {}", side(&self.old), side(&self.new))
            }
        }
    }

    fn of(thing: &Thing, what: What) -> Change {
        Change {
            thing: thing.kind.name(),
            id: thing.id.clone(),
            what,
            property: None,
            old: None,
            new: None,
            added: Vec::new(),
            removed: Vec::new(),
        }
    }
}

impl Comparison {
    /// Whether the two mean the same, whatever their files look like.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

/// Compares two rule sets.
pub fn compare(old: &RuleSet, new: &RuleSet) -> Comparison {
    let (before, after) = (things(old), things(new));
    let mut changes = Vec::new();
    fn keyed(list: &[Thing]) -> HashMap<(things::Kind, &str), &Thing> {
        list.iter().map(|t| ((t.kind, t.id.as_str()), t)).collect()
    }
    let (old_by, new_by) = (keyed(&before), keyed(&after));
    for kind in things::Kind::ALL {
        let new_ones: Vec<&Thing> = after.iter().filter(|t| t.kind == kind).collect();
        let old_ones: Vec<&Thing> = before.iter().filter(|t| t.kind == kind).collect();
        for thing in &new_ones {
            match old_by.get(&(kind, thing.id.as_str())) {
                Some(was) => properties(was, thing, &mut changes),
                None => {
                    let mut change = Change::of(thing, What::New);
                    let mut said = summary(thing);
                    if kind.is_ordered()
                        && let Some(next) = following(&new_ones, thing, &|id| old_by.contains_key(&(kind, id)))
                    {
                        said.push_str(&format!("; stands before {next}"));
                    }
                    change.new = Some(said);
                    changes.push(change);
                }
            }
        }
        for thing in &old_ones {
            if !new_by.contains_key(&(kind, thing.id.as_str())) {
                changes.push(Change { old: Some(summary(thing)), ..Change::of(thing, What::Removed) });
            }
        }
        if kind.is_ordered() {
            moved(&old_ones, &new_ones, &mut changes);
        }
    }
    Comparison { old: old.hash().to_owned(), new: new.hash().to_owned(), changes }
}

/// The first thing behind this one that the old rules have too.
fn following<'a>(list: &[&'a Thing], thing: &Thing, known: &dyn Fn(&str) -> bool) -> Option<&'a str> {
    let behind = list.iter().skip_while(|t| t.id != thing.id).skip(1);
    behind.map(|t| t.id.as_str()).find(|id| known(id))
}

fn properties(old: &Thing, new: &Thing, into: &mut Vec<Change>) {
    let find = |thing: &Thing, name: &str| thing.properties.iter().find(|p| p.name == name).map(|p| p.said.clone());
    let mut names: Vec<&'static str> = new.properties.iter().map(|p| p.name).collect();
    for property in &old.properties {
        if !names.contains(&property.name) {
            names.push(property.name);
        }
    }
    for name in names {
        let (was, is) = (find(old, name), find(new, name));
        if was == is {
            continue;
        }
        let mut change = Change { property: Some(name), ..Change::of(new, What::Changed) };
        match (&was, &is) {
            (Some(Said::Names(was)), Some(Said::Names(is))) => {
                let (had, has): (HashSet<&String>, HashSet<&String>) = (was.iter().collect(), is.iter().collect());
                change.added = is.iter().filter(|n| !had.contains(n)).cloned().collect();
                change.removed = was.iter().filter(|n| !has.contains(n)).cloned().collect();
            }
            _ => {
                change.old = was.map(|s| s.text());
                change.new = is.map(|s| s.text());
            }
        }
        into.push(change);
    }
}

fn summary(thing: &Thing) -> String {
    let parts: Vec<String> = thing
        .properties
        .iter()
        .filter(|p| !p.usual)
        .map(|Property { name, said, .. }| format!("{name} {}", said.text()))
        .collect();
    parts.join("; ")
}

/// Things that stand behind each other now and stood the other way round.
fn moved(old: &[&Thing], new: &[&Thing], into: &mut Vec<Change>) {
    let places: HashMap<&str, usize> = old.iter().enumerate().map(|(at, t)| (t.id.as_str(), at)).collect();
    let common: Vec<(&Thing, usize)> =
        new.iter().filter_map(|t| places.get(t.id.as_str()).map(|at| (*t, *at))).collect();
    for pair in common.windows(2) {
        if let [(first, was_first), (second, was_second)] = pair
            && was_first > was_second
        {
            let said = format!("now stands before {}", second.id);
            into.push(Change { new: Some(said), ..Change::of(first, What::Moved) });
        }
    }
}
