//! JSON Schemas of what crosses the engine's border: inputs, the outcome, findings and errors, and of what simulations
//! and comparisons tell.
//!
//! A room of its own because many tell the same: the description of the service embeds these definitions, and the types
//! of the bindings are made from them. Inputs are told from the vocabulary that the readers' tests hold to, outputs
//! from the tables that also write them, so that neither can say something else than the engine does.

mod input;
mod object;

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::diff::{COMPARISON, COSTS};
use crate::evaluate::EVALUATION_ERROR;
use crate::input::INPUT_ERROR;
use crate::outcome::OUTCOME;
use crate::simulate::{POSTED, SUMMARY};
use crate::source::FINDING;
use crate::syntax::vocabulary::{MEMBER, REDEEM, REFUND, TRANSACTION};

pub(crate) use object::{Display, Field, Object, Presence, Shape, written};

/// What has a schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A purchase: [`crate::input::Transaction`].
    Transaction,
    /// A refund: [`crate::input::Refund`].
    Refund,
    /// A member: [`crate::input::Member`].
    Member,
    /// What was used of counters: [`crate::input::Usage`].
    Usage,
    /// A wish to spend points: [`crate::input::Redemption`].
    Redemption,
    /// What a transaction brought: [`crate::outcome::Outcome`], with `rejected` where it was explained.
    Outcome,
    /// A finding in rule files: [`crate::source::Report`].
    Finding,
    /// What is wrong with an input: [`crate::input::InputError`].
    InputError,
    /// Why a transaction was not evaluated: [`crate::EvaluationError`].
    EvaluationError,
    /// A row of a simulation: [`crate::simulate::Posted`].
    Row,
    /// What a simulation cost: [`crate::simulate::Summary`].
    Summary,
    /// What differs between two rule sets: [`crate::diff::Comparison`].
    Comparison,
    /// What that costs: [`crate::diff::Costs`].
    Costs,
}

impl Type {
    /// What simulations and comparisons tell.
    pub const ANSWERS: [Type; 4] = [Type::Row, Type::Summary, Type::Comparison, Type::Costs];

    /// Every type of evaluation, inputs first.
    pub const ALL: [Type; 9] = [
        Type::Transaction,
        Type::Refund,
        Type::Member,
        Type::Usage,
        Type::Redemption,
        Type::Outcome,
        Type::Finding,
        Type::InputError,
        Type::EvaluationError,
    ];

    /// Its name among the definitions: `Transaction`.
    pub fn name(self) -> &'static str {
        match self {
            Type::Transaction => "Transaction",
            Type::Refund => "Refund",
            Type::Member => "Member",
            Type::Usage => "Usage",
            Type::Redemption => "Redemption",
            Type::Outcome => OUTCOME.name,
            Type::Finding => FINDING.name,
            Type::InputError => INPUT_ERROR.name,
            Type::EvaluationError => EVALUATION_ERROR.name,
            Type::Row => POSTED.name,
            Type::Summary => SUMMARY.name,
            Type::Comparison => COMPARISON.name,
            Type::Costs => COSTS.name,
        }
    }

    fn define(self, into: &mut Definitions) {
        match self {
            Type::Transaction => input::define(&TRANSACTION, into),
            Type::Refund => input::define(&REFUND, into),
            Type::Member => input::define(&MEMBER, into),
            Type::Usage => input::define_usage(into),
            Type::Redemption => input::define(&REDEEM, into),
            Type::Outcome => object::define(&OUTCOME, into),
            Type::Finding => object::define(&FINDING, into),
            Type::InputError => object::define(&INPUT_ERROR, into),
            Type::EvaluationError => object::define(&EVALUATION_ERROR, into),
            Type::Row => object::define(&POSTED, into),
            Type::Summary => object::define(&SUMMARY, into),
            Type::Comparison => object::define(&COMPARISON, into),
            Type::Costs => object::define(&COSTS, into),
        }
    }
}

/// Definitions by name, and how they refer to one another.
struct Definitions {
    prefix: String,
    by_name: BTreeMap<&'static str, Json>,
}

impl Definitions {
    fn new(prefix: &str) -> Definitions {
        Definitions { prefix: prefix.to_owned(), by_name: BTreeMap::new() }
    }

    fn refer(&self, name: &str) -> Json {
        json!({"$ref": format!("{}{name}", self.prefix)})
    }

    /// A reference to a plain definition, which is added if it is not there.
    fn plain(&mut self, name: &'static str, definition: fn() -> Json) -> Json {
        self.by_name.entry(name).or_insert_with(definition);
        self.refer(name)
    }

    /// Whether a definition is still to be made. From then on it counts as made, so that one may refer to itself.
    fn opens(&mut self, name: &'static str) -> bool {
        if self.by_name.contains_key(name) {
            return false;
        }
        self.by_name.insert(name, Json::Null);
        true
    }
}

/// Digits with maybe a minus and a point; a zero has no minus.
const DECIMAL: &str = "^(-?0*[1-9][0-9]*(\\.[0-9]+)?|-?0+\\.[0-9]*[1-9][0-9]*|0+(\\.0+)?)$";

/// Text or a number, digit for digit.
fn decimal() -> Json {
    json!({
        "description": "A decimal number, read digit for digit. As a text it is safe from programs that read numbers \
                        as binary fractions.",
        "type": ["string", "number"],
        "pattern": DECIMAL,
        "examples": ["12.30"],
    })
}

/// A number as outcomes write it.
fn decimal_text() -> Json {
    json!({
        "description": "A decimal number as text, with the decimals of its currency where it is money.",
        "type": "string",
        "pattern": DECIMAL,
        "examples": ["12.30"],
    })
}

fn instant() -> Json {
    json!({
        "description": "An instant with its offset or `Z` (RFC 3339).",
        "type": "string",
        "format": "date-time",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})$",
        "examples": ["2026-03-02T10:00:00-05:00"],
    })
}

fn date() -> Json {
    json!({
        "description": "A local date.",
        "type": "string",
        "format": "date",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
        "examples": ["2026-03-02"],
    })
}

fn id() -> Json {
    json!({
        "description": "1 to 64 letters, digits, points, underscores, colons and hyphens.",
        "type": "string",
        "pattern": "^[A-Za-z0-9._:-]{1,64}$",
        "examples": ["t1"],
    })
}

/// The same, or `null`.
fn or_null(mut value: Json) -> Json {
    let plain = value.get("enum").is_none();
    match value.as_object_mut().and_then(|object| object.get_mut("type")) {
        Some(of) if plain && of.is_string() => {
            *of = json!([of, "null"]);
            value
        }
        _ => json!({"anyOf": [value, {"type": "null"}]}),
    }
}

/// Every definition of evaluation by name, for a document that has them all in one place. References begin with `prefix`: of OpenAPI
/// `#/components/schemas/`. They are JSON Schema of draft 2020-12, which is OpenAPI's from 3.1 on.
pub fn definitions(prefix: &str) -> Map<String, Json> {
    let mut definitions = Definitions::new(prefix);
    for of in Type::ALL {
        of.define(&mut definitions);
    }
    definitions.by_name.into_iter().map(|(name, definition)| (name.to_owned(), definition)).collect()
}

/// The schema of one type, with all that it refers to, as JSON with line breaks. Always the same text.
pub fn json_schema(of: Type) -> String {
    let mut definitions = Definitions::new("#/$defs/");
    of.define(&mut definitions);
    document(of.name(), json!({"$ref": format!("#/$defs/{}", of.name())}), definitions)
}

/// The definitions of all types of evaluation in one schema, which a value of any of them fits.
pub fn json_schema_of_all() -> String {
    together("What crosses the border of the rewards engine", &Type::ALL)
}

/// The definitions of what simulations and comparisons tell in one schema, which a value of any of them fits.
pub fn json_schema_of_answers() -> String {
    together("What simulations and comparisons of the rewards engine tell", &Type::ANSWERS)
}

fn together(title: &str, types: &[Type]) -> String {
    let mut all = Definitions::new("#/$defs/");
    let any: Vec<Json> = types
        .iter()
        .map(|of| {
            of.define(&mut all);
            all.refer(of.name())
        })
        .collect();
    document(title, json!({"anyOf": any}), all)
}

fn document(title: &str, mut schema: Json, definitions: Definitions) -> String {
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".to_owned(), json!(title));
        object.insert("$defs".to_owned(), json!(definitions.by_name));
    }
    format!("{schema:#}\n")
}
