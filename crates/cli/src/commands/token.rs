//! `token`: bearer tokens for the JSON API. Only their hashes are kept.

use std::fmt::Write as _;

use copydesk_config::duration;
use copydesk_domain::{ContentHash, Instant};
use copydesk_store::{Applied, Command as Write, TokenKind, TokenRecord};
use serde_json::{Value, json};

use crate::app::Folder;
use crate::args::TokenAction;
use crate::exit::Failure;
use crate::outcome::Outcome;
use crate::words;

/// Digits of a token's hash by which people know it: of a million tokens two share them once in a hundred times.
const ID_DIGITS: usize = 12;
/// Fewer name too many.
const PREFIX_MIN: usize = 4;
/// The longest name, in characters.
const NAME_MAX: usize = 60;
/// The latest end: ten years.
const LIFE_MAX: jiff::SignedDuration = jiff::SignedDuration::from_hours(10 * 365 * 24);

/// Carries out an action on tokens.
pub async fn execute(folder: &Folder, action: TokenAction) -> Result<Outcome, Failure> {
    match action {
        TokenAction::New { name, expires } => new(folder, name.as_deref(), expires.as_deref()).await,
        TokenAction::List => list(folder).await,
        TokenAction::Revoke { token } => revoke(folder, &token).await,
    }
}

/// Makes a token and prints it alone.
async fn new(folder: &Folder, name: Option<&str>, expires: Option<&str>) -> Result<Outcome, Failure> {
    let now = folder.engine.clock().now();
    let expires_at = expires.map(|text| end(text, now)).transpose()?;
    let name = name.map(named).transpose()?;
    let known = folder.engine.store().tokens(TokenKind::Api).await?;
    if let Some(name) = name.filter(|name| known.iter().any(|token| token.name.as_deref() == Some(*name))) {
        let error = format!("there is a token called `{name}`");
        let hint = format!("choose another name, or take it back: `copydesk token revoke '{name}'`");
        return Err(Failure::usage(error, hint));
    }
    let token = secret()?;
    let record = TokenRecord {
        hash: ContentHash::of(token.as_bytes()),
        kind: TokenKind::Api,
        created_at: now,
        expires_at,
        name: name.map(str::to_owned),
    };
    let mut data = shown(&record, now);
    data["token"] = json!(token);
    let ends = expires_at.map_or_else(String::new, |end| format!(" It ends {}.", words::minute(end)));
    let talk = format!(
        "It is shown this once.{ends} `copydesk token revoke {}` takes it back.",
        id(&record)
    );
    folder.engine.store().apply(Write::PutToken(record)).await?;
    Ok(Outcome::new(data, token).with_talk(talk))
}

fn secret() -> Result<String, Failure> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|error| Failure::bug(error.to_string()))?;
    let mut text = String::with_capacity(64);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// When a token ends that is made at `now`.
fn end(text: &str, now: Instant) -> Result<Instant, Failure> {
    let hint = "write it as in --expires 90d, 12h or 30m";
    let life = duration::parse(text).map_err(|error| Failure::usage(error, hint))?;
    if life <= jiff::SignedDuration::ZERO || life > LIFE_MAX {
        let error = format!("`{text}` is not between a second and ten years");
        return Err(Failure::usage(error, hint));
    }
    Ok(now.plus(life))
}

fn named(name: &str) -> Result<&str, Failure> {
    let name = name.trim();
    let is_fit = !name.is_empty() && name.chars().count() <= NAME_MAX && !name.contains(char::is_control);
    if is_fit {
        return Ok(name);
    }
    let error = format!("a name has 1 to {NAME_MAX} characters, all on one line");
    Err(Failure::usage(error, "write it as in --name nightly-build"))
}

/// The tokens, oldest first.
async fn list(folder: &Folder) -> Result<Outcome, Failure> {
    let now = folder.engine.clock().now();
    let tokens = folder.engine.store().tokens(TokenKind::Api).await?;
    let data = tokens.iter().map(|token| shown(token, now)).collect::<Value>();
    let mut text = String::new();
    for token in &tokens {
        let _ = writeln!(text, "{}", line(token, now));
    }
    if text.is_empty() {
        text.push_str("no tokens yet; make one with `copydesk token new`\n");
    }
    Ok(Outcome::new(data, text))
}

fn shown(token: &TokenRecord, now: Instant) -> Value {
    json!({
        "id": id(token),
        "name": token.name,
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "state": state(token, now),
    })
}

/// Whether it still opens the API.
fn state(token: &TokenRecord, now: Instant) -> &'static str {
    if token.opens(TokenKind::Api, now) {
        "good"
    } else {
        "ended"
    }
}

fn line(token: &TokenRecord, now: Instant) -> String {
    let made = words::minute(token.created_at);
    let ends = match (token.expires_at, state(token, now)) {
        (None, _) => String::new(),
        (Some(end), "good") => format!("  ends {}", words::minute(end)),
        (Some(end), _) => format!("  ended {}", words::minute(end)),
    };
    let name = token.name.as_deref().unwrap_or("-");
    format!("{}  {name:<20}  made {made}{ends}", id(token))
}

fn id(token: &TokenRecord) -> String {
    token.hash.short(ID_DIGITS)
}

/// Takes a token back.
async fn revoke(folder: &Folder, given: &str) -> Result<Outcome, Failure> {
    let now = folder.engine.clock().now();
    let tokens = folder.engine.store().tokens(TokenKind::Api).await?;
    let token = meant(&tokens, given)?;
    let (hash, id) = (token.hash, id(token));
    let answer = folder
        .engine
        .store()
        .apply(Write::TakeToken { hash, now })
        .await?;
    let mut data = shown(token, now);
    // One that had ended is gone too.
    data["state"] = json!("revoked");
    let called = token
        .name
        .as_ref()
        .map_or_else(String::new, |name| format!(" ({name})"));
    let text = match answer {
        Applied::Taken(false) => format!("token {id}{called} is gone; it had ended before\n"),
        _ => format!("token {id}{called} is taken back; it opens nothing from now on\n"),
    };
    Ok(Outcome::new(data, text))
}

/// The token that a person means: by its name, by itself, or by the first digits of its id. Pure.
fn meant<'a>(tokens: &'a [TokenRecord], given: &str) -> Result<&'a TokenRecord, Failure> {
    let given = given.trim();
    let itself = ContentHash::of(given.as_bytes());
    let prefix = given.to_ascii_lowercase();
    let is_prefix = prefix.len() >= PREFIX_MIN;
    let by_name = |token: &&TokenRecord| token.name.as_deref() == Some(given);
    let by_itself = |token: &&TokenRecord| token.hash == itself;
    let by_prefix = |token: &&TokenRecord| is_prefix && token.hash.to_string().starts_with(&prefix);
    let ways: [&dyn Fn(&&TokenRecord) -> bool; 3] = [&by_name, &by_itself, &by_prefix];
    for is_meant in ways {
        let found: Vec<&TokenRecord> = tokens.iter().filter(|token| is_meant(token)).collect();
        match found.as_slice() {
            [] => {}
            [one] => return Ok(one),
            several => {
                let ids: Vec<String> = several.iter().map(|token| id(token)).collect();
                let error = format!("that names {} tokens: {}", several.len(), ids.join(", "));
                return Err(Failure::usage(error, "name one by its id"));
            }
        }
    }
    // What was given may be a token, which stands in no message.
    Err(Failure::usage(
        "there is no such token",
        "`copydesk token list` shows them; name one by its name, or by four or more digits of its id",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(text: &str, name: Option<&str>) -> TokenRecord {
        TokenRecord {
            hash: ContentHash::of(text.as_bytes()),
            kind: TokenKind::Api,
            created_at: Instant::from_micros(0),
            expires_at: None,
            name: name.map(str::to_owned),
        }
    }

    #[test]
    fn a_token_is_meant_by_its_name_itself_or_the_first_digits_of_its_id() {
        let (one, two) = (token("one", Some("bench")), token("two", None));
        // A name wins over the digits of another token.
        let digits = two.hash.short(6);
        let three = token("three", Some(&digits));
        let all = [one.clone(), two.clone(), three.clone()];
        assert_eq!(meant(&all, "bench"), Ok(&one));
        assert_eq!(meant(&all, "one"), Ok(&one));
        assert_eq!(meant(&all, &digits), Ok(&three));
        assert_eq!(meant(&all, &two.hash.short(7).to_uppercase()), Ok(&two));
        assert_eq!(meant(&all, &id(&two)), Ok(&two));
        for unknown in ["", "ben", &one.hash.short(3), "four"] {
            let failure = meant(&all, unknown).unwrap_err();
            assert_eq!(failure.code, "CD012", "{unknown}");
            assert!(
                unknown.len() < 4 || !failure.error.contains(unknown),
                "a token stands in no message: {failure:?}"
            );
        }
        let twins = [token("a", Some("x")), token("b", Some("x"))];
        let failure = meant(&twins, "x").unwrap_err();
        assert!(failure.error.contains(&id(&twins[1])), "{failure:?}");
    }

    #[test]
    fn a_life_has_a_unit_and_a_bound() {
        let now = Instant::from_micros(0);
        assert_eq!(
            end("90d", now),
            Ok(now.plus(jiff::SignedDuration::from_hours(90 * 24)))
        );
        for wrong in ["", "90", "0d", "-1d", "4000d", "soon", "999999999999999999w"] {
            assert!(end(wrong, now).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_token_opens_the_api_until_its_end() {
        let now = Instant::from_micros(1_000_000);
        let ending = TokenRecord {
            expires_at: Some(now),
            ..token("one", Some("bench"))
        };
        assert_eq!(state(&ending, Instant::from_micros(999_999)), "good");
        assert_eq!(state(&ending, now), "ended");
        assert!(line(&ending, now).contains("bench") && line(&ending, now).contains("  ended "));
    }
}
