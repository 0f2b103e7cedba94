//! Any text as a file of functions.

use rewards_rules::syntax::expression::Function;
use rewards_rules::syntax::parse::parse_script;

use super::expressions::{PROGRAM, agree, bare};
use super::files::{compile, files};

/// What functions are called with, in turn.
const ARGUMENTS: [&str; 8] =
    ["tx.amount", "member.purchases", "tx.category", "tx.weekday", "tx.date", "true", "[1, 2, 3]", "0.015"];

fn parse(text: &str) -> (Vec<Function>, usize) {
    let mut findings = Vec::new();
    let functions = parse_script(text, 0, &mut findings);
    for span in findings.iter().filter_map(|f| f.span) {
        let (start, end) = (usize::try_from(span.start).unwrap(), usize::try_from(span.end).unwrap());
        assert!(start <= end && text.get(start..end).is_some(), "{span:?} in {} bytes", text.len());
    }
    (functions, findings.len())
}

/// Functions can be written and read again, and called from conditions and amounts.
pub(super) fn script(data: &[u8]) {
    compile(files([("any.rhai", data), ("program.yaml", PROGRAM.as_bytes())]));
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (functions, mistakes) = parse(text);
    if mistakes > 0 {
        return;
    }
    let turn = data.iter().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(usize::from(*byte)));
    for (at, function) in functions.iter().take(3).enumerate() {
        let printed = function.to_string();
        let (again, mistakes) = parse(&printed);
        assert_eq!(mistakes, 0, "`{printed}` is not read again");
        assert_eq!(bare(&again), bare(&vec![function]), "`{printed}`");
        let arguments: Vec<&str> = (0..function.parameters.len())
            .map(|number| ARGUMENTS[turn.wrapping_add(at.wrapping_mul(3)).wrapping_add(number) % ARGUMENTS.len()])
            .collect();
        let call = format!("{}({})", function.name.value, arguments.join(", "));
        let quoted = serde_json::to_string(&call).unwrap();
        for campaign in [
            format!("campaign: c\ntype: fixed\nwhen: {quoted}\nreward: {{fixed: 1.00}}\n"),
            format!("campaign: c\ntype: scripted\nreward: {{amount: {quoted}}}\n"),
        ] {
            agree(files([("any.rhai", data), ("c.yaml", campaign.as_bytes()), ("program.yaml", PROGRAM.as_bytes())]));
        }
    }
}
