//! The decision on the text of an address.

use std::net::IpAddr;

use url::{Host, Url};

use super::name::judge_name;
use super::{Allow, HostPort, Refusal, judge_address};

/// Ports that public web servers use. Others belong to mail, databases and the like, which a page could make a
/// fetcher talk to.
const PORTS: [u16; 4] = [80, 443, 8080, 8443];

/// Bytes of the longest address that is looked at. Servers cut requests off at about this length too.
const URL_BYTES_MAX: usize = 8 * 1024;

/// What the guarded connector decides about an address before any socket or name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It may be dialled; a name's addresses are judged again then.
    Allowed(Target),
    /// It must not be dialled.
    Refused(Refusal),
}

/// An address that passed [`decide`]; nothing else makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: Url,
    host: TargetHost,
    at: HostPort,
    is_named: bool,
}

/// What stands in the place of the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TargetHost {
    /// A name, in ASCII form, lower case, without a trailing dot.
    Name(String),
    /// A numeric address.
    Literal(IpAddr),
}

impl Target {
    /// The address as the parser spells it, without its fragment.
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Name or number to connect to.
    pub const fn host(&self) -> &TargetHost {
        &self.host
    }

    /// Host and port to connect to.
    pub const fn at(&self) -> &HostPort {
        &self.at
    }

    /// Whether the connection is encrypted.
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether a person named exactly this host and port, so that it need not be public.
    pub const fn is_named(&self) -> bool {
        self.is_named
    }
}

/// Decides whether an address that came from outside may be dialled.
///
/// Pure: asks no name server, opens nothing. `allow` lifts the rules on host and port for exact pairs; those on
/// scheme, login and spelling always hold.
pub fn decide(url: &str, allow: &Allow) -> Decision {
    match judge(url, allow) {
        Ok(target) => Decision::Allowed(target),
        Err(refusal) => Decision::Refused(refusal),
    }
}

fn judge(text: &str, allow: &Allow) -> Result<Target, Refusal> {
    let text = text.trim_matches(|c: char| c.is_ascii_whitespace());
    if text.len() > URL_BYTES_MAX {
        return Err(Refusal::TooLong);
    }
    let mut url = Url::parse(text).map_err(|_| Refusal::Malformed)?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Refusal::Scheme);
    }
    judge_spelling(text)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Refusal::Login);
    }
    url.set_fragment(None);
    let at = HostPort::of_parsed(&url).ok_or(Refusal::Malformed)?;
    let host = match url.host().ok_or(Refusal::Malformed)? {
        Host::Domain(_) => TargetHost::Name(at.host().to_owned()),
        Host::Ipv4(address) => TargetHost::Literal(IpAddr::V4(address)),
        Host::Ipv6(address) => TargetHost::Literal(IpAddr::V6(address)),
    };
    let is_named = allow.contains(&at);
    if !is_named {
        judge_host(&host)?;
        if !PORTS.contains(&at.port()) {
            return Err(Refusal::Port);
        }
    }
    Ok(Target {
        url,
        host,
        at,
        is_named,
    })
}

fn judge_host(host: &TargetHost) -> Result<(), Refusal> {
    let refusal = match host {
        TargetHost::Name(name) => judge_name(name),
        TargetHost::Literal(address) => judge_address(*address),
    };
    refusal.map_or(Ok(()), Err)
}

/// Refuses spellings of the part between scheme and path that programs read in different ways: backslashes,
/// control characters, more or fewer than two slashes, anything with an `@`.
fn judge_spelling(text: &str) -> Result<(), Refusal> {
    let rest = text.split_once(':').map_or("", |(_, rest)| rest);
    let rest = rest.strip_prefix("//").ok_or(Refusal::Malformed)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(Refusal::Login);
    }
    let is_odd = |c: char| c == '\\' || c.is_control() || c.is_whitespace();
    if authority.is_empty() || authority.contains(is_odd) {
        return Err(Refusal::Malformed);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refusal(url: &str) -> Option<Refusal> {
        match decide(url, &Allow::none()) {
            Decision::Allowed(_) => None,
            Decision::Refused(refusal) => Some(refusal),
        }
    }

    #[test]
    fn public_addresses_pass() {
        for url in [
            "https://news.example/feed.xml",
            " http://news.example:8080/a?b=c@d#e\n",
            "https://bücher.example./",
            "https://1.1.1.1/",
            "https://[2606:4700::1111]:8443/",
            "https://news.example/path\\file",
        ] {
            assert_eq!(refusal(url), None, "{url}");
        }
    }

    #[test]
    fn a_target_is_spelt_in_one_way() {
        let Decision::Allowed(target) = decide("HTTPS://Bücher.Example.:443/a/../b#top", &Allow::none())
        else {
            panic!("public");
        };
        assert_eq!(target.at().to_string(), "xn--bcher-kva.example:443");
        assert_eq!(target.url().path(), "/b");
        assert_eq!(target.url().fragment(), None);
        assert!(target.is_https() && !target.is_named());
    }

    #[test]
    fn each_rule_gives_its_reason() {
        for (url, expected) in [
            ("", Refusal::Malformed),
            ("//news.example/", Refusal::Malformed),
            ("http:news.example", Refusal::Malformed),
            ("http:///news.example", Refusal::Malformed),
            ("http:\\\\news.example", Refusal::Malformed),
            ("http://news.example\\@127.0.0.1/", Refusal::Login),
            ("http://@news.example/", Refusal::Login),
            ("http://[fe80::1%25lo]/", Refusal::Malformed),
            ("http://256.1.1.1/", Refusal::Malformed),
            ("gopher://news.example/", Refusal::Scheme),
            ("http://news.example:22/", Refusal::Port),
            ("http://127.0.0.1:22/", Refusal::Loopback),
            ("http://168.63.129.16/", Refusal::Metadata),
        ] {
            assert_eq!(refusal(url), Some(expected), "{url}");
        }
        let long = format!("http://news.example/{}", "a".repeat(URL_BYTES_MAX));
        assert_eq!(refusal(&long), Some(Refusal::TooLong));
    }

    #[test]
    fn a_named_host_passes_on_its_own_port_alone() {
        let allow = Allow::parse(&["127.0.0.1:8899", "wiki.corp:80"]).unwrap();
        let passes =
            |url: &str| matches!(decide(url, &allow), Decision::Allowed(target) if target.is_named());
        assert!(passes("http://127.0.0.1:8899/feeds/a.xml"));
        assert!(passes("http://wiki.corp/"));
        for url in [
            "http://127.0.0.1:8898/",
            "http://127.0.0.1/",
            "http://127.0.0.2:8899/",
            "http://localhost:8899/",
            "http://[::ffff:127.0.0.1]:8899/",
            "http://user@127.0.0.1:8899/",
            "ftp://127.0.0.1:8899/",
            "https://wiki.corp/",
        ] {
            assert!(!passes(url), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,80}") {
            let _ = decide(&text, &Allow::none());
            let _ = decide(&format!("http://{text}"), &Allow::none());
            let _ = HostPort::parse(&text);
            let _ = HostPort::of_url(&text);
        }

        #[test]
        fn what_passes_is_public_and_plain(text in "https?://[0-9a-fx:.@\\[\\]%/\\\\]{1,40}") {
            if let Decision::Allowed(target) = decide(&text, &Allow::none()) {
                prop_assert!(PORTS.contains(&target.at().port()));
                prop_assert!(target.url().username().is_empty());
                if let TargetHost::Literal(address) = target.host() {
                    prop_assert_eq!(judge_address(*address), None);
                }
            }
        }

        #[test]
        fn every_spelling_of_a_number_is_judged_as_that_number(bits: u32) {
            let address = std::net::Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = address.octets();
            let expected = judge_address(IpAddr::V4(address));
            for host in [
                format!("{bits}"),
                format!("0x{bits:x}"),
                format!("0{bits:o}"),
                format!("0x{a:x}.{b}.0{c:o}.{d}"),
                format!("{a}.{}", bits & 0x00ff_ffff),
                format!("{a}.{b}.{}.", bits & 0xffff),
                format!("{a}%2e{b}%2E{c}\u{3002}{d}"),
            ] {
                prop_assert_eq!(refusal(&format!("http://{host}/")), expected, "{}", host);
            }
        }
    }
}
