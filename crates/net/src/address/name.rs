//! Judging host names before they are looked up.

use super::Refusal;

/// Names that mean this machine, with everything below them.
const THIS_MACHINE: [&str; 4] = ["localhost", "localdomain", "localhost4", "localhost6"];

/// Names without a dot that systems bind to this machine.
const THIS_MACHINE_SHORT: [&str; 4] = ["ip6-localhost", "ip6-loopback", "ip6-localnet", "broadcasthost"];

/// Suffixes that are used inside networks or are reserved never to be looked up in public.
///
/// # Source
/// RFC 6761, 6762 (appendix G), 7686, 8375; ICANN's reservation of `internal`; names that IANA keeps out of the
/// public root because networks use them (`corp`, `home`, `mail`).
const LOCAL_SUFFIXES: [&str; 14] = [
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
    "mail",
    "onion",
    "invalid",
    "in-addr.arpa",
    "ip6.arpa",
    "docker",
];

/// Judges a name in ASCII form, lower case, without its trailing dot: `None` when it may be looked up.
///
/// That a name may be looked up says nothing about the addresses behind it; those are judged when dialled.
pub(super) fn judge_name(name: &str) -> Option<Refusal> {
    if name.is_empty()
        || name.len() > 253
        || name.split('.').any(|label| label.is_empty() || label.len() > 63)
    {
        return Some(Refusal::Malformed);
    }
    if THIS_MACHINE.iter().any(|suffix| is_under(name, suffix)) || THIS_MACHINE_SHORT.contains(&name) {
        return Some(Refusal::LocalhostName);
    }
    if !name.contains('.') {
        return Some(Refusal::SingleLabel);
    }
    LOCAL_SUFFIXES
        .iter()
        .any(|suffix| is_under(name, suffix))
        .then_some(Refusal::LocalName)
}

fn is_under(name: &str, suffix: &str) -> bool {
    name.strip_suffix(suffix)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_names_may_be_looked_up() {
        for name in [
            "news.example",
            "blog.rust-lang.org",
            "xn--bcher-kva.example",
            "notlocal.org",
            "mylocalhost.net",
        ] {
            assert_eq!(judge_name(name), None, "{name}");
        }
    }

    #[test]
    fn names_of_machine_and_network_may_not() {
        for (name, refusal) in [
            ("localhost", Refusal::LocalhostName),
            ("a.b.localhost", Refusal::LocalhostName),
            ("localhost.localdomain", Refusal::LocalhostName),
            ("ip6-localhost", Refusal::LocalhostName),
            ("intranet", Refusal::SingleLabel),
            ("printer.local", Refusal::LocalName),
            ("metadata.google.internal", Refusal::LocalName),
            ("router.home.arpa", Refusal::LocalName),
            ("a..example", Refusal::Malformed),
        ] {
            assert_eq!(judge_name(name), Some(refusal), "{name}");
        }
    }
}
