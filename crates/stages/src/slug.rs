//! Paths of issues.

/// A path for an issue: its date, the name of its letter where others stand beside it, and the first words of its title,
/// in lower-case ASCII, at most 60 characters.
pub(crate) fn slug(date: jiff::civil::Date, letter: Option<&str>, title: &str) -> String {
    let mut slug = date.to_string();
    let of_letter = words(letter.unwrap_or_default()).take(3);
    for word in of_letter.chain(words(title).take(8)) {
        if slug.len() + 1 + word.len() > 60 {
            break;
        }
        slug.push('-');
        slug.push_str(&word.to_ascii_lowercase());
    }
    slug
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::slug;

    #[test]
    fn a_slug_is_plain_ascii_and_short() {
        let date = jiff::civil::date(2026, 8, 20);
        assert_eq!(
            slug(date, None, "Supply chain attack on “arrayref”"),
            "2026-08-20-supply-chain-attack-on-arrayref"
        );
        assert_eq!(slug(date, None, "日本"), "2026-08-20");
        assert!(slug(date, None, &"word ".repeat(40)).len() <= 60);
    }

    #[test]
    fn two_letters_of_one_day_and_title_have_two_paths() {
        let date = jiff::civil::date(2026, 8, 22);
        assert_eq!(
            slug(date, Some("weekly"), "Cloud region opens"),
            "2026-08-22-weekly-cloud-region-opens"
        );
        assert_ne!(slug(date, Some("weekly"), "日本"), slug(date, None, "日本"));
    }
}
