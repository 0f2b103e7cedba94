//! From cells to inputs: the one place where columns are named.

use std::sync::Arc;

use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::Options;
use crate::check::typed::Type;
use crate::input::{
    Attribute, ErrorCode, InputError, Line, Member, Raw, Refund, Transaction, parse_date, parse_instant, read_lines,
};
use crate::rule_set::RuleSet;
use crate::source::nearest;
use crate::value::{Exact, is_id};

/// What a column holds.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Column {
    TransactionId,
    UserId,
    Amount,
    Currency,
    OccurredAt,
    Category,
    Mcc,
    Merchant,
    Country,
    Channel,
    PaymentMethod,
    Tier,
    Type,
    Original,
    Items,
    Tx(String, Type),
    Member(MemberColumn),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum MemberColumn {
    JoinedOn,
    Birthday,
    Country,
    Segments,
    Enrolments,
    BillingDay,
    Purchases,
    Spending,
    Attribute(String, Type),
}

const TRANSACTION_COLUMNS: [(&str, Column); 15] = [
    ("transaction_id", Column::TransactionId),
    ("user_id", Column::UserId),
    ("amount", Column::Amount),
    ("currency", Column::Currency),
    ("occurred_at", Column::OccurredAt),
    ("category", Column::Category),
    ("mcc", Column::Mcc),
    ("merchant", Column::Merchant),
    ("country", Column::Country),
    ("channel", Column::Channel),
    ("payment_method", Column::PaymentMethod),
    ("tier", Column::Tier),
    ("type", Column::Type),
    ("original_transaction_id", Column::Original),
    ("items", Column::Items),
];

/// The columns that every transactions file has.
const REQUIRED: [&str; 5] = ["transaction_id", "user_id", "amount", "currency", "occurred_at"];

const ROW_MEMBER_COLUMNS: [(&str, MemberColumn); 6] = [
    ("member.billing_day", MemberColumn::BillingDay),
    ("member.joined_on", MemberColumn::JoinedOn),
    ("member.birthday", MemberColumn::Birthday),
    ("member.country", MemberColumn::Country),
    ("member.segments", MemberColumn::Segments),
    ("member.enrolments", MemberColumn::Enrolments),
];

const FILE_MEMBER_COLUMNS: [(&str, MemberColumn); 8] = [
    ("joined_on", MemberColumn::JoinedOn),
    ("country", MemberColumn::Country),
    ("segments", MemberColumn::Segments),
    ("birthday", MemberColumn::Birthday),
    ("billing_day", MemberColumn::BillingDay),
    ("purchases", MemberColumn::Purchases),
    ("spending", MemberColumn::Spending),
    ("enrolments", MemberColumn::Enrolments),
];

/// The columns of a transactions file.
#[derive(Debug, Clone)]
pub struct TransactionColumns {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    columns: Vec<Column>,
    zone: Option<Tz>,
    member_facts: bool,
    refunds: bool,
}

/// One row of a transactions file, read.
#[derive(Debug, Clone)]
pub struct Row {
    /// The member.
    pub user_id: String,
    /// Purchase or refund.
    pub kind: RowKind,
    /// A tier that holds for this row only.
    pub tier: Option<String>,
    pub(super) columns: TransactionColumns,
    member: Vec<(usize, String)>,
}

/// What a row is.
#[derive(Debug, Clone)]
pub enum RowKind {
    /// A purchase.
    Purchase(Transaction),
    /// A refund.
    Refund(Refund),
}

fn declared_type(rules: &RuleSet, name: &str) -> Option<Type> {
    rules.graph().program.declared.iter().find(|d| d.name == name).map(|d| d.ty)
}

fn unknown_column(rules: &RuleSet, name: &str, known: &[&str]) -> InputError {
    let declared = rules.graph().program.declared.iter().map(|d| d.name.as_str());
    let help = match nearest(name, known.iter().copied().chain(declared)) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => format!("; known are {}", known.join(", ")),
    };
    InputError::new(ErrorCode::UnknownFact, name, format!("there is no column `{name}`{help}"))
}

fn twice(name: &str) -> InputError {
    InputError::new(ErrorCode::UnknownFact, name, format!("the column `{name}` stands twice"))
}

impl TransactionColumns {
    pub(super) fn new<S: AsRef<str>>(
        rules: &RuleSet,
        options: Options,
        header: &[S],
    ) -> Result<TransactionColumns, InputError> {
        let mut columns: Vec<Column> = Vec::with_capacity(header.len());
        for name in header {
            let name = name.as_ref();
            let built_in = TRANSACTION_COLUMNS.iter().find(|(n, _)| *n == name).map(|(_, c)| c.clone());
            let of_member =
                || ROW_MEMBER_COLUMNS.iter().find(|(n, _)| *n == name).map(|(_, c)| Column::Member(c.clone()));
            let declared = || {
                let ty = declared_type(rules, name)?;
                match name.split_once('.')? {
                    ("tx", fact) => Some(Column::Tx(fact.to_owned(), ty)),
                    (_, fact) => Some(Column::Member(MemberColumn::Attribute(fact.to_owned(), ty))),
                }
            };
            let column = built_in.or_else(of_member).or_else(declared).ok_or_else(|| {
                let known: Vec<&str> = TRANSACTION_COLUMNS
                    .iter()
                    .map(|(n, _)| *n)
                    .chain(ROW_MEMBER_COLUMNS.iter().map(|(n, _)| *n))
                    .collect();
                unknown_column(rules, name, &known)
            })?;
            if columns.contains(&column) {
                return Err(twice(name));
            }
            columns.push(column);
        }
        for required in REQUIRED {
            if !header.iter().any(|h| h.as_ref() == required) {
                return Err(InputError::new(
                    ErrorCode::MissingFact,
                    required,
                    format!("the column `{required}` is missing"),
                ));
            }
        }
        let shared = Shared {
            zone: options.assume_program_timezone.then_some(rules.graph().program.zone),
            member_facts: columns.iter().any(|c| matches!(c, Column::Member(_))),
            refunds: columns.contains(&Column::Type),
            columns,
        };
        Ok(TransactionColumns { shared: Arc::new(shared) })
    }

    /// How many columns there are.
    pub fn len(&self) -> usize {
        self.shared.columns.len()
    }

    /// Whether there are none; a file without its required columns is refused before.
    pub fn is_empty(&self) -> bool {
        self.shared.columns.is_empty()
    }

    pub(super) fn has_member_facts(&self) -> bool {
        self.shared.member_facts
    }

    pub(super) fn has_refunds(&self) -> bool {
        self.shared.refunds
    }

    /// Reads one row; an empty cell is absent. Errors: `missing_fact`, `wrong_type`, `invalid_id`,
    /// `missing_offset`, `amount_too_large`.
    pub fn row<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> Result<Row, InputError> {
        let shared = &self.shared;
        let mut tx = Transaction {
            id: String::new(),
            amount: Exact::ZERO,
            currency: String::new(),
            occurred_at: DateTime::<Utc>::MIN_UTC,
            category: None,
            mcc: None,
            merchant: None,
            country: None,
            channel: None,
            payment_method: None,
            items: None,
            attributes: Default::default(),
        };
        let mut user_id = None;
        let (mut amount, mut at) = (None, None);
        let (mut tier, mut refund, mut original) = (None, false, None);
        let mut member = Vec::new();
        let mut cells = cells.into_iter();
        for (index, column) in shared.columns.iter().enumerate() {
            let cell = cells.next().unwrap_or("");
            if cell.is_empty() {
                continue;
            }
            let owned = || Some(cell.to_owned());
            match column {
                Column::TransactionId => tx.id = id(cell, "transaction_id")?,
                Column::UserId => user_id = Some(id(cell, "user_id")?),
                Column::Amount => amount = Some(number(cell, "amount")?),
                Column::Currency => tx.currency.push_str(cell),
                Column::OccurredAt => at = Some(instant(cell, shared.zone)?),
                Column::Category => tx.category = owned(),
                Column::Mcc => tx.mcc = owned(),
                Column::Merchant => tx.merchant = owned(),
                Column::Country => tx.country = owned(),
                Column::Channel => tx.channel = owned(),
                Column::PaymentMethod => tx.payment_method = owned(),
                Column::Tier => tier = owned(),
                Column::Type => {
                    refund = match cell {
                        "purchase" => false,
                        "refund" => true,
                        _ => {
                            let message = "`purchase` or `refund` is due here";
                            return Err(InputError::new(ErrorCode::WrongType, "type", message));
                        }
                    }
                }
                Column::Original => original = Some(id(cell, "original_transaction_id")?),
                Column::Items => tx.items = Some(items(cell)?),
                Column::Tx(name, ty) => {
                    tx.attributes.insert(name.clone(), attribute(cell, *ty));
                }
                Column::Member(_) => member.push((index, cell.to_owned())),
            }
        }
        let missing = |name: &str| InputError::new(ErrorCode::MissingFact, name, format!("`{name}` is empty"));
        if tx.id.is_empty() {
            return Err(missing("transaction_id"));
        }
        let user_id = user_id.ok_or_else(|| missing("user_id"))?;
        tx.amount = amount.ok_or_else(|| missing("amount"))?;
        tx.occurred_at = at.ok_or_else(|| missing("occurred_at"))?;
        if tx.currency.is_empty() && !refund {
            return Err(missing("currency"));
        }
        let kind = if refund {
            RowKind::Refund(Refund {
                id: tx.id,
                original: original.ok_or_else(|| missing("original_transaction_id"))?,
                amount: tx.amount,
                lines: tx.items,
                occurred_at: tx.occurred_at,
                member: Some(user_id.clone()),
            })
        } else {
            RowKind::Purchase(tx)
        };
        Ok(Row { user_id, kind, tier, columns: self.clone(), member })
    }
}

impl Row {
    /// When it happened.
    pub fn occurred_at(&self) -> DateTime<Utc> {
        match &self.kind {
            RowKind::Purchase(tx) => tx.occurred_at,
            RowKind::Refund(refund) => refund.occurred_at,
        }
    }

    /// Puts this row's member facts over what the members file gave; an empty cell leaves that.
    pub(super) fn overlay(&self, given: Option<&Member>, facts: &mut Member) {
        let blank = Member::new(self.user_id.clone());
        let given = given.unwrap_or(&blank);
        for (index, column) in self.columns.shared.columns.iter().enumerate() {
            let Column::Member(column) = column else { continue };
            match self.member.iter().find(|(i, _)| *i == index) {
                Some((_, cell)) => {
                    // The cell was read when the row was; what cannot be read is told by `check_member`.
                    let _ = set_member(facts, column, cell);
                }
                None => restore(facts, given, column),
            }
        }
    }

    /// Whether every member cell of this row can be read.
    pub fn check_member(&self) -> Result<(), InputError> {
        let mut scratch = Member::default();
        for (index, cell) in &self.member {
            if let Some(Column::Member(column)) = self.columns.shared.columns.get(*index) {
                set_member(&mut scratch, column, cell)?;
            }
        }
        Ok(())
    }
}

fn restore(facts: &mut Member, given: &Member, column: &MemberColumn) {
    match column {
        MemberColumn::JoinedOn => facts.joined_on = given.joined_on,
        MemberColumn::Birthday => facts.birthday = given.birthday,
        MemberColumn::Country => facts.country.clone_from(&given.country),
        MemberColumn::Segments => facts.segments.clone_from(&given.segments),
        MemberColumn::Enrolments => facts.enrolments.clone_from(&given.enrolments),
        MemberColumn::BillingDay => facts.billing_day = given.billing_day,
        MemberColumn::Purchases | MemberColumn::Spending => {}
        MemberColumn::Attribute(name, _) => match given.attributes.get(name) {
            Some(value) => {
                facts.attributes.insert(name.clone(), value.clone());
            }
            None => {
                facts.attributes.remove(name);
            }
        },
    }
}

fn set_member(facts: &mut Member, column: &MemberColumn, cell: &str) -> Result<(), InputError> {
    match column {
        MemberColumn::JoinedOn => facts.joined_on = Some(date(cell, "joined_on")?),
        MemberColumn::Birthday => facts.birthday = Some(date(cell, "birthday")?),
        MemberColumn::Country => facts.country = Some(cell.to_owned()),
        MemberColumn::Segments => facts.segments = Some(texts(cell)),
        MemberColumn::Enrolments => facts.enrolments = Some(texts(cell)),
        MemberColumn::BillingDay => {
            let day = cell.parse::<u8>().ok().filter(|d| (1..=31).contains(d));
            let due = || InputError::new(ErrorCode::WrongType, "billing_day", "a day from 1 to 31 is due here");
            facts.billing_day = Some(day.ok_or_else(due)?);
        }
        MemberColumn::Purchases => {
            let due = || InputError::new(ErrorCode::WrongType, "purchases", "a whole number is due here");
            facts.purchases = number(cell, "purchases")?.to_units_exact(0).filter(|n| *n >= 0).ok_or_else(due)?;
        }
        MemberColumn::Spending => facts.spending = number(cell, "spending")?,
        MemberColumn::Attribute(name, ty) => {
            facts.attributes.insert(name.clone(), attribute(cell, *ty));
        }
    }
    Ok(())
}

fn id(cell: &str, path: &str) -> Result<String, InputError> {
    if is_id(cell) {
        return Ok(cell.to_owned());
    }
    Err(InputError::new(ErrorCode::InvalidId, path, "an id is 1 to 64 of A-Z a-z 0-9 . _ : -"))
}

fn number(cell: &str, path: &str) -> Result<Exact, InputError> {
    crate::input::read_number(Raw::Text(cell.to_owned()), path)
}

fn date(cell: &str, path: &str) -> Result<NaiveDate, InputError> {
    parse_date(cell).ok_or_else(|| InputError::new(ErrorCode::WrongType, path, "a date is due here: YYYY-MM-DD"))
}

fn texts(cell: &str) -> Vec<String> {
    cell.split(';').filter(|t| !t.is_empty()).map(str::to_owned).collect()
}

fn attribute(cell: &str, ty: Type) -> Attribute {
    match (ty, cell) {
        (Type::Boolean, "true") => Attribute::Boolean(true),
        (Type::Boolean, "false") => Attribute::Boolean(false),
        // Anything else is told as `wrong_type` against the declared type when the row is evaluated.
        _ => Attribute::Text(cell.to_owned()),
    }
}

fn items(cell: &str) -> Result<Vec<Line>, InputError> {
    read_lines(Raw::from_json(cell)?, "items")
}

fn instant(cell: &str, zone: Option<Tz>) -> Result<DateTime<Utc>, InputError> {
    match (parse_instant(cell, "occurred_at"), zone) {
        (Err(error), Some(zone)) if error.code == ErrorCode::MissingOffset => {
            let local = NaiveDateTime::parse_from_str(cell, "%Y-%m-%dT%H:%M:%S%.f")
                .or_else(|_| NaiveDateTime::parse_from_str(cell, "%Y-%m-%d %H:%M:%S%.f"))
                .ok()
                .or_else(|| parse_date(cell).map(|d| d.and_time(chrono::NaiveTime::MIN)))
                .ok_or(error)?;
            // A local time that comes twice is the earlier one; one that never comes is none.
            zone.from_local_datetime(&local).earliest().map(|at| at.with_timezone(&Utc)).ok_or_else(|| {
                InputError::new(
                    ErrorCode::WrongType,
                    "occurred_at",
                    format!("{cell} never comes in {}: clocks are put forward over it", zone.name()),
                )
            })
        }
        (result, _) => result,
    }
}

/// The columns of a members file.
#[derive(Debug, Clone)]
pub struct MemberColumns {
    columns: Vec<Option<MemberColumn>>,
    user_id: usize,
    tier: Option<usize>,
}

impl MemberColumns {
    pub(super) fn new<S: AsRef<str>>(rules: &RuleSet, header: &[S]) -> Result<MemberColumns, InputError> {
        let mut columns: Vec<Option<MemberColumn>> = Vec::with_capacity(header.len());
        let (mut user_id, mut tier) = (None, None);
        for (index, name) in header.iter().enumerate() {
            let name = name.as_ref();
            match name {
                "user_id" if user_id.is_none() => {
                    user_id = Some(index);
                    columns.push(None);
                    continue;
                }
                "tier" if tier.is_none() => {
                    tier = Some(index);
                    columns.push(None);
                    continue;
                }
                _ => {}
            }
            let built_in = FILE_MEMBER_COLUMNS.iter().find(|(n, _)| *n == name).map(|(_, c)| c.clone());
            let declared = || {
                let ty = declared_type(rules, name)?;
                let fact = name.strip_prefix("member.")?;
                Some(MemberColumn::Attribute(fact.to_owned(), ty))
            };
            let column = built_in.or_else(declared).ok_or_else(|| {
                let known: Vec<&str> =
                    ["user_id", "tier"].into_iter().chain(FILE_MEMBER_COLUMNS.iter().map(|(n, _)| *n)).collect();
                unknown_column(rules, name, &known)
            })?;
            if columns.iter().flatten().any(|c| *c == column) {
                return Err(twice(name));
            }
            columns.push(Some(column));
        }
        let user_id = user_id
            .ok_or_else(|| InputError::new(ErrorCode::MissingFact, "user_id", "the column `user_id` is missing"))?;
        Ok(MemberColumns { columns, user_id, tier })
    }

    /// Reads one member; an empty cell is absent.
    pub fn member<'a>(&self, cells: impl IntoIterator<Item = &'a str>) -> Result<Member, InputError> {
        let mut member = Member::default();
        for (index, cell) in cells.into_iter().enumerate() {
            if index == self.user_id {
                member.id = id(cell, "user_id")?;
            } else if cell.is_empty() {
                continue;
            } else if Some(index) == self.tier {
                member.tier = Some(cell.to_owned());
            } else if let Some(Some(column)) = self.columns.get(index) {
                set_member(&mut member, column, cell)?;
            }
        }
        if member.id.is_empty() {
            return Err(InputError::new(ErrorCode::MissingFact, "user_id", "`user_id` is empty"));
        }
        Ok(member)
    }
}
