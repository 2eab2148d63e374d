//! What is known to be secret, blanked wherever somebody repeats it. Pure.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::secret::Secret;

/// What stands in the place of a secret.
const BLANK: &str = "***";
/// Shorter values are words such as `1` or `true`; blanking them would ruin every text.
const LENGTH_MIN: usize = 8;
/// A shorter part of an address's path is a word: `v1`, `hooks`, `chat`.
const PATH_PART_MIN: usize = 16;

/// Parts of names of headers, parameters and variables that carry secrets.
const SECRET_NAMES: &[&str] = &[
    "auth",
    "key",
    "token",
    "secret",
    "password",
    "passwd",
    "signature",
    "credential",
    "cookie",
];

/// Known secrets. Cheap to clone; it prints nothing of them.
#[derive(Clone, Default)]
pub struct Blanks {
    /// At least eight bytes each; the longest first, so that none is left over behind a part of itself.
    secrets: Arc<[Secret]>,
}

impl Blanks {
    /// Of these values. What is shorter than eight bytes is a word and left out.
    pub fn of(values: impl IntoIterator<Item = Secret>) -> Self {
        let distinct: BTreeSet<String> = values
            .into_iter()
            .map(|secret| secret.reveal().to_owned())
            .filter(|text| text.len() >= LENGTH_MIN)
            .collect();
        let mut secrets: Vec<Secret> = distinct.into_iter().map(Secret::new).collect();
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.reveal().len()));
        Self {
            secrets: secrets.into(),
        }
    }

    /// The secrets, the longest first.
    pub fn secrets(&self) -> &[Secret] {
        &self.secrets
    }

    /// `text` with `***` for each secret, also for the beginning of one at its end: texts that others wrote are cut.
    pub fn blank(&self, text: &str) -> String {
        let known = self.secrets.iter().map(Secret::reveal);
        // A server may say a gigabyte without any of them.
        let blanked = known.fold(Cow::Borrowed(text), |text, secret| {
            if text.contains(secret) {
                Cow::Owned(text.replace(secret, BLANK))
            } else {
                text
            }
        });
        let (body, mark) = match blanked.strip_suffix('…') {
            Some(body) => (body, "…"),
            None => (&*blanked, ""),
        };
        match self.begun_at(body) {
            Some(start) => format!("{}{BLANK}{mark}", &body[..start]),
            None => blanked.into_owned(),
        }
    }

    /// `value` with the same done to its texts and names.
    pub fn blank_json(&self, value: Value) -> Value {
        if self.secrets.is_empty() {
            return value;
        }
        match value {
            Value::String(text) => Value::String(self.blank_whole(text)),
            Value::Array(items) => items.into_iter().map(|item| self.blank_json(item)).collect(),
            Value::Object(fields) => {
                let blanked = fields
                    .into_iter()
                    .map(|(name, field)| (self.blank_whole(name), self.blank_json(field)));
                Value::Object(blanked.collect::<Map<_, _>>())
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value,
        }
    }

    /// The same for a text that nobody has cut.
    fn blank_whole(&self, text: String) -> String {
        let mut known = self.secrets.iter().map(Secret::reveal);
        if known.any(|secret| text.contains(secret)) {
            self.blank(&text)
        } else {
            text
        }
    }

    /// Where the beginning of a secret stands at the end of `text`.
    fn begun_at(&self, text: &str) -> Option<usize> {
        let begun = |secret: &str| {
            let longest = secret.len().min(text.len() + 1);
            (LENGTH_MIN..longest)
                .rev()
                .filter_map(|length| secret.get(..length))
                .find(|begun| text.ends_with(begun))
                .map(|begun| text.len() - begun.len())
        };
        self.secrets
            .iter()
            .filter_map(|secret| begun(secret.reveal()))
            .min()
    }
}

impl fmt::Debug for Blanks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blanks({})", self.secrets.len())
    }
}

/// Whether what stands under a name is likely to be a secret.
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_NAMES.iter().any(|part| name.contains(part))
}

/// The names of the variables in a text such as `"Bearer ${TOKEN}"`.
pub fn variables_in(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split("${").skip(1);
    parts.filter_map(|part| part.split_once('}').map(|(name, _)| name))
}

/// What of one entry of a setting nobody may repeat: the value of each variable, the whole, and where its name is that
/// of a secret also its parts, since whoever reads `Bearer abc` repeats `abc`.
///
/// `written`: the entry as it stands in the file; `filled`: with the variables' values; `value_of`: the value of a
/// variable, none where it is no secret.
pub fn secrets_in(
    name: &str,
    written: &str,
    filled: &str,
    value_of: impl Fn(&str) -> Option<String>,
) -> Vec<Secret> {
    let mut secrets: Vec<Secret> = variables_in(written)
        .filter_map(value_of)
        .map(Secret::new)
        .collect();
    let is_secret = is_secret_name(name);
    if is_secret || !secrets.is_empty() {
        secrets.push(Secret::new(filled));
    }
    if is_secret {
        secrets.extend(parts_of(filled).map(Secret::new));
    }
    secrets
}

/// The parts of a value between blanks, semicolons and commas; of `name=value` the value too.
fn parts_of(value: &str) -> impl Iterator<Item = &str> {
    let parts = value.split(|sign: char| sign.is_whitespace() || matches!(sign, ';' | ','));
    parts.flat_map(|part| {
        [Some(part), part.split_once('=').map(|(_, value)| value)]
            .into_iter()
            .flatten()
    })
}

/// What of an address may be a secret: user, password, query and the long parts of its path; all of it where it is none.
pub fn secrets_in_address(address: &str) -> Vec<Secret> {
    let Ok(url) = url::Url::parse(address) else {
        return vec![Secret::new(address)];
    };
    let mut parts = vec![url.username().to_owned()];
    parts.extend(url.password().map(str::to_owned));
    parts.extend(url.query().map(str::to_owned));
    parts.extend(url.query_pairs().map(|(_, value)| value.into_owned()));
    let of_path = url.path_segments().into_iter().flatten();
    parts.extend(
        of_path
            .filter(|part| part.len() >= PATH_PART_MIN)
            .map(str::to_owned),
    );
    parts.into_iter().map(Secret::new).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn blanks(values: &[&str]) -> Blanks {
        Blanks::of(values.iter().map(|value| Secret::new(*value)))
    }

    #[test]
    fn a_secret_is_blanked_wherever_it_stands_and_words_are_not() {
        let blanks = blanks(&["planted-secret", "Bearer planted-secret", "true"]);
        assert_eq!(blanks.blank("it is true: planted-secret!"), "it is true: ***!");
        assert_eq!(blanks.blank("sent Bearer planted-secret"), "sent ***");
        assert_eq!(format!("{blanks:?}"), "Blanks(2)");
        let told = json!({"a": ["planted-secret", 1], "x planted-secret": {"b": "true"}});
        assert_eq!(
            blanks.blank_json(told),
            json!({"a": ["***", 1], "x ***": {"b": "true"}})
        );
    }

    #[test]
    fn the_beginning_of_a_secret_at_a_cut_is_blanked() {
        let blanks = blanks(&["sk-Grüße-0123456789"]);
        assert_eq!(blanks.blank("invalid key sk-Grüße-0123…"), "invalid key ***…");
        assert_eq!(blanks.blank("invalid key sk-Grüße-0"), "invalid key ***");
        assert_eq!(blanks.blank("invalid key sk-Gr…"), "invalid key sk-Gr…");
        assert_eq!(blanks.blank("sk-Grüße-0 is no key"), "sk-Grüße-0 is no key");
        assert_eq!(blanks.blank(""), "");
    }

    #[test]
    fn of_an_entry_the_variables_the_whole_and_the_parts_of_a_secret_are_kept() {
        let found = |name: &str, written: &str, filled: &str| {
            let value_of = |name: &str| (name == "TOKEN").then(|| "tok-0123".to_owned());
            let secrets = secrets_in(name, written, filled, value_of);
            let mut found: Vec<String> = blanks(&[])
                .secrets()
                .iter()
                .chain(Blanks::of(secrets).secrets())
                .map(|secret| secret.reveal().to_owned())
                .collect();
            found.sort();
            found
        };
        assert_eq!(
            found("Authorization", "Bearer ${TOKEN}", "Bearer tok-0123"),
            ["Bearer tok-0123", "tok-0123"]
        );
        assert_eq!(
            found("Authorization", "Bearer written-out", "Bearer written-out"),
            ["Bearer written-out", "written-out"]
        );
        assert_eq!(
            found("Cookie", "a=1; session=abcdefgh", "a=1; session=abcdefgh"),
            ["a=1; session=abcdefgh", "abcdefgh", "session=abcdefgh"]
        );
        assert_eq!(
            found("X-Team", "the team ${TOKEN}", "the team tok-0123"),
            ["the team tok-0123", "tok-0123"]
        );
        assert!(found("api-version", "2024-10-21", "2024-10-21").is_empty());
        assert!(found("X-Home", "${HOME}/somewhere", "/srv/me/somewhere").is_empty());
    }

    #[test]
    fn of_an_address_user_password_query_and_long_parts_are_secret() {
        let address = "https://user9999:pass9999@x.example/hooks/0123456789abcdef?token=q9999999";
        let found = secrets_in_address(address);
        let found: Vec<&str> = found.iter().map(Secret::reveal).collect();
        for part in ["user9999", "pass9999", "q9999999", "0123456789abcdef"] {
            assert!(found.contains(&part), "{part}");
        }
        assert!(!found.contains(&"hooks"));
    }
}
