//! `rewards fmt`: brings the layout of rule files into its one form, and never what they say.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use rewards_rules::syntax::format::{FormatError, format};
use similar::TextDiff;

use super::{Ended, Failure, Outcome, colour, print};
use crate::load;

/// The most lines of a difference that are shown of one file.
const MOST_LINES: usize = 40;

/// Brings rule files into one layout; what they say and their comments stay.
///
/// These are `*.yaml`: programs, campaigns and tests. Scripts (`*.rhai`) are left alone. A file that cannot be read is
/// left as it is and its findings are told. The content hash of a rule set changes with its layout, as it is over bytes.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Exit status: 0 all is laid out, 1 a file was left because of a mistake, or with `--check` one would change, 2 wrong use or a file that cannot be read or written."
)]
pub(super) struct Args {
    /// Folders with rule files, or single `.yaml` files
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Write nothing; tell which files would change, and how
    #[arg(long)]
    check: bool,
}

pub(super) fn run(args: &Args) -> Outcome {
    let mut told = String::new();
    let (mut changed, mut kept, mut failed) = (0usize, 0usize, 0usize);
    let load::ToLayOut { files: yaml, scripts } = load::to_lay_out(&args.paths)?;
    for file in yaml {
        if file.bytes.is_empty() {
            kept = kept.saturating_add(1);
            continue;
        }
        match format(&file.name, &file.bytes) {
            Ok(text) if text.as_bytes() == file.bytes.as_slice() => kept = kept.saturating_add(1),
            Ok(text) => {
                changed = changed.saturating_add(1);
                if args.check {
                    let before = String::from_utf8_lossy(&file.bytes);
                    let _ = writeln!(told, "would change {}\n{}", file.name, difference(&before, &text));
                } else {
                    replace(&file.path, &text)?;
                    let _ = writeln!(told, "formatted {}", file.name);
                }
            }
            Err(error) => {
                failed = failed.saturating_add(1);
                match error {
                    FormatError::Unreadable(findings) => {
                        let _ = writeln!(told, "left {}\n\n{}\n", file.name, findings.render(colour()));
                    }
                    error @ FormatError::Unsafe(_) => {
                        let _ = writeln!(told, "left {}: {error}", file.name);
                    }
                }
            }
        }
    }
    let verb = if args.check { "would change" } else { "formatted" };
    let mut last = format!("{} {verb}, {kept} as they should be", counted(changed, "file"));
    if failed > 0 {
        let _ = write!(last, ", {failed} left because of a mistake");
    }
    if scripts > 0 {
        let _ = write!(last, "; {} left alone, as `.rhai` has no one layout", counted(scripts, "script"));
    }
    print(&format!("{told}{last}\n"))?;
    Ok(Ended::well_if(failed == 0 && (changed == 0 || !args.check)))
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// The lines that would change, with one line around them; of many, the first.
fn difference(before: &str, after: &str) -> String {
    let diff = TextDiff::from_lines(before, after);
    let whole = diff.unified_diff().context_radius(1).to_string();
    let lines: Vec<&str> = whole.lines().filter(|l| !l.starts_with('\\')).collect();
    let mut shown: Vec<String> =
        lines.iter().take(MOST_LINES).map(|l| format!("  {}", l.trim_end_matches('\r'))).collect();
    let more = lines.len().saturating_sub(MOST_LINES);
    if more > 0 {
        shown.push(format!("  … and {more} lines more"));
    }
    shown.push(String::new());
    shown.join("\n")
}

/// Puts a text in a file's place in one step, with the file's permissions. A link is followed.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let unwritable = |error: std::io::Error| Failure(format!("{} cannot be written: {error}", path.display()));
    let real = path.canonicalize().map_err(unwritable)?;
    let folder = real.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".rewards-").tempfile_in(folder).map_err(unwritable)?;
    file.write_all(text.as_bytes()).map_err(unwritable)?;
    let permissions = fs::metadata(&real).map_err(unwritable)?.permissions();
    fs::set_permissions(file.path(), permissions).map_err(unwritable)?;
    file.persist(&real).map(drop).map_err(|e| unwritable(e.error))
}
