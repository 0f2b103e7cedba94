//! What the schema itself refuses.
