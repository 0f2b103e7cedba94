//! Short forms of the commonest conditions: a fact compared with a constant, or looked for in a set.
//!
//! A room of its own because they are decided once, from the nodes, and say the same as the nodes: most conditions of a
//! purchase then cost a comparison and no walk. What has no short form is walked.

use super::{Node, NodeId, Symbol, Value};
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
