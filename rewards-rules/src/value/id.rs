//! Identifiers of transactions, members and rules.

/// Whether a text is an id: 1 to 64 characters of `[A-Za-z0-9._:-]`.
pub fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b':' | b'-'))
}

/// Whether a text is a program id: lower-case letters, digits and hyphens, 1 to 64 of them.
pub fn is_program_id(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
