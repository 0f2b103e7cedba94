//! The engine's mistakes as Python's exceptions, which are classes of the package's Python part.

use pyo3::prelude::*;
use pyo3::types::PyDict;
use rewards_rules::EvaluationError;
use rewards_rules::input::InputError;
use rewards_rules::source::Findings;

/// An exception of the package by the name of its class.
pub(crate) fn raise(py: Python<'_>, class: &str, words: &[(&str, String)]) -> PyErr {
    let made = || -> PyResult<Bound<'_, PyAny>> {
        let keywords = PyDict::new(py);
        for (name, value) in words {
            keywords.set_item(name, value)?;
        }
        py.import("rewards._errors")?.getattr(class)?.call((), Some(&keywords))
    };
    match made() {
        Ok(error) => PyErr::from_value(error),
        Err(other) => other,
    }
}

/// The rule files have mistakes.
pub(crate) fn findings(py: Python<'_>, findings: &Findings) -> PyErr {
    let report = serde_json::to_string(&findings.report()).unwrap_or_default();
    raise(py, "RulesError", &[("text", findings.render(false)), ("report", report)])
}

/// A purchase cannot be evaluated.
pub(crate) fn evaluation(py: Python<'_>, error: &EvaluationError) -> PyErr {
    let words = [
        ("code", error.code.as_str().to_owned()),
        ("message", error.to_string()),
        ("rule", error.rule.clone().unwrap_or_default()),
    ];
    raise(py, "EvaluationError", &words)
}

/// An argument of an evaluation cannot be read.
pub(crate) fn input(py: Python<'_>, argument: &str, error: &InputError) -> PyErr {
    let place = match error.path.as_str() {
        "" => argument.to_owned(),
        path => format!("{argument}.{path}"),
    };
    let message = format!("{}: {place}: {}", error.code, error.message);
    raise(py, "EvaluationError", &[("code", error.code.as_str().to_owned()), ("message", message)])
}

/// A table's columns cannot be used.
pub(crate) fn columns(py: Python<'_>, table: &str, error: &InputError) -> PyErr {
    let message = format!("{table}: {}: {}", error.code, error.message);
    let words = [("code", error.code.as_str().to_owned()), ("message", message), ("column", error.path.clone())];
    raise(py, "ColumnError", &words)
}

/// Something of a table cannot be read at all.
pub(crate) fn unreadable(table: &str, error: &dyn std::fmt::Display) -> PyErr {
    pyo3::exceptions::PyValueError::new_err(format!("{table} cannot be read: {error}"))
}
