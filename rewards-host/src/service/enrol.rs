//! Taking part in campaigns that ask for it.

use serde::Serialize;
use uuid::Uuid;

use crate::store::rows::Instant;

/// That a member takes part from now on, or no longer.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct EnrolmentWrite {
    pub(crate) id: Uuid,
    pub(crate) user_id: String,
    pub(crate) program: String,
    pub(crate) campaign_id: String,
    pub(crate) enrolled_at: Option<Instant>,
    pub(crate) left_at: Option<Instant>,
}
