//! Rows of files that are made of lines, CSV and newline-delimited JSON, a chunk at a time.
//!
//! A row that cannot be taken apart is one all the same: it is bad, and the next one begins where it ends.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

use csv::{ByteRecord, Position, ReaderBuilder};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use rewards_rules::input::{InputError, Raw};
use rewards_rules::simulate::lines::{CsvRow, Watch, csv_header};
use rewards_rules::simulate::{Cell, ColumnNames, json::Keys};
use rewards_rules::value::Exact;

use crate::errors;

/// Rows of a file that are read at once.
const ROWS: usize = 8_192;
/// Some rows of a file.
pub(crate) struct Chunk {
    width: usize,
    /// All texts and numbers as they are written, one after the other.
    texts: String,
    cells: Vec<Stored>,
    /// The line at which each row begins, from 1.
    lines: Vec<u64>,
    broken: HashMap<usize, InputError>,
}

enum Stored {
    Absent,
    Text(Range<usize>),
    Number(Range<usize>),
    Exact(Exact),
    Boolean(bool),
    Nested(Raw),
}

impl Chunk {
    fn new(width: usize) -> Chunk {
        Chunk { width, texts: String::new(), cells: Vec::new(), lines: Vec::new(), broken: HashMap::new() }
    }

    fn keep(&mut self, text: &str) -> Range<usize> {
        let from = self.texts.len();
        self.texts.push_str(text);
        from..self.texts.len()
    }

    fn push<'a>(
        &mut self,
        line: u64,
        broken: Result<(), InputError>,
        taken: &[usize],
        cell: impl Fn(usize) -> Cell<'a>,
    ) {
        let whole = broken.map_err(|error| self.broken.insert(self.lines.len(), error)).is_ok();
        self.lines.push(line);
        for column in taken {
            let stored = match if whole { cell(*column) } else { Cell::Absent } {
                Cell::Text(text) => Stored::Text(self.keep(text)),
                Cell::Number(digits) => Stored::Number(self.keep(digits)),
                Cell::Exact(number) => Stored::Exact(number),
                Cell::Boolean(boolean) => Stored::Boolean(boolean),
                Cell::Nested(raw) => Stored::Nested(raw),
                // Neither format writes dates and instants but as texts.
                _ => Stored::Absent,
            };
            self.cells.push(stored);
        }
    }

    pub(crate) fn rows(&self) -> usize {
        self.lines.len()
    }

    /// The line of a row, from 1.
    pub(crate) fn line(&self, row: usize) -> Option<u64> {
        self.lines.get(row).copied()
    }

    /// Why a row cannot be taken apart.
    pub(crate) fn broken(&self, row: usize) -> Result<(), InputError> {
        self.broken.get(&row).map_or(Ok(()), |error| Err(error.clone()))
    }

    pub(crate) fn cell(&self, column: usize, row: usize) -> Cell<'_> {
        let text = |range: &Range<usize>| self.texts.get(range.clone()).unwrap_or_default();
        match self.cells.get(row.saturating_mul(self.width).saturating_add(column)) {
            None | Some(Stored::Absent) => Cell::Absent,
            Some(Stored::Text(range)) => Cell::Text(text(range)),
            Some(Stored::Number(range)) => Cell::Number(text(range)),
            Some(Stored::Exact(number)) => Cell::Exact(*number),
            Some(Stored::Boolean(boolean)) => Cell::Boolean(*boolean),
            Some(Stored::Nested(raw)) => Cell::Nested(raw.clone()),
        }
    }
}

/// What is read of a file, watched for the longest row.
struct Watched {
    file: File,
    watch: Watch,
}

impl Watched {
    fn of(file: File) -> BufReader<Watched> {
        BufReader::with_capacity(1 << 17, Watched { file, watch: Watch::new() })
    }
}

impl Read for Watched {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.watch.more().map_err(|what| io::Error::new(io::ErrorKind::InvalidData, what))?;
        let count = self.file.read(buffer)?;
        self.watch.read(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// A file of lines that is open.
pub(crate) enum Lines {
    Csv(Box<Csv>),
    Ndjson(Box<Ndjson>),
}

impl Lines {
    /// A CSV file. Errors name it.
    pub(crate) fn csv(name: &str, file: File) -> PyResult<Lines> {
        let mut records = ReaderBuilder::new().flexible(true).from_reader(Watched::of(file));
        let header = records.byte_headers().map_err(|error| errors::unreadable(name, &error))?;
        let header = csv_header(header).map_err(|bad| PyValueError::new_err(format!("{name}{bad}")))?;
        let taken = (0..header.len()).collect();
        Ok(Lines::Csv(Box::new(Csv { records, record: ByteRecord::new(), header, taken })))
    }

    pub(crate) fn ndjson(file: File) -> Lines {
        let source = Watched::of(file);
        Lines::Ndjson(Box::new(Ndjson {
            source,
            line: Vec::new(),
            number: 0,
            keys: None,
            taken: Vec::new(),
            wanted: Vec::new(),
        }))
    }

    /// The names of the columns. A format without a header has every column that there may be: `names`, and those that
    /// are called otherwise (`renamed`, each with its name here, if it is not left out).
    pub(crate) fn header(&mut self, names: &ColumnNames, renamed: &HashMap<String, Option<String>>) -> Vec<String> {
        match self {
            Lines::Csv(reader) => reader.header.clone(),
            Lines::Ndjson(reader) => reader.header(names, renamed),
        }
    }

    /// Keeps the cells of these columns alone, in this order.
    pub(crate) fn only(&mut self, columns: &[usize]) {
        match self {
            Lines::Csv(reader) => columns.clone_into(&mut reader.taken),
            Lines::Ndjson(reader) => columns.clone_into(&mut reader.taken),
        }
    }

    /// The next rows; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Chunk>> {
        match self {
            Lines::Csv(reader) => reader.next(),
            Lines::Ndjson(reader) => reader.next(),
        }
    }
}

pub(crate) struct Csv {
    records: csv::Reader<BufReader<Watched>>,
    record: ByteRecord,
    header: Vec<String>,
    /// The columns whose cells are kept.
    taken: Vec<usize>,
}

impl Csv {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::new(self.taken.len());
        while chunk.rows() < ROWS {
            self.records.get_mut().get_mut().watch.next_row();
            if !self.records.read_byte_record(&mut self.record)? {
                break;
            }
            let line = self.record.position().map_or(0, Position::line);
            let text = |column| self.record.get(column).and_then(|cell| std::str::from_utf8(cell).ok());
            chunk.push(line, self.broken(), &self.taken, |column| text(column).map_or(Cell::Absent, Cell::Text));
        }
        Ok((chunk.rows() > 0).then_some(chunk))
    }

    fn broken(&self) -> Result<(), InputError> {
        let record = &self.record;
        let last = record.len().checked_sub(1).and_then(|last| record.get(last));
        let unclosed = self.records.get_ref().get_ref().watch.unclosed(last);
        CsvRow { bytes: record.as_slice(), cells: record.len(), columns: self.header.len(), unclosed }
            .check(|| record.iter().all(|cell| std::str::from_utf8(cell).is_ok()))
    }
}

pub(crate) struct Ndjson {
    source: BufReader<Watched>,
    line: Vec<u8>,
    number: u64,
    keys: Option<Keys>,
    /// The columns whose cells are kept.
    taken: Vec<usize>,
    /// Names that a key of another name has here.
    wanted: Vec<String>,
}

impl Ndjson {
    fn header(&mut self, names: &ColumnNames, renamed: &HashMap<String, Option<String>>) -> Vec<String> {
        self.wanted = renamed.values().flatten().cloned().collect();
        let own = names.all().iter().filter(|name| !renamed.contains_key(*name) && !self.wanted.contains(name));
        let mut header: Vec<String> = own.cloned().collect();
        let mut others: Vec<String> = renamed.keys().cloned().collect();
        others.sort_unstable();
        header.extend(others);
        self.taken = (0..header.len()).collect();
        self.keys = Some(Keys::new(&header, names.clone()));
        header
    }

    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::new(self.taken.len());
        let Some(keys) = &mut self.keys else { return Ok(None) };
        while chunk.rows() < ROWS {
            self.line.clear();
            self.source.get_mut().watch.next_row();
            if self.source.read_until(b'\n', &mut self.line)? == 0 {
                break;
            }
            self.number = self.number.saturating_add(1);
            if self.line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let line = self.line.strip_prefix(b"\xef\xbb\xbf").filter(|_| self.number == 1).unwrap_or(&self.line);
            let row = keys.line(line);
            let broken = row.broken().map_err(|error| match self.wanted.contains(&error.path) {
                true => InputError::new(error.code, &error.path, format!("another key is called `{}`", error.path)),
                false => error,
            });
            chunk.push(self.number, broken, &self.taken, |column| row.cell(column));
        }
        Ok((chunk.rows() > 0).then_some(chunk))
    }
}
