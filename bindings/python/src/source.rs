//! Where rows come from: whatever speaks Arrow, or a file of Parquet, CSV or newline-delimited JSON, a batch at a time.
//!
//! Cells of CSV stay texts: what a column makes of one is decided in the engine, for every format.

use std::fs::File;
use std::path::Path;

use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_array::{RecordBatch, RecordBatchReader};
use arrow_pyarrow::FromPyArrow;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors;
use crate::lines::{Chunk, Lines};

/// Rows of a file that are in memory at once.
const BATCH: usize = 65_536;

/// Rows, and how many rows there are where that is known.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) rows_of: RowsOf,
    pub(crate) rows: Option<u64>,
}

/// Where the rows are.
pub(crate) enum RowsOf {
    Arrow(Box<dyn RecordBatchReader + Send>),
    Lines(Lines),
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
                let batches = builder.with_batch_size(BATCH).build().map_err(|e| errors::unreadable(&name, &e))?;
                Ok(Source { rows_of: RowsOf::Arrow(Box::new(batches)), rows, name })
            }
            Some("csv") => {
                let lines = Lines::csv(file).map_err(|e| errors::unreadable(&name, &e))?;
                Ok(Source { rows_of: RowsOf::Lines(lines), rows: None, name })
            }
            Some("ndjson" | "jsonl") => Ok(Source { rows_of: RowsOf::Lines(Lines::ndjson(file)), rows: None, name }),
            _ => Err(PyValueError::new_err(format!(
                "{name}: a file ending in `.csv`, `.parquet`, `.ndjson` or `.jsonl` is due here"
            ))),
        }
    }
}
