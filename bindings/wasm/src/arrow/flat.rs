//! FlatBuffers as Arrow's metadata is written in: tables, vectors and texts, each asked for within bounds.

use super::{Damage, damaged};

fn place(n: u32) -> usize {
    usize::try_from(n).unwrap_or(usize::MAX)
}

/// So many bytes from a place.
pub(super) fn read<const N: usize>(bytes: &[u8], at: usize) -> Result<[u8; N], Damage> {
    let found = at.checked_add(N).and_then(|end| bytes.get(at..end)).and_then(|bytes| bytes.try_into().ok());
    found.ok_or_else(|| damaged("a number stands beyond its end"))
}

pub(super) fn u16_at(bytes: &[u8], at: usize) -> Result<u16, Damage> {
    read(bytes, at).map(u16::from_le_bytes)
}

pub(super) fn u32_at(bytes: &[u8], at: usize) -> Result<u32, Damage> {
    read(bytes, at).map(u32::from_le_bytes)
}

/// A number of 64 bits that counts something, so that it is not below 0.
pub(super) fn count_at(bytes: &[u8], at: usize) -> Result<usize, Damage> {
    let count = i64::from_le_bytes(read(bytes, at)?);
    usize::try_from(count).map_err(|_| damaged("a length is below 0, or too large"))
}

/// A table, by the place where it and its list of fields begin.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    fields: usize,
    end: usize,
}

impl<'a> Table<'a> {
    /// The outermost table.
    pub(super) fn root(bytes: &'a [u8]) -> Result<Table<'a>, Damage> {
        Table::new(bytes, place(u32_at(bytes, 0)?))
    }

    fn new(bytes: &'a [u8], at: usize) -> Result<Table<'a>, Damage> {
        let back = i64::from(i32::from_le_bytes(read(bytes, at)?));
        let fields = i64::try_from(at).ok().and_then(|at| at.checked_sub(back)).and_then(|at| usize::try_from(at).ok());
        let fields = fields.ok_or_else(|| damaged("a table has no fields"))?;
        let length = usize::from(u16_at(bytes, fields)?);
        Ok(Table { bytes, at, fields, end: fields.saturating_add(length) })
    }

    /// Where a field stands; nothing where it was left out, which means its default.
    fn field(&self, number: usize) -> Result<Option<usize>, Damage> {
        let entry = number.saturating_mul(2).saturating_add(4).saturating_add(self.fields);
        if entry.saturating_add(2) > self.end {
            return Ok(None);
        }
        let offset = usize::from(u16_at(self.bytes, entry)?);
        Ok((offset > 0).then(|| self.at.saturating_add(offset)))
    }

    fn number<const N: usize>(&self, number: usize) -> Result<Option<[u8; N]>, Damage> {
        self.field(number)?.map(|at| read(self.bytes, at)).transpose()
    }

    pub(super) fn byte(&self, number: usize) -> Result<u8, Damage> {
        Ok(self.number::<1>(number)?.map_or(0, u8::from_le_bytes))
    }

    pub(super) fn i16(&self, number: usize, default: i16) -> Result<i16, Damage> {
        Ok(self.number(number)?.map_or(default, i16::from_le_bytes))
    }

    pub(super) fn i32(&self, number: usize, default: i32) -> Result<i32, Damage> {
        Ok(self.number(number)?.map_or(default, i32::from_le_bytes))
    }

    pub(super) fn i64(&self, number: usize) -> Result<i64, Damage> {
        Ok(self.number(number)?.map_or(0, i64::from_le_bytes))
    }

    /// A length, or another number that is not below 0.
    pub(super) fn count(&self, number: usize) -> Result<usize, Damage> {
        self.field(number)?.map_or(Ok(0), |at| count_at(self.bytes, at))
    }

    fn indirect(&self, number: usize) -> Result<Option<usize>, Damage> {
        let Some(at) = self.field(number)? else { return Ok(None) };
        Ok(Some(at.saturating_add(place(u32_at(self.bytes, at)?))))
    }

    /// A table that a field refers to.
    pub(super) fn table(&self, number: usize) -> Result<Option<Table<'a>>, Damage> {
        self.indirect(number)?.map(|at| Table::new(self.bytes, at)).transpose()
    }

    /// The items of a list, each so many bytes wide.
    pub(super) fn list(&self, number: usize, width: usize) -> Result<std::slice::ChunksExact<'a, u8>, Damage> {
        let Some(at) = self.indirect(number)? else { return Ok([].chunks_exact(width)) };
        let length = place(u32_at(self.bytes, at)?).saturating_mul(width);
        let from = at.saturating_add(4);
        let items = self.bytes.get(from..from.saturating_add(length));
        Ok(items.ok_or_else(|| damaged("a list goes on beyond its end"))?.chunks_exact(width))
    }

    /// The tables of a list.
    pub(super) fn tables(&self, number: usize) -> Result<Vec<Table<'a>>, Damage> {
        let Some(at) = self.indirect(number)? else { return Ok(Vec::new()) };
        let items = self.list(number, 4)?.enumerate();
        let place_of = |index: usize| at.saturating_add(4).saturating_add(index.saturating_mul(4));
        let table = |(index, item): (usize, &[u8])| {
            Table::new(self.bytes, place_of(index).saturating_add(place(u32_at(item, 0)?)))
        };
        items.map(table).collect()
    }

    /// A text; empty where there is none.
    pub(super) fn text(&self, number: usize) -> Result<&'a str, Damage> {
        let bytes = self.list(number, 1)?;
        let (at, length) = (self.indirect(number)?.unwrap_or(0).saturating_add(4), bytes.len());
        let text = self.bytes.get(at..at.saturating_add(length)).unwrap_or_default();
        std::str::from_utf8(text).map_err(|_| damaged("a name is no text"))
    }
}
