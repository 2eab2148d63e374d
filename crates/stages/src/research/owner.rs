//! Who owns a feed.

use url::{Host, Url};

/// Second-level labels under which countries hand out names, such as `co.uk`.
const SHARED_SUFFIXES: &[&str] = &["ac", "co", "com", "edu", "gov", "gob", "ne", "net", "or", "org"];
/// Hosts that give each user a name or a first path segment of their own.
const SHARED_HOSTS: &[&str] = &[
    "github.io",
    "gitlab.io",
    "blogspot.com",
    "wordpress.com",
    "substack.com",
    "medium.com",
];

/// The registrable domain of an address; none where the host is a number or a single label.
///
/// # Source
/// The rule of thumb of the Public Suffix List for the common cases: two labels, three below a shared suffix.
pub(crate) fn registrable_domain(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let Some(Host::Domain(host)) = url.host() else {
        return None;
    };
    let labels: Vec<&str> = host.trim_end_matches('.').split('.').collect();
    if labels.len() < 2 {
        return None;
    }
    let last_two = labels[labels.len() - 2..].join(".");
    let is_country = labels[labels.len() - 1].len() == 2;
    let is_shared = is_country && SHARED_SUFFIXES.contains(&labels[labels.len() - 2]);
    let count = if is_shared || SHARED_HOSTS.contains(&last_two.as_str()) {
        3
    } else {
        2
    };
    Some(labels[labels.len().saturating_sub(count)..].join("."))
}

#[cfg(test)]
mod tests {
    use super::registrable_domain;

    #[test]
    fn owners_are_registrable_domains() {
        assert_eq!(
            registrable_domain("https://blog.rust-lang.org/feed.xml").as_deref(),
            Some("rust-lang.org")
        );
        assert_eq!(
            registrable_domain("https://www.a.co.uk/x").as_deref(),
            Some("a.co.uk")
        );
        assert_eq!(
            registrable_domain("https://x.github.io/").as_deref(),
            Some("x.github.io")
        );
        assert_eq!(registrable_domain("http://127.0.0.1:8899/s/"), None);
    }
}
