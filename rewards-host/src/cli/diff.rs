//! `rewards diff`: what changed between two rule sets, and what that costs on given purchases.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rewards_rules::RuleSet;
use rewards_rules::diff::{Comparison, Costs, Refused, Trial, alone, compare};
use rewards_rules::simulate::Options;
use serde_json::json;

use super::simulate::AssumedZone;
use super::{Ended, Failure, Outcome, colour_of_errors, complain, print};
use crate::load;
use crate::output::{difference, prefixed};
use crate::rows::rejects::Rejects;
use crate::rows::{BadRow, Place, Reader};

/// So many changes are each run alone over the rows; beyond that only both rule sets are.
const MOST_ALONE: usize = 12;

/// Tells what changed between two rule sets, and what that costs on given purchases.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 compared, 1 rules with errors, a bad row, or with `--exit-code` a difference, 2 wrong use or a file that cannot be read."
)]
pub(super) struct Args {
    /// The rules before: a folder with rule files, or one file
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The rules after
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Purchases in order of time, a file ending in `.csv`, `.parquet`, `.ndjson` or `.jsonl`: tells what both rule sets
    /// pay on them, and what each change costs
    #[arg(long, value_name = "FILE")]
    transactions: Option<PathBuf>,
    /// What is known of members before their first transaction, a file of one of the same formats
    #[arg(long, value_name = "FILE", requires = "transactions")]
    members: Option<PathBuf>,
    /// Go on after a bad row, and write place, code and reason of each with the row to this file, `.csv` or `.ndjson`;
    /// without it the first one stops
    #[arg(long, value_name = "FILE", requires = "transactions")]
    rejects: Option<PathBuf>,
    /// Read instants without an offset as local time of this
    #[arg(long, value_enum, value_name = "WHERE", requires = "transactions")]
    assume_timezone: Option<AssumedZone>,
    /// End with status 1 if the two differ in meaning; without it only rules with an error do so
    #[arg(long)]
    exit_code: bool,
    /// How to write it
    #[arg(long, value_enum, default_value_t = DiffFormat::Human)]
    format: DiffFormat,
}

/// How a comparison can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum DiffFormat {
    /// For people
    Human,
    /// JSON
    Json,
}

pub(super) fn run(args: &Args) -> Outcome {
    let Some(old) = compiled(&args.old)? else { return Ok(Ended::Findings) };
    let Some(new) = compiled(&args.new)? else { return Ok(Ended::Findings) };
    let comparison = compare(&old, &new);
    let mut rejected = 0;
    let costs = match &args.transactions {
        None => None,
        Some(path) => match cost(args, path, &old, &new, &comparison)? {
            None => return Ok(Ended::Findings),
            Some(costs) => {
                rejected = costs.rejected;
                Some(costs)
            }
        },
    };
    print(&match args.format {
        DiffFormat::Human => difference::human(&comparison, costs.as_ref()),
        DiffFormat::Json => {
            let mut out = json!({"old": comparison.old, "new": comparison.new, "changes": changes(&comparison)});
            if let (Some(costs), Some(map)) = (&costs, out.as_object_mut()) {
                map.insert("costs".to_owned(), json!(costs));
            }
            format!("{}\n", serde_json::to_string_pretty(&out).unwrap_or_default())
        }
    })?;
    let found = rejected > 0 || (args.exit_code && !comparison.is_empty());
    Ok(Ended::well_if(!found))
}

/// Each change with its words.
fn changes(comparison: &Comparison) -> Vec<serde_json::Value> {
    let with_words = comparison.changes.iter().map(|change| {
        let mut value = json!(change);
        if let Some(map) = value.as_object_mut() {
            map.insert("words".to_owned(), json!(change.words()));
        }
        value
    });
    with_words.collect()
}

fn compiled(path: &Path) -> Result<Option<RuleSet>, Failure> {
    let loaded = load::one(path)?;
    match RuleSet::compile(loaded.sources) {
        Ok(rules) => Ok(Some(rules)),
        Err(findings) => {
            complain(&prefixed(&findings, &loaded.prefix).render(colour_of_errors()));
            Ok(None)
        }
    }
}

fn cost(
    args: &Args,
    path: &Path,
    old: &RuleSet,
    new: &RuleSet,
    comparison: &Comparison,
) -> Result<Option<Costs>, Failure> {
    let mut reader = Reader::open(path, None)?;
    let mut each = alone(old, new, comparison);
    if each.len() > MOST_ALONE {
        let count = each.len();
        let so = "what each rule costs is told all the same";
        complain(&format!("{count} changes are too many to run each alone ({MOST_ALONE} at most); {so}"));
        each.clear();
    }
    let options = Options { assume_program_timezone: args.assume_timezone.is_some() };
    let Some(mut trial) = Trial::new(old, new, each, options) else {
        let why = "the currencies of the two programs, or the decimals of their points, differ";
        return Err(Failure(format!("what the change costs cannot be told: {why}")));
    };
    if let Some(path) = &args.members
        && let Err(bad) = read_members(&mut trial, path)?
    {
        bad.complain(path);
        return Ok(None);
    }
    let header = match reader.header(&trial.transaction_names())? {
        Ok(header) => header,
        Err(bad) => {
            bad.complain(path);
            return Ok(None);
        }
    };
    if let Err(refused) = trial.header(&header) {
        bad_row(reader.place_of_header(), &refused).complain(path);
        return Ok(None);
    }
    let mut rejects = args.rejects.as_deref().map(|to| Rejects::to(to, &header, reader.format())).transpose()?;
    let mut rows: u64 = 0;
    while let Some(record) = reader.next()? {
        rows = rows.saturating_add(1);
        let posted = match record.broken() {
            Ok(()) => trial.post(|column| record.cell(column)).map_err(|refused| bad_row(record.place, &refused)),
            Err(error) => Err(BadRow::new(record.place, &error.into())),
        };
        if let Err(bad) = posted {
            match &mut rejects {
                None => {
                    reader.progress().end();
                    bad.complain(path);
                    bad.complain_of_zone();
                    complain("nothing was compared; `--rejects FILE` sets bad rows aside and goes on");
                    return Ok(None);
                }
                Some(rejects) => rejects.write(&bad, &record)?,
            }
        }
        if rows.is_multiple_of(1 << 12) {
            reader.progress().rows(rows);
        }
    }
    reader.progress().end();
    let rejected = rejects.map(Rejects::finish).transpose()?.unwrap_or(0);
    Ok(Some(trial.costs(rejected)))
}

/// What is said of a row; whose rules refused it where the other took it.
fn bad_row(place: Place, refused: &Refused) -> BadRow {
    let mut bad = BadRow::new(place, &refused.error);
    if refused.by != "both" {
        bad.reason = format!("under the {} rules: {}", refused.by, bad.reason);
    }
    bad
}

fn read_members(trial: &mut Trial, path: &Path) -> Result<Result<(), BadRow>, Failure> {
    let mut reader = Reader::open(path, None)?;
    let header = match reader.header(&trial.member_names())? {
        Ok(header) => header,
        Err(bad) => return Ok(Err(bad)),
    };
    let columns = match trial.member_columns(&header) {
        Ok(columns) => columns,
        Err(refused) => return Ok(Err(bad_row(reader.place_of_header(), &refused))),
    };
    while let Some(record) = reader.next()? {
        let added = match record.broken() {
            Ok(()) => trial.add_member(&columns, |column| record.cell(column)).map_err(|r| bad_row(record.place, &r)),
            Err(error) => Err(BadRow::new(record.place, &error.into())),
        };
        if let Err(bad) = added {
            return Ok(Err(bad));
        }
    }
    reader.progress().end();
    Ok(Ok(()))
}
