//! Judging numeric addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::Refusal;

/// A range of IPv4 addresses: first address, prefix length in bits, and why it is refused.
type Range4 = (Ipv4Addr, u32, Refusal);
/// A range of IPv6 addresses, likewise.
type Range6 = (Ipv6Addr, u32, Refusal);

/// IPv4 ranges that are not public unicast, the narrower ones first.
///
/// # Source
/// IANA IPv4 Special-Purpose Address Registry; 168.63.129.16 is the host agent of one large cloud and lies in
/// public space, 100.100.100.200 is the metadata service of another.
const REFUSED_4: [Range4; 20] = [
    (Ipv4Addr::new(168, 63, 129, 16), 32, Refusal::Metadata),
    (Ipv4Addr::new(100, 100, 100, 200), 32, Refusal::Metadata),
    (Ipv4Addr::new(192, 0, 0, 192), 32, Refusal::Metadata),
    (Ipv4Addr::UNSPECIFIED, 8, Refusal::Unspecified),
    (Ipv4Addr::new(10, 0, 0, 0), 8, Refusal::Private),
    (Ipv4Addr::new(100, 64, 0, 0), 10, Refusal::Shared),
    (Ipv4Addr::new(127, 0, 0, 0), 8, Refusal::Loopback),
    (Ipv4Addr::new(169, 254, 0, 0), 16, Refusal::LinkLocal),
    (Ipv4Addr::new(172, 16, 0, 0), 12, Refusal::Private),
    (Ipv4Addr::new(192, 0, 0, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(192, 0, 2, 0), 24, Refusal::Documentation),
    (Ipv4Addr::new(192, 88, 99, 0), 24, Refusal::Reserved),
    (Ipv4Addr::new(192, 168, 0, 0), 16, Refusal::Private),
    (Ipv4Addr::new(198, 18, 0, 0), 15, Refusal::Benchmarking),
    (Ipv4Addr::new(198, 51, 100, 0), 24, Refusal::Documentation),
    (Ipv4Addr::new(203, 0, 113, 0), 24, Refusal::Documentation),
    (Ipv4Addr::new(233, 252, 0, 0), 24, Refusal::Documentation),
    (Ipv4Addr::new(224, 0, 0, 0), 4, Refusal::Multicast),
    (Ipv4Addr::BROADCAST, 32, Refusal::Broadcast),
    (Ipv4Addr::new(240, 0, 0, 0), 4, Refusal::Reserved),
];

/// IPv6 ranges with a reason of their own, the narrower ones first. Whatever lies outside 2000::/3 is refused
/// as reserved without being listed.
///
/// # Source
/// IANA IPv6 Special-Purpose Address Registry. 2001::/23 holds Teredo, benchmarking and ORCHID.
const REFUSED_6: [Range6; 18] = [
    (Ipv6Addr::UNSPECIFIED, 128, Refusal::Unspecified),
    (Ipv6Addr::LOCALHOST, 128, Refusal::Loopback),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96, Refusal::Embedded),
    (Ipv6Addr::new(0, 0, 0, 0, 0xffff, 0, 0, 0), 96, Refusal::Embedded),
    (Ipv6Addr::UNSPECIFIED, 96, Refusal::Embedded),
    (
        Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0),
        96,
        Refusal::Embedded,
    ),
    (
        Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, 0, 0),
        48,
        Refusal::Embedded,
    ),
    (
        Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
        128,
        Refusal::Metadata,
    ),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, Refusal::Private),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, Refusal::LinkLocal),
    (Ipv6Addr::new(0xfec0, 0, 0, 0, 0, 0, 0, 0), 10, Refusal::SiteLocal),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, Refusal::Multicast),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 32, Refusal::Embedded),
    (
        Ipv6Addr::new(0x2001, 2, 0, 0, 0, 0, 0, 0),
        48,
        Refusal::Benchmarking,
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        Refusal::Documentation,
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        Refusal::Documentation,
    ),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, Refusal::Embedded),
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, Refusal::Reserved),
];

/// The one block from which public IPv6 unicast addresses are given out.
const PUBLIC_6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Judges a numeric address: `None` for public unicast, else why it must not be dialled.
///
/// IPv6 addresses that carry an IPv4 address are refused whatever they carry: no public site needs them.
pub fn judge_address(address: IpAddr) -> Option<Refusal> {
    match address {
        IpAddr::V4(address) => judge_4(address),
        IpAddr::V6(address) => judge_6(address),
    }
}

fn judge_4(address: Ipv4Addr) -> Option<Refusal> {
    let bits = address.to_bits();
    REFUSED_4
        .iter()
        .find(|(first, prefix, _)| (bits ^ first.to_bits()).leading_zeros() >= *prefix)
        .map(|(_, _, refusal)| *refusal)
}

fn judge_6(address: Ipv6Addr) -> Option<Refusal> {
    let bits = address.to_bits();
    let within = |first: Ipv6Addr, prefix: u32| (bits ^ first.to_bits()).leading_zeros() >= prefix;
    let listed = REFUSED_6
        .iter()
        .find(|(first, prefix, _)| within(*first, *prefix));
    match listed {
        Some((_, _, refusal)) => Some(*refusal),
        None if within(PUBLIC_6.0, PUBLIC_6.1) => None,
        None => Some(Refusal::Reserved),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(text: &str) -> Option<Refusal> {
        judge_address(text.parse().unwrap())
    }

    #[test]
    fn public_unicast_passes() {
        for text in [
            "1.1.1.1",
            "93.184.216.34",
            "172.32.0.1",
            "100.128.0.1",
            "223.255.255.254",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert_eq!(judge(text), None, "{text}");
        }
    }

    #[test]
    fn the_edges_of_ranges_are_inside() {
        for (text, refusal) in [
            ("172.31.255.255", Refusal::Private),
            ("100.127.255.255", Refusal::Shared),
            ("198.19.255.255", Refusal::Benchmarking),
            ("239.255.255.255", Refusal::Multicast),
            ("255.255.255.254", Refusal::Reserved),
            ("255.255.255.255", Refusal::Broadcast),
            ("0.255.255.255", Refusal::Unspecified),
            ("febf::1", Refusal::LinkLocal),
            ("fdff::1", Refusal::Private),
            ("3fff:fff::1", Refusal::Documentation),
        ] {
            assert_eq!(judge(text), Some(refusal), "{text}");
        }
    }

    #[test]
    fn an_ipv4_address_inside_an_ipv6_address_is_refused_even_when_public() {
        for text in [
            "::ffff:1.1.1.1",
            "::1.1.1.1",
            "64:ff9b::101:101",
            "2002:101:101::1",
            "2001::fefe:fefe",
        ] {
            assert_eq!(judge(text), Some(Refusal::Embedded), "{text}");
        }
    }

    #[test]
    fn whatever_lies_outside_the_public_ipv6_block_is_refused() {
        for text in ["100::1", "5f00::1", "4000::1", "1::1", "8000::1"] {
            assert_eq!(judge(text), Some(Refusal::Reserved), "{text}");
        }
    }
}
