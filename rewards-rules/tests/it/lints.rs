//! What is suspicious in rule sets that compile, case by case, and that "never" and "always" are never wrong.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rewards_rules::RuleSet;
use rewards_rules::input::{Member, Transaction, Usage};
use rewards_rules::source::{Code, Finding};

use crate::check_cases::{expected, sources};
use crate::properties::config;

/// Each line that ends in `# R04xx` has exactly that finding, and a line without such a comment none.
#[test]
fn each_suspicion_is_told_once_and_in_its_place() {
    let mut wrong = String::new();
    for &(name, text) in CASES {
        let sources = sources(text);
        let rules = RuleSet::compile(sources.clone()).unwrap_or_else(|f| panic!("{name}: {f}"));
        let place = |f: &Finding| sources.place(f.span.unwrap()).unwrap();
        let found: BTreeSet<String> =
            rules.findings().iter().map(|f| format!("{}:{} {}", place(f).file, place(f).line, f.code)).collect();
        let expected = expected(&sources);
        if expected != found {
            wrong.push_str(&format!("{name}\n  expected {expected:?}\n  found    {found:?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

fn told(text: &str) -> String {
    RuleSet::compile(sources(text)).unwrap().findings().render(false)
}

#[test]
fn the_words_name_the_particular() {
    insta::assert_snapshot!(told(
        r#"
lists: {partners: [m1]}
facts: {tx: {floor: {type: integer, optional: true}}}
base:
  - {id: food, when: 'tx.category in ["a", "b"]', rate: 3%}
  - {id: drink, when: tx.category == "c", rate: 3%}
  - {id: a, when: tx.category == "a" && tx.amount > 5, rate: 1%}
  - {id: all, when: 'tx.category in ["a", "c"]', rate: 1%}
  - {id: floor, when: tx.floor != 3, rate: 1%}
campaigns:
  - campaign: one
    type: fixed
    min_transaction: 10.00
    when: tx.country == "US" && tx.eligible_amount >= 5
    reward: {fixed: 1.00}
    caps: {uses: {count: 2, per: month}, per_member: [{amount: 5.00, per: month}, {amount: 1.50, per: billing_cycle}]}
  - campaign: two
    type: scripted
    audience: {share: 0%}
    reward: {amount: 1.00}
  - campaign: three
    type: scripted
    reward: {amount: tx.floor * 0.10}
"#
    ));
}

const ATOMS: [&str; 22] = [
    "tx.amount > 5",
    "tx.amount <= 5",
    "tx.amount < 20.5",
    "tx.amount * 2 > 9",
    "min(tx.amount, 10.0) > 4",
    "tx.amount > spent.month",
    "tx.category == \"a\"",
    "tx.category != \"a\"",
    "tx.category in [\"a\", \"b\"]",
    "tx.category !in [\"b\", \"c\"]",
    "has(tx.category)",
    "tx.hour < 12",
    "tx.hour >= 6",
    "tx.weekday in [\"mon\", \"tue\"]",
    "tx.date < \"2026-03-10\"",
    "tx.category == member.country",
    "\"vip\" in member.segments",
    "member.purchases % 3 == 2",
    "member.purchases < 4",
    "member.purchases > 3",
    "tx.news",
    "small(tx.amount)",
];

/// Conditions of which parts exclude or imply each other now and then.
fn condition() -> impl Strategy<Value = String> {
    prop::sample::select(&ATOMS[..]).prop_map(str::to_owned).prop_recursive(4, 12, 2, |inner| {
        prop_oneof![
            3 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} && {b})")),
            2 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} || {b})")),
            1 => inner.clone().prop_map(|a| format!("!({a})")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("(if {a} {{ {b} }} else {{ {c} }})")),
        ]
    })
}

fn purchases() -> Vec<(Transaction, Member)> {
    let mut all = Vec::new();
    for amount in ["0.01", "4.51", "5", "5.01", "20.5", "100"] {
        for facts in ["", r#","category":"a","news":true"#, r#","category":"b","news":false"#, r#","category":"c""#] {
            for at in ["2026-03-02T05:59:59Z", "2026-03-09T12:00:00Z", "2026-03-11T07:00:00Z"] {
                for member in
                    [r#""purchases":2"#, r#""purchases":3,"country":"a""#, r#""purchases":5,"segments":["vip"]"#]
                {
                    let tx =
                        format!(r#"{{"id":"t","amount":"{amount}","currency":"USD","occurred_at":"{at}"{facts}}}"#);
                    let member = format!(r#"{{"id":"m",{member}}}"#);
                    all.push((Transaction::from_json(&tx).unwrap(), Member::from_json(&member).unwrap()));
                }
            }
        }
    }
    all
}

fn compiled(text: &str) -> RuleSet {
    RuleSet::compile(sources(text)).unwrap_or_else(|f| panic!("{f}"))
}

/// The place of an expression with the parentheses that it begins or ends within.
fn with_parentheses(text: &[u8], mut start: usize, mut end: usize) -> (usize, usize) {
    let count = |start: usize, end: usize, c: u8| text[start..end].iter().filter(|b| **b == c).count();
    while count(start, end, b'(') > count(start, end, b')') {
        end += 1;
    }
    while count(start, end, b'(') < count(start, end, b')') {
        start -= 1;
    }
    (start, end)
}

/// Everything but the hash of the rule set.
fn outcome(rules: &RuleSet, (tx, member): &(Transaction, Member)) -> String {
    let outcome = rules.evaluate(tx, member, &Usage::default()).unwrap().to_json();
    outcome.replace(rules.hash(), "")
}

proptest! {
    #![proptest_config(config(300))]

    /// A part that is never true may as well be false, one that always is may as well be true, and a rule that is
    /// never reached grants nothing. The rule `keep` keeps a counter when the only other mention of it is replaced.
    #[test]
    fn never_and_always_are_never_wrong(
        eligible in proptest::option::of(condition()),
        conditions in proptest::collection::vec(condition(), 4),
    ) {
        let eligible = eligible.map(|c| format!("eligible:\n  when: '{c}'\n")).unwrap_or_default();
        let [a, b, c, d] = conditions.as_slice() else { panic!("there are four") };
        let text = format!(
            "=== p.yaml\nprogram: p\ncurrency: USD\ntimezone: UTC\nfacts: {{tx: {{news: {{type: boolean, optional: \
             true}}}}}}\n{eligible}base:\n  - {{id: a, rate: 1%, when: '{a}'}}\n  - {{id: b, rate: 2%, when: '{b}'}}\n  - \
             {{id: c, rate: 3%, when: '{c}'}}\n  - {{id: keep, rate: 5%, when: 'tx.amount > spent.month && tx.currency == \"EUR\"'}}\n  - {{id: rest, rate: 4%}}\ncampaigns:\n  - {{campaign: d, type: fixed, \
             min_transaction: 5, days: [mon, wed], when: '{d}', reward: {{fixed: 1}}}}\n=== f.rhai\nfn small(x) {{ x < 5.0 }}\n"
        );
        let rules = compiled(&text);
        let purchases = purchases();
        let due: Vec<String> = purchases.iter().map(|p| outcome(&rules, p)).collect();
        for finding in rules.findings() {
            let span = finding.span.unwrap();
            let file = &rules.sources().files()[span.file as usize];
            let answer = match finding.code {
                Code::ConditionFalse => "false",
                Code::ConditionTrue => "true",
                Code::UnreachableRule | Code::NeverApplies => {
                    let id = finding.message.split('`').nth(1).unwrap();
                    let grants = format!("\"id\":\"{id}\"");
                    prop_assert!(due.iter().all(|outcome| !outcome.contains(&grants)), "{}\n{text}", finding.message);
                    continue;
                }
                _ => continue,
            };
            if file.path.ends_with(".rhai") {
                continue;
            }
            let mut changed = rules.sources().clone();
            let (start, end) = with_parentheses(&file.bytes, span.start as usize, span.end as usize);
            let (before, after) = (&file.bytes[..start], &file.bytes[end..]);
            changed.add("p.yaml", [before, answer.as_bytes(), after].concat());
            let changed = RuleSet::compile(changed).unwrap_or_else(|f| panic!("{f}"));
            for (purchase, due) in purchases.iter().zip(&due) {
                prop_assert_eq!(&outcome(&changed, purchase), due, "{}\n{}", finding.message, &text);
            }
        }
    }
}

/// The property above would be empty if nothing were found.
#[test]
fn random_conditions_have_findings() {
    use proptest::strategy::ValueTree;
    let mut runner = proptest::test_runner::TestRunner::new(config(1));
    let mut found: BTreeSet<&str> = BTreeSet::new();
    for _ in 0..200 {
        let [a, b] = [(); 2].map(|()| condition().new_tree(&mut runner).unwrap().current());
        let text = format!(
            "=== p.yaml\nprogram: p\ncurrency: USD\ntimezone: UTC\nfacts: {{tx: {{news: {{type: boolean, optional: \
             true}}}}}}\nbase:\n  - {{id: a, rate: 1%, when: '{a}'}}\n  - {{id: b, rate: 2%, when: '{b}'}}\n=== \
             f.rhai\nfn small(x) {{ x < 5.0 }}\n"
        );
        found.extend(compiled(&text).findings().iter().map(|f| f.code.as_str()));
    }
    assert!(["R0401", "R0403", "R0404"].iter().all(|code| found.contains(code)), "{found:?}");
}

const CASES: &[(&str, &str)] = &[
    ("nothing", ""),
    // R0401
    (
        "all after one without a condition",
        "base:\n  - {id: a, rate: 1%}\n  - {id: b, rate: 2%} # R0401\n  - {id: c, rate: 2%, when: tx.amount > 5} # R0401\n",
    ),
    (
        "one with a limit hides none",
        "base:\n  - {id: a, rate: 1%, up_to: {spend: 5, per: day}}\n  - {id: b, rate: 2%}\n",
    ),
    ("one with lines hides none", "base:\n  - {id: a, rate: 1%, lines: line.amount > 5}\n  - {id: b, rate: 2%}\n"),
    (
        "one that is hidden has lines",
        "base:\n  - {id: a, rate: 1%}\n  - {id: b, rate: 2%, lines: line.amount > 5} # R0401\n",
    ),
    (
        "within a set",
        "base:\n  - {id: a, rate: 1%, when: 'tx.category in [\"x\", \"y\"]'}\n  - {id: b, rate: 2%, when: tx.category == \"x\"} # R0401\n  - {id: c, rate: 2%, when: tx.category == \"z\"}\n",
    ),
    (
        "within a range",
        "base:\n  - {id: a, rate: 1%, when: tx.amount >= 5}\n  - {id: b, rate: 2%, when: tx.amount > 5.00 && tx.amount < 9} # R0401\n  - {id: c, rate: 2%, when: tx.amount > 4}\n",
    ),
    (
        "by several together",
        "base:\n  - {id: a, rate: 1%, when: tx.amount >= 5}\n  - {id: b, rate: 2%, when: tx.amount < 5}\n  - {id: c, rate: 2%} # R0401\n",
    ),
    (
        "hours of a day by several",
        "base:\n  - {id: a, rate: 1%, when: tx.hour < 12}\n  - {id: b, rate: 2%, when: tx.hour > 11}\n  - {id: c, rate: 2%, when: tx.amount > 5} # R0401\n",
    ),
    (
        "something absent escapes",
        "base:\n  - {id: a, rate: 1%, when: tx.category == \"x\"}\n  - {id: b, rate: 2%, when: has(tx.category) && tx.category != \"x\"}\n  - {id: c, rate: 2%}\n",
    ),
    // R0403
    ("two values", "base:\n  - {id: a, rate: 1%, when: tx.category == \"x\" && tx.category == \"y\"} # R0403\n"),
    ("a range of nothing", "base:\n  - {id: a, rate: 1%, when: tx.amount > 9 && tx.amount < 5} # R0403\n"),
    ("below zero", "base:\n  - {id: a, rate: 1%, when: tx.amount < 0} # R0403\n"),
    (
        "between two integers",
        "base:\n  - {id: a, rate: 1%, when: member.purchases > 3 && member.purchases < 4} # R0403\n",
    ),
    ("between two decimals", "base:\n  - {id: a, rate: 1%, when: tx.amount > 3 && tx.amount < 4}\n"),
    ("a rest that is too large", "base:\n  - {id: a, rate: 1%, when: member.purchases % 3 == 3} # R0403\n"),
    ("a rest that is not", "base:\n  - {id: a, rate: 1%, when: member.purchases % 3 == 2}\n"),
    ("a sum", "base:\n  - {id: a, rate: 1%, when: tx.amount + 5 < 5} # R0403\n"),
    (
        "the same question twice",
        "base:\n  - {id: a, rate: 1%, when: tx.amount > spent.month && !(tx.amount > spent.month)} # R0403\n",
    ),
    ("an empty list", "lists: {none: []}\nbase:\n  - {id: a, rate: 1%, when: tx.merchant in none} # R0403\n"),
    (
        "asked for and not there",
        "base:\n  - {id: a, rate: 1%, when: '!has(tx.category) && tx.category == \"x\"'} # R0403\n",
    ),
    ("an alternative", "base:\n  - {id: a, rate: 1%, when: tx.amount < 0 || tx.channel == \"web\"} # R0403\n"),
    (
        "through a function",
        "=== p.yaml\nprogram: p\ncurrency: USD\ntimezone: UTC\nbase:\n  - {id: a, rate: 1%, when: small(tx.amount) && tx.amount > 9} # R0403\n=== f.rhai\nfn small(x) { x < 5.0 }\n",
    ),
    (
        "against eligible",
        "eligible: {when: tx.country == \"US\"}\nbase:\n  - {id: a, rate: 1%, when: tx.country == \"CA\"} # R0403\n",
    ),
    (
        "against the tiers of the audience",
        "tiers: {window: lifetime, levels: [{id: x, min_spending: 0}, {id: y, min_spending: 5}]}\ncampaigns:\n  - campaign: a\n    type: fixed\n    audience: {tiers: [x]}\n    when: member.tier == \"y\" # R0403\n    reward: {fixed: 1}\n",
    ),
    (
        "against days and hours",
        "campaigns:\n  - campaign: a\n    type: fixed\n    days: [sat]\n    when: tx.weekday == \"sun\" # R0403\n    reward: {fixed: 1}\n  - campaign: b\n    type: fixed\n    hours: {from: \"10:00\", to: \"12:30\"}\n    when: tx.hour == 13 # R0403\n    reward: {fixed: 1}\n",
    ),
    (
        "hours past midnight belong to the day before",
        "campaigns:\n  - campaign: a\n    type: fixed\n    days: [sat]\n    hours: {from: \"22:00\", to: \"02:00\"}\n    when: tx.weekday == \"sun\" && tx.hour == 1\n    reward: {fixed: 1}\n",
    ),
    (
        "the tier in eligible is the one before",
        "eligible: {when: member.tier == \"x\"}\ntiers: {window: lifetime, applies: after, levels: [{id: x, min_spending: 0}, {id: y, min_spending: 5}]}\nbase:\n  - {id: a, rate: 1%, when: member.tier == \"y\"}\n",
    ),
    // R0404
    ("written out", "base:\n  - {id: a, rate: 1%, when: true} # R0404\n"),
    ("all alternatives", "base:\n  - {id: a, rate: 1%, when: tx.amount < 5 || tx.amount >= 5} # R0404\n"),
    (
        "what absence makes false is not always true",
        "base:\n  - {id: a, rate: 1%, when: tx.category == \"x\" || tx.category in [\"y\"]}\n",
    ),
    (
        "more than the minimum asks",
        "campaigns:\n  - campaign: a\n    type: fixed\n    min_transaction: 5\n    when: tx.amount > 2 # R0404\n    reward: {fixed: 1}\n",
    ),
    (
        "a refund asks again",
        "campaigns:\n  - campaign: a\n    type: fixed\n    min_transaction: 5\n    on_refund: requalify\n    when: tx.amount > 2\n    reward: {fixed: 1}\n",
    ),
    (
        "what can fail is not always true",
        "base:\n  - {id: a, rate: 1%, when: tx.amount / tx.eligible_amount >= 0 || tx.amount / tx.eligible_amount < 0}\n",
    ),
    // R0405
    (
        "a share of nobody",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, audience: {share: 0%}} # R0405\n",
    ),
    (
        "no segment",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, audience: {segments: []}} # R0405\n",
    ),
    (
        "days outside of the window",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, active: {from: 2026-05-20, to: 2026-05-22}, days: [sat]} # R0405\n",
    ),
    (
        "a night that began before the window",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, active: {from: 2026-05-20, to: 2026-05-22}, days: [tue], hours: {from: \"22:00\", to: \"02:00\"}}\n",
    ),
    (
        "a minimum above what is eligible",
        "eligible: {when: tx.amount < 5}\ncampaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, min_transaction: 10} # R0405\n",
    ),
    // R0406 to R0409
    ("an unused list", "lists:\n  a: [x] # R0406\n  b: [y]\nbase:\n  - {id: a, rate: 1%, when: tx.merchant in b}\n"),
    (
        "an unused fact",
        "facts:\n  tx:\n    a: integer # R0407\n  member:\n    a: boolean\nbase:\n  - {id: b, rate: 1%, when: member.a}\n",
    ),
    (
        "a fact that is only asked for",
        "facts: {tx: {a: {type: integer, optional: true}}}\nbase:\n  - {id: b, rate: 1%, when: has(tx.a)}\n",
    ),
    (
        "an unused pool",
        "pools:\n  a: {spend: 5, per: month} # R0408\n  b: {spend: 5, per: month}\nbase:\n  - {id: c, rate: 1%, up_to: {pool: b}}\n",
    ),
    (
        "unused functions",
        "=== f.rhai\nfn a(x) { b(x) }\nfn b(x) { x }\nfn b(x, y) { x + y } // # R0409\nfn c() { d() } // # R0409\nfn d() { 1 } // # R0409\n=== p.yaml\nprogram: p\ncurrency: USD\ntimezone: UTC\nbase:\n  - {id: r, rate: 1%, when: a(tx.amount) > 5}\n",
    ),
    // R0410
    (
        "zeros",
        "pools:\n  p: {spend: 0, per: month} # R0410\nbase:\n  - {id: a, rate: 1%, up_to: {pool: p}}\n  - {id: b, rate: 1%, up_to: {spend: 0.00, per: day}} # R0410\n  - {id: c, rate: 1%, caps: {max_percent: 0%}} # R0410\ncaps:\n  budget: 0 # R0410\n",
    ),
    // R0411
    (
        "more than the reward",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1}, caps: {per_transaction: 1.00}} # R0411\n",
    ),
    (
        "less than the reward",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 1.01}, caps: {per_transaction: 1.00}}\n",
    ),
    (
        "points",
        "campaigns:\n  - {campaign: a, type: points, reward: {points: 5}, caps: {per_transaction: 6}} # R0411\n",
    ),
    (
        "more than the limit at its rate",
        "base:\n  - {id: a, rate: 2%, up_to: {spend: 99, per: day}, caps: {per_transaction: 1.98}} # R0411\n  - {id: b, rate: 2%, up_to: {spend: 99, per: day}, caps: {per_transaction: 1.97}}\n",
    ),
    ("another is reached first", "caps:\n  per_transaction: 5 # R0411\n  per_member: {amount: 5, per: day}\n"),
    (
        "a longer period is reached first",
        "caps:\n  per_member:\n    - {amount: 5, per: week}\n    - {amount: 9, per: month} # R0411\n    - {amount: 8, per: year}\n",
    ),
    (
        "as often as it can be used",
        "campaigns:\n  - {campaign: a, type: fixed, reward: {fixed: 2}, caps: {uses: {count: 3, per: month}, per_member: {amount: 6, per: month}}} # R0411\n  - {campaign: b, type: percentage, days: [sat], reward: {rate: 2%}, caps: {uses: {count: 3, per: month}, per_member: {amount: 6, per: month}}}\n",
    ),
    ("all of the amount", "base:\n  - {id: a, rate: 2%, caps: {max_percent: 100%}} # R0411\n"),
    // R0412
    (
        "twins",
        "campaigns:\n  - {campaign: a, type: fixed, when: tx.amount > 5, reward: {fixed: 1}}\n  - {campaign: b, type: percentage, when: tx.amount > 5.0, reward: {rate: 1%}} # R0412\n  - {campaign: c, type: points, when: tx.amount > 5, reward: {points: 1}}\n  - {campaign: d, type: fixed, when: tx.amount > 6, reward: {fixed: 1}}\n  - {campaign: e, type: fixed, when: tx.amount > 5, reward: {fixed: 1}, stacking: {group: g}}\n  - {campaign: f, type: fixed, when: tx.amount > 5, reward: {fixed: 1}, days: [sat]}\n",
    ),
    // R0413
    ("turned round", "base:\n  - {id: a, rate: 1%, when: '!(tx.category == \"x\")'} # R0413\n"),
    ("not in a list", "base:\n  - {id: a, rate: 1%, when: 'tx.category !in [\"x\"]'} # R0413\n"),
    ("twice round", "base:\n  - {id: a, rate: 1%, when: '!(tx.category != \"x\")'}\n"),
    (
        "asked for",
        "base:\n  - {id: a, rate: 1%, when: has(tx.category) && tx.category != \"x\"}\n  - {id: b, rate: 1%, when: '!has(tx.mcc) || tx.mcc != \"5411\"'}\n",
    ),
    ("compared before", "base:\n  - {id: a, rate: 1%, when: 'tx.category > \"a\" && tx.category != \"x\"'}\n"),
    ("in eligible", "eligible: {when: tx.category != \"x\", lines: line.category != \"y\"}\n"),
    ("in lines", "base:\n  - {id: a, rate: 1%, lines: line.category != \"y\"} # R0413\n"),
    (
        "a boolean",
        "facts: {member: {news: {type: boolean, optional: true}}}\nbase:\n  - {id: a, rate: 1%, when: '!member.news'} # R0413\n",
    ),
    ("segments", "base:\n  - {id: a, rate: 1%, when: '\"vip\" !in member.segments'}\n"),
    (
        "in an amount",
        "facts: {tx: {size: {type: integer, optional: true}}}\ncampaigns:\n  - {campaign: a, type: scripted, reward: {amount: tx.size * 0.1}} # R0413\n  - {campaign: b, type: scripted, when: has(tx.size), reward: {amount: tx.size * 0.1}}\n  - {campaign: c, type: scripted, when: tx.amount > 5, reward: {amount: if has(tx.size) { tx.size * 0.1 } else { 0.5 }}}\n",
    ),
    // R0414
    (
        "large rates without a percent sign",
        "base:\n  - {id: a, rate: 1, when: tx.amount > 5} # R0414\n  - {id: b, rate: 0.5, when: tx.amount > 2} # R0414\n  - {id: c, rate: 0.1999, when: tx.amount > 1}\n  - {id: d, rate: 100%, caps: {max_percent: 50%}}\ntiers:\n  window: lifetime\n  levels:\n    - {id: x, min_spending: 0, bonus: {rate: 0.25}} # R0414\ncaps: {max_percent: 0.5} # R0414\n",
    ),
    // R0415
    (
        "a lowest level that asks for spending",
        "tiers: {window: lifetime, levels: [{id: x, min_spending: 0.01}, {id: y, min_spending: 5}]} # R0415\n",
    ),
];
