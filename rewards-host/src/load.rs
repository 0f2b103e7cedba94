//! Rule files from disk: a folder or one file becomes the engine's sources.
//!
//! A room of its own because every command finds rule sets alike. Paths in a rule set are relative to its folder,
//! with `/`; what cannot be read is told by name and ends the command.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use rewards_rules::source::{SourceFile, Sources};
use rewards_rules::testing::is_test_file;

use crate::cli::Failure;

/// The id of a member that gives none.
pub(crate) const MEMBER: &str = "member";

/// The endings of files that belong to a rule set; `.yml` so that the checks can say that it is not read.
const ENDINGS: [&str; 3] = ["yaml", "rhai", "yml"];

/// A rule set as it is on disk.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Folder or file, as people name it.
    pub(crate) name: String,
    /// What stands before a path of the rule set to make it one that the caller can open: empty, or with `/` at the
    /// end.
    pub(crate) prefix: String,
    /// Its files.
    pub(crate) sources: Sources,
}

/// The rule set in exactly this folder, or this one file.
pub(crate) fn one(path: &Path) -> Result<Loaded, Failure> {
    if is_folder(path)? {
        let files = folder(path)?;
        if files.is_empty() {
            return Err(nothing_in(path));
        }
        return Ok(loaded(path, files));
    }
    file(path)
}

/// The rule sets that each path names; a path that is named twice counts once.
pub(crate) fn each(paths: &[PathBuf]) -> Result<Vec<Loaded>, Failure> {
    gather(paths, false)
}

/// The rule sets that each path names, to run their tests: of a file of tests, those tests with the rules beside it;
/// of a single rule file, with the tests in the file of that name (`card.yaml`, `card.test.yaml`).
pub(crate) fn each_with_tests(paths: &[PathBuf]) -> Result<Vec<Loaded>, Failure> {
    gather(paths, true)
}

fn gather(paths: &[PathBuf], tests: bool) -> Result<Vec<Loaded>, Failure> {
    let mut all = Vec::new();
    let mut seen = BTreeSet::new();
    for path in paths {
        let is_folder = is_folder(path)?;
        if !seen.insert(path.canonicalize().map_err(|error| cannot_read(path, &error))?) {
            continue;
        }
        if is_folder {
            let files = folder(path)?;
            if files.is_empty() {
                return Err(nothing_in(path));
            }
            split(path, files, &mut all);
            continue;
        }
        let mut found = file(path)?;
        let beside = path.with_extension("test.yaml");
        if tests && path.extension().is_some_and(|e| e == "yaml") && beside.is_file() {
            let name = file_name(&beside)?;
            found.sources.add(name, bytes(&beside)?);
        }
        all.push(found);
    }
    Ok(all)
}

/// A file to be laid out.
#[cfg(feature = "fmt")]
#[derive(Debug)]
pub(crate) struct YamlFile {
    /// As people name it.
    pub(crate) name: String,
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What it holds.
    pub(crate) bytes: Vec<u8>,
}

/// What paths name to be laid out.
#[cfg(feature = "fmt")]
#[derive(Debug)]
pub(crate) struct ToLayOut {
    /// The `*.yaml` files, each once, in order of their names.
    pub(crate) files: Vec<YamlFile>,
    /// How many scripts stand beside them.
    pub(crate) scripts: usize,
}

/// The files that paths name to be laid out.
#[cfg(feature = "fmt")]
pub(crate) fn to_lay_out(paths: &[PathBuf]) -> Result<ToLayOut, Failure> {
    let mut all = BTreeMap::new();
    let mut scripts = BTreeSet::new();
    for path in paths {
        if is_folder(path)? {
            let mut files = folder(path)?;
            scripts.extend(files.keys().filter(|name| name.ends_with(".rhai")).map(|name| shown(&path.join(name))));
            files.retain(|name, _| name.ends_with(".yaml"));
            if files.is_empty() {
                return Err(Failure(format!("{} has no files that end in `.yaml`", path.display())));
            }
            for (name, bytes) in files {
                let path = path.join(name);
                all.insert(shown(&path), (path, bytes));
            }
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            all.insert(shown(path), (path.clone(), bytes(path)?));
        } else {
            let script = path.extension().is_some_and(|ending| ending == "rhai");
            let why = if script { "scripts are left alone; " } else { "" };
            return Err(Failure(format!("{}: {why}only files that end in `.yaml` are laid out", path.display())));
        }
    }
    let files = all.into_iter().map(|(name, (path, bytes))| YamlFile { name, path, bytes }).collect();
    Ok(ToLayOut { files, scripts: scripts.len() })
}

fn nothing_in(path: &Path) -> Failure {
    Failure(format!("{} has no rule files; they end in `.yaml` or `.rhai`", path.display()))
}

/// One file. A file of tests comes with the rules of its folder, and without their other tests.
fn file(path: &Path) -> Result<Loaded, Failure> {
    let name = file_name(path)?;
    let parent = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    if is_test_file(&name) {
        let mut files = folder(parent)?;
        files.retain(|path, _| !is_test_file(path) || *path == name);
        return Ok(Loaded { name: shown(path), ..loaded(parent, files) });
    }
    if !has_ending(path) {
        let shown = path.display();
        return Err(Failure(format!("{shown} is no rule file; those end in `.yaml` or `.rhai`")));
    }
    let files = BTreeMap::from([(name, bytes(path)?)]);
    Ok(Loaded { name: shown(path), ..loaded(parent, files) })
}

type Files = BTreeMap<String, Vec<u8>>;

fn loaded(folder: &Path, files: Files) -> Loaded {
    let name = shown(folder);
    let prefix = if name == "." { String::new() } else { format!("{}/", name.trim_end_matches('/')) };
    let sources = Sources::new(files.into_iter().map(|(path, bytes)| SourceFile { path, bytes }));
    Loaded { name, prefix, sources }
}

/// A folder is one rule set, unless it has no rule files itself and several programs below: then it holds rule sets.
fn split(path: &Path, files: Files, into: &mut Vec<Loaded>) {
    let itself = files.keys().any(|name| !name.contains('/'));
    let programs = files.iter().filter(|(name, bytes)| has_program(name, bytes)).count();
    let mut below: BTreeMap<String, Files> = BTreeMap::new();
    for (name, bytes) in &files {
        if let Some((folder, rest)) = name.split_once('/') {
            below.entry(folder.to_owned()).or_default().insert(rest.to_owned(), bytes.clone());
        }
    }
    if itself || (programs < 2 && below.len() != 1) {
        into.push(loaded(path, files));
        return;
    }
    for (folder, files) in below {
        split(&path.join(folder), files, into);
    }
}

/// Whether a file looks like that of a program: good enough to tell a folder of rule sets from a rule set in folders.
pub(crate) fn has_program(name: &str, bytes: &[u8]) -> bool {
    let is_rules = name.ends_with(".yaml") && !is_test_file(name);
    is_rules && bytes.split(|b| *b == b'\n').any(|line| line.starts_with(b"program:"))
}

fn has_ending(path: &Path) -> bool {
    path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known))
}

/// A path for people and for other tools: with `/`, without `./` before it.
fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if MAIN_SEPARATOR == '/' { text } else { text.replace(MAIN_SEPARATOR, "/").into() };
    let mut text: &str = &text;
    while let Some(rest) = text.strip_prefix("./") {
        text = rest.trim_start_matches('/');
    }
    let trimmed = text.trim_end_matches('/');
    match (text, trimmed) {
        ("", _) => ".".to_owned(),
        (_, "") => "/".to_owned(),
        (_, trimmed) => trimmed.to_owned(),
    }
}

fn file_name(path: &Path) -> Result<String, Failure> {
    let name = path.file_name().and_then(|name| name.to_str());
    name.map(str::to_owned).ok_or_else(|| Failure(format!("{}: the name is not UTF-8", path.display())))
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("{} cannot be read: {error}", path.display()))
}

fn is_folder(path: &Path) -> Result<bool, Failure> {
    fs::metadata(path).map(|m| m.is_dir()).map_err(|error| cannot_read(path, &error))
}

/// The bytes of a file.
pub(crate) fn bytes(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| cannot_read(path, &error))
}

/// The rule files of a folder and the folders in it, by relative path.
fn folder(path: &Path) -> Result<Files, Failure> {
    let mut files = Files::new();
    walk(path, "", &mut Vec::new(), &mut files)?;
    Ok(files)
}

fn walk(path: &Path, prefix: &str, above: &mut Vec<PathBuf>, files: &mut Files) -> Result<(), Failure> {
    let real = path.canonicalize().map_err(|error| cannot_read(path, &error))?;
    if above.contains(&real) {
        return Err(Failure(format!("{} is a link to a folder that it stands in", path.display())));
    }
    above.push(real);
    for entry in fs::read_dir(path).map_err(|error| cannot_read(path, &error))? {
        let entry = entry.map_err(|error| cannot_read(path, &error))?.path();
        let is_rules = has_ending(&entry);
        let metadata = match fs::metadata(&entry) {
            Ok(metadata) => metadata,
            // A link to nowhere is no rule file, unless it is called like one.
            Err(_) if !is_rules => continue,
            Err(error) => return Err(cannot_read(&entry, &error)),
        };
        if metadata.is_dir() {
            let name = format!("{prefix}{}/", file_name(&entry)?);
            walk(&entry, &name, above, files)?;
        } else if is_rules && !metadata.is_file() {
            return Err(Failure(format!("{} is neither a file nor a folder", entry.display())));
        } else if is_rules {
            files.insert(format!("{prefix}{}", file_name(&entry)?), bytes(&entry)?);
        }
    }
    above.pop();
    Ok(())
}
