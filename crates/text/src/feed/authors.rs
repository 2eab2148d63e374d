//! Names of authors out of what feeds write into one string.

use super::model::FeedItem;

/// What may follow a name after a comma without being another name.
const SUFFIXES: &[&str] = &[
    "jr", "jr.", "sr", "sr.", "ii", "iii", "iv", "phd", "ph.d.", "md", "m.d.", "inc", "inc.", "llc", "ltd",
    "ltd.", "esq.",
];

/// A longer text is no list of names.
const LIST_BYTES_MAX: usize = 2_000;

/// Bytes that the feed's authors may take in all its items together. 100,000 items with a name of 100 bytes stay below.
const INHERITED_BYTES_MAX: usize = 16 * 1024 * 1024;

/// Gives the feed's authors to the items that name none: to the first of them only, where so many items or names
/// are no feed of this world.
pub fn inherit(items: &mut [FeedItem], authors: &[String]) {
    let names = authors.iter().map(|name| name.len() + size_of::<String>());
    let bytes = names.sum::<usize>().max(1);
    let nameless = items.iter_mut().filter(|item| item.authors.is_empty());
    for item in nameless.take(INHERITED_BYTES_MAX / bytes) {
        item.authors = authors.to_vec();
    }
}

/// The name in an RSS `author`: `jane@a.example (Jane Doe)`, `Jane Doe <jane@a.example>`, a name, or an address.
pub fn name(text: &str) -> Option<String> {
    let text = text.trim();
    let (before, inside) = bracketed(text, '(', ')')
        .or_else(|| bracketed(text, '<', '>'))
        .unwrap_or((text, ""));
    let is_address = |part: &str| part.contains('@') && !part.contains(' ');
    let name = if inside.is_empty() || is_address(inside) && !before.is_empty() {
        before
    } else if is_address(before) || before.is_empty() {
        inside
    } else {
        // "Jane Doe (Team)": brackets that belong to the name.
        text
    };
    let name = name.trim_start_matches("mailto:").trim();
    let name = name
        .strip_prefix('"')
        .and_then(|inside| inside.strip_suffix('"'))
        .unwrap_or(name);
    (!name.is_empty()).then(|| name.to_owned())
}

fn bracketed(text: &str, open: char, close: char) -> Option<(&str, &str)> {
    let (before, rest) = text.strip_suffix(close)?.split_once(open)?;
    Some((before.trim(), rest.trim()))
}

/// The authors in one string that may name several (`Ann Lee, Bo Ek and Cy Dow`).
///
/// Cuts only where every part looks like a name of its own: `Doe, Jane`, `Ann Lee, for the team` and
/// `Smith and Sons` stay whole.
pub fn several(text: &str) -> Vec<String> {
    if text.len() > LIST_BYTES_MAX {
        return vec![text.trim().to_owned()];
    }
    let mut parts: Vec<String> = Vec::new();
    for part in text
        .split(&[',', ';'][..])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        match parts.last_mut() {
            Some(last) if SUFFIXES.contains(&part.to_lowercase().as_str()) => {
                *last = format!("{last}, {part}");
            }
            _ => parts.push(part.to_owned()),
        }
    }
    if parts.len() > 1 {
        // The last comma of a list may be followed by "and".
        if let Some(last) = parts.last_mut() {
            *last = last.strip_prefix("and ").unwrap_or(last).to_owned();
        }
    }
    let is_inverted = parts.len() == 2 && words(&parts[0]) == 1;
    if parts.is_empty() || is_inverted || !parts.iter().all(|part| is_name_like(part)) {
        return vec![text.trim().to_owned()]
            .into_iter()
            .filter(|name| !name.is_empty())
            .collect();
    }
    parts.iter().flat_map(|part| pair(part)).collect()
}

/// Cuts `Ann Lee and Bo Ek` in two.
fn pair(text: &str) -> Vec<String> {
    let cut = text.split_once(" and ").or_else(|| text.split_once(" & "));
    match cut {
        Some((left, right))
            if [left, right]
                .iter()
                .all(|side| (2..=3).contains(&words(side)) && is_name_like(side)) =>
        {
            vec![left.trim().to_owned(), right.trim().to_owned()]
        }
        _ => vec![text.to_owned()],
    }
}

fn words(text: &str) -> usize {
    text.split_whitespace().count()
}

/// Few words, none a lower-case beginning of a remark such as "for the team".
fn is_name_like(text: &str) -> bool {
    const REMARKS: &[&str] = &["for", "on", "from", "at", "of", "the", "with", "by", "on behalf"];
    let first = text.split_whitespace().next().unwrap_or_default();
    (1..=7).contains(&words(text)) && !REMARKS.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_beside_its_address() {
        for text in [
            "jane@a.example (Jane Doe)",
            "Jane Doe <jane@a.example>",
            " Jane Doe ",
            "(Jane Doe)",
            "Jane Doe (jane@a.example)",
        ] {
            assert_eq!(name(text).as_deref(), Some("Jane Doe"), "{text}");
        }
        assert_eq!(name("jane@a.example").as_deref(), Some("jane@a.example"));
        assert_eq!(name("The Team (Berlin)").as_deref(), Some("The Team (Berlin)"));
        assert_eq!(name(" "), None);
    }

    #[test]
    fn items_have_the_feeds_authors_as_far_as_memory_goes() {
        let mut items = vec![FeedItem::default(); 3];
        items[0].authors.push("Bo Ek".to_owned());
        inherit(&mut items, &["Ann Lee".to_owned()]);
        assert_eq!(items[0].authors, ["Bo Ek"]);
        assert_eq!(
            (&items[1].authors, &items[2].authors),
            (&vec!["Ann Lee".to_owned()], &vec!["Ann Lee".to_owned()])
        );
        let mut many = vec![FeedItem::default(); 1_000];
        inherit(&mut many, &["x".repeat(5 << 20)]);
        assert_eq!(many.iter().filter(|item| !item.authors.is_empty()).count(), 3);
    }

    #[test]
    fn lists_of_names_are_cut() {
        assert_eq!(
            several("Ann Lee, Bo Ek, and Cy Dow"),
            ["Ann Lee", "Bo Ek", "Cy Dow"]
        );
        assert_eq!(several("Ann Lee and Bo Ek"), ["Ann Lee", "Bo Ek"]);
        assert_eq!(several("Ann Lee, Jr., Bo Ek"), ["Ann Lee, Jr.", "Bo Ek"]);
    }

    #[test]
    fn what_may_be_one_name_stays_whole() {
        for text in [
            "Doe, Jane",
            "Ann Lee, for the Tools team",
            "Smith and Sons",
            "Ann Lee",
        ] {
            assert_eq!(several(text), [text]);
        }
    }
}
