//! The files that a command names, looked at before it reads the first of them.
//!
//! A room of its own because an answer takes the place of a file at the end of a run: what it would destroy, or that it
//! cannot stand there, is to be told at the start.

use std::path::{Path, PathBuf};

use crate::cli::Failure;

/// An argument and the path that it has, if it is given.
pub(crate) type Named<'a> = (&'static str, Option<&'a Path>);

/// Refuses files to write that are read too, that are named twice, or whose folder does not exist.
pub(crate) fn check(read: &[Named<'_>], written: &[Named<'_>]) -> Result<(), Failure> {
    let mut seen: Vec<(&str, PathBuf)> = Vec::new();
    for (argument, path) in read {
        // What does not exist is told by who reads it.
        if let Some(real) = path.filter(|p| p.as_os_str() != "-").and_then(|p| p.canonicalize().ok()) {
            seen.push((argument, real));
        }
    }
    for (argument, path) in written {
        let Some(path) = path else { continue };
        let real = destination(path)?;
        if let Some((other, _)) = seen.iter().find(|(_, known)| *known == real) {
            return Err(Failure(format!("`{argument}` and `{other}` name the same file, {}", path.display())));
        }
        seen.push((argument, real));
    }
    Ok(())
}

/// Where a file will stand, whether it exists or not.
fn destination(path: &Path) -> Result<PathBuf, Failure> {
    let unwritable = |why: String| Failure(format!("{} cannot be written: {why}", path.display()));
    if path.is_dir() {
        return Err(unwritable("it is a folder".to_owned()));
    }
    if let Ok(real) = path.canonicalize() {
        // A device or a pipe would be replaced by the file, not written to.
        return if real.is_file() { Ok(real) } else { Err(unwritable("it is no file".to_owned())) };
    }
    let folder = folder_of(path);
    if !folder.is_dir() {
        return Err(unwritable(format!("there is no folder {}", folder.display())));
    }
    let real = folder.canonicalize().map_err(|error| unwritable(error.to_string()))?;
    Ok(path.file_name().map_or_else(|| real.clone(), |name| real.join(name)))
}

/// The folder that a file stands in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
