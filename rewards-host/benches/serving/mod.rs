//! The real command on a database of its own, for benches.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A database that goes away with it.
pub(crate) struct Place {
    server: String,
    name: String,
}

impl Place {
    pub(crate) fn new(server: &str, about: &str) -> Place {
        let name = format!("rewards_bench_{about}_{}", uuid::Uuid::now_v7().simple());
        psql(server, &format!("CREATE DATABASE {name}"));
        Place { server: server.to_owned(), name }
    }

    pub(crate) fn url(&self) -> String {
        // Both sides in clear, as the service is with a database on its own machine.
        format!("{}/{}?sslmode=disable", self.server.rsplit_once('/').unwrap().0, self.name)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        psql(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

fn psql(server: &str, sql: &str) {
    assert!(Command::new("psql").args([server, "-q", "-c", sql]).status().unwrap().success(), "{sql}");
}

fn rewards(folder: &Path, url: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rewards"));
    command.env("DATABASE_URL", url).env("RATE_LIMITS", "off").env("LOG_LEVEL", "warn");
    command.args(arguments).arg("--data").arg(folder);
    command
}

/// The service, as a process.
pub(crate) struct Serving {
    child: Child,
    pub(crate) base: String,
    pub(crate) token: String,
}

impl Serving {
    pub(crate) fn start(folder: &Path, url: &str) -> Serving {
        let rules = folder.join("rules");
        let token = rewards(
            folder,
            url,
            &["token", "--sub", "till", "--role", "system", "--role", "manager", "--expires", "1d"],
        )
        .output();
        let token = String::from_utf8(token.unwrap().stdout).unwrap().trim().to_owned();
        let mut serve = rewards(folder, url, &["serve", "--port", "0", "--rules", rules.to_str().unwrap()]);
        let mut child = serve.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let base = format!("http://{}", line.trim().rsplit_once("http://").unwrap().1);
        Serving { child, base, token }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
