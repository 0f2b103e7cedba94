//! Expressions and functions written back as text: one spelling for each tree, which the parser reads as that tree.
//!
//! Explanations show conditions in this form, whatever line breaks and parentheses their author used.

use std::fmt::{self, Display, Formatter};

use super::expression::{BinaryOp, Block, Expr, ExprKind, ForRange, Function, Statement, StatementKind, UnaryOp};
use super::parse::strength_of;

/// A text in double quotes, with escapes.
pub(super) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len().saturating_add(2));
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => out.push_str(&format!("\\U{:08x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ExprKind::Bool(value) => write!(f, "{value}"),
            ExprKind::Integer(value) => write!(f, "{value}"),
            ExprKind::Decimal(value) => f.write_str(&value.to_fixed(1)),
            ExprKind::Text(text) => f.write_str(&quoted(text)),
            ExprKind::Array(members) => list(f, "[", members, "]"),
            ExprKind::Name(name) => f.write_str(name),
            ExprKind::Fact(scope, name) => write!(f, "{scope}.{name}"),
            ExprKind::Unary(op, inner) => unary(f, *op, inner),
            ExprKind::Binary(op, left, right) => {
                let strength = strength_of(*op);
                side(f, left, |s| s < strength || (s == strength && compares(*op)))?;
                write!(f, " {} ", op.text())?;
                side(f, right, |s| s <= strength)
            }
            ExprKind::If(branches) => {
                write!(f, "if {} {}", branches.condition, branches.then)?;
                match &branches.otherwise {
                    Some(block) => write!(f, " else {}", ElseBlock(block)),
                    None => Ok(()),
                }
            }
            ExprKind::Call(name, arguments) => {
                f.write_str(&name.value)?;
                list(f, "(", arguments, ")")
            }
        }
    }
}

fn compares(op: BinaryOp) -> bool {
    let strength = strength_of(op);
    strength == strength_of(BinaryOp::Equal) || strength == strength_of(BinaryOp::Less)
}

fn unary(f: &mut Formatter<'_>, op: UnaryOp, inner: &Expr) -> fmt::Result {
    let sign = match op {
        UnaryOp::Not => "!",
        UnaryOp::Negate => "-",
    };
    // `-5` is a number and `--` a token of its own. Signs in a row get no parentheses: those nest, and nesting is limited.
    match &inner.kind {
        ExprKind::Binary(..) => write!(f, "{sign}({inner})"),
        ExprKind::Integer(_) | ExprKind::Decimal(_) if op == UnaryOp::Negate => write!(f, "{sign}({inner})"),
        ExprKind::Unary(UnaryOp::Negate, _) if op == UnaryOp::Negate => write!(f, "{sign} {inner}"),
        _ => write!(f, "{sign}{inner}"),
    }
}

/// An operand, in parentheses where its own operator would not stay together.
fn side(f: &mut Formatter<'_>, expr: &Expr, apart: impl Fn(u8) -> bool) -> fmt::Result {
    match &expr.kind {
        ExprKind::Binary(op, _, _) if apart(strength_of(*op)) => write!(f, "({expr})"),
        ExprKind::If(_) => write!(f, "({expr})"),
        _ => write!(f, "{expr}"),
    }
}

fn list(f: &mut Formatter<'_>, open: &str, members: &[Expr], close: &str) -> fmt::Result {
    f.write_str(open)?;
    for (position, member) in members.iter().enumerate() {
        let comma = if position == 0 { "" } else { ", " };
        write!(f, "{comma}{member}")?;
    }
    f.write_str(close)
}

impl Display for Block {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("{ ")?;
        for statement in &self.statements {
            write!(f, "{statement} ")?;
        }
        f.write_str("}")
    }
}

/// What stands after `else`: an `if` without braces of its own.
struct ElseBlock<'a>(&'a Block);

impl Display for ElseBlock<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if let [Statement { kind: StatementKind::Expression { value, terminated: false }, .. }] = &*self.0.statements
            && matches!(value.kind, ExprKind::If(_))
        {
            return write!(f, "{value}");
        }
        write!(f, "{}", self.0)
    }
}

impl Display for Statement {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match &self.kind {
            StatementKind::Let(name, value) => write!(f, "let {} = {value};", name.value),
            StatementKind::Assign(name, op, value) => {
                write!(f, "{} {}= {value};", name.value, op.map_or("", BinaryOp::text))
            }
            StatementKind::While(condition, block) => write!(f, "while {condition} {block}"),
            StatementKind::For(name, ForRange::Each(array), block) => {
                write!(f, "for {} in {array} {block}", name.value)
            }
            StatementKind::For(name, ForRange::Range { from, to, inclusive }, block) => {
                let dots = if *inclusive { "..=" } else { ".." };
                write!(f, "for {} in {from}{dots}{to} {block}", name.value)
            }
            StatementKind::Return(None) => f.write_str("return;"),
            StatementKind::Return(Some(value)) => write!(f, "return {value};"),
            StatementKind::Expression { value, terminated } => {
                write!(f, "{value}{}", if *terminated { ";" } else { "" })
            }
        }
    }
}

impl Display for Function {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let parameters: Vec<&str> = self.parameters.iter().map(|p| p.value.as_str()).collect();
        write!(f, "fn {}({}) {}", self.name.value, parameters.join(", "), self.body)
    }
}
