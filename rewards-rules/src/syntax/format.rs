//! The one layout of YAML rule files: `rewards fmt`, and a language server when it is asked to format.
//!
//! A room of its own because it works on text, not on meaning: order of keys, spelling of numbers and every comment stay.
//! The layout itself is `pretty_yaml`'s; what it makes of a file is used only after it was read again and
//! found to be the same tree with the same comments, and to be laid out the same once more. Scripts (`*.rhai`) are
//! not formatted.

use std::fmt;
use std::panic::catch_unwind;

use pretty_yaml::config::{FormatOptions, LanguageOptions, LayoutOptions, LineBreak, Quotes};
use yaml_parser::SyntaxKind;

use super::yaml::{Node, hidden_ranges, parse_documents};
use crate::source::{Findings, SourceFile, Sources};

/// How wide a mapping or list in brackets may be, in characters, before it is broken into lines.
pub const WIDTH: usize = 140;

/// The parser behind the layout tries each bracket of a plain text in two ways, so that what it takes doubles with each one
/// in another.
const DEEPEST: usize = 10;

/// A comment with these words leaves the entry after it as it is.
pub const IGNORE: &str = "rewards-fmt-ignore";

/// Why a file was left as it is.
#[derive(Debug, Clone)]
pub enum FormatError {
    /// It is not YAML as rule files use it (R0001 to R0007).
    Unreadable(Findings),
    /// The layout cannot be changed without a risk for what the file says; the text says what went wrong.
    Unsafe(&'static str),
}

impl fmt::Display for FormatError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FormatError::Unreadable(findings) => findings.fmt(f),
            FormatError::Unsafe(why) => write!(f, "it is left as it is: {why}"),
        }
    }
}

/// Lays out a YAML file of a rule set or its tests. The path is for findings.
///
/// Line ends stay those of the first line; a byte order mark goes. A second run changes nothing.
///
/// # Errors
///
/// [`FormatError`]; the file is to be left as it is.
pub fn format(path: &str, bytes: &[u8]) -> Result<String, FormatError> {
    let before = tree(path, bytes)?;
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.replace("\r\n", "").contains('\r') {
        return Err(FormatError::Unsafe("it has carriage returns without a line feed"));
    }
    let after = lay_out(text)?;
    let again = tree(path, after.as_bytes()).map_err(|_| FormatError::Unsafe("it could not be read afterwards"))?;
    let same_length = before.len() == again.len();
    if !same_length || !before.iter().zip(&again).all(|(a, b)| a.says_the_same(b)) {
        return Err(FormatError::Unsafe("it would say something else afterwards"));
    }
    if comments(text) != comments(&after) {
        return Err(FormatError::Unsafe("a comment would be lost or changed"));
    }
    match lay_out(&after) {
        Ok(twice) if twice == after => Ok(after),
        _ => Err(FormatError::Unsafe("a second run would lay it out differently")),
    }
}

/// The documents of a file.
fn tree(path: &str, bytes: &[u8]) -> Result<Vec<Node>, FormatError> {
    let mut findings = Vec::new();
    let documents = parse_documents(0, bytes, &mut findings);
    if findings.is_empty() {
        return Ok(documents);
    }
    let file = SourceFile { path: path.to_owned(), bytes: bytes.into() };
    Err(FormatError::Unreadable(Findings::new(Sources::new([file]), findings)))
}

/// The comments of a text in order, without the spaces after them. Expressions are covered, as their text may
/// contain anything.
fn comments(text: &str) -> Option<Vec<String>> {
    let covered = covered(text)?.0;
    let root = catch_unwind(|| yaml_parser::parse(&covered)).ok()?.ok()?;
    let tokens = root.descendants_with_tokens().filter_map(|part| part.into_token());
    let found = tokens.filter(|token| token.kind() == SyntaxKind::COMMENT);
    Some(found.map(|token| token.text().trim_end().to_owned()).collect())
}

/// The text with what only the reader takes for an expression covered, one character for one, and what was covered.
/// `None` if it uses every character that could cover.
fn covered(text: &str) -> Option<(String, char, Vec<char>)> {
    let cover = ('\u{e000}'..'\u{e010}').find(|c| !text.contains(*c))?;
    let mut out = String::with_capacity(text.len());
    let mut hidden = Vec::new();
    let mut at = 0;
    for range in hidden_ranges(text) {
        out.push_str(text.get(at..range.start)?);
        for character in text.get(range.clone())?.chars() {
            out.push(cover);
            hidden.push(character);
        }
        at = range.end;
    }
    out.push_str(text.get(at..)?);
    Some((out, cover, hidden))
}

fn lay_out(text: &str) -> Result<String, FormatError> {
    let unsafe_characters = FormatError::Unsafe("it uses characters of the private use area");
    let Some((hidden_text, cover, hidden)) = covered(text) else { return Err(unsafe_characters) };
    if deepest(&hidden_text) > DEEPEST {
        return Err(FormatError::Unsafe("its brackets are nested too deeply"));
    }
    // It panics over texts that it did not expect, odd indentation among them.
    let laid_out = catch_unwind(|| pretty_yaml::format_text(&hidden_text, &options(text)));
    let Ok(Ok(laid_out)) = laid_out else { return Err(FormatError::Unsafe("its layout is not understood")) };
    let mut hidden = hidden.into_iter();
    Ok(laid_out.chars().map(|c| if c == cover { hidden.next().unwrap_or(c) } else { c }).collect())
}

/// How deep brackets open within each other, wherever they stand.
fn deepest(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => depth = depth.saturating_add(1),
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        deepest = depth.max(deepest);
    }
    deepest
}

fn options(text: &str) -> FormatOptions {
    let crlf = text.split_once('\n').is_some_and(|(first, _)| first.ends_with('\r'));
    FormatOptions {
        layout: LayoutOptions {
            print_width: WIDTH,
            indent_width: 2,
            line_break: if crlf { LineBreak::Crlf } else { LineBreak::Lf },
        },
        language: LanguageOptions {
            quotes: Quotes::PreferDouble,
            trailing_comma: false,
            brace_spacing: false,
            ignore_comment_directive: IGNORE.to_owned(),
            ..LanguageOptions::default()
        },
    }
}
