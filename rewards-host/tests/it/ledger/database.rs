//! A PostgreSQL of one test alone, on a free port, which may be stopped at any moment.

use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// It goes away with the test.
pub(super) struct Database {
    programs: PathBuf,
    folder: TempDir,
    port: u16,
    /// As whom it runs, where the test runs as root: it refuses to itself.
    owner: Option<(u32, u32)>,
}

impl Drop for Database {
    fn drop(&mut self) {
        self.control(&["stop", "-m", "immediate"]);
    }
}

impl Database {
    /// `None` where there are no programs of PostgreSQL and the tests may do without.
    pub(super) fn start() -> Option<Database> {
        let Some(programs) = programs() else {
            assert!(std::env::var_os("CI").is_none(), "there is no program `initdb`");
            eprintln!("left out: there is no program `initdb`");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let data = folder.path().join("pg");
        std::fs::create_dir(&data).unwrap();
        let id = |arguments: &[&str]| {
            let output = Command::new("id").args(arguments).output().unwrap();
            String::from_utf8(output.stdout).unwrap().trim().parse::<u32>().unwrap()
        };
        let owner = (id(&["-u"]) == 0).then(|| (id(&["-u", "nobody"]), id(&["-g", "nobody"])));
        if let Some((user, group)) = owner {
            chown(&data, Some(user), Some(group)).unwrap();
        }
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let database = Database { programs, folder, port, owner };
        let arguments = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"];
        assert!(database.run("initdb", &arguments), "initdb failed");
        database.start_again();
        Some(database)
    }

    pub(super) fn address(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// Stops it as a crash would: nothing is told to clients, nothing is written.
    pub(super) fn stop_at_once(&self) {
        assert!(self.control(&["stop", "-m", "immediate"]), "it does not stop");
    }

    pub(super) fn start_again(&self) {
        let options = format!("-p {} -k {} -c listen_addresses=127.0.0.1", self.port, self.data().display());
        let log = self.data().join("log");
        assert!(self.control(&["start", "-w", "-l", log.to_str().unwrap(), "-o", &options]), "it does not start");
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("pg")
    }

    fn control(&self, arguments: &[&str]) -> bool {
        self.run("pg_ctl", arguments)
    }

    fn run(&self, program: &str, arguments: &[&str]) -> bool {
        let mut command = Command::new(self.programs.join(program));
        // Who it runs as may not be let into the folder in which the test runs.
        command.current_dir("/").arg("-D").arg(self.data()).args(arguments);
        if let Some((user, group)) = self.owner {
            command.uid(user).gid(group);
        }
        // It would keep pipes open for as long as the server runs.
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
    }
}

/// The folder of its programs: where the path finds them, or where Debian puts them.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let all = std::env::split_paths(&path).chain(versions.map(|version| version.path().join("bin")));
    let has = |folder: &Path, program: &str| folder.join(program).exists();
    all.into_iter().find(|folder| has(folder, "initdb") && has(folder, "pg_ctl"))
}
