//! Addresses as they are written in the files. No name is looked up.

use std::net::IpAddr;

use url::{Host, Url};

/// An http or https address, or what is wrong with it.
pub(crate) fn http(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|_| format!("`{text}` is not an address such as https://example.com/feed.xml"))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(format!("`{text}` is not an http or https address"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        // The address is not repeated: it holds a password.
        return Err("an address with a user name or a password in it is refused".to_owned());
    }
    Ok(url)
}

/// Whether an address stays on this machine by its very form: a loopback number, or exactly `localhost`. Not a name
/// below `localhost`, which a resolver may lead elsewhere.
///
/// The one rule for it: what `copydesk check` accepts as local, what a pin lets through, what is free without a price, and
/// which collector may hold the words of pinned tasks.
pub fn is_this_machine(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else { return false };
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
        None => false,
    }
}

/// Checks an entry of `[net] allow`: exactly one host and one port.
pub(crate) fn host_and_port(text: &str) -> Result<(), String> {
    let wrong = || format!("`{text}` is not a host and a port such as \"127.0.0.1:8899\"");
    let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
    let port: u16 = port.parse().map_err(|_| wrong())?;
    let bare = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let is_host = match bare {
        Some(address) => matches!(address.parse(), Ok(IpAddr::V6(_))),
        None => is_name_or_ipv4(host),
    };
    if port == 0 || !is_host {
        Err(wrong())
    } else {
        Ok(())
    }
}

fn is_name_or_ipv4(host: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    !host.is_empty() && host.bytes().all(is_plain) && Host::parse(host).is_ok()
}

/// One text for addresses that mean the same feed: no fragment, no scheme, no slash at the end.
pub(crate) fn feed_identity(text: &str) -> String {
    let Ok(mut url) = Url::parse(text.trim()) else {
        return text.trim().to_owned();
    };
    url.set_fragment(None);
    let text = url.as_str();
    let without_scheme = text.split_once("://").map_or(text, |(_, rest)| rest);
    without_scheme.trim_end_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_host_and_one_port_are_allowed() {
        for right in [
            "127.0.0.1:8899",
            "localhost:80",
            "[::1]:8080",
            "intranet.example:443",
        ] {
            assert_eq!(host_and_port(right), Ok(()), "{right}");
        }
        for wrong in [
            "127.0.0.1",
            "*:80",
            "10.0.0.0/8:80",
            "http://a:80",
            "a:0",
            "a:99999",
            "::1:80",
            ":80",
            "[a]:1",
        ] {
            assert!(host_and_port(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn passwords_in_addresses_are_refused_and_not_repeated() {
        let message = http("https://me:hunter2@example.com/").unwrap_err();
        assert!(!message.contains("hunter2"));
    }

    #[test]
    fn this_machine_is_told_by_the_form_of_an_address_alone() {
        for here in [
            "http://127.0.0.1:8080/v1",
            "http://localhost:1/v1",
            "http://LocalHost",
            "https://127.9.9.9",
            "http://[::1]:1",
            "http://[::ffff:127.0.0.1]",
        ] {
            assert!(is_this_machine(here), "{here}");
        }
        for elsewhere in [
            "http://models.localhost:1/v1",
            "http://localhost.",
            "http://localhost.example.com",
            "http://0.0.0.0:1",
            "http://10.0.0.1",
            "https://models.example/v1",
            "localhost:8080",
            "nonsense",
        ] {
            assert!(!is_this_machine(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn one_feed_has_one_identity() {
        assert_eq!(
            feed_identity("http://Example.com:80/feed/#top"),
            feed_identity("https://example.com/feed")
        );
    }
}
