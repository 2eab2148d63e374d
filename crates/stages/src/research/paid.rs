//! Whether somebody paid for a post, as it says itself.

use copydesk_domain::Untrusted;

/// Labels in a title, with what parts them from it.
const IN_TITLE: &[&str] = &[
    "sponsored:",
    "[sponsored]",
    "(sponsored)",
    "sponsored |",
    "sponsored post:",
    "advertisement:",
    "[ad]",
    "(ad)",
    "paid post:",
    "advertorial:",
    "partner content:",
    "promoted:",
    "[promoted]",
    "anzeige:",
];
/// Categories of a feed that say it.
const AS_TAG: &[&str] = &[
    "sponsored",
    "sponsored content",
    "sponsored post",
    "sponsored posts",
    "advertorial",
    "advertisement",
    "partner content",
    "paid content",
    "branded content",
    "paid post",
    "promoted",
];
/// Words that a first or last line says it with, about the post itself.
const IN_LINE: &[&str] = &[
    "this post is sponsored",
    "this article is sponsored",
    "this is a sponsored",
    "this is a paid",
    "this post was sponsored",
    "this article was sponsored",
    "this content is sponsored",
    "this story is sponsored",
    "this post was paid for by",
    "this article was paid for by",
    "this content was paid for by",
    "this article is presented by",
    "paid for and presented by",
    "in paid partnership with",
];
/// Lines at either end that are looked at.
const LINES: usize = 2;

/// Whether a post says that it was paid for: in its title, its feed's categories, or a line at either end.
pub(crate) fn says_so(title: &str, tags: &[Untrusted<String>], text: &str) -> bool {
    let title = title.to_lowercase();
    let tags = tags.iter().map(|tag| tag.inspect().trim().to_lowercase());
    IN_TITLE.iter().any(|label| title.contains(label))
        || tags.into_iter().any(|tag| AS_TAG.contains(&tag.as_str()))
        || ends(text).any(|line| is_label(&line) || IN_LINE.iter().any(|words| line.contains(words)))
}

fn is_label(line: &str) -> bool {
    let line = line.trim_matches(|c: char| !c.is_alphanumeric());
    AS_TAG.contains(&line) || line.starts_with("sponsored by ") && line.split_whitespace().count() <= 8
}

/// The first and the last lines, in lower case.
fn ends(text: &str) -> impl Iterator<Item = String> {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let last: Vec<&str> = lines().rev().take(LINES).collect();
    lines().take(LINES).chain(last).map(str::to_lowercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn title_category_and_ends_say_it() {
        let tag = [Untrusted::new("Sponsored Content".to_owned())];
        assert!(says_so("Sponsored: Norn for all", &[], ""));
        assert!(says_so("Norn for all", &tag, ""));
        assert!(says_so(
            "Norn for all",
            &[],
            "Norn is fast.\nThis post is sponsored by Norn, Inc."
        ));
        assert!(says_so("Norn for all", &[], "Sponsored by Norn\nNorn is fast."));
    }

    #[test]
    fn a_post_about_sponsors_is_not_paid_for() {
        for (title, text) in [
            (
                "How our sponsored programme works",
                "The conference is sponsored by four companies and many people.",
            ),
            (
                "A sponsored ad network was attacked",
                "An ad network that showed sponsored posts was attacked.\nMore.",
            ),
        ] {
            assert!(
                !says_so(title, &[Untrusted::new("ads".to_owned())], text),
                "{title}"
            );
        }
    }
}
