//! The one-time link.

use copydesk_domain::{ContentHash, Instant};
use copydesk_engine::Engine;
use copydesk_store::{Command, StoreError, TokenKind, TokenRecord};
use jiff::SignedDuration;

/// The longest path that a link leads to, in bytes: a run's page with what is shown there.
const PATH_MAX: usize = 300;
/// How long a link can be used.
const LINK_LIFE: SignedDuration = SignedDuration::from_mins(15);

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum LoginLinkError {
    /// The system gives no random bytes.
    #[error("the system gives no random bytes: {reason}")]
    Random {
        /// What it said.
        reason: String,
    },
    /// The token could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A one-time link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginLink {
    /// Its address; whoever has it can log in.
    pub url: String,
    /// When it ends, used or not.
    pub expires_at: Instant,
}

/// A link that logs a person in once, within 15 minutes, and leads to `path`.
///
/// `base`: scheme, host and port, such as `http://127.0.0.1:7420`. Only the hash of its token is stored.
pub async fn login_link(engine: &Engine, base: &str, path: &str) -> Result<LoginLink, LoginLinkError> {
    let token = secret()?;
    let now = engine.clock().now();
    let expires_at = now.plus(LINK_LIFE);
    let record = record(&token, TokenKind::Login, now, expires_at);
    // Links that nobody used go with the next one.
    let commands = vec![Command::ForgetTokens { now }, Command::PutToken(record)];
    for answer in engine.store().apply_all(commands).await {
        answer?;
    }
    let to: String = local(path)
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    let url = format!("{}/login?token={token}&to={to}", base.trim_end_matches('/'));
    Ok(LoginLink { url, expires_at })
}

/// The token of a link that a person pasted, or of what is a token already.
pub(super) fn token_of(pasted: &str) -> &str {
    let text = pasted.trim();
    let token = text.split_once("token=").map_or(text, |(_, token)| token);
    token.split('&').next().unwrap_or_default()
}

/// 256 random bits in hexadecimal: nobody guesses it, so nothing need count wrong guesses.
pub(super) fn secret() -> Result<String, LoginLinkError> {
    use std::fmt::Write as _;
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| LoginLinkError::Random {
        reason: error.to_string(),
    })?;
    let mut text = String::with_capacity(64);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// What is stored of a token.
pub(super) fn record(token: &str, kind: TokenKind, created_at: Instant, expires_at: Instant) -> TokenRecord {
    TokenRecord {
        hash: ContentHash::of(token.as_bytes()),
        kind,
        created_at,
        expires_at: Some(expires_at),
        name: None,
    }
}

/// `path` if it is a path on this server, else the first page.
pub(super) fn local(path: &str) -> &str {
    if is_local(path) { path } else { "/" }
}

/// Whether `path` is a path on this server, with a query or without, that a link may lead to.
pub fn is_local(path: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'\\' | b'\'' | b'"');
    let is_path = path.starts_with('/') && !path.starts_with("//");
    is_path && path.bytes().all(is_plain) && path.len() <= PATH_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_nowhere_else() {
        assert_eq!(
            local("/runs/daily-20260820-0500-k3f9"),
            "/runs/daily-20260820-0500-k3f9"
        );
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "runs/x",
            "/a\r\nSet-Cookie: b",
            "",
            "/a b",
            "/a'b",
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }

    #[test]
    fn a_pasted_link_is_read_as_its_token() {
        for pasted in [
            "abc",
            " abc\n",
            "http://127.0.0.1:7420/login?token=abc&to=/",
            "/login?to=/&token=abc",
        ] {
            assert_eq!(token_of(pasted), "abc", "{pasted}");
        }
        assert_eq!(token_of(""), "");
    }

    #[test]
    fn two_secrets_differ() {
        let (one, two) = (secret().unwrap(), secret().unwrap());
        assert!(one != two && one.len() == 64);
    }
}
