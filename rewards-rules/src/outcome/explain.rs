//! The waterfall in words.
