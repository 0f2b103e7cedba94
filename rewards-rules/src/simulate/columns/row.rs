//! One row of a transactions file as inputs, in buffers that are used again for the next one.
//!
//! A room of its own because every purchase of a simulation passes through here: a text is copied into memory that an
//! earlier row left, and nothing is looked up by name.

use chrono::{DateTime, Utc};

use super::{Cell, Column, MemberColumn, TransactionColumns};
use crate::evaluate::{Reading, Texts};
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
    /// Whether the texts of a purchase may be left out where `ready` says as much as they do, and whether they were.
    lean: bool,
    left_out: bool,
    /// Keys of a purchase and of its member.
    pub(in crate::simulate) identity: Identity,
    pub(in crate::simulate) member_key: [u64; 2],
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
            lean: false,
            left_out: false,
            identity: Identity::default(),
            member_key: [0; 2],
            ready: None,
        }
    }
}

/// Of a purchase of which nobody asks for any.
static NO_TEXTS: Texts<'static> =
    Texts { category: None, mcc: None, merchant: None, country: None, channel: None, payment_method: None };

impl Ready {
    fn new(rules: &RuleSet) -> Ready {
        Ready { rules: rules.clone(), current: false, reading: Reading::default(), level: None }
    }
}

/// Puts a text, or its absence, where another row's may stand.
fn put(to: &mut Option<String>, text: Option<&str>, spare: &mut Vec<String>) {
    let Some(text) = text else { return spare.extend(to.take()) };
    let buffer = to.get_or_insert_with(|| spare.pop().unwrap_or_default());
    buffer.clear();
    buffer.push_str(text);
}

fn text_in<'a>(cell: &Cell<'a>, path: &str) -> Result<Option<&'a str>, InputError> {
    if cell.is_absent() { Ok(None) } else { cell.text(path).map(Some) }
}

impl Transaction {
    fn put(&mut self, texts: &Texts<'_>, spare: &mut Vec<String>) {
        put(&mut self.category, texts.category, spare);
        put(&mut self.mcc, texts.mcc, spare);
        put(&mut self.merchant, texts.merchant, spare);
        put(&mut self.country, texts.country, spare);
        put(&mut self.channel, texts.channel, spare);
        put(&mut self.payment_method, texts.payment_method, spare);
    }
}

impl TransactionColumns {
    /// Reads one row into `row`, asking for the cell of each column. After an error it holds nothing that may be used.
    /// Errors: `missing_fact`, `wrong_type`, `invalid_id`, `missing_offset`, `amount_too_large`.
    pub fn read<'a>(&self, cell: impl Fn(usize) -> Cell<'a>, row: &mut Row) -> Result<(), InputError> {
        let shared = &self.shared;
        let Row {
            user_id,
            transaction: tx,
            refund,
            tier,
            member,
            brought,
            original,
            spare,
            lean,
            left_out,
            identity,
            member_key: key,
            ready,
        } = row;
        let (mut amount, mut at, mut is_refund, mut texts) = (None, None, false, Texts::default());
        tx.id.clear();
        user_id.clear();
        original.clear();
        brought.clear();
        for (index, column) in shared.columns.iter().enumerate() {
            let cell = cell(index);
            let absent = cell.is_absent();
            match column {
                Column::Category => texts.category = text_in(&cell, "category")?,
                Column::Mcc => texts.mcc = text_in(&cell, "mcc")?,
                Column::Merchant => texts.merchant = text_in(&cell, "merchant")?,
                Column::Country => texts.country = text_in(&cell, "country")?,
                Column::Channel => texts.channel = text_in(&cell, "channel")?,
                Column::PaymentMethod => texts.payment_method = text_in(&cell, "payment_method")?,
                Column::Tier => put(tier, text_in(&cell, "tier")?, spare),
                Column::Items => tx.items = if absent { None } else { Some(cell.items("items")?) },
                Column::Currency => {
                    let currency = text_in(&cell, "currency")?.unwrap_or_default();
                    if tx.currency != currency {
                        tx.currency.clear();
                        tx.currency.push_str(currency);
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
        let mut needed = !*lean || rules.graph().requalifies;
        if !is_refund {
            ready.reading.read(rules.graph(), tx.amount, &tx.currency, &texts);
            *identity = Identity::passing(tx, &texts, user_id);
            *key = member_key(user_id);
            ready.level = tier.as_deref().and_then(|tier| rules.graph().level_index(Some(tier)).ok());
            needed |= !ready.reading.is_whole(rules.graph());
        }
        *left_out = !needed && !is_refund && texts.all().iter().any(Option::is_some);
        tx.put(if needed { &texts } else { &NO_TEXTS }, spare);
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
    /// For rows that are posted under the rules of their columns and not explained: category, merchant and the like are
    /// copied from the next ones only where those rules ask for more of them than was found out while they were read.
    /// Posted otherwise, a row without them is the error `missing_fact`.
    pub fn leave_texts_out(&mut self, leave: bool) {
        self.lean = leave;
    }

    pub(in crate::simulate) fn lacks_texts(&self) -> bool {
        self.left_out
    }

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

    /// The purchase; `None` for a refund. See [`Row::leave_texts_out`].
    pub fn purchase(&self) -> Option<&Transaction> {
        self.refund.is_none().then_some(&self.transaction)
    }

    /// The refund; `None` for a purchase.
    pub fn refund(&self) -> Option<&Refund> {
        self.refund.as_ref()
    }

    /// To be called when the purchase was changed after it was read.
    pub(in crate::simulate) fn read_again(&mut self, rules: &RuleSet) {
        let Row { transaction, user_id, identity, ready, .. } = self;
        *identity = Identity::passing(transaction, &Texts::from(&*transaction), user_id);
        if let Some(ready) = ready.as_mut().filter(|ready| ready.current && ready.rules.is(rules)) {
            let Transaction { amount, currency, .. } = &*transaction;
            ready.reading.read(rules.graph(), *amount, currency, &Texts::from(&*transaction));
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
