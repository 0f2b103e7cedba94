//! Where rows come from: whatever speaks Arrow, or a file of Parquet or CSV, a batch at a time.
//!
//! Cells of CSV stay texts: what a column makes of one is decided in the engine, for every format.

use std::fs::File;
use std::io::{BufReader, Seek};
use std::path::Path;
use std::sync::Arc;

use arrow_array::RecordBatchReader;
use arrow_array::ffi_stream::RecordBatchStreamReader;
use arrow_pyarrow::FromPyArrow;
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use pyo3::exceptions::{PyOSError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::errors;

/// Rows of a file that are in memory at once.
const BATCH: usize = 65_536;

/// Record batches, and how many rows there are where that is known.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) batches: Box<dyn RecordBatchReader + Send>,
    pub(crate) rows: Option<u64>,
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
                 a relation of DuckDB, or the path of a file ending in `.parquet` or `.csv`",
                class.name()?
            )));
        }
        let rows = given.len().ok().and_then(|rows| u64::try_from(rows).ok());
        let stream = RecordBatchStreamReader::from_pyarrow_bound(given)?;
        Ok(Source { name: name.to_owned(), batches: Box::new(stream), rows })
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
                Ok(Source { batches: Box::new(batches), rows, name })
            }
            Some("csv") => {
                let batches = csv(file).map_err(|e| errors::unreadable(&name, &e))?;
                Ok(Source { batches, rows: None, name })
            }
            _ => Err(PyValueError::new_err(format!("{name}: a file ending in `.parquet` or `.csv` is due here"))),
        }
    }
}

fn csv(mut file: File) -> Result<Box<dyn RecordBatchReader + Send>, arrow_schema::ArrowError> {
    let (header, _) = arrow_csv::reader::Format::default().with_header(true).infer_schema(&mut file, Some(0))?;
    file.rewind()?;
    let texts = header.fields().iter().map(|field| Field::new(field.name(), DataType::Utf8, true));
    let schema = Arc::new(Schema::new(texts.collect::<Vec<_>>()));
    let reader = arrow_csv::ReaderBuilder::new(schema)
        .with_header(true)
        .with_batch_size(BATCH)
        .build_buffered(BufReader::with_capacity(1 << 20, file))?;
    Ok(Box::new(reader))
}
