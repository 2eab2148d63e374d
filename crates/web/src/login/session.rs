//! A person who is logged in.

use axum::http::{HeaderMap, header};
use copydesk_domain::{ContentHash, Instant};
use copydesk_store::{Applied, Command, StoreError, TokenKind, TokenRecord};
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
    /// Trades a link for a session in one commit; gives the value of `Set-Cookie`, or nothing where the link is not good.
    ///
    /// The same form sent once more (a second click, or because the connection was cut before the answer) gives the same
    /// session, as long as that holds.
    pub(crate) async fn open(desk: &Desk, link: &str, sheet: &str) -> Result<Option<String>, LoginLinkError> {
        let secret = match Self::secret(link, sheet) {
            Some(secret) => secret,
            None => link::secret()?,
        };
        let now = desk.engine().clock().now();
        let session = link::record(&secret, TokenKind::Session, now, now.plus(SESSION_IDLE));
        let (hash, store) = (session.hash, desk.engine().store());
        let link = ContentHash::of(link.as_bytes());
        // What has ended is forgotten by whoever comes next.
        let commands = vec![
            Command::OpenSession { link, session, now },
            Command::ForgetTokens { now },
        ];
        let mut is_opened = false;
        for answer in store.apply_all(commands).await {
            is_opened |= answer? == Applied::Taken(true);
        }
        if !is_opened {
            let known = store.token(&hash).await?;
            is_opened = known.is_some_and(|record| is_open(&record, now));
        }
        Ok(is_opened.then(|| set_cookie(desk, &secret, SESSION_LIFE.as_secs())))
    }

    /// The secret of the session that a link opens by a form with `sheet`, which only the browser knows that the form was
    /// made for. None where the sheet is none of ours: a short one could be guessed by who finds the link when it is used.
    fn secret(link: &str, sheet: &str) -> Option<String> {
        let is_ours = sheet.len() == 64 && sheet.bytes().all(|byte| byte.is_ascii_hexdigit());
        let made = || ContentHash::of(format!("copydesk session 1\n{link}\n{sheet}").as_bytes());
        is_ours.then(|| made().to_string())
    }

    /// The session of a request.
    pub(crate) async fn of(desk: &Desk, headers: &HeaderMap) -> Result<Self, Fault> {
        let stranger = || {
            Fault::stranger(
                "nobody is logged in here",
                "this command prints a one-time link, in the folder of the desk or with -C FOLDER",
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
        Ok(set_cookie(desk, "", 0))
    }
}

/// The value of `Set-Cookie` for a session. `Lax`: a link in a mail that is read in the browser leads to the page it
/// names, and what it can make a browser send is a GET, which changes nothing. What changes something is a form, and
/// those of other sites are refused, cookie or not.
fn set_cookie(desk: &Desk, secret: &str, age_s: i64) -> String {
    let name = cookie_name(desk);
    format!("{name}={secret}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age_s}")
}

/// Whether a stored token is a session that holds at `now`.
fn is_open(record: &TokenRecord, now: Instant) -> bool {
    let ends = record.expires_at.is_some();
    ends && record.opens(TokenKind::Session, now) && record.created_at.plus(SESSION_LIFE) > now
}

async fn note_use(desk: &Desk, record: &TokenRecord, now: Instant) -> Result<(), StoreError> {
    let until = now.plus(SESSION_IDLE);
    let is_noted = record
        .expires_at
        .is_some_and(|noted| until.since(noted) < SESSION_NOTE);
    if !is_noted {
        let hash = record.hash;
        // Somebody may be leaving in another tab: what is gone by now stays gone.
        let prolong = Command::ProlongToken { hash, until };
        desk.engine().store().apply(prolong).await?;
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
            name: None,
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
