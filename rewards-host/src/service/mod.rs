//! What the service does, apart from how it is asked: every answer that is not a success is one of [`error`].

pub(crate) mod error;
