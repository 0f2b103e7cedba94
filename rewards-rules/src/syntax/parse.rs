//! Stand-in for the parser of expressions and scripts.

use super::expression::{Expr, ExprKind, Function};
use crate::source::{Finding, Span};

/// Reads an expression.
pub fn parse_expression(text: &str, at: Span, _findings: &mut Vec<Finding>) -> Option<Expr> {
    Some(Expr { kind: ExprKind::Name(text.to_owned()), span: at })
}

/// Reads the functions of a script.
pub fn parse_script(_text: &str, _file: u32, _findings: &mut Vec<Finding>) -> Vec<Function> {
    Vec::new()
}
