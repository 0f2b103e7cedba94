//! The waterfall in words: prints what the outcome records, computes nothing.
