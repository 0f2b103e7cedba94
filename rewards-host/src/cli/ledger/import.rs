//! `rewards ledger import`: opening balances from tables, and the report of what became of them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use rewards_rules::input::{ErrorCode, OpeningLot, Raw, parse_instant};
use rewards_rules::simulate::{Cell, ColumnNames, Options, Simulation};
use rewards_rules::value::{Exact, is_id};
use serde_json::{Map, Value};

use super::failed;
use crate::cli::setup::Setup;
use crate::cli::{Ended, Failure, Outcome, complain, print};
use crate::rows::named;
use crate::rows::whole::Whole;
use crate::rows::{BadRow, Format, Place, Reader, Record};
use crate::service::Service;
use crate::service::openings::{Balances, Brought, Reconciliation};

/// So many mistakes are told; of more there is a number.
const TOLD: usize = 20;

/// Columns of the members' file that are not facts.
const OF_OPENING: [&str; 5] = ["user_id", "tier", "spending", "purchases", "upgrades"];

/// Gives members what they bring along from elsewhere, before their first event here.
#[derive(Debug, clap::Args)]
#[command(
    group = clap::ArgGroup::new("files").required(true).multiple(true),
    after_help = "Files are CSV with a header, or Parquet; docs/ledger.md has their columns. All of them are read and checked \
                  before anything is kept; then each member is kept whole or not at all. The same balances again change \
                  nothing, so an import that was cut off is begun again.\n\n\
                  Exit status: 0 the ledger has all that the files have, 1 a row is wrong and nothing was kept, or a member was \
                  refused, or something differs; 2 wrong use, or a file or store that cannot be read."
)]
pub(in crate::cli) struct Args {
    #[command(flatten)]
    pub(super) setup: Setup,
    /// Members: `user_id`; `tier`, `spending`, `purchases`, `upgrades` and facts
    #[arg(long, value_name = "FILE", group = "files")]
    members: Option<PathBuf>,
    /// Lots of points, oldest first: `user_id`, `points`, `spendable_on`, `expires_on`
    #[arg(long, value_name = "FILE", group = "files")]
    lots: Option<PathBuf>,
    /// What was used of counters: `user_id`, `counter`, `used`
    #[arg(long, value_name = "FILE", group = "files")]
    counters: Option<PathBuf>,
    /// Into which program; may be left out while one is published
    #[arg(long, value_name = "ID")]
    program: Option<String>,
    /// The instant that the balances are of, with an offset; counters are of the periods in which it lies [default: now]
    #[arg(long, value_name = "INSTANT")]
    as_of: Option<String>,
    /// Who imports; it stands in the history
    #[arg(long, value_name = "NAME", default_value = "import")]
    by: String,
    /// Where the report goes, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Reads and checks the files, and keeps nothing
    #[arg(long)]
    check: bool,
}

/// Members as the files have them, and where each stood first.
#[derive(Default)]
struct Gathered {
    members: BTreeMap<String, (Brought, (PathBuf, Place))>,
    /// Those of the members' file.
    listed: BTreeSet<String>,
    wrong: Wrong,
}

/// Rows that are wrong.
#[derive(Default)]
struct Wrong(usize);

impl Wrong {
    fn tell(&mut self, path: &Path, row: &BadRow) {
        if self.0 < TOLD {
            row.complain(path);
        }
        self.0 = self.0.saturating_add(1);
    }

    /// Says how many there are; whether there are none.
    fn is_nothing(&self) -> bool {
        match self.0 {
            0 => return true,
            n if n > TOLD => complain(&format!("{n} rows are wrong, of which {TOLD} were told; nothing was kept")),
            1 => complain("a row is wrong; nothing was kept"),
            n => complain(&format!("{n} rows are wrong; nothing was kept")),
        }
        false
    }
}

pub(super) async fn import(service: &Service, args: &Args) -> Outcome {
    let read = [
        ("--members", args.members.as_deref()),
        ("--lots", args.lots.as_deref()),
        ("--counters", args.counters.as_deref()),
    ];
    named::check(&read, &[("--report", args.report.as_deref())])?;
    let at = args.as_of.as_deref().map(instant).transpose()?;
    let under = service.import_under(args.program.as_deref(), at).await.map_err(|e| failed(&e))?;
    let names = Simulation::new(under.rules.clone(), Options::default()).member_names();
    let mut gathered = Gathered::default();
    if let Some(path) = &args.members {
        gathered.members(path, &names)?;
    }
    if let Some(path) = &args.lots {
        gathered.lots(path, &names)?;
    }
    if let Some(path) = &args.counters {
        gathered.counters(path, &names)?;
    }
    let Gathered { members, mut wrong, .. } = gathered;
    let mut checked: BTreeMap<String, (Brought, Balances)> = BTreeMap::new();
    for (user_id, (brought, (path, place))) in members {
        match under.check(&user_id, &brought) {
            Ok(due) => {
                checked.insert(user_id, (brought, due));
            }
            Err(error) => {
                let reason = format!("member `{user_id}`: {}", error.detail);
                wrong.tell(&path, &BadRow { place, code: error.code.as_str(), reason });
            }
        }
    }
    if !wrong.is_nothing() {
        return Ok(Ended::well_if(false));
    }
    if args.check {
        print(&format!("{} members can be opened; nothing was kept\n", checked.len()))?;
        return Ok(Ended::well_if(true));
    }
    let report = service.import(&under, &checked, &args.by).await.map_err(|e| failed(&e))?;
    if let Some(path) = &args.report {
        let text = serde_json::to_string_pretty(&report).map_err(|e| Failure(format!("the report: {e}")))?;
        let mut file = Whole::to(path)?;
        file.append(text.as_bytes())?;
        file.append(b"\n")?;
        file.finish()?;
    }
    print(&text(&report))?;
    Ok(Ended::well_if(report.is_whole()))
}

fn instant(text: &str) -> Result<DateTime<Utc>, Failure> {
    parse_instant(text, "--as-of").map_err(|e| Failure(format!("--as-of: {}", e.message)))
}

/// A table that is read row by row.
struct Table {
    path: PathBuf,
    names: Vec<String>,
    reader: Reader,
}

impl Table {
    /// Opens a table that has the columns due, and no others than those known.
    fn open(path: &Path, names: &ColumnNames, known: &[&str], due: &[&str]) -> Result<Table, Failure> {
        if Format::of(path)? == Format::Ndjson {
            return Err(Failure(format!("{}: balances are read from CSV or Parquet", path.display())));
        }
        let mut reader = Reader::open(path, None)?;
        let wrong = |why: String| Failure(format!("{}: {why}", path.display()));
        let names = reader.header(names)?.map_err(|bad| wrong(bad.reason))?;
        let mut seen = BTreeSet::new();
        for name in &names {
            if !known.contains(&name.as_str()) {
                return Err(wrong(format!("there is no column `{name}` here; known are {}", known.join(", "))));
            }
            if !seen.insert(name) {
                return Err(wrong(format!("the column `{name}` is there twice")));
            }
        }
        match due.iter().find(|due| !names.iter().any(|name| name == *due)) {
            None => Ok(Table { path: path.to_owned(), names, reader }),
            Some(missing) => Err(wrong(format!("the column `{missing}` is missing"))),
        }
    }

    /// Takes each row; one that is wrong is told.
    fn each(
        mut self,
        wrong: &mut Wrong,
        mut take: impl FnMut(&Row<'_>, &Path) -> Result<(), BadRow>,
    ) -> Result<(), Failure> {
        while let Some(record) = self.reader.next()? {
            let taken = match record.broken() {
                Ok(()) => take(&Row { names: &self.names, record: &record }, &self.path),
                Err(error) => Err(bad(record.place, error.message)),
            };
            if let Err(row) = taken {
                wrong.tell(&self.path, &row);
            }
        }
        Ok(())
    }
}

fn bad(place: Place, reason: String) -> BadRow {
    BadRow { place, code: ErrorCode::WrongType.as_str(), reason }
}

/// A row, by the names of its columns.
struct Row<'a> {
    names: &'a [String],
    record: &'a Record<'a>,
}

impl Row<'_> {
    fn wrong(&self, reason: String) -> BadRow {
        bad(self.record.place, reason)
    }

    /// What a cell says; `None` if it is empty.
    fn text(&self, name: &str) -> Result<Option<String>, BadRow> {
        let Some(column) = self.names.iter().position(|known| known == name) else { return Ok(None) };
        let cell = self.record.cell(column);
        if cell.is_absent() {
            return Ok(None);
        }
        Ok(Some(match cell {
            Cell::Text(text) | Cell::Number(text) => text.to_owned(),
            Cell::Exact(number) => number.to_string(),
            Cell::Date(day) => day.to_string(),
            Cell::Boolean(boolean) => boolean.to_string(),
            _ => return Err(self.wrong(format!("`{name}`: a text, a number or a date is due here"))),
        }))
    }

    fn parsed<T: std::str::FromStr>(&self, name: &str, due: &str) -> Result<Option<T>, BadRow> {
        let parse =
            |text: String| text.parse().map_err(|_| self.wrong(format!("`{name}`: {due} is due, not `{text}`")));
        self.text(name)?.map(parse).transpose()
    }

    fn due<T: std::str::FromStr>(&self, name: &str, due: &str) -> Result<T, BadRow> {
        self.parsed(name, due)?.ok_or_else(|| self.wrong(format!("`{name}` is empty; {due} is due")))
    }

    fn user_id(&self) -> Result<String, BadRow> {
        let due = "an id of 1 to 64 of A-Z a-z 0-9 . _ : -";
        let user_id: String = self.due("user_id", due)?;
        match is_id(&user_id) {
            true => Ok(user_id),
            false => Err(self.wrong(format!("`user_id`: {due} is due, not `{user_id}`"))),
        }
    }

    /// A fact as it is told: texts of a list are divided by `;` where they are no list already.
    fn fact(&self, name: &str) -> Result<Option<Value>, BadRow> {
        let Some(column) = self.names.iter().position(|known| known == name) else { return Ok(None) };
        let texts = |list: Vec<&str>| Value::from(list);
        Ok(match self.record.cell(column) {
            Cell::Nested(Raw::List(list)) => Some(texts(
                list.iter()
                    .filter_map(|raw| if let Raw::Text(text) = raw { Some(text.as_str()) } else { None })
                    .collect(),
            )),
            Cell::Text(text) if name == "segments" && !text.is_empty() => {
                Some(texts(text.split(';').filter(|t| !t.is_empty()).collect()))
            }
            _ => self.text(name)?.map(Value::from),
        })
    }

    /// `LEVEL=YYYY-MM-DD`, divided by `;`.
    fn upgrades(&self) -> Result<BTreeMap<String, NaiveDate>, BadRow> {
        let text = self.text("upgrades")?.unwrap_or_default();
        let entries = text.split(';').map(str::trim).filter(|entry| !entry.is_empty());
        let entry = |entry: &str| {
            let (level, day) = entry.split_once('=')?;
            Some((level.trim().to_owned(), day.trim().parse().ok()?))
        };
        let all: Option<BTreeMap<String, NaiveDate>> = entries.map(entry).collect();
        all.ok_or_else(|| self.wrong(format!("`upgrades`: `LEVEL=YYYY-MM-DD` is due, divided by `;`, not `{text}`")))
    }
}

impl Gathered {
    fn of(&mut self, user_id: String, row: &Row<'_>, path: &Path) -> &mut Brought {
        let place = row.record.place;
        let (brought, _) =
            self.members.entry(user_id).or_insert_with(|| (Brought::default(), (path.to_owned(), place)));
        brought
    }

    fn members(&mut self, path: &Path, names: &ColumnNames) -> Result<(), Failure> {
        // The service keeps enrolments itself: members take part in campaigns by a step of their own.
        let facts: Vec<String> = names
            .all()
            .iter()
            .filter(|name| !OF_OPENING.contains(&name.as_str()) && *name != "enrolments")
            .map(|name| name.strip_prefix("member.").unwrap_or(name).to_owned())
            .collect();
        let known: Vec<&str> = OF_OPENING.into_iter().chain(facts.iter().map(String::as_str)).collect();
        let table = Table::open(path, names, &known, &["user_id"])?;
        let mut wrong = std::mem::take(&mut self.wrong);
        table.each(&mut wrong, |row, path| {
            let user_id = row.user_id()?;
            if !self.listed.insert(user_id.clone()) {
                return Err(row.wrong(format!("the member `{user_id}` is there twice")));
            }
            let tier = row.text("tier")?;
            let spending = row.parsed("spending", "a number")?.unwrap_or_default();
            let purchases = row.parsed("purchases", "a whole number")?.unwrap_or_default();
            let upgrades = row.upgrades()?;
            let mut told = Map::new();
            for name in &facts {
                told.extend(row.fact(name)?.map(|value| (name.clone(), value)));
            }
            let of = self.of(user_id, row, path);
            *of = Brought { tier, spending, purchases, upgrades, facts: told, ..Brought::default() };
            Ok(())
        })?;
        self.wrong = wrong;
        Ok(())
    }

    fn lots(&mut self, path: &Path, names: &ColumnNames) -> Result<(), Failure> {
        let known = ["user_id", "points", "spendable_on", "expires_on"];
        let table = Table::open(path, names, &known, &known[..3])?;
        let mut wrong = std::mem::take(&mut self.wrong);
        table.each(&mut wrong, |row, path| {
            let user_id = row.user_id()?;
            let lot = OpeningLot {
                points: row.due("points", "a number above 0")?,
                spendable_on: row.due("spendable_on", "a day YYYY-MM-DD")?,
                expires_on: row.parsed("expires_on", "a day YYYY-MM-DD")?,
            };
            self.of(user_id, row, path).lots.push(lot);
            Ok(())
        })?;
        self.wrong = wrong;
        Ok(())
    }

    fn counters(&mut self, path: &Path, names: &ColumnNames) -> Result<(), Failure> {
        let known = ["user_id", "counter", "used"];
        let table = Table::open(path, names, &known, &known)?;
        let mut wrong = std::mem::take(&mut self.wrong);
        table.each(&mut wrong, |row, path| {
            let user_id = row.user_id()?;
            let counter: String = row.due("counter", "a counter's key")?;
            let used: Exact = row.due("used", "a number")?;
            let usage = &mut self.of(user_id, row, path).usage.0;
            match usage.insert(counter.clone(), used) {
                None => Ok(()),
                Some(_) => Err(row.wrong(format!("the counter `{counter}` of this member is there twice"))),
            }
        })?;
        self.wrong = wrong;
        Ok(())
    }
}

/// The report in words.
fn text(report: &Reconciliation) -> String {
    let mut lines = vec![
        format!("program {} under {}, as of {}", report.program, report.rule_set, report.as_of.to_rfc3339()),
        format!(
            "members     {} in the files: {} opened, {} opened before with the same balances, {} refused",
            report.members,
            report.opened,
            report.opened_before,
            report.refused.len()
        ),
        format!("lots        {} in the files, {} in the ledger", report.lots.files, report.lots.ledger),
        format!("points      {} in the files, {} in the ledger", report.points.files, report.points.ledger),
    ];
    for tier in &report.tiers {
        let name = tier.tier.as_deref().unwrap_or("none");
        lines.push(format!("tier {name}: {} in the files, {} in the ledger", tier.members.files, tier.members.ledger));
    }
    for of in &report.counters {
        let (counter, period) = (&of.counter, &of.period);
        lines.push(format!("{counter} in {period}: {} in the files, {} in the ledger", of.used.files, of.used.ledger));
    }
    lines.extend(report.refused.iter().map(|of| format!("refused `{}`: {}: {}", of.user_id, of.code, of.detail)));
    lines.extend(report.differences.iter().map(|of| {
        format!(
            "differs `{}`: {}: {} in the files, {} in the ledger",
            of.user_id, of.what, of.values.files, of.values.ledger
        )
    }));
    lines.push(match report.is_whole() {
        true => "the ledger has all that the files have\n".to_owned(),
        false => "the ledger does not have all that the files have\n".to_owned(),
    });
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::arithmetic_side_effects,
        reason = "a test stops at the first surprise"
    )]
    use clap::Parser;

    use super::*;
    use crate::service::tests::shop::shops;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        args: Args,
    }

    const MEMBERS: &str = "user_id,tier,spending,purchases,upgrades,segments,billing_day\n\
                           m-1,silver,120.50,7,silver=2020-03-01,walkers;gardeners,3\nm-2,,,,,,\n";
    const LOTS: &str = "user_id,points,spendable_on,expires_on\nm-1,500,2020-01-01,\nm-3,20,2020-01-01,2999-12-31\n";
    const COUNTERS: &str = "user_id,counter,used\nm-1,base.all.amount.month,39.90\n";

    fn line(folder: &Path, files: &[(&str, &str)], more: &[&str]) -> Args {
        let mut words = vec!["import".to_owned()];
        for (name, text) in files {
            let path = folder.join(format!("{name}.csv"));
            std::fs::write(&path, text).unwrap();
            words.extend([format!("--{name}"), path.to_str().unwrap().to_owned()]);
        }
        words.extend(more.iter().map(|word| (*word).to_owned()));
        Line::try_parse_from(words).unwrap_or_else(|e| panic!("{e}")).args
    }

    #[tokio::test]
    async fn tables_become_members_once_and_the_report_says_so() {
        for desk in shops().await {
            let kind = desk.kind();
            let folder = tempfile::tempdir().unwrap();
            let report = folder.path().join("report.json");
            let files = [("members", MEMBERS), ("lots", LOTS), ("counters", COUNTERS)];
            let more = ["--report", report.to_str().unwrap()];
            let checked = line(folder.path(), &files, &["--check"]);
            assert_eq!(import(&desk.service, &checked).await.unwrap(), Ended::Well, "{kind}");
            assert_eq!(desk.ask("SELECT count(*) FROM members").await, ["0"], "{kind}");
            for opened in [3, 0] {
                let args = line(folder.path(), &files, &more);
                assert_eq!(import(&desk.service, &args).await.unwrap(), Ended::Well, "{kind}");
                let told: Value = serde_json::from_str(&std::fs::read_to_string(&report).unwrap()).unwrap();
                assert_eq!((&told["members"], &told["opened"]), (&3.into(), &opened.into()), "{kind}: {told}");
                assert_eq!(told["opened_before"], 3 - opened, "{kind}: {told}");
                assert_eq!((&told["points"]["files"], &told["points"]["ledger"]), (&"520".into(), &"520".into()));
            }
            let person = desk.service.person("m-1").await.unwrap().unwrap();
            assert_eq!(person.facts["segments"], serde_json::json!(["walkers", "gardeners"]), "{kind}");
            assert_eq!(desk.tier("m-1").await.as_deref(), Some("silver"), "{kind}");
            desk.holds().await;
        }
    }

    #[cfg(feature = "parquet")]
    #[tokio::test]
    async fn lots_are_read_from_parquet_too() {
        use crate::rows::table::{Type, Value as Cell, Writer};
        for desk in shops().await {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("lots.parquet");
            let columns = [
                ("user_id", Type::Text),
                ("points", Type::Decimal),
                ("spendable_on", Type::Day),
                ("expires_on", Type::Day),
            ];
            let mut writer = Writer::to(&path, &columns).unwrap();
            let day = "2020-01-01".parse().unwrap();
            writer.row(&[Cell::Text("m-1".to_owned()), Cell::units(70, 0), Cell::Day(day), Cell::Nothing]).unwrap();
            writer.finish().unwrap();
            let args = line(folder.path(), &[], &["--lots", path.to_str().unwrap()]);
            assert_eq!(import(&desk.service, &args).await.unwrap(), Ended::Well, "{}", desk.kind());
            assert_eq!(desk.balance("m-1").await.0, "70", "{}", desk.kind());
        }
    }

    #[tokio::test]
    async fn one_wrong_row_keeps_everything_out() {
        let desks = shops().await;
        let desk = &desks[0];
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("members", "user_id\nm-1\nm-1\n"),
            ("members", "user_id,tier\nm-1,silver\nm-2,platinum\n"),
            ("members", "user_id,spending\nm-1,12 EUR\n"),
            ("members", "user_id,upgrades\nm-1,silver\n"),
            ("members", "user_id\nm 1\n"),
            ("lots", "user_id,points,spendable_on\nm-1,5,2020-01-01\nm-1,,2020-01-01\n"),
            ("lots", "user_id,points,spendable_on\nm-1,5,01.02.2020\n"),
            ("lots", "user_id,points,spendable_on\nm-1,0.5,2020-01-01\n"),
            ("counters", "user_id,counter,used\nm-1,base.all.amount.month,1\nm-1,base.all.amount.month,2\n"),
            ("counters", "user_id,counter,used\nm-1,campaign.spring.budget.campaign,1\n"),
        ] {
            let args = line(folder.path(), &[(name, text)], &[]);
            assert_eq!(import(&desk.service, &args).await.unwrap(), Ended::Findings, "{text}");
        }
        for (name, text) in [
            ("members", "user_id,enrolments\nm-1,club\n"),
            ("members", "user_id,colour\nm-1,red\n"),
            ("lots", "user_id,points\nm-1,5\n"),
            ("lots", "user_id,points,points,spendable_on\nm-1,5,5,2020-01-01\n"),
        ] {
            let args = line(folder.path(), &[(name, text)], &[]);
            assert!(import(&desk.service, &args).await.is_err(), "{text}");
        }
        assert_eq!(desk.ask("SELECT count(*) FROM members").await, ["0"]);
    }
}
