//! How an exact value becomes money.

use serde::{Deserialize, Serialize};

/// `rounding.mode` of a program (semantics §1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingMode {
    /// To the nearest minor unit, a tie to the even one. The default.
    #[default]
    HalfEven,
    /// To the nearest minor unit, a tie away from zero.
    HalfUp,
    /// Towards zero.
    Down,
    /// Away from zero.
    Up,
}

/// `rounding.at` of a program (semantics §1.2, §1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RoundingAt {
    /// Each component is rounded once. The default.
    #[default]
    Component,
    /// The sum is rounded once and shared out by largest remainder.
    Total,
}
