//! What the fuzzer does to the engine: each target turns bytes into something to read or to evaluate and demands what
//! must hold whatever they are. A panic is a finding.
//!
//! The functions stand apart from the fuzzer's own binaries so that the tests of the engine run them over the seeds.

mod csv;
mod evaluation;
mod expressions;
mod files;
mod inputs;
mod scripts;
mod tape;
mod yaml;

/// A target: its name, and what it does with bytes.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target; a folder of seeds and a binary bear its name.
pub(crate) const TARGETS: [Target; 8] = [
    ("csv", csv::rows),
    ("evaluation", evaluation::single),
    ("expressions", expressions::expression),
    ("inputs", inputs::inputs),
    ("scripts", scripts::script),
    ("story", evaluation::story),
    ("test_files", files::test_file),
    ("yaml", yaml::rule_file),
];
