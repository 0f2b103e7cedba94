//! Functions that Rhai runs, under limits and with the engine's own operators.
//!
//! The one room that knows Rhai: what cannot be lowered to the graph (loops, assignments) comes here as source text,
//! is compiled once, and is called with values. Sums and products are exact here as everywhere, because every
//! operator and function that a script can reach is the one of [`crate::value::ops`].

mod operators;

use chrono::NaiveDate;
use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, ImmutableString, OptimizationLevel, Position, Scope};

use crate::check::program::Scripts;
use crate::check::typed::{ScriptCall, Type};
use crate::graph::ExpressionError;
use crate::input::ErrorCode;
use crate::source::{Code, Finding, Span};
use crate::value::{Exact, RoundingMode};

use operators::Failure;

/// Operations of one call (semantics §9.3).
const MAX_OPERATIONS: u64 = 100_000;
/// Calls within calls.
const MAX_CALL_LEVELS: usize = 32;
/// Nesting of an expression.
const MAX_EXPRESSION_DEPTH: usize = 128;
/// Bytes of a text, elements of an array.
const MAX_SIZE: usize = 10_000;
/// Local names in scope.
const MAX_VARIABLES: usize = 256;
/// Functions of all scripts.
const MAX_FUNCTIONS: usize = 10_000;

/// A value that goes into a function or comes out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScriptValue {
    Boolean(bool),
    Integer(i64),
    Decimal(Exact),
    Text(String),
    Date(NaiveDate),
}

/// The compiled scripts of a rule set.
#[derive(Debug)]
pub(crate) struct ScriptEngine {
    engine: Engine,
    ast: AST,
}

fn engine(mode: RoundingMode) -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_fast_operators(false)
        .set_strict_variables(true)
        .set_max_operations(MAX_OPERATIONS)
        .set_max_call_levels(MAX_CALL_LEVELS)
        .set_max_expr_depths(MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_DEPTH)
        .set_max_string_size(MAX_SIZE)
        .set_max_array_size(MAX_SIZE)
        .set_max_map_size(MAX_SIZE)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(MAX_FUNCTIONS);
    for symbol in ["eval", "print", "debug", "import", "export"] {
        engine.disable_symbol(symbol);
    }
    operators::register(&mut engine, mode);
    engine
}

/// The place of a line and column in a script.
fn span_at(file: u32, text: &str, position: Position) -> Span {
    let line = position.line().unwrap_or(1);
    let column = position.position().unwrap_or(1);
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let within: usize = rest.chars().take(column.saturating_sub(1)).map(char::len_utf8).sum();
    let offset = u32::try_from(start.saturating_add(within).min(text.len())).unwrap_or(u32::MAX);
    Span { file, start: offset, end: offset }
}

impl ScriptEngine {
    /// Compiles all scripts. What Rhai refuses although the parser of rules did not is a finding at its place.
    pub(crate) fn compile(scripts: &Scripts, mode: RoundingMode) -> Result<ScriptEngine, Vec<Finding>> {
        let engine = engine(mode);
        let mut ast = AST::empty();
        let mut findings = Vec::new();
        if scripts.calls.is_empty() {
            return Ok(ScriptEngine { engine, ast });
        }
        for script in &scripts.files {
            match engine.compile(&script.text) {
                Ok(one) => ast = ast.merge(&one),
                Err(error) => {
                    let span = span_at(script.file, &script.text, error.1);
                    let message = format!("this script cannot be compiled: {}", error.0);
                    findings.push(Finding::new(Code::ExpressionSyntax, span, message));
                }
            }
        }
        if findings.is_empty() { Ok(ScriptEngine { engine, ast }) } else { Err(findings) }
    }

    /// Calls a function. `date` is the local date of the transaction, for `is_birthday`.
    pub(crate) fn call(
        &self,
        function: &ScriptCall,
        arguments: &[ScriptValue],
        date: NaiveDate,
    ) -> Result<ScriptValue, ExpressionError> {
        let arguments: Vec<Dynamic> = arguments.iter().map(to_dynamic).collect();
        let options = CallFnOptions::new().eval_ast(false).rewind_scope(true).with_tag(Dynamic::from(date));
        let mut scope = Scope::new();
        let result = self.engine.call_fn_with_options::<Dynamic>(
            options,
            &mut scope,
            &self.ast,
            function.name.as_str(),
            arguments,
        );
        match result {
            Ok(value) => from_dynamic(value, function),
            Err(error) => Err(failure(function, &error)),
        }
    }
}

fn to_dynamic(value: &ScriptValue) -> Dynamic {
    match value {
        ScriptValue::Boolean(b) => Dynamic::from_bool(*b),
        ScriptValue::Integer(i) => Dynamic::from_int(*i),
        ScriptValue::Decimal(d) => Dynamic::from(*d),
        ScriptValue::Text(t) => Dynamic::from(ImmutableString::from(t.as_str())),
        ScriptValue::Date(d) => Dynamic::from(*d),
    }
}

fn from_dynamic(value: Dynamic, function: &ScriptCall) -> Result<ScriptValue, ExpressionError> {
    let found = match function.result {
        Type::Boolean => value.as_bool().ok().map(ScriptValue::Boolean),
        Type::Integer => value.as_int().ok().map(ScriptValue::Integer),
        Type::Decimal => operators::decimal_of(&value).map(ScriptValue::Decimal),
        Type::Date => value.clone().try_cast::<NaiveDate>().map(ScriptValue::Date),
        Type::Text => value.clone().into_string().ok().map(ScriptValue::Text),
        Type::TextList => None,
    };
    found.ok_or_else(|| ExpressionError {
        code: ErrorCode::ScriptError,
        message: format!("the function `{}` gave a value of another type than it promised", function.name),
    })
}

/// The stable code and words for what went wrong inside a function.
fn failure(function: &ScriptCall, error: &EvalAltResult) -> ExpressionError {
    let inner = error.unwrap_inner();
    let line = match inner.position().line().or(error.position().line()) {
        Some(line) => format!(", at line {line} of its script"),
        None => String::new(),
    };
    let name = &function.name;
    let known = match inner {
        EvalAltResult::ErrorRuntime(value, _) => value.clone().try_cast::<Failure>(),
        _ => None,
    };
    let (code, what) = match (known, inner) {
        (Some(Failure::DivisionByZero), _) => (ErrorCode::DivisionByZero, "divides by zero"),
        (Some(Failure::Overflow), _) | (None, EvalAltResult::ErrorArithmetic(..)) => {
            (ErrorCode::Overflow, "has a result that does not fit into a number")
        }
        (
            _,
            EvalAltResult::ErrorTooManyOperations(_)
            | EvalAltResult::ErrorStackOverflow(_)
            | EvalAltResult::ErrorTooManyVariables(_)
            | EvalAltResult::ErrorDataTooLarge(..),
        ) => (ErrorCode::ScriptLimit, "goes beyond the limits of a script"),
        _ => (ErrorCode::ScriptError, "failed"),
    };
    ExpressionError { code, message: format!("the function `{name}` {what}{line}") }
}
