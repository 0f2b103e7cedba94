//! Which rule set a file belongs to that was opened in an editor.
//!
//! A room of its own because an editor shows a folder of which rules may be a small part, and opens single files in
//! it. The answer is the one that the commands give for that folder (`load`), but for two things: where most YAML
//! files of a folder are no rule files (a whole project), it is not taken for a rule set, and what is too large to
//! be one is left alone.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use rewards_rules::testing::is_test_file;

use crate::load::has_program;

/// How many files and folders a rule set may have here.
const MOST_ENTRIES: usize = 20_000;
/// How far up a rule set is looked for where the editor has no folder open.
const MOST_LEVELS: usize = 3;
/// How much of a file is looked at, in bytes.
const HEAD: usize = 64 * 1024;
/// What rule files have at the beginning of some line.
const KEYS: [&[u8]; 4] = [b"program:", b"campaign:", b"campaigns:", b"tests:"];

/// What is in a folder.
#[derive(Debug, Clone, Copy, Default)]
struct Look {
    /// Files with a program.
    programs: usize,
    /// Files that look like rule files.
    rules: usize,
    /// YAML files that do not.
    others: usize,
    /// Whether a rule file stands in the folder itself.
    itself: bool,
    /// Folders in it with YAML files.
    below: usize,
}

/// The folders of rule sets, as long as nothing changes on disk.
#[derive(Debug, Default)]
pub(super) struct Homes {
    known: HashMap<PathBuf, Option<PathBuf>>,
}

impl Homes {
    /// The folder of the rule set that a file belongs to; `None` where that folder is too large to be one. `tops` are
    /// the folders that the editor shows.
    pub(super) fn of(&mut self, file: &Path, tops: &[PathBuf]) -> Option<PathBuf> {
        let folder = file.parent()?.to_owned();
        let find = || find(&folder, tops);
        self.known.entry(folder.clone()).or_insert_with(find).clone()
    }
}

fn find(folder: &Path, tops: &[PathBuf]) -> Option<PathBuf> {
    let top = tops.iter().filter(|top| folder.starts_with(top)).min_by_key(|top| top.components().count());
    look(folder)?;
    let mut home = folder.to_owned();
    for (level, above) in folder.ancestors().enumerate().skip(1) {
        let within = match top {
            Some(top) => above.starts_with(top),
            None => level <= MOST_LEVELS,
        };
        let Some(look) = Some(above).filter(|_| within).and_then(look) else { break };
        if look.programs > 1 || look.others > look.rules {
            break;
        }
        // A folder with nothing but one folder is that folder; see `load`.
        if look.itself || look.below != 1 {
            home = above.to_owned();
        }
    }
    Some(home)
}

/// What is in a folder and those in it; `None` if it cannot be read or is too large.
fn look(folder: &Path) -> Option<Look> {
    let mut all = Look::default();
    let mut left = MOST_ENTRIES;
    let mut due = vec![(folder.to_owned(), None)];
    let mut below = Vec::new();
    while let Some((path, first)) = due.pop() {
        for entry in fs::read_dir(&path).ok()? {
            left = left.checked_sub(1)?;
            let Ok(entry) = entry else { continue };
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
            let branch: Option<PathBuf> = first.clone().or_else(|| Some(path.clone()));
            if kind.is_dir() {
                due.push((path, branch));
                continue;
            }
            let Some(name) = path.file_name().and_then(|n| n.to_str()) else { continue };
            if name.ends_with(".rhai") {
                all.rules = all.rules.saturating_add(1);
            } else if name.ends_with(".yaml") {
                let bytes = head(&path);
                let is_rules = bytes.split(|b| *b == b'\n').any(|line| KEYS.iter().any(|key| line.starts_with(key)));
                let program = !is_test_file(name) && has_program(name, &bytes);
                all.programs = all.programs.saturating_add(usize::from(program));
                all.rules = all.rules.saturating_add(usize::from(is_rules));
                all.others = all.others.saturating_add(usize::from(!is_rules));
            } else {
                continue;
            }
            match first.as_ref() {
                None => all.itself = true,
                Some(branch) if !below.contains(branch) => below.push(branch.clone()),
                Some(_) => {}
            }
        }
    }
    all.below = below.len();
    Some(all)
}

fn head(path: &Path) -> Vec<u8> {
    use std::io::Read;
    let mut bytes = Vec::new();
    let most = u64::try_from(HEAD).unwrap_or(u64::MAX);
    if let Ok(file) = fs::File::open(path) {
        // What cannot be read has no keys; the commands say so.
        let _ = file.take(most).read_to_end(&mut bytes);
    }
    bytes
}
