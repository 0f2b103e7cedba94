//! Rows of a table through one rule set or several, without Python while rows are posted.
//!
//! The engine says what may be done at once; here are the threads that do it. Between two chunks of rows Python is
//! asked whether somebody wants to stop, and is told how far it is.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use arrow_array::{RecordBatch, RecordBatchReader};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rewards_rules::input::InputError;
use rewards_rules::simulate::arrow::{self, Batch};
use rewards_rules::simulate::spread::{BadRow, Job, Rows, Spread, Uplift};
use rewards_rules::simulate::{Cell, ColumnNames, Options, member_names, transaction_names};
use rewards_rules::value::Exact;

use crate::errors;
use crate::result::Run;
use crate::rules::RuleSet;
use crate::source::Source;

/// A chunk of rows should take so long: who presses Ctrl-C waits for the end of one.
const CHUNK: Duration = Duration::from_millis(20);
/// Rows of the first chunk, of the smallest and of the largest.
const FIRST_ROWS: usize = 4_096;
const LEAST_ROWS: usize = 256;
const MOST_ROWS: usize = 65_536;
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
    batch: &'a Batch,
    from: &'a [usize],
}

impl Rows for Seen<'_> {
    fn cell(&self, column: usize, row: usize) -> Cell<'_> {
        self.from.get(column).map_or(Cell::Absent, |column| self.batch.cell(*column, row))
    }
}

/// One rule set over the rows.
struct Side {
    spread: Spread,
    from: Vec<usize>,
    bad: Vec<BadRow>,
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
    take_header(py, &mut sides, &source, &Renamed { names: columns })?;
    if let (Some(progress), Some(rows)) = (progress, source.rows) {
        progress.setattr("total", rows)?;
    }
    let mut pace = Pace { rows: FIRST_ROWS, done: 0, told_at: Instant::now(), told: 0 };
    while let Some(batch) = next(py, &mut source)? {
        let mut from = 0_usize;
        while from < batch.num_rows() {
            let length = pace.rows.min(batch.num_rows().saturating_sub(from));
            let part = batch.slice(from, length);
            from = from.saturating_add(length);
            let begun = Instant::now();
            let stopped = py.detach(|| post(&mut sides, &part, (workers, apart), collect));
            let stopped = stopped.map_err(|error| errors::columns(py, &source.name, &error))?;
            if let Some(bad) = stopped {
                return Err(row_error(py, &source.name, &bad));
            }
            pace.after(begun.elapsed(), length);
            py.check_signals()?;
            if let Some(progress) = progress {
                pace.tell(progress, false)?;
            }
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

fn next(py: Python<'_>, source: &mut Source) -> PyResult<Option<RecordBatch>> {
    let batches = &mut source.batches;
    let batch = py.detach(|| batches.next());
    // What Python raised while it made the batch says more than Arrow does.
    if let Some(error) = PyErr::take(py) {
        return Err(error);
    }
    batch.transpose().map_err(|error| {
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

fn take_header(py: Python<'_>, sides: &mut [Side], source: &Source, renamed: &Renamed) -> PyResult<()> {
    let wrong = |error: InputError| errors::columns(py, &source.name, &error);
    let schema = source.batches.schema();
    let given: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let all = names_of(sides, transaction_names);
    for (side, own) in sides.iter_mut().zip(&all) {
        let (from, header) = renamed.header(&given, own, &all);
        check_types(&schema, &from).map_err(wrong)?;
        side.spread.header(&header).map_err(wrong)?;
        side.from = from;
    }
    Ok(())
}

/// Refuses columns of types that no column can have, but for those that are left out.
fn check_types(schema: &arrow_schema::Schema, from: &[usize]) -> Result<(), InputError> {
    let fields: Vec<_> = from.iter().filter_map(|at| schema.fields().get(*at).cloned()).collect();
    arrow::header(&arrow_schema::Schema::new(fields)).map(|_| ())
}

fn add_members(py: Python<'_>, sides: &mut [Side], mut source: Source, renamed: &Renamed) -> PyResult<()> {
    let name = source.name.clone();
    let wrong = |error: InputError| errors::columns(py, &name, &error);
    let schema = source.batches.schema();
    let given: Vec<String> = schema.fields().iter().map(|field| field.name().clone()).collect();
    let all = names_of(sides, member_names);
    let mut columns = Vec::with_capacity(sides.len());
    for (side, own) in sides.iter_mut().zip(&all) {
        let (from, header) = renamed.header(&given, own, &all);
        check_types(&schema, &from).map_err(wrong)?;
        columns.push(side.spread.member_columns(&header).map_err(wrong)?);
        side.from = from;
    }
    let mut row = 0_u64;
    while let Some(batch) = next(py, &mut source)? {
        let used = project(&batch, sides).map_err(|error| errors::unreadable(&name, &error))?;
        let batch = Batch::new(&used).map_err(wrong)?;
        for at in 0..batch.rows() {
            for (side, columns) in sides.iter_mut().zip(&columns) {
                let seen = Seen { batch: &batch, from: &side.from };
                let member = columns.read(|column| seen.cell(column, at)).map_err(Into::into);
                if let Err(error) = member.and_then(|member| side.spread.add_member(member)) {
                    return Err(row_error(py, &name, &BadRow { row, transaction_id: String::new(), error }));
                }
            }
            row = row.saturating_add(1);
        }
        py.check_signals()?;
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

/// Posts a chunk. Returns the first bad row if nobody collects them.
fn post(
    sides: &mut [Side],
    part: &RecordBatch,
    (workers, apart): (usize, bool),
    collect: bool,
) -> Result<Option<BadRow>, InputError> {
    let lost = |_| InputError::new(rewards_rules::input::ErrorCode::WrongType, "", "the columns do not fit the rows");
    let batch = Batch::new(&project(part, sides).map_err(lost)?)?;
    let one = |side: &mut Side, run: &rewards_rules::simulate::spread::Runner<'_>| {
        let seen = Seen { batch: &batch, from: &side.from };
        let bad = side.spread.post(&seen, 0..batch.rows(), !collect, run);
        side.bad.extend(bad);
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
    let first = sides.iter().filter(|_| !collect).filter_map(|side| side.bad.first()).min_by_key(|bad| bad.row);
    Ok(first.cloned())
}

fn row_error(py: Python<'_>, table: &str, bad: &BadRow) -> PyErr {
    let id =
        if bad.transaction_id.is_empty() { String::new() } else { format!(" (transaction `{}`)", bad.transaction_id) };
    let words = [
        ("code", bad.error.code.as_str().to_owned()),
        ("message", format!("{table}: row {}{id}: {}", bad.row, bad.error)),
        ("row", bad.row.to_string()),
        ("transaction_id", bad.transaction_id.clone()),
    ];
    errors::raise(py, "RowError", &words)
}

/// Bad rows as dicts.
pub(crate) fn told<'py>(py: Python<'py>, bad: &[BadRow]) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let one = |bad: &BadRow| {
        let dict = PyDict::new(py);
        dict.set_item("row", bad.row)?;
        dict.set_item("transaction_id", &bad.transaction_id)?;
        dict.set_item("code", bad.error.code.as_str())?;
        dict.set_item("message", bad.error.to_string())?;
        Ok(dict)
    };
    bad.iter().map(one).collect()
}
