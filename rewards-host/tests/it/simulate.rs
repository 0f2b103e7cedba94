//! `rewards simulate` from outside: rows, refunds, bad rows, files that appear whole or not at all.

use std::fs;
use std::path::Path;

use crate::run::{Ran, rewards_in};

const PROGRAM: &str = "\
program: card
currency: USD
timezone: America/New_York
facts:
  tx: {floor: {type: integer, optional: true}}
  member: {staff: {type: boolean, optional: true}}
base:
  - {id: groceries, when: 'tx.category == \"groceries\"', rate: 6%, up_to: {spend: 100.00, per: year}}
  - {id: rest, rate: 1%}
tiers:
  window: calendar_year
  levels:
    - {id: bronze, min_spending: 0}
    - {id: silver, min_spending: 150.00, bonus: {rate: 1%}, upgrade_points: 50}
points:
  earn: {points: 1, per: 1.00}
campaigns:
  - {campaign: staff-day, type: fixed, when: member.staff, reward: {fixed: 1.00}, caps: {uses: {count: 1, per: day}}}
";

const HEAD: &str = "transaction_id,user_id,amount,currency,occurred_at,category,type,original_transaction_id\n";

/// A folder with the program and a file of transactions.
fn folder(transactions: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("rules")).unwrap();
    fs::write(folder.path().join("rules/program.yaml"), PROGRAM).unwrap();
    fs::write(folder.path().join("in.csv"), transactions).unwrap();
    folder
}

fn simulate(folder: &Path, more: &str) -> Ran {
    rewards_in(folder, &format!("simulate --rules rules --transactions in.csv {more}"))
}

fn rows(text: &str) -> Ran {
    simulate(folder(text.as_bytes()).path(), "")
}

#[test]
fn state_carries_over_from_row_to_row() {
    let ran = rows(&format!(
        "{HEAD}\
         t1,m1,80.00,USD,2026-03-01T10:00:00-05:00,groceries,,\n\
         t2,m1,80.00,USD,2026-03-02T10:00:00-05:00,groceries,purchase,\n\
         t2,m1,80.0,USD,2026-03-02T15:00:00Z,groceries,purchase,\n\
         t3,m1,10.00,USD,2026-03-03T10:00:00-05:00,fuel,,\n\
         t4,m2,5.00,USD,2026-03-03T10:00:00-05:00,,,\n\
         r1,m1,40.00,,2026-03-04T10:00:00-05:00,,refund,t2\n"
    ));
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert_eq!(
        ran.out,
        "transaction_id,user_id,base,loyalty,campaign,total,points,rules\n\
         t1,m1,4.80,0.00,0.00,4.80,80,groceries=4.80;earn=80p\n\
         t2,m1,1.80,0.00,0.00,1.80,130,groceries=1.20;rest=0.60;earn=80p;upgrade=50p\n\
         t3,m1,0.10,0.10,0.00,0.20,10,rest=0.10;silver=0.10;earn=10p\n\
         t4,m2,0.05,0.00,0.00,0.05,5,rest=0.05;earn=5p\n\
         r1,m1,-0.90,0.00,0.00,-0.90,-40,groceries=-0.60;rest=-0.30;earn=-40p\n"
    );
    assert!(ran.err.contains("4 purchases, 1 refund, 1 repeated, 0 rejected; 2 members, 2 of them reached"));
}

#[test]
fn a_bad_row_stops_with_its_line_and_reason() {
    for (row, code) in [
        ("t1,m1,80.00,USD,2026-03-05T10:00:00-05:00,groceries,,", "id_conflict"),
        ("t9,m1,1.001,USD,2026-03-05T10:00:00-05:00,groceries,,", "amount_precision"),
        ("t9,m1,-1,USD,2026-03-05T10:00:00-05:00,groceries,,", "amount_negative"),
        ("t9,m1,1e3,USD,2026-03-05T10:00:00-05:00,groceries,,", "wrong_type"),
        ("t9,m1,1,EUR,2026-03-05T10:00:00-05:00,groceries,,", "currency_mismatch"),
        ("t9,m1,1,USD,2026-03-05T10:00:00,groceries,,", "missing_offset"),
        ("t9,m1,1,USD,2026-02-28T10:00:00-05:00,groceries,,", "out_of_order"),
        ("t 9,m1,1,USD,2026-03-05T10:00:00-05:00,groceries,,", "invalid_id"),
        ("t9,,1,USD,2026-03-05T10:00:00-05:00,groceries,,", "missing_fact"),
        ("t9,m1,1,USD,2026-03-05T10:00:00-05:00,groceries", "invalid_syntax"),
        ("t9,m1,1,USD,2026-03-05T10:00:00-05:00,,return,t1", "wrong_type"),
        ("r9,m1,1,USD,2026-03-05T10:00:00-05:00,,refund,t0", "refund_unknown_purchase"),
        ("r9,m2,1,USD,2026-03-05T10:00:00-05:00,,refund,t1", "refund_wrong_member"),
        ("r9,m1,90,USD,2026-03-05T10:00:00-05:00,,refund,t1", "refund_exceeds_purchase"),
    ] {
        let text = format!("{HEAD}t1,m1,10.00,USD,2026-03-01T10:00:00-05:00,fuel,,\n{row}\n");
        let folder = folder(text.as_bytes());
        let ran = simulate(folder.path(), "--output out.csv");
        assert_eq!(ran.status, 1, "{row}");
        assert!(ran.err.starts_with(&format!("error: in.csv:3: {code}: ")), "{row}: {}", ran.err);
        assert!(!folder.path().join("out.csv").exists(), "nothing half done is left behind");

        let ran = simulate(folder.path(), "--output out.csv --rejects bad.csv");
        assert_eq!(ran.status, 1, "{row}");
        let rejects = fs::read_to_string(folder.path().join("bad.csv")).unwrap();
        assert!(rejects.starts_with("line,code,reason,transaction_id,"), "{rejects}");
        assert!(rejects.contains(&format!("\n3,{code},")), "{rejects}");
        assert_eq!(fs::read_to_string(folder.path().join("out.csv")).unwrap().lines().count(), 2);
    }
}

#[test]
fn a_row_that_is_not_text_is_a_bad_row() {
    let mut text = format!("{HEAD}t1,m1,10.00,USD,2026-03-01T10:00:00-05:00,").into_bytes();
    text.extend(b"\xff\xfe,,\n");
    let ran = simulate(folder(&text).path(), "");
    assert_eq!((ran.status, ran.err.contains("in.csv:2: invalid_syntax")), (1, true), "{}", ran.err);
}

/// What stands behind a quotation mark that nothing closes is not lost without a word, however many cells there are.
#[test]
fn a_quotation_mark_that_is_not_closed_is_told() {
    let head = "transaction_id,user_id,amount,currency,occurred_at,channel,category\n";
    let row = |id: &str, rest: &str| format!("{id},m1,10.00,USD,2026-03-01T10:00:00-05:00,{rest}");
    let ran = |rows: &[String]| simulate(folder(format!("{head}{}", rows.concat()).as_bytes()).path(), "");
    let never = "in.csv:3: invalid_syntax: a quotation mark that opens in this row is never closed: the 2 lines from";
    let wrong =
        "in.csv:3: invalid_syntax: this row has 8 cells, the header has 7; it goes over 2 lines: is a quotation";
    for (second, third, said) in
        [(",\"a\n", ",\n", never), ("\"a,\n", ",\n", never), ("\"a,\n", ",\"\"", never), ("\"a,\n", "\",b,c\n", wrong)]
    {
        let ran = ran(&[row("t1", ",\n"), row("t2", second), row("t3", third)]);
        assert_eq!((ran.status, ran.err.contains(said)), (1, true), "{second}{third}{}", ran.err);
    }
    for category in ["\"a\nb\"", "\"a\n\"\"b\"\"\"", "\"a\"\"\n\"", "\"\n\"\"\""] {
        for end in ["\n", "", "\r\n\r\n"] {
            let ran = ran(&[row("t1", ",\n"), row("t2", &format!(",{category}{end}"))]);
            assert_eq!(ran.status, 0, "{category}{}", ran.err);
        }
    }
}

#[test]
fn columns_are_known_by_name() {
    for (header, said) in [
        ("transaction_id,user_id,amount,currency,occurred_at,categry", "did you mean `category`?"),
        ("transaction_id,user_id,amount,currency", "the column `occurred_at` is missing"),
        ("transaction_id,user_id,amount,currency,occurred_at,amount", "the column `amount` stands twice"),
    ] {
        let ran = rows(&format!("{header}\n"));
        assert_eq!(ran.status, 1, "{header}");
        assert!(ran.err.contains(said), "{header}: {}", ran.err);
    }
}

#[test]
fn a_row_may_bring_facts_and_a_tier_of_its_own() {
    let ran = rows(
        "transaction_id,user_id,amount,currency,occurred_at,tier,tx.floor,member.staff,items\n\
         t1,m1,200.00,USD,2026-03-01T10:00:00-05:00,silver,3,true,\"[{\"\"sku\"\": \"\"a\"\", \"\"amount\"\": \"\"1.00\"\"}]\"\n\
         t2,m1,10.00,USD,2026-03-01T11:00:00-05:00,,,,\n\
         t3,m1,10.00,USD,2026-03-01T12:00:00-05:00,,,true,\n\
         t4,m1,10.00,USD,2026-03-02T12:00:00-05:00,,,true,\n",
    );
    assert_eq!(ran.status, 0, "{}", ran.err);
    let lines: Vec<&str> = ran.out.lines().skip(1).collect();
    // The row's own tier pays its bonus and upgrades nobody, though its spending counts: t2 is what reaches silver.
    assert_eq!(
        lines,
        [
            "t1,m1,2.00,2.00,1.00,5.00,200,rest=2.00;silver=2.00;staff-day=1.00;earn=200p",
            "t2,m1,0.10,0.00,0.00,0.10,60,rest=0.10;earn=10p;upgrade=50p",
            "t3,m1,0.10,0.10,0.00,0.20,10,rest=0.10;silver=0.10;earn=10p",
            "t4,m1,0.10,0.10,1.00,1.20,10,rest=0.10;silver=0.10;staff-day=1.00;earn=10p",
        ]
    );
}

#[test]
fn members_begin_with_what_their_file_says() {
    let text =
        format!("{HEAD}t1,m1,10.00,USD,2026-03-01T10:00:00-05:00,,,\nt2,m2,10.00,USD,2026-03-01T10:00:00-05:00,,,\n");
    let folder = folder(text.as_bytes());
    fs::write(folder.path().join("members.csv"), "user_id,tier,spending,member.staff\nm1,silver,160.00,true\n")
        .unwrap();
    let ran = simulate(folder.path(), "--members members.csv");
    assert_eq!(ran.status, 0, "{}", ran.err);
    assert!(ran.out.contains("t1,m1,0.10,0.10,1.00,1.20,10,"), "{}", ran.out);
    assert!(ran.out.contains("t2,m2,0.10,0.00,0.00,0.10,10,"), "{}", ran.out);
    for (file, said) in [
        ("user_id\nm1\nm1\n", "members.csv:3: id_conflict"),
        ("user_id,tier\nm1,platinum\n", "members.csv:2: unknown_tier"),
        ("tier\nsilver\n", "members.csv:1: missing_fact"),
        ("user_id,billing_day\nm1,32\n", "members.csv:2: wrong_type"),
    ] {
        fs::write(folder.path().join("members.csv"), file).unwrap();
        let ran = simulate(folder.path(), "--members members.csv");
        assert_eq!(ran.status, 1, "{file}");
        assert!(ran.err.contains(said), "{file}: {}", ran.err);
    }
}

#[test]
fn an_instant_without_an_offset_is_read_in_the_zone_of_the_program() {
    let row = |at: &str| format!("{HEAD}t1,m1,10.00,USD,{at},,,\n");
    for (at, status) in [
        ("2026-03-01T10:00:00", 0),
        ("2026-11-01 01:30:00", 0),
        // Clocks are put forward over it.
        ("2026-03-08T02:30:00", 1),
    ] {
        let ran = simulate(folder(row(at).as_bytes()).path(), "--assume-timezone program");
        assert_eq!(ran.status, status, "{at}: {}", ran.err);
    }
}

#[test]
fn the_summary_adds_up() {
    let text = format!(
        "{HEAD}t1,m1,80.00,USD,2026-03-31T23:59:59-04:00,groceries,,\nt2,m1,80.00,USD,2026-04-01T10:00:00-04:00,groceries,,\n"
    );
    let folder = folder(text.as_bytes());
    let ran = simulate(folder.path(), "--output out.csv --summary sum.json --format json");
    assert_eq!(ran.status, 0, "{}", ran.err);
    let printed: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    let written: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder.path().join("sum.json")).unwrap()).unwrap();
    assert_eq!(printed, written);
    assert_eq!(printed["total"], "6.60");
    assert_eq!(printed["effective_rate"], "0.04125");
    assert_eq!(printed["by_month"][0]["id"], "2026-03");
    assert_eq!(printed["by_month"][0]["money"], "4.80");
    assert_eq!(printed["by_month"][1]["money"], "1.80");
    assert_eq!(printed["by_rule"][0]["money"], "6.00");
}
