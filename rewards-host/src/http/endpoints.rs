//! The endpoints: one table, from which rights, limits and the role table of docs/api.md are made.

use std::collections::HashMap;
use std::sync::LazyLock;

/// What a token may say of its bearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Role {
    /// A member, for what is their own.
    User,
    /// Somebody who helps members and looks after campaigns.
    Manager,
    /// Somebody who looks after the program and the service.
    Admin,
    /// A job of the platform.
    System,
    /// Another service.
    Service,
}

impl Role {
    /// Every role.
    pub(crate) const ALL: [Role; 5] = [Role::User, Role::Manager, Role::Admin, Role::System, Role::Service];

    /// Its name in tokens.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Role::User => "user",
            Role::Manager => "manager",
            Role::Admin => "admin",
            Role::System => "system",
            Role::Service => "service",
        }
    }

    /// The role of a name.
    pub(crate) fn from_text(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.as_str() == text)
    }
}

/// How large the body of a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Body {
    /// There is none, or a usual one.
    Usual,
    /// That of a batch.
    Batch,
}

/// An endpoint.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Endpoint {
    /// Its name, in the configuration and in metrics.
    pub(crate) name: &'static str,
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub(crate) method: &'static str,
    /// As the router has it. A part `{user_id}` is a member: role `user` reaches only their own.
    pub(crate) path: &'static str,
    /// Who may; none: everybody, without a token.
    pub(crate) roles: &'static [Role],
    /// Requests of one subject in a minute, unless configured.
    pub(crate) per_minute: u32,
    /// How large a body may be.
    pub(crate) body: Body,
}

const fn endpoint(
    name: &'static str,
    method: &'static str,
    path: &'static str,
    roles: &'static [Role],
    per_minute: u32,
) -> Endpoint {
    Endpoint { name, method, path, roles, per_minute, body: Body::Usual }
}

impl Endpoint {
    const fn batch(self) -> Endpoint {
        Endpoint { body: Body::Batch, ..self }
    }

    /// Whether anybody may, without a token.
    pub(crate) fn is_public(&self) -> bool {
        self.roles.is_empty()
    }

    /// Whether parts of the path are to be filled in.
    pub(crate) fn has_parameters(&self) -> bool {
        self.path.contains('{')
    }

    /// Whether the path names a member.
    pub(crate) fn names_a_member(&self) -> bool {
        self.path.contains("{user_id}")
    }
}

use Role::{Admin, Manager, Service, System, User};

const PUBLIC: &[Role] = &[];
const READERS: &[Role] = &[User, Manager, Admin];
const EVERYBODY: &[Role] = &[User, Manager, Admin, System, Service];
const MEMBERS: &[Role] = &[User, Manager];
const MACHINES: &[Role] = &[System, Service];
const STAFF: &[Role] = &[Manager, Admin];
const ADMINS: &[Role] = &[Admin];

/// All of them, by area.
pub(crate) const ALL: &[Endpoint] = &[
    endpoint("rewards_summary", "GET", "/api/v1/rewards/{user_id}", READERS, 100),
    endpoint("rewards_redeem", "POST", "/api/v1/rewards/redeem", MEMBERS, 10),
    endpoint("rewards_history", "GET", "/api/v1/rewards/{user_id}/history", READERS, 100),
    endpoint("redemption_cancel", "POST", "/api/v1/rewards/redemptions/{redemption_id}/cancel", MEMBERS, 10),
    endpoint("redemption_read", "GET", "/api/v1/rewards/redemptions/{redemption_id}", EVERYBODY, 100),
    endpoint(
        "redemption_settle",
        "POST",
        "/api/v1/rewards/redemptions/{redemption_id}/settle",
        &[Manager, System, Service],
        1000,
    ),
    endpoint("vouchers_upload", "POST", "/api/v1/voucher-codes", STAFF, 10).batch(),
    endpoint("vouchers_list", "GET", "/api/v1/voucher-codes", STAFF, 100),
    endpoint("rewards_transfer", "POST", "/api/v1/rewards/transfer", MEMBERS, 10),
    endpoint("rewards_adjust", "POST", "/api/v1/rewards/adjustments", &[Manager], 50),
    endpoint("adjustments_list", "GET", "/api/v1/rewards/adjustments", STAFF, 100),
    endpoint("adjustment_approve", "POST", "/api/v1/rewards/adjustments/{adjustment_id}/approve", &[Manager], 50),
    endpoint("cashback_calculate", "POST", "/api/v1/cashback/calculate", MACHINES, 1000),
    endpoint("cashback_batch", "POST", "/api/v1/cashback/calculate/batch", MACHINES, 1000).batch(),
    endpoint("cashback_preview", "POST", "/api/v1/cashback/preview", &[Manager, Admin, System, Service], 100),
    endpoint("cashback_refund", "POST", "/api/v1/cashback/{transaction_id}/refunds", MACHINES, 1000),
    endpoint(
        "cashback_outcome",
        "GET",
        "/api/v1/cashback/outcomes/{transaction_id}",
        &[Manager, Admin, System, Service],
        100,
    ),
    endpoint("cashback_summary", "GET", "/api/v1/cashback/{user_id}/summary", READERS, 100),
    endpoint("cashback_transactions", "GET", "/api/v1/cashback/{user_id}/transactions", READERS, 100),
    endpoint("loyalty_programs", "GET", "/api/v1/loyalty/programs", PUBLIC, 200),
    endpoint("loyalty_status", "GET", "/api/v1/loyalty/{user_id}/status", READERS, 100),
    endpoint("loyalty_upgrade", "PUT", "/api/v1/loyalty/{user_id}/upgrade", MACHINES, 50),
    endpoint("member_read", "GET", "/api/v1/members/{user_id}", STAFF, 100),
    endpoint("member_lots", "GET", "/api/v1/members/{user_id}/lots", STAFF, 100),
    endpoint("member_facts", "PUT", "/api/v1/members/{user_id}/facts", MACHINES, 1000),
    endpoint("member_status", "PUT", "/api/v1/members/{user_id}/status", STAFF, 50),
    endpoint("member_tier", "PUT", "/api/v1/members/{user_id}/tier", STAFF, 50),
    endpoint("member_forget", "DELETE", "/api/v1/members/{user_id}/personal-data", ADMINS, 50),
    endpoint("campaigns_list", "GET", "/api/v1/campaigns", PUBLIC, 200),
    endpoint("campaign_read", "GET", "/api/v1/campaigns/{campaign_id}", PUBLIC, 200),
    endpoint("campaign_pause", "PUT", "/api/v1/campaigns/{campaign_id}/pause", STAFF, 50),
    endpoint("campaign_resume", "DELETE", "/api/v1/campaigns/{campaign_id}/pause", STAFF, 50),
    endpoint("segment_upload", "PUT", "/api/v1/segments/{segment}/members", STAFF, 10).batch(),
    endpoint("segment_read", "GET", "/api/v1/segments/{segment}", STAFF, 100),
    endpoint("campaign_enrol", "PUT", "/api/v1/campaigns/{campaign_id}/members/{user_id}", MEMBERS, 50),
    endpoint("campaign_leave", "DELETE", "/api/v1/campaigns/{campaign_id}/members/{user_id}", MEMBERS, 50),
    endpoint("rules_list", "GET", "/api/v1/rules", STAFF, 100),
    endpoint("rules_draft", "POST", "/api/v1/rules", STAFF, 50).batch(),
    endpoint("rules_read", "GET", "/api/v1/rules/{rule_set}", STAFF, 100),
    endpoint("rules_change", "PUT", "/api/v1/rules/{rule_set}", STAFF, 50).batch(),
    endpoint("rules_validate", "POST", "/api/v1/rules/{rule_set}/validate", STAFF, 50),
    endpoint("rules_submit", "POST", "/api/v1/rules/{rule_set}/submit", STAFF, 50),
    endpoint("rules_approve", "POST", "/api/v1/rules/{rule_set}/approve", STAFF, 50),
    endpoint("rules_publish", "POST", "/api/v1/rules/{rule_set}/publish", STAFF, 50),
    endpoint("rules_roll_back", "POST", "/api/v1/rules/{rule_set}/roll-back", STAFF, 50),
    endpoint("rules_diff", "GET", "/api/v1/rules/{rule_set}/diff", STAFF, 50),
    endpoint("rules_impact", "POST", "/api/v1/rules/{rule_set}/impact", STAFF, 10),
    endpoint("rules_samples", "GET", "/api/v1/rules/{rule_set}/sample-purchases", STAFF, 10),
    endpoint("analytics_totals", "GET", "/api/v1/analytics/totals", STAFF, 100),
    endpoint("analytics_campaigns", "GET", "/api/v1/analytics/campaigns", STAFF, 100),
    endpoint("analytics_tiers", "GET", "/api/v1/analytics/tiers", STAFF, 100),
    endpoint("analytics_liability", "GET", "/api/v1/analytics/liability", STAFF, 100),
    endpoint("analytics_breakage", "GET", "/api/v1/analytics/breakage", STAFF, 100),
    endpoint("analytics_return", "GET", "/api/v1/analytics/return-on-spend", STAFF, 100),
    endpoint("analytics_budgets", "GET", "/api/v1/analytics/budgets", STAFF, 100),
    endpoint("audit_access", "GET", "/api/v1/audit/access", ADMINS, 50),
];

/// The endpoints of each path.
static BY_PATH: LazyLock<HashMap<&'static str, Vec<&'static Endpoint>>> = LazyLock::new(|| {
    let mut by_path: HashMap<&'static str, Vec<&'static Endpoint>> = HashMap::new();
    for endpoint in ALL {
        by_path.entry(endpoint.path).or_default().push(endpoint);
    }
    by_path
});

/// The endpoint of a method and a path as the router has it. A `HEAD` is a `GET`.
pub(crate) fn of(method: &str, path: &str) -> Option<&'static Endpoint> {
    let method = if method == "HEAD" { "GET" } else { method };
    BY_PATH.get(path)?.iter().find(|endpoint| endpoint.method == method).copied()
}

/// The role table of docs/api.md.
#[cfg(test)]
pub(crate) fn role_table() -> String {
    let mut table =
        String::from("| Endpoint | Name | Roles | Per minute | Cached |\n| --- | --- | --- | --- | --- |\n");
    for endpoint in ALL {
        let roles: Vec<String> = endpoint.roles.iter().map(|role| named(*role)).collect();
        let roles = if roles.is_empty() { "public".to_owned() } else { roles.join(", ") };
        let cached =
            kept(endpoint).map_or_else(|| "-".to_owned(), |kind| format!("{} min", kind.kept().as_secs() / 60));
        table.push_str(&format!(
            "| `{} {}` | `{}` | {roles} | {} | {cached} |\n",
            endpoint.method, endpoint.path, endpoint.name, endpoint.per_minute
        ));
    }
    table
}

/// As what an answer is kept on the service's side; none: it is made anew for each request.
#[cfg(test)]
pub(crate) fn kept(endpoint: &Endpoint) -> Option<crate::cache::Kind> {
    use crate::cache::Kind;
    match endpoint.name {
        "rewards_summary" => Some(Kind::Points),
        "cashback_summary" => Some(Kind::Cashback),
        "loyalty_status" => Some(Kind::Standing),
        "loyalty_programs" => Some(Kind::Programs),
        _ => None,
    }
}

#[cfg(test)]
fn named(role: Role) -> String {
    match role {
        Role::User => "user (own)".to_owned(),
        role => role.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_and_addresses_are_there_once() {
        let names: BTreeSet<&str> = ALL.iter().map(|endpoint| endpoint.name).collect();
        let addresses: BTreeSet<(&str, &str)> = ALL.iter().map(|endpoint| (endpoint.method, endpoint.path)).collect();
        assert_eq!((names.len(), addresses.len()), (ALL.len(), ALL.len()));
        assert_eq!(of("HEAD", "/api/v1/loyalty/programs").unwrap().name, "loyalty_programs");
    }

    #[test]
    fn the_role_table_in_the_documents_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/api.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (before, rest) = page.split_once("<!-- roles -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- /roles -->").unwrap();
        let due = format!("{before}<!-- roles -->\n{}<!-- /roles -->{after}", role_table());
        if std::env::var_os("UPDATE_REFERENCE").is_some() {
            std::fs::write(path, &due).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap();
        assert!(found == due, "docs/api.md is not what the endpoints are: run `make reference`");
    }
}
