//! What the parser must accept, refuse and write back.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    reason = "a test stops at the first surprise"
)]

use proptest::prelude::*;

use super::expression::*;
use super::parse::{parse_expression, parse_script};
use crate::source::{Code, Finding, Span, Spanned};
use crate::value::Exact;

fn everywhere() -> Span {
    Span { file: 0, start: 0, end: u32::MAX }
}

fn expression(text: &str) -> Result<Expr, Vec<Finding>> {
    let mut findings = Vec::new();
    let parsed = parse_expression(text, everywhere(), &mut findings);
    assert_eq!(parsed.is_none(), !findings.is_empty(), "{text}: {findings:?}");
    parsed.ok_or(findings)
}

fn script(text: &str) -> (Vec<Function>, Vec<Finding>) {
    let mut findings = Vec::new();
    let functions = parse_script(text, 0, &mut findings);
    (functions, findings)
}

#[test]
fn precedence_is_that_of_rhai() {
    for (text, canonical) in [
        ("a||b&&c", "a || b && c"),
        ("(a||b)&&c", "(a || b) && c"),
        ("a && b == c in d < e + f * -g", "a && b == c in d < e + f * -g"),
        ("((a)) && (b == (c in (d < (e + (f * (-g))))))", "a && b == c in d < e + f * -g"),
        ("a - b - c", "a - b - c"),
        ("a - (b - c)", "a - (b - c)"),
        ("a*b/c%d", "a * b / c % d"),
        ("a in b == c", "a in b == c"),
        ("a in (b == c)", "a in (b == c)"),
        ("(a < b) == (c < d)", "a < b == c < d"),
        ("(a < b) < c", "(a < b) < c"),
        ("a == (b == c)", "a == (b == c)"),
        ("!a in b", "!a in b"),
        ("!(a in b)", "!(a in b)"),
        ("a !in b", "a !in b"),
        ("!input", "!input"),
        ("- 5", "-5"),
        ("-5", "-5"),
        ("-(5)", "-(5)"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("a - -5", "a - -5"),
        ("a -5", "a - 5"),
        ("-1.50", "-1.5"),
        ("2.00", "2.0"),
        ("!!a", "!!a"),
        ("- -a", "- -a"),
        ("!(!(-(-(!a))))", "!!- -!a"),
        ("!-5 == - -(5)", "!-5 == - -(5)"),
        ("tx . amount", "tx.amount"),
        ("tx.default", "tx.default"),
        ("f(a,b,)", "f(a, b)"),
        ("f()", "f()"),
        ("a in [1,2,]", "a in [1, 2]"),
        ("if a { b } else { c } + 1", "(if a { b } else { c }) + 1"),
        ("if a{1}else if b{2}else{3}", "if a { 1 } else if b { 2 } else { 3 }"),
        ("a // comment\n + /* and /* another */ one */ b", "a + b"),
        (r#""a\"b\\c\n\x41\u00e9\U0001f600""#, "\"a\\\"b\\\\c\\nAé😀\""),
        (r#""say ""hello""""#, r#""say \"hello\"""#),
    ] {
        let tree = expression(text).unwrap_or_else(|f| panic!("{text}: {f:?}"));
        assert_eq!(tree.to_string(), canonical, "{text}");
    }
}

#[test]
fn one_mistake_is_one_finding_with_its_code() {
    use Code::*;
    for (text, code, words) in [
        ("", ExpressionSyntax, "is empty"),
        ("  // nothing", ExpressionSyntax, "is empty"),
        ("tx.amount >", ExpressionSyntax, "ends where a value is due"),
        ("tx.amount > > 5", ExpressionSyntax, "`>` stands where a value is due"),
        ("tx.amount 5", ExpressionSyntax, "`5` stands where an operator or the end is due"),
        ("(a", ExpressionSyntax, "ends where `)` is due"),
        ("a)", ExpressionSyntax, "`)` stands where"),
        ("()", ExpressionSyntax, "empty"),
        ("f(a b)", ExpressionSyntax, "`b` stands where `,` or `)`"),
        ("f(,)", ExpressionSyntax, "`,` stands where a value"),
        ("a = b", ExpressionSyntax, "`=` stands where"),
        ("a and b", ExpressionSyntax, "`and` stands where"),
        ("a;", ExpressionSyntax, "`;`"),
        ("let a = 1", ExpressionSyntax, "`let`"),
        ("if a { b }", ExpressionSyntax, "no `else`"),
        ("if a { b; } else { c }", ExpressionSyntax, "without `;`"),
        ("if a { } else { c }", ExpressionSyntax, "`}` stands where a value"),
        ("\"abc", ExpressionSyntax, "never closed"),
        ("\"a\nb\"", ExpressionSyntax, "never closed"),
        (r#""a\qb""#, ExpressionSyntax, "`\\q` is not an escape"),
        (r#""a\x4g""#, ExpressionSyntax, "is not an escape"),
        (r#""\ud800""#, ExpressionSyntax, "is not an escape"),
        ("/* a", ExpressionSyntax, "never closed"),
        ("5.", ExpressionSyntax, "ends with its point"),
        (".5", ExpressionSyntax, "`.` stands where"),
        ("5eur", ExpressionSyntax, "runs into `eur`"),
        ("9223372036854775808", ExpressionSyntax, "64 bits"),
        ("- 9223372036854775808", ExpressionSyntax, "64 bits"),
        ("-(-9223372036854775808)", ExpressionSyntax, "64 bits"),
        ("1.000000000000000000000000000000000000001", ExpressionSyntax, "more digits"),
        ("+5", ExpressionSyntax, "`+` stands before no value"),
        ("a--b", ExpressionSyntax, "`--`"),
        ("a<-5", ExpressionSyntax, "`<-`"),
        ("größe > 1", ExpressionSyntax, "`ö`"),
        ("_1", ExpressionSyntax, "not a name"),
        ("a == fn", ExpressionSyntax, "`fn`"),
        ("|a| a + 1", NotAllowed, "closures"),
        ("|| 1", NotAllowed, "closures"),
        ("f!(a)", NotAllowed, "`f!(…)`"),
        ("eval(\"1\")", NotAllowed, "`eval`"),
        ("print(1)", NotAllowed, "`print`"),
        ("timestamp()", NotAllowed, "`timestamp`"),
        ("import \"a\"", NotAllowed, "`import`"),
        ("#{a: 1}", NotAllowed, "object maps"),
        ("`a`", NotAllowed, "back quotes"),
        ("'a'", NotAllowed, "single quotes"),
        ("a ** 2", NotAllowed, "powers"),
        ("a << 2", NotAllowed, "shifts"),
        ("a & b", NotAllowed, "`&`"),
        ("a | b", NotAllowed, "`|`"),
        ("a ^ b", NotAllowed, "`^`"),
        ("~a", NotAllowed, "`~`"),
        ("a ?? b", NotAllowed, "`??`"),
        ("a?.b", NotAllowed, "`?.`"),
        ("a ? b : c", NotAllowed, "`?`"),
        ("a[0]", NotAllowed, "indexing"),
        ("[1, 2][0]", NotAllowed, "indexing"),
        ("tx.a.b", NotAllowed, "properties"),
        ("tx.a.len()", NotAllowed, "properties"),
        ("tx.len()", NotAllowed, "methods"),
        ("\"a\".len()", NotAllowed, "properties"),
        ("5.abs()", NotAllowed, "properties"),
        ("1e3", NotAllowed, "exponent"),
        ("1e-3", NotAllowed, "exponent"),
        ("1.5E3", NotAllowed, "exponent"),
        ("0xff", NotAllowed, "hexadecimal"),
        ("1_000", NotAllowed, "`_`"),
        ("switch a { 1 => 2 }", NotAllowed, "`switch`"),
        ("a === b", NotAllowed, "`===`"),
        ("loop { }", NotAllowed, "`loop`"),
        ("{ a }", NotAllowed, "blocks"),
        ("this", NotAllowed, "`this`"),
        ("type_of(a)", NotAllowed, "`type_of`"),
        ("Fn(\"a\")", NotAllowed, "`Fn`"),
        ("a < b < c", ComparisonChain, "another comparison"),
        ("a < b <= c > d", ComparisonChain, "another comparison"),
        ("a == b == c", ComparisonChain, "another comparison"),
        ("1 + a >= b >= c * 2 && d", ComparisonChain, "another comparison"),
    ] {
        let findings = expression(text).expect_err(text);
        assert_eq!(findings.len(), 1, "{text}: {findings:?}");
        assert_eq!(findings[0].code, code, "{text}: {findings:?}");
        assert!(findings[0].message.contains(words), "{text}: {findings:?}");
    }
}

#[test]
fn a_property_is_told_with_the_function_to_write() {
    for (text, help) in [
        ("member.birthday.month == 3", "write `month(member.birthday)`"),
        ("tx.amount.abs() > 1", "write `abs(tx.amount)`"),
        ("(tx.a - 1).round(1) > 1", "write `round(tx.a - 1, 2)`"),
        ("member.segments.contains(\"a\")", "write `… in member.segments`"),
        ("tx.a.len() > 1", "a function takes the value as its argument, as in `month(member.birthday)`"),
    ] {
        let findings = expression(text).expect_err(text);
        assert_eq!(findings[0].help.as_deref(), Some(help), "{text}: {findings:?}");
    }
}

#[test]
fn what_is_too_large_is_one_finding_in_bounded_stack() {
    let many = |n: usize, open: &str, inner: &str, close: &str| format!("{}{inner}{}", open.repeat(n), close.repeat(n));
    let cases = [
        many(50_000, "(", "1", ")"),
        many(5_000, "(", "1", ")"),
        many(5_000, "(", "", ""),
        many(4_000, "[", "1", "]"),
        many(4_000, "!", "a", ""),
        many(4_000, "- ", "a", ""),
        many(4_000, "f(", "1", ")"),
        many(1_000, "if a { ", "1", " } else { 2 }"),
        many(1_000, "(if a { ", "1", " } else { 2 })"),
        many(1_000, "if a { 1 } else ", "{ 1 }", ""),
        many(3_000, "a + ", "1", ""),
        many(3_000, "a && ", "b", ""),
        many(40, "(", &"a+".repeat(3), ")"),
    ];
    for text in cases {
        let findings = std::thread::Builder::new()
            .stack_size(512 * 1024)
            .spawn(move || expression(&text).expect_err("too large"))
            .unwrap()
            .join()
            .unwrap();
        assert_eq!(findings.len(), 1, "{findings:?}");
    }
    // The printed form is read again, however deep.
    for text in [many(100, "!", "a", ""), many(48, "1 + if a { ", "1", " } else { 2 }")] {
        let printed = expression(&text).unwrap().to_string();
        assert!(expression(&printed).is_ok(), "{printed}");
    }
    let deep = many(48, "(", "1", ")");
    assert!(expression(&deep).is_ok());
    assert!(expression(&vec!["a"; 128].join(" || ")).is_ok());
    assert_eq!(expression(&many(49, "(", "1", ")")).unwrap_err()[0].code, Code::TooLarge);
}

#[test]
fn spans_are_offsets_within_the_place_of_the_text() {
    let mut findings = Vec::new();
    let at = Span { file: 3, start: 100, end: 112 };
    let tree = parse_expression("a + bc * 2", at, &mut findings).unwrap();
    assert_eq!(tree.span, Span { file: 3, start: 100, end: 110 });
    let ExprKind::Binary(BinaryOp::Add, _, right) = tree.kind else { panic!() };
    assert_eq!(right.span, Span { file: 3, start: 104, end: 110 });
    assert!(parse_expression("a + b + c + d", at, &mut findings).is_some_and(|e| e.span.end == 112));
    assert!(parse_expression("a +", at, &mut findings).is_none());
    assert_eq!(findings[0].span, Some(Span { file: 3, start: 103, end: 103 }));
}

#[test]
fn a_script_is_functions() {
    let (functions, findings) = script(
        "// one\nfn f(a, b) { let x = a + 1; x += b; if x > 3 { return 1.0; } else if x < 0 { x = 0; }\n\
         while x < 10 { x = x * 2; } for i in 0..5 { x += i; } for i in -3..=n() { } for v in [1, 2] { f(v, v); } ; x }\n\
         /* two */ fn n() { 5 }",
    );
    assert_eq!(findings, []);
    let printed: Vec<String> = functions.iter().map(ToString::to_string).collect();
    assert_eq!(
        printed,
        [
            "fn f(a, b) { let x = a + 1; x += b; if x > 3 { return 1.0; } else if x < 0 { x = 0; } \
             while x < 10 { x = x * 2; } for i in 0..5 { x += i; } for i in -3..=n() { } \
             for v in [1, 2] { f(v, v); } x }",
            "fn n() { 5 }"
        ]
    );
}

#[test]
fn a_script_goes_on_after_a_broken_function() {
    use Code::*;
    for (text, code, words) in [
        ("fn f() { let x; x }", ExpressionSyntax, "has no value"),
        ("fn f() { x y }", ExpressionSyntax, "`y` stands"),
        ("fn f() { 1", ExpressionSyntax, "inside of another"),
        ("fn f( { 1 }", ExpressionSyntax, "name of a parameter"),
        ("fn f(a, a) { 1 }", ExpressionSyntax, "two parameters"),
        ("fn f(new) { 1 }", ExpressionSyntax, "reserves"),
        ("fn f() { if a { 1 } else { 2 } + 3 }", ExpressionSyntax, "after the end of a statement"),
        ("fn f() { if a { 1 } else { 2 } -3 }", ExpressionSyntax, "after the end of a statement"),
        ("fn f() { while a { } * 3 }", ExpressionSyntax, "after the end of a statement"),
        ("fn f() { \"abc }", ExpressionSyntax, "never closed"),
        ("fn f() { a.b = 1; }", NotAllowed, "only a local"),
        ("fn f() { const x = 1; x }", NotAllowed, "constants"),
        ("fn f() { loop { } }", NotAllowed, "`loop`"),
        ("fn f() { while a { break; } }", NotAllowed, "`break`"),
        ("fn f() { while a { continue } }", NotAllowed, "`continue`"),
        ("fn f() { do { } while a }", NotAllowed, "`do`"),
        ("fn f() { switch a { } }", NotAllowed, "`switch`"),
        ("fn f() { try { } catch { } }", NotAllowed, "`try`"),
        ("fn f() { throw 1; }", NotAllowed, "`throw`"),
        ("fn f() { for (x, i) in [1] { } }", NotAllowed, "counter"),
        ("fn f() { { 1 } }", NotAllowed, "blocks"),
        ("fn f() { x <<= 1; }", NotAllowed, "shifts"),
        ("fn f() { x[0] = 1; }", NotAllowed, "indexing"),
        ("fn f() { |a| a }", NotAllowed, "closures"),
        ("let x = 1;", NotAllowed, "functions and comments only"),
        ("import \"a\" as b;", NotAllowed, "`import`"),
        ("private fn p() { 1 }", NotAllowed, "`private`"),
        ("fn f() { 1.00000000000000000000000000001 }", ExpressionSyntax, "28 digits"),
    ] {
        let (functions, findings) = script(&format!("{text}\nfn good(a) {{ a }}"));
        assert_eq!(findings.len(), 1, "{text}: {findings:?}");
        assert_eq!(findings[0].code, code, "{text}: {findings:?}");
        assert!(findings[0].message.contains(words), "{text}: {findings:?}");
        assert_eq!(functions.last().unwrap().name.value, "good", "{text}");
        assert!(!functions.last().unwrap().broken);
        for broken in &functions[..functions.len() - 1] {
            assert!(broken.broken || broken.name.value == "p", "{text}");
        }
    }
    let (_, findings) = script("fn f() { 1 + }\nfn g() { + }\nfn h() { 1 }");
    assert_eq!(findings.len(), 2, "{findings:?}");
}

fn at(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn block(statements: Vec<Statement>) -> Block {
    Block { statements, span: Span::default() }
}

fn value(expr: Expr) -> Statement {
    Statement { kind: StatementKind::Expression { value: expr, terminated: false }, span: Span::default() }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof![Just("a"), Just("in_x"), Just("_b2"), Just("iff"), Just("Tx"), Just("min")].prop_map(str::to_owned)
}

/// Any tree that the parser can make from an expression, without spans.
fn any_expression() -> impl Strategy<Value = Expr> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(ExprKind::Bool),
        (i64::MIN + 1..=i64::MAX).prop_map(ExprKind::Integer),
        (any::<i64>(), 0_u32..20).prop_map(|(m, s)| ExprKind::Decimal(Exact::new(m.into(), s).unwrap())),
        any::<String>().prop_map(ExprKind::Text),
        word().prop_map(ExprKind::Name),
        (word(), word()).prop_map(|(a, b)| ExprKind::Fact(a, b)),
    ]
    .prop_map(at);
    leaf.prop_recursive(6, 60, 4, |inner| {
        let ops = proptest::sample::select(BinaryOp::ALL.to_vec());
        prop_oneof![
            (any::<bool>(), inner.clone()).prop_map(|(not, e)| at(ExprKind::Unary(
                if not { UnaryOp::Not } else { UnaryOp::Negate },
                Box::new(e)
            ))),
            (ops, inner.clone(), inner.clone()).prop_map(|(op, a, b)| at(ExprKind::Binary(
                op,
                Box::new(a),
                Box::new(b)
            ))),
            proptest::collection::vec(inner.clone(), 0..4).prop_map(|m| at(ExprKind::Array(m))),
            (word(), proptest::collection::vec(inner.clone(), 0..4))
                .prop_map(|(value, a)| at(ExprKind::Call(Spanned { value, span: Span::default() }, a))),
            (inner.clone(), inner.clone(), inner).prop_map(|(condition, a, b)| {
                let (then, otherwise) = (block(vec![value(a)]), Some(block(vec![value(b)])));
                at(ExprKind::If(Box::new(If { condition, then, otherwise })))
            }),
        ]
    })
}

fn without_spans(text: &Expr) -> String {
    let debug = format!("{text:?}");
    let mut out = String::new();
    let mut rest = debug.as_str();
    while let Some((before, after)) = rest.split_once("Span {") {
        out.push_str(before);
        rest = after.split_once('}').unwrap().1;
    }
    out + rest
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_printed_is_read_as_the_same_tree(tree in any_expression()) {
        let text = tree.to_string();
        let again = expression(&text).map_err(|f| TestCaseError::fail(format!("{text}: {f:?}")))?;
        prop_assert_eq!(without_spans(&again), without_spans(&tree), "{}", text);
        prop_assert_eq!(again.to_string(), text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in ".{0,60}") {
        let _ = expression(&text);
        let _ = script(&text);
    }

    #[test]
    fn any_tokens_are_read_or_refused(words in proptest::collection::vec(proptest::sample::select(vec![
        "a", "tx.a", "1", "1.5", "\"t\"", "(", ")", "[", "]", "{", "}", "+", "-", "==", "<", "in", "!in", "!", "if",
        "else", "let", "=", ";", ",", "fn", "while", "for", "..", "return", "&&", "f(", "|", "0x", "'", "`",
    ]), 0..30)) {
        let text = words.join(" ");
        let _ = expression(&text);
        let _ = script(&text);
        let _ = script(&format!("fn f(a) {{ {text} }}"));
    }
}
