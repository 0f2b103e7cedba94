//! Where two outcomes that should be the same part ways.

use serde_json::Value;

/// The first place at which two outcomes differ, and what stands there in each, as JSON; `null` where nothing does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// For example `outcome.components[0].granted`; `outcome` alone where only the bytes differ.
    pub place: String,
    /// What stands in the first.
    pub first: String,
    /// What stands in the second.
    pub second: String,
}

impl Difference {
    /// Compares two outcomes as canonical JSON, byte for byte. Components and points come before sums, since a sum differs
    /// because of them. `None` if they are the same.
    pub fn between(first: &str, second: &str) -> Option<Difference> {
        if first == second {
            return None;
        }
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| Value::String(text.to_owned()));
        let of = |place, first, second| Difference { place, first, second };
        let found = walk("outcome", &value(first), &value(second));
        Some(found.unwrap_or_else(|| of("outcome".to_owned(), first.to_owned(), second.to_owned())))
    }
}

fn walk(place: &str, first: &Value, second: &Value) -> Option<Difference> {
    if first == second {
        return None;
    }
    let absent = Value::Null;
    match (first, second) {
        (Value::Object(a), Value::Object(b)) => {
            let before = ["components", "points"].into_iter().filter(|name| a.contains_key(*name));
            let names = before.chain(a.keys().chain(b.keys()).map(String::as_str));
            names.into_iter().find_map(|name| {
                let (a, b) = (a.get(name).unwrap_or(&absent), b.get(name).unwrap_or(&absent));
                walk(&format!("{place}.{name}"), a, b)
            })
        }
        (Value::Array(a), Value::Array(b)) => (0..a.len().max(b.len())).find_map(|at| {
            let (a, b) = (a.get(at).unwrap_or(&absent), b.get(at).unwrap_or(&absent));
            walk(&format!("{place}[{at}]"), a, b)
        }),
        (first, second) => {
            Some(Difference { place: place.to_owned(), first: first.to_string(), second: second.to_string() })
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::Difference;

    #[test]
    fn the_first_component_that_differs_is_told_before_the_sums() {
        let due = r#"{"amount":"1","totals":{"base":"0.60"},"components":[{"id":"a"},{"id":"b","granted":"0.60"}]}"#;
        let found = due.replace("0.60", "0.70");
        let Difference { place, first, second } = Difference::between(due, &found).unwrap();
        assert_eq!((place.as_str(), &*first, &*second), ("outcome.components[1].granted", "\"0.60\"", "\"0.70\""));
        let missing = due.replace(r#"{"id":"a"},"#, "");
        assert_eq!(Difference::between(due, &missing).unwrap().place, "outcome.components[0].id");
        assert_eq!(Difference::between(due, due), None);
        assert_eq!(Difference::between(due, &format!("{due} ")).unwrap().place, "outcome");
        assert_eq!(Difference::between(due, "no JSON").unwrap().place, "outcome");
    }
}
