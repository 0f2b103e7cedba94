//! The subcommands, one file each, and what they share: their arguments, exit statuses and streams.

#[cfg(feature = "service")]
mod config;
mod diff;
mod evaluate;
mod explain;
#[cfg(feature = "fmt")]
mod fmt;
mod graph;
mod hash;
#[cfg(feature = "service")]
mod ledger;
#[cfg(feature = "lsp")]
mod lsp;
mod meta;
mod schema;
#[cfg(feature = "service")]
mod serve;
#[cfg(feature = "service")]
mod setup;
mod simulate;
mod test;
#[cfg(feature = "service")]
mod token;
mod validate;

#[cfg(feature = "lsp")]
pub(crate) use validate::findings_of;

use std::ffi::OsStr;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "rewards",
    version,
    about = "Checks, tests and runs rules for cashback, loyalty and campaigns.",
    after_help = "Exit status: 0 all well (warnings included), 1 findings, failed tests, an evaluation error, a bad row or a \
                  difference under `--exit-code`, 2 wrong use or a file that cannot be read.",
    arg_required_else_help = true,
    subcommand_required = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Validate(validate::Args),
    Test(test::Args),
    Evaluate(evaluate::Args),
    Simulate(simulate::Args),
    Diff(diff::Args),
    Graph(graph::Args),
    Explain(explain::Args),
    Hash(hash::Args),
    #[cfg(feature = "fmt")]
    Fmt(fmt::Args),
    Schema(schema::Args),
    #[cfg(feature = "lsp")]
    Lsp(lsp::Args),
    #[cfg(feature = "service")]
    Serve(serve::Args),
    #[cfg(feature = "service")]
    Ledger(ledger::Args),
    #[cfg(feature = "service")]
    Token(token::Args),
    #[cfg(feature = "service")]
    Config(config::Args),
    Completions(meta::CompletionsArgs),
    Man(meta::ManArgs),
}

/// How a command ended that could do its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ended {
    /// All well.
    Well,
    /// There are findings, failed tests, an evaluation error or a bad row.
    Findings,
}

impl Ended {
    pub(crate) fn well_if(well: bool) -> Ended {
        if well { Ended::Well } else { Ended::Findings }
    }
}

/// Wrong use, or a file that cannot be read or written.
#[derive(Debug)]
pub(crate) struct Failure(pub(crate) String);

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a command hands back.
pub(crate) type Outcome = Result<Ended, Failure>;

/// Parses the arguments and runs the command.
pub(crate) fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Validate(args) => validate::run(&args),
        Command::Test(args) => test::run(&args),
        Command::Evaluate(args) => evaluate::run(&args),
        Command::Simulate(args) => simulate::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Graph(args) => graph::run(&args),
        Command::Explain(args) => explain::run(&args),
        Command::Hash(args) => hash::run(&args),
        #[cfg(feature = "fmt")]
        Command::Fmt(args) => fmt::run(&args),
        Command::Schema(args) => schema::run(&args),
        #[cfg(feature = "lsp")]
        Command::Lsp(args) => lsp::run(&args),
        #[cfg(feature = "service")]
        Command::Serve(args) => serve::run(&args),
        #[cfg(feature = "service")]
        Command::Ledger(args) => ledger::run(&args),
        #[cfg(feature = "service")]
        Command::Token(args) => token::run(&args),
        #[cfg(feature = "service")]
        Command::Config(args) => config::run(&args),
        Command::Completions(args) => meta::completions(&args),
        Command::Man(args) => meta::man(&args),
    };
    match ended {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::Findings) => ExitCode::from(1),
        Err(failure) => {
            complain(&format!("error: {failure}"));
            ExitCode::from(2)
        }
    }
}

/// Writes a result to standard output. A reader that went away (`| head`) is no failure.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Writes a line to standard error; where that is closed there is nobody to tell.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "{}", line.trim_end());
}

/// Whether a stream may have colours: a terminal that knows them, and nobody asked for none (<https://no-color.org>).
fn may_colour(is_terminal: bool, no_color: Option<&OsStr>, term: Option<&OsStr>) -> bool {
    is_terminal && no_color.is_none_or(OsStr::is_empty) && term.is_none_or(|t| t != "dumb")
}

fn colour_of(stream: &impl IsTerminal) -> bool {
    let variable = std::env::var_os;
    may_colour(stream.is_terminal(), variable("NO_COLOR").as_deref(), variable("TERM").as_deref())
}

/// Whether standard output may have colours.
pub(crate) fn colour() -> bool {
    colour_of(&io::stdout())
}

/// Whether standard error may have colours.
pub(crate) fn colour_of_errors() -> bool {
    colour_of(&io::stderr())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_nobody_asked_to_stay_plain() {
        for (terminal, no_color, term, coloured) in [
            (true, None, Some("xterm"), true),
            (true, None, None, true),
            (true, Some(""), Some("xterm"), true),
            (true, Some("1"), Some("xterm"), false),
            (true, Some("0"), None, false),
            (true, None, Some("dumb"), false),
            (false, None, Some("xterm"), false),
        ] {
            let found = may_colour(terminal, no_color.map(OsStr::new), term.map(OsStr::new));
            assert_eq!(found, coloured, "{terminal} {no_color:?} {term:?}");
        }
    }

    #[test]
    fn the_arguments_fit_together() {
        <Cli as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn every_command_and_every_argument_is_explained() {
        let whole = <Cli as clap::CommandFactory>::command();
        for command in whole.get_subcommands() {
            let name = command.get_name();
            let about = command.get_about().map(ToString::to_string).unwrap_or_default();
            assert!(about.len() > 20 && !about.contains('\n'), "{name}: {about}");
            for argument in command.get_arguments().filter(|a| a.get_id() != "help") {
                assert!(argument.get_help().is_some(), "{name} {}", argument.get_id());
            }
        }
    }
}
