//! Identifiers: ids of advisories, names in code.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Advisory ids, names with `_`, `::` or `@version`, camel case, domain names, what stands between backticks.
///
/// What is read up to an `@` or `::` that may be missing has a bound: else each short name of a long run would cost the run.
static IDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) \b(?:CVE|RUSTSEC|GHSA|PYSEC|GO|CWE|RFC|PEP|ISO)-[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*\b
        | (?:RFC|PEP)\s\d+\b
        | \b[A-Za-z][A-Za-z0-9_-]{0,128}(?:::[\w-]+)+
        | (?:@[\w-]+/)?\b[A-Za-z][A-Za-z0-9_.-]{0,128}@v?\d[\w.]*\w
        | \b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b
        | \b[a-z]+[A-Z][A-Za-z0-9]*\b
        | `[^`\s]{2,60}`
        | \b[a-z][a-z0-9]+\.(?:io|rs|dev|org|com|net|js|ai)\b",
    )
    .expect("the pattern is a constant that the tests compile")
});

/// Ranges of the identifiers of a text, in order and apart from each other; without backticks.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    let mut piece = Piece {
        text,
        read: 0,
        start: 0,
        has_scheme: false,
    };
    IDS.find_iter(text)
        .map(|found| {
            let range = found.range();
            if found.as_str().starts_with('`') {
                range.start + 1..range.end - 1
            } else {
                range
            }
        })
        .filter(|range| !piece.is_address_before(range.start))
        .collect()
}

/// The piece between spaces that a place lies in, for one place after the other: each byte is looked at once.
struct Piece<'a> {
    text: &'a str,
    /// The bytes that were looked at.
    read: usize,
    /// Where the piece begins.
    start: usize,
    /// Whether `://` stands between its beginning and the place.
    has_scheme: bool,
}

impl Piece<'_> {
    /// Whether a place lies inside an address such as `https://…`.
    fn is_address_before(&mut self, at: usize) -> bool {
        let mut new = &self.text[self.read..at];
        if let Some((space, c)) = new.char_indices().rfind(|(_, c)| c.is_whitespace()) {
            self.start = self.read + space + c.len_utf8();
            self.has_scheme = false;
            new = &self.text[self.start..at];
        }
        self.read = at;
        self.has_scheme |= new.contains("://");
        self.has_scheme || self.text[self.start..at].starts_with("www.")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_many_kinds() {
        let text = "CVE-2026-33056 and RUSTSEC-2026-0260 hit arrayref@0.3.10, crate_name, std::fmt, gitHub and `a-b`.";
        let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(
            found,
            [
                "CVE-2026-33056",
                "RUSTSEC-2026-0260",
                "arrayref@0.3.10",
                "crate_name",
                "std::fmt",
                "gitHub",
                "a-b"
            ]
        );
    }

    #[test]
    fn addresses_hold_no_names() {
        assert!(find("https://a.example/some_path/x").is_empty());
        let text = "a_b https://a.example/c_d/e_f g_h www.a.example/i_j\nk_l";
        let found: Vec<&str> = find(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(found, ["a_b", "g_h", "k_l"]);
    }
}
