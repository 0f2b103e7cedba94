//! Rows of CSV.

use std::io::BufReader;
use std::path::{Path, PathBuf};

use ::csv::{ByteRecord, Position, ReaderBuilder};
use rewards_rules::input::InputError;
use rewards_rules::simulate::Cell;
use rewards_rules::simulate::lines::{BadHeader, CsvRow, csv_header};

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
        self.columns = header.len();
        csv_header(header).map_err(|bad| {
            let name = match (bad, self.path.to_string_lossy()) {
                (BadHeader::Empty, name) if name == "-" => "standard input".into(),
                (_, name) => name,
            };
            Failure(format!("{name}{bad}"))
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, Failure> {
        self.records.get_mut().get_mut().watch.next_row();
        if !self.records.read_byte_record(&mut self.record).map_err(|e| unreadable(&self.path, &e))? {
            return Ok(None);
        }
        let place = Place::Line(self.record.position().map_or(0, Position::line));
        // One look at the whole row is cheaper than one at each cell.
        let text = std::str::from_utf8(self.record.as_slice()).ok();
        let last = self.record.len().checked_sub(1).and_then(|last| self.record.get(last));
        let unclosed = self.records.get_ref().get_ref().watch.unclosed(last);
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
        let record = self.record;
        let (bytes, cells, columns) = (record.as_slice(), record.len(), self.columns);
        // A character may not be cut in two by a comma.
        CsvRow { bytes, cells, columns, unclosed: self.unclosed }.check(|| {
            self.text.is_some_and(|text| {
                text.is_ascii() || (0..cells).all(|at| record.range(at).is_none_or(|r| text.get(r).is_some()))
            })
        })
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
