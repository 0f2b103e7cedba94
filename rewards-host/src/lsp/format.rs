//! `textDocument/formatting`: what `rewards fmt` makes of a file, as edits of the lines that differ.

use std::ops::Range;

use ls_types as lsp;
use rewards_rules::syntax::format::{FormatError, format};
use similar::{Algorithm, DiffOp, capture_diff_slices};

use super::position::Lines;
use super::workspace::{At, Workspace};

/// Up to how many lines that differ it is looked for those among them that do not.
const MOST_LINES: usize = 2_000;

/// Edits that bring a file into its one layout; `None` for one that has none: a script, or a file that cannot be read,
/// whose findings stand in the editor already. An error says why a file is left as it is.
pub(super) fn formatting(workspace: &Workspace, at: At<'_>) -> Result<Option<Vec<lsp::TextEdit>>, String> {
    if at.path.ends_with(".rhai") {
        return Ok(None);
    }
    match format(at.path, at.text.as_bytes()) {
        Ok(after) => Ok(Some(edits(&workspace.lines(at.text), at.text, &after))),
        Err(FormatError::Unreadable(_)) => Ok(None),
        Err(error @ FormatError::Unsafe(_)) => Err(format!("{}: {error}", at.path)),
    }
}

/// The lines that differ. Those that stay keep the cursor, folds and marks of an editor.
fn edits(lines: &Lines<'_>, before: &str, after: &str) -> Vec<lsp::TextEdit> {
    let old: Vec<&str> = before.split_inclusive('\n').collect();
    let new: Vec<&str> = after.split_inclusive('\n').collect();
    let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let rest = |all: &[&str]| all.len().saturating_sub(head);
    let most = rest(&old).min(rest(&new));
    let tail = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    let middle = |all: &[&str]| head..all.len().saturating_sub(tail);
    let (of_old, of_new) = (middle(&old), middle(&new));

    let mut changes: Vec<(Range<usize>, Range<usize>)> = Vec::new();
    if of_old.len().max(of_new.len()) > MOST_LINES {
        changes.push((of_old, of_new));
    } else {
        let moved = |r: Range<usize>| r.start.saturating_add(head)..r.end.saturating_add(head);
        let parts = (old.get(of_old).unwrap_or_default(), new.get(of_new).unwrap_or_default());
        let found = capture_diff_slices(Algorithm::Myers, parts.0, parts.1);
        let found = found.iter().filter(|op| !matches!(op, DiffOp::Equal { .. }));
        changes.extend(found.map(|op| (moved(op.old_range()), moved(op.new_range()))));
    }
    let mut starts = vec![0_usize];
    for line in &old {
        starts.push(starts.last().copied().unwrap_or_default().saturating_add(line.len()));
    }
    let byte = |line: usize| starts.get(line).copied().unwrap_or(before.len());
    let edit = |(old, text): (Range<usize>, Range<usize>)| lsp::TextEdit {
        range: lines.range(byte(old.start)..byte(old.end)),
        new_text: new.get(text).unwrap_or_default().concat(),
    };
    changes.into_iter().map(edit).collect()
}

#[cfg(test)]
mod tests {
    use super::super::position::{Encoding, changed};
    use super::*;

    #[test]
    fn edits_make_the_one_text_of_the_other() {
        let many = |line: &str| line.repeat(MOST_LINES + 1);
        for (before, after, count) in [
            ("", "", 0),
            ("a\n", "a\n", 0),
            ("a", "a\n", 1),
            ("\u{feff}a\n", "a\n", 1),
            ("é🎁\nb\n\n\nc\nd", "é🎁\nb\n\nc\ne\n", 2),
            ("a\r\nb \r\nc\r\nd \r\n", "a\r\nb\r\nc\r\nd\r\n", 2),
            ("a\na\na\n", "a\n", 1),
            ("x\nb\n", "y\nb\nz\n", 2),
            (&format!("a\n{}b\n", many("x \n")), &format!("a\n{}b\n", many("x\n")), 1),
        ] {
            for encoding in [Encoding::Utf16, Encoding::Utf8] {
                let found = edits(&Lines::new(before, encoding), before, after);
                assert_eq!(found.len(), count, "{before:?}");
                // All of them are places of the text before; from the last to the first none moves another.
                let changes = found.into_iter().rev().map(|edit| lsp::TextDocumentContentChangeEvent {
                    range: Some(edit.range),
                    range_length: None,
                    text: edit.new_text,
                });
                assert_eq!(changed(before, changes.collect(), encoding), after);
            }
        }
    }
}
