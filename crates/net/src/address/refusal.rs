//! Why an address is not dialled.

use std::fmt;

/// Why the guarded connector leaves an address alone.
///
/// [`reason`](Self::reason) is a short text that stays the same between versions, so that people can search for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// No address, or one that programs read in different ways.
    Malformed,
    /// Longer than any honest address.
    TooLong,
    /// Neither `http` nor `https`.
    Scheme,
    /// A user name or password stands before the host.
    Login,
    /// A port other than 80, 443, 8080 and 8443.
    Port,
    /// A name without a dot: it would be looked up in the local network.
    SingleLabel,
    /// A name that belongs to this machine, such as `localhost`.
    LocalhostName,
    /// A name that belongs to a local network or is never looked up, such as `printer.local`.
    LocalName,
    /// 127.0.0.0/8 and ::1.
    Loopback,
    /// 0.0.0.0/8 and ::.
    Unspecified,
    /// Private networks (RFC 1918) and unique local addresses (RFC 4193).
    Private,
    /// Carrier-grade NAT, 100.64.0.0/10.
    Shared,
    /// 169.254.0.0/16 and fe80::/10, where cloud metadata lives as well.
    LinkLocal,
    /// The metadata service of a cloud outside the link-local range.
    Metadata,
    /// Site-local addresses, fec0::/10.
    SiteLocal,
    /// Multicast groups.
    Multicast,
    /// 255.255.255.255.
    Broadcast,
    /// Set aside for documentation.
    Documentation,
    /// Set aside for benchmarks.
    Benchmarking,
    /// An IPv6 address that stands for an IPv4 one: mapped, compatible, translated, 6to4, NAT64, Teredo.
    Embedded,
    /// Any other range that is not public unicast.
    Reserved,
    /// A redirect from `https` to `http`.
    Downgrade,
}

impl Refusal {
    /// The reason as a short lower-case text that does not change between versions.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Malformed => "malformed address",
            Self::TooLong => "address too long",
            Self::Scheme => "scheme is neither http nor https",
            Self::Login => "login in the address",
            Self::Port => "port not allowed",
            Self::SingleLabel => "name without a dot",
            Self::LocalhostName => "name of this machine",
            Self::LocalName => "name of a local network",
            Self::Loopback => "loopback address",
            Self::Unspecified => "unspecified address",
            Self::Private => "private address",
            Self::Shared => "shared address of a carrier",
            Self::LinkLocal => "link-local address",
            Self::Metadata => "metadata service of a cloud",
            Self::SiteLocal => "site-local address",
            Self::Multicast => "multicast address",
            Self::Broadcast => "broadcast address",
            Self::Documentation => "documentation address",
            Self::Benchmarking => "benchmarking address",
            Self::Embedded => "IPv6 address that stands for an IPv4 address",
            Self::Reserved => "reserved address",
            Self::Downgrade => "redirect from https to http",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason())
    }
}
