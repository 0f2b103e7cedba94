//! Rows of files that are made of lines, CSV and newline-delimited JSON, a chunk at a time.
//!
//! A row that cannot be taken apart is one all the same: it is bad, and the next one begins where it ends.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::ops::Range;

use csv::{ByteRecord, Position, ReaderBuilder};
use rewards_rules::input::{ErrorCode, InputError, Raw};
use rewards_rules::simulate::{Cell, ColumnNames, json::Keys};
use rewards_rules::value::Exact;

/// Rows of a file that are in memory at once.
const ROWS: usize = 8_192;
/// A row may not be longer than this: what is longer is no purchase, but a quotation mark that nothing closes.
const LONGEST_ROW: u64 = 16 << 20;

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

    fn push<'a>(&mut self, line: u64, broken: Result<(), InputError>, cell: impl Fn(usize) -> Cell<'a>) {
        let whole = broken.map_err(|error| self.broken.insert(self.lines.len(), error)).is_ok();
        self.lines.push(line);
        for column in 0..self.width {
            let stored = match if whole { cell(column) } else { Cell::Absent } {
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

/// What is read of a file, counted for the longest row.
struct Counted {
    file: File,
    /// Bytes since a row was complete.
    since: u64,
    /// How many quotation marks stand at the end of what was read, line ends aside.
    quotes: usize,
    /// Whether there is nothing more.
    ended: bool,
}

impl Counted {
    fn of(file: File) -> BufReader<Counted> {
        BufReader::with_capacity(1 << 17, Counted { file, since: 0, quotes: 0, ended: false })
    }
}

/// How many quotation marks stand at the end, line ends aside, after a part that ended with so many.
fn quotes_at_the_end(before: usize, part: &[u8]) -> usize {
    let Some(last) = part.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')) else { return before };
    let text = part.get(..=last).unwrap_or_default();
    let marks = text.iter().rev().take_while(|byte| **byte == b'"').count();
    if marks == text.len() { before.saturating_add(marks) } else { marks }
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.since > LONGEST_ROW {
            let what = format!("a row is longer than {} MiB; is a quotation mark missing?", LONGEST_ROW >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        let count = self.file.read(buffer)?;
        self.ended = count == 0;
        self.quotes = quotes_at_the_end(self.quotes, buffer.get(..count).unwrap_or_default());
        self.since = self.since.saturating_add(u64::try_from(count).unwrap_or(0));
        Ok(count)
    }
}

fn invalid(message: String) -> InputError {
    InputError::new(ErrorCode::InvalidSyntax, "", message)
}

/// A file of lines that is open.
pub(crate) enum Lines {
    Csv(Box<Csv>),
    Ndjson(Box<Ndjson>),
}

impl Lines {
    pub(crate) fn csv(file: File) -> Result<Lines, csv::Error> {
        let mut records = ReaderBuilder::new().flexible(true).from_reader(Counted::of(file));
        let header = records.headers()?.iter().map(str::to_owned).collect();
        Ok(Lines::Csv(Box::new(Csv { records, record: ByteRecord::new(), header })))
    }

    pub(crate) fn ndjson(file: File) -> Lines {
        let source = Counted::of(file);
        Lines::Ndjson(Box::new(Ndjson {
            source,
            line: Vec::new(),
            number: 0,
            keys: None,
            width: 0,
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

    /// The next rows; none at the end.
    pub(crate) fn next(&mut self) -> io::Result<Option<Chunk>> {
        match self {
            Lines::Csv(reader) => reader.next(),
            Lines::Ndjson(reader) => reader.next(),
        }
    }
}

pub(crate) struct Csv {
    records: csv::Reader<BufReader<Counted>>,
    record: ByteRecord,
    header: Vec<String>,
}

impl Csv {
    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::new(self.header.len());
        while chunk.rows() < ROWS {
            self.records.get_mut().get_mut().since = 0;
            if !self.records.read_byte_record(&mut self.record)? {
                break;
            }
            let line = self.record.position().map_or(0, Position::line);
            let text = |column| self.record.get(column).and_then(|cell| std::str::from_utf8(cell).ok());
            chunk.push(line, self.broken(), |column| text(column).map_or(Cell::Absent, Cell::Text));
        }
        Ok((chunk.rows() > 0).then_some(chunk))
    }

    fn broken(&self) -> Result<(), InputError> {
        let record = &self.record;
        let ends = record.as_slice().iter().filter(|byte| **byte == b'\n').count();
        let lines = if record.as_slice().ends_with(b"\n") { ends } else { ends.saturating_add(1) };
        // What ends in the middle of a quoted cell is a row to the parser all the same.
        let read = self.records.get_ref().get_ref();
        let last = record.len().checked_sub(1).and_then(|last| record.get(last));
        if read.ended && read.quotes.is_multiple_of(2) && last.is_some_and(|cell| cell.contains(&b'\n')) {
            let what = "a quotation mark that opens in this row is never closed";
            return Err(invalid(format!("{what}: the {lines} lines from here to the end are one row with it")));
        }
        if record.len() != self.header.len() {
            let counts = format!("this row has {} cells, the header has {}", record.len(), self.header.len());
            return Err(invalid(match lines {
                1 => counts,
                lines => format!("{counts}; it goes over {lines} lines: is a quotation mark wrong?"),
            }));
        }
        match record.iter().all(|cell| std::str::from_utf8(cell).is_ok()) {
            true => Ok(()),
            false => Err(invalid("this row is not UTF-8".to_owned())),
        }
    }
}

pub(crate) struct Ndjson {
    source: BufReader<Counted>,
    line: Vec<u8>,
    number: u64,
    keys: Option<Keys>,
    width: usize,
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
        self.width = header.len();
        self.keys = Some(Keys::new(&header, names.clone()));
        header
    }

    fn next(&mut self) -> io::Result<Option<Chunk>> {
        let mut chunk = Chunk::new(self.width);
        let Some(keys) = &mut self.keys else { return Ok(None) };
        while chunk.rows() < ROWS {
            self.line.clear();
            self.source.get_mut().since = 0;
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
            chunk.push(self.number, broken, |column| row.cell(column));
        }
        Ok((chunk.rows() > 0).then_some(chunk))
    }
}
