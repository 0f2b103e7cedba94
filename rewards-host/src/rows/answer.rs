//! The rows of the answer, on their way into a file or to standard output.

use std::io::{self, Write};
use std::path::Path;

use rewards_rules::RuleSet;
use rewards_rules::simulate::{OUTPUT_COLUMNS, Posted};

use super::Format;
use super::whole::Whole;
use crate::cli::Failure;

/// What is gathered before it is written.
const BUFFER: usize = 1 << 16;

/// Where rows go.
pub(crate) enum Answer {
    /// A text that grows line by line.
    Lines { json: bool, buffer: String, to: To },
    #[cfg(feature = "parquet")]
    Parquet(Box<super::parquet::Writer>),
}

/// Where lines go.
pub(crate) enum To {
    File(Whole),
    Standard,
}

impl Answer {
    /// In the format that the path's ending names; without a path CSV, to standard output.
    pub(crate) fn to(path: Option<&Path>, rules: &RuleSet) -> Result<Answer, Failure> {
        let format = path.map_or(Ok(Format::Csv), Format::of)?;
        let to = match path {
            #[cfg(feature = "parquet")]
            Some(path) if format == Format::Parquet => {
                let writer = super::parquet::Writer::to(Whole::to(path)?, rules)?;
                return Ok(Answer::Parquet(Box::new(writer)));
            }
            #[cfg(not(feature = "parquet"))]
            Some(path) if format == Format::Parquet => {
                let _ = rules;
                return Err(super::no_parquet(path));
            }
            Some(path) => To::File(Whole::to(path)?),
            None => To::Standard,
        };
        let mut buffer = String::with_capacity(BUFFER.saturating_add(1 << 12));
        let json = format == Format::Ndjson;
        if !json {
            buffer.push_str(&OUTPUT_COLUMNS.join(","));
            buffer.push('\n');
        }
        Ok(Answer::Lines { json, buffer, to })
    }

    pub(crate) fn write(&mut self, posted: &Posted) -> Result<(), Failure> {
        match self {
            Answer::Lines { json, buffer, to } => {
                if *json {
                    posted.push_json(buffer);
                } else {
                    posted.push_csv(buffer);
                }
                if buffer.len() < BUFFER {
                    return Ok(());
                }
                to.append(buffer)
            }
            #[cfg(feature = "parquet")]
            Answer::Parquet(writer) => writer.write(posted),
        }
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        match self {
            Answer::Lines { mut buffer, mut to, .. } => {
                to.append(&mut buffer)?;
                match to {
                    To::File(whole) => whole.finish(),
                    To::Standard => Ok(()),
                }
            }
            #[cfg(feature = "parquet")]
            Answer::Parquet(writer) => writer.finish(),
        }
    }
}

impl To {
    /// Writes what the buffer holds, and empties it.
    fn append(&mut self, buffer: &mut String) -> Result<(), Failure> {
        match self {
            To::File(whole) => whole.append(buffer.as_bytes())?,
            To::Standard => {
                let mut out = io::stdout().lock();
                match out.write_all(buffer.as_bytes()).and_then(|()| out.flush()) {
                    // A reader that went away wants no more rows.
                    Err(error) if error.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
                    Err(error) => return Err(Failure(format!("standard output cannot be written: {error}"))),
                    Ok(()) => {}
                }
            }
        }
        buffer.clear();
        Ok(())
    }
}
