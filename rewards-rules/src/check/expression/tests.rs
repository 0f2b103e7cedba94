//! What the checker must let through, as what, and what it must refuse.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use super::*;
use crate::check::typed::{Constant, TypedKind};
use crate::source::{Code, Spanned};
use crate::syntax::parse::{parse_expression, parse_script};

/// Facts, lists and tiers of the tests.
pub(crate) struct Fixture {
    pub(crate) declared: Vec<Declared>,
    pub(crate) lists: Vec<List>,
    pub(crate) functions: Vec<Function>,
    pub(crate) tiers: Vec<String>,
}

impl Fixture {
    pub(crate) fn new(scripts: &str) -> Fixture {
        let declared = |name: &str, ty, one_of: Option<&[&str]>| Declared {
            name: name.to_owned(),
            ty,
            one_of: one_of.map(|v| v.iter().map(|s| (*s).to_owned()).collect()),
            optional: true,
        };
        let list = |name: &str, members: &[&str]| List {
            name: Spanned { value: name.to_owned(), span: Span::default() },
            members: members.iter().map(|m| parsed(m)).collect(),
        };
        let mut findings = Vec::new();
        let functions = parse_script(scripts, 1, &mut findings);
        assert_eq!(findings, []);
        Fixture {
            declared: vec![
                declared("tx.n", Type::Integer, None),
                declared("tx.k", Type::Integer, None),
                declared("tx.d", Type::Decimal, None),
                declared("tx.e", Type::Decimal, None),
                declared("tx.flag", Type::Boolean, None),
                declared("tx.a", Type::Text, None),
                declared("tx.kind", Type::Text, Some(&["app", "web", "kiosk"])),
                declared("member.since", Type::Date, None),
            ],
            lists: vec![
                list("partners", &["\"m1\"", "\"m2\""]),
                list("sizes", &["1", "2"]),
                list("prices", &["1", "2.5"]),
                list("holidays", &["\"2026-12-25\"", "\"2026-12-26\""]),
                list("kinds", &["\"app\"", "\"wob\""]),
                list("nothing", &[]),
            ],
            functions,
            tiers: ["bronze", "silver", "gold"].map(str::to_owned).to_vec(),
        }
    }

    pub(crate) fn input(&self) -> CheckerInput<'_> {
        CheckerInput {
            declared: &self.declared,
            lists: &self.lists,
            functions: &self.functions,
            has_tiers: !self.tiers.is_empty(),
            tier_ids: &self.tiers,
        }
    }

    /// One expression, checked.
    pub(crate) fn check(&self, text: &str, place: Place, expected: Expected) -> (Option<Typed>, Tables) {
        let mut checker = Checker::new(self.input());
        let typed = checker.check(&parsed(text), place, expected);
        let tables = checker.finish();
        assert_eq!(typed.is_none(), !tables.findings.is_empty(), "{text}: {:?}", tables.findings);
        (typed, tables)
    }
}

pub(crate) fn parsed(text: &str) -> Expr {
    let mut findings = Vec::new();
    let expr = parse_expression(text, Span { file: 0, start: 0, end: u32::MAX }, &mut findings);
    expr.unwrap_or_else(|| panic!("{text}: {findings:?}"))
}

/// A tree as text: `dec(x)` where an integer becomes a decimal, `inline[args](body)`, `rhai:name(args)`.
fn show(typed: &Typed, tables: &Tables) -> String {
    let s = |t: &Typed| show(t, tables);
    let all = |list: &[Typed]| list.iter().map(s).collect::<Vec<_>>().join(", ");
    let fact = |id: FactIndex| tables.facts[id.0.0 as usize].name.clone();
    let negated = |n: &bool| if *n { "!in" } else { "in" };
    match &typed.kind {
        TypedKind::Constant(Constant::Boolean(v)) => v.to_string(),
        TypedKind::Constant(Constant::Integer(v)) => v.to_string(),
        TypedKind::Constant(Constant::Decimal(v)) => v.to_fixed(1),
        TypedKind::Constant(Constant::Text(v)) => format!("{v:?}"),
        TypedKind::Constant(Constant::Date(v)) => v.to_string(),
        TypedKind::Fact(id) => fact(FactIndex(*id)),
        TypedKind::Line(line) => format!("{line:?}"),
        TypedKind::Has(id) => format!("has({})", fact(FactIndex(*id))),
        TypedKind::HasLine(line) => format!("has({line:?})"),
        TypedKind::Not(a) => format!("!{}", s(a)),
        TypedKind::Negate(a) => format!("-{}", s(a)),
        TypedKind::ToDecimal(a) => format!("dec({})", s(a)),
        TypedKind::Binary(op, a, b) => format!("({} {} {})", s(a), op.text(), s(b)),
        TypedKind::InSet { value, set, negated: n } => {
            let set = &tables.sets[set.0 as usize];
            let members = set
                .members
                .iter()
                .cloned()
                .map(|c| show(&Typed { kind: TypedKind::Constant(c), ty: set.ty, span: Span::default() }, tables));
            format!("({} {} {{{}}})", s(value), negated(n), members.collect::<Vec<_>>().join(", "))
        }
        TypedKind::InList { value, list, negated: n } => {
            format!("({} {} {})", s(value), negated(n), fact(FactIndex(*list)))
        }
        TypedKind::If(c, a, b) => format!("if {} then {} else {}", s(c), s(a), s(b)),
        TypedKind::Call(builtin, arguments) => format!("{builtin:?}({})", all(arguments)),
        TypedKind::Inlined { arguments, body } => format!("inline[{}]({})", all(arguments), s(body)),
        TypedKind::Script { function, arguments } => {
            format!("rhai:{}({})", tables.calls[function.0 as usize].name, all(arguments))
        }
    }
}

struct FactIndex(crate::check::typed::FactId);

fn expectation(place: Place) -> Expected {
    if place == Place::Amount { Expected::Number } else { Expected::Boolean }
}

#[test]
fn expressions_get_their_types() {
    use Place::*;
    let fixture = Fixture::new("");
    for (place, text, tree) in [
        (When, "tx.flag", "tx.flag"),
        (When, "!tx.flag || tx.n > 1", "(!tx.flag || (tx.n > 1))"),
        (When, "tx.n > 1.5", "(dec(tx.n) > 1.5)"),
        (When, "tx.d > 1", "(tx.d > 1.0)"),
        (When, "tx.n + tx.d * 2 == 0", "((dec(tx.n) + (tx.d * 2.0)) == 0.0)"),
        (When, "-tx.n % 3 == -1", "((-tx.n % 3) == -1)"),
        (When, "tx.n / 2.0 > 1", "((dec(tx.n) / 2.0) > 1.0)"),
        (When, "tx.date == \"2026-03-31\"", "(tx.date == 2026-03-31)"),
        (When, "\"2026-03-31\" <= member.birthday", "(2026-03-31 <= member.birthday)"),
        (When, "tx.time < \"12:00:00\"", "(tx.time < \"12:00:00\")"),
        (When, "tx.flag == true", "(tx.flag == true)"),
        (When, "tx.kind == \"app\" && tx.weekday != \"sat\"", "((tx.kind == \"app\") && (tx.weekday != \"sat\"))"),
        (When, "tx.time >= \"09:00\" && tx.time < \"24:00\"", "((tx.time >= \"09:00\") && (tx.time < \"24:00\"))"),
        (When, "tx.time != \"09:00:00\"", "(tx.time != \"09:00:00\")"),
        (When, "member.tier == \"gold\"", "(member.tier == \"gold\")"),
        (When, "tx.merchant in partners", "(tx.merchant in {\"m1\", \"m2\"})"),
        (When, "tx.merchant !in [\"a\"]", "(tx.merchant !in {\"a\"})"),
        (When, "tx.n in sizes", "(tx.n in {1, 2})"),
        (When, "tx.d in sizes", "(tx.d in {1.0, 2.0})"),
        (When, "tx.n in prices", "(dec(tx.n) in {1.0, 2.5})"),
        (When, "tx.n in [1, 2.5]", "(dec(tx.n) in {1.0, 2.5})"),
        (When, "tx.date in holidays", "(tx.date in {2026-12-25, 2026-12-26})"),
        (When, "tx.date in [\"2026-01-01\"]", "(tx.date in {2026-01-01})"),
        (When, "tx.a in nothing", "(tx.a in {})"),
        (When, "\"vip\" in member.segments", "(\"vip\" in member.segments)"),
        (When, "tx.a !in member.enrolments", "(tx.a !in member.enrolments)"),
        (When, "tx.a in [tx.category, \"x\"]", "((tx.a == tx.category) || (tx.a == \"x\"))"),
        (When, "tx.n !in [tx.d]", "!(dec(tx.n) == tx.d)"),
        (When, "tx.flag in [true]", "(tx.flag == true)"),
        (When, "has(tx.a) && has(member.segments)", "(has(tx.a) && has(member.segments))"),
        (When, "spent.month > 5 && visits.billing_cycle > 5", "((spent.month > 5.0) && (visits.billing_cycle > 5))"),
        (When, "is_birthday(member.birthday)", "IsBirthday(member.birthday)"),
        (When, "days_between(\"2026-01-01\", tx.date) > 3", "(DaysBetween(2026-01-01, tx.date) > 3)"),
        (When, "year(tx.date) == 2026", "(Year(tx.date) == 2026)"),
        (When, "max(1, tx.n, 3) > 2", "(Max(1, tx.n, 3) > 2)"),
        (When, "min(1, tx.d) > 2", "(Min(1.0, tx.d) > 2.0)"),
        (When, "tx.flag == tx.n > 5", "(tx.flag == (tx.n > 5))"),
        (Amount, "5", "5"),
        (Amount, "round(tx.n, 2)", "Round(dec(tx.n), 2)"),
        (Amount, "abs(tx.n) * 2", "(Abs(tx.n) * 2)"),
        (Amount, "if tx.flag { 1 } else { tx.d }", "if tx.flag then 1.0 else tx.d"),
        (
            Amount,
            "if tx.flag { 1 } else if tx.n == 2 { 2 } else { 3 }",
            "if tx.flag then 1 else if (tx.n == 2) then 2 else 3",
        ),
        (Amount, "tx.eligible_amount * 0.1", "(tx.eligible_amount * 0.1)"),
        (
            Lines,
            "line.category == \"x\" && line.amount > tx.eligible_amount",
            "((Category == \"x\") && (Amount > tx.eligible_amount))",
        ),
        (EligibleLines, "has(line.sku)", "has(Sku)"),
    ] {
        let (typed, tables) = fixture.check(text, place, expectation(place));
        let typed = typed.unwrap_or_else(|| panic!("{text}: {:?}", tables.findings));
        assert_eq!(show(&typed, &tables), tree, "{text}");
    }
}

#[test]
fn each_mistake_is_one_finding_in_its_place() {
    use Code::*;
    use Place::*;
    let fixture = Fixture::new("fn half(x) { x / 2.0 }");
    for (place, text, code, at, words) in [
        (When, "tx.amount", TypeMismatch, "tx.amount", "this is a decimal"),
        (Amount, "tx.flag", TypeMismatch, "tx.flag", "must be a number"),
        (When, "tx.n / 2 > 1", IntegerDivision, "tx.n / 2", "two integers"),
        (When, "7 / 2 > 3", IntegerDivision, "7 / 2", "two integers"),
        (When, "tx.a == 5", TypeMismatch, "tx.a == 5", "a text with an integer"),
        (When, "tx.a == tx.date", TypeMismatch, "tx.a == tx.date", "a text with a date"),
        (When, "tx.flag < true", TypeMismatch, "tx.flag < true", "no order"),
        (When, "tx.flag == 1", TypeMismatch, "tx.flag == 1", "true or false with an integer"),
        (When, "member.segments == \"a\"", TypeMismatch, "member.segments", "list"),
        (When, "tx.a + \"b\" == \"c\"", TypeMismatch, "tx.a", "two numbers"),
        (When, "-tx.a == 1", TypeMismatch, "tx.a", "`-` needs a number"),
        (When, "!tx.n", TypeMismatch, "tx.n", "an integer"),
        (When, "tx.n && tx.flag", TypeMismatch, "tx.n", "joins two conditions"),
        (When, "tx.categry == \"a\"", UnknownName, "tx.categry", "tx.category"),
        (When, "tx.amout > 1", UnknownName, "tx.amout", "tx.amount"),
        (When, "amount > 1", UnknownName, "amount", "tx.amount"),
        (When, "tx.newsletter", UnknownName, "tx.newsletter", "`facts:`"),
        (When, "txx.amount > 1", UnknownName, "txx.amount", "tx.amount"),
        (When, "membr.contry == \"AT\"", UnknownName, "membr.contry", "member.country"),
        (When, "tx.segments == 1 || tx.flag", UnknownName, "tx.segments", "member.segments"),
        (When, "foo.bar", UnknownName, "foo.bar", "facts begin with"),
        (When, "tx.items > 1", UnknownName, "tx.items", "`line.`"),
        (When, "spent.moth > 1", UnknownName, "spent.moth", "spent.month"),
        (When, "spent.campaign > 1", PeriodNotHere, "spent.campaign", "campaign"),
        (When, "tx.category == dining", UnknownName, "dining", "\"dining\""),
        (When, "tx.merchant in partnrs", UnknownName, "partnrs", "partners"),
        (When, "partners", TypeMismatch, "partners", "is a list"),
        (When, "tx.a in \"abc\"", TypeMismatch, "\"abc\"", "needs a list"),
        (When, "tx.a in tx.category", TypeMismatch, "tx.category", "needs a list"),
        (When, "tx.a in [1, 2]", TypeMismatch, "1", "a text among"),
        (When, "tx.mcc in sizes", TypeMismatch, "sizes", "among"),
        (When, "tx.n in [\"1\"]", TypeMismatch, "\"1\"", "among"),
        (When, "tx.a in []", CannotType, "[]", "empty array"),
        (When, "[1] == tx.n", TypeMismatch, "[1]", "after `in`"),
        (When, "tx.date == \"2026-02-30\"", InvalidDateText, "\"2026-02-30\"", "not a date"),
        (When, "tx.date in [\"today\"]", InvalidDateText, "\"today\"", "not a date"),
        (When, "tx.kind == \"ap\"", ImpossibleValue, "\"ap\"", "\"app\""),
        (When, "\"phone\" != tx.kind", ImpossibleValue, "\"phone\"", "one of \"app\", \"web\", \"kiosk\""),
        (When, "tx.kind in [\"app\", \"wep\"]", ImpossibleValue, "\"wep\"", "\"web\""),
        (When, "member.tier == \"silvr\"", ImpossibleValue, "\"silvr\"", "\"silver\""),
        (When, "tx.weekday in [\"sat\", \"Sun\"]", ImpossibleValue, "\"Sun\"", "\"sun\""),
        (When, "tx.time >= \"9:00\"", ImpossibleValue, "\"9:00\"", "write \"09:00\""),
        (When, "\"9:00:30\" < tx.time", ImpossibleValue, "\"9:00:30\"", "write \"09:00:30\""),
        (When, "tx.time < \"9am\"", ImpossibleValue, "\"9am\"", "\"HH:MM\""),
        (When, "tx.time <= \"25:00\"", ImpossibleValue, "\"25:00\"", "\"HH:MM\""),
        (When, "tx.time == \"09:00\"", ImpossibleValue, "\"09:00\"", "write \"09:00:00\""),
        (When, "tx.time in [\"09:00:00\", \"noon\"]", ImpossibleValue, "\"noon\"", "\"HH:MM:SS\""),
        (When, "hlf(tx.d) > 1", UnknownName, "hlf", "half"),
        (When, "rond(tx.d, 1) > 1", UnknownName, "rond", "round"),
        (When, "half(tx.d, 1) > 1", WrongArguments, "half(tx.d, 1)", "half(x)"),
        (When, "abs(tx.d, 1) > 1", WrongArguments, "abs(tx.d, 1)", "abs(a)"),
        (When, "min(1) > 1", WrongArguments, "min(1)", "min(a, b)"),
        (When, "abs(tx.a) > 1", WrongArguments, "tx.a", "takes numbers"),
        (When, "year(tx.n) > 1", WrongArguments, "tx.n", "takes a date"),
        (When, "year(\"x\") > 1", InvalidDateText, "\"x\"", "not a date"),
        (Amount, "round(tx.d, 13)", WrongArguments, "13", "0 to 12"),
        (Amount, "round(tx.d, 1.0)", WrongArguments, "1.0", "0 to 12"),
        (When, "has(tx.n + 1)", WrongArguments, "tx.n + 1", "asks for a fact"),
        (When, "has(tx.m)", UnknownName, "tx.m", "no fact"),
        (When, "half(member.segments) > 1", WrongArguments, "member.segments", "list of texts"),
        (Amount, "if tx.n { 1 } else { 2 }", TypeMismatch, "tx.n", "`if` needs a condition"),
        (Amount, "if tx.flag { 1 } else { \"a\" }", TypeMismatch, "if tx.flag { 1 } else { \"a\" }", "one branch"),
        (When, "line.amount > 1", FactNotHere, "line.amount", "`lines` only"),
        (Lines, "line.amout > 1", UnknownName, "line.amout", "line.amount"),
        (EligibleWhen, "tx.eligible_amount > 1", FactNotHere, "tx.eligible_amount", "tx.amount"),
        (EligibleLines, "tx.eligible_amount > line.amount", FactNotHere, "tx.eligible_amount", "tx.amount"),
    ] {
        let (_, tables) = fixture.check(text, place, expectation(place));
        assert_eq!(tables.findings.len(), 1, "{text}: {:?}", tables.findings);
        let finding = &tables.findings[0];
        assert_eq!(finding.code, code, "{text}: {finding:?}");
        let span = finding.span.unwrap();
        assert_eq!(&text[span.start as usize..span.end as usize], at, "{text}: {finding:?}");
        let all = format!("{} / {}", finding.message, finding.help.clone().unwrap_or_default());
        assert!(all.contains(words), "{text}: {all}");
    }
    let (_, tables) = fixture.check("tx.kind in kinds", When, Expected::Boolean);
    assert_eq!(tables.findings[0].code, ImpossibleValue);
    assert!(tables.findings[0].help.as_ref().unwrap().contains("\"web\""));
    let two = fixture.check("tx.foo == 1 && member.bar == 2", When, Expected::Boolean);
    assert_eq!(two.1.findings.len(), 2);
}

#[test]
fn without_tiers_no_tier_can_be_held() {
    let mut fixture = Fixture::new("");
    fixture.tiers.clear();
    let (_, tables) = fixture.check("member.tier == \"gold\"", Place::When, Expected::Boolean);
    assert_eq!(tables.findings[0].code, Code::ImpossibleValue);
    let (_, tables) = fixture.check("has(member.tier)", Place::When, Expected::Boolean);
    assert!(tables.facts[0].optional);
}

#[test]
fn facts_and_sets_are_gathered_once() {
    let fixture = Fixture::new("");
    let mut checker = Checker::new(fixture.input());
    for text in ["tx.n > 1 && tx.merchant in partners", "tx.n > 2 || tx.merchant !in partners && tx.a in [\"x\"]"] {
        assert!(checker.check(&parsed(text), Place::When, Expected::Boolean).is_some());
    }
    let tables = checker.finish();
    let names: Vec<&str> = tables.facts.iter().map(|f| f.name.as_str()).collect();
    assert_eq!(names, ["tx.n", "tx.merchant", "tx.a"]);
    assert_eq!(tables.sets.iter().map(|s| s.name.as_deref()).collect::<Vec<_>>(), [Some("partners"), None]);
}

#[test]
fn functions_without_loops_become_expressions() {
    for (script, call, tree) in [
        ("fn f(a) { a * 2.0 }", "f(tx.n)", "inline[tx.n]((dec(tx.n) * 2.0))"),
        ("fn f() { 5 }", "f()", "inline[](5)"),
        ("fn f(a, b) { if a > b { a } else { b } }", "f(tx.n, 2)", "inline[tx.n, 2](if (tx.n > 2) then tx.n else 2)"),
        (
            "fn f(a) { if a >= 200.00 { return 4.00; } if a >= 80.00 { return 1.50; } 0.00 }",
            "f(tx.d)",
            "inline[tx.d](if (tx.d >= 200.0) then 4.0 else if (tx.d >= 80.0) then 1.5 else 0.0)",
        ),
        ("fn f(a) { let x = a; x }", "f(tx.n)", "inline[tx.n](tx.n)"),
        ("fn f(a) { let x = a + 1; x * x }", "f(tx.n)", "inline[tx.n](inline[(tx.n + 1)](((tx.n + 1) * (tx.n + 1))))"),
        ("fn f(a) { let x = a / 0.0; 1 }", "f(tx.d)", "inline[tx.d](inline[(tx.d / 0.0)](1))"),
        ("fn f(a) { let x = 1; x += a; x }", "f(tx.n)", "inline[tx.n](inline[(1 + tx.n)]((1 + tx.n)))"),
        (
            "fn f(a) { let x = 1; if a > 3 { x = a; } else { let x = 5; x = 6; } x }",
            "f(tx.n)",
            "inline[tx.n](if (tx.n > 3) then tx.n else 1)",
        ),
        ("fn f(a) { if a { 1 } else { 0.5 } }", "f(tx.flag)", "inline[tx.flag](if tx.flag then 1.0 else 0.5)"),
        (
            "fn f(a) { let x = if a { 1 } else { 0.5 }; x }",
            "f(tx.flag)",
            "inline[tx.flag](if tx.flag then 1.0 else 0.5)",
        ),
        (
            "fn f(a) { let x = if a { let y = 2; y } else { 3 }; x }",
            "f(tx.flag)",
            "inline[tx.flag](if tx.flag then 2 else 3)",
        ),
        ("fn f(a) { g(a) + 1 } fn g(b) { b }", "f(tx.n)", "inline[tx.n]((inline[tx.n](tx.n) + 1))"),
        (
            "fn f(a) { a in [\"x\", \"y\"] }",
            "if f(tx.a) { 1 } else { 2 }",
            "if inline[tx.a]((tx.a in {\"x\", \"y\"})) then 1 else 2",
        ),
        (
            "fn f(a, b) { a in [b, 1 % b] }",
            "if f(tx.n, tx.k) { 1 } else { 2 }",
            "if inline[tx.n, tx.k](inline[(1 % tx.k)](((tx.n == tx.k) || (tx.n == (1 % tx.k))))) then 1 else 2",
        ),
        (
            "fn f(d) { d == \"2026-01-01\" }",
            "if f(tx.date) { 1 } else { 2 }",
            "if inline[tx.date]((tx.date == 2026-01-01)) then 1 else 2",
        ),
        ("fn f(a) { let i = 0; while i < a { i += 1; } i }", "f(tx.n)", "rhai:f(tx.n)"),
        ("fn f(a) { let s = 0; for i in 0..a { s += i; } s }", "f(tx.n)", "rhai:f(tx.n)"),
        (
            "fn f(a) { g(a) + 1 } fn g(a) { for x in [1, 2] { a += x; } a }",
            "f(tx.n)",
            "inline[tx.n]((rhai:g(tx.n) + 1))",
        ),
        ("fn f(a) { let l = [1, 2]; a in l }", "if f(tx.n) { 1 } else { 2 }", "if rhai:f(tx.n) then 1 else 2"),
        ("fn f(a) { let x = 0; if a > 1 { x = if a > 2 { return 9; } else { 3 }; } x }", "f(tx.n)", "rhai:f(tx.n)"),
    ] {
        let fixture = Fixture::new(script);
        let (typed, tables) = fixture.check(call, Place::Amount, Expected::Number);
        let typed = typed.unwrap_or_else(|| panic!("{script}: {:?}", tables.findings));
        assert_eq!(show(&typed, &tables), tree, "{script}");
    }
}

#[test]
fn what_would_grow_too_large_is_run_by_rhai() {
    let mut script = String::from("fn f0(a) { a * 1.01 }");
    for level in 1..12 {
        script.push_str(&format!("fn f{level}(a) {{ f{0}(a) + f{0}(a) }}", level - 1));
    }
    let ifs = "if a > 1 { x += 1; } ".repeat(20);
    script.push_str(&format!("fn g(a) {{ let x = 0; {ifs} x }}"));
    let fixture = Fixture::new(&script);
    let (typed, tables) = fixture.check("f11(tx.d) + g(tx.n)", Place::Amount, Expected::Number);
    let text = show(&typed.unwrap(), &tables);
    assert!(text.contains("rhai:g("), "{text}");
    assert!(text.contains("rhai:f"), "{text}");
    assert!(text.len() < 100_000);
    for call in &tables.calls {
        assert!(text.contains(&format!("rhai:{}(", call.name)), "{} is in the table for nothing", call.name);
    }
}

#[test]
fn mistakes_in_functions_are_found_in_the_script() {
    use Code::*;
    for (script, call, code, at, words) in [
        ("fn f(a) { a / 2 }", "f(tx.n)", IntegerDivision, "a / 2", "called with an integer"),
        ("fn f(a) { 7 / 2 }", "1", IntegerDivision, "7 / 2", "two integers"),
        ("fn f(a) { b }", "1", UnknownName, "b", "a function sees its arguments alone"),
        ("fn f(abc) { abd }", "1", UnknownName, "abd", "abc"),
        ("fn f(a) { if a { let b = 1; } b }", "1", UnknownName, "b", "no parameter or local"),
        ("fn f(a) { a in partners }", "1", UnknownName, "partners", "where it is called"),
        ("fn f(a) { tx.amount }", "1", FactNotHere, "tx.amount", "arguments alone"),
        ("fn f(a) { has(tx.amount) }", "1", FactNotHere, "has(tx.amount)", "arguments alone"),
        ("fn f(a) { a.x }", "1", NotAllowed, "a.x", "properties"),
        ("fn f(a) { g(a) }", "1", UnknownName, "g", "no function"),
        ("fn f(a) { abs(a, a) }", "1", WrongArguments, "abs(a, a)", "2 arguments"),
        ("fn f(a) { f(a) }", "1", Recursion, "f", "calls itself"),
        ("fn f(a) { g(a) } fn g(a) { h(a) } fn h(a) { f(a) }", "f(1)", Recursion, "f", "through `g`, `h`"),
        ("fn f(a) { f(a) } fn g(a) { f(a) }", "g(1)", Recursion, "f", "calls itself"),
        ("fn min(a) { a }", "1", DuplicateFunction, "min", "built-in"),
        ("fn contains(a, b) { a }", "1", DuplicateFunction, "contains", "built-in"),
        ("fn f(a) { a } fn f(b) { b }", "f(1)", DuplicateFunction, "f", "another function"),
        ("fn f(a) { }", "f(1)", CannotType, "f", "without a value"),
        ("fn f(a) { a; }", "f(1)", CannotType, "f", "without a value"),
        ("fn f(a) { if a > 1 { return 2; } }", "f(1)", CannotType, "f", "without a value"),
        ("fn f(a) { if a > 1 { 2 } }", "f(1)", CannotType, "f", "without a value"),
        ("fn f(a) { while a > 1 { return 2; } }", "f(1)", CannotType, "f", "without a value"),
        ("fn f(a) { return; }", "f(1)", CannotType, "return", "no value"),
        ("fn f() { \"a\" + 1 }", "1", TypeMismatch, "\"a\"", "two numbers"),
        ("fn f(a) { let x = 0; x = a; x }", "f(0.5)", CannotType, "a", "began as an integer"),
        ("fn f(a) { let x = 0.0; x = 1; x }", "f(0.5)", CannotType, "1", "`1.0`"),
        ("fn f(a) { let x = 0; x += a; x }", "f(0.5)", CannotType, "a", "`0.0`"),
        (
            "fn f(a) { let x = if a > 1 { 1 } else { \"b\" }; x }",
            "f(1)",
            CannotType,
            "if a > 1 { 1 } else { \"b\" }",
            "one branch",
        ),
        ("fn f(a) { if a > 1 { 1 } else { \"b\" } }", "f(1)", CannotType, "\"b\"", "on another way"),
        ("fn f(a) { if a > 1 { return true; } 1 }", "f(1)", CannotType, "1", "on another way"),
        ("fn f(a) { if a { 1 } else { 2 } }", "f(1)", TypeMismatch, "a", "`if` needs a condition"),
        ("fn f(a) { while a { a = 1; } a }", "f(1)", TypeMismatch, "a", "`while` needs a condition"),
        ("fn f(a) { for x in a { } 1 }", "f(1)", TypeMismatch, "a", "range or an array"),
        ("fn f(a) { for x in 0..a { } 1 }", "f(1.0)", TypeMismatch, "a", "range goes from integer"),
        ("fn f(a) { for x in [1, 2.5] { } 1 }", "f(1)", CannotType, "2.5", "begins with an integer"),
        ("fn f(a) { for x in [] { } 1 }", "f(1)", CannotType, "[]", "empty"),
        ("fn f(a) { let x = [1]; x }", "f(1)", TypeMismatch, "x", "is an array"),
        ("fn f(a) { let x = [1]; f2(x) } fn f2(x) { 1 }", "f(1)", WrongArguments, "x", "array cannot be given"),
        ("fn f(a) { let x = [1]; x = 2; 1 }", "f(1)", CannotType, "x", "array cannot be assigned"),
        (
            "fn f(d) { d < \"2026-13-01\" }",
            "if f(tx.date) { 1 } else { 2 }",
            InvalidDateText,
            "\"2026-13-01\"",
            "not a date",
        ),
        (
            "fn f(a) { let x = if a > 1 { 1 } else { 0.5 }; while x > 9 { x -= 1; } x }",
            "f(1)",
            CannotType,
            "if a > 1 { 1 } else { 0.5 }",
            "an integer on one way",
        ),
        (
            "fn f(a) { let s = 0.0; for i in 0..a { s += g(i); } s } fn g(a) { if a > 1 { return 1; } 0.5 }",
            "f(1)",
            CannotType,
            "0.5",
            "an integer on one way",
        ),
    ] {
        let fixture = Fixture::new(script);
        let mut checker = Checker::new(fixture.input());
        checker.check(&parsed(call), Place::Amount, Expected::Number);
        // A second call finds nothing new.
        checker.check(&parsed(call), Place::Amount, Expected::Number);
        let tables = checker.finish();
        assert_eq!(tables.findings.len(), 1, "{script}: {:?}", tables.findings);
        let finding = &tables.findings[0];
        let span = finding.span.unwrap();
        let all = format!("{} / {}", finding.message, finding.help.clone().unwrap_or_default());
        assert_eq!(finding.code, code, "{script}: {finding:?}");
        assert_eq!(span.file, 1, "{script}: {finding:?}");
        assert!(script[span.start as usize..span.end as usize].starts_with(at), "{script}: {finding:?}");
        assert!(all.contains(words), "{script}: {all}");
    }
}

#[test]
fn calls_of_a_broken_function_are_not_complained_about() {
    let mut findings = Vec::new();
    let functions = parse_script("fn f(a) { 1 + }\nfn g(b) { f(b) + 1 }", 1, &mut findings);
    assert_eq!(findings.len(), 1);
    let fixture = Fixture { functions, ..Fixture::new("") };
    let mut checker = Checker::new(fixture.input());
    assert!(checker.check(&parsed("f(1) + g(2) + f(1, 2)"), Place::Amount, Expected::Number).is_none());
    assert_eq!(checker.finish().findings, []);
}

#[test]
fn functions_that_call_functions_end_somewhere() {
    let mut script = String::from("fn f0(a) { a }");
    for level in 1..200 {
        script.push_str(&format!("fn f{level}(a) {{ f{0}(a, 1) }} fn f{level}(a, b) {{ f{0}(a) }}", level - 1));
    }
    // Each function calls the next one with two lists of types.
    script.push_str("fn g0(a, b) { 1 }");
    for level in 1..14 {
        script.push_str(&format!("fn g{level}(a, b) {{ g{0}(a, 1) + g{0}(b, a) + g{0}(1.5, b) }}", level - 1));
    }
    let fixture = Fixture::new(&script);
    let run = move || {
        let mut checker = Checker::new(fixture.input());
        checker.check(&parsed("f199(1)"), Place::Amount, Expected::Number);
        checker.check(&parsed("g13(1, true)"), Place::Amount, Expected::Number);
        checker.finish().findings
    };
    let findings = std::thread::Builder::new().stack_size(1024 * 1024).spawn(run).unwrap().join().unwrap();
    assert!(!findings.is_empty());
    assert!(
        findings.iter().all(|f| matches!(f.code, Code::TooLarge | Code::UnknownName | Code::WrongArguments)),
        "{findings:?}"
    );
}
