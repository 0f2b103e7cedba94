//! The native part of the Python package `rewards`: Python's values in, the engine's answers out.
//!
//! The package's Python part (`python/rewards`) has the names, words and types that people meet; it is thin around this,
//! and this is thin around the engine. Nothing is computed in either but sums of what the engine granted.

mod account;
mod columns;
mod errors;
mod files;
mod lines;
mod result;
mod rules;
mod simulate;
mod source;
mod table;

use pyo3::prelude::*;

#[pymodule]
#[pyo3(name = "_rewards")]
fn native(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<account::Account>()?;
    module.add_class::<rules::RuleSet>()?;
    module.add_class::<rules::Outcome>()?;
    module.add_class::<result::Run>()?;
    module.add_class::<result::Pair>()?;
    module.add_class::<table::Table>()?;
    module.add_function(wrap_pyfunction!(simulate::simulate, module)?)
}
