//! Countries and their people: a text may name the one for the other.

use std::collections::HashMap;
use std::sync::LazyLock;

static KIN: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut kin: HashMap<&str, Vec<&str>> = HashMap::new();
    for line in include_str!("peoples.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
    {
        let group: Vec<&str> = line.split_whitespace().collect();
        for word in &group {
            kin.entry(word)
                .or_default()
                .extend(group.iter().filter(|other| *other != word));
        }
    }
    kin
});

/// Other names for the country, the people or the person that a word in small letters names.
pub(crate) fn kin(word: &str) -> &'static [&'static str] {
    KIN.get(word).map_or(&[], Vec::as_slice)
}
