//! One row of a transactions file as inputs, in buffers that are used again for the next one.
//!
//! A room of its own because every purchase of a simulation passes through here: a text is copied into memory that an
//! earlier row left, and nothing is looked up by name.

use chrono::{DateTime, Utc};

use super::{Cell, Column, MemberColumn, TransactionColumns};
use crate::evaluate::Reading;
use crate::input::{Attribute, ErrorCode, InputError, Member, Refund, Transaction};
use crate::rule_set::RuleSet;
use crate::state::{Identity, member_key};
use crate::value::Exact;

/// One row of a transactions file, read. Reading the next one into it keeps its memory.
#[derive(Debug, Clone)]
pub struct Row {
    pub(crate) user_id: String,
    pub(crate) transaction: Transaction,
    /// What the row is, if it is not a purchase.
    pub(crate) refund: Option<Refund>,
    pub(crate) tier: Option<String>,
    /// The member facts that the row brings, and the columns that brought them.
    member: Member,
    brought: Vec<usize>,
    original: String,
    /// Texts that no fact of the current row needs.
    spare: Vec<String>,
    /// What the rule set of the columns makes of it; of a refund nothing.
    ready: Option<Ready>,
}

/// A row as one rule set sees it, made when it is read so that posting it looks no text up.
#[derive(Debug, Clone)]
pub(in crate::simulate) struct Ready {
    /// The rule set that it is ready for, and no other.
    rules: RuleSet,
    /// Whether it is of the current row, which a refund's is not.
    current: bool,
    pub(in crate::simulate) reading: Reading,
    pub(in crate::simulate) identity: Identity,
    /// Key of the member.
    pub(in crate::simulate) member: [u64; 2],
    /// The level of a row that names one; one that the program does not have is none.
    pub(in crate::simulate) level: Option<usize>,
}

impl Default for Row {
    fn default() -> Row {
        Row {
            user_id: String::new(),
            transaction: Transaction {
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
            },
            refund: None,
            tier: None,
            member: Member::default(),
            brought: Vec::new(),
            original: String::new(),
            spare: Vec::new(),
            ready: None,
        }
    }
}

impl Ready {
    fn new(rules: &RuleSet) -> Ready {
        Ready {
            rules: rules.clone(),
            current: false,
            reading: Reading::default(),
            identity: Identity::default(),
            member: [0; 2],
            level: None,
        }
    }
}

/// Puts a text, or its absence, where another row's may stand.
fn put(to: &mut Option<String>, cell: &Cell<'_>, path: &str, spare: &mut Vec<String>) -> Result<(), InputError> {
    if cell.is_absent() {
        spare.extend(to.take());
        return Ok(());
    }
    let text = cell.text(path)?;
    let buffer = to.get_or_insert_with(|| spare.pop().unwrap_or_default());
    buffer.clear();
    buffer.push_str(text);
    Ok(())
}

impl TransactionColumns {
    /// Reads one row into `row`, asking for the cell of each column. After an error it holds nothing that may be used.
    /// Errors: `missing_fact`, `wrong_type`, `invalid_id`, `missing_offset`, `amount_too_large`.
    pub fn read<'a>(&self, cell: impl Fn(usize) -> Cell<'a>, row: &mut Row) -> Result<(), InputError> {
        let shared = &self.shared;
        let Row { user_id, transaction: tx, refund, tier, member, brought, original, spare, ready } = row;
        let (mut amount, mut at, mut is_refund) = (None, None, false);
        tx.id.clear();
        user_id.clear();
        original.clear();
        brought.clear();
        for (index, column) in shared.columns.iter().enumerate() {
            let cell = cell(index);
            let absent = cell.is_absent();
            match column {
                Column::Category => put(&mut tx.category, &cell, "category", spare)?,
                Column::Mcc => put(&mut tx.mcc, &cell, "mcc", spare)?,
                Column::Merchant => put(&mut tx.merchant, &cell, "merchant", spare)?,
                Column::Country => put(&mut tx.country, &cell, "country", spare)?,
                Column::Channel => put(&mut tx.channel, &cell, "channel", spare)?,
                Column::PaymentMethod => put(&mut tx.payment_method, &cell, "payment_method", spare)?,
                Column::Tier => put(tier, &cell, "tier", spare)?,
                Column::Items => tx.items = if absent { None } else { Some(cell.items("items")?) },
                Column::Currency => {
                    tx.currency.clear();
                    if !absent {
                        tx.currency.push_str(cell.text("currency")?);
                    }
                }
                Column::Tx(name, _) if absent => drop(tx.attributes.remove(name)),
                Column::Tx(name, ty) => match tx.attributes.get_mut(name) {
                    Some(value) => cell.attribute(name, *ty, value)?,
                    None => {
                        let mut value = Attribute::Boolean(false);
                        cell.attribute(name, *ty, &mut value)?;
                        tx.attributes.insert(name.clone(), value);
                    }
                },
                _ if absent => {}
                Column::TransactionId => cell.id("transaction_id", &mut tx.id)?,
                Column::UserId => cell.id("user_id", user_id)?,
                Column::Original => cell.id("original_transaction_id", original)?,
                Column::Amount => amount = Some(cell.number("amount")?),
                Column::OccurredAt => at = Some(cell.instant(shared.zone)?),
                Column::Type => {
                    is_refund = match cell.text("type")? {
                        "purchase" => false,
                        "refund" => true,
                        _ => {
                            let message = "`purchase` or `refund` is due here";
                            return Err(InputError::new(ErrorCode::WrongType, "type", message));
                        }
                    }
                }
                Column::Member(column) => {
                    column.read(&cell, member)?;
                    brought.push(index);
                }
            }
        }
        let missing = |name: &str| InputError::new(ErrorCode::MissingFact, name, "this is empty");
        if tx.id.is_empty() {
            return Err(missing("transaction_id"));
        }
        if user_id.is_empty() {
            return Err(missing("user_id"));
        }
        tx.amount = amount.ok_or_else(|| missing("amount"))?;
        tx.occurred_at = at.ok_or_else(|| missing("occurred_at"))?;
        if tx.currency.is_empty() && !is_refund {
            return Err(missing("currency"));
        }
        if is_refund && original.is_empty() {
            return Err(missing("original_transaction_id"));
        }
        *refund = is_refund.then(|| Refund {
            id: tx.id.clone(),
            original: original.clone(),
            amount: tx.amount,
            lines: tx.items.take(),
            occurred_at: tx.occurred_at,
            member: Some(user_id.clone()),
        });
        let rules = &shared.rules;
        let ready = match ready.take_if(|ready| !ready.rules.is(rules)) {
            None => ready.get_or_insert_with(|| Ready::new(rules)),
            Some(other) => ready.insert(Ready { reading: other.reading, ..Ready::new(rules) }),
        };
        ready.current = !is_refund;
        if !is_refund {
            ready.reading.read(rules.graph(), tx);
            ready.identity = Identity::of(rules, tx, user_id);
            ready.member = member_key(user_id);
            ready.level = tier.as_deref().and_then(|tier| rules.graph().level_index(Some(tier)).ok());
        }
        Ok(())
    }

    /// Puts a row's member facts over what the members file gave; an absent cell leaves that.
    pub(in crate::simulate) fn overlay(&self, row: &Row, given: Option<&Member>, facts: &mut Member) {
        let blank;
        let given = match given {
            Some(given) => given,
            None => {
                blank = Member::default();
                &blank
            }
        };
        for (index, column) in self.shared.columns.iter().enumerate() {
            let Column::Member(column) = column else { continue };
            column.copy(if row.brought.contains(&index) { &row.member } else { given }, facts);
        }
    }
}

impl Row {
    /// When it happened.
    pub fn occurred_at(&self) -> DateTime<Utc> {
        self.transaction.occurred_at
    }

    /// Id of the transaction.
    pub fn transaction_id(&self) -> &str {
        &self.transaction.id
    }

    /// Id of the member.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// The purchase; `None` for a refund.
    pub fn purchase(&self) -> Option<&Transaction> {
        self.refund.is_none().then_some(&self.transaction)
    }

    /// The refund; `None` for a purchase.
    pub fn refund(&self) -> Option<&Refund> {
        self.refund.as_ref()
    }

    /// To be called when the purchase was changed after it was read.
    pub(in crate::simulate) fn read_again(&mut self, rules: &RuleSet) {
        let Row { transaction, user_id, ready, .. } = self;
        if let Some(ready) = ready.as_mut().filter(|ready| ready.current && ready.rules.is(rules)) {
            ready.reading.read(rules.graph(), transaction);
            ready.identity = Identity::of(rules, transaction, user_id);
        }
    }

    /// What this rule set makes of it, if it was read for it.
    pub(in crate::simulate) fn ready_for(&self, rules: &RuleSet) -> Option<&Ready> {
        self.ready.as_ref().filter(|ready| ready.current && ready.rules.is(rules))
    }

    /// A tier that holds for this row only.
    pub fn tier(&self) -> Option<&str> {
        self.tier.as_deref()
    }
}

impl MemberColumn {
    /// Reads a cell that is not absent.
    pub(super) fn read(&self, cell: &Cell<'_>, facts: &mut Member) -> Result<(), InputError> {
        let due = |path: &str, what: &str| InputError::new(ErrorCode::WrongType, path, what);
        match self {
            MemberColumn::JoinedOn => facts.joined_on = Some(cell.date("joined_on")?),
            MemberColumn::Birthday => facts.birthday = Some(cell.date("birthday")?),
            MemberColumn::Country => facts.country = Some(cell.text("country")?.to_owned()),
            MemberColumn::Segments => facts.segments = Some(cell.texts("segments")?),
            MemberColumn::Enrolments => facts.enrolments = Some(cell.texts("enrolments")?),
            MemberColumn::BillingDay => {
                let day = u8::try_from(cell.whole("billing_day")?).ok().filter(|d| (1..=31).contains(d));
                facts.billing_day = Some(day.ok_or_else(|| due("billing_day", "a day from 1 to 31 is due here"))?);
            }
            MemberColumn::Purchases => {
                facts.purchases = cell.whole("purchases")?;
                if facts.purchases < 0 {
                    return Err(due("purchases", "a whole number is due here, not below zero"));
                }
            }
            MemberColumn::Spending => facts.spending = cell.number("spending")?,
            MemberColumn::Attribute(name, ty) => {
                let mut value = Attribute::Boolean(false);
                cell.attribute(name, *ty, &mut value)?;
                facts.attributes.insert(name.clone(), value);
            }
        }
        Ok(())
    }

    /// Copies this fact from one member to another.
    fn copy(&self, from: &Member, to: &mut Member) {
        match self {
            MemberColumn::JoinedOn => to.joined_on = from.joined_on,
            MemberColumn::Birthday => to.birthday = from.birthday,
            MemberColumn::Country => to.country.clone_from(&from.country),
            MemberColumn::Segments => to.segments.clone_from(&from.segments),
            MemberColumn::Enrolments => to.enrolments.clone_from(&from.enrolments),
            MemberColumn::BillingDay => to.billing_day = from.billing_day,
            MemberColumn::Purchases | MemberColumn::Spending => {}
            MemberColumn::Attribute(name, _) => match from.attributes.get(name) {
                Some(value) => match to.attributes.get_mut(name) {
                    Some(there) => there.clone_from(value),
                    None => drop(to.attributes.insert(name.clone(), value.clone())),
                },
                None => drop(to.attributes.remove(name)),
            },
        }
    }
}
