//! The ledger from outside: the service over HTTP, killed or left alone at any moment, and the commands that check what it left.

mod clients;
#[cfg(unix)]
mod database;
#[cfg(unix)]
mod faults;
mod keys;
mod kill;
#[cfg(unix)]
mod replicas;
mod serving;
mod stores;
