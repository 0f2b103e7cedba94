//! What is always true of scripts: Rhai and the graph's operators answer alike, and what the checker lets through
//! never fails by a name or type.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use std::cmp::Ordering;

use proptest::prelude::*;

use super::tests::{ROUNDING, date, scripts};
use super::*;
use crate::check::expression::tests::{Fixture, parsed};
use crate::check::expression::{Checker, Expected, Place, Tables};
use crate::check::typed::{Builtin, Constant, FactSource, Typed, TypedKind};
use crate::syntax::expression::BinaryOp;
use crate::value::ops;

/// The facts of the property tests, all of them there.
#[derive(Debug, Clone)]
struct Given {
    n: i64,
    k: i64,
    d: Exact,
    e: Exact,
    flag: bool,
    a: String,
    since: NaiveDate,
    today: NaiveDate,
}

const PARAMETERS: [&str; 7] = ["n", "k", "d", "e", "flag", "a", "since"];

impl Given {
    fn values(&self) -> [ScriptValue; 7] {
        [
            ScriptValue::Integer(self.n),
            ScriptValue::Integer(self.k),
            ScriptValue::Decimal(self.d),
            ScriptValue::Decimal(self.e),
            ScriptValue::Boolean(self.flag),
            ScriptValue::Text(self.a.clone()),
            ScriptValue::Date(self.since),
        ]
    }

    fn fact(&self, source: &FactSource) -> ScriptValue {
        let name = match source {
            FactSource::TxDeclared(name) | FactSource::MemberDeclared(name) => name.as_str(),
            _ => panic!("{source:?}"),
        };
        let at = PARAMETERS.iter().position(|p| *p == name).unwrap();
        self.values()[at].clone()
    }
}

/// Computes a checked expression as the graph does, without absent values.
struct Interpreter<'t> {
    tables: &'t Tables,
    given: &'t Given,
}

type Outcome = Result<ScriptValue, ArithmeticError>;

impl Interpreter<'_> {
    fn value(&self, typed: &Typed) -> Outcome {
        use ScriptValue::*;
        Ok(match &typed.kind {
            TypedKind::Constant(constant) => from_constant(constant),
            TypedKind::Fact(id) => self.given.fact(&self.tables.facts[id.0 as usize].source),
            TypedKind::Not(a) => Boolean(!self.holds(a)?),
            TypedKind::Negate(a) => match self.value(a)? {
                Integer(a) => Integer(ops::negate_integer(a)?),
                ScriptValue::Decimal(a) => ScriptValue::Decimal(ops::negate_decimal(a)?),
                other => panic!("{other:?}"),
            },
            TypedKind::ToDecimal(a) => match self.value(a)? {
                Integer(a) => ScriptValue::Decimal(a.into()),
                other => panic!("{other:?}"),
            },
            TypedKind::Binary(BinaryOp::And, a, b) => Boolean(self.holds(a)? && self.holds(b)?),
            TypedKind::Binary(BinaryOp::Or, a, b) => Boolean(self.holds(a)? || self.holds(b)?),
            TypedKind::Binary(op, a, b) => {
                let (a, b) = (self.value(a)?, self.value(b)?);
                match (op, a, b) {
                    (
                        BinaryOp::Add
                        | BinaryOp::Subtract
                        | BinaryOp::Multiply
                        | BinaryOp::Divide
                        | BinaryOp::Remainder,
                        a,
                        b,
                    ) => match (a, b) {
                        (Integer(a), Integer(b)) => Integer(ops::integer(*op, a, b)?),
                        (ScriptValue::Decimal(a), ScriptValue::Decimal(b)) => {
                            ScriptValue::Decimal(ops::decimal(*op, a, b)?)
                        }
                        other => panic!("{other:?}"),
                    },
                    (BinaryOp::Equal, a, b) => Boolean(order(&a, &b) == Ordering::Equal),
                    (BinaryOp::NotEqual, a, b) => Boolean(order(&a, &b) != Ordering::Equal),
                    (BinaryOp::Less, a, b) => Boolean(order(&a, &b) == Ordering::Less),
                    (BinaryOp::LessEqual, a, b) => Boolean(order(&a, &b) != Ordering::Greater),
                    (BinaryOp::Greater, a, b) => Boolean(order(&a, &b) == Ordering::Greater),
                    (_, a, b) => Boolean(order(&a, &b) != Ordering::Less),
                }
            }
            TypedKind::InSet { value, set, negated } => {
                let value = self.value(value)?;
                let members = &self.tables.sets[set.0 as usize].members;
                Boolean(members.iter().any(|m| order(&from_constant(m), &value) == Ordering::Equal) != *negated)
            }
            TypedKind::If(c, a, b) => return if self.holds(c)? { self.value(a) } else { self.value(b) },
            TypedKind::Inlined { arguments, body } => {
                for argument in arguments {
                    self.value(argument)?;
                }
                return self.value(body);
            }
            TypedKind::Call(builtin, arguments) => {
                let values: Vec<ScriptValue> = arguments.iter().map(|a| self.value(a)).collect::<Result<_, _>>()?;
                self.builtin(*builtin, &values)?
            }
            other => panic!("{other:?}"),
        })
    }

    fn holds(&self, typed: &Typed) -> Result<bool, ArithmeticError> {
        match self.value(typed)? {
            ScriptValue::Boolean(value) => Ok(value),
            other => panic!("{other:?}"),
        }
    }

    fn builtin(&self, builtin: Builtin, values: &[ScriptValue]) -> Outcome {
        use ScriptValue::{Boolean, Date, Decimal, Integer};
        Ok(match (builtin, values) {
            (Builtin::Min, values) => values.iter().min_by(|a, b| order(a, b)).unwrap().clone(),
            (Builtin::Max, values) => values.iter().max_by(|a, b| order(a, b)).unwrap().clone(),
            (Builtin::Abs, [Integer(a)]) => Integer(ops::abs_integer(*a)?),
            (Builtin::Abs, [Decimal(a)]) => Decimal(ops::abs_decimal(*a)?),
            (Builtin::Round, [Decimal(a), Integer(n)]) => Decimal(ops::round(*a, *n, ROUNDING)?),
            (Builtin::Year, [Date(d)]) => Integer(ops::year(*d)),
            (Builtin::Month, [Date(d)]) => Integer(ops::month(*d)),
            (Builtin::Day, [Date(d)]) => Integer(ops::day(*d)),
            (Builtin::DaysBetween, [Date(a), Date(b)]) => Integer(ops::days_between(*a, *b)),
            (Builtin::IsBirthday, [Date(d)]) => Boolean(ops::is_birthday(*d, self.given.today)),
            other => panic!("{other:?}"),
        })
    }
}

fn from_constant(constant: &Constant) -> ScriptValue {
    match constant {
        Constant::Boolean(v) => ScriptValue::Boolean(*v),
        Constant::Integer(v) => ScriptValue::Integer(*v),
        Constant::Decimal(v) => ScriptValue::Decimal(*v),
        Constant::Text(v) => ScriptValue::Text(v.clone()),
        Constant::Date(v) => ScriptValue::Date(*v),
    }
}

fn order(a: &ScriptValue, b: &ScriptValue) -> Ordering {
    use ScriptValue::*;
    match (a, b) {
        (Boolean(a), Boolean(b)) => a.cmp(b),
        (Integer(a), Integer(b)) => a.cmp(b),
        (ScriptValue::Decimal(a), ScriptValue::Decimal(b)) => a.cmp(b),
        (Text(a), Text(b)) => a.cmp(b),
        (Date(a), Date(b)) => a.cmp(b),
        other => panic!("{other:?}"),
    }
}

/// Texts of expressions of each type; `@n` stands for the fact or parameter n.
#[derive(Clone)]
struct Texts {
    integer: BoxedStrategy<String>,
    decimal: BoxedStrategy<String>,
    boolean: BoxedStrategy<String>,
}

fn words(list: &[&str]) -> BoxedStrategy<String> {
    let list: Vec<String> = list.iter().map(|s| (*s).to_owned()).collect();
    proptest::sample::select(list).boxed()
}

fn joined(a: &BoxedStrategy<String>, ops: &[&str], b: &BoxedStrategy<String>) -> BoxedStrategy<String> {
    (a.clone(), words(ops), b.clone()).prop_map(|(a, op, b)| format!("({a} {op} {b})")).boxed()
}

fn texts(depth: u32, in_body: bool) -> Texts {
    let leaves = Texts {
        integer: words(&[
            "0",
            "1",
            "2",
            "-7",
            "9223372036854775807",
            "(-9223372036854775807 - 1)",
            "@n",
            "@k",
            "@n",
            "@k",
        ]),
        decimal: words(&["0.0", "1.5", "-0.25", "3.0", "99999999999999.99", "0.000000000001", "@d", "@e", "@d", "@e"]),
        boolean: words(&[
            "true",
            "@flag",
            "(@a == \"app\")",
            "(@a < \"m\")",
            "(@since >= \"2020-02-29\")",
            "is_birthday(@since)",
        ]),
    };
    if depth == 0 {
        return leaves;
    }
    let Texts { integer: i, decimal: d, boolean: b } = texts(depth - 1, in_body);
    let simple =
        |t: &BoxedStrategy<String>, leaf: &BoxedStrategy<String>| if in_body { t.clone() } else { leaf.clone() };
    let choice = |t: &BoxedStrategy<String>| {
        (b.clone(), t.clone(), t.clone()).prop_map(|(c, x, y)| format!("(if {c} {{ {x} }} else {{ {y} }})")).boxed()
    };
    let arithmetic = ["+", "-", "*"];
    let comparison = ["==", "!=", "<", "<=", ">", ">="];
    let integer = prop_oneof![
        2 => leaves.integer.clone(),
        4 => joined(&i, &["+", "-", "*", "%"], &i),
        1 => i.clone().prop_map(|a| format!("-({a})")),
        1 => i.clone().prop_map(|a| format!("abs({a})")),
        1 => (i.clone(), i.clone(), i.clone()).prop_map(|(a, b, c)| format!("min({a}, max({b}, {c}))")),
        1 => choice(&i),
        1 => words(&["year(@since)", "month(@since)", "day(@since)", "days_between(@since, \"2026-01-01\")"]),
    ];
    let decimal = prop_oneof![
        2 => leaves.decimal.clone(),
        3 => joined(&d, &["+", "-", "*", "/", "%"], &d),
        1 => joined(&i, &["/", "%", "+"], &d),
        1 => joined(&d, &["/", "*", "-"], &i),
        1 => joined(&d, &arithmetic, &d),
        1 => d.clone().prop_map(|a| format!("-({a})")),
        1 => d.clone().prop_map(|a| format!("abs({a})")),
        1 => (d.clone(), 0..13).prop_map(|(a, n)| format!("round({a}, {n})")),
        1 => (i.clone(), 0..13).prop_map(|(a, n)| format!("round({a}, {n})")),
        1 => (d.clone(), i.clone()).prop_map(|(a, b)| format!("max({a}, {b})")),
        1 => choice(&d),
    ];
    let boolean = prop_oneof![
        2 => leaves.boolean.clone(),
        2 => joined(&i, &comparison, &i),
        2 => joined(&d, &comparison, &d),
        1 => joined(&i, &comparison, &d),
        2 => joined(&b, &["&&", "||", "==", "!="], &b),
        1 => b.clone().prop_map(|a| format!("!({a})")),
        1 => (i.clone(), words(&["in", "!in"]), simple(&i, &leaves.integer), simple(&d, &leaves.decimal))
            .prop_map(|(a, op, x, y)| format!("({a} {op} [{x}, 2, {y}])")),
        1 => (d.clone(), words(&["in", "!in"])).prop_map(|(a, op)| format!("({a} {op} [1, 1.5, -3])")),
        1 => words(&["(@a in [\"app\", \"\"])", "(@since in [\"2020-02-29\", \"2026-02-28\"])"]),
    ];
    Texts { integer: integer.boxed(), decimal: decimal.boxed(), boolean: boolean.boxed() }
}

fn given() -> impl Strategy<Value = Given> {
    let integers = || prop_oneof![3 => -9_i64..10, 1 => Just(i64::MAX), 1 => Just(i64::MIN), 1 => any::<i64>()];
    let decimals = || {
        prop_oneof![
            3 => (-999_i64..1000, 0_u32..3).prop_map(|(m, s)| Exact::new(m.into(), s).unwrap()),
            1 => (any::<i64>(), 0_u32..13).prop_map(|(m, s)| Exact::new(m.into(), s).unwrap()),
            1 => Just(Exact::ZERO),
        ]
    };
    let dates = || words(&["2020-02-29", "2026-02-28", "1999-12-31", "2024-02-28"]).prop_map(|t| date(&t));
    (integers(), integers(), decimals(), decimals(), any::<bool>(), words(&["app", "", "zz"]), dates(), dates())
        .prop_map(|(n, k, d, e, flag, a, since, today)| Given { n, k, d, e, flag, a, since, today })
}

fn with_facts(text: &str) -> String {
    PARAMETERS.iter().fold(text.to_owned(), |text, name| {
        let scope = if *name == "since" { "member" } else { "tx" };
        text.replace(&format!("@{name}"), &format!("{scope}.{name}"))
    })
}

/// Statements of a function, with locals x (an integer) and y (a decimal).
fn body() -> impl Strategy<Value = String> {
    let Texts { integer: i, decimal: d, boolean: b } = texts(2, true);
    let with_locals = |t: BoxedStrategy<String>, a: &str, b: &str| {
        let swapped = [a.to_owned(), b.to_owned()];
        (t, any::<bool>(), any::<bool>())
            .prop_map(move |(t, first, second)| {
                let t = if first { t.replacen(&swapped[0], &swapped[1], 1) } else { t };
                if second { t.replace(&swapped[0], &swapped[1]) } else { t }
            })
            .boxed()
    };
    let (i, d) = (with_locals(i, "@k", "x"), with_locals(d, "@e", "y"));
    let simple = prop_oneof![
        i.clone().prop_map(|t| format!("x = {t};")),
        d.clone().prop_map(|t| format!("y = {t};")),
        (words(&["+=", "-=", "*=", "%="]), i.clone()).prop_map(|(op, t)| format!("x {op} {t};")),
        (words(&["+=", "-=", "*=", "/=", "%="]), d.clone()).prop_map(|(op, t)| format!("y {op} {t};")),
        d.clone().prop_map(|t| format!("let y = {t};")),
        i.clone().prop_map(|t| format!("{t};")),
        (b.clone(), d.clone()).prop_map(|(c, t)| format!("if {c} {{ return {t}; }}")),
        (b.clone(), d.clone(), d.clone())
            .prop_map(|(c, t, u)| format!("y = if {c} {{ let x = {t}; x + 1 }} else {{ {u} }};")),
    ]
    .boxed();
    let nested = (b.clone(), simple.clone(), simple.clone(), simple.clone())
        .prop_map(|(c, s, t, u)| format!("if {c} {{ {s} {t} }} else {{ {u} }}"));
    let statement = prop_oneof![3 => simple, 1 => nested];
    (i.clone(), proptest::collection::vec(statement, 0..5), d.clone(), b, d, any::<bool>()).prop_map(
        |(start, statements, a, c, b, tail)| {
            let statements = statements.join(" ");
            let start = start.replace('x', "@n").replace("ma@n", "max");
            let end = if tail { format!("if {c} {{ {a} }} else {{ {b} }}") } else { format!("y + {a}") };
            format!("let x = {start}; let y = 0.5; {statements} {end}")
        },
    )
}

/// The same error kind, or the same value.
fn answer(result: Result<ScriptValue, ScriptFailure>) -> Result<ScriptValue, String> {
    result.map_err(|f| format!("{:?}", f.kind))
}

fn expected(outcome: Outcome) -> Result<ScriptValue, String> {
    outcome.map_err(|e| format!("{e:?}"))
}

fn in_function(body: &str) -> String {
    format!("fn f({}) {{ {} }}", PARAMETERS.join(", "), body.replace('@', ""))
}

fn called() -> String {
    with_facts(&format!("f({})", PARAMETERS.map(|p| format!("@{p}")).join(", ")))
}

/// What the checker makes of an expression, computed.
fn lowered(scripts: &str, text: &str, ty: Type, given: &Given) -> Outcome {
    let fixture = Fixture::new(scripts);
    let (place, due) =
        if ty == Type::Boolean { (Place::When, Expected::Boolean) } else { (Place::Amount, Expected::Number) };
    let (typed, tables) = fixture.check(text, place, due);
    let typed = typed.unwrap_or_else(|| panic!("{scripts} {text}: {:?}", tables.findings));
    assert_eq!(typed.ty, ty, "{text}");
    Interpreter { tables: &tables, given }.value(&typed)
}

fn in_rhai(text: &str, ty: Type, given: &Given) -> Result<ScriptValue, String> {
    let scripts = scripts(text);
    let engine = ScriptEngine::compile(&scripts, ROUNDING).unwrap_or_else(|f| panic!("{text}: {f:?}"));
    let call = ScriptCall { name: "f".into(), arguments: Vec::new(), result: ty, span: Span::default() };
    answer(engine.call(&call, &given.values(), given.today))
}

fn typed_texts() -> impl Strategy<Value = (Type, String)> {
    let Texts { integer, decimal, boolean } = texts(4, false);
    prop_oneof![
        integer.prop_map(|t| (Type::Integer, t)),
        decimal.prop_map(|t| (Type::Decimal, t)),
        boolean.prop_map(|t| (Type::Boolean, t)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn rhai_and_the_graph_answer_alike((ty, text) in typed_texts(), given in given()) {
        // Printed as it is read, so that Rhai groups operators without parentheses as we do.
        let fact_text = parsed(&with_facts(&text)).to_string();
        let body = parsed(&text.replace('@', "")).to_string();
        let rhai = in_rhai(&in_function(&body), ty, &given);
        prop_assert_eq!(&expected(lowered("", &fact_text, ty, &given)), &rhai, "{}", fact_text);
        let inlined = lowered(&in_function(&body), &called(), ty, &given);
        prop_assert_eq!(&expected(inlined), &rhai, "{}", fact_text);
    }

    #[test]
    fn a_lowered_body_answers_as_rhai_does(body in body(), given in given()) {
        let text = in_function(&body);
        let mut checker_fixture = Fixture::new(&text);
        checker_fixture.lists.clear();
        let mut checker = Checker::new(checker_fixture.input());
        let typed = checker.check(&parsed(&called()), Place::Amount, Expected::Number);
        let tables = checker.finish();
        prop_assert!(typed.is_some(), "{} {:?}", text, tables.findings);
        // A body that grows too large is Rhai's anyway.
        prop_assume!(tables.calls.is_empty());
        let outcome = Interpreter { tables: &tables, given: &given }.value(&typed.unwrap());
        prop_assert_eq!(expected(outcome), in_rhai(&text, Type::Decimal, &given), "{}", text);
    }
}

/// Bodies with loops and arrays, whose types do not always fit.
fn any_body() -> impl Strategy<Value = String> {
    let Texts { integer: i, decimal: d, boolean: b } = texts(1, true);
    let mixed = |due: &BoxedStrategy<String>, other: &BoxedStrategy<String>, local: &'static str| {
        prop_oneof![20 => due.clone(), 20 => Just(local.to_owned()), 1 => other.clone(), 1 => words(&["@a", "@since", "l", "[1]"])]
            .boxed()
    };
    let (i, d, b) = (mixed(&i, &d, "v"), mixed(&d, &i, "w"), mixed(&b, &i, "(v < 5)"));
    let (i, d) = (
        prop_oneof![8 => i.clone(), 1 => d.clone().prop_map(|a| format!("h({a})")), 1 => i.clone().prop_map(|a| format!("g({a}, 1)"))].boxed(),
        prop_oneof![8 => d.clone(), 1 => (i, d).prop_map(|(a, b)| format!("g({a}, {b})"))].boxed(),
    );
    let simple = prop_oneof![
        i.clone().prop_map(|t| format!("v = {t};")),
        d.clone().prop_map(|t| format!("w = {t};")),
        (words(&["+=", "-=", "*=", "%="]), i.clone()).prop_map(|(op, t)| format!("v {op} {t};")),
        (words(&["+=", "-=", "*=", "/="]), i.clone()).prop_map(|(op, t)| format!("w {op} {t};")),
        d.clone().prop_map(|t| format!("let w = {t};")),
        (i.clone(), i.clone()).prop_map(|(a, b)| format!("let l = [{a}, {b}];")),
        (b.clone(), d.clone()).prop_map(|(c, t)| format!("if {c} {{ return {t}; }}")),
        (b.clone(), i.clone(), i.clone())
            .prop_map(|(c, t, u)| format!("v = if {c} {{ let x = {t}; x + 1 }} else {{ {u} }};")),
        (i.clone(), d.clone()).prop_map(|(t, u)| format!("if {t} in l || v in [1, {u}] {{ v = -1; }}")),
    ]
    .boxed();
    let head = prop_oneof![
        b.clone().prop_map(|c| format!("if {c}")),
        b.clone().prop_map(|c| format!("while {c}")),
        (i.clone(), words(&["..", "..="])).prop_map(|(a, dots)| format!("for v in -2{dots}{a} % 9")),
        (d.clone(), d.clone()).prop_map(|(a, b)| format!("for w in [{a}, {b}]")),
        Just("for v in l".to_owned()),
    ];
    let block = (head, simple.clone(), simple.clone()).prop_map(|(h, s, t)| format!("{h} {{ {s} {t} }}"));
    let statement = prop_oneof![1 => simple, 1 => block];
    (proptest::collection::vec(statement, 0..5), d)
        .prop_map(|(statements, end)| format!("let v = 1; let w = 0.5; let l = [1, 2]; {} {end}", statements.join(" ")))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_the_checker_lets_through_never_fails_by_a_name_or_type(body in any_body(), given in given()) {
        // What is never called is never typed, so Rhai may refuse it.
        let mut text = in_function(&body);
        if body.contains("g(") {
            text.push_str("fn g(a, b) { let s = a * b; for x in [a, a] { s = s * b; if s in [b] { return s; } } s }");
        }
        if body.contains("h(") {
            text.push_str("fn h(a) { let n = 0; while n < 5 { n += 1; if a < 1 { return n; } } n }");
        }
        let fixture = Fixture::new(&text);
        let mut checker = Checker::new(fixture.input());
        let typed = checker.check(&parsed(&called()), Place::Amount, Expected::Number);
        let tables = checker.finish();
        prop_assert_eq!(typed.is_none(), !tables.findings.is_empty(), "{}", text);
        let Some(typed) = typed else { return Ok(()) };
        let engine = ScriptEngine::compile(&scripts(&text), ROUNDING);
        prop_assert!(engine.is_ok(), "{} {:?}", text, engine);
        let call = ScriptCall { name: "f".into(), arguments: Vec::new(), result: typed.ty, span: Span::default() };
        let result = engine.unwrap().call(&call, &given.values(), given.today);
        if let Err(failure) = &result {
            prop_assert!(failure.kind != FailureKind::Error, "{} {:?}", text, failure);
        }
    }
}
