//! Rows of CSV.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use ::csv::{ByteRecord, Position, ReaderBuilder};
use rewards_rules::input::{ErrorCode, InputError};
use rewards_rules::simulate::Cell;

use super::{Counted, Place, Progress, Record, unreadable};
use crate::cli::Failure;

pub(crate) struct Reader {
    path: PathBuf,
    records: ::csv::Reader<BufReader<Counted>>,
    record: ByteRecord,
    columns: usize,
}

impl Reader {
    pub(super) fn new(path: &Path, source: BufReader<Counted>) -> Reader {
        let records = ReaderBuilder::new().flexible(true).from_reader(source);
        Reader { path: path.to_owned(), records, record: ByteRecord::new(), columns: 0 }
    }

    pub(super) fn header(&mut self) -> Result<Vec<String>, Failure> {
        let header = self.records.byte_headers().map_err(|e| unreadable(&self.path, &e))?;
        if header.is_empty() {
            let name = match self.path.to_string_lossy() {
                name if name == "-" => "standard input".into(),
                name => name,
            };
            return Err(Failure(format!("{name} is empty; a header is due in the first line")));
        }
        self.columns = header.len();
        let names = header.iter().map(|name| std::str::from_utf8(name).map(str::to_owned));
        names
            .collect::<Result<_, _>>()
            .map_err(|_| Failure(format!("{}:1: the header is not UTF-8", self.path.display())))
    }

    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, Failure> {
        self.records.get_mut().get_mut().since = 0;
        if !self.records.read_byte_record(&mut self.record).map_err(|e| unreadable(&self.path, &e))? {
            return Ok(None);
        }
        let place = Place::Line(self.record.position().map_or(0, Position::line));
        // One look at the whole row is cheaper than one at each cell.
        let text = std::str::from_utf8(self.record.as_slice()).ok();
        // What ends in the middle of a quoted cell is a row to the parser all the same.
        let read = self.records.get_ref().get_ref();
        let unclosed = read.ended && read.quotes.is_multiple_of(2) && {
            let last = self.record.len().checked_sub(1).and_then(|last| self.record.get(last));
            last.is_some_and(|cell| cell.contains(&b'\n'))
        };
        let cells = Cells { record: &self.record, text, columns: self.columns, unclosed };
        Ok(Some(Record { place, cells: super::Cells::Csv(cells) }))
    }

    pub(super) fn progress(&self) -> &Progress {
        &self.records.get_ref().get_ref().progress
    }
}

/// The cells of one row.
pub(super) struct Cells<'a> {
    record: &'a ByteRecord,
    /// All of them after each other; `None` if they are no text.
    text: Option<&'a str>,
    columns: usize,
    /// Whether the file ends within a quoted cell of it.
    unclosed: bool,
}

impl<'a> Cells<'a> {
    pub(super) fn broken(&self) -> Result<(), InputError> {
        let broken = |why: String| Err(InputError::new(ErrorCode::InvalidSyntax, "", why));
        if self.unclosed {
            let what = "a quotation mark that opens in this row is never closed";
            return broken(format!("{what}: the {} lines from here to the end are one row with it", self.lines()));
        }
        if self.record.len() != self.columns {
            let counts = format!("this row has {} cells, the header has {}", self.record.len(), self.columns);
            return broken(match self.lines() {
                1 => counts,
                lines => format!("{counts}; it goes over {lines} lines: is a quotation mark wrong?"),
            });
        }
        // A character may not be cut in two by a comma.
        let whole = self.text.is_some_and(|text| {
            text.is_ascii()
                || (0..self.record.len()).all(|at| self.record.range(at).is_none_or(|r| text.get(r).is_some()))
        });
        if whole { Ok(()) } else { broken("this row is not UTF-8".to_owned()) }
    }

    /// How many lines of the file it takes.
    fn lines(&self) -> usize {
        let bytes = self.record.as_slice();
        let ends = bytes.iter().filter(|byte| **byte == b'\n').count();
        if bytes.ends_with(b"\n") { ends } else { ends.saturating_add(1) }
    }

    pub(super) fn cell(&self, column: usize) -> Cell<'a> {
        let range = self.record.range(column);
        match (self.text, range) {
            (Some(text), Some(range)) => text.get(range).map_or(Cell::Absent, Cell::Text),
            _ => Cell::Absent,
        }
    }

    /// The cells as they are, for setting the row aside.
    pub(super) fn bytes(&self) -> &'a ByteRecord {
        self.record
    }
}
