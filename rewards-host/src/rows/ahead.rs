//! Two threads over one stream: what comes next is read while what came before it is used.
//!
//! A room of its own because it knows nothing of rows: items are filled in one thread and taken in another, in order, a
//! few hundred at a time, so that handing them over costs nothing that could be measured.

use std::ops::ControlFlow;
use std::sync::mpsc::{channel, sync_channel};
use std::thread;

/// So many items go over at once.
const AT_ONCE: usize = 256;

/// So many such batches may wait to be taken.
const WAITING: usize = 4;

/// Items, of which the first `filled` are new.
struct Batch<T, E> {
    items: Vec<T>,
    filled: usize,
    /// Set in the last batch: why there are no more.
    end: Option<Result<(), E>>,
}

/// Fills items on a thread of its own until `fill` says that there are no more, and hands them to `take` on this one, at
/// most `few` together.
/// Items are used again with what they hold. Ends early with what `take` breaks with, or with the first error in order.
pub(crate) fn ahead<T, E, R>(
    mut fill: impl FnMut(&mut T) -> Result<bool, E> + Send,
    few: usize,
    mut take: impl FnMut(&[T]) -> Result<ControlFlow<R>, E>,
) -> Result<Option<R>, E>
where
    T: Default + Send,
    E: Send,
{
    thread::scope(|scope| {
        let (full, batches) = sync_channel(WAITING);
        let (back, used) = channel::<Vec<T>>();
        scope.spawn(move || {
            loop {
                let mut items = used.try_recv().unwrap_or_default();
                items.resize_with(AT_ONCE, T::default);
                let (mut filled, mut end) = (0_usize, None);
                for item in &mut items {
                    match fill(item) {
                        Ok(true) => filled = filled.saturating_add(1),
                        other => {
                            end = Some(other.map(|_| ()));
                            break;
                        }
                    }
                }
                let last = end.is_some();
                // Where nobody takes them any more, nobody wants more of them.
                if full.send(Batch { items, filled, end }).is_err() || last {
                    return;
                }
            }
        });
        for Batch { items, filled, end } in batches {
            for items in items.get(..filled).unwrap_or_default().chunks(few.max(1)) {
                if let ControlFlow::Break(ended) = take(items)? {
                    return Ok(Some(ended));
                }
            }
            if let Some(end) = end {
                return end.map(|()| None);
            }
            // The last batches need not come back.
            let _ = back.send(items);
        }
        Ok(None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers from 0, with an error in the place of one.
    fn numbers(until: usize, error: Option<usize>) -> impl FnMut(&mut usize) -> Result<bool, String> + Send {
        let mut next = 0..;
        move |item| {
            *item = next.next().unwrap_or_default();
            if error == Some(*item) { Err(format!("no {item}")) } else { Ok(*item < until) }
        }
    }

    #[test]
    fn items_come_in_order_whatever_number_there_is() {
        for count in [0, 1, AT_ONCE - 1, AT_ONCE, AT_ONCE + 1, 20 * AT_ONCE + 7] {
            let mut taken = Vec::new();
            let ended = ahead(numbers(count, None), 100, |items| {
                assert!((1..=100).contains(&items.len()));
                taken.extend_from_slice(items);
                Ok(ControlFlow::<()>::Continue(()))
            });
            assert_eq!(ended, Ok(None));
            assert!(taken.iter().copied().eq(0..count), "{count}");
        }
    }

    #[test]
    fn an_error_comes_after_everything_before_it() {
        let mut taken = 0;
        let ended = ahead(numbers(usize::MAX, Some(3 * AT_ONCE + 5)), 1, |_| {
            taken += 1;
            Ok(ControlFlow::<()>::Continue(()))
        });
        assert_eq!((ended, taken), (Err(format!("no {}", 3 * AT_ONCE + 5)), 3 * AT_ONCE + 5));
    }

    #[test]
    fn who_takes_may_stop() {
        let stops = |at: usize| {
            move |items: &[usize]| {
                let found = items.contains(&at);
                Ok::<_, String>(if found { ControlFlow::Break(at) } else { ControlFlow::Continue(()) })
            }
        };
        for at in [0, AT_ONCE, 50 * AT_ONCE] {
            assert_eq!(ahead(numbers(usize::MAX, None), 7, stops(at)), Ok(Some(at)));
        }
        let failed = ahead(numbers(usize::MAX, None), 7, |_| Err::<ControlFlow<()>, _>("enough".to_owned()));
        assert_eq!(failed, Err("enough".to_owned()));
    }
}
