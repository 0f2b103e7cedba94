//! A transaction as one rule set reads it: its amount in minor units, its texts as symbols.
//!
//! A room of its own because it can be made as soon as the transaction is at hand, where its texts are read, and an
//! evaluation then looks up none of them. It decides nothing: whatever is wrong here is told when it is evaluated.

use super::prepare::exact_minor_units;
use crate::check::typed::FactSource;
use crate::graph::{Graph, Rules, Symbol, Value};
use crate::input::Transaction;
use crate::value::Exact;

/// The texts that a transaction has of itself, wherever they stand.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Texts<'a> {
    pub(crate) category: Option<&'a str>,
    pub(crate) mcc: Option<&'a str>,
    pub(crate) merchant: Option<&'a str>,
    pub(crate) country: Option<&'a str>,
    pub(crate) channel: Option<&'a str>,
    pub(crate) payment_method: Option<&'a str>,
}

impl<'a> From<&'a Transaction> for Texts<'a> {
    fn from(transaction: &'a Transaction) -> Texts<'a> {
        Texts {
            category: transaction.category.as_deref(),
            mcc: transaction.mcc.as_deref(),
            merchant: transaction.merchant.as_deref(),
            country: transaction.country.as_deref(),
            channel: transaction.channel.as_deref(),
            payment_method: transaction.payment_method.as_deref(),
        }
    }
}

impl<'a> Texts<'a> {
    /// The text that a fact is, if it is one of these.
    #[inline]
    pub(super) fn of(&self, source: &FactSource) -> Option<Option<&'a str>> {
        match source {
            FactSource::TxCategory => Some(self.category),
            FactSource::TxMcc => Some(self.mcc),
            FactSource::TxMerchant => Some(self.merchant),
            FactSource::TxCountry => Some(self.country),
            FactSource::TxChannel => Some(self.channel),
            FactSource::TxPaymentMethod => Some(self.payment_method),
            _ => None,
        }
    }

    /// All of them, in one order.
    pub(crate) fn all(&self) -> [Option<&'a str>; 6] {
        [self.category, self.mcc, self.merchant, self.country, self.channel, self.payment_method]
    }
}

/// Whether a fact is known from the transaction alone, without its date and without the member.
pub(crate) fn is_early(source: &FactSource) -> bool {
    matches!(
        source,
        FactSource::TxAmount
            | FactSource::TxCategory
            | FactSource::TxMcc
            | FactSource::TxMerchant
            | FactSource::TxCountry
            | FactSource::TxChannel
            | FactSource::TxPaymentMethod
    )
}

/// What a rule set makes of a transaction before it is evaluated.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reading {
    /// Minor units; `None` where the amount is none that can be evaluated.
    amount: Option<i64>,
    /// Whether it is in the program's currency.
    own_currency: bool,
    /// The facts by slot, those that are not early absent. Empty where one of them is a text that the rule set does
    /// not know and has to tell from others.
    facts: Vec<Value>,
    /// The rules that pass by these.
    passing: Rules,
}

impl Reading {
    /// Reads a transaction's amount, currency and texts, in the memory of an earlier reading.
    pub(crate) fn read(&mut self, graph: &Graph, amount: Exact, currency: &str, texts: &Texts<'_>) {
        self.amount = exact_minor_units(graph, amount);
        self.own_currency = graph.program.currency.is(currency);
        self.facts.clear();
        self.facts.reserve(graph.program.facts.len());
        for (at, fact) in graph.program.facts.iter().enumerate() {
            if !is_early(&fact.source) {
                self.facts.push(Value::Absent);
            } else if let Some(value) = early_value(graph, at, &fact.source, (amount, texts)) {
                self.facts.push(value);
            } else {
                self.facts.clear();
                return;
            }
        }
        self.passing = graph.sieve.early(graph, &self.facts);
    }

    /// Whether the texts say no more than this does.
    pub(crate) fn is_whole(&self, graph: &Graph) -> bool {
        self.facts.len() == graph.program.facts.len()
    }
}

/// The value of an early fact; `None` if it is not one, or a text that the rule set does not know and has to tell from
/// others.
#[inline]
pub(super) fn early_value(
    graph: &Graph,
    at: usize,
    source: &FactSource,
    (amount, texts): (Exact, &Texts<'_>),
) -> Option<Value> {
    let Some(text) = texts.of(source) else {
        return (*source == FactSource::TxAmount).then_some(Value::Decimal(amount));
    };
    let Some(text) = text else { return Some(Value::Absent) };
    match graph.symbols.get(text) {
        Some(symbol) => Some(Value::Text(*symbol)),
        None if graph.only_known.get(at).copied().unwrap_or(false) => Some(Value::Text(Symbol::UNKNOWN)),
        None => None,
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

impl<'a> Read<'a> {
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

    /// The facts by slot, of which only those that are not early are missing, and the rules that pass by them.
    #[inline]
    pub(super) fn early_facts(self, graph: &Graph) -> Option<(&'a [Value], Rules)> {
        let reading = self.reading.filter(|reading| reading.is_whole(graph))?;
        Some((reading.facts.as_slice(), reading.passing))
    }
}
