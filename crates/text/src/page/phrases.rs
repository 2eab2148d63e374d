//! Words with which sites head what surrounds an article. A last resort behind structure: whole lines only.

use super::title::letters;

/// Whether a heading opens a part that is no article text, such as "Related posts" or "Leave a reply".
pub fn opens_clutter(heading: &str) -> bool {
    let words: Vec<String> = heading
        .split_whitespace()
        .map(letters)
        .filter(|word| !word.is_empty())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.len() <= 9 && HEADINGS.iter().any(|start| starts_with(&words, start))
        || words.len() <= 3 && ALONE.contains(&words.join(" ").as_str())
}

/// Whether a short line is furniture by its first words: a credit, an offer, a pointer to another page.
/// `linked`: most of it is a link, so that weaker words suffice.
pub fn is_furniture(line: &str, linked: bool) -> bool {
    let words: Vec<String> = line
        .split_whitespace()
        .take(6)
        .map(letters)
        .filter(|word| !word.is_empty())
        .collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let begins = |starts: &[&str]| starts.iter().any(|start| starts_with(&words, start));
    // "Comments: (2)"
    let is_count = |word: &&&str| word.bytes().all(|byte| byte.is_ascii_digit());
    let uncounted: Vec<&str> = words.iter().filter(|word| !is_count(word)).copied().collect();
    let is_alone = line.split_whitespace().count() <= 3 && ALONE.contains(&uncounted.join(" ").as_str());
    is_alone || begins(LINES) || (linked && begins(LINKED_LINES))
}

fn starts_with(words: &[&str], start: &str) -> bool {
    let mut at = 0;
    start.split(' ').all(|word| {
        at += 1;
        words.get(at - 1) == Some(&word)
    })
}

const HEADINGS: &[&str] = &[
    "related posts",
    "related articles",
    "related stories",
    "related news",
    "related content",
    "related topics",
    "related coverage",
    "related links",
    "related to this",
    "read next",
    "read more",
    "read also",
    "you may also",
    "you might also",
    "also read",
    "also on",
    "more from",
    "more on",
    "more great",
    "more stories",
    "more news",
    "more posts",
    "more articles",
    "most popular",
    "most read",
    "most viewed",
    "popular posts",
    "popular now",
    "recommended for",
    "recommended reading",
    "recommended stories",
    "recommended articles",
    "recommended posts",
    "trending now",
    "share this",
    "share on",
    "share your",
    "leave a comment",
    "leave a reply",
    "leave a response",
    "post a comment",
    "join the conversation",
    "about the author",
    "about the authors",
    "sign up for",
    "subscribe to our newsletter",
    "stay in the loop",
    "stay up to date",
    "stay connected",
    "get the latest",
    "follow us",
    "was this",
    "on this page",
    "in this article",
    "latest news",
    "latest posts",
    "recent posts",
    "editors picks",
    "up next",
    "what to read next",
    "keep reading",
    "tell us what you think",
    "thoughts on",
    "responses to",
    "filed under",
    "from our sponsor",
    "privacy overview",
    "your privacy",
    "want more",
    "previous post",
    "next post",
];

const ALONE: &[&str] = &[
    "share",
    "tags",
    "tagged",
    "topics",
    "comments",
    "recommended",
    "trending",
    "sign up",
    "comment",
    "advertisement",
    "advert",
    "ad",
    "sponsored",
    "related",
    "newsletter",
    "subscribe",
    "categories",
    "close",
    "print",
    "email",
    "reply",
    "like this",
    "loading",
    "menu",
    "search",
    "sign in",
    "log in",
    "login",
    "register",
    "follow",
    "show comments",
    "view comments",
    "see more",
    "show more",
    "load more",
    "read more",
    "continue reading",
    "back to top",
    "next",
    "previous",
    "caption",
    "photo",
    "image",
    "facebook",
    "twitter",
    "whatsapp",
    "linkedin",
    "pinterest",
    "reddit",
    "copy link",
    "see all",
    "view all",
    "download",
];

const LINES: &[&str] = &[
    "read more",
    "read also",
    "also read",
    "read next",
    "advertisement",
    "story continues below",
    "article continues below",
    "share this",
    "share on",
    "tweet this",
    "photo by",
    "photo credit",
    "photos by",
    "image credit",
    "image via",
    "getty images",
    "file photo",
    "picture credit",
    "subscribe now",
    "sign up for",
    "sign up to",
    "click here",
    "follow us",
    "follow him on",
    "follow her on",
    "like us on",
    "tags",
    "filed under",
    "posted in",
    "tagged",
    "leave a comment",
    "no comments",
    "to read the full",
    "this site uses cookies",
    "this website uses cookies",
    "we use cookies",
    "all rights reserved",
    "skip to",
    "want more stories",
    "have a tip",
    "last updated",
    "last modified",
];

const LINKED_LINES: &[&str] = &[
    "related",
    "see also",
    "see more",
    "more",
    "photo",
    "photos",
    "image",
    "images",
    "subscribe",
    "get the latest",
    "get our",
    "comments",
    "previous",
    "next",
    "published",
    "updated",
    "watch",
    "dont miss",
    "continue reading",
    "discuss this",
];
