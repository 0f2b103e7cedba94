//! Checking rule sets beside everything else, so that a large one keeps nobody waiting.

use std::collections::BTreeMap;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::thread;

use rewards_rules::source::{Findings, Sources};

use crate::cli::findings_of;

/// A rule set that is to be checked.
#[derive(Debug)]
pub(super) struct Job {
    /// Its folder.
    pub(super) root: PathBuf,
    /// Counts its changes.
    pub(super) generation: u64,
    /// Its files.
    pub(super) sources: Sources,
}

/// A rule set that was checked.
#[derive(Debug)]
pub(super) struct Checked {
    /// Its folder.
    pub(super) root: PathBuf,
    /// Of which of its changes.
    pub(super) generation: u64,
    /// What was found; `None` if the check itself failed, which is a mistake of this program.
    pub(super) findings: Option<Findings>,
}

/// The thread that checks.
#[derive(Debug)]
pub(super) struct Checker {
    jobs: Sender<Job>,
}

impl Checker {
    /// Starts it. `done` takes what was checked, and tells whether anybody still listens.
    pub(super) fn start(done: impl Fn(Checked) -> bool + Send + 'static) -> io::Result<Checker> {
        let (jobs, inbox) = mpsc::channel::<Job>();
        thread::Builder::new().name("check".to_owned()).spawn(move || {
            let mut due: BTreeMap<PathBuf, Job> = BTreeMap::new();
            loop {
                if due.is_empty() {
                    let Ok(job) = inbox.recv() else { return };
                    due.insert(job.root.clone(), job);
                }
                // Of several changes of a rule set only the last matters.
                while let Ok(job) = inbox.try_recv() {
                    due.insert(job.root.clone(), job);
                }
                let Some((_, Job { root, generation, sources })) = due.pop_first() else { continue };
                let findings = catch_unwind(AssertUnwindSafe(|| findings_of(sources).1)).ok();
                if !done(Checked { root, generation, findings }) {
                    return;
                }
            }
        })?;
        Ok(Checker { jobs })
    }

    /// Wants a rule set checked.
    pub(super) fn check(&self, job: Job) {
        // Without the thread nothing is found any more; it ends only with the server.
        let _ = self.jobs.send(job);
    }
}
