//! Tables of transactions and members as rows, and rows as files: what every command does that works on many purchases.
//!
//! One file a format. Here is only what they share: which format a path has, the rows and cells of an open file, and
//! what is said of a bad one. What a cell means is decided by the engine.

pub(crate) mod ahead;
pub(crate) mod answer;
mod csv;
pub(crate) mod named;
mod ndjson;
#[cfg(feature = "parquet")]
mod parquet;
mod progress;
pub(crate) mod rejects;
#[cfg(all(feature = "parquet", feature = "service"))]
pub(crate) mod table;
pub(crate) mod whole;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::Path;

use clap::ValueEnum;
use rewards_rules::EvaluationError;
use rewards_rules::input::{ErrorCode, InputError};
#[cfg(feature = "parquet")]
use rewards_rules::simulate::arrow::Batch;
use rewards_rules::simulate::lines::Watch;
use rewards_rules::simulate::{Cell, ColumnNames};

use crate::cli::{Failure, complain};
use progress::Progress;

/// A format of tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Comma-separated, with a header
    Csv,
    /// A JSON object a line
    Ndjson,
    /// Parquet
    Parquet,
}

impl Format {
    /// The format that the ending of a path names.
    pub(crate) fn of(path: &Path) -> Result<Format, Failure> {
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("csv") => Ok(Format::Csv),
            Some("ndjson" | "jsonl") => Ok(Format::Ndjson),
            Some("parquet") => Ok(Format::Parquet),
            _ => {
                let endings = "a file ending in `.csv`, `.parquet`, `.ndjson` or `.jsonl` is due here";
                Err(Failure(format!("{}: {endings}", path.display())))
            }
        }
    }
}

#[cfg(not(feature = "parquet"))]
fn no_parquet(path: &Path) -> Failure {
    Failure(format!(
        "{}: this command was built without Parquet (its feature `parquet`); CSV and NDJSON it knows",
        path.display()
    ))
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a file of lines, from 1.
    Line(u64),
    /// In a file that has no lines: row, from 1.
    Row(u64),
    /// Above all rows of such a file.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code, reason = "only Parquet has no lines"))]
    Schema,
}

impl Place {
    /// The number of the line or row; 0 above all rows.
    pub(crate) fn number(self) -> u64 {
        match self {
            Place::Line(number) | Place::Row(number) => number,
            Place::Schema => 0,
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Line(line) => write!(f, ":{line}"),
            Place::Row(row) => write!(f, ": row {row}"),
            Place::Schema => Ok(()),
        }
    }
}

/// A row that cannot be used, or a header that no row can be used with.
#[derive(Debug)]
pub(crate) struct BadRow {
    pub(crate) place: Place,
    pub(crate) code: &'static str,
    pub(crate) reason: String,
}

impl BadRow {
    pub(crate) fn new(place: Place, error: &EvaluationError) -> BadRow {
        BadRow { place, code: error.code.as_str(), reason: error.message.clone() }
    }

    /// A header's mistake; its message names the column where a row's does not.
    pub(crate) fn of_header(place: Place, header: &[String], error: InputError) -> BadRow {
        // All in one cell: another program's idea of CSV.
        if let [cell] = header
            && let Some(divider) = [';', '\t', '|'].into_iter().find(|divider| cell.contains(*divider))
        {
            let divider = if divider == '\t' { "tabs".to_owned() } else { format!("`{divider}`") };
            let reason = format!("the cells are divided by {divider}, a comma is due; decimals stand after a point");
            return BadRow { place, code: ErrorCode::InvalidSyntax.as_str(), reason };
        }
        BadRow { place, code: error.code.as_str(), reason: error.message }
    }

    /// Says on standard error which option reads instants that lack an offset, where one does.
    pub(crate) fn complain_of_zone(&self) {
        if self.code == ErrorCode::MissingOffset.as_str() {
            complain("`--assume-timezone program` reads instants without an offset as local time of the program");
        }
    }

    /// Says on standard error what is wrong where.
    pub(crate) fn complain(&self, path: &Path) {
        complain(&format!("error: {}{}: {}: {}", path.display(), self.place, self.code, self.reason));
    }
}

/// A table that is open for reading, its rows one after the other.
pub(crate) enum Reader {
    Csv(Box<csv::Reader>),
    Ndjson(Box<ndjson::Reader>),
    #[cfg(feature = "parquet")]
    Parquet(Box<parquet::Reader>),
}

impl Reader {
    /// Opens a file in the format of its ending, or in the one given. `-` is standard input, with a format given.
    pub(crate) fn open(path: &Path, format: Option<Format>) -> Result<Reader, Failure> {
        let standard = path.as_os_str() == "-";
        if !standard && fs::metadata(path).map_err(|e| unreadable(path, &e))?.is_dir() {
            return Err(Failure(format!("{} is a folder", path.display())));
        }
        let format = match format {
            Some(format) => format,
            None if standard => {
                return Err(Failure(
                    "standard input has no ending; `--from csv` or `--from ndjson` names its format".to_owned(),
                ));
            }
            None => Format::of(path)?,
        };
        if format == Format::Parquet {
            if standard {
                return Err(Failure(
                    "Parquet is read from its end, so it cannot come through standard input".to_owned(),
                ));
            }
            #[cfg(feature = "parquet")]
            return Ok(Reader::Parquet(Box::new(parquet::Reader::open(path)?)));
            #[cfg(not(feature = "parquet"))]
            return Err(no_parquet(path));
        }
        let (source, length): (Box<dyn Read + Send>, Option<u64>) = if standard {
            (Box::new(io::stdin()), None)
        } else {
            let file = File::open(path).map_err(|e| unreadable(path, &e))?;
            let metadata = file.metadata().map_err(|e| unreadable(path, &e))?;
            (Box::new(file), metadata.is_file().then_some(metadata.len()))
        };
        let counted = Counted { source, progress: Progress::of_bytes(length), watch: Watch::new() };
        let buffered = BufReader::with_capacity(1 << 17, counted);
        Ok(if format == Format::Csv {
            Reader::Csv(Box::new(csv::Reader::new(path, buffered)))
        } else {
            Reader::Ndjson(Box::new(ndjson::Reader::new(path, buffered)))
        })
    }

    /// The format of the file.
    pub(crate) fn format(&self) -> Format {
        match self {
            Reader::Csv(_) => Format::Csv,
            Reader::Ndjson(_) => Format::Ndjson,
            #[cfg(feature = "parquet")]
            Reader::Parquet(_) => Format::Parquet,
        }
    }

    /// The names of the columns, in order. A format without a header has every column that there may be. To be asked
    /// before the first row.
    pub(crate) fn header(&mut self, names: &ColumnNames) -> Result<Result<Vec<String>, BadRow>, Failure> {
        match self {
            Reader::Csv(reader) => reader.header().map(Ok),
            Reader::Ndjson(reader) => Ok(Ok(reader.header(names))),
            #[cfg(feature = "parquet")]
            Reader::Parquet(reader) => Ok(reader.header()),
        }
    }

    /// Where the header stands.
    pub(crate) fn place_of_header(&self) -> Place {
        match self {
            Reader::Csv(_) | Reader::Ndjson(_) => Place::Line(1),
            #[cfg(feature = "parquet")]
            Reader::Parquet(_) => Place::Schema,
        }
    }

    /// The next row.
    pub(crate) fn next(&mut self) -> Result<Option<Record<'_>>, Failure> {
        match self {
            Reader::Csv(reader) => reader.next(),
            Reader::Ndjson(reader) => reader.next(),
            #[cfg(feature = "parquet")]
            Reader::Parquet(reader) => reader.next(),
        }
    }

    /// Shows on a terminal how many rows were read, and how much there is to read.
    pub(crate) fn progress(&self) -> &Progress {
        match self {
            Reader::Csv(reader) => reader.progress(),
            Reader::Ndjson(reader) => reader.progress(),
            #[cfg(feature = "parquet")]
            Reader::Parquet(reader) => reader.progress(),
        }
    }
}

/// One row.
pub(crate) struct Record<'a> {
    pub(crate) place: Place,
    cells: Cells<'a>,
}

enum Cells<'a> {
    Csv(csv::Cells<'a>),
    Json(ndjson::Cells<'a>),
    #[cfg(feature = "parquet")]
    Batch(&'a Batch, usize),
}

impl Record<'_> {
    /// Why the row cannot be taken apart at all; to be asked before its cells.
    pub(crate) fn broken(&self) -> Result<(), InputError> {
        match &self.cells {
            Cells::Csv(cells) => cells.broken(),
            Cells::Json(cells) => cells.broken(),
            #[cfg(feature = "parquet")]
            Cells::Batch(..) => Ok(()),
        }
    }

    /// The cell of a column, from 0.
    pub(crate) fn cell(&self, column: usize) -> Cell<'_> {
        match &self.cells {
            Cells::Csv(cells) => cells.cell(column),
            Cells::Json(cells) => cells.cell(column),
            #[cfg(feature = "parquet")]
            Cells::Batch(batch, row) => batch.cell(column, *row),
        }
    }
}

/// What is read of a file, counted for the progress and for the longest row.
struct Counted {
    source: Box<dyn Read + Send>,
    progress: Progress,
    watch: Watch,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.watch.more().map_err(|what| io::Error::new(io::ErrorKind::InvalidData, what))?;
        let count = self.source.read(buffer)?;
        self.watch.read(buffer.get(..count).unwrap_or_default());
        self.progress.advance(u64::try_from(count).unwrap_or(0));
        Ok(count)
    }
}

fn unreadable(path: &Path, error: &dyn fmt::Display) -> Failure {
    Failure(format!("{} cannot be read: {error}", path.display()))
}

fn unwritable(path: &Path, error: &dyn fmt::Display) -> Failure {
    Failure(format!("{} cannot be written: {error}", path.display()))
}
