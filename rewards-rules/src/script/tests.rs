//! What scripts compute, how they fail, and that nothing runs without end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use super::*;
use crate::check::expression::tests::Fixture;
use crate::check::expression::{Expected, Place};
use crate::syntax::parse::parse_script;
use crate::syntax::written::Script;
use crate::value::ops;

pub(super) const ROUNDING: RoundingMode = RoundingMode::HalfUp;

pub(super) fn scripts(text: &str) -> Scripts {
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

pub(super) fn date(text: &str) -> NaiveDate {
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
