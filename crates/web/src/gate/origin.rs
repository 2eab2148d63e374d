//! Whether a request was made by our own page. Pure.

use axum::http::uri::PathAndQuery;
use axum::http::{HeaderMap, HeaderName, Method, Uri, header};

use crate::login::is_local;

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

/// Where the person who sent a request wanted to be: the page that was asked for, or the one whose form was sent. Of the
/// latter a browser names nothing but our own, as we ask it to.
pub(super) fn wanted(method: &Method, uri: &Uri, headers: &HeaderMap) -> String {
    let asked = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let page = if matches!(*method, Method::GET | Method::HEAD) {
        Some(asked)
    } else {
        sent_from(headers)
    };
    page.filter(|page| is_local(page)).unwrap_or("/").to_owned()
}

/// The path of our own page that a form was sent from.
fn sent_from(headers: &HeaderMap) -> Option<&str> {
    let host = single(headers, &header::HOST).ok()??;
    let page = single(headers, &header::REFERER).ok()??;
    let (origin, path) = page.split_at(page.match_indices('/').nth(2)?.0);
    is_of(origin, host).then_some(path)
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
    fn whoever_has_to_log_in_goes_on_where_they_wanted_to_be() {
        let mut headers = HeaderMap::new();
        headers.insert("host", "127.0.0.1:7420".parse().unwrap());
        let get = |path: &str| wanted(&Method::GET, &path.parse().unwrap(), &headers);
        assert_eq!(get("/runs/r1?draft=B"), "/runs/r1?draft=B");
        assert_eq!(get("//evil.example/"), "/");
        for (page, to) in [
            ("http://127.0.0.1:7420/runs/r1?draft=B", "/runs/r1?draft=B"),
            ("http://127.0.0.1:7420/", "/"),
            ("http://evil.example/runs/r1", "/"),
            ("http://127.0.0.1:7420//evil.example", "/"),
            ("about:blank", "/"),
        ] {
            let mut headers = headers.clone();
            headers.insert("referer", page.parse().unwrap());
            let form = "/runs/r1/approve".parse().unwrap();
            assert_eq!(wanted(&Method::POST, &form, &headers), to, "{page}");
        }
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
