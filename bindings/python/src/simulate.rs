//! Rows of a table through one rule set or several, without Python while rows are posted.
//!
//! The engine says what may be done at once; here are the threads that do it. Between two chunks of rows Python is
//! asked whether somebody wants to stop, and is told how far it is.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use arrow_array::{RecordBatch, RecordBatchReader as _};
use arrow_schema::SchemaRef;
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rewards_rules::input::InputError;
use rewards_rules::simulate::arrow::{self, Batch};
use rewards_rules::simulate::spread::{BadRow, Job, Rows, Spread, Uplift};
use rewards_rules::simulate::{Cell, ColumnNames, Options, member_names, transaction_names};
use rewards_rules::value::Exact;

use crate::errors;
use crate::lines::Chunk;
use crate::result::Run;
use crate::rules::RuleSet;
use crate::source::{Part, RowsOf, Source};

/// A chunk of rows should take so long: who presses Ctrl-C waits for the end of one.
const CHUNK: Duration = Duration::from_millis(20);
/// Rows of the first chunk, of the smallest and of the largest.
const FIRST_ROWS: usize = 4_096;
const LEAST_ROWS: usize = 256;
const MOST_ROWS: usize = 65_536;
/// Members that are read between two looks at whether somebody wants to stop.
const MEMBERS: usize = 1_024;
/// How often progress is told.
const TOLD: Duration = Duration::from_millis(100);

/// Does jobs at once, each on a thread of its own; the first here.
pub(crate) fn at_once(jobs: Vec<Job<'_>>) {
    let mut jobs = jobs.into_iter();
    let Some(first) = jobs.next() else { return };
    std::thread::scope(|scope| {
        for job in jobs {
            scope.spawn(job);
        }
        first();
    });
}

/// Does jobs on so many threads; whoever is done takes the next.
fn on_threads(jobs: Vec<Job<'_>>, threads: usize) {
    let jobs = Mutex::new(jobs.into_iter());
    let work = || {
        while let Some(job) = jobs.lock().ok().and_then(|mut jobs| jobs.next()) {
            job();
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
}

/// A batch as the columns of one rule set: others are left out.
struct Seen<'a> {
    cells: &'a Cells<'a>,
    from: &'a [usize],
}

/// Rows whose cells can be asked for.
enum Cells<'a> {
    Arrow(Batch),
    Lines(&'a Chunk),
}

/// A row that could not be used, and its line in a file that has lines.
pub(crate) struct Bad {
    row: BadRow,
    line: Option<u64>,
}

impl Rows for Seen<'_> {
    fn cell(&self, column: usize, row: usize) -> Cell<'_> {
        self.from.get(column).map_or(Cell::Absent, |column| match self.cells {
            Cells::Arrow(batch) => batch.cell(*column, row),
            Cells::Lines(chunk) => chunk.cell(*column, row),
        })
    }

    fn broken(&self, row: usize) -> Result<(), InputError> {
        match self.cells {
            Cells::Arrow(_) => Ok(()),
            Cells::Lines(chunk) => chunk.broken(row),
        }
    }
}

/// One rule set over the rows.
struct Side {
    spread: Spread,
    from: Vec<usize>,
    bad: Vec<Bad>,
}

/// What the columns of a table are called here, and which are left out.
#[derive(Default)]
struct Renamed {
    names: HashMap<String, Option<String>>,
}

impl Renamed {
    /// The columns that a rule set takes, by number, under the names it takes them by. A column that only another rule
    /// set of the comparison knows is left out.
    fn header(&self, given: &[String], own: &ColumnNames, all: &[ColumnNames]) -> (Vec<usize>, Vec<String>) {
        let named = given.iter().enumerate().filter_map(|(at, name)| match self.names.get(name) {
            Some(new) => new.clone().map(|new| (at, new)),
            None => Some((at, name.clone())),
        });
        let foreign = |name: &String| !own.all().contains(name) && all.iter().any(|names| names.all().contains(name));
        named.filter(|(_, name)| !foreign(name)).unzip()
    }
}

/// Posts all rows of a table. With several rule sets, each gets each row.
#[pyfunction]
#[pyo3(signature = (rules, transactions, members, *, workers, collect, assume_program_timezone, columns, member_columns, uplift, explain, progress))]
#[expect(clippy::too_many_arguments, reason = "the package's Python part names and documents them")]
pub(crate) fn simulate(
    py: Python<'_>,
    rules: Vec<PyRef<'_, RuleSet>>,
    transactions: &Bound<'_, PyAny>,
    members: Option<&Bound<'_, PyAny>>,
    workers: usize,
    collect: bool,
    assume_program_timezone: bool,
    columns: HashMap<String, Option<String>>,
    member_columns: HashMap<String, Option<String>>,
    uplift: Vec<HashMap<String, String>>,
    explain: HashSet<String>,
    progress: Option<&Bound<'_, PyAny>>,
) -> PyResult<Vec<Run>> {
    let workers = workers.max(1);
    // Many rule sets share out among the cores; each of a few is shared out by members.
    let apart = rules.len() >= workers && workers > 1;
    let shares = if apart { 1 } else { workers };
    let options = Options { assume_program_timezone };
    let mut sides: Vec<Side> = Vec::with_capacity(rules.len());
    for (at, rules) in rules.iter().enumerate() {
        let factors = uplift.get(at).map(factors).transpose()?.unwrap_or_default();
        let spread = Spread::new(rules.rules.clone(), options, shares, true);
        let spread = spread.with_uplift(factors).with_explained(explain.clone());
        sides.push(Side { spread, from: Vec::new(), bad: Vec::new() });
    }
    if let Some(members) = members {
        let source = Source::open(members, "members")?;
        add_members(py, &mut sides, source, &Renamed { names: member_columns })?;
    }
    let mut source = Source::open(transactions, "transactions")?;
    take_header(py, &mut sides, &mut source, &Renamed { names: columns })?;
    if workers > 1 {
        source.rows_of = source.rows_of.ahead()?;
    }
    if let (Some(progress), Some(rows)) = (progress, source.rows) {
        progress.setattr("total", rows)?;
    }
    let mut pace = Pace { rows: FIRST_ROWS, done: 0, told_at: Instant::now(), told: 0 };
    while let Some(part) = next(py, &mut source)? {
        let mut from = 0_usize;
        while from < part.rows() {
            let length = pace.rows.min(part.rows().saturating_sub(from));
            let range = from..from.saturating_add(length);
            from = range.end;
            let begun = Instant::now();
            let stopped = py.detach(|| post(&mut sides, &part, range, (workers, apart), collect));
            let stopped = stopped.map_err(|error| errors::columns(py, &source.name, &error))?;
            if let Some((bad, line)) = stopped {
                return Err(row_error(py, &source.name, &bad, line));
            }
            pace.after(begun.elapsed(), length);
            let stopped = py.check_signals();
            if let Some(progress) = progress {
                pace.tell(progress, stopped.is_err())?;
            }
            stopped?;
        }
    }
    if let Some(progress) = progress {
        pace.tell(progress, true)?;
    }
    Ok(sides.into_iter().map(|side| Run::new(side.spread, side.bad)).collect())
}

/// How large chunks are, and how far it is.
struct Pace {
    rows: usize,
    done: u64,
    told: u64,
    told_at: Instant,
}

impl Pace {
    fn after(&mut self, took: Duration, rows: usize) {
        self.done = self.done.saturating_add(u64::try_from(rows).unwrap_or(0));
        if took > CHUNK.saturating_mul(2) {
            self.rows = (self.rows / 2).max(LEAST_ROWS);
        } else if took < CHUNK && rows == self.rows {
            self.rows = self.rows.saturating_mul(2).min(MOST_ROWS);
        }
    }

    fn tell(&mut self, progress: &Bound<'_, PyAny>, last: bool) -> PyResult<()> {
        if (last || self.told_at.elapsed() >= TOLD) && self.done > self.told {
            progress.call_method1("update", (self.done.saturating_sub(self.told),))?;
            (self.told, self.told_at) = (self.done, Instant::now());
        }
        Ok(())
    }
}

fn factors(given: &HashMap<String, String>) -> PyResult<Uplift> {
    let mut uplift = Uplift::with_capacity(given.len());
    for (member, factor) in given {
        let exact: Option<Exact> = factor.parse().ok().filter(|factor: &Exact| !factor.is_negative());
        let exact = exact.ok_or_else(|| {
            pyo3::exceptions::PyValueError::new_err(format!(
                "uplift of `{member}`: {factor} is no number from 0 on with at most 38 digits"
            ))
        })?;
        uplift.insert(member.clone(), exact);
    }
    Ok(uplift)
}

fn next(py: Python<'_>, source: &mut Source) -> PyResult<Option<Part>> {
    let RowsOf::Arrow(batches) = &mut source.rows_of else {
        return py.detach(|| source.rows_of.read()).map_err(|error| errors::unreadable(&source.name, &error));
    };
    let batch = py.detach(|| batches.next());
    // What Python raised while it made the batch says more than Arrow does.
    if let Some(error) = PyErr::take(py) {
        return Err(error);
    }
    batch.transpose().map(|batch| batch.map(Part::Arrow)).map_err(|error| {
        let told = error.to_string();
        // Ctrl-C may come while Python makes the batch; a producer tells of it in words alone.
        if told.contains("KeyboardInterrupt") {
            return PyKeyboardInterrupt::new_err(());
        }
        errors::unreadable(&source.name, &told)
    })
}

fn names_of(sides: &[Side], names: fn(&rewards_rules::RuleSet) -> ColumnNames) -> Vec<ColumnNames> {
    sides.iter().map(|side| names(side.spread.rules())).collect()
}

/// The names of a table's columns, and its types where it has any.
fn given(source: &mut Source, all: &[ColumnNames], renamed: &Renamed) -> (Vec<String>, Option<SchemaRef>) {
    match &mut source.rows_of {
        RowsOf::Arrow(batches) => of_schema(batches.schema()),
        RowsOf::Parquet(file) => of_schema(SchemaRef::clone(&file.schema)),
        RowsOf::Lines(lines) => {
            let names = all.iter().cloned().reduce(|names, more| names.and(&more));
            (names.map(|names| lines.header(&names, &renamed.names)).unwrap_or_default(), None)
        }
        // A header is asked for before anything is read ahead.
        RowsOf::Ahead(_) => (Vec::new(), None),
    }
}

fn of_schema(schema: SchemaRef) -> (Vec<String>, Option<SchemaRef>) {
    (schema.fields().iter().map(|field| field.name().clone()).collect(), Some(schema))
}

/// Leaves out the columns of a file that no rule set takes.
fn leave_out(sides: &mut [Side], source: &mut Source) -> PyResult<()> {
    let taken: BTreeSet<usize> = sides.iter().flat_map(|side| side.from.iter().copied()).collect();
    let taken: Vec<usize> = taken.into_iter().collect();
    if source.rows_of.only(&taken).map_err(|error| errors::unreadable(&source.name, &error))? {
        for at in sides.iter_mut().flat_map(|side| side.from.iter_mut()) {
            // Each of them is there.
            *at = taken.partition_point(|column| column < at);
        }
    }
    Ok(())
}

fn take_header(py: Python<'_>, sides: &mut [Side], source: &mut Source, renamed: &Renamed) -> PyResult<()> {
    let all = names_of(sides, transaction_names);
    let (given, schema) = given(source, &all, renamed);
    let wrong = |error: InputError| errors::columns(py, &source.name, &error);
    for (side, own) in sides.iter_mut().zip(&all) {
        let (from, header) = renamed.header(&given, own, &all);
        check_types(schema.as_deref(), &from).map_err(wrong)?;
        side.spread.header(&header).map_err(wrong)?;
        side.from = from;
    }
    leave_out(sides, source)
}

/// Refuses columns of types that no column can have, but for those that are left out.
fn check_types(schema: Option<&arrow_schema::Schema>, from: &[usize]) -> Result<(), InputError> {
    let Some(schema) = schema else { return Ok(()) };
    let fields: Vec<_> = from.iter().filter_map(|at| schema.fields().get(*at).cloned()).collect();
    arrow::header(&arrow_schema::Schema::new(fields)).map(|_| ())
}

fn add_members(py: Python<'_>, sides: &mut [Side], mut source: Source, renamed: &Renamed) -> PyResult<()> {
    let name = source.name.clone();
    let wrong = |error: InputError| errors::columns(py, &name, &error);
    let all = names_of(sides, member_names);
    let (given, schema) = given(&mut source, &all, renamed);
    let mut columns = Vec::with_capacity(sides.len());
    for (side, own) in sides.iter_mut().zip(&all) {
        let (from, header) = renamed.header(&given, own, &all);
        check_types(schema.as_deref(), &from).map_err(wrong)?;
        columns.push(side.spread.member_columns(&header).map_err(wrong)?);
        side.from = from;
    }
    leave_out(sides, &mut source)?;
    let mut row = 0_u64;
    while let Some(part) = next(py, &mut source)? {
        let cells = cells(&part, 0..part.rows(), sides).map_err(wrong)?;
        for at in 0..part.rows() {
            for (side, columns) in sides.iter_mut().zip(&columns) {
                let seen = Seen { cells: &cells, from: &side.from };
                let member = seen.broken(at).and_then(|()| columns.read(|column| seen.cell(column, at)));
                if let Err(error) = member.map_err(Into::into).and_then(|member| side.spread.add_member(member)) {
                    let bad = BadRow { row, transaction_id: String::new(), error };
                    return Err(row_error(py, &name, &bad, part.line(at)));
                }
            }
            row = row.saturating_add(1);
            if at % MEMBERS == 0 {
                py.check_signals()?;
            }
        }
    }
    Ok(())
}

/// The batch with nothing in the columns that nobody takes, so that their types do not matter.
fn project(batch: &RecordBatch, sides: &[Side]) -> Result<RecordBatch, arrow_schema::ArrowError> {
    let taken = |at: &usize| sides.iter().any(|side| side.from.contains(at));
    if (0..batch.num_columns()).all(|at| taken(&at)) {
        return Ok(batch.clone());
    }
    let schema = batch.schema();
    let fields: Vec<_> = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(at, field)| match taken(&at) {
            true => field.as_ref().clone(),
            false => arrow_schema::Field::new(field.name(), arrow_schema::DataType::Null, true),
        })
        .collect();
    let nothing: arrow_array::ArrayRef = std::sync::Arc::new(arrow_array::NullArray::new(batch.num_rows()));
    let columns = batch.columns().iter().enumerate();
    let columns = columns.map(|(at, column)| if taken(&at) { column.clone() } else { nothing.clone() }).collect();
    RecordBatch::try_new(std::sync::Arc::new(arrow_schema::Schema::new(fields)), columns)
}

/// The cells of a range of rows.
fn cells<'a>(part: &'a Part, range: Range<usize>, sides: &[Side]) -> Result<Cells<'a>, InputError> {
    let lost = |_| InputError::new(rewards_rules::input::ErrorCode::WrongType, "", "the columns do not fit the rows");
    Ok(match part {
        Part::Arrow(batch) => {
            let slice = batch.slice(range.start, range.len());
            Cells::Arrow(Batch::new(&project(&slice, sides).map_err(lost)?)?)
        }
        Part::Lines(chunk) => Cells::Lines(chunk),
    })
}

/// Posts a chunk. Returns the first bad row if nobody collects them.
fn post(
    sides: &mut [Side],
    part: &Part,
    range: Range<usize>,
    (workers, apart): (usize, bool),
    collect: bool,
) -> Result<Option<(BadRow, Option<u64>)>, InputError> {
    let cells = cells(part, range.clone(), sides)?;
    // Rows of Arrow are a slice, in which they count from 0.
    let within = if part.is_lines() { range.clone() } else { 0..range.len() };
    let one = |side: &mut Side, run: &rewards_rules::simulate::spread::Runner<'_>| {
        let seen = Seen { cells: &cells, from: &side.from };
        let before = side.spread.rows();
        let bad = side.spread.post(&seen, within.clone(), !collect, run);
        side.bad.extend(bad.into_iter().map(|row| {
            let at = usize::try_from(row.row.saturating_sub(before)).unwrap_or(usize::MAX);
            Bad { line: part.line(range.start.saturating_add(at)), row }
        }));
    };
    if apart {
        let one = &one;
        let jobs = sides
            .iter_mut()
            .map(|side| -> Job<'_> { Box::new(move || one(side, &rewards_rules::simulate::spread::one_by_one)) });
        on_threads(jobs.collect(), workers);
    } else {
        for side in sides.iter_mut() {
            one(side, &at_once);
        }
    }
    let first = sides.iter().filter(|_| !collect).filter_map(|side| side.bad.first()).min_by_key(|bad| bad.row.row);
    Ok(first.map(|bad| (bad.row.clone(), bad.line)))
}

fn row_error(py: Python<'_>, table: &str, bad: &BadRow, line: Option<u64>) -> PyErr {
    let id =
        if bad.transaction_id.is_empty() { String::new() } else { format!(" (transaction `{}`)", bad.transaction_id) };
    let place = line.map_or_else(|| format!(": row {}", bad.row), |line| format!(":{line}"));
    let words = [
        ("code", bad.error.code.as_str().to_owned()),
        ("message", format!("{table}{place}{id}: {}", bad.error)),
        ("row", bad.row.to_string()),
        ("line", line.map_or_else(String::new, |line| line.to_string())),
        ("transaction_id", bad.transaction_id.clone()),
    ];
    errors::raise(py, "RowError", &words)
}

/// Bad rows as dicts.
pub(crate) fn told<'py>(py: Python<'py>, bad: &[Bad]) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let one = |bad: &Bad| {
        let Bad { row: bad, line } = bad;
        let dict = PyDict::new(py);
        dict.set_item("line", line)?;
        dict.set_item("row", bad.row)?;
        dict.set_item("transaction_id", &bad.transaction_id)?;
        dict.set_item("code", bad.error.code.as_str())?;
        dict.set_item("message", bad.error.to_string())?;
        Ok(dict)
    };
    bad.iter().map(one).collect()
}
