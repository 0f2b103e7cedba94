//! From cells to inputs: the one place where columns are named.
//!
//! A header becomes columns once; then each row is read by asking for its cells, whatever format they come from.

#[cfg(feature = "arrow")]
pub mod arrow;
mod cell;
pub mod json;
mod keys;
pub mod lines;
mod row;

use std::sync::Arc;

use chrono_tz::Tz;

use super::Options;
use crate::check::typed::Type;
use crate::input::{ErrorCode, InputError, Member};
use crate::rule_set::RuleSet;
use crate::source::nearest;

pub use cell::Cell;
pub(super) use keys::{KeyColumns, RowKeys};
pub use row::Row;

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
    rules: RuleSet,
    columns: Vec<Column>,
    zone: Option<Tz>,
    member_facts: bool,
    refunds: bool,
}

fn declared_type(rules: &RuleSet, name: &str) -> Option<Type> {
    rules.graph().program.declared.iter().find(|d| d.name == name).map(|d| d.ty)
}

/// The names that columns of a file may have: those of the format and those of the facts that the program declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnNames {
    names: Vec<String>,
    /// How many of them the format has.
    built_in: usize,
}

impl ColumnNames {
    /// Of a transactions file.
    pub(super) fn of_transactions(rules: &RuleSet) -> ColumnNames {
        let built_in = TRANSACTION_COLUMNS.iter().map(|(n, _)| *n).chain(ROW_MEMBER_COLUMNS.iter().map(|(n, _)| *n));
        ColumnNames::new(built_in, rules, |_| true)
    }

    /// Of a members file.
    pub(super) fn of_members(rules: &RuleSet) -> ColumnNames {
        let built_in = ["user_id", "tier"].into_iter().chain(FILE_MEMBER_COLUMNS.iter().map(|(n, _)| *n));
        ColumnNames::new(built_in, rules, |name| name.starts_with("member."))
    }

    fn new<'a>(built_in: impl Iterator<Item = &'a str>, rules: &RuleSet, takes: impl Fn(&str) -> bool) -> ColumnNames {
        let mut names: Vec<String> = built_in.map(str::to_owned).collect();
        let built_in = names.len();
        names.extend(rules.graph().program.declared.iter().map(|d| d.name.clone()).filter(|n| takes(n)));
        ColumnNames { names, built_in }
    }

    /// These and those of another rule set that are not among them.
    #[must_use]
    pub fn and(mut self, other: &ColumnNames) -> ColumnNames {
        let more: Vec<String> = other.names.iter().filter(|n| !self.names.contains(n)).cloned().collect();
        self.names.extend(more);
        self
    }

    /// Every name; as a header it has room for any row.
    pub fn all(&self) -> &[String] {
        &self.names
    }

    /// The error `unknown_fact` for a name that is not among them, with the nearest one that is.
    pub fn unknown(&self, name: &str) -> InputError {
        let help = match nearest(name, self.names.iter().map(String::as_str)) {
            Some(near) => format!("; did you mean `{near}`?"),
            None => format!("; known are {}", self.names.get(..self.built_in).unwrap_or_default().join(", ")),
        };
        InputError::new(ErrorCode::UnknownFact, name, format!("there is no column `{name}`{help}"))
    }
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
            let column = built_in
                .or_else(of_member)
                .or_else(declared)
                .ok_or_else(|| ColumnNames::of_transactions(rules).unknown(name))?;
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
            rules: rules.clone(),
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
            let column = built_in.or_else(declared).ok_or_else(|| ColumnNames::of_members(rules).unknown(name))?;
            if columns.iter().flatten().any(|c| *c == column) {
                return Err(twice(name));
            }
            columns.push(Some(column));
        }
        let user_id = user_id
            .ok_or_else(|| InputError::new(ErrorCode::MissingFact, "user_id", "the column `user_id` is missing"))?;
        Ok(MemberColumns { columns, user_id, tier })
    }

    /// Reads one member, asking for the cell of each column. Errors: `missing_fact`, `wrong_type`, `invalid_id`,
    /// `amount_too_large`.
    pub fn read<'a>(&self, cell: impl Fn(usize) -> Cell<'a>) -> Result<Member, InputError> {
        let mut member = Member::default();
        for (index, column) in self.columns.iter().enumerate() {
            let cell = cell(index);
            if cell.is_absent() {
                continue;
            } else if index == self.user_id {
                cell.id("user_id", &mut member.id)?;
            } else if Some(index) == self.tier {
                member.tier = Some(cell.text("tier")?.to_owned());
            } else if let Some(column) = column {
                column.read(&cell, &mut member)?;
            }
        }
        if member.id.is_empty() {
            return Err(InputError::new(ErrorCode::MissingFact, "user_id", "this is empty"));
        }
        Ok(member)
    }
}
