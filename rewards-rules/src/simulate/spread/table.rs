//! Records as record batches of Arrow: a row a transaction, or a row a component.

use std::ops::Range;
use std::sync::Arc;

use arrow_array::builder::{Date32Builder, Decimal128Builder, ListBuilder, StringBuilder, StructBuilder};
use arrow_array::{ArrayRef, Decimal128Array, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Fields, Schema, SchemaRef};
use chrono::NaiveDate;

use super::{Entry, Grant, Job, RuleNames, Runner, Spread};
use crate::rule_set::RuleSet;
use crate::value::{Amount, Points};

/// Digits that a sum of 64 bits can have.
const PRECISION: u8 = 19;

/// Transactions of one batch.
const BATCH: usize = 65_536;

/// What a table has a row for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Each transaction.
    Transactions,
    /// Each transaction, with its components as a list.
    TransactionsWithComponents,
    /// Each component of each transaction: what one rule granted.
    Components,
}

fn decimal(decimals: u8) -> DataType {
    DataType::Decimal128(PRECISION, i8::try_from(decimals).unwrap_or(0))
}

/// Kind, id, money and points of a component.
fn component_fields(rules: &RuleSet) -> Vec<Field> {
    vec![
        Field::new("kind", DataType::Utf8, false),
        Field::new("id", DataType::Utf8, false),
        Field::new("money", decimal(rules.currency().decimals()), false),
        Field::new("points", decimal(rules.points_decimals()), false),
    ]
}

impl Shape {
    fn schema(self, rules: &RuleSet) -> SchemaRef {
        let text = |name: &str, optional: bool| Field::new(name, DataType::Utf8, optional);
        let money = |name: &str| Field::new(name, decimal(rules.currency().decimals()), false);
        let mut fields = vec![
            text("transaction_id", false),
            text("user_id", false),
            Field::new("date", DataType::Date32, false),
            text("tier", true),
        ];
        match self {
            Shape::Components => fields.extend(component_fields(rules)),
            _ => {
                fields.extend(["amount", "base", "loyalty", "campaign", "total"].map(money));
                fields.push(Field::new("points", decimal(rules.points_decimals()), false));
                fields.push(text("rules", false));
            }
        }
        if self == Shape::TransactionsWithComponents {
            let item = Field::new("item", DataType::Struct(component_fields(rules).into()), false);
            fields.push(Field::new("components", DataType::List(Arc::new(item)), false));
        }
        Arc::new(Schema::new(fields))
    }
}

impl Spread {
    /// The names and types of a table's columns.
    pub fn schema(&self, shape: Shape) -> SchemaRef {
        shape.schema(&self.rules)
    }

    /// All records as a table, in the order of the rows.
    pub fn table(&self, shape: Shape, run: &Runner<'_>) -> Result<Vec<RecordBatch>, ArrowError> {
        let pieces = self.pieces();
        let mut batches: Vec<Option<Result<RecordBatch, ArrowError>>> = pieces.iter().map(|_| None).collect();
        let jobs = batches.iter_mut().zip(&pieces).map(|(batch, (range, next))| -> Job<'_> {
            Box::new(move || *batch = Some(self.batch(shape, range.clone(), next.clone())))
        });
        run(jobs.collect());
        batches.into_iter().flatten().collect()
    }

    /// The table in pieces, each with the number of the first record of each share.
    fn pieces(&self) -> Vec<(Range<usize>, Vec<usize>)> {
        let mut next = vec![0_usize; self.lanes.len()];
        let mut pieces = Vec::new();
        for (at, part) in self.order.chunks(BATCH).enumerate() {
            let from = at.saturating_mul(BATCH);
            pieces.push((from..from.saturating_add(part.len()), next.clone()));
            for share in part {
                if let Some(count) = next.get_mut(usize::from(*share)) {
                    *count = count.saturating_add(1);
                }
            }
        }
        pieces
    }

    fn batch(&self, shape: Shape, range: Range<usize>, next: Vec<usize>) -> Result<RecordBatch, ArrowError> {
        let schema = self.schema(shape);
        let rows = range.len();
        let entries = self.entries(range, next);
        let columns = match shape {
            Shape::Components => self.components(entries),
            _ => self.transactions(entries, rows, shape == Shape::TransactionsWithComponents),
        };
        RecordBatch::try_new(schema, columns?)
    }

    fn transactions<'a>(
        &'a self,
        entries: impl Iterator<Item = Entry<'a>>,
        rows: usize,
        with_components: bool,
    ) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut heads = Heads::of(rows);
        let mut sums: [Vec<i128>; 6] = std::array::from_fn(|_| Vec::with_capacity(rows));
        let mut words = StringBuilder::with_capacity(rows, rows.saturating_mul(24));
        let mut text = String::new();
        let mut lists = with_components.then(|| Components::list(&self.rules));
        for entry in entries {
            let record = entry.record();
            heads.push(self, &entry);
            let total = record.money.iter().fold(0_i64, |sum, money| sum.saturating_add(*money));
            let [base, loyalty, campaign] = record.money;
            for (sum, units) in sums.iter_mut().zip([record.amount, base, loyalty, campaign, total, record.points]) {
                sum.push(i128::from(units));
            }
            text.clear();
            push_rules(&mut text, &self.names, entry.grants(), &self.rules);
            words.append_value(&text);
            if let Some(lists) = &mut lists {
                for grant in entry.grants() {
                    Components::append_struct(lists.values(), &self.names, grant)?;
                }
                lists.append(true);
            }
        }
        let mut columns = heads.finish();
        let (money, points) = (self.rules.currency().decimals(), self.rules.points_decimals());
        for (sum, decimals) in sums.into_iter().zip([money, money, money, money, money, points]) {
            columns.push(Arc::new(Decimal128Array::from(sum).with_data_type(decimal(decimals))));
        }
        columns.push(Arc::new(words.finish()));
        if let Some(mut lists) = lists {
            columns.push(Arc::new(lists.finish()));
        }
        Ok(columns)
    }

    fn components<'a>(&'a self, entries: impl Iterator<Item = Entry<'a>>) -> Result<Vec<ArrayRef>, ArrowError> {
        let mut heads = Heads::of(BATCH);
        let mut components = Components::new(&self.rules);
        for entry in entries {
            for grant in entry.grants() {
                heads.push(self, &entry);
                components.push(&self.names, grant);
            }
        }
        let mut columns = heads.finish();
        columns.extend(components.finish());
        Ok(columns)
    }
}

/// The columns that every table begins with.
struct Heads {
    ids: StringBuilder,
    users: StringBuilder,
    dates: Date32Builder,
    tiers: StringBuilder,
}

impl Heads {
    fn of(rows: usize) -> Heads {
        let texts = || StringBuilder::with_capacity(rows, rows.saturating_mul(12));
        Heads { ids: texts(), users: texts(), dates: Date32Builder::with_capacity(rows), tiers: texts() }
    }

    fn push(&mut self, spread: &Spread, entry: &Entry<'_>) {
        let record = entry.record();
        self.ids.append_value(entry.transaction_id());
        self.users.append_value(entry.user_id());
        self.dates.append_value(days(record.date));
        self.tiers.append_option(record.tier.map(|tier| spread.level(tier)));
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.ids.finish()),
            Arc::new(self.users.finish()),
            Arc::new(self.dates.finish()),
            Arc::new(self.tiers.finish()),
        ]
    }
}

/// Days since 1970.
fn days(date: NaiveDate) -> i32 {
    let epoch = NaiveDate::default();
    i32::try_from(date.signed_duration_since(epoch).num_days()).unwrap_or(0)
}

/// The columns of components.
struct Components {
    kinds: StringBuilder,
    ids: StringBuilder,
    money: Decimal128Builder,
    points: Decimal128Builder,
}

impl Components {
    fn new(rules: &RuleSet) -> Components {
        let decimals = |decimals: u8| Decimal128Builder::new().with_data_type(decimal(decimals));
        Components {
            kinds: StringBuilder::new(),
            ids: StringBuilder::new(),
            money: decimals(rules.currency().decimals()),
            points: decimals(rules.points_decimals()),
        }
    }

    fn list(rules: &RuleSet) -> ListBuilder<StructBuilder> {
        let fields: Fields = component_fields(rules).into();
        let Components { kinds, ids, money, points } = Components::new(rules);
        let builders: Vec<Box<dyn arrow_array::builder::ArrayBuilder>> =
            vec![Box::new(kinds), Box::new(ids), Box::new(money), Box::new(points)];
        let item = Field::new("item", DataType::Struct(fields.clone()), false);
        ListBuilder::new(StructBuilder::new(fields, builders)).with_field(item)
    }

    fn units(names: &RuleNames, grant: &Grant) -> (i128, i128) {
        let units = i128::from(grant.units);
        if names.is_points(grant.rule) { (0, units) } else { (units, 0) }
    }

    fn push(&mut self, names: &RuleNames, grant: &Grant) {
        let (kind, id) = names.get(grant.rule);
        let (money, points) = Components::units(names, grant);
        self.kinds.append_value(kind);
        self.ids.append_value(id);
        self.money.append_value(money);
        self.points.append_value(points);
    }

    fn append_struct(into: &mut StructBuilder, names: &RuleNames, grant: &Grant) -> Result<(), ArrowError> {
        let lost = || ArrowError::SchemaError("a component has other columns than it should".to_owned());
        let (kind, id) = names.get(grant.rule);
        let (money, points) = Components::units(names, grant);
        for (at, text) in [(0, kind), (1, id)] {
            into.field_builder::<StringBuilder>(at).ok_or_else(lost)?.append_value(text);
        }
        for (at, units) in [(2, money), (3, points)] {
            into.field_builder::<Decimal128Builder>(at).ok_or_else(lost)?.append_value(units);
        }
        into.append(true);
        Ok(())
    }

    fn finish(mut self) -> Vec<ArrayRef> {
        vec![
            Arc::new(self.kinds.finish()),
            Arc::new(self.ids.finish()),
            Arc::new(self.money.finish()),
            Arc::new(self.points.finish()),
        ]
    }
}

/// Appends what granted as `simulate` writes it: `groceries=3.50;silver=0.25;earn=100p`.
fn push_rules(text: &mut String, names: &RuleNames, grants: &[Grant], rules: &RuleSet) {
    for grant in grants {
        if !text.is_empty() {
            text.push(';');
        }
        text.push_str(names.get(grant.rule).1);
        text.push('=');
        if names.is_points(grant.rule) {
            Points::from_units(grant.units, rules.points_decimals()).push_to(text);
            text.push('p');
        } else {
            Amount::from_minor(grant.units, rules.currency()).push_to(text);
        }
    }
}
