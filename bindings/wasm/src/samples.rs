//! Purchases that stand by themselves, each with what was known and used before it: a preview of recent ones.

use rewards_rules::diff::{self, Comparison, Costs, Each, Sample};
use rewards_rules::input::{ErrorCode, InputError, Member, Transaction, Usage};
use rewards_rules::value::{Amount, Points};
use serde::Serialize;
use serde_json::value::RawValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::problem::{Problem, json};
use crate::rules::RuleSet;
use crate::simulate::{Rejected, cannot_compare, push_row, with_rows};

/// Purchases that were read once, to be evaluated with each change of a rule.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Samples {
    list: Vec<Result<Sample, Problem>>,
}

/// A sample as it is written.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Written<'a> {
    #[serde(borrow)]
    transaction: &'a RawValue,
    #[serde(borrow, default)]
    member: Option<&'a RawValue>,
    #[serde(borrow, default)]
    usage: Option<&'a RawValue>,
}

fn read(at: usize, written: &Written<'_>) -> Result<Sample, Problem> {
    let argument = |name: &str| format!("samples[{at}].{name}");
    let wrong = |name: &str| {
        let argument = argument(name);
        move |error: InputError| Problem::of_input(&argument, error)
    };
    Ok(Sample {
        transaction: Transaction::from_json(written.transaction.get()).map_err(wrong("transaction"))?,
        member: match written.member {
            Some(member) => Member::from_json(member.get()).map_err(wrong("member"))?,
            None => Member::new("member"),
        },
        usage: match written.usage {
            Some(usage) => Usage::from_json(usage.get()).map_err(wrong("usage"))?,
            None => Usage::default(),
        },
    })
}

#[wasm_bindgen]
impl Samples {
    /// Reads an array of `{transaction, member, usage}`, of which the last two may be absent, from JSON. Throws
    /// `invalid_syntax` or `wrong_type` for what is no such array; a wrong value in one of them is told when it is
    /// evaluated.
    #[wasm_bindgen(constructor)]
    pub fn new(samples: &str) -> Result<Samples, Problem> {
        let written: Vec<Written<'_>> = serde_json::from_str(samples).map_err(|error| {
            let code = match error.classify() {
                serde_json::error::Category::Data => ErrorCode::WrongType,
                _ => ErrorCode::InvalidSyntax,
            };
            Problem::of_input("samples", InputError::new(code, "", error.to_string()))
        })?;
        Ok(Samples { list: written.iter().enumerate().map(|(at, one)| read(at, one)).collect() })
    }

    /// How many there are.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn length(&self) -> usize {
        self.list.len()
    }
}

/// What the comparison tells beside the rows.
#[derive(Serialize)]
struct Compared<'a> {
    #[serde(flatten)]
    comparison: &'a Comparison,
    words: Vec<String>,
    rejected: Vec<Rejected>,
    costs: Costs,
}

/// What a change of rules makes of samples; JSON as of [`crate::compare`], where a row has under `old`, `new` and
/// `difference` only `total` and `points`. Throws `cannot_compare` for different currencies.
#[wasm_bindgen]
pub fn compare_samples(old: &RuleSet, new: &RuleSet, samples: &Samples) -> Result<String, Problem> {
    let comparison = diff::compare(&old.rules, &new.rules);
    let mut each = Each::new(&old.rules, &new.rules).ok_or_else(cannot_compare)?;
    let (mut rejected, mut rows) = (Vec::new(), String::new());
    for (row, sample) in samples.list.iter().enumerate() {
        let both = match sample {
            Ok(sample) => each.evaluate(sample).map_err(|refused| Problem::of_row("samples", row, refused)),
            Err(problem) => Err(problem.clone()),
        };
        match both {
            Ok(both) => push_row(&mut rows, |to| {
                let [old, new] = [both.old.totals, both.new.totals];
                let by = (
                    Amount::from_minor(new.total.minor().saturating_sub(old.total.minor()), new.total.currency()),
                    Points::from_units(new.points.units().saturating_sub(old.points.units()), new.points.decimals()),
                );
                to.push_str("{\"row\":");
                to.push_str(&row.to_string());
                let sides = [("old", (old.total, old.points)), ("new", (new.total, new.points)), ("difference", by)];
                for (name, (total, points)) in sides {
                    to.push_str(&format!(",\"{name}\":{{\"total\":\"{total}\",\"points\":\"{points}\"}}"));
                }
                to.push('}');
            }),
            Err(problem) => rejected.push(Rejected { row, problem }),
        }
    }
    let costs = each.costs(u64::try_from(rejected.len()).unwrap_or(u64::MAX));
    let words = comparison.changes.iter().map(diff::Change::words).collect();
    Ok(with_rows(Some(&rows), &json(&Compared { comparison: &comparison, words, rejected, costs })))
}
