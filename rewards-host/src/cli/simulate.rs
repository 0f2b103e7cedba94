//! `rewards simulate`: rows of a table through the engine, one after the other.
//!
//! Nothing is kept of a row but what the engine's state keeps; rows, rejects and progress are streams. A file that is
//! asked for appears whole or not at all.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use rewards_rules::input::InputError;
use rewards_rules::simulate::{AT_ONCE, Options, Row, Simulation, TransactionColumns};
use rewards_rules::{EvaluationError, RuleSet};

use super::{Ended, Failure, Outcome, colour_of_errors, complain, print};
use crate::load;
use crate::memory;
use crate::output::{human, prefixed, summary};
use crate::rows::ahead::ahead;
use crate::rows::answer::Answer;
use crate::rows::named;
use crate::rows::rejects::Rejects;
use crate::rows::whole::Whole;
use crate::rows::{BadRow, Format, Place, Reader};

/// Runs many transactions in time order and writes what each of them brings.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 every row was used, 1 rules with errors, a bad row or a bad header, 2 wrong use or a file that cannot be read or written."
)]
pub(super) struct Args {
    /// A folder with rule files, or one file
    #[arg(long, value_name = "PATH")]
    pub(super) rules: PathBuf,
    /// Transactions in order of time, a file ending in `.csv`, `.parquet`, `.ndjson` or `.jsonl`; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(super) transactions: PathBuf,
    /// Format of the transactions where the ending does not tell it
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(super) from: Option<Format>,
    /// What is known of members before their first transaction, a file of one of the same formats
    #[arg(long, value_name = "FILE")]
    pub(super) members: Option<PathBuf>,
    /// Where to write the rows, in the format of the ending; without it they go to standard output as CSV, and what it
    /// cost to standard error
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Where to write what it cost, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,
    /// Go on after a bad row, and write place, code and reason of each with the row to this file, `.csv` or `.ndjson`;
    /// without it the first one stops
    #[arg(long, value_name = "FILE")]
    pub(super) rejects: Option<PathBuf>,
    /// How to print what it cost
    #[arg(long, value_enum, default_value_t = SummaryFormat::Human)]
    pub(super) format: SummaryFormat,
    /// Read instants without an offset as local time of this
    #[arg(long, value_enum, value_name = "WHERE")]
    pub(super) assume_timezone: Option<AssumedZone>,
}

/// How the summary can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum SummaryFormat {
    /// For people
    Human,
    /// JSON
    Json,
}

/// Whose local time an instant without an offset is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum AssumedZone {
    /// The program's
    Program,
}

/// After so many rows it is shown how many there were.
const PROGRESS: u64 = 1 << 12;

pub(super) fn run(args: &Args) -> Outcome {
    named::check(
        &[
            ("--rules", Some(&args.rules)),
            ("--transactions", Some(&args.transactions)),
            ("--members", args.members.as_deref()),
        ],
        &[
            ("--output", args.output.as_deref()),
            ("--summary", args.summary.as_deref()),
            ("--rejects", args.rejects.as_deref()),
        ],
    )?;
    let loaded = load::one(&args.rules)?;
    let mut transactions = Reader::open(&args.transactions, args.from)?;
    let rules = match RuleSet::compile(loaded.sources.clone()) {
        Ok(rules) => rules,
        Err(findings) => {
            complain(&prefixed(&findings, &loaded.prefix).render(colour_of_errors()));
            if let Some(more) = human::more(&findings) {
                complain(&more);
            }
            return Ok(Ended::Findings);
        }
    };
    let options = Options { assume_program_timezone: args.assume_timezone.is_some() };
    let mut simulation = Simulation::new(rules, options);
    if let Some(path) = &args.members
        && let Err(bad) = read_members(&mut simulation, path)?
    {
        return Ok(stopped(path, &bad));
    }
    let header = match transactions.header(&simulation.transaction_names())? {
        Ok(header) => header,
        Err(bad) => return Ok(stopped(&args.transactions, &bad)),
    };
    let columns = match simulation.transaction_columns(&header) {
        Ok(columns) => columns,
        Err(error) => {
            let bad = BadRow::of_header(transactions.place_of_header(), &header, error);
            return Ok(stopped(&args.transactions, &bad));
        }
    };
    let mut answer = Answer::to(args.output.as_deref(), simulation.rules())?;
    let rejects = args.rejects.as_deref().map(|path| Rejects::to(path, &header, transactions.format()));
    let mut rejects = rejects.transpose()?;
    let whole_summary = args.summary.as_deref().map(Whole::to).transpose()?;
    let begun = memory::peak();
    let started = Instant::now();
    // A row that is set aside needs its cells; one that comes through a pipe may be the last for long.
    let bad = if rejects.is_none() && args.transactions.as_os_str() != "-" {
        stream(&mut simulation, &mut transactions, &columns, &mut answer)?
    } else {
        stream_one_by_one(&mut simulation, &mut transactions, &columns, &mut answer, &mut rejects)?
    };
    if let Some(bad) = bad {
        let ended = stopped(&args.transactions, &bad);
        bad.complain_of_zone();
        complain(match args.output {
            Some(_) => "nothing was written; `--rejects FILE` sets bad rows aside and goes on",
            None => "`--rejects FILE` sets bad rows aside and goes on",
        });
        return Ok(ended);
    }
    answer.finish()?;
    let rejected = rejects.map(Rejects::finish).transpose()?.unwrap_or(0);
    let found = simulation.summary();
    if let Some(mut whole) = whole_summary {
        let text = serde_json::to_string_pretty(&found).unwrap_or_default();
        whole.append(format!("{text}\n").as_bytes())?;
        whole.finish()?;
    }
    let text = match args.format {
        SummaryFormat::Human => summary::human(&found, started.elapsed(), memory::a_row(begun, found.rows())),
        SummaryFormat::Json => format!("{}\n", serde_json::to_string_pretty(&found).unwrap_or_default()),
    };
    if args.output.is_some() {
        print(&text)?
    } else {
        complain(&text)
    }
    Ok(Ended::well_if(rejected == 0))
}

fn stopped(path: &Path, bad: &BadRow) -> Ended {
    bad.complain(path);
    Ended::Findings
}

fn read_members(simulation: &mut Simulation, path: &Path) -> Result<Result<(), BadRow>, Failure> {
    let mut reader = Reader::open(path, None)?;
    let header = match reader.header(&simulation.member_names())? {
        Ok(header) => header,
        Err(bad) => return Ok(Err(bad)),
    };
    let columns = match simulation.member_columns(&header) {
        Ok(columns) => columns,
        Err(error) => return Ok(Err(BadRow::of_header(reader.place_of_header(), &header, error))),
    };
    while let Some(record) = reader.next()? {
        let member = record.broken().and_then(|()| columns.read(|column| record.cell(column)));
        let added = member.map_err(EvaluationError::from).and_then(|member| simulation.add_member(member));
        if let Err(error) = added {
            return Ok(Err(BadRow::new(record.place, &error)));
        }
    }
    reader.progress().end();
    Ok(Ok(()))
}

/// A row that was read ahead of its turn, or why it is none.
#[derive(Default)]
struct Taken {
    row: Row,
    place: Option<Place>,
    error: Option<InputError>,
}

/// Posts every row of a file, the next ones being read meanwhile. Ends early with the first bad one.
fn stream(
    simulation: &mut Simulation,
    reader: &mut Reader,
    columns: &TransactionColumns,
    answer: &mut Answer,
) -> Result<Option<BadRow>, Failure> {
    let progress = reader.progress().clone();
    let mut rows: u64 = 0;
    let fill = |taken: &mut Taken| {
        taken.row.leave_texts_out(true);
        let Some(record) = reader.next()? else { return Ok(false) };
        let read = record.broken().and_then(|()| columns.read(|column| record.cell(column), &mut taken.row));
        (taken.place, taken.error) = (Some(record.place), read.err());
        Ok(true)
    };
    let bad = ahead(fill, AT_ONCE, |few| {
        simulation.bring_near(few.iter().filter(|taken| taken.error.is_none()).map(|taken| &taken.row));
        for taken in few {
            rows = rows.saturating_add(1);
            if rows.is_multiple_of(PROGRESS) {
                progress.rows(rows);
            }
            let read = taken.error.clone().map_or(Ok(()), |error| Err(EvaluationError::from(error)));
            match read.and_then(|()| simulation.post(columns, &taken.row)) {
                Ok(Some(posted)) => answer.write(posted)?,
                Ok(None) => {}
                Err(error) => return Ok(ControlFlow::Break(BadRow::new(taken.place.unwrap_or(Place::Row(0)), &error))),
            }
        }
        Ok(ControlFlow::Continue(()))
    });
    progress.end();
    bad
}

/// Posts every row, one after the other. Ends early with the first bad one where nobody collects them.
fn stream_one_by_one(
    simulation: &mut Simulation,
    reader: &mut Reader,
    columns: &TransactionColumns,
    answer: &mut Answer,
    rejects: &mut Option<Rejects>,
) -> Result<Option<BadRow>, Failure> {
    let mut row = Row::default();
    let mut rows: u64 = 0;
    while let Some(record) = reader.next()? {
        rows = rows.saturating_add(1);
        let read = record.broken().and_then(|()| columns.read(|column| record.cell(column), &mut row));
        match read.map_err(EvaluationError::from).and_then(|()| simulation.post(columns, &row)) {
            Ok(Some(posted)) => answer.write(posted)?,
            Ok(None) => {}
            Err(error) => {
                let bad = BadRow::new(record.place, &error);
                match rejects {
                    None => {
                        reader.progress().end();
                        return Ok(Some(bad));
                    }
                    Some(rejects) => {
                        simulation.reject();
                        rejects.write(&bad, &record)?;
                    }
                }
            }
        }
        if rows.is_multiple_of(PROGRESS) {
            reader.progress().rows(rows);
        }
    }
    reader.progress().end();
    Ok(None)
}
