//! Where two artifacts differ first. Pure.

use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{Round, StageName, Untrusted};
use serde::Serialize;
use serde_json::Value;

/// Words shown of each side.
const WORDS_SHOWN: usize = 12;
/// Characters shown of each side: a word may be as long as a page.
const CHARACTERS_SHOWN: usize = 240;

/// The first difference between a run and its replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The stage.
    pub stage: StageName,
    /// Its round.
    pub round: Round,
    /// The artifact; null where the round ended otherwise than then.
    pub artifact: Option<ArtifactKind>,
    /// Where in it: `$.sections[0].heading`.
    pub path: Option<String>,
    /// The words there, as recorded.
    #[serde(serialize_with = "copydesk_domain::untrusted::persist")]
    pub recorded: Untrusted<String>,
    /// The words there, as they came out again.
    #[serde(serialize_with = "copydesk_domain::untrusted::persist")]
    pub replayed: Untrusted<String>,
    /// The first step that the recording has no answer to: as a rule the cause.
    pub step: Option<String>,
}

/// A place in two JSON values that differs, and what stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `$.sections[0].heading`
    pub path: String,
    /// What the first has there.
    pub first: String,
    /// What the second has there.
    pub second: String,
}

/// The first place, in the order of the first value, in which two values differ.
pub fn place(first: &Value, second: &Value) -> Option<Place> {
    let mut path = "$".to_owned();
    at(first, second, &mut path).map(|(first, second)| Place { path, first, second })
}

/// The same for two artifacts as bytes; what is no JSON differs as a whole.
pub fn place_in_bytes(first: &[u8], second: &[u8]) -> Place {
    let parsed = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes);
    match (parsed(first), parsed(second)) {
        (Ok(first), Ok(second)) => place(&first, &second).unwrap_or_else(|| whole("other spacing")),
        _ => whole("no JSON, or other JSON"),
    }
}

fn whole(words: &str) -> Place {
    Place {
        path: "$".to_owned(),
        first: words.to_owned(),
        second: words.to_owned(),
    }
}

/// Leaves `path` at the place that it found.
fn at(first: &Value, second: &Value, path: &mut String) -> Option<(String, String)> {
    let length = path.len();
    match (first, second) {
        _ if first == second => return None,
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            for key in keys {
                path.push('.');
                path.push_str(key);
                if let Some(found) = of_sides(a.get(key), b.get(key), path) {
                    return Some(found);
                }
                path.truncate(length);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for index in 0..a.len().max(b.len()) {
                path.push('[');
                path.push_str(&index.to_string());
                path.push(']');
                if let Some(found) = of_sides(a.get(index), b.get(index), path) {
                    return Some(found);
                }
                path.truncate(length);
            }
        }
        _ => {}
    }
    Some(around(&shown(Some(first)), &shown(Some(second))))
}

fn of_sides(first: Option<&Value>, second: Option<&Value>, path: &mut String) -> Option<(String, String)> {
    match (first, second) {
        (Some(first), Some(second)) => at(first, second, path),
        (first, second) => Some(around(&shown(first), &shown(second))),
    }
}

fn shown(value: Option<&Value>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

/// Both texts from a few words before the first that differs.
fn around(first: &str, second: &str) -> (String, String) {
    let (a, b): (Vec<&str>, Vec<&str>) = (
        first.split_whitespace().collect(),
        second.split_whitespace().collect(),
    );
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let from = same.saturating_sub(WORDS_SHOWN / 4);
    (cut(&a, from), cut(&b, from))
}

fn cut(words: &[&str], from: usize) -> String {
    let shown: Vec<&str> = words.iter().skip(from).take(WORDS_SHOWN).copied().collect();
    let mut text = shown.join(" ");
    if let Some((end, _)) = text.char_indices().nth(CHARACTERS_SHOWN) {
        text.truncate(end);
        text.push('…');
    } else if words.len() > from + WORDS_SHOWN {
        text.push_str(" …");
    }
    if from > 0 { format!("… {text}") } else { text }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named_by_its_path_and_words() {
        let first = json!({"title": "A day", "sections": [{"heading": "Lead"}, {"heading": "More"}]});
        let second = json!({"title": "A day", "sections": [{"heading": "Lead"}, {"heading": "Less"}]});
        assert_eq!(place(&first, &first), None);
        let found = place(&first, &second).unwrap();
        assert_eq!(
            (found.path.as_str(), found.first.as_str(), found.second.as_str()),
            ("$.sections[1].heading", "More", "Less")
        );
    }

    #[test]
    fn what_one_side_lacks_is_nothing_there() {
        let found = place(&json!({"a": [1]}), &json!({"a": [1, 2]})).unwrap();
        assert_eq!(
            (found.path.as_str(), found.first.as_str(), found.second.as_str()),
            ("$.a[1]", "nothing", "2")
        );
        let found = place(&json!({}), &json!({"b": null})).unwrap();
        assert_eq!((found.path.as_str(), found.first.as_str()), ("$.b", "nothing"));
    }

    #[test]
    fn of_a_long_text_the_words_around_the_difference_are_shown() {
        let long: Vec<String> = (0..100).map(|number| format!("w{number}")).collect();
        let mut other = long.clone();
        other[50] = "changed".to_owned();
        let found = place(&json!(long.join(" ")), &json!(other.join(" "))).unwrap();
        assert!(
            found.first.starts_with("… w47 w48 w49 w50 w51"),
            "{}",
            found.first
        );
        assert!(
            found.second.starts_with("… w47 w48 w49 changed w51"),
            "{}",
            found.second
        );
        assert!(found.first.ends_with('…'));
    }

    #[test]
    fn bytes_that_differ_in_spacing_alone_still_differ() {
        assert_eq!(place_in_bytes(b"{}", b"{ }").first, "other spacing");
        assert_eq!(place_in_bytes(b"{}", b"nonsense").path, "$");
    }
}
