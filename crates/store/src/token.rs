//! What lets somebody in: links, sessions, tokens of the API.

use copydesk_domain::{ContentHash, Instant};
use serde::{Deserialize, Serialize};

/// What a token opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TokenKind {
    /// One login on the page.
    Login,
    /// A session of the page.
    Session,
    /// The JSON API.
    Api,
}

/// A stored token; only its hash is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRecord {
    /// SHA-256 of the token.
    pub hash: ContentHash,
    /// What it opens.
    pub kind: TokenKind,
    /// When it was made.
    pub created_at: Instant,
    /// When it ends.
    pub expires_at: Option<Instant>,
    /// What a person calls it; tokens of the API may have a name.
    pub name: Option<String>,
}

impl TokenRecord {
    /// Whether it opens what tokens of this kind open at `now`. One made later than that was made by another clock.
    pub fn opens(&self, kind: TokenKind, now: Instant) -> bool {
        self.kind == kind && self.created_at <= now && self.expires_at.is_none_or(|end| end > now)
    }
}
