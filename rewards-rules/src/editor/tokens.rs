//! The words of an expression or a script that need not be whole.
//!
//! A room of its own because the parser stops at the first mistake, and whoever is typing needs what stands before
//! and behind it. Whatever cannot be a token is passed over.

use std::ops::Range;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name, with its points: `tx.category`, `partners`, `tx.` that goes on.
    Name,
    /// A text, without its quotes; `closed` tells whether the second quote is there.
    Text {
        /// Whether the second quote is there.
        closed: bool,
    },
    /// A number.
    Number,
    /// An operator, a bracket, a comma: one or two characters.
    Sign,
    /// A comment of a script.
    Comment,
}

/// A token with its bytes in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// What it is.
    pub(super) kind: Kind,
    /// Where it stands; of a text, what is between the quotes.
    pub(super) range: Range<usize>,
}

impl Token {
    /// As it is written.
    pub(super) fn text<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.range.clone()).unwrap_or_default()
    }

    /// Whether it is this sign.
    pub(super) fn is(&self, text: &str, sign: &str) -> bool {
        self.kind == Kind::Sign && self.text(text) == sign
    }

    /// Whether it is this word.
    pub(super) fn is_word(&self, text: &str, word: &str) -> bool {
        self.kind == Kind::Name && self.text(text) == word
    }
}

/// Signs of two characters.
const PAIRS: [&[u8]; 6] = [b"==", b"!=", b"<=", b">=", b"&&", b"||"];

/// The tokens of a stretch of a file.
pub(super) fn tokens(text: &str, range: Range<usize>) -> Vec<Token> {
    let bytes = text.as_bytes();
    let end = range.end.min(bytes.len());
    let at = |i: usize| bytes.get(i).copied().filter(|_| i < end);
    let run = |from: usize, inside: fn(u8) -> bool| {
        let rest = bytes.get(from..end).unwrap_or_default();
        from.saturating_add(rest.iter().take_while(|b| inside(**b)).count())
    };
    let mut found = Vec::new();
    let mut i = range.start;
    while let Some(byte) = at(i) {
        let next = i.saturating_add(1);
        let (kind, range, after) = match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                let to = run(i, |b| b.is_ascii_alphanumeric() || b == b'_' || b == b'.');
                (Kind::Name, i..to, to)
            }
            b'0'..=b'9' => {
                let to = run(i, |b| b.is_ascii_digit() || b == b'.');
                (Kind::Number, i..to, to)
            }
            b'"' => text_token(bytes, next, end, false),
            // Within a text of YAML in double quotes.
            b'\\' if at(next) == Some(b'"') => text_token(bytes, next.saturating_add(1), end, true),
            b'/' if at(next) == Some(b'/') => {
                let to = run(i, |b| b != b'\n');
                (Kind::Comment, i..to, to)
            }
            b'/' if at(next) == Some(b'*') => {
                let rest = text.get(i..end).unwrap_or_default();
                let to = rest.find("*/").map_or(end, |n| i.saturating_add(n).saturating_add(2));
                (Kind::Comment, i..to, to)
            }
            b if b.is_ascii_whitespace() || !b.is_ascii() => {
                i = next;
                continue;
            }
            _ => {
                let two = next.saturating_add(1);
                let pair = bytes.get(i..two.min(end)).is_some_and(|p| PAIRS.contains(&p));
                let to = if pair { two } else { next };
                (Kind::Sign, i..to, to)
            }
        };
        found.push(Token { kind, range });
        i = after.max(next);
    }
    found
}

fn text_token(bytes: &[u8], from: usize, end: usize, escaped: bool) -> (Kind, Range<usize>, usize) {
    let mut i = from;
    while i < end {
        match bytes.get(i) {
            Some(b'\\') if escaped && bytes.get(i.saturating_add(1)) == Some(&b'"') && i.saturating_add(1) < end => {
                return (Kind::Text { closed: true }, from..i, i.saturating_add(2));
            }
            Some(b'\\') => i = i.saturating_add(1),
            Some(b'"') => return (Kind::Text { closed: true }, from..i, i.saturating_add(1)),
            Some(b'\n') => return (Kind::Text { closed: false }, from..i, i),
            _ => {}
        }
        i = i.saturating_add(1);
    }
    (Kind::Text { closed: false }, from.min(end)..end, end)
}
