//! `rewards serve` from outside: the command on a free port, spoken to over plain sockets.

mod accounts;
mod hostile;
mod rules;
mod running;
mod set_up;
