//! What tests reached and did not, for people, as JSON and as annotations.

use rewards_rules::source::{Excerpt, Place};
use rewards_rules::testing::{Coverage, Reached};
use serde::Serialize;

use super::human::paint;

/// A share in tenths of a percent, as people read it: `97.1 %`, `100 %`.
pub(crate) fn percent(per_mille: u32) -> String {
    match (per_mille / 10, per_mille % 10) {
        (whole, 0) => format!("{whole} %"),
        (whole, tenths) => format!("{whole}.{tenths} %"),
    }
}

/// `rules 12/13, branches 30/32: 93.3 %`
pub(super) fn summary(coverage: &Coverage) -> String {
    let whole = percent(coverage.whole().per_mille());
    format!("rules {}, branches {}: {whole}", coverage.rules, coverage.branches)
}

pub(super) fn human(coverage: &Coverage, colour: bool, text: &mut String) {
    for gap in &coverage.gaps {
        text.push_str(&format!("{}: {}\n", paint("not reached", "1;33", colour), gap.message));
        underlined(&gap.place, &gap.excerpt, colour, text);
        text.push('\n');
    }
    text.push_str(&format!("coverage: {}\n", summary(coverage)));
}

/// A place and its line, underlined as findings are.
pub(super) fn underlined(place: &Place, excerpt: &Excerpt, colour: bool, text: &mut String) {
    let number = place.line.to_string();
    let margin = " ".repeat(number.len());
    let bar = paint("|", "34", colour);
    let carets = paint(&"^".repeat(excerpt.width), "1;33", colour);
    text.push_str(&format!("{margin}{} {}:{}:{}\n", paint("-->", "34", colour), place.file, place.line, place.column));
    text.push_str(&format!("{margin} {bar}\n{} {bar} {}\n", paint(&number, "34", colour), excerpt.line.trim_end()));
    text.push_str(&format!("{margin} {bar} {}{carets}\n", " ".repeat(excerpt.indent)));
}

#[derive(Serialize)]
pub(super) struct Json<'a> {
    percent: String,
    rules: Counted,
    branches: Counted,
    not_reached: Vec<Gap<'a>>,
}

#[derive(Serialize)]
struct Counted {
    reached: u32,
    all: u32,
}

#[derive(Serialize)]
struct Gap<'a> {
    kind: &'static str,
    id: &'a str,
    side: Option<bool>,
    message: &'a str,
    place: &'a Place,
    source_line: &'a str,
}

/// A share as a number in a text: `97.1`.
pub(super) fn number(per_mille: u32) -> String {
    format!("{}.{}", per_mille / 10, per_mille % 10)
}

pub(super) fn json(coverage: &Coverage) -> Json<'_> {
    let counted = |r: Reached| Counted { reached: r.reached, all: r.all };
    Json {
        percent: number(coverage.whole().per_mille()),
        rules: counted(coverage.rules),
        branches: counted(coverage.branches),
        not_reached: coverage
            .gaps
            .iter()
            .map(|gap| Gap {
                kind: gap.kind,
                id: &gap.id,
                side: gap.side,
                message: &gap.message,
                place: &gap.place,
                source_line: &gap.excerpt.line,
            })
            .collect(),
    }
}
