//! Calls: of built-in functions (semantics §9.1) and of those of the rule set's scripts.

use super::values::to_decimal;
use super::{Checker, Scope, is_number, words};
use crate::check::typed::{Builtin, ScriptCall, ScriptId, Type, Typed, TypedKind};
use crate::source::{Code, Finding, Span, Spanned};
use crate::syntax::expression::{Expr, ExprKind};
use crate::value::ops;

/// Arguments that `min` and `max` take at most.
const MAX_COMPARED: usize = 8;

/// The built-in functions, as they are called.
pub(crate) const BUILT_IN: [(&str, &str); 10] = [
    ("min", "min(a, b)"),
    ("max", "max(a, b)"),
    ("abs", "abs(a)"),
    ("round", "round(a, decimals)"),
    ("has", "has(fact)"),
    ("year", "year(date)"),
    ("month", "month(date)"),
    ("day", "day(date)"),
    ("days_between", "days_between(from, to)"),
    ("is_birthday", "is_birthday(date)"),
];

/// Whether a built-in function of this name takes so many arguments; `None` if there is none.
pub(super) fn takes(name: &str, arguments: usize) -> Option<bool> {
    Some(match name {
        "min" | "max" => (2..=MAX_COMPARED).contains(&arguments),
        "abs" | "has" | "year" | "month" | "day" | "is_birthday" => arguments == 1,
        "round" | "days_between" => arguments == 2,
        _ => return None,
    })
}

/// The finding of a built-in function with too many or too few arguments.
pub(super) fn wrong_count(name: &str, arguments: usize, span: Span) -> Finding {
    let form = BUILT_IN.iter().find(|(n, _)| *n == name).map_or(name, |(_, form)| form);
    let plural = if arguments == 1 { "" } else { "s" };
    let finding =
        Finding::new(Code::WrongArguments, span, format!("`{name}` does not take {arguments} argument{plural}"));
    match name {
        "min" | "max" => finding.help(format!("write `{form}`, with up to {MAX_COMPARED} numbers")),
        _ => finding.help(format!("write `{form}`")),
    }
}

impl Checker<'_> {
    /// `name(arguments)`
    pub(super) fn call(
        &mut self,
        name: &Spanned<String>,
        arguments: &[Expr],
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Option<Typed> {
        match takes(&name.value, arguments.len()) {
            Some(true) => self.built_in(&name.value, arguments, span, scope),
            Some(false) => self.tell(wrong_count(&name.value, arguments.len(), span)),
            None => self.function_call(name, arguments, span, scope),
        }
    }

    fn built_in(&mut self, name: &str, arguments: &[Expr], span: Span, scope: &mut Scope<'_>) -> Option<Typed> {
        let (builtin, ty) = match name {
            "has" => return self.has(arguments.first()?, span, scope),
            "min" => (Builtin::Min, Type::Decimal),
            "max" => (Builtin::Max, Type::Decimal),
            "abs" => (Builtin::Abs, Type::Decimal),
            "round" => (Builtin::Round, Type::Decimal),
            "year" => (Builtin::Year, Type::Integer),
            "month" => (Builtin::Month, Type::Integer),
            "day" => (Builtin::Day, Type::Integer),
            "days_between" => (Builtin::DaysBetween, Type::Integer),
            _ => (Builtin::IsBirthday, Type::Boolean),
        };
        let dates = !matches!(builtin, Builtin::Min | Builtin::Max | Builtin::Abs | Builtin::Round);
        let mut typed = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let one = self.value(argument, scope)?;
            typed.push(if dates { self.date_argument(name, one, argument)? } else { self.number_argument(name, one)? });
        }
        let ty = match builtin {
            Builtin::Min | Builtin::Max | Builtin::Abs => {
                if typed.iter().all(|t| t.ty == Type::Integer) {
                    Type::Integer
                } else {
                    typed = typed.into_iter().map(to_decimal).collect();
                    Type::Decimal
                }
            }
            Builtin::Round => {
                typed = self.rounding(typed, arguments)?;
                ty
            }
            _ => ty,
        };
        Some(Typed { kind: TypedKind::Call(builtin, typed), ty, span })
    }

    fn has(&mut self, argument: &Expr, span: Span, scope: &mut Scope<'_>) -> Option<Typed> {
        match (&argument.kind, scope) {
            (ExprKind::Fact(scope, name), Scope::Facts) => self.has_fact(scope, name, argument.span, span),
            // Told when the function's names were looked up.
            (_, Scope::Body(_)) => None,
            _ => {
                let finding = Finding::new(Code::WrongArguments, argument.span, "`has` asks for a fact");
                self.tell(finding.help("for example `has(tx.category)`"))
            }
        }
    }

    fn number_argument(&mut self, name: &str, typed: Typed) -> Option<Typed> {
        if is_number(typed.ty) {
            return Some(typed);
        }
        let message = format!("`{name}` takes numbers, and this is {}", words(typed.ty));
        self.tell(Finding::new(Code::WrongArguments, typed.span, message))
    }

    fn date_argument(&mut self, name: &str, typed: Typed, argument: &Expr) -> Option<Typed> {
        match (&argument.kind, typed.ty) {
            (_, Type::Date) => Some(typed),
            (ExprKind::Text(text), _) => self.date_literal(text, argument.span),
            (_, other) => {
                let message = format!("`{name}` takes a date, and this is {}", words(other));
                self.tell(Finding::new(Code::WrongArguments, typed.span, message))
            }
        }
    }

    fn rounding(&mut self, typed: Vec<Typed>, arguments: &[Expr]) -> Option<Vec<Typed>> {
        let mut typed = typed.into_iter();
        let (value, decimals) = (typed.next()?, typed.next()?);
        let literal = arguments.get(1).and_then(|a| match a.kind {
            ExprKind::Integer(n) => Some(n),
            _ => None,
        });
        let wrong = match literal {
            Some(n) => !(0..=ops::MAX_ROUND_DECIMALS).contains(&n),
            None => decimals.ty != Type::Integer,
        };
        if wrong {
            let finding = Finding::new(Code::WrongArguments, decimals.span, "`round` does not round to this");
            return self.tell(
                finding.help(format!("its second argument is an integer from 0 to {}", ops::MAX_ROUND_DECIMALS)),
            );
        }
        Some(vec![to_decimal(value), decimals])
    }

    fn function_call(
        &mut self,
        name: &Spanned<String>,
        arguments: &[Expr],
        span: Span,
        scope: &mut Scope<'_>,
    ) -> Option<Typed> {
        let index = match self.functions.find(&name.value, arguments.len()) {
            Ok(Some(index)) => index,
            // Something is wrong with the function itself, and was told.
            Ok(None) => return None,
            Err(unknown) => {
                let finding = unknown.finding(name, arguments.len(), span);
                return self.tell(finding);
            }
        };
        let mut typed = Vec::with_capacity(arguments.len());
        for argument in arguments {
            if let (ExprKind::Array(_), _) | (ExprKind::Name(_), Scope::Body(_)) = (&argument.kind, &*scope)
                && self.is_array(argument, scope)
            {
                let finding =
                    Finding::new(Code::WrongArguments, argument.span, "an array cannot be given to a function");
                return self.tell(finding.help("use it where it is made: `x in [a, b]`, `for x in [a, b] { … }`"));
            }
            let one = self.value(argument, scope)?;
            if one.ty == Type::TextList {
                let finding =
                    Finding::new(Code::WrongArguments, one.span, "a list of texts cannot be given to a function");
                return self.tell(finding.help("give it what you want to know: `\"foodies\" in member.segments`"));
            }
            typed.push(one);
        }
        let key = (index, typed.iter().map(|t| t.ty).collect::<Vec<_>>());
        let result = self.instance(key.clone(), span)?;
        if let Scope::Body(body) = scope
            && !body.is_lowered()
        {
            body.calls(key);
            return Some(super::bodies::unknown(result, span));
        }
        if let Some(lowered) = self.lowered(&key, &typed, span) {
            return Some(lowered);
        }
        self.runs_in_rhai(&key)?;
        let script =
            ScriptCall { name: name.value.clone(), arguments: key.1, result, span: self.functions.span(index) };
        let calls = &mut self.tables.calls;
        let known = calls.iter().position(|c| *c == script);
        let at = known.unwrap_or(calls.len());
        if known.is_none() {
            calls.push(script);
        }
        let function = ScriptId(u32::try_from(at).unwrap_or(u32::MAX));
        Some(Typed { kind: TypedKind::Script { function, arguments: typed }, ty: result, span })
    }

    fn is_array(&self, expr: &Expr, scope: &Scope<'_>) -> bool {
        match (&expr.kind, scope) {
            (ExprKind::Array(_), _) => true,
            (ExprKind::Name(name), Scope::Body(body)) => body.is_array(name),
            _ => false,
        }
    }
}
