//! A compiled rule set: one purchase at a time, and the picture.

use std::collections::BTreeMap;

use rewards_rules::draw::{Picture, PictureOptions};
use rewards_rules::input::{InputError, Member, Transaction, Usage};
use rewards_rules::outcome::{Outcome, Reason};
use serde::Serialize;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::problem::{Problem, json};

/// A compiled rule set.
#[wasm_bindgen]
#[derive(Debug)]
pub struct RuleSet {
    pub(crate) rules: rewards_rules::RuleSet,
}

/// What a rule set says of itself.
#[derive(Serialize)]
struct About<'a> {
    hash: &'a str,
    program: &'a str,
    currency: &'a str,
    currency_decimals: u8,
    points_decimals: u8,
    timezone: &'a str,
    levels: Vec<&'a str>,
    counters: Vec<&'a str>,
}

/// What each reason for which a rule did not grant means to people, as JSON: `{"wrong_day": "it does not run …"}`.
#[wasm_bindgen]
#[must_use]
pub fn reasons() -> String {
    let words: BTreeMap<&str, &str> = Reason::ALL.iter().map(|reason| (reason.as_str(), reason.words())).collect();
    json(&words)
}

/// Reads an argument of JSON text.
pub(crate) fn read<T>(
    argument: &str,
    text: &str,
    from_json: impl Fn(&str) -> Result<T, InputError>,
) -> Result<T, Problem> {
    from_json(text).map_err(|error| Problem::of_input(argument, error))
}

/// What one evaluation reads.
struct Inputs {
    transaction: Transaction,
    member: Member,
    usage: Usage,
}

impl Inputs {
    fn read(transaction: &str, member: Option<&str>, usage: Option<&str>) -> Result<Inputs, Problem> {
        Ok(Inputs {
            transaction: read("transaction", transaction, Transaction::from_json)?,
            member: match member {
                Some(member) => read("member", member, Member::from_json)?,
                None => Member::new("member"),
            },
            usage: match usage {
                Some(usage) => read("usage", usage, Usage::from_json)?,
                None => Usage::default(),
            },
        })
    }
}

/// A picture in a format: `svg`, `mermaid`, `dot` or `json`.
pub(crate) fn drawn(picture: &Picture, format: &str) -> Result<String, Problem> {
    match format {
        "svg" => Ok(picture.to_svg()),
        "mermaid" => Ok(picture.to_mermaid()),
        "dot" => Ok(picture.to_dot()),
        "json" => Ok(picture.to_json()),
        other => {
            let message = format!("one of svg, mermaid, dot, json is due here, this is `{other}`");
            Err(Problem { path: Some("format".to_owned()), ..Problem::new("wrong_type", message) })
        }
    }
}

impl RuleSet {
    pub(crate) fn new(rules: rewards_rules::RuleSet) -> RuleSet {
        RuleSet { rules }
    }

    fn explained(&self, inputs: &Inputs) -> Result<Outcome, Problem> {
        let Inputs { transaction, member, usage } = inputs;
        Ok(self.rules.evaluate_explained(transaction, member, usage)?)
    }
}

#[wasm_bindgen]
impl RuleSet {
    /// Hash, program, currency, decimals, time zone, levels and counters, as JSON.
    #[must_use]
    pub fn about(&self) -> String {
        let rules = &self.rules;
        json(&About {
            hash: rules.hash(),
            program: rules.program(),
            currency: rules.currency().code(),
            currency_decimals: rules.currency().decimals(),
            points_decimals: rules.points_decimals(),
            timezone: rules.timezone(),
            levels: rules.levels().collect(),
            counters: rules.counters().collect(),
        })
    }

    /// The canonical outcome of one purchase. Each argument is JSON; without a member, one of whom only the id
    /// `member` is known.
    pub fn evaluate(
        &self,
        transaction: &str,
        member: Option<String>,
        usage: Option<String>,
    ) -> Result<String, Problem> {
        let Inputs { transaction, member, usage } = Inputs::read(transaction, member.as_deref(), usage.as_deref())?;
        Ok(self.rules.evaluate(&transaction, &member, &usage)?.to_json())
    }

    /// The outcome with `rejected`: every rule that did not grant, and why.
    pub fn explain(&self, transaction: &str, member: Option<String>, usage: Option<String>) -> Result<String, Problem> {
        Ok(self.explained(&Inputs::read(transaction, member.as_deref(), usage.as_deref())?)?.to_json())
    }

    /// The same for people: the waterfall that `rewards evaluate --explain` prints.
    pub fn explain_as_text(
        &self,
        transaction: &str,
        member: Option<String>,
        usage: Option<String>,
    ) -> Result<String, Problem> {
        Ok(self.explained(&Inputs::read(transaction, member.as_deref(), usage.as_deref())?)?.explain())
    }

    /// Every counter that the evaluation of this purchase reads or changes, as JSON.
    pub fn usage_keys(&self, transaction: &str, member: Option<String>) -> Result<String, Problem> {
        let Inputs { transaction, member, .. } = Inputs::read(transaction, member.as_deref(), None)?;
        Ok(json(&self.rules.usage_keys(&transaction, &member)?))
    }

    /// The picture of the rules: `svg`, `mermaid`, `dot` or `json`; with a purchase, lit by it.
    pub fn graph(
        &self,
        format: &str,
        transaction: Option<String>,
        member: Option<String>,
        usage: Option<String>,
    ) -> Result<String, Problem> {
        let options = PictureOptions::default();
        let picture = match transaction {
            None => self.rules.picture(options),
            Some(transaction) => {
                let Inputs { transaction, member, usage } =
                    Inputs::read(&transaction, member.as_deref(), usage.as_deref())?;
                self.rules.picture_of(options, &transaction, &member, &usage)?
            }
        };
        drawn(&picture, format)
    }
}
