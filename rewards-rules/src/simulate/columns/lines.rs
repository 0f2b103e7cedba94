//! What every host asks of a file of lines: how long a row may be, and whether a row of CSV is whole.
//!
//! Nothing is read or taken apart here. A host tells of the bytes that it reads, and has the cells of CSV from a parser.

use crate::input::{ErrorCode, InputError};

/// A row may not be longer than this: what is longer is no purchase, but a quotation mark that nothing closes.
const LONGEST_ROW: u64 = 16 << 20;

/// What is known of the bytes that were read of a file so far.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// Bytes since a row was complete.
    since: u64,
    /// How many quotation marks stand at the end of what was read, line ends aside.
    quotes: usize,
    /// Whether there is nothing more.
    ended: bool,
}

impl Watch {
    /// Nothing was read.
    pub fn new() -> Watch {
        Watch::default()
    }

    /// The next row begins.
    pub fn next_row(&mut self) {
        self.since = 0;
    }

    /// Whether more may be read for the row at hand. Error: why not, as a row has 16 MiB at most.
    pub fn more(&self) -> Result<(), String> {
        match self.since > LONGEST_ROW {
            true => Err(format!("a row is longer than {} MiB; is a quotation mark missing?", LONGEST_ROW >> 20)),
            false => Ok(()),
        }
    }

    /// These bytes were read; none are the end of the file.
    pub fn read(&mut self, part: &[u8]) {
        self.ended = part.is_empty();
        self.quotes = quotes_at_the_end(self.quotes, part);
        self.since = self.since.saturating_add(u64::try_from(part.len()).unwrap_or(0));
    }

    /// Whether the file ends within a quoted cell, which is a row to a parser of CSV all the same: its last cell goes
    /// over a line's end and nothing closes it.
    pub fn unclosed(&self, last_cell: Option<&[u8]>) -> bool {
        self.ended && self.quotes.is_multiple_of(2) && last_cell.is_some_and(|cell| cell.contains(&b'\n'))
    }
}

/// How many quotation marks stand at the end, line ends aside, after a part that ended with so many.
fn quotes_at_the_end(before: usize, part: &[u8]) -> usize {
    let Some(last) = part.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')) else { return before };
    let text = part.get(..=last).unwrap_or_default();
    let marks = text.iter().rev().take_while(|byte| **byte == b'"').count();
    if marks == text.len() { before.saturating_add(marks) } else { marks }
}

/// Why the header of a CSV file cannot be one. The text goes after the name of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadHeader {
    /// There is nothing.
    #[error(" is empty; a header is due in the first line")]
    Empty,
    /// A name is no text.
    #[error(":1: the header is not UTF-8")]
    NotText,
}

/// The names of the columns of a CSV file, from the cells of its first row.
pub fn csv_header<'a>(cells: impl IntoIterator<Item = &'a [u8]>) -> Result<Vec<String>, BadHeader> {
    let names = cells.into_iter().map(|name| std::str::from_utf8(name).map(str::to_owned));
    let names: Vec<String> = names.collect::<Result<_, _>>().map_err(|_| BadHeader::NotText)?;
    if names.is_empty() { Err(BadHeader::Empty) } else { Ok(names) }
}

/// A row of CSV that a parser took apart.
#[derive(Debug, Clone, Copy)]
pub struct CsvRow<'a> {
    /// All cells after each other, without what divides them.
    pub bytes: &'a [u8],
    /// How many cells there are.
    pub cells: usize,
    /// How many columns the header has.
    pub columns: usize,
    /// Whether the file ends within a quoted cell of it ([`Watch::unclosed`]).
    pub unclosed: bool,
}

impl CsvRow<'_> {
    /// Whether the row is whole; `text` says whether each cell is UTF-8. Error: `invalid_syntax`.
    pub fn check(&self, text: impl FnOnce() -> bool) -> Result<(), InputError> {
        let broken = |why: String| Err(InputError::new(ErrorCode::InvalidSyntax, "", why));
        if self.unclosed {
            let what = "a quotation mark that opens in this row is never closed";
            return broken(format!("{what}: the {} lines from here to the end are one row with it", self.lines()));
        }
        if self.cells != self.columns {
            let counts = format!("this row has {} cells, the header has {}", self.cells, self.columns);
            return broken(match self.lines() {
                1 if self.cells > self.columns => format!(
                    "{counts}; a comma ends a cell: decimals stand after a point, a text with a comma in quotation marks"
                ),
                1 => counts,
                lines => format!("{counts}; it goes over {lines} lines: is a quotation mark wrong?"),
            });
        }
        if text() { Ok(()) } else { broken("this row is not UTF-8".to_owned()) }
    }

    /// How many lines of the file it takes.
    fn lines(&self) -> usize {
        let ends = self.bytes.iter().filter(|byte| **byte == b'\n').count();
        if self.bytes.ends_with(b"\n") { ends } else { ends.saturating_add(1) }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

    use super::*;

    fn read(parts: &[&str]) -> Watch {
        let mut watch = Watch::new();
        parts.iter().chain(&[""]).for_each(|part| watch.read(part.as_bytes()));
        watch
    }

    #[test]
    fn a_cell_that_nothing_closes_is_known_however_the_file_is_read() {
        for (parts, unclosed) in [
            (&["a,\"b\nc", "\n"][..], true),
            (&["a,\"b\nc", "\"\n"], false),
            (&["a,\"b\nc", "\"", "\"", "\n"], true),
            (&["a,\"b\nc\"\"\"", "\r\n"], false),
        ] {
            assert_eq!(read(parts).unclosed(Some(b"b\nc")), unclosed, "{parts:?}");
            assert!(!read(parts).unclosed(Some(b"c")), "{parts:?}");
        }
    }

    #[test]
    fn a_row_has_16_mib() {
        let mut watch = Watch::new();
        for _ in 0..17 {
            assert_eq!(watch.more(), Ok(()));
            watch.read(&vec![b'x'; 1 << 20]);
        }
        assert!(watch.more().unwrap_err().starts_with("a row is longer than 16 MiB"));
        watch.next_row();
        assert_eq!(watch.more(), Ok(()));
    }

    #[test]
    fn a_header_has_names() {
        assert_eq!(csv_header([&b"a"[..], b"b"]), Ok(vec!["a".to_owned(), "b".to_owned()]));
        assert_eq!(csv_header([]), Err(BadHeader::Empty));
        assert_eq!(csv_header([&b"\xff"[..]]), Err(BadHeader::NotText));
    }
}
