//! Running the command in the folder of fixtures.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

/// The command with arguments separated by spaces, in a folder; nothing of the caller's terminal reaches it.
pub(crate) fn command(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rewards"));
    command.current_dir(folder).args(arguments.split_whitespace()).stdin(Stdio::null());
    command.env_remove("NO_COLOR").env("TERM", "xterm").env("COLUMNS", "100");
    command
}

pub(crate) fn rewards_in(folder: &Path, arguments: &str) -> Ran {
    ran(&command(folder, arguments).output().unwrap())
}

pub(crate) fn rewards(arguments: &str) -> Ran {
    rewards_in(&fixtures(), arguments)
}

/// With a text on standard input.
pub(crate) fn rewards_with_input(arguments: &str, input: &str) -> Ran {
    let mut command = command(&fixtures(), arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    ran(&child.wait_with_output().unwrap())
}

fn ran(output: &std::process::Output) -> Ran {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    Ran { status: output.status.code().unwrap_or(-1), out: text(&output.stdout), err: text(&output.stderr) }
}
