//! Comments that allow warnings: `rewards: allow R0402 -- reason`.
//!
//! A room of its own because here a comment means something, in YAML and in scripts alike: where comments begin is
//! decided once, and everything else goes on not seeing them.

use super::yaml::{Node, NodeKind, parse_documents};
use crate::source::{SourceFile, Span, Spanned};

/// What such a comment begins with, after `#` or `//`.
const MARK: &str = "rewards:";
const LINE: &str = "allow";
const FILE: &str = "allow-file";

/// A comment that allows warnings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allow {
    /// The codes as written.
    pub(crate) codes: Vec<Spanned<String>>,
    /// What follows `--`; empty if nothing does.
    pub(crate) reason: String,
    /// Where a finding begins that it allows.
    pub(crate) holds: Span,
    /// The comment.
    pub(crate) span: Span,
}

/// The comments of one file that allow warnings, in order. A file that is not UTF-8 has none.
pub(crate) fn allows(index: u32, file: &SourceFile) -> Vec<Allow> {
    let Ok(text) = std::str::from_utf8(&file.bytes) else { return Vec::new() };
    // Nearly every file ends here.
    if !text.contains(MARK) {
        return Vec::new();
    }
    let comments = if file.path.ends_with(".rhai") { in_script(text) } else { in_yaml(index, text) };
    comments.iter().filter_map(|&(start, end)| read(index, text, start, end)).collect()
}

/// First byte and one past the last of each comment in YAML: `#` at the start of a line or after a space, outside of
/// every value.
fn in_yaml(index: u32, text: &str) -> Vec<(usize, usize)> {
    let documents = parse_documents(index, text.as_bytes(), &mut Vec::new());
    let mut values = Vec::new();
    documents.iter().for_each(|d| scalars(d, &mut values));
    let mut comments = Vec::new();
    let mut line_start = 0_usize;
    for line in text.split_inclusive('\n') {
        let comment = line.match_indices('#').map(|(at, _)| line_start.saturating_add(at)).find(|&at| {
            let after_space = text.get(..at).and_then(|t| t.chars().next_back()).is_none_or(char::is_whitespace);
            let in_value = |s: &Span| (s.start..s.end).contains(&offset(at));
            after_space && !values.iter().any(in_value)
        });
        if let Some(at) = comment {
            comments.push((at, line_start.saturating_add(line.trim_end().len())));
        }
        line_start = line_start.saturating_add(line.len());
    }
    comments
}

fn scalars(node: &Node, into: &mut Vec<Span>) {
    match &node.kind {
        NodeKind::Scalar(_) => into.push(node.span),
        NodeKind::List(items) => items.iter().for_each(|n| scalars(n, into)),
        NodeKind::Map(entries) => {
            for entry in entries {
                into.push(entry.key.span);
                scalars(&entry.value, into);
            }
        }
        NodeKind::Null | NodeKind::Failed => {}
    }
}

/// The same in a script: from `//` to the end of its line, outside of texts and of `/* … */`.
fn in_script(text: &str) -> Vec<(usize, usize)> {
    let mut comments = Vec::new();
    let (mut in_text, mut depth) = (false, 0_usize);
    let mut rest = text.char_indices().peekable();
    while let Some((at, c)) = rest.next() {
        let next = rest.peek().map(|(_, c)| *c);
        match (c, next) {
            ('\\', _) if in_text => {
                rest.next();
            }
            ('"', _) if depth == 0 => in_text = !in_text,
            ('/', Some('*')) if !in_text => {
                rest.next();
                depth = depth.saturating_add(1);
            }
            ('*', Some('/')) if depth > 0 => {
                rest.next();
                depth = depth.saturating_sub(1);
            }
            ('/', Some('/')) if !in_text && depth == 0 => {
                let line = text.get(at..).and_then(|t| t.lines().next()).unwrap_or_default();
                let end = at.saturating_add(line.trim_end().len());
                comments.push((at, end));
                while rest.peek().is_some_and(|(at, _)| *at < end) {
                    rest.next();
                }
            }
            _ => {}
        }
    }
    comments
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

/// The comment at these bytes, if it is one that allows.
fn read(index: u32, text: &str, start: usize, end: usize) -> Option<Allow> {
    let span = |from: usize, to: usize| Span { file: index, start: offset(from), end: offset(to) };
    let comment = text.get(start..end)?;
    let said = comment.trim_start_matches(['#', '/']).trim_start().strip_prefix(MARK)?.trim_start();
    let word_length = said.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap_or(said.len());
    let (word, after) = said.split_at_checked(word_length)?;
    let whole_file = match word {
        LINE => false,
        FILE => true,
        _ => return None,
    };
    let (codes, reason) = after.split_once("--").unwrap_or((after, ""));
    let codes_at = end.saturating_sub(after.len());
    let mut found = Vec::new();
    let mut at = codes_at;
    for part in codes.split_inclusive([',', ' ', '\t']) {
        let code = part.trim_end_matches([',', ' ', '\t']);
        if !code.is_empty() {
            found.push(Spanned { value: code.to_owned(), span: span(at, at.saturating_add(code.len())) });
        }
        at = at.saturating_add(part.len());
    }
    let line_start = text.get(..start)?.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let alone = text.get(line_start..start)?.trim_matches(['\u{feff}', ' ', '\t']).is_empty();
    let holds = match (whole_file, alone) {
        (true, _) => span(0, text.len()),
        (false, false) => span(line_start, start),
        (false, true) => next_line(text, end, if comment.starts_with('#') { "#" } else { "//" })
            .map_or(span(end, end), |(from, to)| span(from, to)),
    };
    Some(Allow { codes: found, reason: reason.trim().to_owned(), holds, span: span(start, end) })
}

/// The next line after a byte that is neither empty nor only a comment.
fn next_line(text: &str, after: usize, comment: &str) -> Option<(usize, usize)> {
    let mut at = after.saturating_add(text.get(after..)?.find('\n')?).saturating_add(1);
    for line in text.get(at..)?.split_inclusive('\n') {
        let end = at.saturating_add(line.len());
        let content = line.trim();
        if !content.is_empty() && !content.starts_with(comment) {
            return Some((at, end));
        }
        at = end;
    }
    None
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::string_slice, reason = "a test stops at the first surprise")]
    use super::*;

    fn read_file(path: &str, text: &str) -> Vec<(String, String, String)> {
        let file = SourceFile { path: path.to_owned(), bytes: text.into() };
        let text_of = |s: Span| text[s.start as usize..s.end as usize].to_owned();
        let all = allows(0, &file).into_iter();
        all.map(|a| {
            let codes: Vec<String> = a.codes.iter().map(|c| c.value.clone()).collect();
            assert!(a.codes.iter().all(|c| text_of(c.span) == c.value));
            (codes.join(" "), a.reason, text_of(a.holds))
        })
        .collect()
    }

    fn found(codes: &str, reason: &str, holds: &str) -> (String, String, String) {
        (codes.to_owned(), reason.to_owned(), holds.to_owned())
    }

    #[test]
    fn a_comment_holds_for_its_line_or_the_next_or_the_file() {
        let end = found("R1", "so", "a: 1 ");
        let next = found("R1", "so", "a: 1\n");
        for (text, due) in [
            ("a: 1 # rewards: allow R1 -- so\n", vec![end.clone()]),
            ("a: 1 #rewards:allow R1 --so  \r\n", vec![end]),
            ("# rewards: allow R1 -- so\na: 1\nb: 2\n", vec![next.clone()]),
            ("# rewards: allow R1 -- so\n\n# more\na: 1\n", vec![next.clone()]),
            ("# rewards: allow R1, R2 R3\na: 1\n", vec![found("R1 R2 R3", "", "a: 1\n")]),
            ("# rewards: allow\na: 1\n", vec![found("", "", "a: 1\n")]),
            ("a: 1\n# rewards: allow-file R1 -- so", vec![found("R1", "so", "a: 1\n# rewards: allow-file R1 -- so")]),
            ("a: 1\n# rewards: allow R1 -- so", vec![found("R1", "so", "")]),
            ("# rewards: 3 % of groceries\n# rewards: allowed\na: 1\n", vec![]),
            ("a: \"x # rewards: allow R1 -- so\"\n", vec![]),
            ("a: |\n  # rewards: allow R1 -- so\nb: 1\n", vec![]),
            ("a: x#rewards: allow R1 -- so\n", vec![]),
        ] {
            assert_eq!(read_file("a.yaml", text), due, "{text}");
        }
        assert_eq!(
            read_file("a.yaml", "# rewards: allow R1 -- so\n# rewards: allow R1 -- so\na: 1\n"),
            [next.clone(), next]
        );
    }

    #[test]
    fn scripts_have_comments_of_their_own() {
        let next = found("R1", "so", "fn a() { 1 }\n");
        for (text, due) in [
            ("// rewards: allow R1 -- so\nfn a() { 1 }\n", vec![next.clone()]),
            ("fn a() { 1 } // rewards: allow R1 -- so\n", vec![found("R1", "so", "fn a() { 1 } ")]),
            ("fn a() { \"// rewards: allow R1 -- so\" }\n", vec![]),
            ("fn a() { \"\\\"// rewards: allow R1 -- so\" }\n", vec![]),
            ("/* // rewards: allow R1 -- so */\nfn a() { 1 }\n", vec![]),
            ("/* a \" */ // rewards: allow R1 -- so\nfn a() { 1 }\n", vec![found("R1", "so", "/* a \" */ ")]),
            ("// it's \"\n// rewards: allow R1 -- so\nfn a() { 1 }\n", vec![next]),
        ] {
            assert_eq!(read_file("a.rhai", text), due, "{text}");
        }
    }
}
