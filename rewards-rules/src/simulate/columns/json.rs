//! A line of newline-delimited JSON as the cells of a row: an object whose keys are the names of the columns.
//!
//! A value is taken as it is written: digits pass through no float, and a text without escapes is not copied.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Cell, ColumnNames};
use crate::input::{ErrorCode, InputError, Raw};

/// From the keys of lines to columns.
#[derive(Debug)]
pub struct Keys {
    columns: HashMap<String, usize>,
    /// The keys of the row before in its order, which the next row nearly always has as well.
    order: Vec<(String, usize)>,
    names: ColumnNames,
}

impl Keys {
    /// Keys that are columns in the order of a header; `names` says what is near to one that is none.
    pub fn new(header: &[String], names: ColumnNames) -> Keys {
        Keys { columns: header.iter().cloned().zip(0..).collect(), order: Vec::new(), names }
    }

    /// Reads a line. What is wrong with it is told by [`Line::broken`].
    pub fn line<'a>(&mut self, line: &'a [u8]) -> Line<'a> {
        Line { values: values(line, self) }
    }

    /// The column of the `at`th key of a row.
    fn column(&mut self, at: usize, key: &str) -> Option<usize> {
        if let Some((name, column)) = self.order.get(at)
            && name == key
        {
            return Some(*column);
        }
        let column = *self.columns.get(key)?;
        self.order.truncate(at);
        self.order.push((key.to_owned(), column));
        Some(column)
    }
}

/// The values of one line, by column.
#[derive(Debug)]
pub struct Line<'a> {
    values: Result<Vec<Value<'a>>, InputError>,
}

impl Line<'_> {
    /// Why the line cannot be taken apart at all; to be asked before its cells. Errors: `invalid_syntax`,
    /// `unknown_fact`.
    pub fn broken(&self) -> Result<(), InputError> {
        self.values.as_ref().map(drop).map_err(Clone::clone)
    }

    /// The cell of a column, from 0.
    pub fn cell(&self, column: usize) -> Cell<'_> {
        match self.values.as_ref().ok().and_then(|values| values.get(column)) {
            None | Some(Value::Missing | Value::Null) => Cell::Absent,
            Some(Value::Boolean(boolean)) => Cell::Boolean(*boolean),
            Some(Value::Number(digits)) => Cell::Number(digits),
            Some(Value::Text(text)) => Cell::Text(text),
            Some(Value::Nested(raw)) => Cell::Nested(raw.clone()),
        }
    }
}

#[derive(Debug, Clone, Default)]
enum Value<'a> {
    /// No key.
    #[default]
    Missing,
    Null,
    Boolean(bool),
    Number(&'a str),
    Text(Cow<'a, str>),
    Nested(Raw),
}

fn invalid(message: impl Into<String>) -> InputError {
    InputError::new(ErrorCode::InvalidSyntax, "", message)
}

fn values<'a>(line: &'a [u8], keys: &mut Keys) -> Result<Vec<Value<'a>>, InputError> {
    let text = std::str::from_utf8(line).map_err(|_| invalid("this line is not UTF-8"))?;
    let mut json = serde_json::Deserializer::from_str(text);
    let mut wrong = None;
    let mut values = vec![Value::Missing; keys.columns.len()];
    let row = RowSeed { keys, values: &mut values, wrong: &mut wrong };
    let read = json.deserialize_map(row).and_then(|()| json.end());
    match (wrong, read) {
        (Some(error), _) => Err(error),
        (None, Err(error)) => Err(invalid(described(&error))),
        (None, Ok(())) => Ok(values),
    }
}

/// A mistake in JSON with its column; the line stands before it already.
fn described(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let what = text.split(" at line ").next().unwrap_or(&text);
    format!("this is not a JSON object: {what}, at column {}", error.column())
}

/// Reads an object into the values of its columns.
struct RowSeed<'k, 'v, 'a> {
    keys: &'k mut Keys,
    values: &'v mut Vec<Value<'a>>,
    wrong: &'v mut Option<InputError>,
}

impl<'a> Visitor<'a> for RowSeed<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'a>>(self, mut map: M) -> Result<(), M::Error> {
        let mut at = 0_usize;
        while let Some(column) = map.next_key_seed(KeySeed { keys: self.keys, at, wrong: self.wrong })? {
            let raw: &'a RawValue = map.next_value()?;
            let Some(value) = self.values.get_mut(column) else { continue };
            let stop = |wrong: &mut Option<InputError>, error: InputError| {
                *wrong = Some(error);
                Err(M::Error::custom("wrong"))
            };
            if !matches!(value, Value::Missing) {
                return stop(self.wrong, invalid("a key stands twice in this line"));
            }
            match value_of(raw.get()) {
                Ok(found) => *value = found,
                Err(error) => return stop(self.wrong, error),
            }
            at = at.saturating_add(1);
        }
        Ok(())
    }
}

fn value_of(raw: &str) -> Result<Value<'_>, InputError> {
    Ok(match raw.as_bytes().first() {
        Some(b'"') => match raw.get(1..raw.len().saturating_sub(1)) {
            Some(text) if !text.contains('\\') => Value::Text(Cow::Borrowed(text)),
            _ => Value::Text(Cow::Owned(serde_json::from_str(raw).map_err(|e| invalid(described(&e)))?)),
        },
        Some(b'[' | b'{') => Value::Nested(Raw::from_json(raw)?),
        Some(b't') => Value::Boolean(true),
        Some(b'f') => Value::Boolean(false),
        Some(b'n') => Value::Null,
        _ => Value::Number(raw),
    })
}

/// Reads a key as the number of its column.
struct KeySeed<'k, 'v> {
    keys: &'k mut Keys,
    at: usize,
    wrong: &'v mut Option<InputError>,
}

impl<'a> DeserializeSeed<'a> for KeySeed<'_, '_> {
    type Value = usize;

    fn deserialize<D: Deserializer<'a>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for KeySeed<'_, '_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: serde::de::Error>(self, key: &str) -> Result<usize, E> {
        match self.keys.column(self.at, key) {
            Some(column) => Ok(column),
            None => {
                *self.wrong = Some(self.keys.names.unknown(key));
                Err(E::custom("unknown"))
            }
        }
    }
}
