//! Names of steps that are about texts of others.

use copydesk_domain::ContentHash;

/// Hex digits of a hash in a key: 128 bits. Two texts of one key would end the stage, since a step with another input is
/// taken for a bug, and in 48 bits anybody finds such a pair within minutes.
const DIGITS: usize = 32;

/// What stands for an address, or whatever else somebody else chose, in the key of a step.
pub(crate) fn of_text(text: &str) -> String {
    of_hash(&ContentHash::of(text.as_bytes()))
}

/// The same for what has a hash already.
pub(crate) fn of_hash(hash: &ContentHash) -> String {
    hash.short(DIGITS)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pair was found by trying 30 million addresses, which took 50 seconds.
    #[test]
    fn two_addresses_whose_hashes_begin_alike_are_two_steps() {
        let (one, other) = ("https://a.example/926326", "https://a.example/29902992");
        let hash = |text: &str| ContentHash::of(text.as_bytes());
        assert_eq!(hash(one).short(12), hash(other).short(12));
        assert_ne!(of_text(one), of_text(other));
    }
}
