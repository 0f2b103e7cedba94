//! Small tables in the making: columns of texts, whole numbers, dates and decimals.

use std::sync::Arc;

use arrow_array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use chrono::NaiveDate;
use pyo3::prelude::*;

use crate::errors;
use crate::table::Table;

/// Digits that a sum of 64 bits can have.
const PRECISION: u8 = 19;

/// Columns of one length.
#[derive(Default)]
pub(crate) struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn add(&mut self, name: &str, ty: DataType, optional: bool, array: ArrayRef) {
        self.fields.push(Field::new(name, ty, optional));
        self.arrays.push(array);
    }

    pub(crate) fn texts<'a>(&mut self, name: &str, texts: impl IntoIterator<Item = Option<&'a str>>) {
        let array: StringArray = texts.into_iter().collect();
        self.add(name, DataType::Utf8, true, Arc::new(array));
    }

    pub(crate) fn wholes(&mut self, name: &str, numbers: impl IntoIterator<Item = i64>) {
        let array = Int64Array::from_iter_values(numbers);
        self.add(name, DataType::Int64, false, Arc::new(array));
    }

    pub(crate) fn dates(&mut self, name: &str, dates: impl IntoIterator<Item = Option<NaiveDate>>) {
        let days = |date: NaiveDate| i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).ok();
        let array: Date32Array = dates.into_iter().map(|date| date.and_then(days)).collect();
        self.add(name, DataType::Date32, true, Arc::new(array));
    }

    /// Whole units of 10^-decimals.
    pub(crate) fn decimals(&mut self, name: &str, decimals: u8, units: impl IntoIterator<Item = i64>) {
        self.optional_decimals(name, decimals, units.into_iter().map(Some));
    }

    pub(crate) fn optional_decimals(&mut self, name: &str, decimals: u8, units: impl IntoIterator<Item = Option<i64>>) {
        let ty = DataType::Decimal128(PRECISION, i8::try_from(decimals).unwrap_or(0));
        let array: Decimal128Array = units.into_iter().map(|units| units.map(i128::from)).collect();
        self.add(name, ty.clone(), true, Arc::new(array.with_data_type(ty)));
    }

    pub(crate) fn table(self) -> PyResult<Table> {
        let schema = Arc::new(Schema::new(self.fields));
        let batch = RecordBatch::try_new(Arc::clone(&schema), self.arrays);
        let batch = batch.map_err(|error| errors::unreadable("the result", &error))?;
        Ok(Table::new(schema, vec![batch]))
    }
}
