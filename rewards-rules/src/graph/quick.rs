//! Short forms of the commonest conditions: a fact compared with a constant, or looked for in a set.
//!
//! A room of its own because they are decided once, from the nodes, and say the same as the nodes: most conditions of a
//! purchase then cost a comparison and no walk. What has no short form is walked.

use std::cmp::Ordering;

use super::{Facts, Graph, Node, NodeId, SetMembers, Symbol, Value};
use crate::syntax::expression::BinaryOp;

/// A condition in its short form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Test {
    /// None: the nodes are walked.
    Walk,
    /// Whether a fact is this text; maybe negated.
    Text { fact: u32, text: Symbol, negated: bool },
    /// A fact compared with a constant, in this order; maybe negated.
    Compare { fact: u32, op: BinaryOp, constant: Value, negated: bool },
    /// A fact in a constant set; maybe negated.
    InSet { fact: u32, set: u32, negated: bool },
}

impl Test {
    /// The fact that is asked for.
    pub(super) fn fact(self) -> Option<u32> {
        match self {
            Test::Walk => None,
            Test::Text { fact, .. } | Test::Compare { fact, .. } | Test::InSet { fact, .. } => Some(fact),
        }
    }

    /// The short form of a node, if it has one.
    ///
    /// Amounts have so many decimals that are mostly there; a constant takes them too, so that the two compare at once.
    pub(super) fn of(nodes: &[Node], id: NodeId, decimals: u8) -> Test {
        let node = |id: NodeId| nodes.get(id.0 as usize);
        match node(id) {
            Some(Node::Compare(op, a, b)) => match (node(*a), node(*b)) {
                (Some(Node::Fact(fact)), Some(Node::Constant(Value::Text(text)))) if *op == BinaryOp::Equal => {
                    Test::Text { fact: *fact, text: *text, negated: false }
                }
                // Texts have an order that only their letters know.
                (Some(Node::Fact(_)), Some(Node::Constant(Value::Text(_)))) => Test::Walk,
                (Some(Node::Fact(fact)), Some(Node::Constant(constant))) => {
                    let constant = match constant {
                        Value::Decimal(number) => Value::Decimal(number.with_decimals(decimals)),
                        other => *other,
                    };
                    Test::Compare { fact: *fact, op: *op, constant, negated: false }
                }
                _ => Test::Walk,
            },
            Some(Node::InSet(a, set)) => match node(*a) {
                Some(Node::Fact(fact)) => Test::InSet { fact: *fact, set: *set, negated: false },
                _ => Test::Walk,
            },
            Some(Node::Not(a)) => match Test::of(nodes, *a, decimals) {
                Test::Text { fact, text, negated } => Test::Text { fact, text, negated: !negated },
                Test::Compare { fact, op, constant, negated } => {
                    Test::Compare { fact, op, constant, negated: !negated }
                }
                Test::InSet { fact, set, negated } => Test::InSet { fact, set, negated: !negated },
                Test::Walk => Test::Walk,
            },
            _ => Test::Walk,
        }
    }
}

fn ordering(op: BinaryOp, order: Ordering) -> bool {
    match op {
        BinaryOp::Less => order == Ordering::Less,
        BinaryOp::LessEqual => order != Ordering::Greater,
        BinaryOp::Greater => order == Ordering::Greater,
        BinaryOp::GreaterEqual => order != Ordering::Less,
        _ => order == Ordering::Equal,
    }
}

/// A comparison of two values of one type; of texts it only knows whether they are equal.
fn compare(op: BinaryOp, a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Boolean(a), Value::Boolean(b)) => ordering(op, a.cmp(b)),
        (Value::Integer(a), Value::Integer(b)) => ordering(op, a.cmp(b)),
        (Value::Decimal(a), Value::Decimal(b)) => ordering(op, a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => ordering(op, a.cmp(b)),
        (Value::Text(a), Value::Text(b)) => op == BinaryOp::Equal && a == b,
        _ => false,
    }
}

impl Graph {
    /// A condition that has a short form, by the facts in their slots.
    #[inline]
    pub(crate) fn quick(&self, facts: &[Value], id: NodeId) -> Option<bool> {
        let value = |fact: u32| facts.get(fact as usize).unwrap_or(&Value::Absent);
        let (held, negated) = match self.tests.get(id.0 as usize)? {
            Test::Walk => return None,
            Test::Text { fact, text, negated } => {
                (matches!(value(*fact), Value::Text(found) if found == text), negated)
            }
            Test::Compare { fact, op, constant, negated } => (compare(*op, value(*fact), constant), negated),
            Test::InSet { fact, set, negated } => (self.in_set(value(*fact), *set), negated),
        };
        Some(held != *negated)
    }

    pub(super) fn compare(&self, facts: &Facts, op: BinaryOp, a: &Value, b: &Value) -> bool {
        match (a, b) {
            (Value::Text(a), Value::Text(b)) if op != BinaryOp::Equal => {
                ordering(op, facts.text(self, *a).cmp(facts.text(self, *b)))
            }
            _ => compare(op, a, b),
        }
    }

    pub(super) fn in_set(&self, value: &Value, set: u32) -> bool {
        match (value, self.sets.get(set as usize)) {
            (Value::Text(v), Some(SetMembers::Texts(list))) => list.binary_search(v).is_ok(),
            (Value::Integer(v), Some(SetMembers::Integers(list))) => list.binary_search(v).is_ok(),
            (Value::Decimal(v), Some(SetMembers::Decimals(list))) => list.binary_search(v).is_ok(),
            (Value::Date(v), Some(SetMembers::Dates(list))) => list.binary_search(v).is_ok(),
            _ => false,
        }
    }
}
