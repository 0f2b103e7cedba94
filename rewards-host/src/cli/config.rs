//! `rewards config`: what the service would be set up with.

use super::setup::Setup;
use super::{Ended, Failure, Outcome, print};
use crate::config::AuthKeys;
use crate::http::auth::Verifier;

/// Checks the settings of the service and prints what is in force, with secrets hidden
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 the settings are right, 2 wrong use, or settings of which each mistake is told."
)]
pub(super) struct Args {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, clap::Subcommand)]
enum Action {
    /// Reads file and environment, tells every mistake, and prints what is in force, with secrets hidden
    Check(Setup),
}

pub(super) fn run(args: &Args) -> Outcome {
    let Action::Check(setup) = &args.action;
    let config = setup.read(&[])?;
    // A key in a file is read, so that a wrong one is found before the start; the development key is not made.
    if config.auth.keys != AuthKeys::Development {
        Verifier::new(&config.auth, None).map_err(Failure)?;
    }
    print(&config.shown())?;
    Ok(Ended::Well)
}
