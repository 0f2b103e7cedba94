//! What an evaluator tells of a sequence of events: its answers, and what members then have.

use chrono::{DateTime, Utc};
use rewards_rules::input::ErrorCode;

use crate::reference::Event;
use crate::subject::Engine;

/// Whose an event is, and when it is.
fn whose(event: &Event, events: &[Event]) -> (Option<String>, DateTime<Utc>) {
    match event {
        Event::Purchase(tx, member) => (Some(member.id.clone()), tx.occurred_at),
        Event::Redeem(redemption, member) => (Some(member.id.clone()), redemption.at),
        Event::Refund(refund) => {
            let member = events.iter().find_map(|e| match e {
                Event::Purchase(tx, member) if tx.id == refund.original => Some(member.id.clone()),
                _ => None,
            });
            (member, refund.occurred_at)
        }
        Event::Return(id, at) => {
            let member = events.iter().find_map(|e| match e {
                Event::Redeem(redemption, member) if redemption.id == *id => Some(member.id.clone()),
                _ => None,
            });
            (member, *at)
        }
    }
}

/// What an engine answers over a sequence, and what the member of each event then has. What was refused, or answered
/// before, moves no one's time on, so it says nothing of balances.
pub(crate) fn story(engine: &mut dyn Engine, events: &[Event]) -> Vec<(Result<String, ErrorCode>, String)> {
    let mut now = DateTime::<Utc>::MIN_UTC;
    let mut answers = Vec::new();
    for event in events {
        let answer = engine.post(event);
        let (member, at) = whose(event, events);
        let in_time = at >= now;
        now = now.max(at);
        let mut balance = String::new();
        if let (Ok(_), Some(member), true) = (&answer, member, in_time) {
            let tier = engine.tier(&member, at).unwrap_or_default();
            let (available, pending) = (engine.available(&member, at), engine.pending(&member, at));
            balance = format!("{tier} available {available} pending {pending} debt {}", engine.debt(&member));
        }
        answers.push((answer, balance));
    }
    answers
}
