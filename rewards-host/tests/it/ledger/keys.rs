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

#[test]
fn a_master_key_is_changed_and_what_it_wrapped_opens_still() {
    let place = Place::embedded();
    let token = place.token();
    let (one, two) = ("11".repeat(32), "22".repeat(32));
    place.set(&format!("[security]\nmaster_key = \"{one}\"\nmaster_key_id = \"a\"\n"));
    posts(&place, &token, &[("m-1", "t1"), ("m-2", "t2")]);
    let now = format!("[security]\nmaster_key = \"{two}\"\nmaster_key_id = \"b\"\n");
    place.set(&now);
    let (status, told) = place.told(&["ledger", "verify"]);
    assert!(status == 2 && told.contains("the master key `a` is not configured"), "{status} {told}");
    place.set(&format!("{now}earlier_master_keys = \"a={one}\"\n"));
    posts(&place, &token, &[("m-1", "t3"), ("m-3", "t4")]);
    for command in ["verify", "replay"] {
        let (status, told) = place.told(&["ledger", command]);
        assert_eq!(status, 0, "{told}");
    }
}
