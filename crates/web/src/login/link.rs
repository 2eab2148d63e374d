//! The one-time link.

use copydesk_domain::{ContentHash, Instant};
use copydesk_engine::Engine;
use copydesk_store::{Command, StoreError, TokenKind, TokenRecord};
use jiff::SignedDuration;

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

/// A link that logs a person in once, within 15 minutes, and leads to `path`.
///
/// `base`: scheme, host and port, such as `http://127.0.0.1:7420`. Only the hash of its token is stored.
pub async fn login_link(engine: &Engine, base: &str, path: &str) -> Result<String, LoginLinkError> {
    let token = secret()?;
    let now = engine.clock().now();
    store(engine, &token, TokenKind::Login, now, now.plus(LINK_LIFE)).await?;
    let to: String = local(path)
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'/' => {
                char::from(byte).to_string()
            }
            other => format!("%{other:02X}"),
        })
        .collect();
    Ok(format!(
        "{}/login?token={token}&to={to}",
        base.trim_end_matches('/')
    ))
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

pub(super) async fn store(
    engine: &Engine,
    token: &str,
    kind: TokenKind,
    created_at: Instant,
    expires_at: Instant,
) -> Result<(), StoreError> {
    let hash = ContentHash::of(token.as_bytes());
    let record = TokenRecord {
        hash,
        kind,
        created_at,
        expires_at: Some(expires_at),
    };
    engine.store().apply(Command::PutToken(record)).await.map(|_| ())
}

/// `path` if it is a path on this server, else the first page.
pub(super) fn local(path: &str) -> &str {
    let is_plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let is_path = path.starts_with('/') && !path.starts_with("//");
    if is_plain && is_path && path.len() <= 300 {
        path
    } else {
        "/"
    }
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
        ] {
            assert_eq!(local(elsewhere), "/", "{elsewhere}");
        }
    }

    #[test]
    fn two_secrets_differ() {
        let (one, two) = (secret().unwrap(), secret().unwrap());
        assert!(one != two && one.len() == 64);
    }
}
