//! A column of a record batch: stretches of the bytes that were given, whose lengths were checked against its rows.

use std::rc::Rc;

use chrono::{DateTime, NaiveDate, Utc};
use rewards_rules::input::Raw;
use rewards_rules::simulate::Cell;
use rewards_rules::value::Exact;

use super::flat::read;
use super::schema::{Type, Unit, Whole};
use super::{Damage, damaged};

const DATE_RANGE: &str = "this date is beyond the years that can be computed with";
const INSTANT_RANGE: &str = "this instant is beyond the years that can be computed with";
const TOO_LARGE: &str = "the number has more digits than any amount can have";
const NO_TEXT: &str = "this text is not UTF-8";
const NO_ENTRY: &str = "this refers to a text that its dictionary does not have";

/// A stretch of the bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Part {
    pub(super) at: usize,
    pub(super) length: usize,
}

impl Part {
    fn of(self, bytes: &[u8]) -> &[u8] {
        bytes.get(self.at..self.at.saturating_add(self.length)).unwrap_or_default()
    }
}

/// Texts that a dictionary has, piece by piece.
pub(super) type Texts = Rc<Vec<Array>>;

#[derive(Debug, Clone)]
pub(super) struct Array {
    length: usize,
    /// A bit for each value: whether it is there.
    there: Option<Part>,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    Nothing,
    Boolean(Part),
    Whole(Part, Whole),
    Decimal { part: Part, width: usize, scale: i8 },
    Date { part: Part, milliseconds: bool },
    Timestamp { part: Part, unit: Unit, zone: bool },
    Text { offsets: Part, wide: bool, data: Part },
    View { views: Part, data: Vec<Part> },
    Dictionary(Part, Whole, Texts),
    List { offsets: Part, wide: bool, items: Box<Array> },
    Struct(Vec<(String, Array)>),
}

/// What a record batch says of its columns, taken one after the other.
pub(super) struct Parts<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) body: Part,
    pub(super) nodes: std::slice::ChunksExact<'a, u8>,
    pub(super) buffers: std::slice::ChunksExact<'a, u8>,
    pub(super) variadic: std::slice::ChunksExact<'a, u8>,
}

impl Parts<'_> {
    /// The next stretch of the body. It lies within it.
    fn buffer(&mut self) -> Result<Part, Damage> {
        let entry = self.buffers.next().ok_or_else(|| damaged("a column has no values"))?;
        let (offset, length) = (super::flat::count_at(entry, 0)?, super::flat::count_at(entry, 8)?);
        if offset.checked_add(length).is_none_or(|end| end > self.body.length) {
            return Err(damaged("the values of a column stand beyond its end"));
        }
        Ok(Part { at: self.body.at.saturating_add(offset), length })
    }

    /// The next stretch, which has room for so many values of so many bytes.
    fn values(&mut self, count: usize, width: usize) -> Result<Part, Damage> {
        let part = self.buffer()?;
        if count.checked_mul(width).is_none_or(|due| due > part.length) {
            return Err(damaged("a column has fewer values than rows"));
        }
        Ok(part)
    }

    fn bits(&mut self, count: usize) -> Result<Part, Damage> {
        self.values(count.div_ceil(8), 1)
    }

    /// The next stretch as places where values begin, the last one where they end. They only go up.
    fn offsets(&mut self, count: usize, wide: bool) -> Result<(Part, usize), Damage> {
        let part = self.buffer()?;
        if count == 0 {
            return Ok((part, 0));
        }
        let due = count.checked_add(1).and_then(|n| n.checked_mul(if wide { 8 } else { 4 }));
        if due.is_none_or(|due| due > part.length) {
            return Err(damaged("a column has fewer values than rows"));
        }
        let mut last = 0;
        for at in 0..=count {
            let next = offset(part.of(self.bytes), wide, at).ok_or_else(|| damaged("a length is below 0"))?;
            if next < last {
                return Err(damaged("a length is below 0"));
            }
            last = next;
        }
        Ok((part, last))
    }
}

fn offset(offsets: &[u8], wide: bool, at: usize) -> Option<usize> {
    if wide {
        usize::try_from(i64::from_le_bytes(read(offsets, at.checked_mul(8)?).ok()?)).ok()
    } else {
        usize::try_from(i32::from_le_bytes(read(offsets, at.checked_mul(4)?).ok()?)).ok()
    }
}

fn bit(bytes: &[u8], at: usize) -> bool {
    let bits = bytes.get(at / 8).copied().unwrap_or(0);
    (bits >> (at % 8)) & 1 == 1
}

fn integer(bytes: &[u8], at: usize, whole: Whole) -> Option<i128> {
    let from = at.checked_mul(whole.width)?;
    Some(match (whole.width, whole.signed) {
        (1, true) => i8::from_le_bytes(read(bytes, from).ok()?).into(),
        (1, false) => u8::from_le_bytes(read(bytes, from).ok()?).into(),
        (2, true) => i16::from_le_bytes(read(bytes, from).ok()?).into(),
        (2, false) => u16::from_le_bytes(read(bytes, from).ok()?).into(),
        (4, true) => i32::from_le_bytes(read(bytes, from).ok()?).into(),
        (4, false) => u32::from_le_bytes(read(bytes, from).ok()?).into(),
        (_, true) => i64::from_le_bytes(read(bytes, from).ok()?).into(),
        (_, false) => u64::from_le_bytes(read(bytes, from).ok()?).into(),
    })
}

fn long(bytes: &[u8], at: usize) -> Option<i64> {
    read(bytes, at.checked_mul(8)?).ok().map(i64::from_le_bytes)
}

/// `mantissa / 10^scale`, where a scale may be below zero.
fn decimal(bytes: &[u8], at: usize, width: usize, scale: i8) -> Option<Exact> {
    let from = at.checked_mul(width)?;
    let mantissa: i128 = match width {
        4 => i32::from_le_bytes(read(bytes, from).ok()?).into(),
        8 => i64::from_le_bytes(read(bytes, from).ok()?).into(),
        _ => i128::from_le_bytes(read(bytes, from).ok()?),
    };
    if width == 32 {
        let high = i128::from_le_bytes(read(bytes, from.checked_add(16)?).ok()?);
        if high != if mantissa < 0 { -1 } else { 0 } {
            return None;
        }
    }
    match u32::try_from(scale) {
        Ok(scale) => Exact::new(mantissa, scale).ok(),
        Err(_) => {
            let by = 10_i128.checked_pow(u32::from(scale.unsigned_abs()))?;
            Exact::new(mantissa.checked_mul(by)?, 0).ok()
        }
    }
}

fn day(bytes: &[u8], at: usize, milliseconds: bool) -> Option<NaiveDate> {
    let days = if milliseconds {
        long(bytes, at)?.div_euclid(86_400_000)
    } else {
        i32::from_le_bytes(read(bytes, at.checked_mul(4)?).ok()?).into()
    };
    DateTime::from_timestamp(days.checked_mul(86_400)?, 0).map(|at| at.date_naive())
}

fn moment(bytes: &[u8], at: usize, unit: Unit) -> Option<DateTime<Utc>> {
    let ticks = long(bytes, at)?;
    match unit {
        Unit::Second => DateTime::from_timestamp(ticks, 0),
        Unit::Millisecond => DateTime::from_timestamp_millis(ticks),
        Unit::Microsecond => DateTime::from_timestamp_micros(ticks),
        Unit::Nanosecond => Some(DateTime::from_timestamp_nanos(ticks)),
    }
}

fn text(bytes: Option<&[u8]>) -> Cell<'_> {
    let text = bytes.and_then(|bytes| std::str::from_utf8(bytes).ok());
    text.map_or(Cell::Unreadable(NO_TEXT), Cell::Text)
}

/// A text of at most 12 bytes stands in its own view, a longer one in the data that the view names.
fn viewed<'a>(bytes: &'a [u8], views: &'a [u8], data: &[Part], at: usize) -> Option<&'a [u8]> {
    let from = at.checked_mul(16)?;
    let place =
        |at: usize| read(views, from.checked_add(at)?).ok().and_then(|n| usize::try_from(u32::from_le_bytes(n)).ok());
    let length = place(0)?;
    if length <= 12 {
        let from = from.checked_add(4)?;
        return views.get(from..from.checked_add(length)?);
    }
    let (buffer, offset) = (place(8)?, place(12)?);
    data.get(buffer)?.of(bytes).get(offset..offset.checked_add(length)?)
}

impl Array {
    /// The next column of a batch. Every number of values was held against the bytes that there are.
    pub(super) fn read(
        ty: &Type,
        parts: &mut Parts<'_>,
        dictionary: &dyn Fn(i64) -> Option<Texts>,
    ) -> Result<Array, Damage> {
        let node = parts.nodes.next().ok_or_else(|| damaged("a column is missing"))?;
        let length = super::flat::count_at(node, 0)?;
        // Also of values that take no room: whoever counts them needs an end.
        if length > parts.body.length.saturating_mul(8) {
            return Err(damaged("a column has more values than there are bits"));
        }
        if let Type::Nothing = ty {
            return Ok(Array { length, there: None, kind: Kind::Nothing });
        }
        let there = match parts.buffer()? {
            Part { length: 0, .. } => None,
            part if part.length >= length.div_ceil(8) => Some(part),
            _ => return Err(damaged("a column has fewer values than rows")),
        };
        let kind = match ty {
            Type::Nothing => Kind::Nothing,
            Type::Boolean => Kind::Boolean(parts.bits(length)?),
            Type::Whole(whole) => Kind::Whole(parts.values(length, whole.width)?, *whole),
            Type::Decimal { width, scale } => {
                Kind::Decimal { part: parts.values(length, *width)?, width: *width, scale: *scale }
            }
            Type::Date { milliseconds } => {
                let width = if *milliseconds { 8 } else { 4 };
                Kind::Date { part: parts.values(length, width)?, milliseconds: *milliseconds }
            }
            Type::Timestamp { unit, zone } => {
                Kind::Timestamp { part: parts.values(length, 8)?, unit: *unit, zone: *zone }
            }
            Type::Text { wide } => {
                let (offsets, end) = parts.offsets(length, *wide)?;
                Kind::Text { offsets, wide: *wide, data: parts.values(end, 1)? }
            }
            Type::View => {
                let views = parts.values(length, 16)?;
                let count = parts.variadic.next().ok_or_else(|| damaged("a column has no values"))?;
                let mut data = Vec::new();
                for _ in 0..super::flat::count_at(count, 0)? {
                    data.push(parts.buffer()?);
                }
                Kind::View { views, data }
            }
            Type::Dictionary(id, keys) => {
                let part = parts.values(length, keys.width)?;
                Kind::Dictionary(part, *keys, dictionary(*id).unwrap_or_default())
            }
            Type::List { wide, item } => {
                let (offsets, end) = parts.offsets(length, *wide)?;
                let items = Array::read(&item.ty, parts, dictionary)?;
                if items.length < end {
                    return Err(damaged("a list has fewer items than it says"));
                }
                Kind::List { offsets, wide: *wide, items: Box::new(items) }
            }
            Type::Struct(fields) => {
                let mut columns = Vec::new();
                for field in fields {
                    let column = Array::read(&field.ty, parts, dictionary)?;
                    if column.length < length {
                        return Err(damaged("a column has fewer values than rows"));
                    }
                    columns.push((field.name.clone(), column));
                }
                Kind::Struct(columns)
            }
        };
        Ok(Array { length, there, kind })
    }

    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The value of a row.
    pub(super) fn cell<'a>(&'a self, bytes: &'a [u8], row: usize) -> Cell<'a> {
        if row >= self.length || self.there.is_some_and(|there| !bit(there.of(bytes), row)) {
            return Cell::Absent;
        }
        match &self.kind {
            Kind::Nothing => Cell::Absent,
            Kind::Boolean(part) => Cell::Boolean(bit(part.of(bytes), row)),
            Kind::Whole(part, whole) => {
                let number = integer(part.of(bytes), row, *whole).and_then(|n| Exact::new(n, 0).ok());
                number.map_or(Cell::Unreadable(TOO_LARGE), Cell::Exact)
            }
            Kind::Decimal { part, width, scale } => {
                decimal(part.of(bytes), row, *width, *scale).map_or(Cell::Unreadable(TOO_LARGE), Cell::Exact)
            }
            Kind::Date { part, milliseconds } => {
                day(part.of(bytes), row, *milliseconds).map_or(Cell::Unreadable(DATE_RANGE), Cell::Date)
            }
            Kind::Timestamp { part, unit, zone } => match moment(part.of(bytes), row, *unit) {
                None => Cell::Unreadable(INSTANT_RANGE),
                Some(at) if *zone => Cell::Instant(at),
                Some(at) => Cell::Local(at.naive_utc()),
            },
            Kind::Text { offsets, wide, data } => {
                let offsets = offsets.of(bytes);
                let (from, end) = (offset(offsets, *wide, row), offset(offsets, *wide, row.saturating_add(1)));
                text(from.zip(end).and_then(|(from, end)| data.of(bytes).get(from..end)))
            }
            Kind::View { views, data } => text(viewed(bytes, views.of(bytes), data, row)),
            Kind::Dictionary(part, keys, texts) => {
                let key = integer(part.of(bytes), row, *keys).and_then(|key| usize::try_from(key).ok());
                let Some(mut key) = key else { return Cell::Unreadable(NO_ENTRY) };
                for piece in texts.iter() {
                    match key.checked_sub(piece.length) {
                        None => return piece.cell(bytes, key),
                        Some(rest) => key = rest,
                    }
                }
                Cell::Unreadable(NO_ENTRY)
            }
            Kind::List { .. } | Kind::Struct(_) => match self.tree(bytes, row) {
                Ok(raw) => Cell::Nested(raw),
                Err(why) => Cell::Unreadable(why),
            },
        }
    }

    /// A value as the tree that JSON would give, or why it has none.
    fn tree(&self, bytes: &[u8], row: usize) -> Result<Raw, &'static str> {
        if row >= self.length || self.there.is_some_and(|there| !bit(there.of(bytes), row)) {
            return Ok(Raw::Null);
        }
        match &self.kind {
            Kind::List { offsets, wide, items } => {
                let offsets = offsets.of(bytes);
                let from = offset(offsets, *wide, row).unwrap_or(0);
                let end = offset(offsets, *wide, row.saturating_add(1)).unwrap_or(0);
                (from..end).map(|at| items.tree(bytes, at)).collect::<Result<_, _>>().map(Raw::List)
            }
            Kind::Struct(columns) => {
                let pair = |(name, column): &(String, Array)| Ok((name.clone(), column.tree(bytes, row)?));
                columns.iter().map(pair).collect::<Result<_, _>>().map(Raw::Map)
            }
            _ => match self.cell(bytes, row) {
                Cell::Absent => Ok(Raw::Null),
                Cell::Text(text) => Ok(Raw::Text(text.to_owned())),
                Cell::Boolean(boolean) => Ok(Raw::Boolean(boolean)),
                Cell::Exact(number) => Ok(Raw::Number(number.to_string())),
                Cell::Date(date) => Ok(Raw::Text(date.to_string())),
                Cell::Instant(at) => Ok(Raw::Text(at.to_rfc3339())),
                Cell::Unreadable(why) => Err(why),
                _ => Err(TOO_LARGE),
            },
        }
    }
}
