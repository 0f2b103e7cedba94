#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test stops at the first surprise")]

use chrono::{NaiveTime, Weekday};

use crate::source::{Finding, Findings, Sources};
use crate::syntax::expression::ExprKind;
use crate::syntax::read::read;
use crate::syntax::written::*;
use crate::value::{Duration, Exact, Period, RoundingAt, RoundingMode};

mod wrong_files;

pub(super) fn sources(files: &[(&str, &str)]) -> Sources {
    let mut sources = Sources::default();
    for (path, text) in files {
        sources.add(*path, *text);
    }
    sources
}

fn read_one(text: &str) -> (RuleFiles, Vec<Finding>) {
    read(&sources(&[("rules.yaml", text)]))
}

fn read_well(text: &str) -> RuleFiles {
    let sources = sources(&[("rules.yaml", text)]);
    let (files, findings) = read(&sources);
    assert!(findings.is_empty(), "{}", Findings::new(sources, findings));
    assert_eq!(files.unread, Unread::default());
    files
}

fn x(text: &str) -> Exact {
    text.parse().unwrap()
}

const EVERYDAY_CARD: &str = r#"
program: everyday-card
name: Everyday card
currency: USD
timezone: America/New_York
rounding: half_even
facts:
  tx:
    basket_size: integer
    channel_detail: {one_of: [app, web, kiosk], optional: true}
    floor: {type: integer, optional: true}
  member:
    newsletter: boolean
lists:
  partners: [m0001, m0002, m0003]
  cash_like: ["4829", "6010", "6011", "6051"]
  mixed: [0742, 742, -3, 0.50, yes]
eligible:
  when: tx.mcc !in cash_like
  lines: line.category != "gift_card"
pools:
  choice: {spend: 2500.00, per: quarter}
base:
  - id: groceries
    when: tx.category == "groceries"
    rate: 6%
    up_to: {spend: 6000.00, per: year}
  - id: dining-fuel
    when: tx.category in ["dining", "fuel"]
    rate: 3%
    caps: {per_transaction: 20.00}
  - {id: choice-online, when: 'tx.category == "online"', rate: 3%, up_to: {pool: choice}}
  - id: fuel-by-amount
    slabs: [{up_to: 50.00, rate: 1%}, {up_to: 200.00, rate: 2%}, {rate: 3%}]
  - id: everything-else
    rate: 1%
tiers:
  window: calendar_year
  grace_days: 30
  soft_landing: true
  applies: before
  refund: immediate
  levels:
    - id: bronze
      min_spending: 0
    - id: gold
      min_spending: 5000.00
      bonus: {multiplier: 1.5}
      points_multiplier: 2
      upgrade_points: 500
      benefits: [free_delivery]
      caps: {per_member: {amount: 100.00, per: month}}
caps:
  per_transaction: 50.00
  max_percent: 10%
  per_member: [{amount: 60.00, per: day}, {amount: 200.00, per: month}]
  budget: 1000000.00
  cut: last_first
points:
  earn: {points: 1, per: 1.00}
  decimals: 0
  expires_after: 12 months
  activation_delay: 14 days
  caps:
    per_member: {points: 10000, per: month}
redemption:
  options:
    - id: cash
      type: cash
      value: {points: 100, cash: 1.00}
      min_points: 500
      step: 100
      caps: {per_member: {points: 50000, per: day}}
      tiers: [silver, gold]
campaigns:
  - campaign: extra-points
    type: points
    reward: {points: 100}
    caps: {per_member: {points: 1000, per: campaign}, budget: 100000}
"#;

const WEEKEND_DINING: &str = r#"
campaign: weekend-dining
name: Weekend dining
funded_by: restaurants-association
type: percentage
priority: 10
active: {from: 2026-01-01, to: 2026-03-31T18:00:00+02:00}
days: [sat, sun]
hours: {from: 17:00, to: "24:00"}
audience: {tiers: [gold], segments: [foodies], enrolled: true, share: 50%}
when: !has(tx.floor) && tx.category == "dining"
min_transaction: 20.00
reward: {rate: 2%, up_to: {spend: 500.00, per: month}}
caps:
  per_transaction: 10.00
  per_member: {amount: 50.00, per: month}
  uses: {count: 4, per: month}
  budget: "100000.00"
  on_exceed: skip
stacking: {group: dining}
on_refund: requalify
---
campaign: scripted
type: scripted
reward: {amount: f(tx.amount, 0.002) + 1.00}
stacking: {exclusive: true}
"#;

#[test]
fn a_program_is_read() {
    let files = read_well(EVERYDAY_CARD);
    let program = &files.programs[0];
    assert_eq!(program.id.value, "everyday-card");
    assert_eq!(program.rounding_mode.as_ref().unwrap().value, RoundingMode::HalfEven);
    assert_eq!(program.facts.len(), 4);
    assert!(matches!(&program.facts[1].kind, FactKind::OneOf(values) if values.len() == 3));
    assert!(program.facts[2].optional && program.facts[2].kind == FactKind::Integer);
    let mixed: Vec<_> = program.lists[2].members.iter().map(|m| m.kind.clone()).collect();
    assert_eq!(
        mixed,
        [
            ExprKind::Text("0742".into()),
            ExprKind::Integer(742),
            ExprKind::Integer(-3),
            ExprKind::Decimal(x("0.5")),
            ExprKind::Text("yes".into())
        ]
    );
    assert!(program.eligible_when.is_some() && program.eligible_lines.is_some());
    assert_eq!(program.pools[0].per.value, Period::Quarter);
    assert_eq!(program.base.len(), 5);
    assert_eq!(program.base[0].rate.as_ref().unwrap().value, x("0.06"));
    assert!(matches!(&program.base[2].up_to, Some(UpTo::Pool(id)) if id.value == "choice"));
    assert_eq!(program.base[3].slabs.as_ref().unwrap().value.len(), 3);
    let tiers = program.tiers.as_ref().unwrap();
    assert_eq!(tiers.window.as_ref().unwrap().value, TierWindow::CalendarYear);
    assert!(tiers.soft_landing && tiers.refund_immediate && !tiers.applies_after);
    assert_eq!(tiers.levels[1].bonus.as_ref().unwrap().multiplier.as_ref().unwrap().value, x("1.5"));
    assert_eq!(program.caps.as_ref().unwrap().per_member.len(), 2);
    let points = program.points.as_ref().unwrap();
    assert_eq!(points.expires_after.as_ref().unwrap().value, Duration::Months(12));
    assert_eq!(points.activation_delay.as_ref().unwrap().value, Duration::Days(14));
    assert_eq!(program.redemption[0].tiers.as_ref().unwrap().len(), 2);
    assert_eq!(files.campaigns[0].caps.as_ref().unwrap().per_member[0].points.as_ref().unwrap().value, x("1000"));
}

#[test]
fn a_campaign_is_read() {
    let files = read_well(WEEKEND_DINING);
    let campaign = &files.campaigns[0];
    assert_eq!(campaign.kind.as_ref().unwrap().value, CampaignKind::Percentage);
    assert!(matches!(campaign.from.as_ref().unwrap().value, Bound::Date(d) if d.to_string() == "2026-01-01"));
    let Bound::Instant(to) = campaign.to.as_ref().unwrap().value else { panic!() };
    assert_eq!(to.to_rfc3339(), "2026-03-31T16:00:00+00:00");
    assert_eq!(campaign.days.as_ref().unwrap().value, [Weekday::Sat, Weekday::Sun]);
    let hours = campaign.hours.as_ref().unwrap();
    assert_eq!((hours.from.value, hours.to.value), (NaiveTime::from_hms_opt(17, 0, 0).unwrap(), None));
    assert_eq!(campaign.audience.as_ref().unwrap().share.as_ref().unwrap().value, x("0.5"));
    let caps = campaign.caps.as_ref().unwrap();
    assert_eq!(caps.uses.as_ref().unwrap().count.value, 4);
    assert_eq!(caps.budget.as_ref().unwrap().value, x("100000"));
    assert!(campaign.requalify);
    assert!(files.campaigns[1].exclusive.as_ref().unwrap().value);
    assert!(files.campaigns[1].reward.as_ref().unwrap().amount.is_some());
}

#[test]
fn campaigns_stand_in_order_of_declaration() {
    let reward = "type: fixed, reward: {fixed: 1.00}";
    let list = format!("campaigns:\n  - {{campaign: c2, {reward}}}\n  - {{campaign: c1, {reward}}}\n");
    let two = format!("{{campaign: a2, {reward}}}\n---\n{{campaign: a1, {reward}}}\n");
    let beside = format!("program: p\ncurrency: USD\ntimezone: UTC\ncampaigns: [{{campaign: b1, {reward}}}]\n");
    let sources = sources(&[
        ("c.yaml", &list),
        ("a/x.yaml", &two),
        ("b.yaml", &beside),
        ("b.test.yaml", "not: [read"),
        ("f.rhai", "fn f() { 1 }"),
        ("README.md", "no rules: ["),
    ]);
    let (files, findings) = read(&sources);
    assert_eq!(findings, []);
    let ids: Vec<_> = files.campaigns.iter().map(|c| c.id.value.as_str()).collect();
    assert_eq!(ids, ["a2", "a1", "b1", "c2", "c1"]);
    assert_eq!(files.scripts.len(), 1);
    assert_eq!((files.scripts[0].file, files.campaigns[2].id.span.file), (5, 3));
}

#[test]
fn one_rate_has_several_spellings() {
    for (text, value) in [
        ("6%", Some("0.06")),
        ("6.0 %", Some("0.06")),
        ("\"6%\"", Some("0.06")),
        ("0.06", Some("0.06")),
        ("'0.060000000000'", Some("0.06")),
        ("0.00000001", Some("0.00000001")),
        ("0.000001%", Some("0.00000001")),
        ("0", Some("0")),
        ("0.000000001", None),
        ("0.0000001%", None),
        ("-1%", None),
        ("+1%", None),
        ("1e-3", None),
        ("6,5%", None),
        (".5%", None),
        ("'%'", None),
        ("6 percent", None),
        ("10001%", None),
        ("99999999999999999999999999999999999999999%", None),
        ("[6%]", None),
        ("", None),
    ] {
        let (files, findings) =
            read_one(&format!("base:\n  - id: a\n    rate: {text}\nprogram: p\ncurrency: USD\ntimezone: UTC\n"));
        let rate = files.programs[0].base[0].rate.as_ref().map(|r| r.value);
        assert_eq!(rate, value.map(x), "{text}");
        assert_eq!(findings.len(), usize::from(value.is_none()), "{text}: {findings:?}");
    }
}

/// Reads `KEY: TEXT` into a campaign; the codes of what was found.
fn in_campaign(key: &str, text: &str) -> (Option<Campaign>, Vec<&'static str>) {
    let reward = if key == "reward" { "" } else { "reward: {fixed: 1.00}\n" };
    let (files, findings) = read_one(&format!("campaign: c\ntype: fixed\n{reward}{key}: {text}\n"));
    (files.campaigns.into_iter().next(), findings.iter().map(|f| f.code.as_str()).collect())
}

#[test]
fn times_and_numbers_have_one_spelling() {
    for (key, text, codes) in [
        ("active", "{from: 2026-02-29}", vec!["R0108"]),
        ("active", "{from: 2026-2-9}", vec!["R0108"]),
        ("active", "{from: 2026-02-28T10:00:00}", vec!["R0108"]),
        ("active", "{from: 2026-02-28T10:00}", vec!["R0108"]),
        ("active", "{from: 2026-02-28T10:00:00Z, to: \"2026-03-01T00:00:00.5+05:30\"}", vec![]),
        ("active", "{from: tomorrow}", vec!["R0108"]),
        ("hours", "{from: 8:00, to: 24:00}", vec!["R0108"]),
        ("hours", "{from: 24:00, to: \"25:00\"}", vec!["R0108", "R0108"]),
        ("hours", "{from: 08:00, to: 12:60}", vec!["R0108"]),
        ("hours", "{from: 1020, to: \"12:00\"}", vec!["R0108"]),
        ("hours", "{from: \"22:00\"}", vec!["R0102"]),
        ("days", "[mon, tues]", vec!["R0104"]),
        ("days", "mon", vec!["R0103"]),
        ("priority", "1.5", vec!["R0105"]),
        ("priority", "99999999999999999999", vec!["R0107"]),
        ("priority", "-5", vec![]),
        ("min_transaction", "-5", vec!["R0107"]),
        ("min_transaction", "1,000.00", vec!["R0105"]),
        ("min_transaction", "1000000000000000.01", vec!["R0107"]),
        ("min_transaction", "20 USD", vec!["R0105"]),
        ("min_transaction", "\"20.00\"", vec![]),
        ("audience", "{share: 101%}", vec!["R0107"]),
        ("audience", "{enrolled: yes}", vec!["R0104"]),
        ("reward", "{multiplier: 0.5}", vec!["R0107"]),
        ("reward", "{multiplier: 1.123456789}", vec!["R0106"]),
        ("reward", "{rate: 1%, fixed: 2.00}", vec!["R0311"]),
        ("reward", "{}", vec!["R0102"]),
        ("reward", "{up_to: {pool: x}}", vec!["R0102", "R0101", "R0102", "R0102"]),
        ("caps", "{uses: {count: 4}}", vec![]),
        ("caps", "{per_member: {points: 4, per: day}}", vec!["R0311"]),
        ("caps", "{per_member: {amount: 4, per: dya}}", vec!["R0104"]),
        ("caps", "{cut: last_first}", vec!["R0101"]),
        ("when", "", vec!["R0103"]),
        ("when", "[a, b]", vec!["R0103"]),
        ("when", "\"\\La\"", vec!["R0201"]),
        ("lines", "&a b", vec!["R0005"]),
        ("name", "NO", vec![]),
        ("name", "12", vec![]),
        ("name", "~", vec!["R0103"]),
    ] {
        assert_eq!(in_campaign(key, text).1, codes, "{key}: {text}");
    }
}

#[test]
fn durations_are_days_or_months() {
    for (text, length) in [
        ("1 day", Some(Duration::Days(1))),
        ("14 days", Some(Duration::Days(14))),
        ("2 weeks", Some(Duration::Days(14))),
        ("\"1 month\"", Some(Duration::Months(1))),
        ("2 years", Some(Duration::Months(24))),
        ("0 days", Some(Duration::Days(0))),
        ("14", None),
        ("14days", None),
        ("-1 days", None),
        ("1.5 years", None),
        ("99999999999 days", None),
        ("4000000000 years", None),
        ("P1Y", None),
    ] {
        let (files, findings) =
            read_one(&format!("program: p\ncurrency: USD\ntimezone: UTC\npoints: {{expires_after: {text}}}"));
        let read = files.programs[0].points.as_ref().unwrap().expires_after.as_ref().map(|d| d.value);
        assert_eq!(read, length, "{text}");
        assert_eq!(findings.len(), usize::from(length.is_none()));
    }
}

#[test]
fn each_block_has_its_own_caps() {
    let program = |rest: &str| format!("program: p\ncurrency: USD\ntimezone: UTC\n{rest}");
    let money = "per_transaction: 1, max_percent: 1%, per_member: {amount: 1, per: day}";
    let points = "per_transaction: 1, per_member: {points: 1, per: day}";
    for (text, unknown) in [
        (program(&format!("caps: {{{money}, budget: 1, cut: proportional, on_exceed: cut, uses: {{count: 1}}}}")), 1),
        (
            program(&format!(
                "base: [{{id: a, rate: 1%, caps: {{{money}, budget: 1, on_exceed: cut, cut: proportional}}}}]"
            )),
            1,
        ),
        (
            program(&format!(
                "tiers: {{window: lifetime, levels: [{{id: a, min_spending: 0, caps: {{{money}, cut: last_first, on_exceed: skip, budget: 1}}}}]}}"
            )),
            1,
        ),
        (program(&format!("points: {{caps: {{{points}, budget: 1, max_percent: 1%, on_exceed: cut}}}}")), 3),
        (
            format!(
                "{{campaign: c, type: fixed, reward: {{fixed: 1}}, caps: {{{money}, budget: 1, uses: {{count: 1}}, cut: last_first}}}}"
            ),
            1,
        ),
        (
            format!(
                "{{campaign: c, type: points, reward: {{points: 1}}, caps: {{{points}, budget: 1, uses: {{count: 1}}, max_percent: 1%}}}}"
            ),
            1,
        ),
    ] {
        let (_, findings) = read_one(&text);
        assert_eq!(findings.len(), unknown, "{text}: {findings:?}");
        assert!(findings.iter().all(|f| f.code.as_str() == "R0101"), "{text}");
    }
}

#[test]
fn a_value_of_another_kind_is_told_what_is_due() {
    let program = |rest: &str| format!("program: p\ncurrency: USD\ntimezone: UTC\n{rest}");
    let campaign = |rest: &str| format!("campaign: c\ntype: fixed\nreward: {{fixed: 1}}\n{rest}");
    for (text, code, message, help) in [
        (
            campaign("caps: {uses: 1}"),
            "R0103",
            "a mapping is due here, and this is a single value",
            "it has the keys `count` and `per`",
        ),
        (
            campaign("stacking: dining"),
            "R0103",
            "a mapping is due here, and this is a single value",
            "it has the keys `group` and `exclusive`",
        ),
        (
            program("tiers: [{id: a, min_spending: 0}]"),
            "R0103",
            "a mapping is due here, and this is a list",
            "it has the keys `window`, `grace_days`, `soft_landing`, `applies`, `refund` and `levels`",
        ),
        (
            program("base: [1%]"),
            "R0103",
            "a base rule is due here, and this is a single value",
            "it has the keys `id`, `when`, `lines`, `rate`, `slabs`, `up_to` and `caps`",
        ),
        (
            program("tiers: {window: year, levels: [{id: a, min_spending: 0}]}"),
            "R0104",
            "unknown word `year`",
            "it is `calendar_year` or `lifetime`, or {rolling_months: 12}",
        ),
        (campaign("active: {from: 2026-05-32}"), "R0108", "there is no date `2026-05-32`", "May has 31 days"),
        (
            campaign("caps: {budget: {amount: 100, per: month}}"),
            "R0103",
            "an amount is due here, and this is a mapping",
            "a budget has no period: it is one amount for all members together, and never starts again",
        ),
    ] {
        let (_, findings) = read_one(&text);
        let told: Vec<_> =
            findings.iter().map(|f| (f.code.as_str(), f.message.as_str(), f.help.as_deref().unwrap_or(""))).collect();
        assert_eq!(told, [(code, message, help)], "{text}");
    }
}

#[test]
fn what_could_not_be_read_is_not_missed() {
    let (files, findings) = read_one(
        "program: p\ncurency: USD\ntimezone: UTC\nfacts: {tx: {floor: intger}}\nlists: {partners: m1}\npools: {a: {spend: x, per: day}}\nrounding: {mode: half_evn, at: total}\n",
    );
    let codes: Vec<_> = findings.iter().map(|f| f.code.as_str()).collect();
    assert_eq!(codes, ["R0101", "R0104", "R0104", "R0103", "R0105"]);
    assert!(!files.unread.documents);
    assert_eq!(files.unread.names, ["tx.floor", "partners", "a"]);
    assert_eq!(files.programs[0].rounding_at.as_ref().unwrap().value, RoundingAt::Total);
    assert!(files.unread.may_define("partners") && !files.unread.may_define("friends"));
    assert!(read_one("campaign: [").0.unread.documents);
}

#[test]
fn expressions_know_their_place() {
    let text = "# é\neligible:\n  when: 'tx.mcc == \"1\"'\n  lines: >-\n    line.sku\n    == \"b\"\nprogram: p\ncurrency: USD\ntimezone: UTC\n";
    let program = &read_well(text).programs[0];
    let when = program.eligible_when.as_ref().unwrap();
    assert_eq!((when.to_string().as_str(), when.span.start), ("tx.mcc == \"1\"", 24));
    assert_eq!(&text[when.span.start as usize..when.span.end as usize], "tx.mcc == \"1\"");
    assert_eq!(program.eligible_lines.as_ref().unwrap().to_string(), "line.sku == \"b\"");
}

#[test]
fn expressions_know_their_place_behind_escapes_and_in_folded_blocks() {
    let last = "tx.mcc";
    for written in [
        r#""tx.category == \"ä\" && tx.mcc == \"1\"""#,
        r#""tx.category == \"\u00e4\x41\U0001F600\" && tx.mcc == \"1\"""#,
        r#""tx.category == \"a\\\\b\" && tx.mcc == \"1\"""#,
        "'tx.category == \"it''s\" && tx.mcc == \"1\"'",
        "\"tx.category == \\\"é\\\"\n     && tx.mcc == \\\"1\\\"\"",
        "\"tx.category == \\\n    \\\"é\\\" && tx.mcc == \\\"1\\\"\"",
        ">-\n    tx.category == \"é\"\n    && tx.mcc == \"1\"",
        "|\n    tx.category == \"é\"\n    && tx.mcc == \"1\"\n",
    ] {
        let text = format!("program: p\ncurrency: USD\ntimezone: UTC\neligible:\n  when: {written}\n");
        let when = read_well(&text).programs[0].eligible_when.clone().unwrap();
        let ExprKind::Binary(_, _, right) = &when.kind else { panic!("{when}") };
        let ExprKind::Binary(_, fact, one) = &right.kind else { panic!("{when}") };
        assert_eq!(&text[fact.span.start as usize..fact.span.end as usize], last, "{text}");
        let one = &text[one.span.start as usize..one.span.end as usize];
        assert!(one == "\"1\"" || one == "\\\"1\\\"", "`{one}` in {text}");
    }
}

#[test]
fn the_shipped_rules_are_read() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../rules");
    let mut folders = vec![root];
    let mut sources = Sources::default();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.add(path.to_str().unwrap(), std::fs::read(&path).unwrap());
            }
        }
    }
    let (files, findings) = read(&sources);
    assert!(findings.is_empty(), "{}", Findings::new(sources, findings));
    assert!(!files.programs.is_empty());
}
