//! A compiled rule set and what it says of one purchase.

use std::collections::BTreeMap;
use std::path::PathBuf;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use rewards_rules::draw::PictureOptions;
use rewards_rules::input::{Member, Raw, Transaction, Usage};
use rewards_rules::outcome::Outcome as Evaluated;
use rewards_rules::source::{SourceFile, Sources};
use rewards_rules::{RuleSet as Rules, values};

use crate::{errors, files};

/// The member of whom nothing is known.
const MEMBER: &str = "member";

/// A compiled rule set.
#[pyclass(frozen, module = "rewards._rewards")]
pub(crate) struct RuleSet {
    pub(crate) rules: Rules,
}

#[pymethods]
impl RuleSet {
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<RuleSet> {
        compile(py, files::read(&path)?)
    }

    #[staticmethod]
    #[pyo3(name = "compile")]
    fn compile_files(py: Python<'_>, files: BTreeMap<String, Vec<u8>>) -> PyResult<RuleSet> {
        compile(py, Sources::new(files.into_iter().map(|(path, bytes)| SourceFile { path, bytes })))
    }

    #[getter]
    fn hash(&self) -> &str {
        self.rules.hash()
    }

    #[getter]
    fn program(&self) -> &str {
        self.rules.program()
    }

    #[getter]
    fn currency(&self) -> String {
        self.rules.currency().code().to_owned()
    }

    #[getter]
    fn currency_decimals(&self) -> u8 {
        self.rules.currency().decimals()
    }

    #[getter]
    fn points_decimals(&self) -> u8 {
        self.rules.points_decimals()
    }

    #[getter]
    fn timezone(&self) -> &str {
        self.rules.timezone()
    }

    #[getter]
    fn levels(&self) -> Vec<&str> {
        self.rules.levels().collect()
    }

    /// Keys of the budgets, which all members share.
    fn budgets(&self) -> Vec<String> {
        rewards_rules::simulate::spread::budget_keys(&self.rules)
    }

    /// The warnings, as a JSON list.
    fn report(&self) -> String {
        serde_json::to_string(&self.rules.findings().report()).unwrap_or_default()
    }

    fn files<'py>(&self, py: Python<'py>) -> Vec<(String, Bound<'py, PyBytes>)> {
        self.rules.sources().files().iter().map(|f| (f.path.clone(), PyBytes::new(py, &f.bytes))).collect()
    }

    /// Paths of values that `with_values` can replace.
    fn values(&self) -> Vec<String> {
        values::paths(self.rules.sources())
    }

    fn with_values(&self, py: Python<'_>, changes: Vec<(String, String)>) -> PyResult<RuleSet> {
        let sources = values::with_values(self.rules.sources(), &changes)
            .map_err(|error| pyo3::exceptions::PyKeyError::new_err(error.to_string()))?;
        compile(py, sources)
    }

    fn transaction_columns(&self) -> Vec<String> {
        rewards_rules::simulate::transaction_names(&self.rules).all().to_vec()
    }

    fn member_columns(&self) -> Vec<String> {
        rewards_rules::simulate::member_names(&self.rules).all().to_vec()
    }

    #[pyo3(signature = (transaction, member, usage, explain))]
    fn evaluate(
        &self,
        py: Python<'_>,
        transaction: &str,
        member: Option<&str>,
        usage: Option<&str>,
        explain: bool,
    ) -> PyResult<Outcome> {
        let (transaction, member, usage) = inputs(py, transaction, member, usage)?;
        let outcome = if explain {
            self.rules.evaluate_explained(&transaction, &member, &usage)
        } else {
            self.rules.evaluate(&transaction, &member, &usage)
        };
        outcome.map(Outcome::new).map_err(|error| errors::evaluation(py, &error))
    }

    /// Keys of counters with their periods and whether all members share them, as a JSON list.
    #[pyo3(signature = (transaction, member))]
    fn usage_keys(&self, py: Python<'_>, transaction: &str, member: Option<&str>) -> PyResult<String> {
        let (transaction, member, _) = inputs(py, transaction, member, None)?;
        let keys = self.rules.usage_keys(&transaction, &member).map_err(|error| errors::evaluation(py, &error))?;
        Ok(serde_json::to_string(&keys).unwrap_or_default())
    }

    #[pyo3(signature = (format, every_campaign, transaction, member, usage))]
    fn graph(
        &self,
        py: Python<'_>,
        format: &str,
        every_campaign: bool,
        transaction: Option<&str>,
        member: Option<&str>,
        usage: Option<&str>,
    ) -> PyResult<String> {
        let options = if every_campaign { PictureOptions::ALL } else { PictureOptions::default() };
        let picture = match transaction {
            None => self.rules.picture(options),
            Some(transaction) => {
                let (transaction, member, usage) = inputs(py, transaction, member, usage)?;
                let picture = self.rules.picture_of(options, &transaction, &member, &usage);
                picture.map_err(|error| errors::evaluation(py, &error))?
            }
        };
        match format {
            "mermaid" => Ok(picture.to_mermaid()),
            "svg" => Ok(picture.to_svg()),
            "dot" => Ok(picture.to_dot()),
            "json" => Ok(picture.to_json()),
            other => {
                Err(PyValueError::new_err(format!("`{other}` is no format; `mermaid`, `svg`, `dot` and `json` are")))
            }
        }
    }
}

fn compile(py: Python<'_>, sources: Sources) -> PyResult<RuleSet> {
    match py.detach(|| Rules::compile(sources)) {
        Ok(rules) => Ok(RuleSet { rules }),
        Err(findings) => Err(errors::findings(py, &findings)),
    }
}

fn inputs(
    py: Python<'_>,
    transaction: &str,
    member: Option<&str>,
    usage: Option<&str>,
) -> PyResult<(Transaction, Member, Usage)> {
    let transaction = Transaction::from_json(transaction).map_err(|e| errors::input(py, "transaction", &e))?;
    let (member, usage) = member_and_usage(py, member, usage)?;
    Ok((transaction, member, usage))
}

/// A member and what was used of counters, each where it is given.
pub(crate) fn member_and_usage(py: Python<'_>, member: Option<&str>, usage: Option<&str>) -> PyResult<(Member, Usage)> {
    let member = match member {
        Some(member) => Raw::from_json(member)
            .map(with_id)
            .and_then(Member::from_raw)
            .map_err(|e| errors::input(py, "member", &e))?,
        None => Member::new(MEMBER),
    };
    let usage = match usage {
        Some(usage) => Usage::from_json(usage).map_err(|e| errors::input(py, "usage", &e))?,
        None => Usage::default(),
    };
    Ok((member, usage))
}

/// A member may be given without an id, as in tests.
fn with_id(raw: Raw) -> Raw {
    match raw {
        Raw::Map(mut entries) if !entries.iter().any(|(key, _)| key == "id") => {
            entries.push(("id".to_owned(), Raw::Text(MEMBER.to_owned())));
            Raw::Map(entries)
        }
        other => other,
    }
}

/// What one purchase brings.
#[pyclass(frozen, module = "rewards._rewards")]
pub(crate) struct Outcome {
    outcome: Evaluated,
}

impl Outcome {
    pub(crate) fn new(outcome: Evaluated) -> Outcome {
        Outcome { outcome }
    }
}

#[pymethods]
impl Outcome {
    /// The canonical JSON, without `rejected`.
    fn canonical(&self) -> String {
        self.outcome.to_canonical_json()
    }

    /// The JSON with all that is known.
    fn full(&self) -> String {
        self.outcome.to_json()
    }

    fn explain(&self) -> String {
        self.outcome.explain()
    }

    fn rules_text(&self) -> String {
        self.outcome.rules_text()
    }
}
