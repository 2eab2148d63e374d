//! Paths of issues.

/// A path for an issue: its date and the first words of its title in lower-case ASCII, at most 60 characters.
pub(crate) fn slug(date: jiff::civil::Date, title: &str) -> String {
    let mut slug = date.to_string();
    let words = title
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    for word in words.take(8) {
        if slug.len() + 1 + word.len() > 60 {
            break;
        }
        slug.push('-');
        slug.push_str(&word.to_ascii_lowercase());
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_slug_is_plain_ascii_and_short() {
        let date = jiff::civil::date(2026, 8, 20);
        assert_eq!(
            slug(date, "Supply chain attack on “arrayref”"),
            "2026-08-20-supply-chain-attack-on-arrayref"
        );
        assert_eq!(slug(date, "日本"), "2026-08-20");
        assert!(slug(date, &"word ".repeat(40)).len() <= 60);
    }
}
