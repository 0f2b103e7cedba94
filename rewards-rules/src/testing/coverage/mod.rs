//! What the tests of a rule set reach: which rules took effect, and which way each condition went.
//!
//! A room of its own because it looks at evaluations from outside. The tests run once more, with explain; after each
//! step the conditions are walked again over the facts of that purchase. An evaluation that nobody watches is as fast
//! as it was.

mod points;
mod record;
#[cfg(test)]
mod tests;
mod words;

use super::read;
use super::run::{self, Happened};
use crate::rule_set::RuleSet;
use crate::source::{Excerpt, Place, Sources, Span};
use points::{Point, Points};
use record::Recorder;

/// What the tests of a rule set reached, and what they did not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// Rules, slabs, levels, limits, caps and options: reached is what took effect in a test.
    pub rules: Reached,
    /// Sides of conditions: each operand can hold and fail, and each must, in some test.
    pub branches: Reached,
    /// What no test reached, by place.
    pub gaps: Vec<Gap>,
}

/// How much of something was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// So many…
    pub reached: u32,
    /// …of so many.
    pub all: u32,
}

/// Something that no test reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The kind of rule: `base`, `campaign`, `condition`, `cap`, …
    pub kind: &'static str,
    /// Id of the rule that it belongs to; empty for a part of the program that has none.
    pub id: String,
    /// What did not happen, in words: "base rule `fuel` never took anything".
    pub message: String,
    /// The side of a condition that no test reached; absent if none was, and for what has no sides.
    pub side: Option<bool>,
    /// Where it stands.
    pub place: Place,
    /// The line that it stands in.
    pub excerpt: Excerpt,
}

impl Reached {
    fn count(&mut self, reached: bool) {
        self.all = self.all.saturating_add(1);
        self.reached = self.reached.saturating_add(u32::from(reached));
    }

    fn and(self, other: Reached) -> Reached {
        Reached { reached: self.reached.saturating_add(other.reached), all: self.all.saturating_add(other.all) }
    }

    /// The share in tenths of a percent, rounded down: 1000 only if nothing is missing, and where there is nothing.
    pub fn per_mille(self) -> u32 {
        self.reached.saturating_mul(1_000).checked_div(self.all).unwrap_or(1_000)
    }
}

impl std::fmt::Display for Reached {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.reached, self.all)
    }
}

impl Coverage {
    /// Rules and branches together.
    pub fn whole(&self) -> Reached {
        self.rules.and(self.branches)
    }
}

/// What the tests of all `*.test.yaml` among the files reach; with a filter, those whose name contains it.
///
/// A step that ends with an error reaches nothing, but for a redemption that is refused. `eligible` is looked at with
/// the level that the purchase had in the end, which is another than the one held before only under `applies: after`.
pub fn coverage(rules: &RuleSet, files: &Sources, filter: Option<&str>) -> Coverage {
    let cases = read::cases(rules, files).cases;
    let mut points = Points::of(rules);
    for case in cases.iter().filter(|case| filter.is_none_or(|text| case.name.contains(text))) {
        let mut recorder = Recorder { rules, points: &mut points };
        run::watch(rules, files, case, &mut |happened: Happened<'_>| recorder.note(happened));
    }
    report(rules, points)
}

fn report(rules: &RuleSet, points: Points) -> Coverage {
    let (mut counted, mut branches) = (Reached::default(), Reached::default());
    let mut gaps = Vec::new();
    for point in points.list {
        if !point.key.has_sides() {
            counted.count(point.held);
            if !point.held {
                gaps.extend(gap(rules, &point, None));
            }
            continue;
        }
        for (side, reached) in [(true, point.held), (false, point.failed)] {
            branches.count(reached);
            if !reached && (point.held || point.failed) {
                gaps.extend(gap(rules, &point, Some(side)));
            }
        }
        if !point.held && !point.failed {
            gaps.extend(gap(rules, &point, None));
        }
    }
    gaps.sort_by_key(|(span, _): &(Span, Gap)| *span);
    Coverage { rules: counted, branches, gaps: gaps.into_iter().map(|(_, gap)| gap).collect() }
}

fn gap(rules: &RuleSet, point: &Point, side: Option<bool>) -> Option<(Span, Gap)> {
    let sources = rules.sources();
    let gap = Gap {
        kind: words::kind(&point.key),
        id: point.id.clone(),
        message: words::message(rules.graph(), point, side),
        side,
        place: sources.place(point.span)?,
        excerpt: sources.excerpt(point.span)?,
    };
    Some((point.span, gap))
}
