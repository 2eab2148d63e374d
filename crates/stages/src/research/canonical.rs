//! Which address a page may call its own.
//!
//! A page can write any address into `rel=canonical`. Links, publisher and owner of a source follow it only inside one
//! site: a page elsewhere that calls a known paper's address its own would else be quoted under that paper's name. An
//! address of another site is kept aside; it counts only where that address was read too and has the same text, and
//! then it says which of the two is the original.

use copydesk_text::feed::strip_tracking;
use url::Url;

use super::owner::owner_of;

/// What came of a page's own word for its address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Canonical {
    /// The address, where it is of the same site.
    pub(crate) believed: Option<String>,
    /// The address, where it is of another site.
    pub(crate) claimed: Option<String>,
}

/// Judges what the page read from `url` calls its own address.
pub(crate) fn judge(said: Option<&str>, url: &str) -> Canonical {
    let none = Canonical::default();
    let (Some(said), Ok(own)) = (said.and_then(|said| Url::parse(said).ok()), Url::parse(url)) else {
        return none;
    };
    if !matches!(said.scheme(), "http" | "https") || said.host().is_none() || !said.username().is_empty() {
        return none;
    }
    let mut said = strip_tracking(&said);
    said.set_fragment(None);
    if is_front(&said) && !is_front(&own) {
        // Many sites name their front page on every page.
        return none;
    }
    if own.scheme() == "https" && said.scheme() == "http" {
        return none;
    }
    let owner = owner_of(said.as_str());
    // On a host that many share, another user's page is another site.
    let is_same_place = said.host() == own.host()
        && said.port_or_known_default() == own.port_or_known_default()
        && owner == owner_of(url);
    let is_same_owner = owner.is_some() && owner == owner_of(url) && said.port() == own.port();
    if is_same_place || is_same_owner {
        Canonical {
            believed: Some(said.to_string()),
            claimed: None,
        }
    } else {
        Canonical {
            believed: None,
            claimed: Some(said.to_string()),
        }
    }
}

fn is_front(url: &Url) -> bool {
    matches!(url.path(), "" | "/" | "/index.html" | "/index.php") && url.query().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn believed(said: &str, url: &str) -> Option<String> {
        judge(Some(said), url).believed
    }

    #[test]
    fn an_address_of_the_same_site_is_believed() {
        assert_eq!(
            believed(
                "https://norn.example/a?utm_source=x#top",
                "https://norn.example/amp/a"
            )
            .as_deref(),
            Some("https://norn.example/a")
        );
        assert!(believed("https://norn.example/a", "https://blog.norn.example/a").is_some());
        assert!(believed("http://127.0.0.1:80/a", "http://127.0.0.1/b").is_some());
    }

    #[test]
    fn another_site_a_front_page_and_a_lesser_scheme_are_not() {
        let other = judge(Some("https://known-paper.example/a"), "https://evil.example/a");
        assert_eq!(other.believed, None);
        assert_eq!(other.claimed.as_deref(), Some("https://known-paper.example/a"));
        for (said, url) in [
            ("https://a.github.io/x", "https://b.github.io/x"),
            ("http://127.0.0.1:81/a", "http://127.0.0.1:80/a"),
        ] {
            assert_eq!(believed(said, url), None, "{said}");
        }
        for (said, url) in [
            ("https://norn.example/", "https://norn.example/a"),
            ("http://norn.example/a", "https://norn.example/a"),
            ("javascript:alert(1)", "https://norn.example/a"),
            ("https://me@norn.example/a", "https://norn.example/a"),
        ] {
            assert_eq!(judge(Some(said), url), Canonical::default(), "{said}");
        }
    }
}
