//! Where rows come from: whatever speaks Arrow, or a file of Parquet, CSV or newline-delimited JSON, a batch at a time.
//!
//! Cells of CSV stay texts: what a column makes of one is decided in the engine, for every format.

use std::fs::File;
use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, sync_channel};

use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_pyarrow::FromPyArrow;
use arrow_schema::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors;
use crate::lines::{Chunk, Lines};

/// Rows of a Parquet file that are read at once.
const BATCH: usize = 65_536;

/// Rows, and how many rows there are where that is known.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) rows_of: RowsOf,
    pub(crate) rows: Option<u64>,
}

/// Where the rows are.
pub(crate) enum RowsOf {
    /// What Python makes, when it is asked.
    Arrow(Box<dyn RecordBatchReader + Send>),
    Parquet(Box<Parquet>),
    Lines(Lines),
    /// A file that another thread reads.
    Ahead(Receiver<Read>),
}

/// The next rows of a file, none at its end, or why it cannot be read.
type Read = Result<Option<Part>, String>;

/// Parts of a file that may wait to be taken.
const WAITING: usize = 2;

impl RowsOf {
    /// The next rows of a file.
    pub(crate) fn read(&mut self) -> Read {
        match self {
            RowsOf::Arrow(batches) => {
                let batch = batches.next().transpose();
                batch.map(|batch| batch.map(Part::Arrow)).map_err(|error| error.to_string())
            }
            RowsOf::Parquet(file) => file.next().map(|batch| batch.map(Part::Arrow)),
            RowsOf::Lines(lines) => lines.next().map(|chunk| chunk.map(Part::Lines)).map_err(|error| error.to_string()),
            // Whoever reads tells of the end; a thread that is gone without a word must not be taken for one.
            RowsOf::Ahead(parts) => parts.recv().unwrap_or_else(|_| Err("its reader has stopped".to_owned())),
        }
    }

    /// Leaves out all columns of a file but these, before anything is read, so that they take no memory. True if the rows
    /// then have these columns alone; what speaks Arrow gives what it has.
    pub(crate) fn only(&mut self, columns: &[usize]) -> Result<bool, String> {
        match self {
            RowsOf::Arrow(_) | RowsOf::Ahead(_) => return Ok(false),
            RowsOf::Parquet(file) => file.only(columns)?,
            RowsOf::Lines(lines) => lines.only(columns),
        }
        Ok(true)
    }

    /// The same rows, of a file read on a thread of its own, a few parts before they are asked for.
    pub(crate) fn ahead(mut self) -> io::Result<RowsOf> {
        if matches!(self, RowsOf::Arrow(_) | RowsOf::Ahead(_)) {
            return Ok(self);
        }
        let (to, parts) = sync_channel(WAITING);
        std::thread::Builder::new().name("rewards-rows".to_owned()).spawn(move || {
            loop {
                let part = self.read();
                let last = !matches!(part, Ok(Some(_)));
                // Where nobody takes them any more, nobody wants more of them.
                if to.send(part).is_err() || last {
                    return;
                }
            }
        })?;
        Ok(RowsOf::Ahead(parts))
    }
}

/// A Parquet file: open, until the first rows are asked for.
pub(crate) struct Parquet {
    pub(crate) schema: SchemaRef,
    opened: Option<ParquetRecordBatchReaderBuilder<File>>,
    batches: Option<ParquetRecordBatchReader>,
}

impl Parquet {
    fn new(opened: ParquetRecordBatchReaderBuilder<File>) -> Parquet {
        Parquet { schema: SchemaRef::clone(opened.schema()), opened: Some(opened), batches: None }
    }

    fn only(&mut self, columns: &[usize]) -> Result<(), String> {
        let Some(opened) = self.opened.take() else { return Ok(()) };
        let columns = ProjectionMask::roots(opened.parquet_schema(), columns.iter().copied());
        self.begin(opened.with_projection(columns))
    }

    fn begin(&mut self, opened: ParquetRecordBatchReaderBuilder<File>) -> Result<(), String> {
        self.batches = Some(opened.with_batch_size(BATCH).build().map_err(|error| error.to_string())?);
        Ok(())
    }

    fn next(&mut self) -> Result<Option<RecordBatch>, String> {
        if let Some(opened) = self.opened.take() {
            self.begin(opened)?;
        }
        self.batches.as_mut().and_then(Iterator::next).transpose().map_err(|error| error.to_string())
    }
}

/// Some of the rows.
pub(crate) enum Part {
    Arrow(RecordBatch),
    Lines(Chunk),
}

impl Part {
    pub(crate) fn rows(&self) -> usize {
        match self {
            Part::Arrow(batch) => batch.num_rows(),
            Part::Lines(chunk) => chunk.rows(),
        }
    }

    pub(crate) fn is_lines(&self) -> bool {
        matches!(self, Part::Lines(_))
    }

    /// The line of a row, in a file that has lines.
    pub(crate) fn line(&self, row: usize) -> Option<u64> {
        match self {
            Part::Arrow(_) => None,
            Part::Lines(chunk) => chunk.line(row),
        }
    }
}

impl Source {
    /// Opens a path, or takes an object that has `__arrow_c_stream__`.
    pub(crate) fn open(given: &Bound<'_, PyAny>, name: &str) -> PyResult<Source> {
        let path = given.is_instance_of::<PyString>() || given.hasattr("__fspath__")?;
        if path {
            let path: std::path::PathBuf = given.extract()?;
            return Source::file(&path);
        }
        if !given.hasattr("__arrow_c_stream__")? {
            let class = given.get_type();
            return Err(PyTypeError::new_err(format!(
                "{name}: a {} has no `__arrow_c_stream__`; give a data frame of polars, pandas (2.2 or later) or pyarrow, \
                 a relation of DuckDB, or the path of a file ending in `.csv`, `.parquet`, `.ndjson` or \
                 `.jsonl`",
                class.name()?
            )));
        }
        let rows = given.len().ok().and_then(|rows| u64::try_from(rows).ok());
        let stream = RecordBatchStreamReader::from_pyarrow_bound(given)?;
        Ok(Source { name: name.to_owned(), rows_of: RowsOf::Arrow(Box::new(stream)), rows })
    }

    fn file(path: &Path) -> PyResult<Source> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|e| PyOSError::new_err((e.raw_os_error(), e.to_string(), name.clone())))?;
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("parquet") => {
                let builder =
                    ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| errors::unreadable(&name, &e))?;
                let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).ok();
                Ok(Source { rows_of: RowsOf::Parquet(Box::new(Parquet::new(builder))), rows, name })
            }
            Some("csv") => {
                let lines = Lines::csv(&name, file)?;
                Ok(Source { rows_of: RowsOf::Lines(lines), rows: None, name })
            }
            Some("ndjson" | "jsonl") => Ok(Source { rows_of: RowsOf::Lines(Lines::ndjson(file)), rows: None, name }),
            _ => Err(PyValueError::new_err(format!(
                "{name}: a file ending in `.csv`, `.parquet`, `.ndjson` or `.jsonl` is due here"
            ))),
        }
    }
}
