//! Rows of a table as JSON has them, an array of objects whose keys are the names of the columns, or as Arrow has them.
//!
//! A room of its own because they are read once and then simulated with each change of a rule: a preview at typing
//! speed does not read the same purchases again. A value is kept as it was written, so no digit is lost.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use rewards_rules::input::{ErrorCode, InputError, Raw};
use rewards_rules::simulate::Cell;
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::arrow::Arrow;
use crate::problem::Problem;

/// Rows that were read.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Table {
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Json(Read),
    Arrow(Arrow),
}

/// Rows of JSON. A column that a row does not name is absent there.
#[derive(Debug, Default)]
struct Read {
    header: Vec<String>,
    /// All texts, one after the other.
    texts: String,
    /// Row by row, each as wide as the header.
    cells: Vec<Value>,
    rows: usize,
}

/// A value; texts and numbers are stretches of the table's texts.
#[derive(Debug, Clone, Default)]
enum Value {
    #[default]
    Absent,
    Boolean(bool),
    Text(u32, u32),
    Number(u32, u32),
    Nested(Box<Raw>),
}

/// The table while its rows are read, each only as long as the columns that were known by then.
#[derive(Default)]
struct Growing {
    table: Read,
    columns: HashMap<String, usize>,
    rows: Vec<Vec<Value>>,
    wrong: Option<InputError>,
}

impl Growing {
    fn column(&mut self, key: &str) -> usize {
        if let Some(at) = self.columns.get(key) {
            return *at;
        }
        let at = self.table.header.len();
        self.table.header.push(key.to_owned());
        self.columns.insert(key.to_owned(), at);
        at
    }

    fn text(&mut self, text: &str) -> (u32, u32) {
        let place = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let start = place(self.table.texts.len());
        self.table.texts.push_str(text);
        (start, place(self.table.texts.len()))
    }

    fn value(&mut self, json: &str) -> Result<Value, InputError> {
        Ok(match json.as_bytes().first() {
            Some(b'"') => {
                let text: Cow<'_, str> = if json.contains('\\') {
                    let read = serde_json::from_str(json);
                    Cow::Owned(read.map_err(|e| InputError::new(ErrorCode::InvalidSyntax, "", e.to_string()))?)
                } else {
                    Cow::Borrowed(json.get(1..json.len().saturating_sub(1)).unwrap_or_default())
                };
                let (start, end) = self.text(&text);
                Value::Text(start, end)
            }
            Some(b't') => Value::Boolean(true),
            Some(b'f') => Value::Boolean(false),
            Some(b'[' | b'{') => Value::Nested(Box::new(Raw::from_json(json)?)),
            Some(b'-' | b'0'..=b'9') => {
                let (start, end) = self.text(json);
                Value::Number(start, end)
            }
            _ => Value::Absent,
        })
    }
}

struct RowsSeed<'g>(&'g mut Growing);

impl<'de> DeserializeSeed<'de> for RowsSeed<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for RowsSeed<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of rows")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element_seed(RowSeed(self.0))? {
            self.0.rows.push(row);
        }
        Ok(())
    }
}

struct RowSeed<'g>(&'g mut Growing);

impl<'de> DeserializeSeed<'de> for RowSeed<'_> {
    type Value = Vec<Value>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<Value>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

/// A key, without a copy where it has no escapes.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'de> Visitor<'de> for RowSeed<'_> {
    type Value = Vec<Value>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a row, which is an object of columns")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Vec<Value>, A::Error> {
        let growing = self.0;
        let mut row = vec![Value::Absent; growing.table.header.len()];
        while let Some(Key(key)) = entries.next_key()? {
            let json: &RawValue = entries.next_value()?;
            let column = growing.column(&key);
            let value = match growing.value(json.get()) {
                Ok(value) => value,
                Err(error) => {
                    let path = format!("[{}].{key}", growing.rows.len());
                    growing.wrong = Some(InputError::new(error.code, path, error.message));
                    return Err(A::Error::custom("a value cannot be read"));
                }
            };
            if row.len() <= column {
                row.resize(column.saturating_add(1), Value::Absent);
            }
            if let Some(cell) = row.get_mut(column) {
                *cell = value;
            }
        }
        Ok(row)
    }
}

impl Read {
    /// Reads JSON text; errors are of the argument of this name.
    fn json(argument: &str, text: &str) -> Result<Read, Problem> {
        let mut growing = Growing::default();
        let mut json = serde_json::Deserializer::from_str(text);
        let read = RowsSeed(&mut growing).deserialize(&mut json).and_then(|()| json.end());
        if let Some(error) = growing.wrong {
            return Err(Problem::of_input(argument, error));
        }
        if let Err(error) = read {
            let (code, at) = match error.classify() {
                serde_json::error::Category::Data => (ErrorCode::WrongType, format!("[{}]", growing.rows.len())),
                _ => (ErrorCode::InvalidSyntax, String::new()),
            };
            return Err(Problem::of_input(argument, InputError::new(code, at, error.to_string())));
        }
        let Growing { mut table, rows, .. } = growing;
        let width = table.header.len();
        table.rows = rows.len();
        table.cells.reserve_exact(width.saturating_mul(rows.len()));
        for mut row in rows {
            row.resize(width, Value::Absent);
            table.cells.append(&mut row);
        }
        Ok(table)
    }

    fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        if column >= self.header.len() {
            return Cell::Absent;
        }
        let text = |start: u32, end: u32| {
            let place = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
            self.texts.get(place(start)..place(end)).unwrap_or_default()
        };
        match self.cells.get(row.saturating_mul(self.header.len()).saturating_add(column)) {
            None | Some(Value::Absent) => Cell::Absent,
            Some(Value::Boolean(boolean)) => Cell::Boolean(*boolean),
            Some(Value::Text(start, end)) => Cell::Text(text(*start, *end)),
            Some(Value::Number(start, end)) => Cell::Number(text(*start, *end)),
            Some(Value::Nested(raw)) => Cell::Nested((**raw).clone()),
        }
    }
}

#[wasm_bindgen]
impl Table {
    /// Reads an array of rows from JSON. Throws `invalid_syntax` for what is no JSON, `wrong_type` for what is no array
    /// of objects; a wrong value in a row is told when the row is simulated. Paths begin with the argument's name.
    pub fn json(argument: &str, text: &str) -> Result<Table, Problem> {
        Ok(Table { rows: Rows::Json(Read::json(argument, text)?) })
    }

    /// Reads a stream or a file of Arrow (IPC). Throws `invalid_syntax` for other or damaged bytes, `wrong_type` for a
    /// column of a type that no column can have, binary floating point above all; otherwise as [`Table::json`].
    pub fn arrow(argument: &str, bytes: Vec<u8>) -> Result<Table, Problem> {
        let read = Arrow::read(bytes).map_err(|error| Problem::of_input(argument, error))?;
        Ok(Table { rows: Rows::Arrow(read) })
    }
}

impl Table {
    /// The names of the columns.
    pub(crate) fn header(&self) -> &[String] {
        match &self.rows {
            Rows::Json(read) => &read.header,
            Rows::Arrow(read) => &read.header,
        }
    }

    /// The cell of a column in a row.
    pub(crate) fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        match &self.rows {
            Rows::Json(read) => read.cell(row, column),
            Rows::Arrow(read) => read.cell(row, column),
        }
    }

    pub(crate) fn rows(&self) -> usize {
        match &self.rows {
            Rows::Json(read) => read.rows,
            Rows::Arrow(read) => read.rows(),
        }
    }
}

/// Purchases to simulate, with what is known of their members: read once, simulated with each change of a rule.
#[wasm_bindgen]
#[derive(Debug)]
pub struct Purchases {
    pub(crate) transactions: Table,
    pub(crate) members: Option<Table>,
}

#[wasm_bindgen]
impl Purchases {
    /// Takes two tables, which are part of it from now on.
    #[wasm_bindgen(constructor)]
    #[must_use]
    pub fn new(transactions: Table, members: Option<Table>) -> Purchases {
        Purchases { transactions, members }
    }

    /// How many rows it has.
    #[wasm_bindgen(getter)]
    #[must_use]
    pub fn length(&self) -> usize {
        self.transactions.rows()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn values_stay_as_they_were_written() {
        let json =
            r#"[{"a": "x\ny", "n": 1.50, "b": true}, {}, {"n": null, "l": [{"amount": 1}], "a": "z", "a": "last"}]"#;
        let table = Table::json("rows", json).unwrap();
        assert_eq!((table.header().join(" ").as_str(), table.rows()), ("a n b l", 3));
        assert_eq!(table.cell(0, 0), Cell::Text("x\ny"));
        assert_eq!(table.cell(0, 1), Cell::Number("1.50"));
        assert_eq!(table.cell(0, 2), Cell::Boolean(true));
        assert_eq!((table.cell(0, 3), table.cell(1, 0), table.cell(2, 1)), (Cell::Absent, Cell::Absent, Cell::Absent));
        assert_eq!(table.cell(2, 0), Cell::Text("last"));
        assert_eq!(table.cell(2, 3), Cell::Nested(Raw::from_json(r#"[{"amount": 1}]"#).unwrap()));
        assert_eq!((table.cell(3, 0), table.cell(0, 4)), (Cell::Absent, Cell::Absent));
    }

    #[test]
    fn what_is_no_table_is_told_with_its_place() {
        for (json, code, path) in [
            ("", "invalid_syntax", "rows"),
            ("[{}", "invalid_syntax", "rows"),
            ("[{}] x", "invalid_syntax", "rows"),
            ("{}", "wrong_type", "rows[0]"),
            ("[{}, 1]", "wrong_type", "rows[1]"),
            (r#"[{}, {"a": "\ud800"}]"#, "invalid_syntax", "rows[1].a"),
        ] {
            let problem = Table::json("rows", json).unwrap_err();
            assert_eq!((problem.code, problem.path.as_deref()), (code, Some(path)), "{json}: {problem:?}");
        }
    }
}
