//! Files that appear under their name only when they are whole.

#[cfg(feature = "parquet")]
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::named::folder_of;
use super::unwritable;
use crate::cli::Failure;

/// A file on its way; dropped before its end, it leaves nothing behind.
pub(crate) struct Whole {
    path: PathBuf,
    file: NamedTempFile,
}

impl Whole {
    pub(crate) fn to(path: &Path) -> Result<Whole, Failure> {
        // The kind alone: the rest names the file that is on its way, which nobody asked for.
        let file = tempfile::Builder::new()
            .prefix(".rewards-")
            .tempfile_in(folder_of(path))
            .map_err(|e| unwritable(path, &e.kind()))?;
        Ok(Whole { path: path.to_owned(), file })
    }

    pub(crate) fn append(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|e| unwritable(&self.path, &e))
    }

    #[cfg(feature = "parquet")]
    pub(super) fn file(&self) -> &File {
        self.file.as_file()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn finish(self) -> Result<(), Failure> {
        let Whole { path, file } = self;
        // A temporary file is its owner's alone; a result is read by whoever may read new files.
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let _ = std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644));
        }
        file.persist(&path).map(drop).map_err(|e| unwritable(&path, &e.error))
    }
}
