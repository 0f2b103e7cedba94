//! The language server: an editor asks over standard input, and is answered over standard output.
//!
//! A room of its own because it is the only part that keeps files in memory and runs until it is told to stop. It is
//! thin: what a place in a rule file means is the engine's to say (`rewards_rules::editor`), what is wrong is what
//! `rewards validate` finds. Three threads: one reads messages, one checks rule sets, one has the files and answers.
//! What has come in is taken up before anything is answered, so a change is seen by every question after it, and of
//! several changes only the last is checked.

mod answers;
mod check;
mod findings;
#[cfg(feature = "fmt")]
mod format;
mod home;
mod position;
mod serve;
mod wire;
mod workspace;

use std::io;
use std::sync::mpsc;
use std::thread;

use check::{Checked, Checker};
use serve::Server;
use wire::Incoming;

/// What happens to the server.
#[derive(Debug)]
enum Event {
    /// A message came.
    Came(Incoming),
    /// The stream ended.
    Closed,
    /// A rule set was checked.
    Checked(Checked),
}

/// Serves until the client says `exit` or goes away. Tells whether it said `shutdown` before, as the protocol asks.
pub(crate) fn serve() -> io::Result<bool> {
    let (events, inbox) = mpsc::channel();
    let reader = events.clone();
    thread::Builder::new().name("read".to_owned()).spawn(move || {
        let mut input = io::stdin().lock();
        // Whether the other side still listens is seen at the next message.
        while let Ok(Some(message)) = wire::read(&mut input) {
            if reader.send(Event::Came(message)).is_err() {
                return;
            }
        }
        let _ = reader.send(Event::Closed);
    })?;
    let checker = Checker::start(move |checked| events.send(Event::Checked(checked)).is_ok())?;
    Server::new(io::stdout().lock(), checker).run(&inbox)
}
