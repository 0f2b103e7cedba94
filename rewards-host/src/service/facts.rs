//! What others tell of a member, as the ledger keeps it: a JSON object with the names that rules know.

use rewards_rules::input::{Member, Raw, Status};
use serde_json::{Map, Value};

use super::error::{Code, ServiceError};

/// What the ledger itself keeps; nobody may tell it.
const OWN: [&str; 7] = ["id", "tier", "spending", "purchases", "upgrades", "status", "enrolments"];

/// Puts what was told over what is known; `null` forgets a name.
pub(crate) fn merge(known: &mut Map<String, Value>, told: &Map<String, Value>) -> Result<bool, ServiceError> {
    let mut changed = false;
    for (name, value) in told {
        if OWN.contains(&name.as_str()) {
            return Err(ServiceError::new(
                Code::InvalidRequest,
                format!("`member.{name}` is what the service keeps itself; leave it out"),
            ));
        }
        changed |= match value {
            Value::Null => known.remove(name).is_some(),
            value if known.get(name) == Some(value) => false,
            value => {
                known.insert(name.clone(), value.clone());
                true
            }
        };
    }
    Ok(changed)
}

/// What the store says of a member beside what others told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Belongs {
    /// Campaigns in which the member takes part.
    pub(crate) enrolments: Vec<String>,
    /// Segments of which the members were uploaded, and the member is one.
    pub(crate) segments: Vec<String>,
}

/// The member as the engine takes it. Segments that were told and those that were uploaded count alike.
pub(crate) fn member(
    id: &str,
    facts: &Map<String, Value>,
    status: Status,
    belongs: Belongs,
) -> Result<Member, ServiceError> {
    let mut entries: Vec<(String, Raw)> = facts.iter().map(|(k, v)| (k.clone(), Raw::from(v.clone()))).collect();
    entries.push(("id".to_owned(), Raw::Text(id.to_owned())));
    let mut member = Member::from_raw(Raw::Map(entries)).map_err(|e| {
        let place = if e.path.is_empty() { "member".to_owned() } else { format!("member.{}", e.path) };
        ServiceError::from(rewards_rules::EvaluationError::from(e)).at(place)
    })?;
    member.status = status;
    member.enrolments = Some(belongs.enrolments);
    if !belongs.segments.is_empty() {
        let told = member.segments.get_or_insert_default();
        told.extend(belongs.segments);
        told.sort_unstable();
        told.dedup();
    }
    Ok(member)
}

/// A status by its word.
pub(crate) fn status(word: &str) -> Option<Status> {
    [Status::Active, Status::Blocked, Status::Closed].into_iter().find(|s| s.as_str() == word)
}
