//! Functions that Rhai runs: those with loops or arrays, which no graph node can be (semantics §9.3).
//!
//! The only module that mentions Rhai. It is compiled once for a rule set, computes with the same operators and
//! built-in functions as the graph (`value::ops`), and runs under limits, so that a function without end is an error
//! of one evaluation.

mod operators;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;

use std::fmt;

use chrono::{Datelike, NaiveDate};
use rhai::{AST, CallFnOptions, Dynamic, Engine, EvalAltResult, INT, OptimizationLevel, Position, Scope};

use crate::check::MAX_CALL_LEVELS;
use crate::check::program::Scripts;
use crate::check::typed::{ScriptCall, Type};
use crate::source::{Code, Finding, Span};
use crate::value::ops::ArithmeticError;
use crate::value::{Exact, RoundingMode};

/// Steps that one call may take: statements, operators, calls.
const MAX_OPERATIONS: u64 = 100_000;
/// Levels that Rhai's parser may open; more than ours lets through.
const MAX_PARSE_DEPTH: usize = 1_000;
/// Bytes of a text.
const MAX_TEXT_BYTES: usize = 16 * 1024;
/// Members of an array. Ours are written out in the script.
const MAX_ARRAY_MEMBERS: usize = 10_000;
/// Parameters and locals of the calls that are open at one time.
const MAX_VARIABLES: usize = 1_000;

/// The compiled functions of a rule set.
pub(crate) struct ScriptEngine {
    engine: Engine,
    ast: AST,
    lines: Lines,
    /// Name, number of parameters and place of each function.
    functions: Vec<(String, usize, Span)>,
}

/// A value on its way into a function or out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ScriptValue {
    /// `true` or `false`.
    Boolean(bool),
    /// An integer.
    Integer(i64),
    /// A decimal.
    Decimal(Exact),
    /// A text.
    Text(String),
    /// A date.
    Date(NaiveDate),
}

/// Why a call gave no value (semantics §1.6).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScriptFailure {
    /// Which kind of error.
    pub(crate) kind: FailureKind,
    /// Where in the script; the whole function where Rhai does not tell.
    pub(crate) span: Span,
    /// What happened, for a person, without the place.
    pub(crate) message: String,
}

/// The kinds of [`ScriptFailure`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FailureKind {
    /// A divisor is zero (`division_by_zero`).
    DivisionByZero,
    /// A result does not fit (`overflow`).
    Overflow,
    /// A limit on steps, calls or sizes (`script_limit`).
    Limit,
    /// Anything else (`script_error`).
    Error,
}

impl ScriptEngine {
    /// Compiles the functions of all script files; `rounding` is what `round` does. What Rhai refuses is found here,
    /// never at a call.
    pub(crate) fn compile(scripts: &Scripts, rounding: RoundingMode) -> Result<ScriptEngine, Vec<Finding>> {
        let engine = engine(rounding);
        let (text, lines) = Lines::of(scripts);
        let functions = scripts.functions.iter().map(|f| (f.name.value.clone(), f.parameters.len(), f.span)).collect();
        match engine.compile(&text) {
            Ok(ast) => Ok(ScriptEngine { engine, ast, lines, functions }),
            Err(error) => {
                let span = lines.span(error.position()).unwrap_or_default();
                let message = format!("Rhai cannot read this: {}", error.err_type());
                Err(vec![Finding::new(Code::ExpressionSyntax, span, message)])
            }
        }
    }

    /// Calls a function. `local_date` is the transaction's date, for `is_birthday`.
    pub(crate) fn call(
        &self,
        function: &ScriptCall,
        arguments: &[ScriptValue],
        local_date: NaiveDate,
    ) -> Result<ScriptValue, ScriptFailure> {
        let arguments: Vec<Dynamic> = arguments.iter().map(ScriptValue::to_rhai).collect();
        let given = arguments.len();
        let options = CallFnOptions::new()
            .eval_ast(false)
            .in_all_namespaces(false)
            .with_tag(Dynamic::from_int(INT::from(local_date.num_days_from_ce())));
        let result: Result<Dynamic, Box<EvalAltResult>> =
            self.engine.call_fn_with_options(options, &mut Scope::new(), &self.ast, &function.name, arguments);
        match result {
            Ok(value) => ScriptValue::from_rhai(value, function.result).ok_or_else(|| ScriptFailure {
                kind: FailureKind::Error,
                span: function.span,
                message: format!("`{}` gave a value of another type than it should", function.name),
            }),
            Err(error) => Err(self.failure(&error, &function.name, given)),
        }
    }

    fn failure(&self, error: &EvalAltResult, name: &str, given: usize) -> ScriptFailure {
        let inner = error.unwrap_inner();
        let kind = match inner {
            EvalAltResult::ErrorRuntime(value, _) => match value.clone().try_cast::<ArithmeticError>() {
                Some(ArithmeticError::DivisionByZero) => FailureKind::DivisionByZero,
                Some(ArithmeticError::Overflow) => FailureKind::Overflow,
                None => FailureKind::Error,
            },
            EvalAltResult::ErrorTooManyOperations(_)
            | EvalAltResult::ErrorTooManyVariables(_)
            | EvalAltResult::ErrorStackOverflow(_)
            | EvalAltResult::ErrorDataTooLarge(..) => FailureKind::Limit,
            _ => FailureKind::Error,
        };
        let message = match kind {
            FailureKind::DivisionByZero => format!("a division by zero in `{name}`"),
            FailureKind::Overflow => format!("a result that does not fit into a number in `{name}`"),
            FailureKind::Limit => match inner {
                EvalAltResult::ErrorTooManyOperations(_) => {
                    format!("`{name}` did not end within {MAX_OPERATIONS} steps")
                }
                _ => format!("`{name}` needs more than a function may use: {inner}"),
            },
            FailureKind::Error => format!("`{name}` failed: {inner}"),
        };
        let whole = self.functions.iter().find(|(n, count, _)| n == name && *count == given).map(|(_, _, span)| *span);
        let span = self.lines.span(inner.position()).or(whole).unwrap_or_default();
        ScriptFailure { kind, span, message }
    }
}

impl fmt::Debug for ScriptEngine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScriptEngine").field("functions", &self.functions).finish_non_exhaustive()
    }
}

/// Rhai with our operators, no other functions, and every limit set.
fn engine(rounding: RoundingMode) -> Engine {
    let mut engine = Engine::new_raw();
    engine
        .set_optimization_level(OptimizationLevel::None)
        .set_fast_operators(false)
        .set_strict_variables(true)
        .set_allow_anonymous_fn(false)
        .set_allow_switch_expression(false)
        .set_max_operations(MAX_OPERATIONS)
        .set_max_call_levels(usize::try_from(MAX_CALL_LEVELS).unwrap_or(usize::MAX).saturating_add(1))
        .set_max_expr_depths(MAX_PARSE_DEPTH, MAX_PARSE_DEPTH)
        .set_max_string_size(MAX_TEXT_BYTES)
        .set_max_array_size(MAX_ARRAY_MEMBERS)
        .set_max_map_size(1)
        .set_max_variables(MAX_VARIABLES)
        .set_max_functions(usize::MAX);
    operators::register(&mut engine, rounding);
    engine
}

/// Where each line of the text that Rhai reads comes from: it reads all files as one, so that a line tells the file.
#[derive(Debug, Default)]
struct Lines {
    /// File, first byte and one past the last byte of each line.
    lines: Vec<(u32, String)>,
    starts: Vec<u32>,
}

impl Lines {
    fn of(scripts: &Scripts) -> (String, Lines) {
        let mut text = String::new();
        let mut lines = Lines::default();
        for file in &scripts.files {
            let mut start = 0_usize;
            for line in file.text.split('\n') {
                lines.lines.push((file.file, line.to_owned()));
                lines.starts.push(u32::try_from(start).unwrap_or(u32::MAX));
                start = start.saturating_add(line.len()).saturating_add(1);
                text.push_str(line);
                text.push('\n');
            }
        }
        (text, lines)
    }

    /// The character at a position of Rhai's, if it is one.
    fn span(&self, position: Position) -> Option<Span> {
        let index = position.line()?.checked_sub(1)?;
        let (file, line) = self.lines.get(index)?;
        let before = position.position().unwrap_or(1).saturating_sub(1);
        let length = |text: &str| u32::try_from(text.len()).unwrap_or(u32::MAX);
        let offset = line.char_indices().nth(before).map_or(line.len(), |(at, _)| at);
        let width = line.get(offset..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
        let start = self.starts.get(index)?.saturating_add(length(line.get(..offset).unwrap_or_default()));
        Some(Span { file: *file, start, end: start.saturating_add(u32::try_from(width).unwrap_or(0)) })
    }
}

impl ScriptValue {
    fn to_rhai(&self) -> Dynamic {
        match self {
            ScriptValue::Boolean(value) => Dynamic::from_bool(*value),
            ScriptValue::Integer(value) => Dynamic::from_int(*value),
            ScriptValue::Decimal(value) => Dynamic::from(*value),
            ScriptValue::Text(value) => Dynamic::from(value.clone()),
            ScriptValue::Date(value) => Dynamic::from(*value),
        }
    }

    /// The value as the type that the checker told; an integer becomes the decimal that is due.
    fn from_rhai(value: Dynamic, ty: Type) -> Option<ScriptValue> {
        match ty {
            Type::Boolean => value.as_bool().ok().map(ScriptValue::Boolean),
            Type::Integer => value.as_int().ok().map(ScriptValue::Integer),
            Type::Decimal => operators::decimal(&value).map(ScriptValue::Decimal),
            Type::Text => value.into_string().ok().map(ScriptValue::Text),
            Type::Date => value.try_cast::<NaiveDate>().map(ScriptValue::Date),
            Type::TextList => None,
        }
    }
}
