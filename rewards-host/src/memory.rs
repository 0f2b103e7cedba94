//! How much memory the process took at its peak, where the system tells.

use std::fs;

/// The peak in bytes so far; `None` where `/proc` does not tell.
pub(crate) fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// By how many bytes a row the peak grew since `begun`.
pub(crate) fn a_row(begun: Option<u64>, rows: u64) -> Option<u64> {
    peak()?.saturating_sub(begun?).checked_div(rows)
}
