//! Following redirects: which address comes next, if any.

use reqwest::header::{self, HeaderMap};

use super::{FetchError, RedirectHop};
use crate::address::{Allow, Decision, Refusal, Target, decide, short};

/// A response that points elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Moved {
    /// `Location` as sent.
    pub(super) location: String,
    /// 301 or 308.
    pub(super) is_permanent: bool,
    /// Whether the response also wants a cookie kept.
    pub(super) sets_cookie: bool,
}

impl Moved {
    /// Reads a redirect; `None` for other statuses and for one without `Location`, which is shown as it is.
    pub(super) fn read(status: u16, headers: &HeaderMap) -> Option<Self> {
        if !matches!(status, 301 | 302 | 303 | 307 | 308) {
            return None;
        }
        let location = headers.get(header::LOCATION)?;
        Some(Self {
            // Some servers send UTF-8 here; what is no text at all is refused as malformed later.
            location: String::from_utf8_lossy(location.as_bytes()).into_owned(),
            is_permanent: matches!(status, 301 | 308),
            sets_cookie: headers.contains_key(header::SET_COOKIE),
        })
    }
}

/// The redirects followed so far.
#[derive(Debug)]
pub(super) struct Trail {
    redirects_max: usize,
    hops: Vec<RedirectHop>,
}

impl Trail {
    pub(super) const fn new(redirects_max: usize) -> Self {
        Self {
            redirects_max,
            hops: Vec::new(),
        }
    }

    /// Decides on the next address and records the hop.
    pub(super) fn follow(
        &mut self,
        from: &Target,
        moved: &Moved,
        allow: &Allow,
    ) -> Result<Target, FetchError> {
        let target = next(from, &moved.location, allow)?;
        let to = target.url().as_str();
        let from = from.url().as_str();
        if from == to || self.hops.iter().any(|(seen, _, _)| seen == to) {
            let url = short(to);
            return Err(if moved.sets_cookie {
                FetchError::CookiesWanted { url }
            } else {
                FetchError::RedirectLoop { url }
            });
        }
        if self.hops.len() >= self.redirects_max {
            return Err(FetchError::TooManyRedirects {
                url: short(to),
                redirects_max: self.redirects_max,
            });
        }
        self.hops
            .push((from.to_owned(), to.to_owned(), moved.is_permanent));
        Ok(target)
    }

    pub(super) fn into_hops(self) -> Vec<RedirectHop> {
        self.hops
    }
}

/// The address that a redirect means, judged as if it had come from outside, which it has.
fn next(from: &Target, location: &str, allow: &Allow) -> Result<Target, FetchError> {
    let refused = |url: &str, refusal| FetchError::Refused {
        url: short(url),
        refusal,
    };
    let joined = from
        .url()
        .join(location)
        .map_err(|_| refused(location, Refusal::Malformed))?;
    let target = match decide(joined.as_str(), allow) {
        Decision::Allowed(target) => target,
        Decision::Refused(refusal) => return Err(refused(joined.as_str(), refusal)),
    };
    if from.is_https() && !target.is_https() {
        return Err(refused(joined.as_str(), Refusal::Downgrade));
    }
    Ok(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(url: &str) -> Target {
        match decide(url, &Allow::none()) {
            Decision::Allowed(target) => target,
            Decision::Refused(refusal) => panic!("{url}: {refusal}"),
        }
    }

    fn moved(location: &str) -> Moved {
        Moved {
            location: location.to_owned(),
            is_permanent: false,
            sets_cookie: false,
        }
    }

    #[test]
    fn locations_are_read_against_the_address_they_came_from() {
        let from = target("https://news.example/a/b?c");
        let mut trail = Trail::new(5);
        for (location, expected) in [
            ("../d", "https://news.example/d"),
            ("?e", "https://news.example/a/b?e"),
            ("//www.news.example/f#g", "https://www.news.example/f"),
        ] {
            let next = trail.follow(&from, &moved(location), &Allow::none()).unwrap();
            assert_eq!(next.url().as_str(), expected);
        }
    }

    #[test]
    fn a_redirect_never_leaves_https() {
        let result = Trail::new(5).follow(
            &target("https://news.example/"),
            &moved("http://news.example/"),
            &Allow::none(),
        );
        assert!(matches!(
            result,
            Err(FetchError::Refused {
                refusal: Refusal::Downgrade,
                ..
            })
        ));
    }

    #[test]
    fn a_circle_with_a_cookie_is_named_as_such() {
        let from = target("http://news.example/");
        let with_cookie = Moved {
            sets_cookie: true,
            ..moved("/")
        };
        let result = Trail::new(5).follow(&from, &with_cookie, &Allow::none());
        assert!(matches!(result, Err(FetchError::CookiesWanted { .. })));
        let result = Trail::new(5).follow(&from, &moved("/#top"), &Allow::none());
        assert!(matches!(result, Err(FetchError::RedirectLoop { .. })));
    }
}
