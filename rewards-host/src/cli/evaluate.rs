//! `rewards evaluate`: what one purchase brings, and why.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use rewards_rules::input::{InputError, Member, Raw, Transaction, Usage};
use rewards_rules::outcome::Outcome as Evaluated;
use rewards_rules::{EvaluationError, RuleSet};

use super::{Ended, Failure, Outcome, colour_of_errors, complain, print};
use crate::load;
use crate::output::{human, prefixed};

/// Evaluates one purchase and prints what it brings.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 an outcome, 1 rules with errors or an evaluation error, 2 wrong use or a file that cannot be read."
)]
pub(super) struct Args {
    /// A folder with rule files, or one file
    #[arg(long, value_name = "PATH")]
    rules: PathBuf,
    /// The purchase, as JSON or YAML; `-` is standard input
    #[arg(long, value_name = "FILE")]
    transaction: PathBuf,
    /// The member, as JSON or YAML; without it, one of whom only the id `member` is known
    #[arg(long, value_name = "FILE")]
    member: Option<PathBuf>,
    /// What earlier purchases used of counters, as JSON or YAML: a mapping of counter to number
    #[arg(long, value_name = "FILE")]
    usage: Option<PathBuf>,
    /// Tell where each cent came from, and of every rule that did not grant, why not
    #[arg(long)]
    explain: bool,
    /// How to write the outcome
    #[arg(long, value_enum, default_value_t = OutcomeFormat::Human)]
    format: OutcomeFormat,
}

/// How an outcome can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutcomeFormat {
    /// For people
    Human,
    /// The canonical JSON
    Json,
}

pub(super) fn run(args: &Args) -> Outcome {
    let inputs = [Some(&args.transaction), args.member.as_ref(), args.usage.as_ref()];
    if inputs.iter().flatten().filter(|path| path.as_os_str() == "-").count() > 1 {
        return Err(Failure("standard input can be only one of --transaction, --member, --usage".to_owned()));
    }
    let loaded = load::one(&args.rules)?;
    let transaction = read(&args.transaction)?;
    let member = args.member.as_deref().map(read).transpose()?;
    let usage = args.usage.as_deref().map(read).transpose()?;
    let rules = match RuleSet::compile(loaded.sources.clone()) {
        Ok(rules) => rules,
        Err(findings) => {
            complain(&prefixed(&findings, &loaded.prefix).render(colour_of_errors()));
            if let Some(more) = human::more(&findings) {
                complain(&more);
            }
            return Ok(Ended::Findings);
        }
    };
    match evaluate(&rules, &transaction, member.as_deref(), usage.as_deref(), args.explain) {
        Ok(outcome) => {
            let text = match args.format {
                OutcomeFormat::Json => format!("{}\n", outcome.to_json()),
                OutcomeFormat::Human if args.explain => outcome.explain(),
                OutcomeFormat::Human => summary(&outcome),
            };
            print(&text)?;
            Ok(Ended::Well)
        }
        Err(mut error) => {
            if let Some(place) = &mut error.place {
                place.file = format!("{}{}", loaded.prefix, place.file);
            }
            complain(&match args.format {
                OutcomeFormat::Human => format!("error: {error}"),
                OutcomeFormat::Json => serde_json::to_string(&error).unwrap_or_default(),
            });
            Ok(Ended::Findings)
        }
    }
}

/// The text of an input file; `-` is standard input.
pub(super) fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin()
            .lock()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure(format!("standard input cannot be read: {error}")))?;
    } else {
        bytes = load::bytes(path)?;
    }
    String::from_utf8(bytes).map_err(|_| Failure(format!("{} is not UTF-8", path.display())))
}

/// What an evaluation reads.
pub(super) struct Inputs {
    pub(super) transaction: Transaction,
    pub(super) member: Member,
    pub(super) usage: Usage,
}

impl Inputs {
    /// The texts of the three files as the engine's inputs. Error `unknown_fact` too for a counter that the rules do
    /// not have.
    pub(super) fn read(
        rules: &RuleSet,
        transaction: &str,
        member: Option<&str>,
        usage: Option<&str>,
    ) -> Result<Inputs, EvaluationError> {
        let of = |what: &'static str| {
            move |mut error: InputError| {
                error.path = match error.path.as_str() {
                    "" => what.to_owned(),
                    path => format!("{what}.{path}"),
                };
                EvaluationError::from(error)
            }
        };
        let transaction =
            Raw::from_json_or_yaml(transaction).and_then(Transaction::from_raw).map_err(of("transaction"))?;
        let member = match member {
            None => Member::new(load::MEMBER),
            Some(text) => Raw::from_json_or_yaml(text).map(with_id).and_then(Member::from_raw).map_err(of("member"))?,
        };
        let usage = match usage {
            None => Usage::default(),
            Some(text) => Raw::from_json_or_yaml(text).and_then(Usage::from_raw).map_err(of("usage"))?,
        };
        // A file of usage is written for this rule set, so a counter that it does not have is a slip.
        rules.has_counters(&usage)?;
        Ok(Inputs { transaction, member, usage })
    }
}

fn evaluate(
    rules: &RuleSet,
    transaction: &str,
    member: Option<&str>,
    usage: Option<&str>,
    explain: bool,
) -> Result<Evaluated, EvaluationError> {
    let Inputs { transaction, member, usage } = Inputs::read(rules, transaction, member, usage)?;
    if explain {
        rules.evaluate_explained(&transaction, &member, &usage)
    } else {
        rules.evaluate(&transaction, &member, &usage)
    }
}

/// A member has the same shape as in tests, where the id may be left out.
fn with_id(raw: Raw) -> Raw {
    match raw {
        Raw::Map(mut entries) if !entries.iter().any(|(key, _)| key == "id") => {
            entries.push(("id".to_owned(), Raw::Text(load::MEMBER.to_owned())));
            Raw::Map(entries)
        }
        other => other,
    }
}

fn summary(outcome: &Evaluated) -> String {
    let currency = outcome.amount.currency();
    let totals = &outcome.totals;
    let mut facts = vec![
        ("base", totals.base.to_string()),
        ("loyalty", totals.loyalty.to_string()),
        ("campaign", totals.campaign.to_string()),
        ("total", format!("{} {}", totals.total, currency.code())),
        ("points", totals.points.to_string()),
    ];
    let rules = outcome.rules_text();
    if !rules.is_empty() {
        facts.push(("rules", rules));
    }
    if let Some(progress) = &outcome.progress {
        facts.push(("tier", progress.tier.to_string()));
    }
    if let Some(reason) = outcome.reason {
        facts.push(("reason", format!("{reason}: {}", reason.words())));
    }
    facts.iter().map(|(name, value)| format!("{name:<8}  {value}\n")).collect()
}
