//! Rule files on disk: the one thing that this host reads for itself.

use std::fs;
use std::io;
use std::path::Path;

use rewards_rules::source::Sources;

/// The rule files of a folder and the folders in it, by path relative to it, or one file by its name.
pub(crate) fn read(path: &Path) -> io::Result<Sources> {
    let mut sources = Sources::default();
    if path.is_dir() {
        add_folder(&mut sources, path, "")?;
    } else {
        let name = path.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned());
        sources.add(name, fs::read(path)?);
    }
    Ok(sources)
}

fn add_folder(sources: &mut Sources, folder: &Path, prefix: &str) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if path.is_dir() {
            add_folder(sources, &path, &format!("{prefix}{name}/"))?;
        } else if [".yaml", ".yml", ".rhai"].iter().any(|ending| name.ends_with(ending)) {
            sources.add(format!("{prefix}{name}"), fs::read(&path)?);
        }
    }
    Ok(())
}
