//! Whether a request was made by our own page. Pure.

use axum::http::{HeaderMap, HeaderName, header};

/// Whether the request says that it comes from the page it is sent to.
///
/// Every browser of the last years sends `Origin` or `Sec-Fetch-Site` with a form; a request with neither is no form of
/// ours. What is there must agree.
pub(crate) fn is_same_origin(headers: &HeaderMap) -> bool {
    let site = single(headers, &HeaderName::from_static("sec-fetch-site"));
    let origin = single(headers, &header::ORIGIN);
    let host = single(headers, &header::HOST);
    let (Ok(site), Ok(origin), Ok(Some(host))) = (site, origin, host) else {
        return false;
    };
    if site.is_none() && origin.is_none() {
        return false;
    }
    let is_site = site.is_none_or(|site| site == "same-origin");
    is_site && origin.is_none_or(|origin| is_of(origin, host))
}

fn is_of(origin: &str, host: &str) -> bool {
    let named = origin
        .strip_prefix("http://")
        .or_else(|| origin.strip_prefix("https://"));
    named.is_some_and(|named| named.eq_ignore_ascii_case(host))
}

/// The one value of a header, if it is there; an error where there are several or it is no text.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, ()> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| ()),
        (Some(_), Some(_)) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_same(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, value.parse().unwrap());
        }
        is_same_origin(&headers)
    }

    #[test]
    fn a_form_of_ours_is_known_by_its_origin() {
        let host = ("host", "127.0.0.1:7420");
        assert!(is_same(&[host, ("origin", "http://127.0.0.1:7420")]));
        assert!(is_same(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(is_same(&[
            host,
            ("origin", "http://127.0.0.1:7420"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!is_same(&[host]));
        for origin in [
            "null",
            "http://127.0.0.1:7421",
            "http://evil.example",
            "127.0.0.1:7420",
            "http://127.0.0.1",
        ] {
            assert!(!is_same(&[host, ("origin", origin)]), "{origin}");
            assert!(
                !is_same(&[host, ("origin", origin), ("sec-fetch-site", "same-origin")]),
                "{origin}"
            );
        }
        for site in ["cross-site", "same-site", "none"] {
            assert!(
                !is_same(&[
                    host,
                    ("origin", "http://127.0.0.1:7420"),
                    ("sec-fetch-site", site)
                ]),
                "{site}"
            );
        }
    }
}
