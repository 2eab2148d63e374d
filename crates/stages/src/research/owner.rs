//! Who owns a feed or a page.

use url::{Host, Url};

/// Hosts that give each user a name below theirs, beside those that the Public Suffix List has.
const SHARED_HOSTS: &[&str] = &[
    "beehiiv.com",
    "blogspot.com",
    "bearblog.dev",
    "buttondown.email",
    "dreamwidth.org",
    "ghost.io",
    "hashnode.dev",
    "livejournal.com",
    "medium.com",
    "mataroa.blog",
    "notion.site",
    "posthaven.com",
    "substack.com",
    "tumblr.com",
    "typepad.com",
    "wixsite.com",
    "wordpress.com",
    "write.as",
];
/// Hosts that give each user a first part of the path.
const SHARED_PATHS: &[&str] = &[
    "bitbucket.org",
    "buttondown.com",
    "codeberg.org",
    "dev.to",
    "github.com",
    "gitlab.com",
    "hackmd.io",
    "medium.com",
    "paragraph.com",
    "sr.ht",
    "telegra.ph",
    "tinyletter.com",
    "write.as",
];
/// First parts of a path that name no user.
const NO_USERS: &[&str] = &[
    "about", "blog", "explore", "feed", "feeds", "help", "p", "posts", "rss", "tag", "tags", "topics",
];

/// Who owns what stands at an address: the registrable domain; below a host that many share, the site of its user.
/// None where the host is a number or a single label.
///
/// # Source
/// The Public Suffix List with its private part, as the crate `psl` carries it; above, hosts that it does not have.
pub(crate) fn owner_of(url: &str) -> Option<String> {
    let url = Url::parse(url).ok()?;
    let Some(Host::Domain(host)) = url.host() else {
        return None;
    };
    let host = host.trim_end_matches('.').to_lowercase();
    let domain = psl::domain_str(&host)?;
    if SHARED_HOSTS.contains(&domain)
        && let Some(user) = host.strip_suffix(domain).and_then(|rest| rest.strip_suffix('.'))
    {
        let user = user.rsplit('.').next().unwrap_or(user);
        if user != "www" {
            return Some(format!("{user}.{domain}"));
        }
    }
    if SHARED_PATHS.contains(&domain)
        && let Some(user) = url.path_segments().and_then(|mut parts| parts.next())
        && !user.is_empty()
        && !NO_USERS.contains(&user)
    {
        return Some(format!("{domain}/{}", user.to_lowercase()));
    }
    Some(domain.to_owned())
}

#[cfg(test)]
mod tests {
    use super::owner_of;

    #[test]
    fn owners_are_registrable_domains() {
        let owner = |url: &str| owner_of(url);
        for (url, wanted) in [
            ("https://blog.rust-lang.org/feed.xml", "rust-lang.org"),
            ("https://www.a.co.uk/x", "a.co.uk"),
            ("https://a.b.asahi.aomori.jp/", "asahi.aomori.jp"),
            ("https://news.example.com.au./x", "example.com.au"),
        ] {
            assert_eq!(owner(url).as_deref(), Some(wanted), "{url}");
        }
        for none in [
            "http://127.0.0.1:8899/s/",
            "http://[::1]/",
            "http://localhost/",
            "note:x",
        ] {
            assert_eq!(owner(none), None, "{none}");
        }
    }

    #[test]
    fn users_of_a_shared_host_are_owners_of_their_own() {
        for (url, wanted) in [
            ("https://x.github.io/", "x.github.io"),
            ("https://platformer.substack.com/p/a", "platformer.substack.com"),
            ("https://a.b.blogspot.com/2026/", "b.blogspot.com"),
            ("https://medium.com/@Ada/a-post", "medium.com/@ada"),
            (
                "https://netflixtechblog.medium.com/x",
                "netflixtechblog.medium.com",
            ),
            (
                "https://github.com/rust-lang/rust/releases.atom",
                "github.com/rust-lang",
            ),
            ("https://www.medium.com/feed/x", "medium.com"),
            ("https://substack.com/about", "substack.com"),
        ] {
            assert_eq!(owner_of(url).as_deref(), Some(wanted), "{url}");
        }
    }
}
