//! `make bench`: simulating a CSV file, as a ratio to reading it with the `csv` crate, in the same run.
//!
//! The baseline reads every record into one `ByteRecord`, and looks at nothing in it. What is compared does all that
//! `rewards simulate` does with a file: reads it, posts every row, and writes a row of the answer for each; once in one
//! thread, and once with its own for reading, as the command has it.
//! `REWARDS_ROUNDS` sets the number of rounds (7 by default), `REWARDS_ROWS` the number of rows (a million).

#![allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::float_arithmetic,
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a measurement on fixed data: it stops at the first surprise"
)]

#[allow(unused_imports, reason = "its tests are run elsewhere, and use what is imported for them")]
#[path = "../src/rows/ahead.rs"]
mod ahead;
#[path = "../../rewards-rules/benches/workload/mod.rs"]
mod workload;

use std::convert::Infallible;
use std::fmt::Write;
use std::hint::black_box;
use std::ops::ControlFlow;

use chrono::{SecondsFormat, TimeDelta};
use csv::{ByteRecord, ReaderBuilder, StringRecord};
use rewards_rules::RuleSet;
use rewards_rules::simulate::{AT_ONCE, Cell, Options, Row, Simulation, TransactionColumns};
use rewards_rules::source::Sources;
use workload::Checksum;
use workload::rounds::{entry, measure};

const HEADER: &str = "transaction_id,user_id,amount,currency,occurred_at,category,merchant,country,channel,tier";

/// The workload's purchases year after year, until there are enough rows.
fn file(rows: usize) -> String {
    let purchases = workload::purchases();
    let mut text = format!("{HEADER}\n");
    for (number, p) in purchases.iter().cycle().take(rows).enumerate() {
        let at = p.occurred_at + TimeDelta::days(366 * i64::try_from(number / purchases.len()).unwrap());
        let at = at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let texts = [&p.category, &p.merchant, &p.country, &p.channel, &p.tier].map(String::as_str).join(",");
        writeln!(text, "t{number:08},{},{},USD,{at},{texts}", p.member, p.amount).unwrap();
    }
    text
}

fn records(text: &str, mut each: impl FnMut(&ByteRecord)) {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let mut record = ByteRecord::new();
    while reader.read_byte_record(&mut record).unwrap() {
        each(&record);
    }
}

/// A simulation, and the rows that it wrote last.
struct Posting {
    simulation: Simulation,
    columns: TransactionColumns,
    out: String,
    sum: Checksum,
}

impl Posting {
    fn new(rules: &RuleSet, header: &[&str]) -> Posting {
        let mut simulation = Simulation::new(rules.clone(), Options::default());
        let columns = simulation.transaction_columns(header).unwrap();
        Posting { simulation, columns, out: String::new(), sum: Checksum::default() }
    }

    fn post(&mut self, row: &Row) {
        let posted = self.simulation.post(&self.columns, row).unwrap().unwrap();
        self.sum.add(posted.total.minor());
        posted.push_csv(&mut self.out);
        if self.out.len() > 1 << 16 {
            black_box(&self.out);
            self.out.clear();
        }
    }
}

fn main() {
    let number = |name: &str, default| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default);
    let (rounds, rows) = (number("REWARDS_ROUNDS", 7), number("REWARDS_ROWS", 1_000_000));
    let text = file(rows);
    let mut sources = Sources::default();
    sources.add("rules.yaml", workload::RULES);
    let rules = RuleSet::compile(sources).unwrap_or_else(|findings| panic!("{findings}"));
    let header: Vec<&str> = HEADER.split(',').collect();
    let columns = Simulation::new(rules.clone(), Options::default()).transaction_columns(&header).unwrap();
    let checked = |record: &ByteRecord, row: &mut Row| {
        let text = std::str::from_utf8(record.as_slice()).unwrap();
        let cell = |column| record.range(column).and_then(|range| text.get(range)).map_or(Cell::Absent, Cell::Text);
        columns.read(cell, row).unwrap();
    };
    let entries = vec![
        entry("csv crate, ByteRecord", || {
            records(&text, |record| {
                black_box(record);
            });
            Checksum::default()
        }),
        entry("csv crate, StringRecord", || {
            let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
            let mut record = StringRecord::new();
            while reader.read_record(&mut record).unwrap() {
                black_box(&record);
            }
            Checksum::default()
        }),
        entry("records read as rows", || {
            let mut row = Row::default();
            records(&text, |record| {
                checked(record, &mut row);
                black_box(&row);
            });
            Checksum::default()
        }),
        entry("simulated, one thread", || {
            let (mut posting, mut row) = (Posting::new(&rules, &header), Row::default());
            records(&text, |record| {
                checked(record, &mut row);
                posting.post(&row);
            });
            posting.sum
        }),
        entry("simulated, rows written", || {
            let mut posting = Posting::new(&rules, &header);
            let mut reader = ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
            let mut record = ByteRecord::new();
            let fill = |row: &mut Row| {
                let more = reader.read_byte_record(&mut record).unwrap();
                if more {
                    row.leave_texts_out(true);
                    checked(&record, row);
                }
                Ok::<_, Infallible>(more)
            };
            let ended = ahead::ahead(fill, AT_ONCE, |rows| {
                posting.simulation.bring_near(rows);
                for row in rows {
                    posting.post(row);
                }
                Ok(ControlFlow::<()>::Continue(()))
            });
            assert_eq!(ended, Ok(None));
            posting.sum
        }),
    ];
    println!("{rows} rows of CSV, {} bytes each, {rounds} interleaved rounds; medians\n", text.len() / rows);
    let measured = measure(entries, rounds);
    println!("{:<32} {:>8} {:>16} {:>16}", "", "ns/row", "to ByteRecord", "to StringRecord");
    for m in &measured {
        let each = m.time.as_secs_f64() * 1e9 / rows as f64;
        println!("{:<32} {each:>8.0} {:>16.2} {:>16.2}", m.name, m.ratio_to[0], m.ratio_to[1]);
    }
    let ratio = measured.last().map_or(0.0, |m| m.ratio_to[0]);
    let met = if ratio <= 2.0 { "met" } else { "missed" };
    println!("\nsimulating a CSV file / reading it with the csv crate: {ratio:.2}, at most 2.00: {met}");
}
