//! A transaction as one rule set reads it: its amount in minor units, its texts as symbols.
//!
//! A room of its own because it can be made as soon as the transaction is at hand, where its texts are read, and an
//! evaluation then looks up none of them. It decides nothing: whatever is wrong here is told when it is evaluated.

use super::prepare::exact_minor_units;
use crate::check::typed::FactSource;
use crate::graph::{Graph, Symbol, Value};
use crate::input::Transaction;

/// The texts of a transaction that can be facts by themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextFact {
    Category,
    Mcc,
    Merchant,
    Country,
    Channel,
    PaymentMethod,
}

/// How many [`TextFact`]s there are.
pub(crate) const TEXT_FACTS: usize = 6;

impl TextFact {
    pub(crate) const ALL: [TextFact; TEXT_FACTS] = [
        TextFact::Category,
        TextFact::Mcc,
        TextFact::Merchant,
        TextFact::Country,
        TextFact::Channel,
        TextFact::PaymentMethod,
    ];

    /// The text of this fact.
    #[inline]
    pub(crate) fn of(self, transaction: &Transaction) -> Option<&str> {
        let text = match self {
            TextFact::Category => &transaction.category,
            TextFact::Mcc => &transaction.mcc,
            TextFact::Merchant => &transaction.merchant,
            TextFact::Country => &transaction.country,
            TextFact::Channel => &transaction.channel,
            TextFact::PaymentMethod => &transaction.payment_method,
        };
        text.as_deref()
    }

    /// What expressions call it.
    pub(crate) fn source(self) -> FactSource {
        match self {
            TextFact::Category => FactSource::TxCategory,
            TextFact::Mcc => FactSource::TxMcc,
            TextFact::Merchant => FactSource::TxMerchant,
            TextFact::Country => FactSource::TxCountry,
            TextFact::Channel => FactSource::TxChannel,
            TextFact::PaymentMethod => FactSource::TxPaymentMethod,
        }
    }
}

/// What a rule set makes of a transaction before it is evaluated.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Minor units; `None` where the amount is none that can be evaluated.
    amount: Option<i64>,
    /// Whether it is in the program's currency.
    own_currency: bool,
    /// By [`TextFact`]: absent, or a text, which may be [`Symbol::UNKNOWN`].
    texts: [Option<Symbol>; TEXT_FACTS],
}

impl Reading {
    /// Reads a transaction. Texts that no expression of the rule set names are left out.
    pub(crate) fn of(graph: &Graph, transaction: &Transaction) -> Reading {
        let symbol = |text: TextFact| {
            let text = text.of(transaction).filter(|_| graph.reads_text(text))?;
            Some(graph.symbols.get(text).copied().unwrap_or(Symbol::UNKNOWN))
        };
        Reading {
            amount: exact_minor_units(graph, transaction.amount),
            own_currency: graph.program.currency.is(&transaction.currency),
            texts: TextFact::ALL.map(symbol),
        }
    }
}

/// A transaction, and what the rule set at hand made of it already.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read<'a> {
    pub(crate) transaction: &'a Transaction,
    pub(crate) reading: Option<&'a Reading>,
}

impl<'a> From<&'a Transaction> for Read<'a> {
    fn from(transaction: &'a Transaction) -> Read<'a> {
        Read { transaction, reading: None }
    }
}

impl Read<'_> {
    /// The amount in minor units, if it is known to be a right one.
    #[inline]
    pub(crate) fn minor(self) -> Option<i64> {
        self.reading?.amount
    }

    /// Whether the transaction is in the program's currency.
    #[inline]
    pub(super) fn own_currency(self, graph: &Graph) -> bool {
        match self.reading {
            Some(reading) => reading.own_currency,
            None => graph.program.currency.is(&self.transaction.currency),
        }
    }

    /// The value of a text, if it was read. One that the rule set does not know is known well enough where it does not
    /// matter which it is.
    #[inline]
    pub(super) fn known(self, text: TextFact, which_matters: bool) -> Option<Value> {
        match self.reading?.texts.get(text as usize)? {
            None => Some(Value::Absent),
            Some(Symbol::UNKNOWN) if which_matters => None,
            Some(symbol) => Some(Value::Text(*symbol)),
        }
    }
}
