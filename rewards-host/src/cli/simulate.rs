//! `rewards simulate`: rows of a CSV file through the engine, one after the other.
//!
//! Nothing is kept of a row but what the engine's state keeps; rows, rejects and progress are streams. A file that is
//! asked for appears whole or not at all.

use std::fs::File;
use std::io::{self, BufReader, BufWriter, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use csv::{ByteRecord, Reader, ReaderBuilder, Writer};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rewards_rules::simulate::{OUTPUT_COLUMNS, Options, Posted, Simulation, TransactionColumns};
use rewards_rules::{EvaluationError, RuleSet};
use tempfile::NamedTempFile;

use super::{Ended, Failure, Outcome, colour_of_errors, complain, print};
use crate::load;
use crate::memory;
use crate::output::{human, prefixed, summary};

/// Runs many transactions in time order and writes what each of them brings.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// A folder with rule files, or one file
    #[arg(long, value_name = "PATH")]
    pub(super) rules: PathBuf,
    /// Transactions in order of time, a `.csv` file
    #[arg(long, value_name = "FILE")]
    pub(super) transactions: PathBuf,
    /// What is known of members before their first transaction, a `.csv` file
    #[arg(long, value_name = "FILE")]
    pub(super) members: Option<PathBuf>,
    /// Where to write the rows; without it they go to standard output, and what it cost to standard error
    #[arg(long, value_name = "FILE")]
    pub(super) output: Option<PathBuf>,
    /// Where to write what it cost, as JSON
    #[arg(long, value_name = "FILE")]
    pub(super) summary: Option<PathBuf>,
    /// Go on after a bad row, and write line, code and reason of each to this file; without it the first one stops
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

/// A row that cannot be posted.
struct BadRow {
    line: u64,
    code: String,
    reason: String,
}

impl BadRow {
    fn new(line: u64, error: &EvaluationError) -> BadRow {
        BadRow { line, code: error.code.as_str().to_owned(), reason: error.message.clone() }
    }
}

pub(super) fn run(args: &Args) -> Outcome {
    let loaded = load::one(&args.rules)?;
    let mut transactions = open(&args.transactions)?;
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
        return Ok(bad_row(path, &bad));
    }
    let header = header(&mut transactions, &args.transactions)?;
    let columns = match simulation.transaction_columns(&header) {
        Ok(columns) => columns,
        Err(error) => {
            let bad = BadRow { line: 1, code: error.code.as_str().to_owned(), reason: error.message };
            return Ok(bad_row(&args.transactions, &bad));
        }
    };
    let mut output = Rows::to(args.output.as_deref())?;
    let mut rejects = args.rejects.as_deref().map(|path| Rejects::to(path, &header)).transpose()?;
    let begun = memory::peak();
    let started = Instant::now();
    let stopped = stream(args, &mut simulation, &mut transactions, &columns, &mut output, &mut rejects)?;
    if let Some(bad) = stopped {
        let ended = bad_row(&args.transactions, &bad);
        if args.output.is_some() {
            complain("nothing was written; `--rejects FILE` sets bad rows aside and goes on");
        }
        return Ok(ended);
    }
    output.finish()?;
    let rejected = rejects.map(Rejects::finish).transpose()?.unwrap_or(0);
    let found = simulation.summary();
    if let Some(path) = &args.summary {
        let text = serde_json::to_string_pretty(&found).unwrap_or_default();
        whole_file(path, &format!("{text}\n"))?;
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

fn open(path: &Path) -> Result<Reader<Counted>, Failure> {
    let ending = path.extension().and_then(|e| e.to_str());
    if ending != Some("csv") {
        return Err(Failure(format!("{}: a `.csv` file is due here", path.display())));
    }
    let cannot = |error: io::Error| Failure(format!("{} cannot be read: {error}", path.display()));
    let file = File::open(path).map_err(cannot)?;
    let length = file.metadata().map_err(cannot)?.len();
    let counted = Counted { file: BufReader::with_capacity(1 << 16, file), bar: bar(length) };
    Ok(ReaderBuilder::new().flexible(true).from_reader(counted))
}

/// A bar with rate and time left on a terminal, nothing elsewhere.
fn bar(length: u64) -> ProgressBar {
    let target =
        if io::stderr().is_terminal() { ProgressDrawTarget::stderr_with_hz(4) } else { ProgressDrawTarget::hidden() };
    let style =
        ProgressStyle::with_template("{bar:32} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left, {msg} rows");
    let bar = ProgressBar::with_draw_target(Some(length), target);
    match style {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Counts what was read of a file for the progress.
struct Counted {
    file: BufReader<File>,
    bar: ProgressBar,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.file.read(buffer)?;
        self.bar.inc(u64::try_from(read).unwrap_or(0));
        Ok(read)
    }
}

fn header(reader: &mut Reader<Counted>, path: &Path) -> Result<Vec<String>, Failure> {
    let header = reader.byte_headers().map_err(|e| unreadable(path, &e))?.clone();
    header
        .iter()
        .map(|cell| {
            let text = std::str::from_utf8(cell);
            text.map(str::to_owned).map_err(|_| Failure(format!("{}:1: the header is not UTF-8", path.display())))
        })
        .collect()
}

fn unreadable(path: &Path, error: &csv::Error) -> Failure {
    Failure(format!("{} cannot be read: {error}", path.display()))
}

fn bad_row(path: &Path, bad: &BadRow) -> Ended {
    complain(&format!("error: {}:{}: {}: {}", path.display(), bad.line, bad.code, bad.reason));
    Ended::Findings
}

fn read_members(simulation: &mut Simulation, path: &Path) -> Result<Result<(), BadRow>, Failure> {
    let mut reader = open(path)?;
    let header = header(&mut reader, path)?;
    let columns = match simulation.member_columns(&header) {
        Ok(columns) => columns,
        Err(error) => {
            return Ok(Err(BadRow { line: 1, code: error.code.as_str().to_owned(), reason: error.message }));
        }
    };
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).map_err(|e| unreadable(path, &e))? {
        let line = record.position().map_or(0, csv::Position::line);
        let added = cells(&record, header.len())
            .and_then(|cells| columns.member(cells).map_err(EvaluationError::from))
            .and_then(|member| simulation.add_member(member));
        if let Err(error) = added {
            return Ok(Err(BadRow::new(line, &error)));
        }
    }
    Ok(Ok(()))
}

/// The cells of a row as texts; a row of another length than the header is a bad row.
fn cells(record: &ByteRecord, due: usize) -> Result<Vec<&str>, EvaluationError> {
    use rewards_rules::input::{ErrorCode, InputError};
    if record.len() != due {
        let message = format!("this row has {} cells, the header has {due}", record.len());
        return Err(InputError::new(ErrorCode::InvalidSyntax, "", message).into());
    }
    record
        .iter()
        .map(|cell| {
            std::str::from_utf8(cell)
                .map_err(|_| InputError::new(ErrorCode::InvalidSyntax, "", "this row is not UTF-8").into())
        })
        .collect()
}

/// Posts every row. Ends early with the first bad one where nobody collects them.
fn stream(
    args: &Args,
    simulation: &mut Simulation,
    reader: &mut Reader<Counted>,
    columns: &TransactionColumns,
    output: &mut Rows,
    rejects: &mut Option<Rejects>,
) -> Result<Option<BadRow>, Failure> {
    let due = columns.len();
    let mut record = ByteRecord::new();
    let mut rows: u64 = 0;
    while reader.read_byte_record(&mut record).map_err(|e| unreadable(&args.transactions, &e))? {
        rows = rows.saturating_add(1);
        if rows.is_multiple_of(1 << 12) {
            reader.get_ref().bar.set_message(rows.to_string());
        }
        let posted = cells(&record, due)
            .and_then(|cells| columns.row(cells).map_err(EvaluationError::from))
            .and_then(|row| simulation.post(row));
        match posted {
            Ok(Some(posted)) => output.write(&posted)?,
            Ok(None) => {}
            Err(error) => {
                let bad = BadRow::new(record.position().map_or(0, csv::Position::line), &error);
                match rejects {
                    None => {
                        reader.get_ref().bar.finish_and_clear();
                        return Ok(Some(bad));
                    }
                    Some(rejects) => {
                        simulation.reject();
                        rejects.write(&bad, &record)?;
                    }
                }
            }
        }
    }
    reader.get_ref().bar.finish_and_clear();
    Ok(None)
}

/// A file that appears under its name only when it is whole.
struct Whole {
    path: PathBuf,
    file: NamedTempFile,
}

impl Whole {
    fn to(path: &Path) -> Result<Whole, Failure> {
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file =
            tempfile::Builder::new().prefix(".rewards-").tempfile_in(folder).map_err(|e| unwritable(path, &e))?;
        Ok(Whole { path: path.to_owned(), file })
    }

    fn finish(self) -> Result<(), Failure> {
        let Whole { path, file } = self;
        // A temporary file is its owner's alone; a result is read by whoever may read new files.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let _ = std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644));
        }
        file.persist(&path).map(drop).map_err(|e| unwritable(&path, &e.error))
    }
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure(format!("{} cannot be written: {error}", path.display()))
}

fn whole_file(path: &Path, text: &str) -> Result<(), Failure> {
    let mut whole = Whole::to(path)?;
    whole.file.write_all(text.as_bytes()).map_err(|e| unwritable(path, &e))?;
    whole.finish()
}

/// The rows of the answer.
enum Rows {
    File(Box<Writer<BufWriter<NamedTempFile>>>, PathBuf),
    Standard(Box<Writer<io::Stdout>>),
}

impl Rows {
    fn to(path: Option<&Path>) -> Result<Rows, Failure> {
        let mut rows = match path {
            Some(path) => {
                let whole = Whole::to(path)?;
                Rows::File(Box::new(Writer::from_writer(BufWriter::new(whole.file))), whole.path)
            }
            None => Rows::Standard(Box::new(Writer::from_writer(io::stdout()))),
        };
        rows.record(&OUTPUT_COLUMNS)?;
        Ok(rows)
    }

    fn record<S: AsRef<[u8]>>(&mut self, cells: &[S]) -> Result<(), Failure> {
        let (written, name) = match self {
            Rows::File(writer, path) => (writer.write_record(cells), path.display().to_string()),
            Rows::Standard(writer) => (writer.write_record(cells), "standard output".to_owned()),
        };
        match written {
            Ok(()) => Ok(()),
            Err(error) => match error.kind() {
                // A reader that went away wants no more rows.
                csv::ErrorKind::Io(e) if e.kind() == io::ErrorKind::BrokenPipe => std::process::exit(0),
                _ => Err(Failure(format!("{name} cannot be written: {error}"))),
            },
        }
    }

    fn write(&mut self, posted: &Posted) -> Result<(), Failure> {
        self.record(&posted.cells())
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Rows::Standard(mut writer) => match writer.flush() {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
                    Err(Failure(format!("standard output cannot be written: {error}")))
                }
                _ => Ok(()),
            },
            Rows::File(writer, path) => finish_csv(*writer, path),
        }
    }
}

fn finish_csv(writer: Writer<BufWriter<NamedTempFile>>, path: PathBuf) -> Result<(), Failure> {
    let buffered = writer.into_inner().map_err(|e| Failure(format!("{} cannot be written: {e}", path.display())))?;
    let file = buffered.into_inner().map_err(|e| unwritable(&path, e.error()))?;
    Whole { path, file }.finish()
}

/// Bad rows, each with its line, code and reason before its cells.
struct Rejects {
    writer: Writer<BufWriter<NamedTempFile>>,
    path: PathBuf,
    count: u64,
}

impl Rejects {
    fn to(path: &Path, header: &[String]) -> Result<Rejects, Failure> {
        let whole = Whole::to(path)?;
        let writer = csv::WriterBuilder::new().flexible(true).from_writer(BufWriter::new(whole.file));
        let mut rejects = Rejects { writer, path: whole.path, count: 0 };
        let head = ["line", "code", "reason"].into_iter().chain(header.iter().map(String::as_str));
        rejects.record(head.map(str::as_bytes))?;
        Ok(rejects)
    }

    fn record<'a>(&mut self, cells: impl Iterator<Item = &'a [u8]>) -> Result<(), Failure> {
        let path = self.path.display();
        self.writer.write_record(cells).map_err(|e| Failure(format!("{path} cannot be written: {e}")))
    }

    fn write(&mut self, bad: &BadRow, record: &ByteRecord) -> Result<(), Failure> {
        self.count = self.count.saturating_add(1);
        let line = bad.line.to_string();
        let head = [line.as_bytes(), bad.code.as_bytes(), bad.reason.as_bytes()];
        self.record(head.into_iter().chain(record.iter()))
    }

    fn finish(self) -> Result<u64, Failure> {
        finish_csv(self.writer, self.path)?;
        Ok(self.count)
    }
}
