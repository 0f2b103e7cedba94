//! Rows of Parquet, and the answer as Parquet. A batch of rows is in memory at a time, whatever the row groups are.

use std::fs::File;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};

use ::parquet::arrow::ArrowWriter;
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow_schema::SchemaRef;
use rewards_rules::RuleSet;
use rewards_rules::simulate::Posted;
use rewards_rules::simulate::arrow::{self, Batch};

use super::whole::Whole;
use super::{BadRow, Place, Progress, Record, unreadable, unwritable};
use crate::cli::Failure;

/// Rows that are in memory at once.
const BATCH: usize = 8192;

/// Reads something of a file. A damaged one makes the library panic in places where it trusts a number; that is an error
/// of the file like any other, and nobody wants to see a backtrace for it.
fn guarded<T>(path: &Path, read: impl FnOnce() -> Result<T, String>) -> Result<T, Failure> {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let read = panic::catch_unwind(AssertUnwindSafe(read));
    panic::set_hook(hook);
    match read {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(why)) => Err(unreadable(path, &why)),
        Err(_) => Err(unreadable(path, &"it is damaged")),
    }
}

pub(crate) struct Reader {
    path: PathBuf,
    schema: SchemaRef,
    batches: ParquetRecordBatchReader,
    batch: Option<Batch>,
    at: usize,
    number: u64,
    progress: Progress,
}

impl Reader {
    pub(super) fn open(path: &Path) -> Result<Reader, Failure> {
        let file = File::open(path).map_err(|e| unreadable(path, &e))?;
        let (rows, batches) = guarded(path, || {
            let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| e.to_string())?;
            let rows = builder.metadata().file_metadata().num_rows();
            Ok((rows, builder.with_batch_size(BATCH).build().map_err(|e| e.to_string())?))
        })?;
        let schema = arrow_array::RecordBatchReader::schema(&batches);
        let progress = Progress::of_rows(u64::try_from(rows).unwrap_or(0));
        Ok(Reader { path: path.to_owned(), schema, batches, batch: None, at: 0, number: 0, progress })
    }

    pub(super) fn header(&self) -> Result<Vec<String>, BadRow> {
        arrow::header(&self.schema).map_err(|error| {
            let path = error.path.clone();
            let mut bad = BadRow::of_header(Place::Schema, &[], error);
            bad.reason = format!("{path}: {}", bad.reason);
            bad
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, Failure> {
        while self.batch.as_ref().is_none_or(|batch| self.at >= batch.rows()) {
            self.at = 0;
            let batches = &mut self.batches;
            let batch = guarded(&self.path, || batches.next().transpose().map_err(|e| e.to_string()))?;
            let Some(batch) = batch else { return Ok(None) };
            self.progress.advance(u64::try_from(batch.num_rows()).unwrap_or(0));
            self.batch = Some(Batch::new(&batch).map_err(|e| unreadable(&self.path, &e))?);
        }
        let row = self.at;
        self.at = row.saturating_add(1);
        self.number = self.number.saturating_add(1);
        let place = Place::Row(self.number);
        Ok(self.batch.as_ref().map(|batch| Record { place, cells: super::Cells::Batch(batch, row) }))
    }

    pub(super) fn progress(&self) -> &Progress {
        &self.progress
    }
}

/// The answer on its way into a file.
pub(crate) struct Writer {
    rows: arrow::Answer,
    writer: ArrowWriter<File>,
    whole: Whole,
}

impl Writer {
    pub(super) fn to(whole: Whole, rules: &RuleSet) -> Result<Writer, Failure> {
        let rows = arrow::Answer::new(rules);
        let file = whole.file().try_clone().map_err(|e| unwritable(whole.path(), &e))?;
        let compression = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(compression).build();
        let writer = ArrowWriter::try_new(file, rows.schema(), Some(properties));
        let writer = writer.map_err(|e| unwritable(whole.path(), &e))?;
        Ok(Writer { rows, writer, whole })
    }

    pub(super) fn write(&mut self, posted: &Posted) -> Result<(), Failure> {
        self.rows.push(posted);
        if self.rows.len() < BATCH { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let Writer { rows, writer, whole } = self;
        let batch = rows.take().map_err(|e| unwritable(whole.path(), &e))?;
        writer.write(&batch).map_err(|e| unwritable(whole.path(), &e))
    }

    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.flush()?;
        let Writer { writer, whole, .. } = self;
        writer.close().map_err(|e| unwritable(whole.path(), &e))?;
        whole.finish()
    }
}
