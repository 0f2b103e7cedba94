//! `rewards diff` from outside: what changed, and what it costs on rows.

use std::fs;
use std::path::Path;

use crate::run::{Ran, rewards_in};

const OLD: &str = "\
program: card
currency: USD
timezone: America/New_York
base:
  - {id: groceries, when: 'tx.category == \"groceries\"', rate: 6%, up_to: {spend: 100.00, per: year}}
  - {id: rest, rate: 1%}
tiers:
  window: calendar_year
  levels:
    - {id: bronze, min_spending: 0}
    - {id: silver, min_spending: 150.00, bonus: {rate: 1%}}
points:
  earn: {points: 1, per: 1.00}
campaigns:
  - {campaign: fuel-days, type: percentage, when: 'tx.category == \"fuel\"', reward: {rate: 2%}}
";

const ROWS: &str = "\
transaction_id,user_id,amount,currency,occurred_at,category,type,original_transaction_id
t1,m1,80.00,USD,2026-03-01T10:00:00-05:00,groceries,,
t2,m1,80.00,USD,2026-03-02T10:00:00-05:00,groceries,purchase,
t3,m1,10.00,USD,2026-03-03T10:00:00-05:00,fuel,,
t4,m2,50.00,USD,2026-03-03T10:00:00-05:00,fuel,,
t5,m3,5.00,USD,2026-03-03T10:00:00-05:00,,,
r1,m1,40.00,,2026-03-04T10:00:00-05:00,,refund,t2
";

fn desk(new: &str, rows: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [("old", OLD), ("new", new)] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("program.yaml"), text).unwrap();
    }
    fs::write(folder.path().join("in.csv"), rows).unwrap();
    folder
}

fn diff(folder: &Path, more: &str) -> Ran {
    rewards_in(folder, &format!("diff old new {more}"))
}

fn changed() -> String {
    OLD.replace("spend: 100.00", "spend: 60.00").replace("rate: 2%", "rate: 3%").replace("150.00", "60.00")
}

#[test]
fn statuses_tell_whether_there_is_a_difference_only_when_asked() {
    for (new, more, status) in [
        (OLD.to_owned(), "--exit-code", 0),
        (format!("# Same.\n{OLD}"), "--exit-code", 0),
        (changed(), "", 0),
        (changed(), "--exit-code", 1),
        (OLD.replace("6%", "six"), "", 1),
    ] {
        let ran = diff(desk(&new, ROWS).path(), more);
        assert_eq!(ran.status, status, "{more}: {}{}", ran.out, ran.err);
    }
}

#[test]
fn what_a_change_costs_is_told_by_rule_member_and_purchase() {
    let folder = desk(&changed(), ROWS);
    let ran = diff(folder.path(), "--transactions in.csv");
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
    insta::assert_snapshot!("diff-costs", ran.out);
    let ran = diff(folder.path(), "--transactions in.csv --format json");
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
    insta::assert_snapshot!("diff-costs-json", ran.out);
}

/// What a run of each rule set by itself says is what the comparison says of it.
#[test]
fn both_sides_pay_what_they_pay_in_a_simulation() {
    let folder = desk(&changed(), ROWS);
    let ran = diff(folder.path(), "--transactions in.csv --format json");
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    for side in ["old", "new"] {
        let alone = rewards_in(
            folder.path(),
            &format!("simulate --rules {side} --transactions in.csv --output out.csv --format json"),
        );
        let simulated: serde_json::Value = serde_json::from_str(&alone.out).unwrap();
        assert_eq!(found["costs"]["total"][side], simulated["total"]);
        assert_eq!(found["costs"]["total"][format!("{side}_points")], simulated["points"]);
        for rule in simulated["by_rule"].as_array().unwrap() {
            let same = found["costs"]["by_rule"].as_array().unwrap().iter().find(|r| r["id"] == rule["id"]).unwrap();
            assert_eq!(same["sums"][side], rule["money"]);
        }
    }
    let costs = &found["costs"];
    let cents = |v: &serde_json::Value| v.as_str().unwrap().replace('.', "").parse::<i64>().unwrap();
    let members: i64 = ["gain", "lose", "unchanged"].iter().map(|g| cents(&costs[g]["money"])).sum();
    assert_eq!(members, cents(&costs["total"]["difference"]));
    let changes: i64 = costs["by_change"].as_array().unwrap().iter().map(|c| cents(&c["money"])).sum();
    assert_eq!(changes + cents(&costs["together"]["money"]), cents(&costs["total"]["difference"]));
}

#[test]
fn a_column_that_only_one_of_them_declares_is_read_by_that_one() {
    let new = OLD
        .replace("base:\n", "facts: {tx: {floor: {type: integer, optional: true}}}\nbase:\n")
        .replace("tx.category == \\\"fuel\\\"", "tx.floor == 2")
        .replace("tx.category == \"fuel\"", "tx.floor == 2");
    let rows = "transaction_id,user_id,amount,currency,occurred_at,tx.floor\n\
                t1,m1,100.00,USD,2026-03-01T10:00:00-05:00,2\n";
    let ran = diff(desk(&new, rows).path(), "--transactions in.csv --format json");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(found["costs"]["total"]["difference"], "2.00");
    // The campaign alone needs the fact; the fact alone pays nothing.
    assert_eq!(found["costs"]["by_change"][0]["money"], "0.00");
    assert_eq!(found["costs"]["by_change"][1]["money"], serde_json::Value::Null);
    let ran = diff(desk(OLD, rows).path(), "--transactions in.csv");
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("there is no column `tx.floor`"), "{}", ran.err);
}

#[test]
fn bad_rows_stop_or_are_set_aside_as_in_a_simulation() {
    let rows = format!("{ROWS}t9,m1,1.001,USD,2026-03-05T10:00:00-05:00,,,\n");
    let folder = desk(&changed(), &rows);
    let ran = diff(folder.path(), "--transactions in.csv");
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert!(ran.err.starts_with("error: in.csv:8: amount_precision: "), "{}", ran.err);
    let ran = diff(folder.path(), "--transactions in.csv --rejects bad.csv");
    assert_eq!(ran.status, 1);
    assert!(ran.out.contains("On 5 purchases, in USD; 1 bad row set aside"), "{}", ran.out);
    assert!(fs::read_to_string(folder.path().join("bad.csv")).unwrap().contains("\n8,amount_precision,"));
    let divides = OLD
        .replace("reward: {rate: 2%}", "reward: {amount: 1.00 / (tx.amount - 10.00)}")
        .replace("percentage", "scripted");
    let ran = diff(desk(&divides, ROWS).path(), "--transactions in.csv");
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("in.csv:4: division_by_zero: under the new rules: "), "{}", ran.err);
}

/// A row that everybody refuses says nothing of a change.
#[test]
fn rows_set_aside_leave_the_costs_of_each_change_as_they_are() {
    let earlier = "t9,m1,10.00,USD,2026-01-05T10:00:00-05:00,fuel,,\nt10,m1,1.001,USD,2026-03-05T10:00:00-05:00,,,\n";
    let folder = desk(&changed(), &format!("{ROWS}{earlier}"));
    fs::write(folder.path().join("good.csv"), ROWS).unwrap();
    let costs = |more: &str| {
        let ran = diff(folder.path(), &format!("--format json --transactions {more}"));
        let mut found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let rejected = found["costs"]["rejected"].take();
        (ran.status, rejected.as_u64(), found)
    };
    let (status, rejected, all) = costs("in.csv --rejects bad.csv");
    assert_eq!((status, rejected), (1, Some(2)));
    let (status, rejected, good) = costs("good.csv");
    assert_eq!((status, rejected), (0, Some(0)));
    assert_eq!(all, good);
}

#[test]
fn it_is_said_whose_rules_refuse_a_row_or_a_member() {
    let needs = "facts: {tx: {floor: {type: integer}}}\nbase:\n";
    let folder = desk(&OLD.replace("base:\n", needs).replace("tx.category == \"fuel\"", "tx.floor == 2"), ROWS);
    let ran = diff(folder.path(), "--transactions in.csv");
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert!(ran.err.starts_with("error: in.csv:2: missing_fact: under the new rules: "), "{}", ran.err);
    let folder = desk(&OLD.replace("id: silver", "id: gold"), ROWS);
    fs::write(folder.path().join("members.csv"), "user_id,tier\nm2,silver\n").unwrap();
    let ran = diff(folder.path(), "--transactions in.csv --members members.csv");
    assert_eq!((ran.status, ran.out.as_str()), (1, ""));
    assert!(ran.err.starts_with("error: members.csv:2: unknown_tier: under the new rules: "), "{}", ran.err);
}

/// The sums of the rules need no run of their own.
#[test]
fn many_changes_are_not_each_run_alone() {
    let campaigns = |count: usize, rate: u8| -> String {
        let one = |at| format!("  - {{campaign: c{at}, type: percentage, reward: {{rate: {rate}%}}}}\n");
        format!("{OLD}{}", (0..count).map(one).collect::<String>())
    };
    for (count, alone, said) in [(12, 12, ""), (13, 0, "13 changes are too many to run each alone (12 at most); ")] {
        let folder = desk(&campaigns(count, 2), ROWS);
        fs::write(folder.path().join("old/program.yaml"), campaigns(count, 1)).unwrap();
        let ran = diff(folder.path(), "--transactions in.csv --format json");
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert_eq!(ran.err.is_empty(), said.is_empty(), "{}", ran.err);
        assert!(ran.err.starts_with(said), "{}", ran.err);
        let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        assert_eq!(found["costs"]["by_change"].as_array().unwrap().len(), alone);
        assert_eq!(found["costs"]["together"].is_null(), alone == 0);
        let last = found["costs"]["by_rule"].as_array().unwrap().iter().find(|r| r["id"] == "c11").unwrap();
        // 1 % and 2 % of what was bought and not taken back: 225.00 - 40.00.
        assert_eq!((&last["sums"]["old"], &last["sums"]["new"]), (&"1.85".into(), &"3.70".into()));
    }
}

/// As many as are shown, the biggest first; of those as big, the earlier one.
#[test]
fn ten_purchases_are_shown_the_biggest_first() {
    let mut rows = "transaction_id,user_id,amount,currency,occurred_at\n".to_owned();
    for at in 0..14 {
        let amount = if at % 2 == 0 { 100 } else { 100 + at * 100 };
        rows.push_str(&format!("t{at},m{at},{amount}.00,USD,2026-03-01T10:00:00-05:00\n"));
    }
    let ran = diff(
        desk(&OLD.replace("rate: 1%}\ntiers", "rate: 2%}\ntiers"), &rows).path(),
        "--transactions in.csv --format json",
    );
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let ids: Vec<&str> =
        found["costs"]["biggest"].as_array().unwrap().iter().map(|b| b["transaction_id"].as_str().unwrap()).collect();
    assert!(found["costs"]["together"].is_null(), "one change meets no other");
    assert_eq!(ids, ["t13", "t11", "t9", "t7", "t5", "t3", "t1", "t0", "t2", "t4"]);
}

#[test]
fn members_begin_alike_on_both_sides_and_currencies_must_be_the_same() {
    let folder = desk(&changed(), ROWS);
    fs::write(folder.path().join("members.csv"), "user_id,tier,spending\nm2,silver,160.00\n").unwrap();
    let ran = diff(folder.path(), "--transactions in.csv --members members.csv --format json");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let silver = found["costs"]["by_rule"].as_array().unwrap().iter().find(|r| r["id"] == "silver").unwrap();
    assert_eq!(silver["sums"]["old"], "0.60");
    let ran = diff(desk(&OLD.replace("USD", "EUR"), ROWS).path(), "--transactions in.csv");
    assert_eq!(ran.status, 2);
    assert!(ran.err.contains("the currencies of the two programs"), "{}", ran.err);
}
