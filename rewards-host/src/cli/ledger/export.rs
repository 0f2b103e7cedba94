//! `rewards ledger export`: the journal and the tables of the ledger as Parquet.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value as Json};

use super::failed;
use crate::cli::setup::Setup;
use crate::cli::{Ended, Failure, Outcome, print};
use crate::rows::named;
use crate::rows::table::{SCALE, Type, Value, Writer};
use crate::service::Service;
use crate::service::export::{Kind, TABLES, Table};
use crate::store::audit::Decimals;
use crate::store::units::Stored;

/// Writes the journal, or the tables of the ledger, as Parquet.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("what").required(true).multiple(true),
    after_help = "Each is of one moment of the store, which may be in use meanwhile if it is PostgreSQL. Nothing that is \
                  personal goes out: no facts of members and no keys. docs/ledger.md has the columns.\n\n\
                  Exit status: 0 all is written, 2 wrong use, a file that cannot be written, or a store that cannot be read."
)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    pub(super) setup: Setup,
    /// What came to be owed, by day, program, account and payer
    #[arg(long, value_name = "FILE", group = "what")]
    journal: Option<PathBuf>,
    /// A folder for one file a table; it is made where it is missing
    #[arg(long, value_name = "FOLDER", group = "what")]
    tables: Option<PathBuf>,
}

const JOURNAL: [(&str, Type); 9] = [
    ("day", Type::Day),
    ("program", Type::Text),
    ("account", Type::Text),
    ("funded_by", Type::Text),
    ("unit", Type::Text),
    ("entry", Type::Text),
    ("count", Type::Whole),
    ("amount", Type::Decimal),
    ("balance", Type::Decimal),
];

pub(super) async fn export(service: &Service, args: &Args) -> Outcome {
    named::check(&[], &[("--journal", args.journal.as_deref())])?;
    if let Some(path) = &args.journal {
        journal(service, path).await?;
    }
    if let Some(folder) = &args.tables {
        tables(service, folder).await?;
    }
    Ok(Ended::well_if(true))
}

async fn journal(service: &Service, path: &Path) -> Result<(), Failure> {
    let entries = service.journal().await.map_err(|e| failed(&e))?;
    let mut writer = Writer::to(path, &JOURNAL)?;
    for entry in &entries {
        writer.row(&[
            Value::Day(entry.day),
            Value::Text(entry.program.clone()),
            Value::Text(entry.account.as_str().to_owned()),
            entry.funded_by.clone().map_or(Value::Nothing, Value::Text),
            Value::Text(entry.unit.clone()),
            Value::Text(entry.entry.clone()),
            Value::Whole(entry.count),
            Value::units(entry.amount.units, entry.amount.decimals),
            Value::units(entry.balance.units, entry.balance.decimals),
        ])?;
    }
    writer.finish()?;
    let word = if entries.len() == 1 { "entry" } else { "entries" };
    print(&format!("{} {word} in {}\n", entries.len(), path.display()))
}

async fn tables(service: &Service, folder: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(folder).map_err(|e| Failure(format!("{} cannot be made: {e}", folder.display())))?;
    let mut open: HashMap<&'static str, (Writer, u64)> = HashMap::new();
    for table in TABLES {
        let columns: Vec<(&str, Type)> = table.columns.iter().map(|(name, kind)| (*name, of(*kind))).collect();
        let path = folder.join(format!("{}.parquet", table.name));
        open.insert(table.name, (Writer::to(&path, &columns)?, 0));
    }
    let mut ended: Result<(), Failure> = Ok(());
    let mut take = |table: &'static Table, row: &Map<String, Json>, decimals: Decimals| {
        let written = values(table, row, decimals).and_then(|values| match open.get_mut(table.name) {
            Some((writer, rows)) => {
                *rows = rows.saturating_add(1);
                writer.row(&values)
            }
            None => Ok(()),
        });
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(error) => {
                ended = Err(error);
                ControlFlow::Break(())
            }
        }
    };
    service.export(&mut take).await.map_err(|e| failed(&e))?;
    ended?;
    for table in TABLES {
        if let Some((writer, rows)) = open.remove(table.name) {
            writer.finish()?;
            let word = if rows == 1 { "row " } else { "rows" };
            print(&format!("{rows:>10} {word} in {}.parquet\n", table.name))?;
        }
    }
    Ok(())
}

fn of(kind: Kind) -> Type {
    match kind {
        Kind::Text => Type::Text,
        Kind::Whole => Type::Whole,
        Kind::Money | Kind::Points | Kind::Number => Type::Decimal,
        Kind::Day => Type::Day,
        Kind::Instant => Type::Instant,
    }
}

fn values(table: &Table, row: &Map<String, Json>, decimals: Decimals) -> Result<Vec<Value>, Failure> {
    let cell = |(name, kind): &(&str, Kind)| {
        let cell = row.get(*name).unwrap_or(&Json::Null);
        value(cell, *kind, decimals).ok_or_else(|| Failure(format!("{}: `{name}` cannot be read: {cell}", table.name)))
    };
    table.columns.iter().map(cell).collect()
}

/// A cell as the store answers it.
fn value(cell: &Json, kind: Kind, decimals: Decimals) -> Option<Value> {
    if cell.is_null() {
        return Some(Value::Nothing);
    }
    let units = |places: u8| {
        let stored: Stored = serde_json::from_value(cell.clone()).ok()?;
        Some(Value::units(stored.units(places)?, places))
    };
    match kind {
        Kind::Text => cell.as_str().map(|text| Value::Text(text.to_owned())),
        Kind::Whole => cell.as_i64().map(Value::Whole),
        Kind::Money => units(decimals.money_decimals),
        Kind::Points => units(decimals.points_decimals),
        Kind::Number => {
            let text = cell.as_str().map_or_else(|| cell.to_string(), str::to_owned);
            digits(&text).map(Value::Decimal)
        }
        Kind::Day => cell.as_str()?.parse().ok().map(Value::Day),
        Kind::Instant => cell.as_str()?.parse().ok().map(Value::Instant),
    }
}

/// The digits of a decimal with as many decimals as the columns have.
fn digits(text: &str) -> Option<i128> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let places = usize::try_from(SCALE).unwrap_or(0);
    let (kept, rest) = part.split_at_checked(places).unwrap_or((part, ""));
    if rest.bytes().any(|b| b != b'0') {
        return None;
    }
    format!("{whole}{kept:0<places$}").parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test stops at the first surprise"
    )]
    use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
    use arrow_array::cast::AsArray;
    use arrow_array::types::Decimal128Type;
    use rewards_rules::state::Settlement;
    use uuid::Uuid;

    use super::*;
    use crate::service::tests::shop::{adjusts, buys, redeems, refunds, settles, shops, transfers};

    /// Of a file: the names of its columns, and the sum of one of decimals in units of 10^-`decimals`, by account.
    fn sum(path: &Path, column: &str, decimals: u32, only: Option<(&str, &str)>) -> i128 {
        let file = std::fs::File::open(path).unwrap();
        let batches = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
        let mut sum = 0;
        for batch in batches {
            let batch = batch.unwrap();
            let numbers = batch.column_by_name(column).unwrap().as_primitive::<Decimal128Type>().clone();
            let words = only.map(|(name, _)| batch.column_by_name(name).unwrap().as_string::<i32>().clone());
            for (row, number) in numbers.iter().enumerate() {
                let is_meant = only.is_none_or(|(_, due)| words.as_ref().unwrap().value(row) == due);
                sum += if is_meant { number.unwrap_or(0) } else { 0 };
            }
        }
        let unit = 10_i128.pow(12 - decimals);
        assert_eq!(sum % unit, 0);
        sum / unit
    }

    #[tokio::test]
    async fn journal_and_tables_add_up_to_what_the_ledger_is_proved_by() {
        for desk in shops().await {
            let kind = desk.kind();
            desk.does(buys("m-1", "t1", "350.00", "2026-03-01", Some("garden"))).await;
            desk.does(buys("m-1", "t2", "60.00", "2026-04-01", Some("basket"))).await;
            desk.does(buys("m-2", "t3", "90.00", "2026-04-01", None)).await;
            desk.does(buys("m-2", "t4", "10.00", "1970-05-01", None)).await;
            desk.does(refunds("m-1", "r1", "t1", "100.00")).await;
            let id = Uuid::now_v7();
            desk.does(redeems("m-1", id, 200)).await;
            desk.does(settles("m-1", id, Settlement::Complete)).await;
            desk.does(transfers("m-2", "m-1", 40)).await;
            desk.does(adjusts("m-2", 7)).await;
            let (done, _) = desk.holds().await;
            let folder = tempfile::tempdir().unwrap();
            let (file, tables) = (folder.path().join("journal.parquet"), folder.path().join("tables"));
            journal(&desk.service, &file).await.unwrap();
            super::tables(&desk.service, &tables).await.unwrap();
            let units = |text: &str| text.replace('.', "").parse::<i128>().unwrap();
            let asked = |text: &'static str| desk.ask(text);
            let cash = units(&asked("SELECT sum(cashback_amount) FROM cashback_transactions").await[0]);
            let points = units(&asked("SELECT sum(points_available + points_pending) FROM reward_points").await[0]);
            assert_eq!(sum(&file, "amount", 2, Some(("account", "cashback"))), cash, "{kind}");
            assert_eq!(sum(&file, "amount", 0, Some(("account", "points"))), points, "{kind}");
            let of = |name: &str| tables.join(format!("{name}.parquet"));
            assert_eq!(sum(&of("cashback_transactions"), "cashback_amount", 2, None), cash, "{kind}");
            assert_eq!(sum(&of("reward_history"), "cashback_change", 2, None), cash, "{kind}");
            assert_eq!(sum(&of("reward_history"), "points_change", 0, None), points, "{kind}");
            let lots = ["points_available", "points_pending"].map(|name| sum(&of("reward_points"), name, 0, None));
            assert_eq!(lots.iter().sum::<i128>(), points, "{kind}");
            let rows = |name: &str| {
                let file = std::fs::File::open(of(name)).unwrap();
                ParquetRecordBatchReaderBuilder::try_new(file).unwrap().metadata().file_metadata().num_rows()
            };
            assert_eq!(rows("reward_history"), i64::try_from(done.lines).unwrap(), "{kind}");
            assert_eq!(rows("processed_transactions"), i64::try_from(done.postings).unwrap(), "{kind}");
            assert_eq!((rows("publications"), rows("rule_sets")), (1, 1), "{kind}");
        }
    }

    #[tokio::test]
    async fn the_journal_says_who_pays_and_what_is_owed_at_the_end_of_a_day() {
        use crate::service::export::Account;
        let text = crate::service::tests::shop::SHOP
            .replace("  - campaign: spring", "  - campaign: spring\n    funded_by: mill");
        for desk in crate::service::tests::desks_of(&crate::service::tests::shop::shop_rules(&text)).await {
            let kind = desk.kind();
            desk.does(buys("m-1", "t1", "20.00", "2026-03-01", Some("garden"))).await;
            desk.does(refunds("m-1", "r1", "t1", "10.00")).await;
            let entries = desk.service.journal().await.unwrap();
            let of = |account: Account, payer: Option<&str>| -> Vec<(String, String, String)> {
                let own = entries.iter().filter(|e| e.account == account && e.funded_by.as_deref() == payer);
                own.map(|e| (e.entry.clone(), e.amount.to_string(), e.balance.to_string())).collect()
            };
            let line = |entry: &str, amount: &str, balance: &str| (entry.into(), amount.into(), balance.into());
            assert_eq!(
                of(Account::Cashback, Some("mill")),
                [line("purchase", "2.00", "1.00"), line("refund", "-1.00", "1.00")],
                "{kind}"
            );
            assert_eq!(
                of(Account::Cashback, None),
                [line("purchase", "0.40", "0.20"), line("refund", "-0.20", "0.20")],
                "{kind}"
            );
            assert_eq!(
                of(Account::Points, None),
                [line("purchase", "20", "10"), line("refund", "-10", "10")],
                "{kind}"
            );
        }
    }

    #[test]
    fn decimals_keep_their_digits() {
        assert_eq!(digits("-12.5"), Some(-12_500_000_000_000));
        assert_eq!(digits("0.333333333333"), Some(333_333_333_333));
        assert_eq!(digits("1.0000000000000"), Some(1_000_000_000_000));
        assert_eq!(digits("0.3333333333333"), None);
        assert_eq!(digits("x"), None);
    }
}
