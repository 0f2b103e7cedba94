//! Why a transaction was not evaluated: it granted nothing and claimed no id.

use crate::graph::{ExpressionError, Graph};
use crate::input::{ErrorCode, InputError, error_codes};
use crate::schema::{Shape, written};
use crate::source::{PLACE, Place, Span};

use super::Rule;

/// An error of one evaluation (semantics §1.6, §3.1). Nothing is granted, no id is claimed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct EvaluationError {
    /// Stable code.
    pub code: ErrorCode,
    /// Words for a person.
    pub message: String,
    /// Id of the rule whose expression failed.
    pub rule: Option<String>,
    /// Where that expression stands.
    pub place: Option<Place>,
    span: Option<Span>,
}

written! {
    /// Why a transaction was not evaluated: nothing is granted, no id is claimed.
    pub(crate) static EVALUATION_ERROR: EvaluationError as "EvaluationError", e {
        "code" Always Shape::Words(error_codes), "The stable code." => e.code.as_str();
        "message" Always Shape::Text, "Words for a person." => e.message;
        "place" Nullable Shape::Object(&PLACE), "Where the expression stands that failed." => e.place;
        "rule" Nullable Shape::Text, "Id of the rule whose expression failed." => e.rule;
    }
}

impl std::fmt::Display for EvaluationError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)?;
        if let Some(rule) = &self.rule {
            write!(f, ", in rule `{rule}`")?;
        }
        if let Some(place) = &self.place {
            write!(f, " ({}:{}:{})", place.file, place.line, place.column)?;
        }
        Ok(())
    }
}

impl EvaluationError {
    /// An error that no rule is to blame for.
    pub(crate) fn new(code: ErrorCode, message: impl Into<String>) -> EvaluationError {
        EvaluationError { code, message: message.into(), rule: None, place: None, span: None }
    }

    pub(crate) fn of_expression(
        graph: &Graph,
        rule: Option<Rule>,
        span: Span,
        error: ExpressionError,
    ) -> EvaluationError {
        EvaluationError {
            code: error.code,
            message: error.message,
            rule: rule.map(|r| graph.rule_id(r).to_owned()),
            place: None,
            span: Some(error.span.unwrap_or(span)),
        }
    }

    /// An exact value that does not fit.
    pub(crate) fn overflow(graph: &Graph, rule: Option<Rule>) -> EvaluationError {
        let mut error = EvaluationError::new(ErrorCode::Overflow, "a result does not fit into a number");
        error.rule = rule.map(|r| graph.rule_id(r).to_owned());
        error
    }

    /// Turns the span into a place for people.
    pub(crate) fn placed(mut self, sources: &crate::source::Sources) -> EvaluationError {
        if let Some(span) = self.span.take() {
            self.place = sources.place(span);
        }
        self
    }
}

impl From<InputError> for EvaluationError {
    fn from(error: InputError) -> EvaluationError {
        let message = if error.path.is_empty() { error.message } else { format!("{}: {}", error.path, error.message) };
        EvaluationError::new(error.code, message)
    }
}
