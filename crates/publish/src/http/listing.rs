//! Whether a payload is among what a receiver lists as its newest. Pure.

use copydesk_domain::{ContentHash, Instant};
use copydesk_journal::{Delivery, Found};
use serde_json::Value;

use super::judge::address;

/// Entries of a list that are read.
const ENTRIES_MAX: usize = 1_000;
/// Clocks of two machines may differ by so much.
const SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(10);

/// What is looked for.
pub(super) struct Wanted<'a> {
    pub(super) key: &'a str,
    pub(super) hash: &'a ContentHash,
    pub(super) slug: &'a str,
    /// No call for it was made before.
    pub(super) since: Instant,
    /// Address of the receiver.
    pub(super) url: &'a str,
}

/// Looks for a payload in a list: a JSON array, or an object with the array `items`.
///
/// An entry is ours by its `key` or `hash`. That none is ours means something only where each entry could say so, or is
/// older than our first call, and where the list goes back that far.
pub(super) fn find(list: &[u8], wanted: &Wanted<'_>) -> Found {
    let Ok(json) = serde_json::from_slice::<Value>(list) else {
        return Found::CannotTell;
    };
    let items = json.get("items").unwrap_or(&json);
    let Some(items) = items.as_array().filter(|items| items.len() <= ENTRIES_MAX) else {
        return Found::CannotTell;
    };
    if let Some(ours) = items.iter().find(|item| is_ours(item, wanted)) {
        let location = ours.get("url").and_then(Value::as_str);
        return Found::Yes(Delivery {
            location: location.and_then(|given| address(given, wanted.url)),
        });
    }
    let is_older = |item: &Value| at(item).is_some_and(|at| at < wanted.since.minus(SKEW));
    let reaches_back = items.is_empty() || items.iter().any(is_older);
    let is_clear = items
        .iter()
        .all(|item| is_older(item) || is_of_another(item, wanted));
    if reaches_back && is_clear {
        Found::No
    } else {
        Found::CannotTell
    }
}

fn text<'a>(item: &'a Value, field: &str) -> Option<&'a str> {
    item.get(field)?.as_str()
}

fn is_ours(item: &Value, wanted: &Wanted<'_>) -> bool {
    text(item, "key") == Some(wanted.key) || text(item, "hash") == Some(wanted.hash.to_string().as_str())
}

/// Whether an entry names a key or a hash, or at least the slug of something else.
fn is_of_another(item: &Value, wanted: &Wanted<'_>) -> bool {
    text(item, "key").is_some()
        || text(item, "hash").is_some()
        || text(item, "slug").is_some_and(|slug| slug != wanted.slug)
}

/// When an entry was made, by any of the usual names.
fn at(item: &Value) -> Option<Instant> {
    ["at", "created_at", "published_at"]
        .into_iter()
        .find_map(|field| text(item, field)?.parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(list: &Value) -> Found {
        let wanted = Wanted {
            key: "k1",
            hash: &ContentHash::of(b"payload"),
            slug: "2026-08-20-a-day",
            since: "2026-08-20T10:00:00Z".parse().unwrap(),
            url: "https://cms.example/issues",
        };
        find(&serde_json::to_vec(list).unwrap(), &wanted)
    }

    const BEFORE: &str = "2026-08-19T10:00:00Z";
    const AFTER: &str = "2026-08-20T10:00:05Z";

    #[test]
    fn an_entry_is_ours_by_key_or_hash() {
        let place = |location: Option<&str>| {
            Found::Yes(Delivery {
                location: location.map(str::to_owned),
            })
        };
        let entry = json!([{ "key": "k0" }, { "key": "k1", "url": "/p/9" }]);
        assert_eq!(found(&entry), place(Some("https://cms.example/p/9")));
        let hash = ContentHash::of(b"payload").to_string();
        assert_eq!(found(&json!({ "items": [{ "hash": hash }] })), place(None));
    }

    #[test]
    fn nothing_of_ours_counts_where_the_list_reaches_back_and_every_entry_is_known() {
        let old = json!({ "created_at": BEFORE });
        assert_eq!(found(&json!([])), Found::No);
        assert_eq!(found(&json!([old])), Found::No);
        assert_eq!(found(&json!([{ "key": "k2", "at": AFTER }, old])), Found::No);
        assert_eq!(found(&json!([{ "slug": "other", "at": AFTER }, old])), Found::No);
    }

    #[test]
    fn a_list_that_may_hide_it_says_nothing() {
        let old = json!({ "created_at": BEFORE });
        for list in [
            // All newer than our call: ours may stand behind the end.
            json!([{ "key": "k2", "at": AFTER }]),
            // Our slug without a key or a hash: perhaps ours.
            json!([{ "slug": "2026-08-20-a-day", "at": AFTER }, old]),
            // Nobody knows what this is.
            json!([{ "at": AFTER }, old]),
            json!([{ "id": 7 }]),
            json!({ "items": "none" }),
            json!("nothing"),
        ] {
            assert_eq!(found(&list), Found::CannotTell, "{list}");
        }
        assert_eq!(find(b"<html>", &any()), Found::CannotTell);
    }

    fn any() -> Wanted<'static> {
        static HASH: std::sync::OnceLock<ContentHash> = std::sync::OnceLock::new();
        Wanted {
            key: "k",
            hash: HASH.get_or_init(|| ContentHash::of(b"")),
            slug: "s",
            since: Instant::from_micros(0),
            url: "https://cms.example/",
        }
    }
}
