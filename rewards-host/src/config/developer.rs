//! The development key: made once, kept in the data folder, good only for this machine.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use super::secret::Secret;

const FILE: &str = "development.key";

/// The key in the data folder; the first to ask for it makes it.
///
/// # Errors
///
/// A sentence, where the folder or the file cannot be read or written.
pub(crate) fn key(data: &Path) -> Result<Secret, String> {
    let path = data.join(FILE);
    let cannot = |what: &str, error: &io::Error| format!("{} cannot be {what}: {error}", path.display());
    fs::create_dir_all(data).map_err(|error| format!("{} cannot be made: {error}", data.display()))?;
    match fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 64 => return Ok(Secret::new(text.trim())),
        Ok(_) => return Err(format!("{} holds no key; remove it, and a new one is made", path.display())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(cannot("read", &error)),
    }
    // Written aside and linked into place, so that two that start at once agree on one key.
    let text = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let mut aside = tempfile::Builder::new().tempfile_in(data).map_err(|error| cannot("written", &error))?;
    writeln!(aside, "{text}").map_err(|error| cannot("written", &error))?;
    match aside.persist_noclobber(&path) {
        Ok(_) => Ok(Secret::new(text)),
        Err(error) if error.error.kind() == io::ErrorKind::AlreadyExists => key(data),
        Err(error) => Err(cannot("written", &error.error)),
    }
}
