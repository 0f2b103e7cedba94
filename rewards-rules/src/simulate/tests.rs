//! A row that was read for its rule set is posted as the same purchase is that nobody read anything of.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use super::{Cell, Options, Row, Simulation, TransactionColumns};
use crate::RuleSet;
use crate::graph::draw::PictureOptions;
use crate::input::{ErrorCode, Member, Usage};
use crate::source::Sources;
use crate::state::{self, Change, Event, Ledger};

const RULES: &str = "\
program: rows
currency: USD
timezone: America/New_York
facts:
  tx: {kind: {one_of: [gift, own], optional: true}}
base:
  - {id: home, when: tx.country == member.country, rate: 2%}
  - {id: gifts, when: tx.kind == \"gift\" && tx.merchant != tx.category, rate: 3%}
  - {id: rest, rate: 1%}
campaigns:
  - campaign: partner
    type: percentage
    when: tx.merchant in [\"m1\", \"m2\"]
    reward: {rate: 5%}
    caps: {per_member: {amount: 1.00, per: day}}
  - {campaign: first, type: fixed, when: member.purchases == 0, reward: {fixed: 1.00}}
  - {campaign: large, type: fixed, when: tx.amount >= 50, reward: {fixed: 0.50}}
";

const HEADER: [&str; 10] = [
    "transaction_id",
    "user_id",
    "amount",
    "currency",
    "occurred_at",
    "category",
    "merchant",
    "country",
    "tx.kind",
    "member.country",
];

fn rules() -> RuleSet {
    let mut sources = Sources::default();
    sources.add("rules.yaml", RULES);
    RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{findings}"))
}

/// Rows in order of time; their ids go up, down and up again.
fn rows() -> Vec<[String; 10]> {
    let ids = ["t01", "t02", "t05", "t04", "t03", "t06", "t10", "t07", "t11", "t12", "t00", "t13"];
    let one_of = |list: &[&str], at: usize| list.get(at % list.len()).copied().unwrap_or_default().to_owned();
    ids.iter()
        .enumerate()
        .map(|(at, id)| {
            [
                (*id).to_owned(),
                one_of(&["u1", "u2", "u3"], at),
                one_of(&["12.30", "50", "0.00", "99.99", "7.5"], at),
                "USD".to_owned(),
                format!("2026-03-{:02}T0{}:30:00Z", 7 + at / 4, at % 4 * 2),
                one_of(&["toys", "m1", "strange", ""], at),
                one_of(&["m1", "odd", "m2", "strange", ""], at),
                one_of(&["US", "XX", "DE", ""], at),
                one_of(&["gift", "", "own"], at),
                one_of(&["US", "XX", "FR"], at / 2),
            ]
        })
        .collect()
}

fn read(columns: &TransactionColumns, cells: &[String; 10]) -> Row {
    let mut row = Row::default();
    columns.read(|column| cells.get(column).map_or(Cell::Absent, |text| Cell::Text(text)), &mut row).unwrap();
    row
}

fn read_lean(columns: &TransactionColumns, cells: &[String; 10]) -> Row {
    let mut row = Row::default();
    // What another row left behind is not this one's.
    columns.read(|_| Cell::Text("2026-01-01"), &mut row).unwrap_err();
    row.leave_texts_out(true);
    columns.read(|column| cells.get(column).map_or(Cell::Absent, |text| Cell::Text(text)), &mut row).unwrap();
    row
}

#[test]
fn an_amount_is_the_same_however_many_zeros_it_has() {
    let mut simulation = Simulation::new(rules(), Options::default());
    let columns = simulation.transaction_columns(&HEADER).unwrap();
    let [mut cells, ..] = <[_; 12]>::try_from(rows()).unwrap();
    for (amount, due) in [("12.3", true), ("12.30", false), ("12.300000", false)] {
        cells[2] = amount.to_owned();
        let answer = simulation.post_sums(&columns, &read(&columns, &cells)).unwrap();
        assert_eq!(answer.is_some(), due, "{amount}");
    }
    cells[2] = "12.31".to_owned();
    let error = simulation.post_sums(&columns, &read(&columns, &cells)).unwrap_err();
    assert_eq!(error.code, ErrorCode::IdConflict);
}

#[test]
fn a_row_that_was_read_is_the_same_purchase() {
    let (rules, twin) = (rules(), rules());
    let mut simulation = Simulation::new(rules.clone(), Options::default());
    let columns = simulation.transaction_columns(&HEADER).unwrap();
    // Rows that were read for other rules, though equal ones, bring nothing that these can use.
    let mut other = Simulation::new(twin, Options::default());
    other.transaction_columns(&HEADER).unwrap();
    // Rows whose texts stay out where nobody needs them, two at a time.
    let mut short = Simulation::new(rules.clone(), Options::default());
    short.transaction_columns(&HEADER).unwrap();
    let mut left_out = 0;
    let mut ledger = Ledger::new();
    let mut known = Vec::new();
    for cells in rows() {
        let row = read(&columns, &cells);
        let transaction = row.purchase().unwrap();
        if !known.contains(&row.user_id) {
            ledger.add_member(&rules, Member::new(row.user_id()), &Usage::default()).unwrap();
            known.push(row.user_id.clone());
        }
        ledger.facts_mut(row.user_id()).country = cells.last().cloned();
        let event = Event::Purchase { transaction, member: row.user_id(), tier: None, explain: true };
        let Change::Posted(outcome) = state::apply(&rules, &mut ledger, event).unwrap() else { panic!("{cells:?}") };
        let totals = outcome.totals;
        for simulation in [&mut simulation, &mut other] {
            let sums = simulation.post_sums(&columns, &row).unwrap().unwrap();
            let found = [sums.base, sums.loyalty, sums.campaign, sums.total];
            assert_eq!(found, [totals.base, totals.loyalty, totals.campaign, totals.total], "{cells:?}");
        }
        let lean = read_lean(&columns, &cells);
        left_out += usize::from(lean.transaction.merchant != row.transaction.merchant);
        if lean.transaction.merchant != row.transaction.merchant {
            // Its texts are gone: nothing that asks for them is answered without.
            let code = |error: crate::evaluate::EvaluationError| error.code;
            assert_eq!(other.post_sums(&columns, &lean).map_err(code), Err(ErrorCode::MissingFact), "{cells:?}");
            let explained = short.post_explained(&columns, &lean, PictureOptions::default());
            assert_eq!(explained.map(drop).map_err(code), Err(ErrorCode::MissingFact), "{cells:?}");
        }
        short.bring_near([&lean, &row]);
        let sums = short.post_sums(&columns, &lean).unwrap().unwrap();
        assert_eq!((sums.total, sums.points), (totals.total, totals.points), "{cells:?}");
        assert_eq!(short.post_sums(&columns, &row), Ok(None), "it says the same: {cells:?}");
    }
    assert!((1..rows().len()).contains(&left_out), "some texts are needed and some are not: {left_out}");
    assert_eq!(simulation.summary().by_rule(), short.summary().by_rule());
    assert!(simulation.summary().totals().iter().any(|total| total.minor() > 0));
    assert_eq!(simulation.summary().by_rule(), other.summary().by_rule());
}

#[test]
fn an_id_is_claimed_once_in_whatever_order() {
    let mut simulation = Simulation::new(rules(), Options::default());
    let columns = simulation.transaction_columns(&HEADER).unwrap();
    let rows = rows();
    for cells in &rows {
        assert!(simulation.post_sums(&columns, &read(&columns, cells)).unwrap().is_some(), "{cells:?}");
    }
    let [.., late] = rows.as_slice() else { panic!("rows") };
    for cells in &rows {
        let mut again = cells.clone();
        // Only what is in order of time can be posted, so that the content differs by its instant.
        again[4].clone_from(&late[4]);
        let answer = simulation.post_sums(&columns, &read(&columns, &again));
        if cells == late {
            assert_eq!(answer, Ok(None));
        } else {
            assert_eq!(answer.map_err(|error| error.code), Err(ErrorCode::IdConflict), "{cells:?}");
        }
    }
    assert_eq!(simulation.summary().repeated, 1);
}
