//! The files of a rule set, and where a byte of them stands.

use sha2::{Digest, Sha256};

use super::Span;
use crate::schema::{Shape, written};

/// One file: its path relative to the rule set's folder, with `/`, and its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative path with `/` between its parts.
    pub path: String,
    /// The bytes as they are on disk.
    pub bytes: Vec<u8>,
}

/// The files of one rule set, in byte order of their paths.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// A place in a file, as people count: lines and columns from 1, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Place {
    /// Path of the file.
    pub file: String,
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the end.
    pub end_line: u32,
    /// One past the column of the last character.
    pub end_column: u32,
}

written! {
    /// A place in a file: lines and columns from 1, columns in characters.
    pub(crate) static PLACE: Place as "Place", p {
        "file" Always Shape::Text, "Path of the file." => p.file;
        "line" Always Shape::Position, "Line of the first character." => p.line;
        "column" Always Shape::Position, "Column of the first character." => p.column;
        "end_line" Always Shape::Position, "Line of the end." => p.end_line;
        "end_column" Always Shape::Position, "One past the column of the last character." => p.end_column;
    }
}

impl Sources {
    /// Puts files in order. A path that stands twice keeps its last content.
    pub fn new(files: impl IntoIterator<Item = SourceFile>) -> Sources {
        let mut sources = Sources::default();
        for file in files {
            sources.add(file.path, file.bytes);
        }
        sources
    }

    /// Adds or replaces one file.
    pub fn add(&mut self, path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> &mut Sources {
        let file = SourceFile { path: path.into(), bytes: bytes.into() };
        match self.files.binary_search_by(|f| f.path.as_bytes().cmp(file.path.as_bytes())) {
            Ok(at) => {
                if let Some(slot) = self.files.get_mut(at) {
                    *slot = file;
                }
            }
            Err(at) => self.files.insert(at, file),
        }
        self
    }

    /// The files in order of their paths.
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The content hash: `sha256:` over path, NUL, length in decimal, NUL, bytes of each `.yaml` and `.rhai` file
    /// but `*.test.yaml`, in byte order of the path.
    pub fn hash(&self) -> String {
        let mut hasher = Sha256::new();
        for file in &self.files {
            let counted =
                (file.path.ends_with(".yaml") && !file.path.ends_with(".test.yaml")) || file.path.ends_with(".rhai");
            if counted {
                hasher.update(file.path.as_bytes());
                hasher.update([0]);
                hasher.update(file.bytes.len().to_string().as_bytes());
                hasher.update([0]);
                hasher.update(&file.bytes);
            }
        }
        let digest = hasher.finalize();
        let mut text = String::from("sha256:");
        for byte in digest {
            text.push_str(&format!("{byte:02x}"));
        }
        text
    }

    /// Where a span stands, for people.
    pub fn place(&self, span: Span) -> Option<Place> {
        let file = self.files.get(usize::try_from(span.file).ok()?)?;
        let (line, column) = line_and_column(&file.bytes, span.start);
        let (end_line, end_column) = line_and_column(&file.bytes, span.end);
        Some(Place { file: file.path.clone(), line, column, end_line, end_column })
    }
}

fn line_and_column(bytes: &[u8], offset: u32) -> (u32, u32) {
    let offset = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len());
    let before = bytes.get(..offset).unwrap_or(bytes);
    let line = before.iter().filter(|&&b| b == b'\n').count();
    let start = before.iter().rposition(|&b| b == b'\n').map_or(0, |at| at.saturating_add(1));
    let column = characters(before.get(start..).unwrap_or_default());
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX).saturating_add(1);
    (count(line), count(column))
}

/// How many characters some bytes are, without a byte order mark at their start. Bytes that are not UTF-8 count as
/// well as they can.
pub(super) fn characters(bytes: &[u8]) -> usize {
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
    bytes.iter().filter(|&&b| !is_continuation(b)).count()
}

/// Whether a byte goes on a character of UTF-8 that an earlier one began.
pub(super) fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}
