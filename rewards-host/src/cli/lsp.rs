//! `rewards lsp`: the language server for editors.

use super::{Ended, Failure, Outcome};
use crate::lsp;

/// Serves an editor over standard input and output, by the Language Server Protocol.
///
/// It is started by an editor; docs/editor.md says how to set up which. It ends with 0 after `shutdown` and `exit`,
/// with 1 where the editor went away without them.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 the editor ended it, 1 the editor went away, 2 wrong use or a stream that cannot be read or written."
)]
pub(super) struct Args {
    /// Accepted because some editors pass it; there is no other way of talking
    #[arg(long, hide = true)]
    stdio: bool,
}

pub(super) fn run(_: &Args) -> Outcome {
    match lsp::serve() {
        Ok(well) => Ok(Ended::well_if(well)),
        // The editor went away.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(Ended::Findings),
        Err(error) => Err(Failure(format!("the editor cannot be reached: {error}"))),
    }
}
