//! Puts the admin page into the service, if it was built: `admin/dist` becomes a table of files in the program.
//!
//! A table of our own and no crate for it, since each file comes in up to three forms (as it is, and compressed twice),
//! and since a folder that was never built has to give an empty table and no error.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    // The folder is in the repository and empty; a folder that is not there would build the program anew each time.
    println!("cargo::rerun-if-changed=admin/dist");
    let dist = root.join("admin/dist");
    let mut files = Vec::new();
    // An index is written last; without it the folder is no page.
    match (env::var_os("CARGO_FEATURE_SERVICE").is_some(), dist.join("index.html").is_file()) {
        (true, true) => gather(&dist, &dist, &mut files)?,
        // A word of cargo's, and no lint: `-D warnings` does not make an error of it.
        (true, false) => println!(
            "cargo::warning=the service is built without its admin page, since rewards-host/admin/dist is empty; `make page` builds it"
        ),
        (false, _) => {}
    }
    files.sort();
    let mut table = String::from("&[\n");
    for path in files.iter().filter(|path| !is_compressed(path)) {
        let form = |ending: &str| {
            let name = format!("{path}{ending}");
            match files.contains(&name) {
                true => format!("Some({})", included(&name)),
                false => "None".to_owned(),
            }
        };
        let (brotli, gzip) = (form(".br"), form(".gz"));
        let _ = writeln!(
            table,
            "    File {{ path: {path:?}, plain: {}, brotli: {brotli}, gzip: {gzip} }},",
            included(path)
        );
    }
    table.push_str("]\n");
    fs::write(out.join("page.rs"), table)
}

fn is_compressed(path: &str) -> bool {
    path.ends_with(".br") || path.ends_with(".gz")
}

fn included(path: &str) -> String {
    format!("include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), {:?}))", format!("/admin/dist/{path}"))
}

/// The files below a folder, as paths with `/`; those whose names begin with a dot are none of the page's.
fn gather(root: &Path, folder: &Path, files: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if is_hidden {
            continue;
        }
        if path.is_dir() {
            gather(root, &path, files)?;
        } else if let Ok(below) = path.strip_prefix(root) {
            files.push(below.to_string_lossy().replace('\\', "/"));
        }
    }
    Ok(())
}
