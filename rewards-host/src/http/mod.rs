//! The web: how the service is asked, and how it answers.
//!
//! A request passes [`context`] (id, time, log line, errors as problems), then [`guard`] (who asks, how often, may
//! they), then a handler, which reads with [`read`] and asks the ledger. What endpoints there are, who may use them
//! and how often is one table, [`endpoints`]; the page for people, [`admin`], is none of them.

pub(crate) mod admin;
pub(crate) mod auth;
pub(crate) mod conditional;
pub(crate) mod context;
pub(crate) mod endpoints;
pub(crate) mod guard;
pub(crate) mod handlers;
pub(crate) mod health;
pub(crate) mod jwks;
pub(crate) mod limits;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod problem;
pub(crate) mod read;
mod remembered;
pub(crate) mod routes;
pub(crate) mod server;
pub(crate) mod state;
mod timer;

#[cfg(test)]
mod tests;
