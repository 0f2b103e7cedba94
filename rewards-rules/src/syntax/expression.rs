//! The tree of an expression or a function as written (semantics §9).

use crate::source::{Span, Spanned};
use crate::value::Exact;

/// An expression with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExprKind {
    /// `true` or `false`.
    Bool(bool),
    /// A number without a point.
    Integer(i64),
    /// A number with a point.
    Decimal(Exact),
    /// A text in double quotes, escapes resolved.
    Text(String),
    /// `[a, b, c]`.
    Array(Vec<Expr>),
    /// A bare name: a list, or in a function a parameter or local.
    Name(String),
    /// `scope.name`: `tx.amount`, `member.tier`, `spent.month`, `visits.week`, `line.category`.
    Fact(String, String),
    /// `!a` or `-a`.
    Unary(UnaryOp, Box<Expr>),
    /// `a op b`.
    Binary(BinaryOp, Box<Expr>, Box<Expr>),
    /// `if c { a } else { b }`; in an expression both blocks are one expression and `else` is required.
    If(Box<If>),
    /// `name(arguments)`.
    Call(Spanned<String>, Vec<Expr>),
}

/// `if` with its blocks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct If {
    /// The condition.
    pub condition: Expr,
    /// What holds if it is true.
    pub then: Block,
    /// What holds otherwise; an `else if` is a block of one expression.
    pub otherwise: Option<Block>,
}

/// Operators before an operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Negate,
}

/// Operators between operands. Precedence from weak to strong, as Rhai has it: `||`; `&&`; `== !=`;
/// `in !in`; `< <= > >=`; `+ -`; `* / %`. All group to the left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `||`
    Or,
    /// `&&`
    And,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `in`
    In,
    /// `!in`
    NotIn,
    /// `<`
    Less,
    /// `<=`
    LessEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterEqual,
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Remainder,
}

impl BinaryOp {
    /// Every operator.
    pub const ALL: [BinaryOp; 15] = [
        BinaryOp::Or,
        BinaryOp::And,
        BinaryOp::Equal,
        BinaryOp::NotEqual,
        BinaryOp::In,
        BinaryOp::NotIn,
        BinaryOp::Less,
        BinaryOp::LessEqual,
        BinaryOp::Greater,
        BinaryOp::GreaterEqual,
        BinaryOp::Add,
        BinaryOp::Subtract,
        BinaryOp::Multiply,
        BinaryOp::Divide,
        BinaryOp::Remainder,
    ];

    /// As it is written.
    pub fn text(self) -> &'static str {
        match self {
            BinaryOp::Or => "||",
            BinaryOp::And => "&&",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::In => "in",
            BinaryOp::NotIn => "!in",
            BinaryOp::Less => "<",
            BinaryOp::LessEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterEqual => ">=",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::Multiply => "*",
            BinaryOp::Divide => "/",
            BinaryOp::Remainder => "%",
        }
    }

    /// The operator written so.
    pub fn from_text(text: &str) -> Option<BinaryOp> {
        BinaryOp::ALL.into_iter().find(|op| op.text() == text)
    }
}

/// Statements between braces. Its value is that of a last expression without `;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// In order.
    pub statements: Vec<Statement>,
    /// With the braces.
    pub span: Span,
}

/// A statement of a function (semantics §9.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// What it is.
    pub kind: StatementKind,
    /// Where it stands.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StatementKind {
    /// `let name = value;`
    Let(Spanned<String>, Expr),
    /// `name = value;`, or with the operator `name += value;` and so on.
    Assign(Spanned<String>, Option<BinaryOp>, Expr),
    /// `while condition { }`
    While(Expr, Block),
    /// `for name in range { }`
    For(Spanned<String>, ForRange, Block),
    /// `return value;`
    Return(Option<Expr>),
    /// An expression; `terminated` tells whether `;` follows (an `if` as a statement needs none).
    Expression {
        /// The expression.
        value: Expr,
        /// Whether its value is dropped by a `;`.
        terminated: bool,
    },
}

/// What a `for` runs over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ForRange {
    /// `from..to` (to excluded) or `from..=to`.
    Range {
        /// First value.
        from: Expr,
        /// Last value, or one past it.
        to: Expr,
        /// `..=`
        inclusive: bool,
    },
    /// The elements of an array.
    Each(Expr),
}

/// `fn name(parameters) { body }` of a script file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name.
    pub name: Spanned<String>,
    /// Names of its parameters.
    pub parameters: Vec<Spanned<String>>,
    /// What it does.
    pub body: Block,
    /// From `fn` to the closing brace.
    pub span: Span,
    /// Whether it could not be read. That was reported, so calls of it are not complained about as well.
    pub broken: bool,
}
