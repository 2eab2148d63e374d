//! Whether a publisher writes about itself or about what it makes.

/// Words of a publisher's name that name nobody.
const GENERIC: &[&str] = &[
    "a",
    "all",
    "and",
    "announcements",
    "atom",
    "blog",
    "blogs",
    "changelog",
    "daily",
    "engineering",
    "feed",
    "for",
    "from",
    "in",
    "inside",
    "journal",
    "latest",
    "magazine",
    "news",
    "newsletter",
    "newsroom",
    "notes",
    "of",
    "official",
    "on",
    "our",
    "posts",
    "press",
    "release",
    "releases",
    "rss",
    "team",
    "tech",
    "the",
    "this",
    "updates",
    "week",
    "weekly",
];
/// Names that are words of their own: a paper called `Cloud News` does not write about itself when it writes of clouds.
const COMMON: &[&str] = &[
    "ai",
    "business",
    "cloud",
    "code",
    "coding",
    "computer",
    "data",
    "design",
    "developer",
    "developers",
    "dev",
    "digital",
    "economy",
    "games",
    "hardware",
    "internet",
    "linux",
    "machine learning",
    "money",
    "mobile",
    "open",
    "open source",
    "programming",
    "science",
    "security",
    "software",
    "startup",
    "startups",
    "technology",
    "today",
    "web",
    "world",
];
/// What somebody says who announces something of the own house.
const ANNOUNCES: &[&str] = &[
    "we are excited to",
    "we’re excited to",
    "we're excited to",
    "we are happy to",
    "we’re happy to",
    "we're happy to",
    "we are pleased to",
    "we’re pleased to",
    "we're pleased to",
    "we are proud to",
    "we’re proud to",
    "we're proud to",
    "we are thrilled to",
    "we’re thrilled to",
    "we're thrilled to",
    "we are delighted to",
    "we are announcing",
    "we’re announcing",
    "we're announcing",
    "today we announce",
    "today we are releasing",
    "today we’re releasing",
    "today we're releasing",
    "today we released",
    "we are releasing",
    "we’re releasing",
    "we're releasing",
    "we are launching",
    "we’re launching",
    "we're launching",
    "we just released",
    "we have released",
    "we’ve released",
    "we've released",
    "is happy to announce",
    "is pleased to announce",
    "is proud to announce",
    "is excited to announce",
    "are happy to announce",
    "are pleased to announce",
    "our new ",
    "our latest release",
];
/// Bytes of a text in which an announcement says that it is one.
const OPENING: usize = 700;

/// Whether the publisher of a post is its subject: its name stands in the title, or the opening announces something of
/// the own house. `owner`: a registrable domain, or the name that the pipeline gives.
pub(crate) fn is_about_itself(publisher: &str, owner: &str, title: &str, text: &str) -> bool {
    let title = without_masthead(title, publisher);
    let is_named = names(publisher, owner).iter().any(|name| stands_in(name, title));
    let opening = text[..text.floor_char_boundary(OPENING)].to_lowercase();
    is_named || ANNOUNCES.iter().any(|words| opening.contains(words))
}

/// A title without the publisher's own name before a bare number: `Norn Weekly 650` is a number of a series.
fn without_masthead<'a>(title: &'a str, publisher: &str) -> &'a str {
    let start = title.get(..publisher.len());
    let is_masthead =
        !publisher.is_empty() && start.is_some_and(|start| start.eq_ignore_ascii_case(publisher));
    let Some(rest) = title.get(publisher.len()..).filter(|_| is_masthead) else {
        return title;
    };
    let is_number = |word: &str| {
        word.trim_matches(['#', ':', ','])
            .bytes()
            .all(|byte| byte.is_ascii_digit())
    };
    let is_bare = rest
        .split_whitespace()
        .all(|word| is_number(word) || word.eq_ignore_ascii_case("issue"));
    if is_bare { "" } else { title }
}

/// What a publisher is called: its name without the words that name nobody, and the first label of its domain.
fn names(publisher: &str, owner: &str) -> Vec<String> {
    let is_generic = |word: &&str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        bare.is_empty() || GENERIC.contains(&bare.as_str())
    };
    let words: Vec<&str> = publisher.split_whitespace().collect();
    let start = words.iter().take_while(|word| is_generic(word)).count();
    let end = words.len()
        - words[start..]
            .iter()
            .rev()
            .take_while(|word| is_generic(word))
            .count();
    // What stands between generic words is a subject, not a name: `This Week in Rust`.
    let is_series = start > 1;
    let own = words[start..end].join(" ");
    let site = owner.rsplit_once('/').map_or(owner, |(_, user)| user);
    let label = site
        .trim_start_matches('@')
        .split('.')
        .next()
        .unwrap_or_default()
        .to_owned();
    let is_name = |name: &String| {
        name.chars().count() >= 2
            && !COMMON.contains(&name.to_lowercase().as_str())
            && !GENERIC.contains(&name.to_lowercase().as_str())
    };
    let found = [
        Some(own).filter(|_| !is_series),
        Some(label).filter(|_| owner.contains('.')),
    ];
    found.into_iter().flatten().filter(is_name).collect()
}

/// Whether a name stands in a title as whole words. Names of up to three letters count with their own capitals only.
fn stands_in(name: &str, title: &str) -> bool {
    let is_short = name.chars().count() <= 3;
    let (name, title) = if is_short && name.chars().any(char::is_uppercase) {
        (name.to_owned(), title.to_owned())
    } else if is_short {
        return false;
    } else {
        (name.to_lowercase(), title.to_lowercase())
    };
    title.match_indices(&name).any(|(at, found)| {
        let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        is_edge(title[..at].chars().next_back()) && is_edge(title[at + found.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(publisher: &str, owner: &str, title: &str) -> bool {
        is_about_itself(publisher, owner, title, "It was a quiet day.")
    }

    #[test]
    fn a_vendor_on_itself_is_told_by_its_name() {
        assert!(about("Linkerd", "linkerd.io", "Announcing Linkerd 2.19"));
        assert!(about("Linkerd", "linkerd.io", "Linkerd 2.19 is out"));
        assert!(about("The Go Blog", "go.dev", "Go 1.27 is released"));
        assert!(about("Engineering", "norn.com", "How Norn scales"));
        assert!(!about("Linkerd", "linkerd.io", "What a service mesh costs"));
        assert!(!about("The Go Blog", "go.dev", "Where to go from here"));
        assert!(!about("Linkerd", "linkerd.io", "Linkerding around"));
    }

    #[test]
    fn papers_with_common_names_and_series_are_not_their_subject() {
        assert!(!about("Norn Weekly", "news.example", "Norn Weekly #650"));
        assert!(!about("Cloud News", "news.example", "The cloud grew again"));
        assert!(!about(
            "This Week in Rust",
            "this-week-in-rust.org",
            "This Week in Rust 650"
        ));
        assert!(!about(
            "This Week in Rust",
            "this-week-in-rust.org",
            "Rust 1.98 is out"
        ));
    }

    #[test]
    fn an_announcement_of_the_own_house_is_about_itself() {
        let text = "Today, we are excited to announce version 3 of our engine.";
        assert!(is_about_itself("Paper", "paper.example", "Version 3", text));
        let late = format!("{}{text}", "They said that it was done. ".repeat(40));
        assert!(!is_about_itself("Paper", "paper.example", "Version 3", &late));
    }
}
