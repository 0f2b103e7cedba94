//! Rhai and the graph's operators must answer alike, and nothing may run without end.
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

use super::*;
use crate::check::expression::tests::{Fixture, parsed};
use crate::check::expression::{Checker, Expected, Place, Tables};
use crate::check::typed::{Builtin, Constant, FactSource, Typed, TypedKind};
use crate::syntax::expression::BinaryOp;
use crate::syntax::parse::parse_script;
use crate::syntax::written::Script;
use crate::value::ops;

const ROUNDING: RoundingMode = RoundingMode::HalfUp;

fn scripts(text: &str) -> Scripts {
    let mut findings = Vec::new();
    let functions = parse_script(text, 0, &mut findings);
    assert_eq!(findings, [], "{text}");
    Scripts { files: vec![Script { file: 0, text: text.to_owned() }], functions, calls: Vec::new() }
}

fn call(text: &str, arguments: &[ScriptValue], result: Type) -> Result<ScriptValue, ScriptFailure> {
    let scripts = scripts(text);
    let engine = ScriptEngine::compile(&scripts, ROUNDING).unwrap_or_else(|f| panic!("{text}: {f:?}"));
    let function = &scripts.functions[0];
    let call = ScriptCall { name: function.name.value.clone(), arguments: Vec::new(), result, span: function.span };
    engine.call(&call, arguments, date("2026-02-28"))
}

fn date(text: &str) -> NaiveDate {
    ops::date_from_text(text).unwrap()
}

fn decimal(text: &str) -> ScriptValue {
    ScriptValue::Decimal(text.parse().unwrap())
}

fn is_shareable<T: Send + Sync>() {}

#[test]
fn an_engine_may_be_shared_between_threads() {
    is_shareable::<ScriptEngine>();
}

#[test]
fn what_scripts_compute() {
    use ScriptValue::{Boolean, Date, Integer, Text};
    let n = Integer;
    for (text, arguments, result) in [
        ("fn f(a) { let s = 0; for i in 0..a { s += i; } s }", vec![n(5)], n(10)),
        ("fn f(a) { let s = 0; for i in 1..=a { s += i; } s }", vec![n(5)], n(15)),
        ("fn f(a) { let s = 0.0; for x in [0.1, 0.2] { s += x; } s * a }", vec![n(10)], decimal("3")),
        ("fn f(a) { while a < 100 { a *= 2; } a }", vec![n(3)], n(192)),
        ("fn f(a) { for i in 0..10 { if i * i > a { return i; } } -1 }", vec![n(20)], n(5)),
        ("fn f(a) { a / 3 }", vec![decimal("1")], decimal("0.333333333333")),
        ("fn f(a) { 0.1 + 0.2 == a }", vec![decimal("0.3")], Boolean(true)),
        ("fn f(a) { 1 == a && a in [1, 2] && a == 1.0 }", vec![decimal("1.000")], Boolean(true)),
        (
            "fn f(a) { a * 1000000000000.000000000001 }",
            vec![decimal("1000.001")],
            decimal("1000001000000000.000000001000001"),
        ),
        ("fn f(a) { -a % 2 }", vec![decimal("7.5")], decimal("-1.5")),
        ("fn f(a) { round(a, 1) }", vec![decimal("-1.25")], decimal("-1.3")),
        ("fn f(a) { round(a, 1) }", vec![n(5)], decimal("5")),
        ("fn f(a) { min(a, 2, 3) + max(a, 2) + abs(-a) }", vec![n(5)], n(12)),
        ("fn f(a) { min(1, a) }", vec![decimal("2")], decimal("1")),
        ("fn f(a) { max(1, 2, 3, 4, 5, 6, 7, a) }", vec![n(8)], n(8)),
        ("fn f(a) { year(a) * 10000 + month(a) * 100 + day(a) }", vec![Date(date("2026-03-31"))], n(20260331)),
        ("fn f(a) { days_between(a, \"2026-04-01\") }", vec![Date(date("2026-03-31"))], n(1)),
        ("fn f(a) { is_birthday(a) }", vec![Date(date("2000-02-29"))], Boolean(true)),
        ("fn f(a) { is_birthday(a) }", vec![Date(date("2000-03-01"))], Boolean(false)),
        (
            "fn f(a) { a > \"2026-01-01\" && \"2026-12-31\" >= a && a != \"2026-01-01\" }",
            vec![Date(date("2026-03-31"))],
            Boolean(true),
        ),
        ("fn f(a) { a in [\"2026-01-01\", \"2026-03-31\"] }", vec![Date(date("2026-03-31"))], Boolean(true)),
        ("fn f(a) { a !in [\"x\", \"y\"] && a < \"b\" }", vec![Text("a".into())], Boolean(true)),
        ("fn f(a) { if a { \"yes\" } else { \"no\" } }", vec![Boolean(true)], Text("yes".into())),
        ("fn f(a) { g(a) + g(1) } fn g(a) { a + 1 } fn g(a, b) { a }", vec![n(1)], n(4)),
        ("fn f(a,) { g(a, 1,) } fn g(a, b) { a in [b, 1,] }", vec![n(1)], Boolean(true)),
        ("fn f(a) { let x = a; x = x + 1; let x = \"t\"; x }", vec![n(1)], Text("t".into())),
        ("fn f(a) { let l = [1, 2, 3]; let s = 0; for x in l { if x in l { s += x; } } s + a }", vec![n(1)], n(7)),
        ("fn f(a) { a == \"say \"\"hi\"\" \\x41\" }", vec![Text("say \"hi\" A".into())], Boolean(true)),
        ("fn f() { 5 } // end", vec![], n(5)),
        ("/* a /* b */ c */ fn f(a) { if a == 1 { } else if a == 2 { return 7; } ; a }", vec![n(2)], n(7)),
    ] {
        let ty = match result {
            Boolean(_) => Type::Boolean,
            Integer(_) => Type::Integer,
            ScriptValue::Decimal(_) => Type::Decimal,
            Text(_) => Type::Text,
            Date(_) => Type::Date,
        };
        assert_eq!(call(text, &arguments, ty), Ok(result), "{text}");
    }
    // A decimal is due, and one way gives an integer.
    assert_eq!(call("fn f(a) { if a { return 1; } 0.5 }", &[Boolean(true)], Type::Decimal), Ok(decimal("1")));
}

#[test]
fn every_failure_has_its_kind_and_place() {
    use FailureKind::*;
    let one = [ScriptValue::Integer(1)];
    for (text, kind, at) in [
        ("fn f(a) {\n  let x = 1.0 / 0;\n  x }", DivisionByZero, "/ 0"),
        ("fn f(a) { 1 + 5 % (a - 1) }", DivisionByZero, "% (a"),
        ("fn f(a) { 9223372036854775807 + a }", Overflow, "+ a"),
        ("fn f(a) { a += 9223372036854775807; a }", Overflow, "+= 9"),
        ("fn f(a) { g(a) }\nfn g(a) { -(-9223372036854775807 - a) }", Overflow, "-(-"),
        ("fn f(a) { abs(-9223372036854775807 - a) }", Overflow, "abs("),
        ("fn f(a) { round(1.5, a + 12) }", Overflow, "round("),
        ("fn f(a) { let x = 1.0; while a > 0 { x *= 123456.789; } x }", Overflow, "*= 1"),
        ("fn f(a) { while a > 0 { } 1 }", Limit, ""),
        ("fn f(a) { while true { a = 1 - a; } a }", Limit, ""),
        ("fn f(a) { for i in 0..9223372036854775807 { } 1 }", Limit, ""),
        ("fn f(a) { for i in 0..1000 { for j in 0..1000 { a = i; } } a }", Limit, ""),
        ("fn f(a) { g(a) } fn g(a) { f(a) }", Limit, ""),
    ] {
        let failure = call(text, &one, Type::Integer).expect_err(text);
        assert_eq!(failure.kind, kind, "{text}: {failure:?}");
        let place = &text[failure.span.start as usize..];
        assert!(place.starts_with(at), "{text}: {failure:?} at {place:?}");
        assert!(failure.message.contains("`f`"), "{failure:?}");
    }
    let failure = call("fn f(a) { a }", &one, Type::Boolean).unwrap_err();
    assert_eq!(failure.kind, Error);
}

#[test]
fn a_place_is_in_the_file_of_the_function() {
    let texts = ["// größer\nfn f(a) { g(a) }", "fn h(a) { a }\r\nfn g(a) { /* ö */ 1 % a }\n"];
    let mut all = Scripts::default();
    for (file, text) in (4_u32..).zip(texts) {
        let mut findings = Vec::new();
        all.functions.extend(parse_script(text, file, &mut findings));
        all.files.push(Script { file, text: text.to_owned() });
        assert_eq!(findings, []);
    }
    let engine = ScriptEngine::compile(&all, ROUNDING).unwrap();
    let function = ScriptCall { name: "f".into(), arguments: Vec::new(), result: Type::Integer, span: Span::default() };
    let failure = engine.call(&function, &[ScriptValue::Integer(0)], date("2026-01-01")).unwrap_err();
    let at = texts[1].find("% a").unwrap() as u32;
    assert_eq!(failure.span, Span { file: 5, start: at, end: at + 1 });
}

#[test]
fn what_rhai_refuses_is_a_finding() {
    let text = "fn f(a) { a }\nfn f(a) { a }";
    let findings = ScriptEngine::compile(&scripts(text), ROUNDING).unwrap_err();
    assert_eq!(findings[0].code, Code::ExpressionSyntax);
    assert!(findings[0].span.unwrap().start >= 14);
}

#[test]
fn the_deepest_script_that_can_be_read_runs_in_a_small_stack() {
    let nested = format!("{}a{}", "(1 + ".repeat(45), ")".repeat(45));
    let chain = vec!["a"; 120].join(" + ");
    let blocks = format!("{}a += 1;{}", "if a > 0 { ".repeat(22), " }".repeat(22));
    let mut text = format!("fn f(a) {{ for i in 0..1 {{ a += {nested}; }} {blocks} a + f1({chain}) }}");
    for level in 1..15 {
        text.push_str(&format!("fn f{level}(a) {{ 1 + (2 + f{0}(a)) }}", level + 1));
    }
    text.push_str("fn f15(a) { a }");
    let run = move || {
        let fixture = Fixture::new(&text);
        let (typed, _) = fixture.check("f(tx.n)", Place::Amount, Expected::Number);
        assert!(typed.is_some());
        call(&text, &[ScriptValue::Integer(1)], Type::Integer)
    };
    let result = std::thread::Builder::new().stack_size(1536 * 1024).spawn(run).unwrap().join().unwrap();
    assert!(result.is_ok(), "{result:?}");
}

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
