//! Many purchases in time order: what they bring, what a change of rules makes of them, and one of them in full.

use rewards_rules::diff::{self, Comparison, Costs, Trial};
use rewards_rules::draw::PictureOptions;
use rewards_rules::outcome::Outcome;
use rewards_rules::simulate::{Explained, Options, Row, Simulation, Summary, TransactionColumns};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::problem::{Problem, json};
use crate::rules::{RuleSet, drawn};
use crate::table::Purchases;

/// A row that was not posted, by its number from 0.
#[derive(Serialize)]
pub(crate) struct Rejected {
    pub(crate) row: usize,
    #[serde(flatten)]
    pub(crate) problem: Problem,
}

/// What `simulate` tells beside the rows.
#[derive(Serialize)]
struct Simulated {
    rejected: Vec<Rejected>,
    summary: Summary,
}

/// What `compare` tells beside the rows.
#[derive(Serialize)]
struct Compared<'a> {
    #[serde(flatten)]
    comparison: &'a Comparison,
    /// Each change in one line.
    words: Vec<String>,
    rejected: Vec<Rejected>,
    costs: Costs,
}

/// A simulation that has its members, and how it reads rows.
fn begun(
    rules: &RuleSet,
    purchases: &Purchases,
    program_timezone: bool,
) -> Result<(Simulation, TransactionColumns), Problem> {
    let options = Options { assume_program_timezone: program_timezone };
    let mut simulation = Simulation::new(rules.rules.clone(), options);
    if let Some(members) = &purchases.members {
        let columns = simulation.member_columns(members.header()).map_err(|e| Problem::of_input("members", e))?;
        for row in 0..members.rows() {
            let member = columns.read(|at| members.cell(row, at)).map_err(|e| Problem::of_row("members", row, e))?;
            simulation.add_member(member).map_err(|e| Problem::of_row("members", row, e))?;
        }
    }
    let columns = simulation.transaction_columns(purchases.transactions.header());
    let columns = columns.map_err(|e| Problem::of_input("transactions", e))?;
    Ok((simulation, columns))
}

/// Puts rows before the other members of an object.
pub(crate) fn with_rows(rows: Option<&str>, rest: &str) -> String {
    match (rows, rest.strip_prefix('{')) {
        (Some(rows), Some(rest)) => format!("{{\"rows\":[{rows}],{rest}"),
        _ => rest.to_owned(),
    }
}

/// Appends objects to a list, each without the line break after it.
pub(crate) fn push_row(rows: &mut String, push: impl FnOnce(&mut String)) {
    if !rows.is_empty() {
        rows.push(',');
    }
    push(rows);
    if rows.ends_with('\n') {
        rows.pop();
    }
}

/// Rule sets whose costs are of different kinds.
pub(crate) fn cannot_compare() -> Problem {
    let message = "the rule sets differ in their currency or in the decimals of their points, so what they cost cannot be \
                   compared";
    Problem::new("cannot_compare", message)
}

/// Simulates purchases; JSON of `{rows, rejected, summary}`, without `rows` unless they are asked for. Throws for
/// members or columns that cannot be; a row that cannot be posted is among `rejected`.
#[wasm_bindgen]
pub fn simulate(rules: &RuleSet, purchases: &Purchases, program_timezone: bool, with: bool) -> Result<String, Problem> {
    let (mut simulation, columns) = begun(rules, purchases, program_timezone)?;
    let (mut row, mut rejected, mut rows) = (Row::default(), Vec::new(), String::new());
    for at in 0..purchases.transactions.rows() {
        let read = columns.read(|column| purchases.transactions.cell(at, column), &mut row).map_err(Problem::from);
        let posted = read.and_then(|()| {
            if with {
                if let Some(posted) = simulation.post(&columns, &row)? {
                    push_row(&mut rows, |to| posted.push_json(to));
                }
            } else {
                simulation.post_sums(&columns, &row)?;
            }
            Ok(())
        });
        if let Err(problem) = posted {
            simulation.reject();
            rejected.push(Rejected { row: at, problem });
        }
    }
    let told = json(&Simulated { rejected, summary: simulation.summary() });
    Ok(with_rows(with.then_some(&rows), &told))
}

/// What a change of rules makes of purchases; JSON of `{rows, old, new, changes, words, rejected, costs}`, where a row
/// is `{row, old, new}`, without `rows` unless they are asked for. Throws `cannot_compare` for different currencies,
/// and as [`simulate`] does.
#[wasm_bindgen]
pub fn compare(
    old: &RuleSet,
    new: &RuleSet,
    purchases: &Purchases,
    program_timezone: bool,
    with: bool,
) -> Result<String, Problem> {
    let comparison = diff::compare(&old.rules, &new.rules);
    let options = Options { assume_program_timezone: program_timezone };
    let mut trial = Trial::new(&old.rules, &new.rules, Vec::new(), options).ok_or_else(cannot_compare)?;
    if let Some(members) = &purchases.members {
        let columns = trial.member_columns(members.header()).map_err(|e| Problem::of_argument("members", e.into()))?;
        for row in 0..members.rows() {
            let added = trial.add_member(&columns, |at| members.cell(row, at));
            added.map_err(|e| Problem::of_row("members", row, e))?;
        }
    }
    let transactions = &purchases.transactions;
    trial.header(transactions.header()).map_err(|e| Problem::of_argument("transactions", e.into()))?;
    let (mut rejected, mut rows) = (Vec::new(), String::new());
    for at in 0..transactions.rows() {
        match trial.post(|column| transactions.cell(at, column)) {
            Ok(Some((old, new))) if with => push_row(&mut rows, |to| {
                to.push_str("{\"row\":");
                to.push_str(&at.to_string());
                for (name, posted) in [(",\"old\":", old), (",\"new\":", new)] {
                    to.push_str(name);
                    posted.push_json(to);
                    to.pop();
                }
                to.push('}');
            }),
            Ok(_) => {}
            Err(refused) => rejected.push(Rejected { row: at, problem: refused.into() }),
        }
    }
    let costs = trial.costs(u64::try_from(rejected.len()).unwrap_or(u64::MAX));
    let words = comparison.changes.iter().map(diff::Change::words).collect();
    let told = json(&Compared { comparison: &comparison, words, rejected, costs });
    Ok(with_rows(with.then_some(&rows), &told))
}

/// One purchase in full.
#[derive(Serialize)]
struct InFull<'a> {
    outcome: &'a Outcome,
    text: String,
    graph: String,
}

/// One purchase in full, after those before it: JSON of `{outcome, text, graph}`, or `null` for one that was posted
/// before. The graph is drawn in the format, and lit by the purchase. Throws as [`simulate`] does, and for a row that
/// cannot be posted.
#[wasm_bindgen]
pub fn explain_row(
    rules: &RuleSet,
    purchases: &Purchases,
    program_timezone: bool,
    at: usize,
    format: &str,
) -> Result<String, Problem> {
    let transactions = &purchases.transactions;
    if at >= transactions.rows() {
        let message = format!("there is no row {at}; there are {}", transactions.rows());
        return Err(Problem { path: Some("row".to_owned()), ..Problem::new("wrong_type", message) });
    }
    let (mut simulation, columns) = begun(rules, purchases, program_timezone)?;
    let mut row = Row::default();
    for before in 0..at {
        // What cannot be posted has left nothing behind.
        if columns.read(|column| transactions.cell(before, column), &mut row).is_ok() {
            drop(simulation.post_sums(&columns, &row));
        }
    }
    let read = columns.read(|column| transactions.cell(at, column), &mut row);
    read.map_err(|e| Problem::of_row("transactions", at, e))?;
    let explained = simulation.post_explained(&columns, &row, PictureOptions::default());
    let Some(Explained { outcome, picture }) = explained.map_err(|e| Problem::of_row("transactions", at, e))? else {
        return Ok("null".to_owned());
    };
    Ok(json(&InFull { outcome: &outcome, text: outcome.explain(), graph: drawn(&picture, format)? }))
}
