//! Which changes of the rules no test noticed, for people and as JSON.

use rewards_rules::source::Place;
use rewards_rules::testing::{Mutation, Survivor};
use serde::Serialize;

use super::coverage::{number, percent};
use super::human::paint;

/// The changed line, or that there is none any more.
fn after(survivor: &Survivor) -> &str {
    if survivor.after.is_empty() { "(removed)" } else { &survivor.after }
}

/// A change in one line.
pub(super) fn line(survivor: &Survivor) -> String {
    format!("no test notices this change: `{}` becomes `{}`", survivor.before, after(survivor))
}

pub(super) fn human(mutation: &Mutation, colour: bool, text: &mut String) {
    for survivor in &mutation.survivors {
        let Place { file, line, .. } = &survivor.place;
        text.push_str(&format!("{} ({}): {file}:{line}\n", paint("not noticed", "1;33", colour), survivor.kind));
        text.push_str(&format!("  {} {}\n", paint("-", "31", colour), survivor.before));
        text.push_str(&format!("  {} {}\n\n", paint("+", "32", colour), after(survivor)));
    }
    let allowed = match mutation.allowed {
        0 => String::new(),
        n => format!("; {n} allowed"),
    };
    let share = percent(mutation.per_mille());
    text.push_str(&format!("changes noticed: {}/{} = {share}{allowed}\n", mutation.killed, mutation.total));
}

#[derive(Serialize)]
pub(super) struct Json<'a> {
    percent: String,
    noticed: u32,
    all: u32,
    allowed: u32,
    not_noticed: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Change<'a> {
    kind: &'static str,
    place: &'a Place,
    before: &'a str,
    /// Absent where the line was removed.
    after: Option<&'a str>,
}

pub(super) fn json(mutation: &Mutation) -> Json<'_> {
    Json {
        percent: number(mutation.per_mille()),
        noticed: mutation.killed,
        all: mutation.total,
        allowed: mutation.allowed,
        not_noticed: mutation
            .survivors
            .iter()
            .map(|s| Change {
                kind: s.kind,
                place: &s.place,
                before: &s.before,
                after: (!s.after.is_empty()).then_some(s.after.as_str()),
            })
            .collect(),
    }
}
