//! A person who is logged in.

use axum::http::{HeaderMap, header};
use copydesk_domain::{ContentHash, Instant};
use copydesk_store::{Command, StoreError, TokenKind, TokenRecord};
use jiff::SignedDuration;

use super::link::{self, LoginLinkError};
use crate::fault::Fault;
use crate::options::Desk;

/// A session ends then, whatever happens.
const SESSION_LIFE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// A session that nobody uses ends then.
const SESSION_IDLE: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Use is noted at most this often, so that reading pages hardly ever writes.
const SESSION_NOTE: SignedDuration = SignedDuration::from_hours(1);

/// A session. Its secret stands in the cookie; the store knows its hash.
#[derive(Debug)]
pub(crate) struct Session {
    hash: ContentHash,
    /// Stands in each form of this session. Made from the session's secret, so that no other page can know it.
    pub(crate) csrf: String,
}

impl Session {
    /// Opens a session; gives it with the value of `Set-Cookie`.
    pub(crate) async fn open(desk: &Desk) -> Result<String, LoginLinkError> {
        let secret = link::secret()?;
        let now = desk.engine().clock().now();
        link::store(
            desk.engine(),
            &secret,
            TokenKind::Session,
            now,
            now.plus(SESSION_IDLE),
        )
        .await?;
        let (name, age) = (cookie_name(desk), SESSION_LIFE.as_secs());
        Ok(format!(
            "{name}={secret}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}"
        ))
    }

    /// The session of a request.
    pub(crate) async fn of(desk: &Desk, headers: &HeaderMap) -> Result<Self, Fault> {
        let stranger = || {
            Fault::stranger(
                "nobody is logged in here",
                "open the one-time link that Copydesk printed when it started; each start prints a new one",
            )
        };
        let secret = cookie(headers, &cookie_name(desk)).ok_or_else(stranger)?;
        let hash = ContentHash::of(secret.as_bytes());
        let record = desk.engine().store().token(&hash).await?.ok_or_else(stranger)?;
        let now = desk.engine().clock().now();
        if !is_open(&record, now) {
            return Err(stranger());
        }
        note_use(desk, &record, now).await?;
        Ok(Self {
            hash,
            csrf: csrf(secret),
        })
    }

    /// Whether `csrf` stands in a form of this session. Hashes are compared, so time tells nothing about the token.
    pub(crate) fn knows(&self, csrf: &str) -> bool {
        ContentHash::of(csrf.as_bytes()) == ContentHash::of(self.csrf.as_bytes())
    }

    /// Ends it; gives the value of `Set-Cookie`.
    pub(crate) async fn close(self, desk: &Desk) -> Result<String, StoreError> {
        let now = desk.engine().clock().now();
        desk.engine()
            .store()
            .apply(Command::TakeToken { hash: self.hash, now })
            .await?;
        Ok(format!(
            "{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0",
            cookie_name(desk)
        ))
    }
}

/// Whether a stored token is a session that holds at `now`.
fn is_open(record: &TokenRecord, now: Instant) -> bool {
    let is_in_use = record.expires_at.is_some_and(|end| end > now);
    record.kind == TokenKind::Session
        && record.created_at <= now
        && is_in_use
        && record.created_at.plus(SESSION_LIFE) > now
}

async fn note_use(desk: &Desk, record: &TokenRecord, now: Instant) -> Result<(), StoreError> {
    let expires_at = now.plus(SESSION_IDLE);
    let is_noted = record
        .expires_at
        .is_some_and(|noted| expires_at.since(noted) < SESSION_NOTE);
    if !is_noted {
        let record = TokenRecord {
            expires_at: Some(expires_at),
            ..record.clone()
        };
        desk.engine().store().apply(Command::PutToken(record)).await?;
    }
    Ok(())
}

/// Browsers share cookies between the ports of a host; two desks must not log each other out.
fn cookie_name(desk: &Desk) -> String {
    format!("copydesk_{}", desk.address.port())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok());
    let mut pairs = lines
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn csrf(secret: &str) -> String {
    ContentHash::of(format!("copydesk csrf 1\n{secret}").as_bytes()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_ends_when_idle_and_in_any_case() {
        let start = Instant::from_micros(1_787_194_800_000_000);
        let at = |hours| start.plus(SignedDuration::from_hours(hours));
        let record = |used: i64| TokenRecord {
            hash: ContentHash::of(b"x"),
            kind: TokenKind::Session,
            created_at: start,
            expires_at: Some(at(used).plus(SESSION_IDLE)),
        };
        assert!(is_open(&record(0), at(71)));
        assert!(!is_open(&record(0), at(73)));
        assert!(is_open(&record(160), at(167)));
        assert!(!is_open(&record(160), at(169)));
        assert!(!is_open(&record(0), at(-1)));
        assert!(!is_open(
            &TokenRecord {
                kind: TokenKind::Login,
                ..record(0)
            },
            at(1)
        ));
    }
}
