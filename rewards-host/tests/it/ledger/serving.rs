//! A service on a store that outlives it, and a client that speaks plain HTTP.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

pub(super) const RULES: &str = "program: shop
currency: EUR
timezone: UTC
base:
  - {id: all, rate: 2%, caps: {per_member: {amount: 500.00, per: month}}}
caps:
  budget: 100.00
points:
  earn: {points: 1, per: 1.00}
";

/// Ten times what anything here may take: only \"never\" is caught by it.
const LONG: Duration = Duration::from_secs(60);

/// A folder, and for PostgreSQL a database, for one test alone.
pub(super) struct Place {
    pub(super) folder: TempDir,
    database: Option<(String, String)>,
}

impl Place {
    /// One with the embedded store.
    pub(super) fn embedded() -> Place {
        Place::of(tempfile::tempdir().unwrap())
    }

    /// One with the embedded store, in a folder that is there.
    pub(super) fn of(folder: TempDir) -> Place {
        let rules = folder.path().join("rules");
        std::fs::create_dir(&rules).unwrap();
        std::fs::write(rules.join("program.yaml"), RULES).unwrap();
        Place { folder, database: None }
    }

    /// One with PostgreSQL; `None` where there is no server and the tests may do without one.
    pub(super) fn postgres() -> Option<Place> {
        let server = std::env::var("DATABASE_URL");
        Place::on(server.unwrap_or_else(|_| "postgres://postgres@localhost:5432/postgres".to_owned()))
    }

    /// One with a PostgreSQL; `None` where it is not there and the tests may do without.
    pub(super) fn on(server: String) -> Option<Place> {
        let mut place = Place::embedded();
        let name = format!("rewards_kill_{}", uuid::Uuid::now_v7().simple());
        if !psql(&server, &format!("CREATE DATABASE {name}")) {
            assert!(std::env::var_os("CI").is_none(), "there is no PostgreSQL at {server}");
            eprintln!("left out: there is no PostgreSQL at {server}");
            return None;
        }
        place.database = Some((server, name));
        Some(place)
    }

    /// The same, with other rules to begin with, and with settings.
    pub(super) fn with(self, rules: &str, settings: &str) -> Place {
        std::fs::write(self.folder.path().join("rules").join("program.yaml"), rules).unwrap();
        self.set(settings);
        self
    }

    /// The first column of the rows of a question to its PostgreSQL.
    pub(super) fn asked(&self, sql: &str) -> Vec<String> {
        let (server, name) = self.database.as_ref().unwrap();
        let (base, _) = server.rsplit_once('/').unwrap();
        let output = Command::new("psql").args([&format!("{base}/{name}"), "-tAqc", sql]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// The command on this store.
    pub(super) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_rewards"));
        let keep = |name: &str| ["PATH", "HOME", "TMPDIR", "LLVM_PROFILE_FILE"].contains(&name);
        command.env_clear().envs(std::env::vars().filter(|(name, _)| keep(name)));
        command.env("RATE_LIMITS", "off");
        if let Some((server, name)) = &self.database {
            let (base, _) = server.rsplit_once('/').unwrap();
            command.env("DATABASE_URL", format!("{base}/{name}"));
        }
        command.args(arguments).arg("--data").arg(self.folder.path()).stdin(Stdio::null());
        let settings = self.folder.path().join("rewards.toml");
        if settings.exists() {
            command.arg("--config").arg(settings);
        }
        command
    }

    /// Settings of this place from now on, as a file has them.
    pub(super) fn set(&self, text: &str) {
        std::fs::write(self.folder.path().join("rewards.toml"), text).unwrap();
    }

    /// Runs a command to its end: status and what it said.
    pub(super) fn told(&self, arguments: &[&str]) -> (i32, String) {
        let output = self.command(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        (output.status.code().unwrap_or(-1), format!("{}{}", text(&output.stdout), text(&output.stderr)))
    }

    /// Every invariant holds, and every posting comes to the same again.
    pub(super) fn is_whole(&self) {
        for command in ["verify", "replay"] {
            let (status, told) = self.told(&["ledger", command]);
            assert_eq!(status, 0, "{told}");
            assert!(told.contains("every invariant holds") || told.contains(" 0 differ, 0 forgotten"), "{told}");
        }
    }

    /// A token with which everything here may be done.
    pub(super) fn token(&self) -> String {
        self.token_of("system")
    }

    /// A token with a role.
    pub(super) fn token_of(&self, role: &str) -> String {
        let output = self.command(&["token", "--sub", "till", "--role", role, "--expires", "1d"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Starts the service on a free port.
    pub(super) fn serve(&self) -> (Child, SocketAddr) {
        let rules = self.folder.path().join("rules");
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let mut command = self.command(&["serve", "--port", "0", "--rules", rules.to_str().unwrap()]);
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().rsplit_once("http://").unwrap_or_else(|| panic!("{line}{}", self.log())).1;
        (child, address.parse().unwrap())
    }

    pub(super) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.database {
            psql(server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
        }
    }
}

fn psql(server: &str, sql: &str) -> bool {
    let run = Command::new("psql").args([server, "-q", "-c", sql]).stderr(Stdio::null()).status();
    run.is_ok_and(|status| status.success())
}

/// Sends a request; a key that it needs is that of its body.
pub(super) fn send(address: SocketAddr, token: &str, request: &str, body: &str) -> std::io::Result<TcpStream> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(LONG))?;
    let key = xxhash_rust::xxh3::xxh3_64(body.as_bytes());
    let head = format!(
        "{request} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
         idempotency-key: {key}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    Ok(stream)
}

/// Sends a request and reads the answer: status and body; an error if the service went away.
pub(super) fn ask(address: SocketAddr, token: &str, request: &str, body: &str) -> std::io::Result<(u16, String)> {
    let mut stream = send(address, token, request, body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let cut = || std::io::Error::from(std::io::ErrorKind::UnexpectedEof);
    let (head, body) = answer.split_once("\r\n\r\n").ok_or_else(cut)?;
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).ok_or_else(cut)?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse::<usize>().ok());
    if length.is_some_and(|length| length != body.len()) {
        return Err(cut());
    }
    Ok((status, body.to_owned()))
}
