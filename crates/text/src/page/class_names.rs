//! What a class name or id tells of an element, judged by its words.

/// How sure a mark is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Suspicion {
    /// Seldom holds main text: dropped unless much of the page's prose stands there.
    Likely,
    /// Readers' text: may be longer than the article itself.
    Comments,
}

/// Judges one class name or id by its words.
pub fn judge_name(name: &str) -> Option<Suspicion> {
    if name.len() > 80 {
        return None;
    }
    let words = name_words(name);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // `has-sidebar`, `no-ads`, `tag-related`: such names tell of the page or the topic, not of the element.
    let tells_of_other = matches!(
        words.first(),
        Some(
            &("has"
                | "have"
                | "no"
                | "not"
                | "with"
                | "without"
                | "is"
                | "js"
                | "tag"
                | "category"
                | "enable"
                | "enabled"
                | "hide"
                | "show")
        )
    );
    if tells_of_other && words.len() > 1 {
        return None;
    }
    // A post of another site, shown within the text.
    if words.iter().any(|word| matches!(*word, "embed" | "embedded")) {
        return None;
    }
    if words.iter().any(|word| COMMENT_WORDS.contains(word)) {
        return Some(Suspicion::Comments);
    }
    let clutter = words.iter().any(|word| CLUTTER_WORDS.contains(word))
        || words
            .windows(2)
            .any(|pair| CLUTTER_PAIRS.contains(&(pair[0], pair[1])));
    clutter.then_some(Suspicion::Likely)
}

/// Lower-case words of a name, parted at signs and at capitals (`relatedPosts`, `related-posts`).
pub fn name_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut previous = ' ';
    for c in name.chars() {
        if c.is_alphabetic() {
            let starts = !previous.is_alphabetic() || (c.is_uppercase() && previous.is_lowercase());
            if starts {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        previous = c;
    }
    words
}

const COMMENT_WORDS: &[&str] = &[
    "comment",
    "comments",
    "commentlist",
    "disqus",
    "respond",
    "replies",
    "livefyre",
    "discussion",
];

const CLUTTER_WORDS: &[&str] = &[
    "ad",
    "ads",
    "addthis",
    "addtoany",
    "advert",
    "advertisement",
    "advertising",
    "adsense",
    "announcement",
    "banner",
    "bio",
    "breadcrumb",
    "breadcrumbs",
    "byline",
    "caption",
    "captions",
    "consent",
    "cookie",
    "cookies",
    "crumbs",
    "dfp",
    "disclaimer",
    "donate",
    "donation",
    "feedback",
    "footer",
    "gdpr",
    "jumplinks",
    "mailchimp",
    "masthead",
    "menu",
    "modal",
    "nav",
    "navbar",
    "navigation",
    "navlinks",
    "newsletter",
    "outbrain",
    "overlay",
    "pager",
    "pagination",
    "paywall",
    "piano",
    "popular",
    "popup",
    "preheader",
    "print",
    "promo",
    "promoted",
    "promotion",
    "recirc",
    "recommend",
    "recommendation",
    "recommendations",
    "recommended",
    "related",
    "relatedposts",
    "shar",
    "share",
    "sharebar",
    "sharedaddy",
    "sharing",
    "sidebar",
    "signup",
    "skip",
    "skyscraper",
    "social",
    "sponsor",
    "sponsors",
    "subscribe",
    "subscription",
    "taboola",
    "toc",
    "toolbar",
    "topbar",
    "trending",
    "unsubscribe",
    "tooltip",
    "widget",
    "widgets",
    "yarpp",
];

const CLUTTER_PAIRS: &[(&str, &str)] = &[
    ("about", "author"),
    ("author", "box"),
    ("author", "info"),
    ("author", "card"),
    ("author", "profile"),
    ("entry", "footer"),
    ("entry", "meta"),
    ("post", "meta"),
    ("article", "meta"),
    ("post", "tags"),
    ("entry", "tags"),
    ("article", "tags"),
    ("tag", "list"),
    ("tags", "list"),
    ("read", "next"),
    ("read", "more"),
    ("read", "also"),
    ("more", "stories"),
    ("more", "posts"),
    ("more", "articles"),
    ("more", "news"),
    ("most", "read"),
    ("latest", "news"),
    ("site", "header"),
    ("page", "header"),
    ("global", "header"),
    ("table", "contents"),
    ("up", "next"),
    ("call", "action"),
    ("sign", "up"),
    ("log", "in"),
    ("see", "also"),
    ("also", "like"),
    ("you", "may"),
    ("post", "navigation"),
    ("back", "top"),
    ("email", "form"),
    ("follow", "us"),
    ("image", "credit"),
    ("photo", "credit"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_judged_by_whole_words() {
        assert_eq!(judge_name("relatedPosts"), Some(Suspicion::Likely));
        assert_eq!(judge_name("comment-list"), Some(Suspicion::Comments));
        assert_eq!(judge_name("has-sidebar"), None);
        assert_eq!(judge_name("header-shadow"), None);
        assert_eq!(judge_name("download"), None);
    }
}
