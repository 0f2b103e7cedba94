//! Master keys are changed: what the earlier ones wrapped opens still, and history goes on.

use super::serving::{Place, ask};

fn posts(place: &Place, token: &str, ids: &[(&str, &str)]) {
    let (mut child, address) = place.serve();
    for (member, id) in ids {
        let body = format!(
            r#"{{"user_id":"{member}","member":{{"birthday":"1990-05-01"}},"transaction":{{"id":"{id}","amount":"10.00","currency":"EUR","occurred_at":"2024-03-01T12:00:00Z"}}}}"#
        );
        let (status, answer) = ask(address, token, "POST /api/v1/cashback/calculate", &body).unwrap();
        assert_eq!(status, 200, "{answer}");
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

/// What stands in the settings: the key in use, and others.
fn keys(place: &Place, name: &str, key: &str, others: &str) {
    place.set(&format!("[security]\nmaster_key = \"{key}\"\nmaster_key_id = \"{name}\"\n{others}"));
}

#[test]
fn a_master_key_is_changed_and_what_it_wrapped_opens_still() {
    let place = Place::embedded();
    let token = place.token();
    let (one, two, three) = ("11".repeat(32), "22".repeat(32), "33".repeat(32));
    let earlier = format!("earlier_master_keys = \"a={one}\"\n");
    keys(&place, "a", &one, "");
    posts(&place, &token, &[("m-1", "t1"), ("m-2", "t2")]);
    // A replica that has the one to come reads what others wrapped by it.
    keys(&place, "b", &two, &earlier);
    posts(&place, &token, &[("m-1", "t3"), ("m-3", "t4")]);
    keys(&place, "a", &one, &format!("next_master_key = \"b={two}\"\n"));
    posts(&place, &token, &[("m-3", "t5"), ("m-4", "t6")]);
    keys(&place, "b", &two, &earlier);
    for command in ["verify", "replay"] {
        let (status, told) = place.told(&["ledger", command]);
        assert_eq!(status, 0, "{told}");
    }
    let begun = "this store was begun with another master key";
    for (name, key, others, due) in [
        ("b", &two, "", begun),
        ("a", &three, "", begun),
        ("b", &three, earlier.as_str(), "another master key of the name `b`"),
    ] {
        keys(&place, name, key, others);
        for command in [&["ledger", "verify"][..], &["serve"]] {
            let (status, told) = place.told(command);
            assert!(status == 2 && told.contains(due), "{name} {command:?}: {status} {told}");
        }
    }
    keys(&place, "c", &three, &earlier);
    let (status, told) = place.told(&["ledger", "verify"]);
    assert!(status == 2 && told.contains("the master key `b` is not configured"), "{status} {told}");
}

#[test]
fn a_store_from_before_its_keys_were_kept_takes_those_that_open_it() {
    let Some(place) = Place::postgres() else { return };
    let token = place.token();
    let (one, two) = ("11".repeat(32), "22".repeat(32));
    keys(&place, "a", &one, "");
    posts(&place, &token, &[("m-1", "t1")]);
    place.asked("DELETE FROM store_keys");
    keys(&place, "a", &two, "");
    let (status, told) = place.told(&["serve"]);
    assert!(status == 2 && told.contains("do not open with the master keys that are configured"), "{status} {told}");
    keys(&place, "a", &one, "");
    posts(&place, &token, &[("m-1", "t2")]);
    assert_eq!(place.asked("SELECT count(*) FROM store_keys"), ["2"]);
}
