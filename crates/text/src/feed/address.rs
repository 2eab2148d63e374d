//! Addresses of items: absolute, fetchable, and without the marks of those who count clicks.

use url::Url;

/// Parameters that only tell where a reader came from.
const TRACKING: &[&str] = &[
    "fbclid",
    "gclid",
    "gclsrc",
    "dclid",
    "wbraid",
    "gbraid",
    "msclkid",
    "yclid",
    "twclid",
    "ttclid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "_hsenc",
    "_hsmi",
    "mkt_tok",
    "vero_id",
    "oly_anon_id",
    "oly_enc_id",
    "ref_src",
    "cmpid",
    "wt_mc",
];

/// `url` without tracking parameters (`utm_…`, `fbclid`, `gclid`, `mc_cid` and their like), in query and fragment.
///
/// The other parameters stay byte for byte in their order.
#[must_use]
pub fn strip_tracking(url: &Url) -> Url {
    let mut stripped = url.clone();
    if let Some(query) = url.query() {
        let kept: Vec<_> = query.split('&').filter(|pair| !is_tracking(pair)).collect();
        if kept.len() < query.split('&').count() {
            let kept = kept.join("&");
            stripped.set_query((!kept.is_empty()).then_some(kept.as_str()));
        }
    }
    if url
        .fragment()
        .is_some_and(|fragment| fragment.split('&').all(is_tracking))
    {
        stripped.set_fragment(None);
    }
    stripped
}

fn is_tracking(pair: &str) -> bool {
    let key = pair.split('=').next().unwrap_or(pair).to_ascii_lowercase();
    key.starts_with("utm_")
        || key.starts_with("pk_campaign")
        || key.starts_with("pk_kwd")
        || TRACKING.contains(&key.as_str())
}

/// Bytes of an address at most; servers refuse longer ones.
const BYTES_MAX: usize = 8 * 1024;

/// Bytes of a declared base at most. It comes back in each of up to a million short links, so it is held shorter.
const BASE_BYTES_MAX: usize = 512;

/// The address that `reference` names, seen from `base`: http or https only, for nothing else is read or shown, and
/// none that is longer than servers take.
pub fn resolve(reference: &str, base: &Url) -> Option<Url> {
    let reference = reference.trim();
    if reference.len() > BYTES_MAX {
        return None;
    }
    // Line breaks inside an address come from pretty printers.
    let joined: String = reference.chars().filter(|c| !c.is_control()).collect();
    let url = base.join(&joined).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// The base that an element declares, seen from the one around it; none if it is too long to be one.
pub fn base(declared: &str, outer: &Url) -> Option<Url> {
    resolve(declared, outer).filter(|base| base.as_str().len() <= BASE_BYTES_MAX)
}

/// An id as it stands, but for a path, which means the address seen from `base`.
pub fn id(id: String, base: &Url) -> String {
    let path = id.starts_with('/').then(|| resolve(&id, base)).flatten();
    path.map_or(id, String::from)
}

/// The absolute address that `text` is by itself, if it is one of http or https.
pub fn absolute(text: &str) -> Option<Url> {
    let url = Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        strip_tracking(&Url::parse(text).unwrap()).to_string()
    }

    #[test]
    fn tracking_goes_and_the_rest_stays() {
        assert_eq!(
            stripped("https://a.example/p?utm_source=rss&utm_medium=feed"),
            "https://a.example/p"
        );
        assert_eq!(
            stripped("https://a.example/p?b=%20x&UTM_source=rss&a=1#top"),
            "https://a.example/p?b=%20x&a=1#top"
        );
        assert_eq!(
            stripped("https://a.example/p?fbclid=1&gclid=2&mc_cid=3&q=utm_x"),
            "https://a.example/p?q=utm_x"
        );
        assert_eq!(
            stripped("https://a.example/p#utm_source=rss"),
            "https://a.example/p"
        );
        assert_eq!(stripped("https://a.example/p?"), "https://a.example/p?");
    }

    #[test]
    fn an_address_has_a_length_that_servers_take() {
        let base = Url::parse("https://a.example/").unwrap();
        assert!(resolve(&"x".repeat(8_000), &base).is_some());
        assert_eq!(resolve(&"x".repeat(9_000), &base), None);
        assert!(super::base(&"x/".repeat(200), &base).is_some());
        assert_eq!(super::base(&"x/".repeat(300), &base), None);
    }

    #[test]
    fn only_web_addresses_are_addresses() {
        let base = Url::parse("https://a.example/feeds/x.xml").unwrap();
        assert_eq!(resolve(" ../p\n", &base).unwrap().as_str(), "https://a.example/p");
        assert_eq!(
            resolve("//b.example/q", &base).unwrap().as_str(),
            "https://b.example/q"
        );
        for text in [
            "javascript:alert(1)",
            "mailto:a@b.example",
            "tag:a.example,2026:1",
            "data:text/html,x",
            "file:///etc",
        ] {
            assert_eq!(resolve(text, &base), None, "{text}");
        }
    }
}
