//! The database stops, the disk is full, clients hang up: what was answered is there, and nothing by halves.

use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use super::clients::{Clients, purchase};
use super::database::Database;
use super::serving::{Place, RULES, ask, send};

/// How often a post and a read are hung up on.
const HANG_UPS: usize = 120;

fn stopped(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn a_postgres_that_stops_at_once_loses_nothing_that_was_answered() {
    let Some(database) = Database::start() else { return };
    let place = Place::on(database.address()).unwrap().with(RULES, "[database]\ntimeout = \"300ms\"\n");
    let token = place.token();
    let (child, address) = place.serve();
    let clients = Clients::start(&token, address);
    for _ in 0..2 {
        clients.are_served(&place, 30);
        database.stop_at_once();
        clients.are_refused(&place, 1);
        database.start_again();
    }
    clients.are_served(&place, 30);
    clients.end();
    let left =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    while !place.asked(left).is_empty() {}
    stopped(child);
    place.is_whole();
}

/// Sends a request and hangs up before it is answered, now and then before it is read.
fn hang_up(place: &Place, request: (&str, &str), token: &str, address: std::net::SocketAddr, step: usize) {
    let stream = send(address, token, request.0, request.1).unwrap_or_else(|error| panic!("{error}: {}", place.log()));
    std::thread::sleep(Duration::from_micros(u64::try_from(step * 37 % 10 * 400).unwrap()));
    drop(stream);
}

fn outlives_clients(place: &Place) {
    let token = place.token();
    let (child, address) = place.serve();
    let clients = Clients::start(&token, address);
    let posts = "POST /api/v1/cashback/calculate";
    for step in 0..HANG_UPS {
        let body = purchase(&format!("h-{}", step % 5), &format!("h{step}"), 10);
        hang_up(place, (posts, &body), &token, address, step);
        hang_up(place, (&format!("GET /api/v1/rewards/h-{}", step % 5), ""), &token, address, step);
    }
    clients.are_served(place, 30);
    for step in 0..HANG_UPS {
        let body = purchase(&format!("h-{}", step % 5), &format!("h{step}"), 10);
        let (status, answer) = ask(address, &token, posts, &body).unwrap();
        assert_eq!(status, 200, "{answer}");
    }
    clients.end();
    stopped(child);
    place.is_whole();
}

#[test]
fn clients_that_hang_up_leave_nothing_by_halves_on_the_embedded_store() {
    outlives_clients(&Place::embedded());
}

#[test]
fn clients_that_hang_up_leave_nothing_by_halves_on_postgres() {
    if let Some(place) = Place::postgres() {
        outlives_clients(&place);
    }
}

/// A small disk; it goes away with the test.
struct Disk(PathBuf);

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
        let _ = std::fs::remove_dir(&self.0);
    }
}

impl Disk {
    /// `None` where nothing may be mounted.
    fn small() -> Option<Disk> {
        let folder = tempfile::tempdir().unwrap().keep();
        let mounts = Command::new("mount").args(["-t", "tmpfs", "-o", "size=8m", "none"]).arg(&folder).output();
        let disk = Disk(folder);
        if mounts.is_ok_and(|output| output.status.success()) {
            return Some(disk);
        }
        eprintln!("left out: nothing may be mounted");
        None
    }

    fn fill(&self) {
        let mut ballast = std::fs::File::create(self.ballast()).unwrap();
        let _ = std::io::copy(&mut std::io::repeat(1), &mut ballast);
    }

    fn empty(&self) {
        std::fs::remove_file(self.ballast()).unwrap();
    }

    fn ballast(&self) -> PathBuf {
        self.0.join("ballast")
    }

    fn folder(&self) -> &Path {
        &self.0
    }
}

#[test]
fn a_full_disk_loses_nothing_that_was_answered_and_the_service_goes_on_once_there_is_room() {
    let Some(disk) = Disk::small() else { return };
    // The log is on that disk as well.
    let place = Place::of(tempfile::tempdir_in(disk.folder()).unwrap());
    let token = place.token();
    let (mut child, address) = place.serve();
    let clients = Clients::start(&token, address);
    for _ in 0..4 {
        clients.are_served(&place, 25);
        disk.fill();
        // Until there is no room for the log either, in what it has of the disk.
        clients.are_refused(&place, 60);
        disk.empty();
    }
    clients.are_served(&place, 25);
    clients.end();
    assert!(child.try_wait().unwrap().is_none());
    stopped(child);
    place.is_whole();
}
