//! Any bytes as a file to lay out.

use rewards_rules::syntax::format::{FormatError, format};
use rewards_rules::syntax::read;

use super::expressions::bare;
use super::files::{compile, files, findings_are_in_their_files};

const PATH: &str = "any.yaml";

/// What a text says, and what is found in it, without the places.
fn meaning(text: &str) -> String {
    let sources = files([(PATH, text.as_bytes())]);
    let (read, findings) = read(&sources);
    let found: Vec<_> = findings.iter().map(|f| (f.code, &f.message)).collect();
    let compiled = compile(sources).is_some();
    format!("{} {found:?} {compiled}", bare(&read))
}

/// The comments of a text in order, where they can be told without knowing YAML: it has no quotes and no blocks of
/// text, in which a `#` may be anything. Spaces at the end of a comment are no part of it.
fn comments(text: &str) -> Option<Vec<&str>> {
    if text.contains(['"', '\'', '|', '>', '\t']) {
        return None;
    }
    let comment = |line: &'_ str| {
        let starts = |at: &usize| line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with(' '));
        line.match_indices('#').map(|(at, _)| at).find(starts)
    };
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).split(['\n', '\r']);
    Some(lines.filter_map(|line| Some(line.get(comment(line)?..)?.trim_end())).collect())
}

/// A file that is laid out says what it said, keeps its comments, and is not laid out differently a second time.
pub(super) fn layout(data: &[u8]) {
    let after = match format(PATH, data) {
        Ok(after) => after,
        Err(FormatError::Unreadable(findings)) => {
            assert!(findings.has_errors());
            return findings_are_in_their_files(&findings);
        }
        Err(FormatError::Unsafe(why)) => return assert!(!why.is_empty()),
    };
    let before = std::str::from_utf8(data).unwrap();
    assert_eq!(meaning(&after), meaning(before), "{before:?} is laid out as {after:?}");
    if let (Some(due), Some(found)) = (comments(before), comments(&after)) {
        assert_eq!(found, due, "{before:?} is laid out as {after:?}");
    }
    match format(PATH, after.as_bytes()) {
        Ok(twice) => assert_eq!(twice, after, "the second time differs for {before:?}"),
        Err(error) => panic!("{after:?} of {before:?}: {error}"),
    }
}
