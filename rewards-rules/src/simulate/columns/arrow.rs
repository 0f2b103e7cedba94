//! Record batches of Arrow as rows of a simulation, and its answer as record batches.
//!
//! For the formats that keep types: Parquet, and tables in the memory of Python or a browser. Only exact types come
//! in. A binary floating-point number is refused by its type, before any row, since cents do not survive in one.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type, Decimal128Type, Decimal256Type, Int8Type,
    Int16Type, Int32Type, Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Decimal128Array, LargeStringArray, RecordBatch, StringArray, StringViewArray,
};
use arrow_schema::{DataType, Field, Schema, SchemaRef, TimeUnit};
use chrono::{DateTime, NaiveDate, Utc};

use super::super::{OUTPUT_COLUMNS, Posted};
use super::Cell;
use crate::input::{ErrorCode, InputError, Raw};
use crate::rule_set::RuleSet;
use crate::value::Exact;

const DATE_RANGE: &str = "this date is beyond the years that can be computed with";
const INSTANT_RANGE: &str = "this instant is beyond the years that can be computed with";
const TOO_LARGE: &str = "the number has more digits than any amount can have";

/// The names of a table's columns, or the error `wrong_type` for the first that has a type which no column can have.
pub fn header(schema: &Schema) -> Result<Vec<String>, InputError> {
    for field in schema.fields() {
        acceptable(field.name(), field.data_type())?;
    }
    Ok(schema.fields().iter().map(|field| field.name().clone()).collect())
}

fn acceptable(name: &str, ty: &DataType) -> Result<(), InputError> {
    let refuse = |why: String| Err(InputError::new(ErrorCode::WrongType, name, why));
    match ty {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => refuse(format!(
            "this column is {ty}, and cents do not survive in binary floating point; convert it where it is made: \
             `pl.col(\"{name}\").cast(pl.Decimal(18, 2))` in polars, `.cast(pyarrow.decimal128(18, 2))` in pyarrow, \
             `CAST({name} AS DECIMAL(18, 2))` in SQL"
        )),
        DataType::List(inner) | DataType::LargeList(inner) => acceptable(name, inner.data_type()),
        DataType::Struct(fields) => fields.iter().try_for_each(|f| acceptable(name, f.data_type())),
        DataType::Dictionary(_, values) => match **values {
            DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(()),
            _ => refuse(format!("this column is {ty}; of dictionaries only those of texts can be read")),
        },
        DataType::Null
        | DataType::Boolean
        | DataType::Int8
        | DataType::Int16
        | DataType::Int32
        | DataType::Int64
        | DataType::UInt8
        | DataType::UInt16
        | DataType::UInt32
        | DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..)
        | DataType::Utf8
        | DataType::LargeUtf8
        | DataType::Utf8View
        | DataType::Date32
        | DataType::Date64
        | DataType::Timestamp(..) => Ok(()),
        _ => refuse(format!(
            "this column is {ty}; texts, integers, decimals, booleans, dates, timestamps, and lists of texts or of \
             lines can be read"
        )),
    }
}

/// A record batch whose rows can be read as cells.
#[derive(Debug)]
pub struct Batch {
    columns: Vec<Values>,
    rows: usize,
}

#[derive(Debug)]
struct Values {
    array: ArrayRef,
    /// How many places there are; and where something is, unless it is everywhere.
    places: usize,
    filled: Option<BooleanArray>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Nothing,
    Texts(StringArray),
    LargeTexts(LargeStringArray),
    Views(StringViewArray),
    /// Places in a list of texts.
    Dictionary(Vec<usize>, Box<Values>),
    Booleans(BooleanArray),
    /// `None`: more digits than fit.
    Numbers(Vec<Option<Exact>>),
    Dates(Vec<Option<NaiveDate>>),
    Instants(Vec<Option<DateTime<Utc>>>),
    /// Instants without a time zone, as if in UTC.
    Locals(Vec<Option<DateTime<Utc>>>),
    Nested,
}

/// A value of every place, whether something is there or not.
fn each<T: ArrowPrimitiveType, V>(array: &ArrayRef, of: impl Fn(T::Native) -> V) -> Vec<V> {
    array.as_primitive_opt::<T>().map(|a| a.values().iter().map(|v| of(*v)).collect()).unwrap_or_default()
}

/// `mantissa / 10^scale`, where a scale may be below zero.
fn decimal(mantissa: i128, scale: i8) -> Option<Exact> {
    match u32::try_from(scale) {
        Ok(scale) => Exact::new(mantissa, scale).ok(),
        Err(_) => {
            let by = 10_i128.checked_pow(u32::from(scale.unsigned_abs()))?;
            Exact::new(mantissa.checked_mul(by)?, 0).ok()
        }
    }
}

fn day(days: i64) -> Option<NaiveDate> {
    DateTime::from_timestamp(days.checked_mul(86_400)?, 0).map(|at| at.date_naive())
}

fn moments(array: &ArrayRef, unit: TimeUnit) -> Vec<Option<DateTime<Utc>>> {
    match unit {
        TimeUnit::Second => each::<TimestampSecondType, _>(array, |v| DateTime::from_timestamp(v, 0)),
        TimeUnit::Millisecond => each::<TimestampMillisecondType, _>(array, DateTime::from_timestamp_millis),
        TimeUnit::Microsecond => each::<TimestampMicrosecondType, _>(array, DateTime::from_timestamp_micros),
        TimeUnit::Nanosecond => each::<TimestampNanosecondType, _>(array, |v| Some(DateTime::from_timestamp_nanos(v))),
    }
}

impl Values {
    fn new(array: &ArrayRef) -> Option<Values> {
        let whole = |v: i128| Exact::new(v, 0).ok();
        let kind = match array.data_type() {
            DataType::Null => Kind::Nothing,
            DataType::Utf8 => Kind::Texts(array.as_string_opt::<i32>()?.clone()),
            DataType::LargeUtf8 => Kind::LargeTexts(array.as_string_opt::<i64>()?.clone()),
            DataType::Utf8View => Kind::Views(array.as_string_view_opt()?.clone()),
            DataType::Dictionary(..) => {
                let dictionary = array.as_any_dictionary_opt()?;
                let places = if dictionary.values().is_empty() { Vec::new() } else { dictionary.normalized_keys() };
                Kind::Dictionary(places, Box::new(Values::new(dictionary.values())?))
            }
            DataType::Boolean => Kind::Booleans(array.as_boolean_opt()?.clone()),
            DataType::Int8 => Kind::Numbers(each::<Int8Type, _>(array, |v| whole(v.into()))),
            DataType::Int16 => Kind::Numbers(each::<Int16Type, _>(array, |v| whole(v.into()))),
            DataType::Int32 => Kind::Numbers(each::<Int32Type, _>(array, |v| whole(v.into()))),
            DataType::Int64 => Kind::Numbers(each::<Int64Type, _>(array, |v| whole(v.into()))),
            DataType::UInt8 => Kind::Numbers(each::<UInt8Type, _>(array, |v| whole(v.into()))),
            DataType::UInt16 => Kind::Numbers(each::<UInt16Type, _>(array, |v| whole(v.into()))),
            DataType::UInt32 => Kind::Numbers(each::<UInt32Type, _>(array, |v| whole(v.into()))),
            DataType::UInt64 => Kind::Numbers(each::<UInt64Type, _>(array, |v| whole(v.into()))),
            DataType::Decimal32(_, scale) => {
                Kind::Numbers(each::<Decimal32Type, _>(array, |v| decimal(v.into(), *scale)))
            }
            DataType::Decimal64(_, scale) => {
                Kind::Numbers(each::<Decimal64Type, _>(array, |v| decimal(v.into(), *scale)))
            }
            DataType::Decimal128(_, scale) => Kind::Numbers(each::<Decimal128Type, _>(array, |v| decimal(v, *scale))),
            DataType::Decimal256(_, scale) => {
                Kind::Numbers(each::<Decimal256Type, _>(array, |v| decimal(v.to_i128()?, *scale)))
            }
            DataType::Date32 => Kind::Dates(each::<Date32Type, _>(array, |v| day(v.into()))),
            DataType::Date64 => Kind::Dates(each::<Date64Type, _>(array, |v| day(v.div_euclid(86_400_000)))),
            DataType::Timestamp(unit, Some(_)) => Kind::Instants(moments(array, *unit)),
            DataType::Timestamp(unit, None) => Kind::Locals(moments(array, *unit)),
            DataType::List(_) | DataType::LargeList(_) | DataType::Struct(_) => Kind::Nested,
            _ => return None,
        };
        let filled = array.nulls().map(|nulls| BooleanArray::new(nulls.inner().clone(), None));
        Some(Values { array: Arc::clone(array), places: array.len(), filled, kind })
    }

    #[inline]
    fn cell(&self, row: usize) -> Cell<'_> {
        // Texts of Arrow are asked for within bounds only: it stops the process beyond them.
        if row >= self.places || self.filled.as_ref().is_some_and(|filled| !filled.value(row)) {
            return Cell::Absent;
        }
        fn known<'a, T: Copy>(values: &[Option<T>], row: usize, of: fn(T) -> Cell<'a>, why: &'static str) -> Cell<'a> {
            values.get(row).copied().flatten().map_or(Cell::Unreadable(why), of)
        }
        match &self.kind {
            Kind::Nothing => Cell::Absent,
            Kind::Texts(texts) => Cell::Text(texts.value(row)),
            Kind::LargeTexts(texts) => Cell::Text(texts.value(row)),
            Kind::Views(texts) => Cell::Text(texts.value(row)),
            Kind::Dictionary(places, values) => places.get(row).map_or(Cell::Absent, |at| values.cell(*at)),
            Kind::Booleans(booleans) => Cell::Boolean(booleans.value(row)),
            Kind::Numbers(numbers) => known(numbers, row, Cell::Exact, TOO_LARGE),
            Kind::Dates(dates) => known(dates, row, Cell::Date, DATE_RANGE),
            Kind::Instants(instants) => known(instants, row, Cell::Instant, INSTANT_RANGE),
            Kind::Locals(locals) => known(locals, row, |at| Cell::Local(at.naive_utc()), INSTANT_RANGE),
            Kind::Nested => raw(&self.array, row).map_or(Cell::Unreadable(TOO_LARGE), Cell::Nested),
        }
    }
}

/// A list or a struct as the tree that JSON would give.
fn raw(array: &ArrayRef, row: usize) -> Option<Raw> {
    if row >= array.len() || array.is_null(row) {
        return Some(Raw::Null);
    }
    let list = |items: ArrayRef| (0..items.len()).map(|at| raw(&items, at)).collect::<Option<Vec<Raw>>>();
    match array.data_type() {
        DataType::List(_) => list(array.as_list_opt::<i32>()?.value(row)).map(Raw::List),
        DataType::LargeList(_) => list(array.as_list_opt::<i64>()?.value(row)).map(Raw::List),
        DataType::Struct(fields) => {
            let columns = array.as_struct_opt()?;
            let pairs = fields.iter().zip(columns.columns());
            pairs
                .map(|(field, column)| Some((field.name().clone(), raw(column, row)?)))
                .collect::<Option<_>>()
                .map(Raw::Map)
        }
        _ => Some(match Values::new(&array.slice(row, 1))?.cell(0) {
            Cell::Absent => Raw::Null,
            Cell::Text(text) => Raw::Text(text.to_owned()),
            Cell::Boolean(boolean) => Raw::Boolean(boolean),
            Cell::Exact(number) => Raw::Number(number.to_string()),
            Cell::Date(date) => Raw::Text(date.to_string()),
            Cell::Instant(at) => Raw::Text(at.to_rfc3339()),
            _ => return None,
        }),
    }
}

impl Batch {
    /// The rows of a batch. Error `wrong_type` as [`header`].
    pub fn new(batch: &RecordBatch) -> Result<Batch, InputError> {
        let columns = batch.columns().iter().zip(batch.schema_ref().fields());
        let columns = columns.map(|(array, field)| {
            acceptable(field.name(), field.data_type())?;
            Values::new(array).ok_or_else(|| InputError::new(ErrorCode::WrongType, field.name(), "this cannot be read"))
        });
        Ok(Batch { columns: columns.collect::<Result<_, _>>()?, rows: batch.num_rows() })
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A cell by number of its column and its row, from 0; nothing is beyond them.
    pub fn cell(&self, column: usize, row: usize) -> Cell<'_> {
        self.columns.get(column).map_or(Cell::Absent, |values| values.cell(row))
    }
}

/// Digits that a sum of 64 bits can have.
const PRECISION: u8 = 19;

/// Rows of the answer on their way into a record batch: ids and `rules` as texts, money as decimals with the currency's
/// decimals, points as decimals with those of the program.
#[derive(Debug)]
pub struct Answer {
    schema: SchemaRef,
    transaction_ids: Vec<String>,
    user_ids: Vec<String>,
    /// Base, loyalty, campaign, total, points.
    sums: [Vec<i128>; 5],
    scales: [i8; 5],
    rules: Vec<String>,
}

impl Answer {
    /// No rows yet.
    pub fn new(rules: &RuleSet) -> Answer {
        let scale = |decimals: u8| i8::try_from(decimals).unwrap_or(0);
        let (money, points) = (scale(rules.currency().decimals()), scale(rules.graph().program.points_decimals));
        let scales = [money, money, money, money, points];
        let field = |(at, name): (usize, &&str)| {
            let ty = match at.checked_sub(2).and_then(|at| scales.get(at)) {
                Some(scale) => DataType::Decimal128(PRECISION, *scale),
                None => DataType::Utf8,
            };
            Field::new(*name, ty, false)
        };
        let schema = Arc::new(Schema::new(OUTPUT_COLUMNS.iter().enumerate().map(field).collect::<Vec<_>>()));
        let sums = Default::default();
        Answer { schema, transaction_ids: Vec::new(), user_ids: Vec::new(), sums, scales, rules: Vec::new() }
    }

    /// Names and types of the columns.
    pub fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// How many rows wait.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether no row waits.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// Adds a row.
    pub fn push(&mut self, posted: &Posted) {
        self.transaction_ids.push(posted.transaction_id.clone());
        self.user_ids.push(posted.user_id.clone());
        let money = [posted.base, posted.loyalty, posted.campaign, posted.total].map(|a| a.minor());
        for (sum, units) in self.sums.iter_mut().zip(money.into_iter().chain([posted.points.units()])) {
            sum.push(i128::from(units));
        }
        self.rules.push(posted.rules.clone());
    }

    /// The rows so far as a batch; none waits afterwards.
    pub fn take(&mut self) -> Result<RecordBatch, arrow_schema::ArrowError> {
        let text = |texts: &mut Vec<String>| -> ArrayRef { Arc::new(StringArray::from_iter_values(texts.drain(..))) };
        let mut columns = vec![text(&mut self.transaction_ids), text(&mut self.user_ids)];
        for (sum, scale) in self.sums.iter_mut().zip(self.scales) {
            let decimals = Decimal128Array::from(std::mem::take(sum)).with_precision_and_scale(PRECISION, scale)?;
            columns.push(Arc::new(decimals));
        }
        columns.push(text(&mut self.rules));
        RecordBatch::try_new(self.schema(), columns)
    }
}
