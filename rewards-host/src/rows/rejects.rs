//! Bad rows, set aside: where each stood, what was wrong with it, and the row itself.
//!
//! CSV keeps the cells of a CSV file. Newline-delimited JSON keeps a row of any format: a line that is no JSON as a
//! text, a cell that JSON has no type for as the text that CSV would have.

use std::path::Path;

use rewards_rules::input::Raw;
use rewards_rules::simulate::Cell;
use serde_json::Value;

use super::whole::Whole;
use super::{BadRow, Cells, Format, Record, unwritable};
use crate::cli::Failure;

pub(crate) struct Rejects {
    json: bool,
    header: Vec<String>,
    whole: Whole,
    buffer: Vec<u8>,
    count: u64,
}

impl Rejects {
    /// A file for bad rows of a file of this format.
    pub(crate) fn to(path: &Path, header: &[String], of: Format) -> Result<Rejects, Failure> {
        let json = match (Format::of(path), of) {
            (Ok(Format::Ndjson), _) => true,
            (Ok(Format::Csv), Format::Csv) => false,
            _ => {
                let due = if of == Format::Csv { "`.csv` or `.ndjson`" } else { "`.ndjson`" };
                return Err(Failure(format!("{}: a file ending in {due} keeps these rows", path.display())));
            }
        };
        let mut rejects =
            Rejects { json, header: header.to_vec(), whole: Whole::to(path)?, buffer: Vec::new(), count: 0 };
        if !json {
            let head = ["line", "code", "reason"].into_iter().chain(header.iter().map(String::as_str));
            rejects.csv(head.map(str::as_bytes))?;
        }
        Ok(rejects)
    }

    fn csv<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>) -> Result<(), Failure> {
        let mut writer = ::csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
        writer.write_record(cells).map_err(|e| unwritable(self.whole.path(), &e))?;
        let line = writer.into_inner().map_err(|e| unwritable(self.whole.path(), e.error()))?;
        self.buffer.extend(line);
        self.flush(1 << 16)
    }

    fn flush(&mut self, from: usize) -> Result<(), Failure> {
        if self.buffer.len() >= from {
            self.whole.append(&self.buffer)?;
            self.buffer.clear();
        }
        Ok(())
    }

    pub(crate) fn write(&mut self, bad: &BadRow, record: &Record<'_>) -> Result<(), Failure> {
        self.count = self.count.saturating_add(1);
        let number = bad.place.number();
        if let (false, Cells::Csv(cells)) = (self.json, &record.cells) {
            let line = number.to_string();
            let head = [line.as_bytes(), bad.code.as_bytes(), bad.reason.as_bytes()];
            return self.csv(head.into_iter().chain(cells.bytes().iter()));
        }
        let place = if matches!(bad.place, super::Place::Row(_)) { "row_number" } else { "line" };
        let (code, reason, row) = (Value::from(bad.code), Value::from(bad.reason.as_str()), self.row(record));
        let line = format!("{{\"{place}\":{number},\"code\":{code},\"reason\":{reason},\"row\":{row}}}\n");
        self.buffer.extend(line.into_bytes());
        self.flush(1 << 16)
    }

    /// A row as JSON, its keys in the order of the columns.
    fn row(&self, record: &Record<'_>) -> String {
        match &record.cells {
            Cells::Json(cells) => {
                match (serde_json::from_slice::<Value>(cells.bytes()), std::str::from_utf8(cells.bytes())) {
                    (Ok(_), Ok(text)) => text.to_owned(),
                    _ => Value::from(String::from_utf8_lossy(cells.bytes())).to_string(),
                }
            }
            Cells::Csv(cells) if record.broken().is_err() => {
                cells.bytes().iter().map(String::from_utf8_lossy).collect::<Value>().to_string()
            }
            _ => {
                let named = self.header.iter().zip(0..).filter_map(|(name, at)| {
                    let cell = record.cell(at);
                    (!cell.is_absent()).then(|| format!("{}:{}", Value::from(name.as_str()), json(cell)))
                });
                format!("{{{}}}", named.collect::<Vec<_>>().join(","))
            }
        }
    }

    pub(crate) fn finish(mut self) -> Result<u64, Failure> {
        self.flush(0)?;
        self.whole.finish()?;
        Ok(self.count)
    }
}

fn json(cell: Cell<'_>) -> Value {
    match cell {
        Cell::Absent => Value::Null,
        Cell::Text(text) | Cell::Number(text) => Value::from(text),
        Cell::Boolean(boolean) => Value::from(boolean),
        Cell::Exact(number) => Value::from(number.to_string()),
        Cell::Date(date) => Value::from(date.to_string()),
        Cell::Instant(at) => Value::from(at.to_rfc3339()),
        Cell::Local(at) => Value::from(at.to_string()),
        Cell::Nested(raw) => nested(raw),
        Cell::Unreadable(why) => Value::from(why),
    }
}

fn nested(raw: Raw) -> Value {
    match raw {
        Raw::Null => Value::Null,
        Raw::Boolean(boolean) => Value::from(boolean),
        Raw::Number(text) | Raw::Text(text) => Value::from(text),
        Raw::List(list) => list.into_iter().map(nested).collect(),
        Raw::Map(entries) => Value::Object(entries.into_iter().map(|(key, raw)| (key, nested(raw))).collect()),
    }
}
