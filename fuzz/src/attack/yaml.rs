//! Any bytes as a rule file.

use super::files::{PROGRAM, compile, files, holds_for_all_cases};

/// As the only file, and beside a program.
pub(super) fn rule_file(data: &[u8]) {
    if let Some(rules) = compile(files([("any.yaml", data)])) {
        holds_for_all_cases(&rules);
    }
    let alone = [("any.yaml", data), ("program.yaml", PROGRAM.as_bytes())];
    if let Some(rules) = compile(files(alone)) {
        holds_for_all_cases(&rules);
    }
}
