//! Rows of newline-delimited JSON: an object a line. What stands in a line is read by the engine.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use rewards_rules::input::InputError;
use rewards_rules::simulate::json::{Keys, Line};
use rewards_rules::simulate::{Cell, ColumnNames};

use super::{Counted, Place, Progress, Record, unreadable};
use crate::cli::Failure;

pub(crate) struct Reader {
    path: PathBuf,
    source: BufReader<Counted>,
    line: Vec<u8>,
    number: u64,
    keys: Option<Keys>,
}

impl Reader {
    pub(super) fn new(path: &Path, source: BufReader<Counted>) -> Reader {
        Reader { path: path.to_owned(), source, line: Vec::new(), number: 0, keys: None }
    }

    pub(super) fn header(&mut self, names: &ColumnNames) -> Vec<String> {
        self.keys = Some(Keys::new(names.all(), names.clone()));
        names.all().to_vec()
    }

    pub(super) fn next(&mut self) -> Result<Option<Record<'_>>, Failure> {
        loop {
            self.line.clear();
            self.source.get_mut().watch.next_row();
            let read = self.source.read_until(b'\n', &mut self.line).map_err(|e| unreadable(&self.path, &e))?;
            if read == 0 {
                return Ok(None);
            }
            self.number = self.number.saturating_add(1);
            if self.line.iter().any(|byte| !byte.is_ascii_whitespace()) {
                break;
            }
        }
        let line = self.line.strip_prefix(b"\xef\xbb\xbf").filter(|_| self.number == 1).unwrap_or(&self.line);
        let Some(keys) = &mut self.keys else { return Ok(None) };
        let cells = Cells { line: line.trim_ascii(), values: keys.line(line) };
        Ok(Some(Record { place: Place::Line(self.number), cells: super::Cells::Json(cells) }))
    }

    pub(super) fn progress(&self) -> &Progress {
        &self.source.get_ref().progress
    }
}

/// The values of one row, by column.
pub(super) struct Cells<'a> {
    line: &'a [u8],
    values: Line<'a>,
}

impl<'a> Cells<'a> {
    pub(super) fn broken(&self) -> Result<(), InputError> {
        self.values.broken()
    }

    pub(super) fn cell(&self, column: usize) -> Cell<'_> {
        self.values.cell(column)
    }

    /// The line as it is, for setting the row aside.
    pub(super) fn bytes(&self) -> &'a [u8] {
        self.line
    }
}
