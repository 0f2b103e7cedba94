//! Rows of Arrow's inter-process format (IPC), as a stream or a file: what polars, pyarrow, DuckDB and `apache-arrow`
//! write of a table.
//!
//! Own code, because what the crate `arrow-ipc` needs is too large for this package, and because it panics where a
//! damaged table lies to it, which would end the engine. Here nothing is trusted: every count is held against the
//! bytes that there are before anything is read by it, so that damage is an error, soon. The bytes stay as they came,
//! and a value is read when it is asked for, so no digit is lost. Types are taken as the engine's own reading of Arrow
//! (`rewards_rules::simulate::arrow`) takes them.

mod array;
mod flat;
mod schema;

use std::collections::HashMap;
use std::rc::Rc;

use rewards_rules::input::{ErrorCode, InputError};
use rewards_rules::simulate::Cell;

use array::{Array, Part, Parts, Texts};
use flat::Table;
use schema::Schema;

/// What is wrong with the bytes, or with a column.
type Damage = InputError;

fn damaged(why: &str) -> Damage {
    InputError::new(ErrorCode::InvalidSyntax, "", format!("the Arrow table is damaged: {why}"))
}

/// How a message of the format begins.
const MESSAGE: [u8; 4] = [0xff; 4];

/// How a file begins and ends.
const FILE: &[u8] = b"ARROW1";

/// Pieces that a dictionary may come in; each value is looked for in one after the other.
const MAX_PIECES: usize = 256;

/// A table of Arrow whose bytes were checked.
#[derive(Debug)]
pub(crate) struct Arrow {
    pub(crate) header: Vec<String>,
    bytes: Vec<u8>,
    batches: Vec<Batch>,
    rows: usize,
}

#[derive(Debug)]
struct Batch {
    first: usize,
    columns: Vec<Array>,
}

/// A message, and the bytes after it that belong to it.
struct Message<'a> {
    kind: u8,
    header: Table<'a>,
    body: Part,
    end: usize,
}

impl Message<'_> {
    const SCHEMA: u8 = 1;
    const DICTIONARY: u8 = 2;
    const BATCH: u8 = 3;
}

/// The message at a place; nothing where a stream says that it ends.
fn message(bytes: &[u8], at: usize) -> Result<Option<Message<'_>>, Damage> {
    let short = || damaged("it ends in the middle");
    let words = flat::read::<8>(bytes, at).map_err(|_| short())?;
    let [a, b, c, d, length @ ..] = words;
    if [a, b, c, d] != MESSAGE {
        return Err(damaged("something else stands where a batch of rows is due"));
    }
    let length = usize::try_from(i32::from_le_bytes(length)).map_err(|_| damaged("a length is below 0"))?;
    if length == 0 {
        return Ok(None);
    }
    let from = at.saturating_add(8);
    let body = from.saturating_add(length);
    let metadata = bytes.get(from..body).ok_or_else(short)?;
    let message = Table::root(metadata)?;
    if message.i16(0, 0)? < 3 {
        return Err(damaged("it is of a version before 1.0 of Arrow"));
    }
    let header = message.table(2)?.ok_or_else(|| damaged("a message says nothing"))?;
    let length = message.count(3)?;
    let end = body.saturating_add(length);
    bytes.get(body..end).ok_or_else(short)?;
    Ok(Some(Message { kind: message.byte(1)?, header, body: Part { at: body, length }, end }))
}

/// A table while it is read.
struct Reading<'a> {
    bytes: &'a [u8],
    schema: Schema,
    dictionaries: HashMap<i64, Texts>,
    batches: Vec<Batch>,
    rows: usize,
}

impl<'a> Reading<'a> {
    fn new(bytes: &'a [u8], schema: Table<'_>) -> Result<Reading<'a>, Damage> {
        let schema = Schema::read(schema)?;
        Ok(Reading { bytes, schema, dictionaries: HashMap::new(), batches: Vec::new(), rows: 0 })
    }

    fn parts(&self, batch: Table<'a>, body: Part) -> Result<Parts<'a>, Damage> {
        if let Some(compression) = batch.table(3)? {
            let how = if compression.byte(0)? == 0 { "LZ4" } else { "Zstandard" };
            let message = format!(
                "the Arrow table is compressed with {how}, and only one without compression is read: `compression=\"uncompressed\"` \
                 where it is written"
            );
            return Err(InputError::new(ErrorCode::WrongType, "", message));
        }
        let (nodes, buffers, variadic) = (batch.list(1, 16)?, batch.list(2, 16)?, batch.list(4, 8)?);
        Ok(Parts { bytes: self.bytes, body, nodes, buffers, variadic })
    }

    fn dictionary(&mut self, message: &Message<'a>) -> Result<(), Damage> {
        let id = message.header.i64(0)?;
        let Some(ty) = self.schema.dictionaries.get(&id) else { return Ok(()) };
        let data = message.header.table(1)?.ok_or_else(|| damaged("a dictionary has no texts"))?;
        let texts = Array::read(ty, &mut self.parts(data, message.body)?, &|_| None)?;
        let adds = message.header.byte(2)? != 0;
        let known = self.dictionaries.entry(id).or_default();
        if !adds {
            *known = Rc::new(vec![texts]);
            return Ok(());
        }
        if known.len() >= MAX_PIECES {
            return Err(InputError::new(
                ErrorCode::WrongType,
                "",
                "a dictionary of the Arrow table comes in too many pieces",
            ));
        }
        Rc::make_mut(known).push(texts);
        Ok(())
    }

    fn batch(&mut self, message: &Message<'a>) -> Result<(), Damage> {
        let length = message.header.count(0)?;
        let mut parts = self.parts(message.header, message.body)?;
        let mut columns = Vec::with_capacity(self.schema.fields.len());
        for field in &self.schema.fields {
            let column = Array::read(&field.ty, &mut parts, &|id| self.dictionaries.get(&id).cloned())?;
            if column.length() != length {
                return Err(damaged("a column has another number of values than there are rows"));
            }
            columns.push(column);
        }
        if columns.is_empty() && length > 0 {
            return Err(damaged("it has rows, but no columns"));
        }
        self.batches.push(Batch { first: self.rows, columns });
        self.rows = self.rows.saturating_add(length);
        Ok(())
    }

    fn take(&mut self, message: &Message<'a>) -> Result<(), Damage> {
        let taken = match message.kind {
            Message::DICTIONARY => self.dictionary(message),
            Message::BATCH => self.batch(message),
            _ => Err(damaged("something else stands where a batch of rows is due")),
        };
        taken.map_err(|error| self.at_row(error))
    }

    /// Says behind which row something is wrong.
    fn at_row(&self, error: Damage) -> Damage {
        if error.path.is_empty() { InputError { path: format!("[{}]", self.rows), ..error } } else { error }
    }
}

fn stream(bytes: &[u8]) -> Result<Reading<'_>, Damage> {
    let schema = message(bytes, 0)?.filter(|first| first.kind == Message::SCHEMA);
    let schema = schema.ok_or_else(|| damaged("its columns are missing"))?;
    let (mut at, mut reading) = (schema.end, Reading::new(bytes, schema.header)?);
    while at < bytes.len() {
        let Some(message) = message(bytes, at).map_err(|error| reading.at_row(error))? else {
            let rest = bytes.get(at.saturating_add(8)..).unwrap_or_default();
            if rest.iter().any(|byte| *byte != 0) {
                return Err(reading.at_row(damaged("something stands behind its end")));
            }
            break;
        };
        reading.take(&message)?;
        at = message.end;
    }
    Ok(reading)
}

fn file(bytes: &[u8]) -> Result<Reading<'_>, Damage> {
    let short = || damaged("it ends in the middle");
    let rest = bytes.strip_suffix(FILE).ok_or_else(short)?;
    let end = rest.len().checked_sub(4).ok_or_else(short)?;
    let length = usize::try_from(flat::u32_at(bytes, end)?).unwrap_or(usize::MAX);
    let from = end.checked_sub(length).ok_or_else(short)?;
    let footer = Table::root(bytes.get(from..end).ok_or_else(short)?)?;
    let mut reading = Reading::new(bytes, footer.table(1)?.ok_or_else(|| damaged("its columns are missing"))?)?;
    // A file whose batches are one another's bytes would have more rows than bytes.
    let mut room = bytes.len();
    for (list, kind) in [(2, Message::DICTIONARY), (3, Message::BATCH)] {
        for block in footer.list(list, 24)? {
            let at = flat::count_at(block, 0)?;
            let message = message(bytes, at).map_err(|error| reading.at_row(error))?;
            let message = message.filter(|found| found.kind == kind);
            let message = message.ok_or_else(|| reading.at_row(damaged("a batch of rows is missing")))?;
            let left = message.end.checked_sub(at).and_then(|taken| room.checked_sub(taken));
            room = left.ok_or_else(|| reading.at_row(damaged("batches of rows overlap")))?;
            reading.take(&message)?;
        }
    }
    Ok(reading)
}

impl Arrow {
    /// Reads the bytes of a stream or of a file. Error `invalid_syntax` for what is neither, or is damaged, and
    /// `wrong_type` for a column that cannot be read, binary floating point above all, and for compression.
    pub(crate) fn read(bytes: Vec<u8>) -> Result<Arrow, InputError> {
        let Reading { schema, batches, rows, .. } = if bytes.starts_with(FILE) {
            file(&bytes)?
        } else if bytes.starts_with(&MESSAGE) {
            stream(&bytes)?
        } else {
            let message =
                "these bytes are no table of Arrow: neither a stream nor a file of its inter-process format (IPC)";
            return Err(InputError::new(ErrorCode::InvalidSyntax, "", message));
        };
        let header = schema.fields.into_iter().map(|field| field.name).collect();
        Ok(Arrow { header, bytes, batches, rows })
    }

    /// How many rows there are.
    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    /// The cell of a column in a row; nothing is beyond them.
    pub(crate) fn cell(&self, row: usize, column: usize) -> Cell<'_> {
        let behind = self.batches.partition_point(|batch| batch.first <= row);
        let batch = behind.checked_sub(1).and_then(|at| self.batches.get(at));
        let found = batch.and_then(|batch| Some((batch.columns.get(column)?, row.checked_sub(batch.first)?)));
        found.map_or(Cell::Absent, |(column, row)| column.cell(&self.bytes, row))
    }
}

#[cfg(test)]
mod tests;
