//! What is thrown at JavaScript: a text of JSON, from which the TypeScript makes an error object.

use rewards_rules::EvaluationError;
use rewards_rules::diff::Refused;
use rewards_rules::input::InputError;
use rewards_rules::source::Place;
use serde::Serialize;
use wasm_bindgen::JsValue;

/// An error as JavaScript sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Stable code: the engine's, or `invalid_rules`, `cannot_compare`.
    pub code: &'static str,
    /// Words for a person.
    pub message: String,
    /// Where in the arguments: `transaction.items[2].amount`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Id of the rule whose expression failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// Where that expression stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
}

impl Problem {
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Problem {
        Problem { code, message: message.into(), path: None, rule: None, place: None }
    }

    /// An error of an argument.
    pub(crate) fn of_input(argument: &str, error: InputError) -> Problem {
        let path = match error.path.as_str() {
            "" => argument.to_owned(),
            path if argument.is_empty() || path.starts_with('[') => format!("{argument}{path}"),
            path => format!("{argument}.{path}"),
        };
        Problem { path: Some(path), ..Problem::new(error.code.as_str(), error.message) }
    }

    /// The same problem of an argument.
    pub(crate) fn of_argument(argument: &str, problem: Problem) -> Problem {
        Problem { path: Some(argument.to_owned()), ..problem }
    }

    /// The same error of a row of a table.
    pub(crate) fn of_row(argument: &str, row: usize, error: impl Into<Problem>) -> Problem {
        let problem = error.into();
        let path = match &problem.path {
            Some(path) if !path.is_empty() => format!("{argument}[{row}].{path}"),
            _ => format!("{argument}[{row}]"),
        };
        Problem { path: Some(path), ..problem }
    }
}

impl From<EvaluationError> for Problem {
    fn from(error: EvaluationError) -> Problem {
        let EvaluationError { code, message, rule, place, .. } = error;
        Problem { rule, place, ..Problem::new(code.as_str(), message) }
    }
}

impl From<InputError> for Problem {
    fn from(error: InputError) -> Problem {
        Problem { path: Some(error.path), ..Problem::new(error.code.as_str(), error.message) }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Problem {
        let whose = match refused.by {
            "old" => " (by the old rules alone)",
            "new" => " (by the new rules alone)",
            _ => "",
        };
        let problem = Problem::from(*refused.error);
        Problem { message: format!("{}{whose}", problem.message), ..problem }
    }
}

impl From<Problem> for JsValue {
    fn from(problem: Problem) -> JsValue {
        JsValue::from_str(&json(&problem))
    }
}

/// As JSON. Everything that is written here has one.
pub(crate) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}
