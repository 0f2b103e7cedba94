//! `rewards completions` and `rewards man`: what the command says of itself to shells and manuals.

use std::ffi::OsStr;

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Ended, Failure, Outcome, print};

/// Prints a script that completes the command's arguments in a shell.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 printed, 2 wrong use.")]
pub(super) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints a manual page in roff.
#[derive(Debug, clap::Args)]
#[command(after_help = "Exit status: 0 printed, 2 wrong use, such as a subcommand that there is none of.")]
pub(super) struct ManArgs {
    /// The subcommand; without it, the page of the whole command
    command: Option<String>,
}

pub(super) fn completions(args: &CompletionsArgs) -> Outcome {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rewards", &mut text);
    print(&String::from_utf8_lossy(&text))?;
    Ok(Ended::Well)
}

pub(super) fn man(args: &ManArgs) -> Outcome {
    let mut whole = Cli::command();
    whole.build();
    let page = match &args.command {
        None => whole,
        Some(name) => {
            let found = whole.find_subcommand(OsStr::new(name)).cloned();
            found.ok_or_else(|| Failure(format!("there is no command `{name}`; `rewards --help` lists them")))?
        }
    };
    let mut text = Vec::new();
    // A subcommand has no version of its own.
    clap_mangen::Man::new(page)
        .source(concat!("rewards ", env!("CARGO_PKG_VERSION")))
        .render(&mut text)
        .map_err(|error| Failure(format!("the page cannot be written: {error}")))?;
    print(&String::from_utf8_lossy(&text))?;
    Ok(Ended::Well)
}
