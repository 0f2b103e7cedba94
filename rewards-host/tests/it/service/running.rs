//! Starting the service, talking to it, ending it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// Ten times what anything here may take: only "never" is caught by it.
pub(crate) const LONG: Duration = Duration::from_secs(60);

/// A service with a data folder of its own; it ends with the test.
pub(crate) struct Service {
    pub(crate) address: SocketAddr,
    pub(crate) data: TempDir,
    pub(crate) child: Child,
}

/// The command without the settings of whoever runs the tests.
pub(crate) fn bare(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rewards"));
    let keep = |name: &str| ["PATH", "HOME", "TMPDIR", "LLVM_PROFILE_FILE"].contains(&name);
    command.env_clear().envs(std::env::vars().filter(|(name, _)| keep(name)));
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Starts the service on a free port, with a file of settings.
pub(crate) fn start(settings: &str) -> Service {
    let data = tempfile::tempdir().unwrap();
    let file = data.path().join("rewards.toml");
    std::fs::write(&file, settings).unwrap();
    let (file, folder) = (file.to_str().unwrap(), data.path().to_str().unwrap());
    let mut command = bare(&["serve", "--port", "0", "--config", file, "--data", folder]);
    let log = std::fs::File::create(data.path().join("log")).unwrap();
    let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let address = line.trim().rsplit_once("http://").unwrap_or_else(|| panic!("{line}")).1.parse().unwrap();
    Service { address, data, child }
}

impl Service {
    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        stream.set_write_timeout(Some(LONG)).unwrap();
        stream
    }

    /// Sends bytes and reads until the service closes the connection.
    pub(crate) fn send(&self, bytes: &[u8]) -> String {
        let mut stream = self.connect();
        // The service may close before it has read all.
        let _ = stream.write_all(bytes);
        rest(&mut stream)
    }

    pub(crate) fn get(&self, path: &str) -> String {
        self.send(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes())
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.data.path().join("log")).unwrap()
    }

    /// The log as soon as it says something, or after ten seconds: a line of a request is written once it is answered.
    pub(crate) fn log_once_it_has(&self, words: &str) -> String {
        for _ in 0..100 {
            let log = self.log();
            if log.lines().any(|line| line.contains(words)) && log.ends_with('\n') {
                return log;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        self.log()
    }

    #[cfg(unix)]
    pub(crate) fn terminate(&self) {
        let killed = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(killed.success());
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What is left to read of a connection.
pub(crate) fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    loop {
        match stream.read(&mut part) {
            Ok(0) => break,
            Ok(n) => answer.extend_from_slice(&part[..n]),
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
            Err(error) => panic!("the service does not end the connection: {error}"),
        }
    }
    String::from_utf8_lossy(&answer).into_owned()
}
