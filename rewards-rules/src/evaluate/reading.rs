//! A transaction as one rule set reads it: its amount in minor units, its texts as symbols.
//!
//! A room of its own because it can be made as soon as the transaction is at hand, where its texts are read, and an
//! evaluation then looks up none of them. It decides nothing: whatever is wrong here is told when it is evaluated.

use super::prepare::exact_minor_units;
use crate::check::typed::FactSource;
use crate::graph::{Graph, Rules, Symbol, Value};
use crate::input::Transaction;

/// The text that a fact is, if it is one that a transaction has of itself.
#[inline]
pub(super) fn text_of<'a>(source: &FactSource, transaction: &'a Transaction) -> Option<&'a Option<String>> {
    match source {
        FactSource::TxCategory => Some(&transaction.category),
        FactSource::TxMcc => Some(&transaction.mcc),
        FactSource::TxMerchant => Some(&transaction.merchant),
        FactSource::TxCountry => Some(&transaction.country),
        FactSource::TxChannel => Some(&transaction.channel),
        FactSource::TxPaymentMethod => Some(&transaction.payment_method),
        _ => None,
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
    /// Reads a transaction, in the memory of an earlier reading.
    pub(crate) fn read(&mut self, graph: &Graph, transaction: &Transaction) {
        self.amount = exact_minor_units(graph, transaction.amount);
        self.own_currency = graph.program.currency.is(&transaction.currency);
        self.facts.clear();
        self.facts.reserve(graph.program.facts.len());
        for (at, fact) in graph.program.facts.iter().enumerate() {
            if !is_early(&fact.source) {
                self.facts.push(Value::Absent);
            } else if let Some(value) = early_value(graph, at, &fact.source, transaction) {
                self.facts.push(value);
            } else {
                self.facts.clear();
                return;
            }
        }
        self.passing = graph.sieve.early(graph, &self.facts);
    }
}

/// The value of an early fact; `None` if it is not one, or a text that the rule set does not know and has to tell from
/// others.
#[inline]
pub(super) fn early_value(graph: &Graph, at: usize, source: &FactSource, transaction: &Transaction) -> Option<Value> {
    let Some(text) = text_of(source, transaction) else {
        return (*source == FactSource::TxAmount).then_some(Value::Decimal(transaction.amount));
    };
    let Some(text) = text else { return Some(Value::Absent) };
    match graph.symbols.get(text.as_str()) {
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
        let reading = self.reading.filter(|reading| reading.facts.len() == graph.program.facts.len())?;
        Some((reading.facts.as_slice(), reading.passing))
    }
}
