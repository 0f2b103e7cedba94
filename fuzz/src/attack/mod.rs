//! What the fuzzer does to the engine: each target turns bytes into something to read or to evaluate and demands what
//! must hold whatever they are. A panic is a finding.
//!
//! The functions stand apart from the fuzzer's own binaries so that the tests of the engine run them over the seeds.

mod csv;
mod evaluation;
mod expressions;
mod files;
#[cfg(feature = "format")]
mod formatter;
mod inputs;
mod scripts;
mod tape;
mod yaml;

/// A target: its name, and what it does with bytes.
pub(crate) type Target = (&'static str, fn(&[u8]));

/// Every target; a folder of seeds and a binary bear its name. Without the feature `format` there is none for it.
pub(crate) const TARGETS: &[Target] = &[
    ("csv", csv::rows),
    ("evaluation", evaluation::single),
    ("expressions", expressions::expression),
    #[cfg(feature = "format")]
    ("formatter", formatter::layout),
    ("inputs", inputs::inputs),
    ("scripts", scripts::script),
    ("story", evaluation::story),
    ("test_files", files::test_file),
    ("yaml", yaml::rule_file),
];

/// The programs beside which bytes are tried; were one of them wrong, nothing would be evaluated and every attack pass.
#[test]
fn what_is_attacked_compiles() {
    assert!(files::compile(files::fixed()).is_some());
    for (program, campaign) in [(files::PROGRAM, "has(tx.lanes)"), (expressions::PROGRAM, "tx.basket_size > 3")] {
        let campaign = format!("campaign: c\ntype: fixed\nwhen: {campaign}\nreward: {{fixed: 1.00}}\n");
        let both = [("c.yaml", campaign.as_bytes()), ("program.yaml", program.as_bytes())];
        assert!(files::compile(files::files(both)).is_some());
    }
}
