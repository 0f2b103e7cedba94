//! The value of a node, given facts. Operands are read lazily and each shared node once.

use std::cmp::Ordering;

use chrono::NaiveDate;

use super::{ExpressionError, Graph, Node, NodeId, Symbol, Value};
use crate::check::typed::{Builtin, LineFact};
use crate::input::ErrorCode;
use crate::script::{FailureKind, ScriptFailure, ScriptValue};
use crate::value::ops;

/// The facts of one evaluation, by slot.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) values: Vec<Value>,
    /// List facts: slot and members.
    pub(crate) lists: Vec<(u32, Vec<Symbol>)>,
    /// Texts that the rule set does not know; their symbols follow those it knows.
    texts: Vec<String>,
    /// How many of `texts` are of this evaluation; the others are kept for their memory.
    known: usize,
    pub(crate) date: NaiveDate,
}

/// The facts of one line.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LineFacts {
    pub(crate) sku: Value,
    pub(crate) category: Value,
    pub(crate) quantity: Value,
    pub(crate) amount: Value,
}

impl LineFacts {
    fn get(&self, fact: LineFact) -> Value {
        match fact {
            LineFact::Sku => self.sku,
            LineFact::Category => self.category,
            LineFact::Quantity => self.quantity,
            LineFact::Amount => self.amount,
        }
    }
}

/// Values of nodes that were asked for already. A new stamp forgets all of them at once.
#[derive(Debug, Default)]
pub(crate) struct Memo {
    stamp: u32,
    slots: Vec<(u32, Value)>,
}

impl Memo {
    /// Forgets everything: another transaction, or a fact that changed.
    pub(crate) fn reset(&mut self, nodes: usize) {
        self.stamp = self.stamp.wrapping_add(1);
        if self.stamp == 0 {
            self.slots.clear();
            self.stamp = 1;
        }
        if self.slots.len() < nodes {
            self.slots.resize(nodes, (0, Value::Absent));
        }
    }
}

impl Facts {
    pub(crate) fn clear(&mut self, date: NaiveDate) {
        self.values.clear();
        self.lists.clear();
        self.known = 0;
        self.date = date;
    }

    /// The symbol of the text of one fact. Without `words`, which explain needs, a text that the rule set does not know
    /// is not kept where no expression can tell it from another.
    pub(crate) fn fact_symbol(&mut self, graph: &Graph, fact: usize, text: &str, words: bool) -> Symbol {
        if let Some(&symbol) = graph.symbols.get(text) {
            return symbol;
        }
        if !words && graph.only_known.get(fact).copied().unwrap_or(false) {
            return Symbol::UNKNOWN;
        }
        self.symbol(graph, text)
    }

    /// The symbol of a text that came in with a fact.
    pub(crate) fn symbol(&mut self, graph: &Graph, text: &str) -> Symbol {
        if let Some(&symbol) = graph.symbols.get(text) {
            return symbol;
        }
        let base = graph.texts.len();
        let at = match self.unknown(text) {
            Some(at) => at,
            None => {
                match self.texts.get_mut(self.known) {
                    Some(free) => {
                        free.clear();
                        free.push_str(text);
                    }
                    None => self.texts.push(text.to_owned()),
                }
                self.known = self.known.saturating_add(1);
                self.known.saturating_sub(1)
            }
        };
        Symbol(u32::try_from(base.saturating_add(at)).unwrap_or(u32::MAX))
    }

    /// Where a text stands among those that the rule set does not know.
    fn unknown(&self, text: &str) -> Option<usize> {
        self.texts.iter().take(self.known).position(|t| t == text)
    }

    /// The text of a symbol.
    pub(crate) fn text<'a>(&'a self, graph: &'a Graph, symbol: Symbol) -> &'a str {
        let index = symbol.0 as usize;
        match graph.texts.get(index) {
            Some(text) => text,
            None => self.texts.get(index.saturating_sub(graph.texts.len())).map_or("", |t| t.as_str()),
        }
    }

    pub(crate) fn list(&self, fact: u32) -> Option<&[Symbol]> {
        self.lists.iter().find(|(f, _)| *f == fact).map(|(_, l)| l.as_slice())
    }

    fn get(&self, fact: u32) -> Value {
        self.values.get(fact as usize).copied().unwrap_or(Value::Absent)
    }
}

impl From<ops::ArithmeticError> for ExpressionError {
    fn from(error: ops::ArithmeticError) -> ExpressionError {
        let (code, message) = match error {
            ops::ArithmeticError::DivisionByZero => (ErrorCode::DivisionByZero, "a division by zero"),
            ops::ArithmeticError::Overflow => (ErrorCode::Overflow, "a result that does not fit into a number"),
        };
        ExpressionError { code, message: message.to_owned(), span: None }
    }
}

impl From<ScriptFailure> for ExpressionError {
    fn from(failure: ScriptFailure) -> ExpressionError {
        let code = match failure.kind {
            FailureKind::DivisionByZero => ErrorCode::DivisionByZero,
            FailureKind::Overflow => ErrorCode::Overflow,
            FailureKind::Limit => ErrorCode::ScriptLimit,
            FailureKind::Error => ErrorCode::ScriptError,
        };
        ExpressionError { code, message: failure.message, span: Some(failure.span) }
    }
}

/// Everything a node may read.
pub(crate) struct Scope<'a> {
    pub(crate) graph: &'a Graph,
    pub(crate) facts: &'a Facts,
    pub(crate) line: Option<&'a LineFacts>,
}

impl Scope<'_> {
    /// The value of a node; each shared node is computed once per stamp of the memo.
    pub(crate) fn value(&self, id: NodeId, memo: &mut Memo) -> Result<Value, ExpressionError> {
        let Some(node) = self.graph.node(id) else { return Ok(Value::Absent) };
        match node {
            Node::Constant(value) => return Ok(*value),
            Node::Fact(fact) => return Ok(self.facts.get(*fact)),
            _ => {}
        }
        let index = id.0 as usize;
        let info = self.graph.info(id);
        let keep = info.shared && !info.per_line;
        if keep
            && let Some((stamp, value)) = memo.slots.get(index)
            && *stamp == memo.stamp
        {
            return Ok(*value);
        }
        let value = self.compute(node, memo)?;
        if keep {
            let stamp = memo.stamp;
            if let Some(slot) = memo.slots.get_mut(index) {
                *slot = (stamp, value);
            }
        }
        Ok(value)
    }

    /// A condition: an absent boolean counts as false (semantics §2.4).
    pub(crate) fn holds(&self, id: NodeId, memo: &mut Memo) -> Result<bool, ExpressionError> {
        match self.graph.quick(&self.facts.values, id) {
            Some(holds) => Ok(holds),
            None => Ok(self.value(id, memo)?.holds()),
        }
    }

    fn compute(&self, node: &Node, memo: &mut Memo) -> Result<Value, ExpressionError> {
        Ok(match node {
            Node::Constant(value) => *value,
            Node::Fact(fact) => self.facts.get(*fact),
            Node::Line(fact) => self.line.map_or(Value::Absent, |l| l.get(*fact)),
            Node::Has(fact) => {
                Value::Boolean(self.facts.get(*fact) != Value::Absent || self.facts.list(*fact).is_some())
            }
            Node::HasLine(fact) => Value::Boolean(self.line.is_some_and(|l| l.get(*fact) != Value::Absent)),
            Node::Not(a) => Value::Boolean(!self.holds(*a, memo)?),
            Node::Negate(a) => match self.value(*a, memo)? {
                Value::Integer(i) => Value::Integer(ops::negate_integer(i)?),
                Value::Decimal(d) => Value::Decimal(ops::negate_decimal(d)?),
                _ => Value::Absent,
            },
            Node::ToDecimal(a) => match self.value(*a, memo)? {
                Value::Integer(i) => Value::Decimal(i.into()),
                other => other,
            },
            Node::And(a, b) => Value::Boolean(self.holds(*a, memo)? && self.holds(*b, memo)?),
            Node::Or(a, b) => Value::Boolean(self.holds(*a, memo)? || self.holds(*b, memo)?),
            Node::Compare(op, a, b) => {
                let (a, b) = (self.value(*a, memo)?, self.value(*b, memo)?);
                Value::Boolean(self.graph.compare(self.facts, *op, &a, &b))
            }
            Node::Arithmetic(op, a, b) => {
                let (a, b) = (self.value(*a, memo)?, self.value(*b, memo)?);
                match (a, b) {
                    (Value::Integer(a), Value::Integer(b)) => Value::Integer(ops::integer(*op, a, b)?),
                    (Value::Decimal(a), Value::Decimal(b)) => Value::Decimal(ops::decimal(*op, a, b)?),
                    _ => Value::Absent,
                }
            }
            Node::InSet(a, set) => {
                let value = self.value(*a, memo)?;
                Value::Boolean(self.graph.in_set(&value, *set))
            }
            Node::InList(a, fact) => match (self.value(*a, memo)?, self.facts.list(*fact)) {
                (Value::Text(symbol), Some(list)) => Value::Boolean(list.contains(&symbol)),
                _ => Value::Boolean(false),
            },
            Node::If(condition, then, otherwise) => {
                if self.holds(*condition, memo)? {
                    self.value(*then, memo)?
                } else {
                    self.value(*otherwise, memo)?
                }
            }
            Node::Call(builtin, arguments) => {
                let Some(values) = self.arguments(arguments, memo)? else { return Ok(Value::Absent) };
                self.builtin(*builtin, &values)?
            }
            Node::Inlined(arguments, body) => {
                if self.arguments(arguments, memo)?.is_none() {
                    return Ok(Value::Absent);
                }
                self.value(*body, memo)?
            }
            Node::Script(function, arguments) => {
                let Some(values) = self.arguments(arguments, memo)? else { return Ok(Value::Absent) };
                self.script(*function, &values)?
            }
        })
    }

    /// The values of all arguments, or `None` if one is absent. All are computed first, so that an error in one shows.
    fn arguments(&self, ids: &[NodeId], memo: &mut Memo) -> Result<Option<Vec<Value>>, ExpressionError> {
        let values: Vec<Value> = ids.iter().map(|id| self.value(*id, memo)).collect::<Result<_, _>>()?;
        Ok(if values.contains(&Value::Absent) { None } else { Some(values) })
    }

    fn builtin(&self, builtin: Builtin, values: &[Value]) -> Result<Value, ExpressionError> {
        let date = |i: usize| match values.get(i) {
            Some(Value::Date(d)) => *d,
            _ => NaiveDate::MIN,
        };
        Ok(match builtin {
            Builtin::Min | Builtin::Max => {
                let better = if builtin == Builtin::Min { Ordering::Less } else { Ordering::Greater };
                let order = |a: &Value, b: &Value| match (a, b) {
                    (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
                    (Value::Decimal(a), Value::Decimal(b)) => a.cmp(b),
                    _ => Ordering::Equal,
                };
                let mut best = Value::Absent;
                for value in values {
                    if best == Value::Absent || order(value, &best) == better {
                        best = *value;
                    }
                }
                best
            }
            Builtin::Abs => match values.first() {
                Some(Value::Integer(i)) => Value::Integer(ops::abs_integer(*i)?),
                Some(Value::Decimal(d)) => Value::Decimal(ops::abs_decimal(*d)?),
                _ => Value::Absent,
            },
            Builtin::Round => match (values.first(), values.get(1)) {
                (Some(Value::Decimal(d)), Some(Value::Integer(n))) => {
                    Value::Decimal(ops::round(*d, *n, self.graph.program.rounding)?)
                }
                _ => Value::Absent,
            },
            Builtin::Year => Value::Integer(ops::year(date(0))),
            Builtin::Month => Value::Integer(ops::month(date(0))),
            Builtin::Day => Value::Integer(ops::day(date(0))),
            Builtin::DaysBetween => Value::Integer(ops::days_between(date(0), date(1))),
            Builtin::IsBirthday => Value::Boolean(ops::is_birthday(date(0), self.facts.date)),
        })
    }

    fn script(&self, function: u32, values: &[Value]) -> Result<Value, ExpressionError> {
        let Some(call) = self.graph.program.scripts.calls.get(function as usize) else { return Ok(Value::Absent) };
        let arguments: Vec<ScriptValue> = values
            .iter()
            .map(|v| match v {
                Value::Absent => ScriptValue::Boolean(false),
                Value::Boolean(b) => ScriptValue::Boolean(*b),
                Value::Integer(i) => ScriptValue::Integer(*i),
                Value::Decimal(d) => ScriptValue::Decimal(*d),
                Value::Text(s) => ScriptValue::Text(self.facts.text(self.graph, *s).to_owned()),
                Value::Date(d) => ScriptValue::Date(*d),
            })
            .collect();
        let result = self.graph.scripts.call(call, &arguments, self.facts.date);
        match result {
            Ok(ScriptValue::Boolean(b)) => Ok(Value::Boolean(b)),
            Ok(ScriptValue::Integer(i)) => Ok(Value::Integer(i)),
            Ok(ScriptValue::Decimal(d)) => Ok(Value::Decimal(d)),
            Ok(ScriptValue::Date(d)) => Ok(Value::Date(d)),
            // A text that a script made is only ever compared; it has a symbol if the rule set knows it.
            Ok(ScriptValue::Text(t)) => Ok(match self.graph.symbols.get(t.as_str()) {
                Some(symbol) => Value::Text(*symbol),
                None => match self.facts.unknown(&t) {
                    Some(at) => Value::Text(Symbol(
                        u32::try_from(self.graph.texts.len().saturating_add(at)).unwrap_or(u32::MAX),
                    )),
                    None => Value::Text(Symbol::UNKNOWN),
                },
            }),
            Err(failure) => Err(ExpressionError::from(failure)),
        }
    }
}
