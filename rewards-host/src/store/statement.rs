//! The statements, by name: each has a file for PostgreSQL and one for SQLite.

/// A statement. It takes one JSON text, and answers rows of one column, a JSON text, or none.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Statement {
    /// Name of its files.
    pub(crate) name: &'static str,
    /// Its text for PostgreSQL.
    pub(crate) postgres: &'static str,
    /// Its text for SQLite.
    pub(crate) sqlite: &'static str,
}

macro_rules! statements {
    ($($(#[doc = $doc:literal])+ $name:ident = $file:literal;)+) => {
        /// Every statement that there is.
        pub(crate) mod statements {
            use super::Statement;

            $($(#[doc = $doc])+ pub(crate) const $name: Statement = Statement {
                name: $file,
                postgres: include_str!(concat!("postgres/", $file, ".sql")),
                sqlite: include_str!(concat!("sqlite/", $file, ".sql")),
            };)+

            /// All of them.
            #[cfg(test)]
            pub(crate) const ALL: &[Statement] = &[$($name,)+];
        }
    };
}

statements! {
    /// Makes members that are not known yet; answers those that it made.
    ADD_MEMBERS = "add_members";
    /// Keeps the keys of members.
    ADD_MEMBER_KEYS = "add_member_keys";
    /// Keys of members.
    MEMBER_KEYS = "member_keys";
    /// The first of them all.
    FIRST_MEMBER_KEY = "first_member_key";
    /// Which store it is.
    STORE_ID = "store_id";
    /// By which keys the store is written.
    STORE_KEYS = "store_keys";
    /// Keeps those that are not there yet.
    PUT_STORE_KEYS = "put_store_keys";
    /// Locks members in order of their ids.
    LOCK_MEMBERS = "lock_members";
    /// What was published, oldest first.
    PUBLICATIONS = "publications";
    /// A rule set by its hash.
    RULE_SET = "rule_set";
    /// Ids that were processed, with what came of them.
    PROCESSED = "processed";
    /// Purchases as their refunds need them.
    POSTED_PURCHASES = "posted_purchases";
    /// Standing of members.
    STANDING = "standing";
    /// Lots that still hold points, and those that are named.
    LOTS = "lots";
    /// Campaigns in which members are enrolled, and segments that were uploaded with them.
    MEMBERSHIPS = "memberships";
    /// Counters of members.
    COUNTERS = "counters";
    /// Makes budgets that are not there yet, at zero.
    ADD_BUDGETS = "add_budgets";
    /// Locks budgets in order of their keys.
    LOCK_BUDGETS = "lock_budgets";
    /// Keys of requests that were answered.
    ANSWERED = "answered";
    /// Redemptions with their lots.
    REDEMPTIONS = "redemptions";
    /// Keeps processed ids with all that belongs to them.
    PUT_PROCESSED = "put_processed";
    /// Keeps purchases as their refunds need them.
    PUT_PURCHASES = "put_purchases";
    /// Keeps components.
    PUT_CASHBACK = "put_cashback";
    /// Keeps lots as they stand now.
    PUT_LOTS = "put_lots";
    /// Adds to counters of members.
    ADD_COUNTERS = "add_counters";
    /// Keeps what counters of members begin with.
    OPEN_COUNTERS = "open_counters";
    /// Takes from counters of members that are there.
    TAKE_COUNTERS = "take_counters";
    /// Holds numbers of counters that are asked for until the commit.
    LOCK_COUNTER_FILLS = "lock_counter_fills";
    /// Asks for counters to be filled, under the next number.
    ASK_COUNTERS = "ask_counters";
    /// Makes due what was asked for some time ago: from then on members are filled.
    SET_COUNTER_FILL = "set_counter_fill";
    /// Counters that were asked for, in order.
    ASKED_COUNTERS = "asked_counters";
    /// The same after a number, with their rules.
    COUNTER_FILLS = "counter_fills";
    /// Members whose counters were not all filled yet.
    MEMBERS_BEHIND = "members_behind";
    /// How many members are not filled through a number.
    COUNT_BEHIND = "count_behind";
    /// Purchases of a member after one, as refunds need them, with their outcomes.
    PURCHASES_OF = "purchases_of";
    /// Redemptions of members, as far as counters go.
    REDEMPTIONS_OF = "redemptions_of";
    /// Keeps through which number counters of members are filled.
    SET_COUNTED = "set_counted";
    /// What members brought along.
    OPENINGS = "openings";
    /// Replaces records of members by others.
    SET_STANDING_RECORDS = "set_standing_records";
    /// Keeps after which line of history counters of members were filled.
    PUT_MEMBERS_COUNTED = "put_members_counted";
    /// The same of members, in order.
    MEMBERS_COUNTED = "members_counted";
    /// Adds to budgets.
    ADD_BUDGET_UNITS = "add_budget_units";
    /// Keeps the standing of members.
    PUT_STANDING = "put_standing";
    /// Adds to what members earned by campaigns.
    ADD_CAMPAIGN_TOTALS = "add_campaign_totals";
    /// Keeps that members take part in campaigns, or no longer.
    PUT_ENROLMENTS = "put_enrolments";
    /// Writes history.
    PUT_HISTORY = "put_history";
    /// Writes messages to others.
    PUT_OUTBOX = "put_outbox";
    /// Writes the members that were locked: facts, status, heads, a new version.
    PUT_MEMBERS = "put_members";
    /// Keeps redemptions.
    PUT_REDEMPTIONS = "put_redemptions";
    /// Keeps which lots redemptions took from.
    PUT_REDEMPTION_LOTS = "put_redemption_lots";
    /// Keeps the answers of requests.
    PUT_ANSWERS = "put_answers";
    /// Keeps a program.
    PUT_PROGRAM = "put_program";
    /// Keeps a rule set under its hash.
    PUT_RULE_SET = "put_rule_set";
    /// The newest postings of a program, newest first, with what opens their facts.
    RECENT_POSTINGS = "recent_postings";
    /// Whether a rule set was published, as it is or with campaigns paused.
    WAS_PUBLISHED = "was_published";
    /// Publishes a rule set.
    PUT_PUBLICATION = "put_publication";
    /// Campaigns of a program that are paused.
    PAUSES = "pauses";
    /// Keeps that campaigns are paused.
    PUT_PAUSES = "put_pauses";
    /// Keeps that campaigns are paused no more.
    END_PAUSES = "end_pauses";
    /// Keeps a segment, of which the members follow.
    PUT_SEGMENTS = "put_segments";
    /// A segment.
    SEGMENT = "segment";
    /// Takes out of a segment whoever is not in a list.
    LEAVE_SEGMENT = "leave_segment";
    /// Puts the members of a list into a segment, but for those who were forgotten.
    JOIN_SEGMENT = "join_segment";
    /// Takes members out of every segment.
    FORGET_SEGMENTS = "forget_segments";
    /// Keeps the levels of a program.
    PUT_LEVELS = "put_levels";
    /// Keeps the campaigns of a program.
    PUT_CAMPAIGNS = "put_campaigns";
    /// Levels of programs.
    LEVELS = "levels";
    /// One member's points, summed.
    POINTS_OF = "points_of";
    /// Version and status of a member.
    MEMBER = "member";
    /// Whether the store answers.
    PING = "ping";
    /// Members for whom something is due by a date: activation, expiry, tier evaluation.
    DUE_MEMBERS = "due_members";
    /// Every budget.
    ALL_BUDGETS = "all_budgets";
    /// What is watched: members that were active, messages that wait.
    PULSE = "pulse";
    /// Makes the partitions of the months to come; answers how many it made.
    MAKE_PARTITIONS = "make_partitions";
    /// Keeps lines of access.
    PUT_ACCESS = "put_access";
    /// Lines of access, latest first.
    ACCESS = "access";
    /// Decimals of programs.
    VERIFY_PROGRAMS = "verify_programs";
    /// Members after one, with their keys and heads.
    VERIFY_MEMBERS = "verify_members";
    /// Lines of history after one, by member.
    VERIFY_HISTORY = "verify_history";
    /// Processed ids after one, by member, each with its components.
    VERIFY_PROCESSED = "verify_processed";
    /// Messages after one, by member.
    VERIFY_OUTBOX = "verify_outbox";
    /// Every lot of members.
    VERIFY_LOTS = "verify_lots";
    /// Every counter of members, and what it began with.
    VERIFY_COUNTERS = "verify_counters";
    /// Where members stand, as it is shown and as it is kept.
    VERIFY_STANDING = "verify_standing";
    /// What campaigns brought members.
    VERIFY_CAMPAIGNS = "verify_campaigns";
    /// Every redemption of members, and its lots.
    VERIFY_REDEMPTIONS = "verify_redemptions";
    /// Every budget, and what it began with.
    VERIFY_BUDGETS = "verify_budgets";
    /// Transfers whose two sides differ.
    VERIFY_TRANSFERS = "verify_transfers";
    /// Components of money after one, by their ids.
    EXPORT_CASHBACK = "export_cashback";
    /// Every lot of members.
    EXPORT_LOTS = "export_lots";
    /// Every redemption of members, but for where it goes to.
    EXPORT_REDEMPTIONS = "export_redemptions";
    /// Levels of members.
    EXPORT_STANDING = "export_standing";
    /// Anchors of history, oldest first.
    HISTORY_ANCHORS = "history_anchors";
    /// The last of them.
    LAST_HISTORY_ANCHOR = "last_history_anchor";
    /// When the first line of history was written.
    FIRST_HISTORY_LINE = "first_history_line";
    /// Of members with lines between two instants the last of these.
    HISTORY_HEADS = "history_heads";
    /// Keeps an anchor, unless there is one of that number.
    PUT_HISTORY_ANCHOR = "put_history_anchor";
    /// Rows that belong to no member, or to another than they say.
    VERIFY_STRAYS = "verify_strays";

    /// Keeps new drafts of rules.
    PUT_DRAFTS = "put_drafts";
    /// A draft of rules.
    DRAFT = "draft";
    /// The same, locked.
    LOCK_DRAFT = "lock_draft";
    /// Changes a draft of a version; the version goes up by one.
    CHANGE_DRAFT = "change_draft";
    /// Writes who did what with rules.
    PUT_RULE_AUDIT = "put_rule_audit";
    /// Who did what with a draft or a rule set, oldest first.
    RULE_AUDIT_OF = "rule_audit_of";
    /// Drafts and publications, newest first.
    RULES_LIST = "rules_list";
    /// What of a program cannot change, locked against another publication.
    LOCK_PROGRAM = "lock_program";
    /// Of these levels those that members hold or held.
    LEVELS_NAMED = "levels_named";
    /// Whether anything was posted or redeemed in a program.
    HAS_POSTINGS = "has_postings";

    /// Up to when sums for reports are exact.
    ANALYTICS_WATERMARK = "analytics_watermark";
    /// The same, locked against another pass.
    LOCK_ANALYTICS = "lock_analytics";
    /// An instant before which nothing more will be kept.
    ANALYTICS_HORIZON = "analytics_horizon";
    /// What was processed between two instants, in order.
    ANALYTICS_ROWS = "analytics_rows";
    /// Adds to sums for reports.
    ADD_ANALYTICS = "add_analytics";
    /// Moves the instant up to which sums are exact.
    SET_WATERMARK = "set_watermark";
    /// Sums for a report, by a key and kind.
    ANALYTICS_SUMS = "analytics_sums";
    /// Points by the month in which they expire.
    POINTS_BY_EXPIRY = "points_by_expiry";
    /// Adds changes of lots to their sums, so many at most.
    FOLD_LOT_CHANGES = "fold_lot_changes";
    /// Sums of lots that are not what the lots come to.
    VERIFY_LOT_SUMS = "verify_lot_sums";
    /// Budgets of a program.
    BUDGETS_USED = "budgets_used";

    /// A member's history, newest first, from a line on.
    HISTORY = "history";
    /// A member's cashback, summed in several ways.
    CASHBACK_SUMS = "cashback_sums";
    /// A member's components of money, newest first.
    CASHBACK_PAGE = "cashback_page";
    /// How many of them there are, counted up to a number.
    CASHBACK_COUNT = "cashback_count";
    /// A redemption as its member sees it.
    REDEMPTION = "redemption";
    /// Pending redemptions of some options, oldest first.
    PENDING_REDEMPTIONS = "pending_redemptions";
    /// Rule sets under which the redemptions were made that are pending.
    PENDING_RULES = "pending_rules";
    /// Adds codes to pools; those that are there already stay as they are.
    ADD_VOUCHERS = "add_vouchers";
    /// Claims a code for a redemption that has none.
    CLAIM_VOUCHER = "claim_voucher";
    /// The code of a redemption.
    VOUCHER_OF = "voucher_of";
    /// Gives codes back whose redemptions ended without them.
    FREE_VOUCHERS = "free_vouchers";
    /// Keeps that an option has a pool.
    ADD_POOL = "add_pool";
    /// How many codes there are of each option, of a program or of all.
    VOUCHER_COUNTS = "voucher_counts";
    /// How many codes are free of each option that has a pool.
    VOUCHERS_LEFT = "vouchers_left";
    /// Of options those that have a code for a redemption.
    HAS_VOUCHERS = "has_vouchers";
    /// Codes that belong to a redemption of another option, or one that ended without them.
    VERIFY_VOUCHERS = "verify_vouchers";
    /// Budgets, without a lock.
    BUDGETS = "budgets";
    /// Keeps adjustments that wait for a second person.
    PUT_PENDING_ADJUSTMENTS = "put_pending_adjustments";
    /// An adjustment that waits or waited for a second person.
    PENDING_ADJUSTMENT = "pending_adjustment";
    /// Adjustments that wait, oldest first.
    WAITING_ADJUSTMENTS = "waiting_adjustments";
    /// Keeps that adjustments were approved and posted.
    APPROVE_ADJUSTMENTS = "approve_adjustments";
    /// Deletes the facts of members.
    FORGET_FACTS = "forget_facts";
    /// Deletes the keys of members.
    FORGET_KEYS = "forget_keys";
}
