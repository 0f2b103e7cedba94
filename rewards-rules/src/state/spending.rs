//! Spending by tier window, in order of windows.
//!
//! A room of its own because every purchase reads and changes it: most members have spent in one or two windows, which
//! then stand in the member's own place and not behind a pointer.

use smallvec::SmallVec;

use super::standing::Window;
use crate::value::Exact;

/// Window → spending. So many windows stand in place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Spending(SmallVec<[(Window, Exact); 2]>);

impl Spending {
    fn find(&self, window: Window) -> Result<usize, usize> {
        match self.0.last() {
            Some((last, _)) if *last == window => Ok(self.0.len().saturating_sub(1)),
            Some((last, _)) if *last < window => Err(self.0.len()),
            _ => self.0.binary_search_by_key(&window, |(window, _)| *window),
        }
    }

    /// In how many windows something was spent.
    #[inline(always)]
    pub(super) fn windows(&self) -> usize {
        self.0.len()
    }

    /// What was spent in a window.
    #[inline]
    pub(crate) fn get(&self, window: Window) -> Exact {
        self.find(window).ok().and_then(|at| self.0.get(at)).map_or(Exact::ZERO, |(_, spent)| *spent)
    }

    /// The same, to change it.
    pub(crate) fn of(&mut self, window: Window) -> &mut Exact {
        let at = match self.find(window) {
            Ok(at) => at,
            Err(at) => {
                self.0.insert(at, (window, Exact::ZERO));
                at
            }
        };
        #[expect(clippy::indexing_slicing, reason = "found or inserted above")]
        &mut self.0[at].1
    }

    /// Every window with what was spent in it, in order.
    pub(crate) fn all(&self) -> impl Iterator<Item = (Window, Exact)> + '_ {
        self.0.iter().copied()
    }

    /// What was spent from one window through another, window by window.
    pub(crate) fn within(&self, from: Window, through: Window) -> impl Iterator<Item = Exact> + '_ {
        let within = move |(window, _): &&(Window, Exact)| (from..=through).contains(window);
        self.0.iter().filter(within).map(|(_, spent)| *spent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_stand_in_order_whatever_order_they_come_in() {
        let mut spending = Spending::default();
        for (number, spent) in [(3, 1), (5, 2), (4, 3), (1, 4), (5, 5), (9, 6), (3, 7)] {
            let sum = spending.of(Window::of_number(number));
            *sum = sum.checked_add(Exact::from(spent)).unwrap_or(Exact::ZERO);
        }
        let due = [(1, 4), (2, 0), (3, 8), (4, 3), (5, 7), (6, 0), (9, 6), (10, 0)];
        for (number, spent) in due {
            assert_eq!(spending.get(Window::of_number(number)), Exact::from(spent), "{number}");
        }
        let within: Vec<Exact> = spending.within(Window::of_number(2), Window::of_number(5)).collect();
        assert_eq!(within, [8, 3, 7].map(Exact::from));
    }
}
