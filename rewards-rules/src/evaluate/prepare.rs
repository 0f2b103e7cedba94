//! Validate (semantics §3.1): a transaction and a member become facts by slot, or an error.

use chrono::{DateTime, Datelike, NaiveDate, Timelike, Utc};

use super::reading::{Texts, early_value};
use super::{Calendar, Clock, EvaluationError, Read, Symbols, Used, Work, WorkLine};
use crate::check::program::Declared;
use crate::check::typed::{Fact, FactSource, Type};
use crate::graph::{CounterSlot, Facts, Graph, LineFacts, Rules, Value};
use crate::input::{
    Attribute, ErrorCode, Line, MEMBER_KEYS, Member, Status, TRANSACTION_KEYS, Transaction, parse_date, quoted,
    separated,
};
use crate::source::nearest;
use crate::value::Exact;
use crate::value::ops::no_such_day;

/// What the stages know of the purchase and the member beside the facts.
#[derive(Debug, Default)]
pub(crate) struct Purchase {
    pub(crate) facts: Facts,
    /// The rules that pass by the early facts, where a reading brought it along.
    pub(super) early: Option<Rules>,
    /// Minor units.
    pub(crate) amount: i64,
    pub(crate) clock: Clock,
    pub(crate) calendar: Calendar,
    pub(crate) has_lines: bool,
    pub(crate) member_id: String,
    pub(crate) status: Status,
    /// Level held before this purchase.
    pub(crate) held: usize,
    /// Level held when it is posted; another than `held` only for a late purchase.
    pub(crate) now_held: usize,
    /// Whether the standing is left alone: a row that names its own tier.
    pub(crate) fixed_tier: bool,
    pub(crate) spending: Exact,
    pub(crate) segments: Symbols,
    pub(crate) enrolments: Symbols,
    /// Level index → local date of its last bonus.
    pub(crate) upgrades: Vec<(usize, NaiveDate)>,
}

impl Default for Clock {
    fn default() -> Clock {
        Clock { at: DateTime::<Utc>::MIN_UTC, local: chrono::NaiveDateTime::MIN }
    }
}

fn wrong_type(name: &str, due: &str) -> EvaluationError {
    EvaluationError::new(ErrorCode::WrongType, format!("`{name}`: {due} is due here"))
}

/// The same of a text, which is shown with how it should be written where that can be told.
fn wrong_text(name: &str, due: &str, text: &str) -> EvaluationError {
    let help = no_such_day(text).or_else(|| separated(text)).map_or_else(String::new, |help| format!("; {help}"));
    EvaluationError::new(ErrorCode::WrongType, format!("`{name}`: {due} is due here, this is {}{help}", quoted(text)))
}

/// An amount in minor units, if it is one that can be evaluated.
#[inline]
pub(super) fn exact_minor_units(graph: &Graph, amount: Exact) -> Option<i64> {
    let units = amount.to_units_exact(u32::from(graph.program.currency.decimals()))?;
    (0..=graph.max_amount).contains(&units).then_some(units)
}

/// An amount in minor units, or what is wrong with it (semantics §1.7, §3.1).
#[inline]
pub(crate) fn minor_units(graph: &Graph, amount: Exact, path: &str) -> Result<i64, EvaluationError> {
    exact_minor_units(graph, amount).map_or_else(|| refused_amount(graph, amount, path), Ok)
}

#[cold]
fn refused_amount(graph: &Graph, amount: Exact, path: &str) -> Result<i64, EvaluationError> {
    let currency = graph.program.currency;
    let decimals = u32::from(currency.decimals());
    let wrong = |code: ErrorCode, what: String| Err(EvaluationError::new(code, format!("`{path}` {what}: {amount}")));
    if amount.is_negative() {
        return wrong(ErrorCode::AmountNegative, "is below zero".to_owned());
    }
    let amount = if amount.scale() == decimals { amount } else { amount.normalized() };
    if amount.scale() > decimals {
        let what = format!("has more decimals than the {decimals} of {}", currency.code());
        return wrong(ErrorCode::AmountPrecision, what);
    }
    wrong(ErrorCode::AmountTooLarge, "is above 10^15".to_owned())
}

fn declared_value(
    facts: &mut Facts,
    graph: &Graph,
    declared: &Declared,
    attribute: &Attribute,
) -> Result<Value, EvaluationError> {
    let name = &declared.name;
    let number = |due: &str| match attribute {
        Attribute::Number(n) => Ok(*n),
        Attribute::Text(t) => t.parse::<Exact>().map_err(|_| wrong_text(name, due, t)),
        Attribute::Boolean(_) => Err(wrong_type(name, due)),
    };
    Ok(match declared.ty {
        Type::Boolean => match attribute {
            Attribute::Boolean(b) => Value::Boolean(*b),
            _ => return Err(wrong_type(name, "true or false")),
        },
        Type::Integer => {
            let due = "a whole number of at most 64 bits";
            Value::Integer(number(due)?.to_units_exact(0).ok_or_else(|| wrong_type(name, due))?)
        }
        Type::Decimal => Value::Decimal(number("a plain decimal number")?),
        Type::Date => match attribute {
            Attribute::Text(t) => Value::Date(parse_date(t).ok_or_else(|| wrong_text(name, "a date YYYY-MM-DD", t))?),
            _ => return Err(wrong_type(name, "a date YYYY-MM-DD")),
        },
        Type::Text | Type::TextList => match attribute {
            Attribute::Text(t) => {
                if let Some(values) = &declared.one_of
                    && !values.contains(t)
                {
                    return Err(wrong_text(name, &format!("one of {}", values.join(", ")), t));
                }
                Value::Text(facts.symbol(graph, t))
            }
            _ => return Err(wrong_type(name, "a text")),
        },
    })
}

fn text(facts: &mut Facts, graph: &Graph, value: Option<&String>) -> Value {
    value.map_or(Value::Absent, |t| Value::Text(facts.symbol(graph, t)))
}

fn line_at(facts: &mut Facts, graph: &Graph, line: &Line, index: usize) -> Result<WorkLine, EvaluationError> {
    let amount = minor_units(graph, line.amount, &format!("items[{index}].amount"))?;
    Ok(WorkLine {
        facts: LineFacts {
            sku: text(facts, graph, line.sku.as_ref()),
            category: text(facts, graph, line.category.as_ref()),
            quantity: line.quantity.map_or(Value::Absent, Value::Decimal),
            amount: Value::Decimal(line.amount),
        },
        amount,
        eligible: true,
        left: 0,
    })
}

/// "mon" to "sun".
pub(crate) fn weekday_name(date: NaiveDate) -> &'static str {
    match date.weekday() {
        chrono::Weekday::Mon => "mon",
        chrono::Weekday::Tue => "tue",
        chrono::Weekday::Wed => "wed",
        chrono::Weekday::Thu => "thu",
        chrono::Weekday::Fri => "fri",
        chrono::Weekday::Sat => "sat",
        chrono::Weekday::Sun => "sun",
    }
}

impl Graph {
    /// Index of the level that a member holds; `unknown_tier` if the program does not have it.
    pub(crate) fn level_index(&self, tier: Option<&str>) -> Result<usize, EvaluationError> {
        let Some(tiers) = &self.program.tiers else { return Ok(0) };
        let Some(tier) = tier else { return Ok(0) };
        tiers.levels.iter().position(|l| l.id == tier).ok_or_else(|| {
            let known: Vec<&str> = tiers.levels.iter().map(|l| l.id.as_str()).collect();
            EvaluationError::new(
                ErrorCode::UnknownTier,
                format!("`member.tier`: the program has no level `{tier}`; it has {}", known.join(", ")),
            )
        })
    }
}

/// What was counted of the member before this purchase: of the facts when it is evaluated alone, of the state when it
/// is posted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Before {
    pub(crate) purchases: i64,
    pub(crate) spending: Exact,
    /// Level held at the time of the purchase, and now; they differ only for a late purchase. `None`: as the member's
    /// facts have it.
    pub(crate) held: Option<(usize, usize)>,
    /// Whether the tier is the row's own, so that the standing is left alone.
    pub(crate) fixed_tier: bool,
}

impl Before {
    /// As the member's facts have it.
    pub(crate) fn of(member: &Member) -> Before {
        Before { purchases: member.purchases, spending: member.spending, held: None, fixed_tier: false }
    }
}

/// Fills the work with one purchase, whose instant was told by [`Work::set_clock`]. Errors are those of semantics §3.1.
pub(crate) fn prepare<U: Used + ?Sized>(
    graph: &Graph,
    read: Read<'_>,
    member: &Member,
    before: Before,
    used: &U,
    work: &mut Work,
    explain: bool,
) -> Result<(), EvaluationError> {
    let program = &graph.program;
    let transaction = read.transaction;
    let purchase = &mut work.purchase;
    let clock = purchase.clock;
    debug_assert_eq!(clock.at, transaction.occurred_at, "the clock was set for this purchase");
    let date = clock.local.date();
    purchase.facts.clear(date);
    if !read.own_currency(graph) {
        return Err(EvaluationError::new(
            ErrorCode::CurrencyMismatch,
            format!(
                "the transaction is in `{}`, the program pays in {}",
                transaction.currency,
                program.currency.code()
            ),
        ));
    }
    purchase.amount = match read.minor() {
        Some(minor) => minor,
        None => minor_units(graph, transaction.amount, "amount")?,
    };
    work.lines.clear();
    purchase.has_lines = transaction.items.is_some();
    if let Some(items) = &transaction.items {
        for (index, line) in items.iter().enumerate() {
            work.lines.push(line_at(&mut purchase.facts, graph, line, index)?);
        }
        let in_lines = work.lines.iter().try_fold(0_i64, |sum, l| sum.checked_add(l.amount));
        if in_lines.is_none_or(|sum| sum > purchase.amount) {
            return Err(EvaluationError::new(
                ErrorCode::LinesExceedAmount,
                "the lines of `items` sum to more than `amount`",
            ));
        }
    }
    purchase.calendar = Calendar { date, billing_day: member.billing_day, joined_on: member.joined_on };
    // Shares of the members are found by the id; explain shows it.
    if graph.shares || explain {
        purchase.member_id.clone_from(&member.id);
    }
    purchase.status = member.status;
    (purchase.held, purchase.now_held) = match before.held {
        Some(held) => held,
        None => {
            let held = graph.level_index(member.tier.as_deref())?;
            (held, held)
        }
    };
    purchase.fixed_tier = before.fixed_tier;
    purchase.spending = if program.tiers.is_some() { before.spending } else { Exact::ZERO };
    if purchase.spending.is_negative() {
        return Err(EvaluationError::new(ErrorCode::WrongType, "`member.spending` is below zero"));
    }
    purchase.upgrades.clear();
    if program.tiers.is_some() && !member.upgrades.is_empty() {
        for (level, date) in &member.upgrades {
            purchase.upgrades.push((graph.level_index(Some(level))?, *date));
        }
    }
    let facts = &mut purchase.facts;
    purchase.segments.clear();
    for segment in member.segments.iter().flatten() {
        let symbol = facts.symbol(graph, segment);
        purchase.segments.push(symbol);
    }
    purchase.enrolments.clear();
    for campaign in member.enrolments.iter().flatten() {
        let symbol = facts.symbol(graph, campaign);
        purchase.enrolments.push(symbol);
    }
    if !transaction.attributes.is_empty() || !member.attributes.is_empty() {
        check_attributes(facts, graph, transaction, member)?;
    }
    let input = FactInput { read, member, before: &before, clock: &clock, words: explain };
    purchase.early = None;
    match read.early_facts(graph).filter(|_| !explain) {
        Some((early, passing)) => {
            purchase.early = Some(passing);
            facts.values.extend_from_slice(early);
            for index in &graph.late_facts {
                let at = *index as usize;
                let Some(fact) = program.facts.get(at) else { continue };
                let value = fact_value(facts, graph, &input, fact, used, at)?;
                if let Some(slot) = facts.values.get_mut(at) {
                    *slot = value;
                }
            }
        }
        None => {
            let said = (transaction.amount, &Texts::from(transaction));
            for (at, fact) in program.facts.iter().enumerate() {
                let early = if explain { None } else { early_value(graph, at, &fact.source, said) };
                let value = match early {
                    Some(value) => value,
                    None => fact_value(facts, graph, &input, fact, used, at)?,
                };
                facts.values.push(value);
            }
        }
    }
    if graph.needs_billing_day && member.billing_day.is_none() {
        return Err(EvaluationError::new(
            ErrorCode::MissingFact,
            "`member.billing_day` is missing, and a rule counts by billing_cycle",
        ));
    }
    if graph.needs_joined_on && member.joined_on.is_none() {
        return Err(EvaluationError::new(
            ErrorCode::MissingFact,
            "`member.joined_on` is missing, and a rule counts by anniversary",
        ));
    }
    Ok(())
}

/// Demands that each attribute is a fact that the program declares, with a value of its type.
#[inline(never)]
fn check_attributes(
    facts: &mut Facts,
    graph: &Graph,
    transaction: &Transaction,
    member: &Member,
) -> Result<(), EvaluationError> {
    let of_format: [(&str, _, &[&str]); 2] =
        [("tx.", &transaction.attributes, &TRANSACTION_KEYS), ("member.", &member.attributes, &MEMBER_KEYS)];
    for (scope, attributes, known) in of_format.into_iter().filter(|(_, attributes, _)| !attributes.is_empty()) {
        for (name, attribute) in attributes {
            let full = format!("{scope}{name}");
            let Some(declared) = graph.program.declared.iter().find(|d| d.name == full) else {
                let declared = graph.program.declared.iter().filter_map(|d| d.name.strip_prefix(scope));
                let help = match nearest(name, known.iter().copied().chain(declared)) {
                    Some(near) => format!("did you mean `{scope}{near}`?"),
                    None => "it is neither built in nor declared by the program".to_owned(),
                };
                let message = format!("there is no fact `{full}`; {help}");
                return Err(EvaluationError::new(ErrorCode::UnknownFact, message));
            };
            declared_value(facts, graph, declared, attribute)?;
        }
    }
    Ok(())
}

struct FactInput<'a> {
    read: Read<'a>,
    member: &'a Member,
    before: &'a Before,
    clock: &'a Clock,
    /// Whether texts are shown.
    words: bool,
}

/// The value of one fact; it is an error if a declared one is missing that must be there.
fn fact_value<U: Used + ?Sized>(
    facts: &mut Facts,
    graph: &Graph,
    input: &FactInput<'_>,
    fact: &Fact,
    used: &U,
    index: usize,
) -> Result<Value, EvaluationError> {
    let FactInput { read, member, before, clock, words } = *input;
    let tx = read.transaction;
    let text = |facts: &mut Facts, value: Option<&str>| {
        value.map_or(Value::Absent, |t| Value::Text(facts.fact_symbol(graph, index, t, words)))
    };
    let date = clock.local.date();
    let program = &graph.program;
    let slot = |of: &[Option<CounterSlot>]| of.get(index).copied().flatten();
    let declared = |facts: &mut Facts, attribute: Option<&Attribute>| match attribute {
        None if !fact.optional => Err(EvaluationError::new(
            ErrorCode::MissingFact,
            format!("`{}` is missing, and a rule reads it", fact.name),
        )),
        None => Ok(Value::Absent),
        Some(attribute) => {
            match graph.declared_of.get(index).copied().flatten().and_then(|i| program.declared.get(i)) {
                Some(declared) => declared_value(facts, graph, declared, attribute),
                None => Ok(Value::Absent),
            }
        }
    };
    Ok(match &fact.source {
        FactSource::TxId => text(facts, Some(tx.id.as_str())),
        FactSource::TxAmount => Value::Decimal(tx.amount),
        // Both are known only after the eligible stage.
        FactSource::TxEligibleAmount => Value::Absent,
        FactSource::MemberTier => Value::Absent,
        FactSource::TxCurrency => Value::Text(facts.symbol(graph, &tx.currency)),
        source @ (FactSource::TxCategory
        | FactSource::TxMcc
        | FactSource::TxMerchant
        | FactSource::TxCountry
        | FactSource::TxChannel
        | FactSource::TxPaymentMethod) => text(facts, Texts::from(tx).of(source).flatten()),
        FactSource::TxDate => Value::Date(date),
        FactSource::TxTime => Value::Text(facts.symbol(graph, &clock.local.time().format("%H:%M:%S").to_string())),
        FactSource::TxWeekday => Value::Text(facts.symbol(graph, weekday_name(date))),
        FactSource::TxHour => Value::Integer(i64::from(clock.local.hour())),
        FactSource::TxMonth => Value::Integer(i64::from(date.month())),
        FactSource::TxDay => Value::Integer(i64::from(date.day())),
        FactSource::MemberId => text(facts, Some(member.id.as_str())),
        FactSource::MemberJoinedOn => member.joined_on.map_or(Value::Absent, Value::Date),
        FactSource::MemberBirthday => member.birthday.map_or(Value::Absent, Value::Date),
        FactSource::MemberCountry => text(facts, member.country.as_deref()),
        FactSource::MemberSegments | FactSource::MemberEnrolments => {
            let given = if fact.source == FactSource::MemberSegments { &member.segments } else { &member.enrolments };
            if let Some(list) = given {
                let symbols: Symbols = list.iter().map(|t| facts.symbol(graph, t)).collect();
                facts.lists.push((u32::try_from(index).unwrap_or(u32::MAX), symbols));
            }
            Value::Absent
        }
        FactSource::MemberBillingDay => member.billing_day.map_or(Value::Absent, |d| Value::Integer(i64::from(d))),
        FactSource::MemberPurchases => Value::Integer(before.purchases),
        FactSource::MemberSpending => {
            Value::Decimal(if program.tiers.is_some() { before.spending } else { Exact::ZERO })
        }
        FactSource::MemberStatus => Value::Text(facts.symbol(graph, member.status.as_str())),
        FactSource::MemberDaysSinceJoined => match member.joined_on {
            Some(joined) => Value::Integer(date.signed_duration_since(joined).num_days()),
            None => Value::Absent,
        },
        FactSource::TxDeclared(name) => declared(facts, tx.attributes.get(name))?,
        FactSource::MemberDeclared(name) => declared(facts, member.attributes.get(name))?,
        FactSource::Spent(_) => match slot(&graph.counter_of) {
            Some(slot) => Value::Decimal(Exact::from_units(used.used(slot), program.currency.decimals())),
            None => Value::Absent,
        },
        FactSource::Visits(_) => match slot(&graph.counter_of) {
            Some(slot) => Value::Integer(used.used(slot)),
            None => Value::Absent,
        },
    })
}
