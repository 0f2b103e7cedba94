//! Tables of Arrow that Python gets: read by anything that speaks the PyCapsule interface, or as plain values.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::types::{Date32Type, Decimal128Type, Int64Type};
use arrow_array::{Array, ArrayRef, RecordBatch, RecordBatchIterator};
use arrow_schema::{DataType, SchemaRef};
use chrono::{DateTime, NaiveDate};
use pyo3::prelude::*;
use pyo3::types::{PyCapsule, PyDict, PyList};

/// A table.
#[pyclass(frozen, module = "rewards._rewards")]
pub(crate) struct Table {
    schema: SchemaRef,
    batches: Vec<RecordBatch>,
}

impl Table {
    pub(crate) fn new(schema: SchemaRef, batches: Vec<RecordBatch>) -> Table {
        Table { schema, batches }
    }
}

#[pymethods]
impl Table {
    /// The Arrow PyCapsule interface.
    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // Only a schema that was asked for could make it convert, and a producer may leave that to its reader.
        let _ = requested_schema;
        let batches: Vec<_> = self.batches.iter().cloned().map(Ok).collect();
        let reader = RecordBatchIterator::new(batches, Arc::clone(&self.schema));
        let stream = FFI_ArrowArrayStream::new(Box::new(reader));
        PyCapsule::new_with_value(py, stream, c"arrow_array_stream")
    }

    fn __len__(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }

    fn column_names(&self) -> Vec<String> {
        self.schema.fields().iter().map(|field| field.name().clone()).collect()
    }

    /// The first rows as dicts of plain values: `str`, `Decimal`, `date`, `int`.
    #[pyo3(signature = (most=None))]
    fn rows<'py>(&self, py: Python<'py>, most: Option<usize>) -> PyResult<Bound<'py, PyList>> {
        let decimal = py.import("decimal")?.getattr("Decimal")?;
        let rows = PyList::empty(py);
        let most = most.unwrap_or(usize::MAX);
        for batch in &self.batches {
            for row in 0..batch.num_rows() {
                if rows.len() >= most {
                    return Ok(rows);
                }
                let dict = PyDict::new(py);
                for (field, column) in self.schema.fields().iter().zip(batch.columns()) {
                    dict.set_item(field.name(), value(py, column, row, &decimal)?)?;
                }
                rows.append(dict)?;
            }
        }
        Ok(rows)
    }
}

fn date(days: i32) -> Option<NaiveDate> {
    DateTime::from_timestamp(i64::from(days).checked_mul(86_400)?, 0).map(|at| at.date_naive())
}

fn value<'py>(
    py: Python<'py>,
    column: &ArrayRef,
    row: usize,
    decimal: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    if column.is_null(row) {
        return Ok(py.None().into_bound(py));
    }
    Ok(match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).into_pyobject(py)?.into_any(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).into_pyobject(py)?.into_any(),
        DataType::Date32 => date(column.as_primitive::<Date32Type>().value(row)).into_pyobject(py)?.into_any(),
        DataType::Decimal128(..) => {
            decimal.call1((column.as_primitive::<Decimal128Type>().value_as_string(row),))?.into_any()
        }
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            let list = PyList::empty(py);
            for at in 0..items.len() {
                list.append(value(py, &items, at, decimal)?)?;
            }
            list.into_any()
        }
        DataType::Struct(fields) => {
            let dict = PyDict::new(py);
            for (field, part) in fields.iter().zip(column.as_struct().columns()) {
                dict.set_item(field.name(), value(py, part, row, decimal)?)?;
            }
            dict.into_any()
        }
        _ => py.None().into_bound(py),
    })
}
