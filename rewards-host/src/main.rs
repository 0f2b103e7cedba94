//! The `rewards` command.
fn main() {}
