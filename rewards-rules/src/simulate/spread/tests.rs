//! However many shares there are and wherever chunks end: the answer is that of one simulation, row by row.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

use super::bounds::Bulk;
use super::{Job, Rows, Spread, Uplift, one_by_one};
use crate::RuleSet;
use crate::simulate::{Cell, Options, Posted, Row, Simulation};
use crate::source::Sources;
use crate::value::Exact;

/// Budgets of every kind that run out: of a base rule, of campaigns that stack, of points, of the program by month.
const RULES: &str = "\
program: spread
currency: USD
timezone: America/New_York
base:
  - {id: fuel, when: tx.category == \"fuel\", rate: 4%, caps: {budget: 6.00}}
  - {id: rest, rate: 1%}
tiers:
  window: calendar_year
  levels:
    - {id: basic, min_spending: 0}
    - {id: plus, min_spending: 300.00, bonus: {rate: 0.5%}, upgrade_points: 50}
points: {earn: {points: 1, per: 1.00}, expires_after: 12 months}
caps:
  per_transaction: 9.00
  budget: 300.00
campaigns:
  - {campaign: partner, type: percentage, stacking: {group: pair}, when: tx.merchant == \"m1\", reward: {rate: 10%}, caps: {budget: 15.00}}
  - {campaign: large, type: fixed, stacking: {group: pair}, min_transaction: 40.00, reward: {fixed: 2.00}}
  - {campaign: skipping, type: fixed, when: tx.amount > 70, reward: {fixed: 3.00}, caps: {budget: 40.00, on_exceed: skip}}
  - {campaign: first, type: fixed, when: member.purchases == 0, stacking: {exclusive: true}, reward: {fixed: 1.50}, caps: {budget: 9.00}}
  - {campaign: stars, type: points, when: 'tx.category == \"toys\"', reward: {points: 20}, caps: {budget: 150}}
  - {campaign: again, type: fixed, on_refund: requalify, min_transaction: 20.00, reward: {fixed: 0.25}, caps: {uses: {count: 3, per: month}}}
";

const HEADER: [&str; 8] =
    ["transaction_id", "user_id", "amount", "currency", "occurred_at", "category", "merchant", "type"];
const ORIGINAL: &str = "original_transaction_id";

fn rules(text: &str) -> RuleSet {
    let mut sources = Sources::default();
    sources.add("rules.yaml", text);
    RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{findings}"))
}

/// Small numbers that look random.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % sides
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.roll(list.len() as u64)).unwrap()]
    }
}

struct Table(Vec<Vec<String>>);

impl Rows for Table {
    fn cell(&self, column: usize, row: usize) -> Cell<'_> {
        self.0.get(row).and_then(|row| row.get(column)).map_or(Cell::Absent, |text| Cell::Text(text))
    }
}

/// Rows of some members over four months: purchases, refunds (of others' purchases too), repeats, ids that two members
/// use, bad cells, and, where asked for, rows out of order.
fn table(seed: u64, count: u64, refunds: bool, trouble: bool) -> Table {
    let dice = &mut Dice(seed);
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut minutes = 0_u64;
    for number in 0..count {
        minutes += dice.roll(2 * 120 * 24 * 60 / count);
        let late = if trouble && dice.roll(25) == 0 { 600.min(minutes) } else { 0 };
        let at = minutes - late;
        let (day, minute) = (at / 1440, at % 1440);
        let at = chrono::NaiveDate::from_ymd_opt(2026, 1, 20).unwrap() + chrono::Days::new(day);
        let at = format!("{at}T{:02}:{:02}:00Z", minute / 60, minute % 60);
        let user = format!("u{}", dice.roll(12));
        let amount = format!("{}.{:02}", dice.roll(110), dice.roll(100));
        let text = |text: &str| text.to_owned();
        let id = if trouble && dice.roll(10) == 0 { format!("t{}", dice.roll(count)) } else { format!("t{number:05}") };
        let mut row = vec![id, user, amount, text("USD"), at];
        row.push(text(dice.of(&["fuel", "toys", "food", ""])));
        row.push(text(dice.of(&["m1", "m2", ""])));
        if refunds {
            row.push(text(""));
            row.push(text(""));
        }
        if trouble && dice.roll(30) == 0 {
            row[usize::try_from(dice.roll(5)).unwrap()] = text(dice.of(&["", "x y", "-1", "1.234", "EUR"]));
        }
        if !rows.is_empty() && dice.roll(6) == 0 {
            let other = rows[usize::try_from(dice.roll(rows.len() as u64)).unwrap()].clone();
            if refunds && dice.roll(4) > 0 {
                let user = if dice.roll(5) == 0 { row[1].clone() } else { other[1].clone() };
                let share = dice.of(&["1.00", "0.50", "5.25"]);
                let amount = if dice.roll(2) == 0 { other[2].clone() } else { text(share) };
                row = vec![row[0].clone(), user, amount, text("USD"), row[4].clone(), text(""), text("")];
                row.extend([text("refund"), other[0].clone()]);
            } else if trouble {
                // The same again, at its own time or at this.
                let at = row[4].clone();
                row = other;
                row[4] = at;
            }
        }
        rows.push(row);
    }
    Table(rows)
}

fn header(refunds: bool) -> Vec<&'static str> {
    let mut header: Vec<&str> = HEADER.iter().take(if refunds { 8 } else { 7 }).copied().collect();
    header.extend(refunds.then_some(ORIGINAL));
    header
}

/// All that a simulation tells, as text.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    rows: Vec<String>,
    bad: Vec<String>,
    summary: String,
}

fn alone(rules: &RuleSet, table: &Table, refunds: bool) -> Told {
    let mut simulation = Simulation::new(rules.clone(), Options::default());
    let columns = simulation.transaction_columns(&header(refunds)).unwrap();
    let (mut rows, mut bad) = (Vec::new(), Vec::new());
    let mut row = Row::default();
    for at in 0..table.0.len() {
        let read = columns.read(|column| table.cell(column, at), &mut row).map_err(crate::EvaluationError::from);
        match read.and_then(|()| simulation.post(&columns, &row).map(|p| p.cloned())) {
            Ok(Some(posted)) => rows.push(line(&posted)),
            Ok(None) => {}
            Err(error) => {
                simulation.reject();
                bad.push(format!("{at}: {error}"));
            }
        }
    }
    Told { rows, bad, summary: serde_json::to_string(&simulation.summary()).unwrap() }
}

fn line(posted: &Posted) -> String {
    let mut line = String::new();
    posted.push_csv(&mut line);
    line
}

fn at_once(jobs: Vec<Job<'_>>) {
    std::thread::scope(|scope| {
        for job in jobs {
            scope.spawn(job);
        }
    });
}

fn spread(rules: &RuleSet, table: &Table, refunds: bool, shares: usize, chunk: usize) -> (Told, u64) {
    let mut spread = Spread::new(rules.clone(), Options::default(), shares, true);
    spread.header(&header(refunds)).unwrap();
    let mut bad = Vec::new();
    let mut from = 0;
    while from < table.0.len() {
        let to = (from + chunk).min(table.0.len());
        bad.extend(spread.post(table, from..to, false, &at_once));
        from = to;
    }
    let rows = spread
        .records()
        .map(|entry| {
            let record = entry.record();
            let [base, loyalty, campaign] = record.money;
            let money = |minor| crate::value::Amount::from_minor(minor, rules.currency());
            let mut text = String::new();
            for grant in entry.grants() {
                let (_, id) = spread.rule_names().get(grant.rule);
                let of = |text: &mut String| {
                    if spread.rule_names().is_points(grant.rule) {
                        crate::value::Points::from_units(grant.units, rules.points_decimals()).push_to(text);
                        text.push('p');
                    } else {
                        money(grant.units).push_to(text);
                    }
                };
                if !text.is_empty() {
                    text.push(';');
                }
                text.push_str(id);
                text.push('=');
                of(&mut text);
            }
            line(&Posted {
                transaction_id: entry.transaction_id().to_owned(),
                user_id: entry.user_id().to_owned(),
                base: money(base),
                loyalty: money(loyalty),
                campaign: money(campaign),
                total: money(base + loyalty + campaign),
                points: crate::value::Points::from_units(record.points, rules.points_decimals()),
                rules: text,
            })
        })
        .collect();
    let bad = bad.iter().map(|bad| format!("{}: {}", bad.row, bad.error)).collect();
    let told = Told { rows, bad, summary: serde_json::to_string(&spread.summary()).unwrap() };
    (told, spread.chunks_in_order())
}

#[test]
fn any_number_of_shares_and_any_chunks_give_the_answer_of_one() {
    let rules = rules(RULES);
    let (mut in_order, mut chunks, mut short) = (0, 0, 0);
    for seed in 0..24 {
        let (refunds, trouble) = (seed % 2 == 0, seed % 4 >= 2);
        let table = table(seed, 400, refunds, trouble);
        let due = alone(&rules, &table, refunds);
        short += u64::from(due.summary.contains("budget"));
        for shares in 1..=3 {
            for chunk in [7, 40, 400] {
                let (told, chunks_in_order) = spread(&rules, &table, refunds, shares, chunk);
                assert_eq!(told, due, "seed {seed}, {shares} shares, chunks of {chunk}");
                if shares > 1 {
                    in_order += chunks_in_order;
                    chunks += 400_u64.div_ceil(chunk as u64);
                }
            }
        }
    }
    assert!(short > 20, "in only {short} of 24 streams a budget cut anything");
    assert!(in_order > 100 && chunks - in_order > 100, "{in_order} of {chunks} chunks in the order of the file");
}

#[test]
fn without_budgets_only_rows_in_each_other_s_way_are_posted_in_order() {
    let text = "program: p\ncurrency: USD\ntimezone: UTC\nbase:\n  - {id: all, rate: 1%}\n";
    let rules = rules(text);
    for seed in 0..8 {
        let table = table(seed, 300, false, false);
        let (told, in_order) = spread(&rules, &table, false, 3, 50);
        assert_eq!((told, in_order), (alone(&rules, &table, false), 0), "seed {seed}");
    }
}

#[test]
fn no_budget_takes_more_than_was_said_beforehand() {
    // Budgets that nothing reaches, so that what is used is what was wanted.
    let mut text = RULES.to_owned();
    for budget in ["6.00", "300.00", "15.00", "40.00", "9.00"] {
        text = text.replace(&format!("budget: {budget}"), "budget: 90000.00");
    }
    let rules = rules(&text.replace("budget: 150}", "budget: 90000}"));
    for seed in 0..8 {
        let table = table(seed, 200, false, false);
        let mut spread = Spread::new(rules.clone(), Options::default(), 2, false);
        spread.header(&header(false)).unwrap();
        assert_eq!(spread.post(&table, 0..200, true, &one_by_one), []);
        let amount = table.0.iter().map(|row| row[2].replace('.', "").parse::<i64>().unwrap()).sum();
        let bulk = Bulk { rows: 200, amount };
        let (graph, uses) = (rules.graph(), spread.budgets());
        for (slot, _) in spread.budgets.iter() {
            let key = &graph.counter(slot).unwrap().key;
            let used: i64 = uses.iter().filter(|u| u.key == *key).flat_map(|u| &u.days).map(|(_, units)| units).sum();
            let most = bulk.most(graph, slot).unwrap();
            assert!(used > 0 && used <= most && most < used * 300, "seed {seed}, {key}: {used} of at most {most}");
        }
        // Both shares were posted without a copy of any member.
        assert!(spread.surely_fit(), "seed {seed}");
    }
}

#[test]
fn the_first_bad_row_of_the_stream_is_the_one_that_stops() {
    let rules = rules(RULES);
    for seed in 0..12 {
        let table = table(100 + seed, 200, true, true);
        let due = alone(&rules, &table, true).bad;
        for shares in 1..=3 {
            let mut spread = Spread::new(rules.clone(), Options::default(), shares, false);
            spread.header(&header(true)).unwrap();
            let bad = (0..200).step_by(20).find_map(|from| {
                let bad = spread.post(&table, from..from + 20, true, &one_by_one);
                bad.first().map(|bad| format!("{}: {}", bad.row, bad.error))
            });
            assert_eq!(bad.as_ref(), due.first(), "seed {seed}, {shares} shares");
        }
    }
}

#[test]
fn an_uplift_is_the_same_as_rows_with_other_amounts() {
    let rules = rules(RULES);
    let rows = table(7, 200, false, false);
    let factor = Exact::new(11, 1).unwrap();
    let mut lifted = Table(rows.0.clone());
    for row in lifted.0.iter_mut().filter(|row| row[1] == "u3" || row[1] == "u4") {
        let minor: i64 = row[2].replace('.', "").parse().unwrap();
        // Half even at the tie.
        let (whole, rest) = (minor * 11 / 10, minor * 11 % 10);
        let minor = whole + i64::from(rest > 5 || (rest == 5 && whole % 2 == 1));
        row[2] = format!("{}.{:02}", minor / 100, minor % 100);
    }
    let due = spread(&rules, &lifted, false, 1, 200).0;
    for shares in [1, 3] {
        let uplift = Uplift::from([("u3".to_owned(), factor), ("u4".to_owned(), factor)]);
        let mut spread = Spread::new(rules.clone(), Options::default(), shares, true).with_uplift(uplift);
        spread.header(&header(false)).unwrap();
        assert_eq!(spread.post(&rows, 0..200, true, &one_by_one), []);
        assert_eq!(serde_json::to_string(&spread.summary()).unwrap(), due.summary);
    }
}

#[test]
fn the_days_of_a_budget_add_up_to_what_was_granted() {
    let rules = rules(RULES);
    for shares in 1..=3 {
        let table = table(3, 400, true, false);
        let mut spread = Spread::new(rules.clone(), Options::default(), shares, true);
        spread.header(&header(true)).unwrap();
        for from in (0..400).step_by(25) {
            let _ = spread.post(&table, from..from + 25, false, &one_by_one);
        }
        let uses = spread.budgets();
        let sum = |key: &str| -> i64 {
            uses.iter().filter(|u| u.key == *key).flat_map(|u| &u.days).map(|(_, units)| units).sum()
        };
        let total: i64 = spread.records().map(|e| e.record().money.iter().sum::<i64>()).sum();
        assert_eq!(sum("program.budget.lifetime"), total, "{shares} shares");
        let partner = spread
            .records()
            .flat_map(|e| e.grants().to_vec())
            .filter(|g| spread.rule_names().get(g.rule).1 == "partner");
        assert_eq!(sum("campaign.partner.budget.campaign"), partner.map(|g| g.units).sum::<i64>(), "{shares} shares");
    }
}

#[test]
fn refunds_in_parts_add_up_to_the_purchase_under_an_uplift() {
    let rules = rules("program: p\ncurrency: USD\ntimezone: UTC\nbase:\n  - {id: all, rate: 10%}\n");
    let row = |id: &str, amount: &str, day: u32, original: &str| -> Vec<String> {
        let at = format!("2026-03-{day:02}T10:00:00Z");
        let kind = if original.is_empty() { "" } else { "refund" };
        [id, "u1", amount, "USD", &at, "", "", kind, original].map(str::to_owned).to_vec()
    };
    // 10.00 becomes 10.50; each part by itself would be rounded up, and all three would be 10.51.
    let table = Table(vec![
        row("t1", "10.00", 1, ""),
        row("r1", "3.32", 2, "t1"),
        row("r2", "3.32", 3, "t1"),
        row("r3", "3.36", 4, "t1"),
    ]);
    for (shares, chunk) in [(1, 4), (2, 4), (2, 1), (3, 2)] {
        let uplift = Uplift::from([("u1".to_owned(), Exact::new(105, 2).unwrap())]);
        let mut spread = Spread::new(rules.clone(), Options::default(), shares, true).with_uplift(uplift);
        spread.header(&header(true)).unwrap();
        for from in (0..4).step_by(chunk) {
            assert_eq!(spread.post(&table, from..(from + chunk).min(4), true, &one_by_one), []);
        }
        let money: Vec<i64> = spread.records().map(|entry| entry.record().money.iter().sum()).collect();
        assert_eq!((money.len(), money.iter().sum::<i64>()), (4, 0), "{shares} shares, chunks of {chunk}: {money:?}");
    }
}

#[test]
fn the_days_of_a_budget_are_those_of_one_share() {
    let rules = rules(RULES);
    for seed in 0..8 {
        let table = table(seed, 400, seed % 2 == 0, false);
        let uses = |shares: usize, chunk: usize| {
            let mut spread = Spread::new(rules.clone(), Options::default(), shares, false);
            spread.header(&header(seed % 2 == 0)).unwrap();
            for from in (0..400).step_by(chunk) {
                let _ = spread.post(&table, from..(from + chunk).min(400), false, &at_once);
            }
            spread.budgets()
        };
        let due = uses(1, 400);
        for (shares, chunk) in [(2, 40), (3, 40), (3, 400)] {
            assert_eq!(uses(shares, chunk), due, "seed {seed}, {shares} shares, chunks of {chunk}");
        }
    }
}
