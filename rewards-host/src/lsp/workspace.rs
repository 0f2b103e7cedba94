//! The files that the server knows: rule sets from disk, with what is open in the editor laid over them.
//!
//! A room of its own because every question is about a file as the editor has it, among others as they are on disk.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

use ls_types as lsp;
use rewards_rules::editor::{Document, Folder};
use rewards_rules::source::{SourceFile, Sources};

use super::home::Homes;
use super::position::{Encoding, Lines, changed};
use crate::load;

/// A file that is open in the editor.
#[derive(Debug, Clone)]
pub(super) struct Open {
    /// As the editor names it.
    pub(super) uri: lsp::Uri,
    /// The editor's count of changes.
    pub(super) version: i32,
    text: String,
    /// Folder of its rule set, and its path in there; `None` where none was found.
    place: Option<(PathBuf, String)>,
}

/// A rule set of which a file is open.
#[derive(Debug, Default)]
pub(super) struct RuleFolder {
    /// Its files, with open ones as they are in the editor.
    files: BTreeMap<String, Vec<u8>>,
    /// The same for questions.
    pub(super) folder: Folder,
    /// Counts changes.
    pub(super) generation: u64,
    /// Whether it has to be checked again.
    pub(super) due: bool,
    /// Why its files could not be read, if so.
    pub(super) unreadable: Option<String>,
}

impl RuleFolder {
    fn set(&mut self, path: &str, bytes: Vec<u8>) {
        if self.files.get(path) == Some(&bytes) {
            return;
        }
        match std::str::from_utf8(&bytes) {
            Ok(text) => self.folder.add(path, Arc::new(Document::new(path, text))),
            Err(_) => self.folder.remove(path),
        }
        self.files.insert(path.to_owned(), bytes);
        self.changed();
    }

    fn keep(&mut self, is_there: impl Fn(&str) -> bool) {
        let gone: Vec<String> = self.files.keys().filter(|path| !is_there(path)).cloned().collect();
        for path in gone {
            self.files.remove(&path);
            self.folder.remove(&path);
            self.changed();
        }
    }

    fn changed(&mut self) {
        self.generation = self.generation.saturating_add(1);
        self.due = true;
    }

    /// Its files for the engine.
    pub(super) fn sources(&self) -> Sources {
        Sources::new(self.files.iter().map(|(path, bytes)| SourceFile { path: path.clone(), bytes: bytes.clone() }))
    }
}

/// A question about a place: the rule set, the file in it, the byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct At<'w> {
    /// The folder of the rule set.
    pub(super) root: &'w Path,
    /// The rule set.
    pub(super) folder: &'w Folder,
    /// Path of the file in it.
    pub(super) path: &'w str,
    /// The file's text.
    pub(super) text: &'w str,
}

/// Everything that the server knows.
#[derive(Debug)]
pub(super) struct Workspace {
    /// How the editor counts columns.
    pub(super) encoding: Encoding,
    /// The folders that it shows.
    pub(super) tops: Vec<PathBuf>,
    open: HashMap<String, Open>,
    sets: BTreeMap<PathBuf, RuleFolder>,
    homes: Homes,
    /// Whether files may have changed on disk.
    stale: bool,
}

impl Workspace {
    pub(super) fn new() -> Workspace {
        Workspace {
            encoding: Encoding::Utf16,
            tops: Vec::new(),
            open: HashMap::new(),
            sets: BTreeMap::new(),
            homes: Homes::default(),
            stale: false,
        }
    }

    /// A file was opened.
    pub(super) fn open(&mut self, item: lsp::TextDocumentItem) {
        let key = item.uri.as_str().to_owned();
        self.open.insert(key, Open { uri: item.uri, version: item.version, text: item.text, place: None });
        self.stale = true;
    }

    /// An open file was changed.
    pub(super) fn change(&mut self, params: lsp::DidChangeTextDocumentParams) {
        let Some(open) = self.open.get_mut(params.text_document.uri.as_str()) else { return };
        open.version = params.text_document.version;
        open.text = changed(&open.text, params.content_changes, self.encoding);
        if let Some((root, path)) = &open.place
            && let Some(set) = self.sets.get_mut(root)
        {
            set.set(path, open.text.clone().into_bytes());
        }
    }

    /// A file was closed; it is as it is on disk again.
    pub(super) fn close(&mut self, uri: &lsp::Uri) {
        self.open.remove(uri.as_str());
        self.stale = true;
    }

    /// Files may have changed on disk.
    pub(super) fn look_again(&mut self) {
        self.stale = true;
    }

    /// Reads what may have changed on disk. Tells which rule sets nobody looks at any more.
    pub(super) fn settle(&mut self) -> Vec<PathBuf> {
        if !std::mem::take(&mut self.stale) {
            return Vec::new();
        }
        self.homes = Homes::default();
        for open in self.open.values_mut() {
            open.place = file_path(&open.uri).and_then(|file| {
                let root = self.homes.of(&file, &self.tops)?;
                let path = relative(&root, &file)?;
                Some((root, path))
            });
        }
        let roots: Vec<PathBuf> = self.open.values().filter_map(|o| Some(o.place.as_ref()?.0.clone())).collect();
        for root in &roots {
            self.sets.entry(root.clone()).or_default();
        }
        for (root, set) in &mut self.sets {
            let mut there: BTreeMap<String, Vec<u8>> = BTreeMap::new();
            set.unreadable = match load::one(root) {
                Ok(loaded) => {
                    there.extend(loaded.sources.files().iter().map(|f| (f.path.clone(), f.bytes.clone())));
                    None
                }
                // A folder without rule files on disk: what is open is all there is.
                Err(_) if !has_rule_files(root) => None,
                Err(failure) => {
                    there.extend(set.files.clone());
                    Some(failure.to_string())
                }
            };
            for open in self.open.values() {
                if let Some((_, path)) = open.place.as_ref().filter(|(r, _)| r == root) {
                    there.insert(path.clone(), open.text.clone().into_bytes());
                }
            }
            set.keep(|path| there.contains_key(path));
            for (path, bytes) in there {
                set.set(&path, bytes);
            }
        }
        let left: Vec<PathBuf> = self.sets.keys().filter(|root| !roots.contains(root)).cloned().collect();
        for root in &left {
            self.sets.remove(root);
        }
        left
    }

    /// The rule sets, by folder.
    pub(super) fn sets(&mut self) -> impl Iterator<Item = (&PathBuf, &mut RuleFolder)> {
        self.sets.iter_mut()
    }

    /// One rule set.
    pub(super) fn set(&self, root: &Path) -> Option<&RuleFolder> {
        self.sets.get(root)
    }

    /// The open file at a path of a rule set.
    pub(super) fn open_at(&self, root: &Path, path: &str) -> Option<&Open> {
        self.open.values().find(|o| o.place.as_ref().is_some_and(|(r, p)| r == root && p == path))
    }

    /// The first open file of a rule set.
    pub(super) fn first_open(&self, root: &Path) -> Option<&str> {
        let of_set = self.open.values().filter_map(|o| o.place.as_ref()).filter(|(r, _)| r == root);
        of_set.map(|(_, path)| path.as_str()).min()
    }

    /// Where a file is that a question is about.
    pub(super) fn at(&self, uri: &lsp::Uri) -> Option<At<'_>> {
        let (root, path) = self.open.get(uri.as_str())?.place.as_ref()?;
        let folder = &self.sets.get(root)?.folder;
        Some(At { root, folder, path, text: folder.get(path)?.text() })
    }

    /// The name by which the editor knows a file of a rule set.
    pub(super) fn uri(&self, root: &Path, path: &str) -> Option<lsp::Uri> {
        match self.open_at(root, path) {
            Some(open) => Some(open.uri.clone()),
            None => lsp::Uri::from_file_path(root.join(path)),
        }
    }

    /// The lines of a text, counted as the editor does.
    pub(super) fn lines<'t>(&self, text: &'t str) -> Lines<'t> {
        Lines::new(text, self.encoding)
    }

    /// A place in a rule set for the editor.
    pub(super) fn location(&self, at: At<'_>, path: &str, range: std::ops::Range<usize>) -> Option<lsp::Location> {
        let text = at.folder.get(path)?.text();
        Some(lsp::Location { uri: self.uri(at.root, path)?, range: self.lines(text).range(range) })
    }
}

/// The path of a file on disk.
pub(super) fn file_path(uri: &lsp::Uri) -> Option<PathBuf> {
    if uri.scheme().as_str() != "file" {
        return None;
    }
    Some(uri.to_file_path()?.into_owned())
}

/// The path of a folder that the editor names.
pub(super) fn folder_path(uri: &str) -> Option<PathBuf> {
    file_path(&lsp::Uri::from_str(uri).ok()?)
}

fn relative(root: &Path, file: &Path) -> Option<String> {
    let parts: Option<Vec<&str>> = file.strip_prefix(root).ok()?.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

fn has_rule_files(root: &Path) -> bool {
    let is_rules = |path: &Path| path.extension().is_some_and(|e| e == "yaml" || e == "rhai" || e == "yml");
    let entries = std::fs::read_dir(root).into_iter().flatten().flatten();
    entries.map(|e| e.path()).any(|path| is_rules(&path))
}
