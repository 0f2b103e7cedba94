//! The ledger from outside: the service over HTTP, killed at any moment, and the commands that check what it left.

mod keys;
mod kill;
mod serving;
