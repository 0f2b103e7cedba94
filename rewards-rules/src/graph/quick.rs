//! Short forms of the commonest conditions: a fact compared with a constant, or looked for in a set.
//!
//! A room of its own because they are decided once, from the nodes, and say the same as the nodes: most conditions of a
//! purchase then cost a comparison and no walk. What has no short form is walked.

use super::{Node, NodeId, Value};
use crate::syntax::expression::BinaryOp;

/// A condition in its short form.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Test {
    /// None: the nodes are walked.
    Walk,
    /// A fact compared with a constant, in this order; maybe negated.
    Compare { fact: u32, op: BinaryOp, constant: Value, negated: bool },
    /// A fact in a constant set; maybe negated.
    InSet { fact: u32, set: u32, negated: bool },
}

impl Test {
    /// The short form of a node, if it has one.
    pub(super) fn of(nodes: &[Node], id: NodeId) -> Test {
        let node = |id: NodeId| nodes.get(id.0 as usize);
        match node(id) {
            Some(Node::Compare(op, a, b)) => match (node(*a), node(*b)) {
                (Some(Node::Fact(fact)), Some(Node::Constant(constant))) => {
                    Test::Compare { fact: *fact, op: *op, constant: *constant, negated: false }
                }
                _ => Test::Walk,
            },
            Some(Node::InSet(a, set)) => match node(*a) {
                Some(Node::Fact(fact)) => Test::InSet { fact: *fact, set: *set, negated: false },
                _ => Test::Walk,
            },
            Some(Node::Not(a)) => match Test::of(nodes, *a) {
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
