//! What a simulation left behind: tables, and sums of what was granted.
//!
//! Nothing is decided here: what the engine granted is added up by what an analyst asks for.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Datelike, NaiveDate};
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use rewards_rules::simulate::spread::{Entry, NoSuchRule, Shape, Spread};

use crate::columns::Columns;
use crate::errors;
use crate::rules::Outcome;
use crate::simulate::{Bad, at_once, told};
use crate::table::Table;

/// One simulation that is over.
#[pyclass(frozen, module = "rewards._rewards")]
pub(crate) struct Run {
    spread: Spread,
    bad: Vec<Bad>,
}

impl Run {
    pub(crate) fn new(spread: Spread, bad: Vec<Bad>) -> Run {
        Run { spread, bad }
    }

    fn money_decimals(&self) -> u8 {
        self.spread.rules().currency().decimals()
    }

    fn points_decimals(&self) -> u8 {
        self.spread.rules().points_decimals()
    }
}

/// What costs are told by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Rule,
    Kind,
    Tier,
    Segment,
    Day,
    Week,
    Month,
    Member,
}

const BY: [(&str, By); 8] = [
    ("rule", By::Rule),
    ("kind", By::Kind),
    ("tier", By::Tier),
    ("segment", By::Segment),
    ("day", By::Day),
    ("week", By::Week),
    ("month", By::Month),
    ("user_id", By::Member),
];

impl By {
    fn parse(name: &str) -> PyResult<By> {
        BY.iter().find(|(known, _)| *known == name).map(|(_, by)| *by).ok_or_else(|| {
            let known: Vec<String> = BY.iter().map(|(name, _)| format!("`{name}`")).collect();
            PyValueError::new_err(format!("costs cannot be told by `{name}`; by {} they can", known.join(", ")))
        })
    }
}

/// Texts as small numbers, in order of appearance.
#[derive(Default)]
struct Words {
    numbers: HashMap<String, u32>,
    texts: Vec<Option<String>>,
}

impl Words {
    fn number(&mut self, text: Option<&str>) -> u32 {
        let key = text.unwrap_or("\0");
        if let Some(number) = self.numbers.get(key) {
            return *number;
        }
        let number = u32::try_from(self.texts.len()).unwrap_or(u32::MAX);
        self.numbers.insert(key.to_owned(), number);
        self.texts.push(text.map(str::to_owned));
        number
    }

    fn text(&self, number: u32) -> Option<&str> {
        self.texts.get(number as usize).and_then(|text| text.as_deref())
    }
}

#[derive(Default)]
struct Group {
    transactions: i64,
    members: HashSet<u64>,
    amount: i64,
    money: i64,
    points: i64,
}

/// Sums by the values of some keys.
struct Groups {
    by: Vec<By>,
    words: Vec<Words>,
    groups: BTreeMap<Vec<u32>, Group>,
}

fn calendar(by: By, date: NaiveDate) -> String {
    match by {
        By::Week => {
            let week = date.iso_week();
            format!("{:04}-W{:02}", week.year(), week.week())
        }
        By::Month => format!("{:04}-{:02}", date.year(), date.month()),
        _ => date.to_string(),
    }
}

impl Groups {
    fn of(spread: &Spread, by: &[String]) -> PyResult<Groups> {
        let by = by.iter().map(|name| By::parse(name)).collect::<PyResult<Vec<_>>>()?;
        let words = by.iter().map(|_| Words::default()).collect();
        let mut groups = Groups { by, words, groups: BTreeMap::new() };
        let names = spread.rule_names();
        let by_rule = groups.by.iter().any(|by| matches!(by, By::Rule | By::Kind));
        for entry in spread.records() {
            let record = entry.record();
            if !by_rule {
                let money = record.money.iter().fold(0_i64, |sum, money| sum.saturating_add(*money));
                groups.add(spread, &entry, None, (money, record.points));
                continue;
            }
            // A transaction counts once in a group, however many of its rules are in it.
            let (by_id, by_kind) = (groups.by.contains(&By::Rule), groups.by.contains(&By::Kind));
            let alike = |one: u32, other: u32| {
                let (one, other) = (names.get(one), names.get(other));
                (!by_kind || one.0 == other.0) && (!by_id || one.1 == other.1)
            };
            let mut sums: Vec<(u32, (i64, i64))> = Vec::new();
            for grant in entry.grants() {
                let (money, points) = if names.is_points(grant.rule) { (0, grant.units) } else { (grant.units, 0) };
                match sums.iter_mut().find(|(rule, _)| alike(*rule, grant.rule)) {
                    Some((_, sum)) => *sum = (sum.0.saturating_add(money), sum.1.saturating_add(points)),
                    None => sums.push((grant.rule, (money, points))),
                }
            }
            for (rule, sum) in sums {
                groups.add(spread, &entry, Some(rule), sum);
            }
        }
        Ok(groups)
    }

    fn add(&mut self, spread: &Spread, entry: &Entry<'_>, rule: Option<u32>, (money, points): (i64, i64)) {
        let record = entry.record();
        let none: &[String] = &[];
        let segments = entry.member().and_then(|member| member.segments.as_deref()).unwrap_or(none);
        let spreads = self.by.contains(&By::Segment) && segments.len() > 1;
        let each = if spreads { segments.len() } else { 1 };
        for at in 0..each {
            let mut key = Vec::with_capacity(self.by.len());
            for (by, words) in self.by.iter().zip(&mut self.words) {
                let name = rule.map(|rule| spread.rule_names().get(rule));
                key.push(match by {
                    By::Rule => words.number(name.map(|(_, id)| id)),
                    By::Kind => words.number(name.map(|(kind, _)| kind)),
                    By::Tier => words.number(record.tier.map(|tier| spread.level(tier))),
                    By::Segment => words.number(segments.get(at).map(String::as_str)),
                    By::Member => words.number(Some(entry.user_id())),
                    By::Day | By::Week | By::Month => words.number(Some(&calendar(*by, record.date))),
                });
            }
            let group = self.groups.entry(key).or_default();
            group.transactions = group.transactions.saturating_add(1);
            group.members.insert(entry.member_number());
            group.amount = group.amount.saturating_add(record.amount);
            group.money = group.money.saturating_add(money);
            group.points = group.points.saturating_add(points);
        }
    }

    fn table(&self, names: &[String], run: &Run) -> PyResult<Table> {
        // Days, weeks and months in their order, everything else as it came; what is absent last.
        let mut rows: Vec<(&Vec<u32>, &Group)> = self.groups.iter().collect();
        let timed = |by: &By| matches!(by, By::Day | By::Week | By::Month);
        rows.sort_by_cached_key(|(key, _)| {
            let parts = self.by.iter().zip(*key).zip(&self.words);
            parts
                .map(|((by, number), words)| match words.text(*number) {
                    None => (u32::MAX, String::new()),
                    Some(text) if timed(by) => (0, text.to_owned()),
                    Some(_) => (*number, String::new()),
                })
                .collect::<Vec<_>>()
        });
        let mut columns = Columns::default();
        for (at, (name, words)) in names.iter().zip(&self.words).enumerate() {
            columns.texts(name, rows.iter().map(|(key, _)| key.get(at).and_then(|number| words.text(*number))));
        }
        columns.wholes("transactions", rows.iter().map(|(_, group)| group.transactions));
        columns.wholes("members", rows.iter().map(|(_, group)| i64::try_from(group.members.len()).unwrap_or(i64::MAX)));
        columns.decimals("amount", run.money_decimals(), rows.iter().map(|(_, group)| group.amount));
        columns.decimals("money", run.money_decimals(), rows.iter().map(|(_, group)| group.money));
        columns.decimals("points", run.points_decimals(), rows.iter().map(|(_, group)| group.points));
        columns.table()
    }
}

/// What is added up by member.
fn member_sums(spread: &Spread, rule: Option<&str>, points: bool) -> HashMap<u64, i64> {
    let names = spread.rule_names();
    let mut sums: HashMap<u64, i64> = HashMap::new();
    for entry in spread.records() {
        let record = entry.record();
        let units = match rule {
            Some(rule) => entry
                .grants()
                .iter()
                .filter(|grant| names.get(grant.rule).1 == rule && names.is_points(grant.rule) == points)
                .fold(0_i64, |sum, grant| sum.saturating_add(grant.units)),
            None if points => record.points,
            None => record.money.iter().fold(0_i64, |sum, money| sum.saturating_add(*money)),
        };
        let sum = sums.entry(entry.member_number()).or_default();
        *sum = sum.saturating_add(units);
    }
    sums
}

/// The sums of as many members drawn at random, with replacement, in order.
fn resampled(py: Python<'_>, mut sums: Vec<i64>, samples: usize, seed: u64) -> PyResult<Vec<i64>> {
    // The order in which members were met must not matter.
    sums.sort_unstable();
    let mut random = fastrand::Rng::with_seed(seed);
    let mut totals = Vec::with_capacity(samples);
    for _ in 0..samples {
        let total = py.detach(|| {
            (0..sums.len()).fold(0_i64, |total, _| {
                total.saturating_add(sums.get(random.usize(..sums.len())).copied().unwrap_or(0))
            })
        });
        totals.push(total);
        py.check_signals()?;
    }
    totals.sort_unstable();
    Ok(totals)
}

#[pymethods]
impl Run {
    fn summary(&self) -> String {
        serde_json::to_string(&self.spread.summary()).unwrap_or_default()
    }

    /// The outcomes that were asked for.
    fn outcomes(&self) -> Vec<Outcome> {
        self.spread.outcomes().into_iter().cloned().map(Outcome::new).collect()
    }

    fn rejects<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        told(py, &self.bad)
    }

    /// `transactions`, `nested` or `components`.
    fn table(&self, py: Python<'_>, shape: &str) -> PyResult<Table> {
        let shape = match shape {
            "transactions" => Shape::Transactions,
            "nested" => Shape::TransactionsWithComponents,
            _ => Shape::Components,
        };
        let batches = py.detach(|| self.spread.table(shape, &at_once));
        let batches = batches.map_err(|error| errors::unreadable("the result", &error))?;
        Ok(Table::new(self.spread.schema(shape), batches))
    }

    /// Costs by some of `rule`, `kind`, `tier`, `segment`, `day`, `week`, `month`, `user_id`.
    fn cost(&self, py: Python<'_>, by: Vec<String>) -> PyResult<Table> {
        let groups = py.detach(|| Groups::of(&self.spread, &by))?;
        groups.table(&by, self)
    }

    /// Of each budget and period: what was used on each day.
    fn budgets<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyDict>>> {
        let decimals = |points: bool| if points { self.points_decimals() } else { self.money_decimals() };
        let one = |used: rewards_rules::simulate::spread::BudgetUse| {
            let dict = PyDict::new(py);
            dict.set_item("budget", used.key.as_str())?;
            dict.set_item("period", used.period)?;
            dict.set_item("limit", used.limit)?;
            dict.set_item("decimals", decimals(used.points))?;
            dict.set_item("days", used.days)?;
            Ok(dict)
        };
        self.spread.budgets().into_iter().map(one).collect()
    }

    /// The total, and the totals of as many members drawn at random, in order; in minor units or units of points.
    /// Raises KeyError for a rule that there is not, ValueError for one that grants the other of money and points.
    #[pyo3(signature = (rule, points, samples, seed))]
    fn resample(
        &self,
        py: Python<'_>,
        rule: Option<&str>,
        points: bool,
        samples: usize,
        seed: u64,
    ) -> PyResult<(i64, Vec<i64>)> {
        let checked = rule.map_or(Ok(()), |rule| self.spread.rule_names().check(rule, points));
        checked.map_err(|error| match error {
            NoSuchRule::Unknown { .. } => PyKeyError::new_err(error.to_string()),
            NoSuchRule::OtherUnit { .. } if points => {
                PyValueError::new_err(format!("{error}; ask without points=True"))
            }
            NoSuchRule::OtherUnit { .. } => PyValueError::new_err(format!("{error}; ask with points=True")),
        })?;
        let sums: Vec<i64> = py.detach(|| member_sums(&self.spread, rule, points)).into_values().collect();
        let total = sums.iter().fold(0_i64, |total, sum| total.saturating_add(*sum));
        Ok((total, resampled(py, sums, samples, seed)?))
    }

    /// How many chunks of rows had to be posted in the order of the file although there are several workers.
    #[getter]
    fn chunks_in_order(&self) -> u64 {
        self.spread.chunks_in_order()
    }

    fn __len__(&self) -> usize {
        self.spread.len()
    }
}

/// Two simulations of the same rows.
#[pyclass(frozen, module = "rewards._rewards")]
pub(crate) struct Pair {
    old: Py<Run>,
    new: Py<Run>,
}

#[derive(Default, Clone, Copy)]
struct Both {
    transactions: i64,
    old_amount: i64,
    amount: i64,
    old: i64,
    new: i64,
    old_points: i64,
    new_points: i64,
}

impl Both {
    fn less(new: i64, old: i64) -> i64 {
        new.saturating_sub(old)
    }
}

fn total(entry: &Entry<'_>) -> i64 {
    entry.record().money.iter().fold(0_i64, |sum, money| sum.saturating_add(*money))
}

/// Entries of both sides, by row; one that only one of them has stands alone.
fn joined<'a>(old: &'a Spread, new: &'a Spread) -> impl Iterator<Item = (Option<Entry<'a>>, Option<Entry<'a>>)> {
    let (mut old, mut new) = (old.records().peekable(), new.records().peekable());
    std::iter::from_fn(move || {
        let rows = (old.peek().map(|entry| entry.record().row), new.peek().map(|entry| entry.record().row));
        match rows {
            (None, None) => None,
            (Some(before), Some(after)) if before == after => Some((old.next(), new.next())),
            (Some(before), Some(after)) if before < after => Some((old.next(), None)),
            (Some(_), None) => Some((old.next(), None)),
            (_, Some(_)) => Some((None, new.next())),
        }
    })
}

impl Pair {
    /// By member, in order of first appearance.
    fn by_member(old: &Spread, new: &Spread) -> Vec<(String, Both)> {
        let mut numbers: HashMap<String, usize> = HashMap::new();
        let mut members: Vec<(String, Both)> = Vec::new();
        for (before, after) in joined(old, new) {
            let Some(user) = after.as_ref().or(before.as_ref()).map(Entry::user_id) else { continue };
            let at = match numbers.get(user) {
                Some(at) => *at,
                None => {
                    numbers.insert(user.to_owned(), members.len());
                    members.push((user.to_owned(), Both::default()));
                    members.len().saturating_sub(1)
                }
            };
            let Some((_, both)) = members.get_mut(at) else { continue };
            both.transactions = both.transactions.saturating_add(1);
            if let Some(entry) = before {
                both.old_amount = both.old_amount.saturating_add(entry.record().amount);
                both.old = both.old.saturating_add(total(&entry));
                both.old_points = both.old_points.saturating_add(entry.record().points);
            }
            if let Some(entry) = after {
                both.amount = both.amount.saturating_add(entry.record().amount);
                both.new = both.new.saturating_add(total(&entry));
                both.new_points = both.new_points.saturating_add(entry.record().points);
            }
        }
        members
    }
}

#[pymethods]
impl Pair {
    #[new]
    fn new(old: Py<Run>, new: Py<Run>) -> Pair {
        Pair { old, new }
    }

    /// A row a transaction under both.
    fn rows(&self) -> PyResult<Table> {
        let (old, new) = (self.old.get(), self.new.get());
        let pairs: Vec<_> = joined(&old.spread, &new.spread).collect();
        let either = || pairs.iter().filter_map(|(old, new)| new.as_ref().or(old.as_ref()));
        let money = |sums: &Option<Entry<'_>>| sums.as_ref().map(total);
        let points = |sums: &Option<Entry<'_>>| sums.as_ref().map(|entry| entry.record().points);
        let less = |new: Option<i64>, old: Option<i64>| Some(new?.saturating_sub(old?));
        let tier = |run: &'_ Run, entry: &Option<Entry<'_>>| {
            entry.as_ref().and_then(|entry| entry.record().tier).map(|tier| run.spread.level(tier).to_owned())
        };
        let (cents, units) = (new.money_decimals(), new.points_decimals());
        let old_tiers: Vec<_> = pairs.iter().map(|(entry, _)| tier(old, entry)).collect();
        let new_tiers: Vec<_> = pairs.iter().map(|(_, entry)| tier(new, entry)).collect();
        let mut columns = Columns::default();
        columns.texts("transaction_id", either().map(|entry| Some(entry.transaction_id())));
        columns.texts("user_id", either().map(|entry| Some(entry.user_id())));
        columns.dates("date", either().map(|entry| Some(entry.record().date)));
        columns.texts("old_tier", old_tiers.iter().map(Option::as_deref));
        columns.texts("new_tier", new_tiers.iter().map(Option::as_deref));
        columns.decimals("amount", cents, either().map(|entry| entry.record().amount));
        columns.optional_decimals("old", cents, pairs.iter().map(|(old, _)| money(old)));
        columns.optional_decimals("new", cents, pairs.iter().map(|(_, new)| money(new)));
        columns.optional_decimals("difference", cents, pairs.iter().map(|(old, new)| less(money(new), money(old))));
        columns.optional_decimals("old_points", units, pairs.iter().map(|(old, _)| points(old)));
        columns.optional_decimals("new_points", units, pairs.iter().map(|(_, new)| points(new)));
        columns.optional_decimals(
            "points_difference",
            units,
            pairs.iter().map(|(old, new)| less(points(new), points(old))),
        );
        columns.table()
    }

    /// A row a member.
    fn members(&self, py: Python<'_>) -> PyResult<Table> {
        let (old, new) = (self.old.get(), self.new.get());
        let members = py.detach(|| Pair::by_member(&old.spread, &new.spread));
        let (cents, units) = (new.money_decimals(), new.points_decimals());
        let of = |pick: fn(&Both) -> i64| members.iter().map(move |(_, both)| pick(both));
        let mut columns = Columns::default();
        columns.texts("user_id", members.iter().map(|(user, _)| Some(user.as_str())));
        columns.wholes("transactions", of(|both| both.transactions));
        columns.decimals("old_amount", cents, of(|both| both.old_amount));
        columns.decimals("amount", cents, of(|both| both.amount));
        columns.decimals("old", cents, of(|both| both.old));
        columns.decimals("new", cents, of(|both| both.new));
        columns.decimals("difference", cents, of(|both| Both::less(both.new, both.old)));
        columns.decimals("old_points", units, of(|both| both.old_points));
        columns.decimals("new_points", units, of(|both| both.new_points));
        columns.decimals("points_difference", units, of(|both| Both::less(both.new_points, both.old_points)));
        columns.table()
    }

    /// Differences by member, in minor units or units of points, in no order.
    fn differences(&self, py: Python<'_>, points: bool) -> Vec<i64> {
        let (old, new) = (self.old.get(), self.new.get());
        let members = py.detach(|| Pair::by_member(&old.spread, &new.spread));
        let less = |both: &Both| match points {
            true => Both::less(both.new_points, both.old_points),
            false => Both::less(both.new, both.old),
        };
        members.iter().map(|(_, both)| less(both)).collect()
    }

    /// The difference of the totals, and those of as many members drawn at random, in order.
    fn resample(&self, py: Python<'_>, points: bool, samples: usize, seed: u64) -> PyResult<(i64, Vec<i64>)> {
        let differences = self.differences(py, points);
        let total = differences.iter().fold(0_i64, |total, difference| total.saturating_add(*difference));
        Ok((total, resampled(py, differences, samples, seed)?))
    }
}
