//! The Python module `rewards`: rule files in, canonical outcomes out.
//!
//! It turns Python's values into the engine's inputs and hands the engine's bytes on; nothing is computed here.

mod files;

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::exceptions::PyException;
use pyo3::prelude::*;
use pyo3::types::PyString;
use rewards_rules::RuleSet as Rules;
use rewards_rules::input::{InputError, Member, Transaction, Usage};
use rewards_rules::source::{SourceFile, Sources};

pyo3::create_exception!(rewards, RulesError, PyException, "The rule files have mistakes. The text shows each of them.");
pyo3::create_exception!(
    rewards,
    EvaluationError,
    PyException,
    "A transaction could not be evaluated. `code` is the stable code, for example `missing_fact`."
);

/// A compiled rule set.
#[pyclass(frozen, module = "rewards")]
struct RuleSet {
    rules: Rules,
}

#[pymethods]
impl RuleSet {
    /// Compiles a folder of rule files, or one file. Raises `RulesError` with every mistake, `OSError` for what
    /// cannot be read.
    #[staticmethod]
    fn load(path: PathBuf) -> PyResult<RuleSet> {
        compile(files::read(&path)?)
    }

    /// Compiles rule files given as `{path: text}`. Raises `RulesError`.
    #[staticmethod]
    #[pyo3(name = "compile")]
    fn compile_files(files: BTreeMap<String, String>) -> PyResult<RuleSet> {
        compile(Sources::new(files.into_iter().map(|(path, text)| SourceFile { path, bytes: text.into_bytes() })))
    }

    /// The content hash, `sha256:…`.
    #[getter]
    fn hash(&self) -> &str {
        self.rules.hash()
    }

    /// The id of the program.
    #[getter]
    fn program(&self) -> &str {
        self.rules.program()
    }

    /// Evaluates one purchase and returns the canonical outcome, as JSON text.
    ///
    /// Each argument is JSON text, or a dict of what JSON can say; amounts are best given as text (`"12.30"`) or
    /// `int`, since a Python `float` is refused. Raises `EvaluationError`.
    #[pyo3(signature = (transaction, member=None, usage=None))]
    fn evaluate(
        &self,
        transaction: &Bound<'_, PyAny>,
        member: Option<&Bound<'_, PyAny>>,
        usage: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<String> {
        let py = transaction.py();
        let transaction =
            Transaction::from_json(&json(transaction)?).map_err(|e| wrong_input(py, "transaction", &e))?;
        let member = match member {
            Some(member) => Member::from_json(&json(member)?).map_err(|e| wrong_input(py, "member", &e))?,
            None => Member::new("member"),
        };
        let usage = match usage {
            Some(usage) => Usage::from_json(&json(usage)?).map_err(|e| wrong_input(py, "usage", &e))?,
            None => Usage::default(),
        };
        match self.rules.evaluate(&transaction, &member, &usage) {
            Ok(outcome) => Ok(outcome.to_canonical_json()),
            Err(error) => Err(evaluation_error(py, error.code.as_str(), &error.to_string())),
        }
    }
}

fn compile(sources: Sources) -> PyResult<RuleSet> {
    match Rules::compile(sources) {
        Ok(rules) => Ok(RuleSet { rules }),
        Err(findings) => Err(RulesError::new_err(findings.render(false))),
    }
}

/// JSON text as it came, or what Python's `json` makes of a dict. A float has lost digits before it gets here.
fn json(value: &Bound<'_, PyAny>) -> PyResult<String> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(text.to_str()?.to_owned());
    }
    // First what Python makes of it: it refuses a dict that holds itself, which could be walked for ever.
    let text = value.py().import("json")?.call_method1("dumps", (value,))?.extract()?;
    refuse_floats(value)?;
    Ok(text)
}

fn refuse_floats(value: &Bound<'_, PyAny>) -> PyResult<()> {
    use pyo3::exceptions::PyTypeError;
    use pyo3::types::{PyDict, PyFloat, PyList, PyTuple};
    if value.is_instance_of::<PyFloat>() {
        return Err(PyTypeError::new_err(format!(
            "{value} is a float, which may have lost digits; give amounts as text, for example \"12.30\""
        )));
    }
    if let Ok(dict) = value.cast::<PyDict>() {
        return dict.iter().try_for_each(|(_, item)| refuse_floats(&item));
    }
    if let Ok(list) = value.cast::<PyList>() {
        return list.iter().try_for_each(|item| refuse_floats(&item));
    }
    if let Ok(tuple) = value.cast::<PyTuple>() {
        return tuple.iter().try_for_each(|item| refuse_floats(&item));
    }
    Ok(())
}

fn wrong_input(py: Python<'_>, argument: &str, error: &InputError) -> PyErr {
    let place = if error.path.is_empty() { String::new() } else { format!("{}: ", error.path) };
    evaluation_error(py, error.code.as_str(), &format!("{}: {argument}: {place}{}", error.code, error.message))
}

fn evaluation_error(py: Python<'_>, code: &str, message: &str) -> PyErr {
    let error = EvaluationError::new_err(message.to_owned());
    match error.value(py).setattr("code", code) {
        Ok(()) => error,
        Err(other) => other,
    }
}

#[pymodule]
fn rewards(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<RuleSet>()?;
    module.add("RulesError", module.py().get_type::<RulesError>())?;
    module.add("EvaluationError", module.py().get_type::<EvaluationError>())
}
