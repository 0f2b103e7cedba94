//! The number of decimals of an exact number.
//!
//! A room of its own for the sake of memory: as one of 39 values in 64 bits it leaves no byte of an exact number unused,
//! so that copying one moves whole words, and values beyond the 39 tell that there is none, so that an optional number is
//! no larger than a number.

/// 0 to 38.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
#[rustfmt::skip]
pub(super) enum Scale {
    S0, S1, S2, S3, S4, S5, S6, S7, S8, S9,
    S10, S11, S12, S13, S14, S15, S16, S17, S18, S19,
    S20, S21, S22, S23, S24, S25, S26, S27, S28, S29,
    S30, S31, S32, S33, S34, S35, S36, S37, S38,
}

#[rustfmt::skip]
const ALL: [Scale; 39] = {
    use Scale::*;
    [
        S0, S1, S2, S3, S4, S5, S6, S7, S8, S9,
        S10, S11, S12, S13, S14, S15, S16, S17, S18, S19,
        S20, S21, S22, S23, S24, S25, S26, S27, S28, S29,
        S30, S31, S32, S33, S34, S35, S36, S37, S38,
    ]
};

impl Scale {
    /// The scale of a number from 0 to 38, which is all that there are.
    #[inline]
    pub(super) const fn of(number: u8) -> Scale {
        debug_assert!(number <= 38);
        let at = if number <= 38 { number } else { 38 };
        #[allow(clippy::indexing_slicing, reason = "at most 38")]
        ALL[at as usize]
    }

    #[inline]
    pub(super) const fn number(self) -> u8 {
        self as u8
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Exact;

    #[test]
    fn each_number_has_its_scale_and_none_costs_memory() {
        for number in 0..=38 {
            assert_eq!(Scale::of(number).number(), number);
        }
        assert_eq!([size_of::<Exact>(), size_of::<Option<Exact>>()], [24, 24]);
    }
}
