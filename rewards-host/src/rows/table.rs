//! A table on its way into a file of Parquet: columns of a few types, and a batch of rows in memory.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use ::parquet::basic::{Compression, ZstdLevel};
use ::parquet::file::properties::WriterProperties;
use arrow_array::builder::{
    Date32Builder, Decimal128Builder, Int64Builder, StringBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};

use super::unwritable;
use super::whole::Whole;
use crate::cli::Failure;

/// Rows that are in memory at once.
const BATCH: usize = 8192;

/// Decimals of every column of numbers: more than any currency or program of points has.
pub(crate) const SCALE: i8 = 12;
const PRECISION: u8 = 38;

/// What a column has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// Texts.
    Text,
    /// Whole numbers.
    Whole,
    /// Decimals.
    Decimal,
    /// Days.
    Day,
    /// Instants in UTC, with microseconds.
    Instant,
}

/// What stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Value {
    /// Nothing.
    Nothing,
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A decimal, as its digits with [`SCALE`] decimals.
    Decimal(i128),
    /// A day.
    Day(NaiveDate),
    /// An instant.
    Instant(DateTime<Utc>),
}

impl Value {
    /// A decimal of so many units of 10^-`decimals`.
    pub(crate) fn units(units: i64, decimals: u8) -> Value {
        let zeros = u32::try_from(SCALE).unwrap_or(0).saturating_sub(u32::from(decimals));
        Value::Decimal(i128::from(units).saturating_mul(10_i128.saturating_pow(zeros)))
    }
}

enum Builder {
    Text(StringBuilder),
    Whole(Int64Builder),
    Decimal(Decimal128Builder),
    Day(Date32Builder),
    Instant(TimestampMicrosecondBuilder),
}

impl Type {
    fn arrow(self) -> DataType {
        match self {
            Type::Text => DataType::Utf8,
            Type::Whole => DataType::Int64,
            Type::Decimal => DataType::Decimal128(PRECISION, SCALE),
            Type::Day => DataType::Date32,
            Type::Instant => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        }
    }

    fn builder(self) -> Builder {
        let of = self.arrow();
        match self {
            Type::Text => Builder::Text(StringBuilder::new()),
            Type::Whole => Builder::Whole(Int64Builder::new()),
            Type::Decimal => Builder::Decimal(Decimal128Builder::new().with_data_type(of)),
            Type::Day => Builder::Day(Date32Builder::new()),
            Type::Instant => Builder::Instant(TimestampMicrosecondBuilder::new().with_data_type(of)),
        }
    }
}

impl Builder {
    /// Takes a value; one of another type counts as nothing.
    fn push(&mut self, value: &Value) {
        match self {
            Builder::Text(of) => of.append_option(if let Value::Text(text) = value { Some(text) } else { None }),
            Builder::Whole(of) => of.append_option(if let Value::Whole(n) = value { Some(*n) } else { None }),
            Builder::Decimal(of) => of.append_option(if let Value::Decimal(n) = value { Some(*n) } else { None }),
            Builder::Day(of) => of.append_option(match value {
                Value::Day(day) => i32::try_from(day.signed_duration_since(NaiveDate::default()).num_days()).ok(),
                _ => None,
            }),
            Builder::Instant(of) => {
                of.append_option(if let Value::Instant(at) = value { Some(at.timestamp_micros()) } else { None });
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Builder::Text(of) => Arc::new(of.finish()),
            Builder::Whole(of) => Arc::new(of.finish()),
            Builder::Decimal(of) => Arc::new(of.finish()),
            Builder::Day(of) => Arc::new(of.finish()),
            Builder::Instant(of) => Arc::new(of.finish()),
        }
    }
}

/// A table that is being written; it stands under its name once it is whole.
pub(crate) struct Writer {
    schema: SchemaRef,
    builders: Vec<Builder>,
    rows: usize,
    writer: ArrowWriter<File>,
    whole: Whole,
}

impl Writer {
    pub(crate) fn to(path: &Path, columns: &[(&str, Type)]) -> Result<Writer, Failure> {
        let fields = columns.iter().map(|(name, of)| Field::new(*name, of.arrow(), true));
        let schema: SchemaRef = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        let whole = Whole::to(path)?;
        let file = whole.file().try_clone().map_err(|e| unwritable(path, &e))?;
        let compression = Compression::ZSTD(ZstdLevel::default());
        let properties = WriterProperties::builder().set_compression(compression).build();
        let writer = ArrowWriter::try_new(file, Arc::clone(&schema), Some(properties));
        let writer = writer.map_err(|e| unwritable(path, &e))?;
        Ok(Writer { schema, builders: columns.iter().map(|(_, of)| of.builder()).collect(), rows: 0, writer, whole })
    }

    /// Writes a row: a value for each column.
    pub(crate) fn row(&mut self, values: &[Value]) -> Result<(), Failure> {
        for (builder, value) in self.builders.iter_mut().zip(values) {
            builder.push(value);
        }
        self.rows = self.rows.saturating_add(1);
        if self.rows < BATCH { Ok(()) } else { self.flush() }
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let Writer { schema, builders, rows, writer, whole } = self;
        *rows = 0;
        let columns: Vec<ArrayRef> = builders.iter_mut().map(Builder::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(schema), columns).map_err(|e| unwritable(whole.path(), &e))?;
        writer.write(&batch).map_err(|e| unwritable(whole.path(), &e))
    }

    pub(crate) fn finish(mut self) -> Result<(), Failure> {
        self.flush()?;
        let Writer { writer, whole, .. } = self;
        writer.close().map_err(|e| unwritable(whole.path(), &e))?;
        whole.finish()
    }
}
