//! Exact hosts and ports that a person named.

use std::fmt;
use std::str::FromStr;

use url::{Host, Url};

/// A host and a port, in the one spelling that the address parser gives: lower case, ASCII form of
/// international names, no trailing dot, IPv6 in brackets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HostPort {
    host: String,
    port: u16,
}

/// Text that names no host and port.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostPortError {
    /// Not of the form `host:port`.
    #[error("`{text}` is not a host and a port such as 127.0.0.1:8899 or [::1]:8899")]
    Malformed {
        /// The text as given.
        text: String,
    },
    /// Not an `http` or `https` address with a host.
    #[error("`{text}` is not an http or https address")]
    NotHttp {
        /// The address, without login and query.
        text: String,
    },
}

impl HostPort {
    /// Reads `host:port`; the port must be there and not 0.
    pub fn parse(text: &str) -> Result<Self, HostPortError> {
        let malformed = || HostPortError::Malformed {
            text: text.to_owned(),
        };
        let (host, port) = text.trim().rsplit_once(':').ok_or_else(malformed)?;
        let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
        let port: u16 = port
            .parse()
            .ok()
            .filter(|port| is_number && *port != 0)
            .ok_or_else(malformed)?;
        let host = Host::parse(host).map_err(|_| malformed())?;
        Ok(Self {
            host: canonical(&host),
            port,
        })
    }

    /// Host and port of an `http` or `https` address; the port defaults to that of the scheme.
    pub fn of_url(url: &str) -> Result<Self, HostPortError> {
        let parsed = Url::parse(url).map_err(|_| HostPortError::NotHttp { text: short(url) })?;
        Self::of_parsed(&parsed).ok_or_else(|| HostPortError::NotHttp { text: short(url) })
    }

    /// Host and port of a parsed address; `None` unless it is `http` or `https`.
    pub(crate) fn of_parsed(url: &Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        let host = canonical(&url.host()?);
        Some(Self {
            host,
            port: url.port_or_known_default()?,
        })
    }

    /// The host: a name, an IPv4 address, or an IPv6 address in brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }
}

impl fmt::Display for HostPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl FromStr for HostPort {
    type Err = HostPortError;

    fn from_str(text: &str) -> Result<Self, HostPortError> {
        Self::parse(text)
    }
}

/// The host in the spelling that [`HostPort`] keeps.
fn canonical<S: AsRef<str>>(host: &Host<S>) -> String {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref();
            name.strip_suffix('.').unwrap_or(name).to_owned()
        }
        Host::Ipv4(address) => address.to_string(),
        Host::Ipv6(address) => format!("[{address}]"),
    }
}

/// The address for an error: nothing after `?` or `#`, nothing before `@`, at most 200 characters.
pub(crate) fn short(url: &str) -> String {
    let without_query = url.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = without_query.split_once("://") else {
        return without_query.chars().take(200).collect();
    };
    let authority_end = rest.find('/').unwrap_or(rest.len());
    let start = rest[..authority_end].rfind('@').map_or(0, |at| at + 1);
    format!("{scheme}://{}", &rest[start..])
        .chars()
        .take(200)
        .collect()
}

/// The exact hosts and ports that may be dialled although they are not public: `[net] allow`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    hosts: Vec<HostPort>,
}

impl Allow {
    /// Public addresses only.
    pub const fn none() -> Self {
        Self { hosts: Vec::new() }
    }

    /// Reads entries such as `127.0.0.1:8899`; the first that cannot be read is the error.
    pub fn parse<S: AsRef<str>>(entries: &[S]) -> Result<Self, HostPortError> {
        let hosts = entries
            .iter()
            .map(|entry| HostPort::parse(entry.as_ref()))
            .collect::<Result<_, _>>()?;
        Ok(Self { hosts })
    }

    /// From hosts and ports that are known already.
    pub fn of(hosts: impl IntoIterator<Item = HostPort>) -> Self {
        Self {
            hosts: hosts.into_iter().collect(),
        }
    }

    /// Whether exactly this host and port was named.
    pub fn contains(&self, host: &HostPort) -> bool {
        self.hosts.contains(host)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn host_and_port_are_both_needed() {
        for text in [
            "",
            "127.0.0.1",
            ":80",
            "127.0.0.1:",
            "127.0.0.1:+80",
            "127.0.0.1:0",
            "127.0.0.1:65536",
            "a b:80",
            "::1:80",
        ] {
            assert!(HostPort::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_host_has_one_spelling() {
        let loopback = HostPort::parse("127.0.0.1:8899").unwrap();
        assert_eq!(HostPort::parse("2130706433:8899").unwrap(), loopback);
        assert_eq!(HostPort::of_url("http://0x7f.1:8899/feed?x").unwrap(), loopback);
        assert_eq!(
            HostPort::parse("News.Example.:443").unwrap(),
            HostPort::of_url("https://news.example/").unwrap()
        );
        assert_eq!(HostPort::parse("[::1]:80").unwrap().to_string(), "[::1]:80");
    }

    #[test]
    fn an_error_shows_neither_login_nor_query() {
        assert_eq!(short("ftp://user:secret@host/a@b?key=1#x"), "ftp://host/a@b");
        assert_eq!(short("http://user:secret@host"), "http://host");
    }
}
