//! How far a file is read: a bar with rate and time left on a terminal, nothing elsewhere.

use std::io::{self, IsTerminal};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

const BYTES: &str = "{bar:32} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left, {msg} rows";
const UNKNOWN: &str = "{spinner} {bytes}, {bytes_per_sec}, {msg} rows";
#[cfg(feature = "parquet")]
const ROWS: &str = "{bar:32} {human_pos} of {human_len} rows, {per_sec}, {eta} left";

#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
}

impl Progress {
    fn new(length: Option<u64>, template: &str) -> Progress {
        let seen = io::stderr().is_terminal();
        let target = if seen { ProgressDrawTarget::stderr_with_hz(4) } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(length, target);
        Progress {
            bar: match ProgressStyle::with_template(template) {
                Ok(style) => bar.with_style(style),
                Err(_) => bar,
            },
        }
    }

    /// Of a file of so many bytes, or of one whose end is not known.
    pub(super) fn of_bytes(length: Option<u64>) -> Progress {
        Progress::new(length, if length.is_some() { BYTES } else { UNKNOWN })
    }

    /// Of a file of so many rows.
    #[cfg(feature = "parquet")]
    pub(super) fn of_rows(rows: u64) -> Progress {
        Progress::new(Some(rows), ROWS)
    }

    /// So many more bytes or rows.
    pub(super) fn advance(&self, by: u64) {
        self.bar.inc(by);
    }

    /// How many rows there were so far.
    pub(crate) fn rows(&self, rows: u64) {
        self.bar.set_message(rows.to_string());
    }

    /// Nothing is shown any more.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
