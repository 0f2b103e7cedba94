//! `rewards diff`: what changed between two rule sets.

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rewards_rules::RuleSet;
use rewards_rules::diff::{Comparison, compare};
use serde_json::json;

use super::{Ended, Failure, Outcome, colour_of_errors, complain, print};
use crate::load;
use crate::output::{difference, prefixed};

/// Tells what changed between two rule sets.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The rules before: a folder with rule files, or one file
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// The rules after
    #[arg(value_name = "NEW")]
    new: PathBuf,
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
    print(&match args.format {
        DiffFormat::Human => difference::human(&comparison),
        DiffFormat::Json => {
            let out = json!({"old": comparison.old, "new": comparison.new, "changes": changes(&comparison)});
            format!("{}\n", serde_json::to_string_pretty(&out).unwrap_or_default())
        }
    })?;
    Ok(Ended::well_if(!args.exit_code || comparison.is_empty()))
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
