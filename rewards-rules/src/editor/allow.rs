//! Where a comment goes that allows a warning in place.
//!
//! A room of its own because a comment can end up within a text or break one, and then the file says something else:
//! every place is tried out with the reader that checks use, and taken only if the file says afterwards what it said.

use std::iter;

use crate::source::{Code, SourceFile, Span};
use crate::syntax::allow::{Allow, allows};
use crate::syntax::yaml::parse_documents;

/// A text to insert into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Insertion {
    /// Before which byte.
    pub at: usize,
    /// What.
    pub text: String,
}

/// What to insert into a file so that a warning which begins at a byte of it is allowed, with `reason` for a reason
/// that its author has to write: a code more in a comment that allows another warning there, else a comment on a line
/// before, else one at the end of the line. `None` for what cannot be allowed ([`Code::can_be_allowed`]), and where no
/// comment can stand that would hold, as within a text of several lines.
pub fn allow(path: &str, text: &str, code: Code, begins: usize) -> Option<Insertion> {
    if !code.can_be_allowed() {
        return None;
    }
    let line_start = text.get(..begins)?.rfind('\n').map_or(0, |at| at.saturating_add(1));
    let line = text.get(line_start..)?.split_inclusive('\n').next().unwrap_or_default();
    let indentation = line.get(..line.len().saturating_sub(line.trim_start().len()))?;
    let line_end = line_start.saturating_add(line.trim_end().len());
    let next_line = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
    let mark = if path.ends_with(".rhai") { "//" } else { "#" };
    let comment = format!("{mark} rewards: allow {code} -- reason");

    let another = allows_of(path, text).into_iter().find(|a| holds(a, begins)).and_then(|a| {
        let at = usize::try_from(a.codes.last()?.span.end).ok()?;
        Some(Insertion { at, text: format!(", {code}") })
    });
    // A byte order mark stays the first of a file.
    let before = (!line.starts_with('\u{feff}'))
        .then(|| Insertion { at: line_start, text: format!("{indentation}{comment}{next_line}") });
    let behind = Insertion { at: line_end, text: format!(" {comment}") };
    let mut places = another.into_iter().chain(before).chain(iter::once(behind));
    places.find(|place| does(path, text, place, code, begins))
}

/// Whether an insertion allows the warning and leaves what the file says.
fn does(path: &str, text: &str, insertion: &Insertion, code: Code, begins: usize) -> bool {
    let Some((head, tail)) = text.split_at_checked(insertion.at) else { return false };
    let after = [head, &insertion.text, tail].concat();
    let moved = if insertion.at <= begins { insertion.text.len() } else { 0 };
    let begins = begins.saturating_add(moved);
    let allowed = allows_of(path, &after).iter().any(|a| {
        let named = a.codes.iter().any(|c| c.value == code.as_str());
        named && holds(a, begins)
    });
    allowed && (path.ends_with(".rhai") || says_the_same(text, &after))
}

fn says_the_same(before: &str, after: &str) -> bool {
    let (mut found_before, mut found_after) = (Vec::new(), Vec::new());
    let a = parse_documents(0, before.as_bytes(), &mut found_before);
    let b = parse_documents(0, after.as_bytes(), &mut found_after);
    let same_findings = found_before.len() == found_after.len();
    same_findings && a.len() == b.len() && a.iter().zip(&b).all(|(a, b)| a.says_the_same(b))
}

fn allows_of(path: &str, text: &str) -> Vec<Allow> {
    allows(0, &SourceFile { path: path.to_owned(), bytes: text.into() })
}

/// Whether a comment is about the line of a byte, and not about the whole file.
fn holds(comment: &Allow, begins: usize) -> bool {
    let within = |span: Span, at: u32| (span.start..span.end).contains(&at);
    let begins = u32::try_from(begins).unwrap_or(u32::MAX);
    within(comment.holds, begins) && !within(comment.holds, comment.span.start)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with the comment; `‸` is where the warning begins.
    fn allowed(path: &str, text: &str) -> Option<String> {
        let (head, tail) = text.split_once('‸').unwrap_or_default();
        let text = [head, tail].concat();
        let Insertion { at, text: new } = allow(path, &text, Code::CapOfZero, head.len())?;
        let (head, tail) = text.split_at_checked(at)?;
        Some([head, &new, tail].concat())
    }

    #[test]
    fn a_comment_goes_where_it_holds() {
        for (path, text, due) in [
            ("a.yaml", "a:\n  - ‸b: 1\n", "a:\n  # rewards: allow R0410 -- reason\n  - b: 1\n"),
            ("a.yaml", "‸b: 1", "# rewards: allow R0410 -- reason\nb: 1"),
            ("a.yaml", "a: 2\r\nb: ‸1 # so\r\n", "a: 2\r\n# rewards: allow R0410 -- reason\r\nb: 1 # so\r\n"),
            ("a.yaml", "\u{feff}b: ‸1\n", "\u{feff}b: 1 # rewards: allow R0410 -- reason\n"),
            (
                "a.yaml",
                "b: ‸1 # rewards: allow R0402 -- it is so\n",
                "b: 1 # rewards: allow R0402, R0410 -- it is so\n",
            ),
            (
                "a.yaml",
                "# rewards: allow R0402, R0403 -- it is so\n# more\nb: ‸1\n",
                "# rewards: allow R0402, R0403, R0410 -- it is so\n# more\nb: 1\n",
            ),
            (
                "a.yaml",
                "# rewards: allow-file R0402 -- it is so\nb: ‸1\n",
                "# rewards: allow-file R0402 -- it is so\n# rewards: allow R0410 -- reason\nb: 1\n",
            ),
            // A comment before the line would cut a text in two.
            ("a.yaml", "a: \"x\n  y\"\nb: [c, ‸d]\n", "a: \"x\n  y\"\n# rewards: allow R0410 -- reason\nb: [c, d]\n"),
            ("a.yaml", "a: {b: \"x\n  y\", ‸c: 1}\n", "a: {b: \"x\n  y\", c: 1} # rewards: allow R0410 -- reason\n"),
            ("a.rhai", "fn f() { ‸1 }\n", "// rewards: allow R0410 -- reason\nfn f() { 1 }\n"),
            ("a.rhai", "/*\n*/ fn ‸f() { 1 }\n", "/*\n*/ fn f() { 1 } // rewards: allow R0410 -- reason\n"),
        ] {
            assert_eq!(allowed(path, text).as_deref(), Some(due), "{text}");
        }
    }

    #[test]
    fn where_no_comment_can_stand_nothing_is_inserted() {
        for text in ["a: |\n  b\n  ‸c\n", "a: >\n  b\n  ‸c\nd: 1\n", "a: \"b\n  ‸c\n  d\"\n"] {
            assert_eq!(allowed("a.yaml", text), None, "{text}");
        }
        for code in [Code::AllowUnused, Code::UnknownKey] {
            assert_eq!(allow("a.yaml", "b: 1\n", code, 0), None);
        }
        for begins in [4_000, 1] {
            assert_eq!(allow("a.yaml", "é: 1\n", Code::CapOfZero, begins), None);
        }
    }
}
