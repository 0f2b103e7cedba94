//! `rewards graph`: the picture of a rule set, and what one purchase lights up in it.

use std::path::PathBuf;

use clap::ValueEnum;
use rewards_rules::draw::{Picture, PictureOptions};
use rewards_rules::{EvaluationError, RuleSet};

use super::evaluate::{Inputs, read};
use super::{Ended, Outcome, colour_of_errors, complain, print};
use crate::load;
use crate::output::prefixed;

/// Draws rules: facts, conditions, and every stage from base to result.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 drawn, 1 rules with errors or an evaluation error, 2 wrong use or a file that cannot be read."
)]
pub(super) struct Args {
    /// A folder with rule files, or one file
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// How to draw
    #[arg(long, value_enum, default_value_t = PictureFormat::Mermaid)]
    format: PictureFormat,
    /// Draw each campaign on its own; without it, those of one group are one box where there are more than 40
    #[arg(long)]
    all: bool,
    /// A purchase, as JSON or YAML: shows what it met, granted and cut; `-` is standard input
    #[arg(long, value_name = "FILE")]
    transaction: Option<PathBuf>,
    /// The member of the purchase, as JSON or YAML
    #[arg(long, value_name = "FILE", requires = "transaction")]
    member: Option<PathBuf>,
    /// What earlier purchases used of counters, as JSON or YAML
    #[arg(long, value_name = "FILE", requires = "transaction")]
    usage: Option<PathBuf>,
}

/// How a picture can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PictureFormat {
    /// A flowchart for pages that draw Mermaid, such as a README
    Mermaid,
    /// For Graphviz
    Dot,
    /// An image for a browser, for light and dark pages
    Svg,
    /// Nodes, edges and stages for other programs
    Json,
}

pub(super) fn run(args: &Args) -> Outcome {
    let loaded = load::one(&args.path)?;
    let transaction = args.transaction.as_deref().map(read).transpose()?;
    let member = args.member.as_deref().map(read).transpose()?;
    let usage = args.usage.as_deref().map(read).transpose()?;
    let rules = match RuleSet::compile(loaded.sources.clone()) {
        Ok(rules) => rules,
        Err(findings) => {
            complain(&prefixed(&findings, &loaded.prefix).render(colour_of_errors()));
            return Ok(Ended::Findings);
        }
    };
    let options = if args.all { PictureOptions::ALL } else { PictureOptions::default() };
    let picture = match &transaction {
        None => rules.picture(options),
        Some(transaction) => match lit(&rules, options, transaction, member.as_deref(), usage.as_deref()) {
            Ok(picture) => picture,
            Err(mut error) => {
                if let Some(place) = &mut error.place {
                    place.file = format!("{}{}", loaded.prefix, place.file);
                }
                complain(&format!("error: {error}"));
                return Ok(Ended::Findings);
            }
        },
    };
    print(&match args.format {
        PictureFormat::Mermaid => picture.to_mermaid(),
        PictureFormat::Dot => picture.to_dot(),
        PictureFormat::Svg => picture.to_svg(),
        PictureFormat::Json => picture.to_json(),
    })?;
    if picture.folded > 0 {
        complain(&format!("{} campaigns stand together with others; `--all` draws each", picture.folded));
    }
    Ok(Ended::Well)
}

fn lit(
    rules: &RuleSet,
    options: PictureOptions,
    transaction: &str,
    member: Option<&str>,
    usage: Option<&str>,
) -> Result<Picture, EvaluationError> {
    let inputs = Inputs::read(rules, transaction, member, usage)?;
    rules.picture_of(options, &inputs.transaction, &inputs.member, &inputs.usage)
}
