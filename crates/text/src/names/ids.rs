//! Identifiers: ids of advisories, names in code.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// Advisory ids, names with `_`, `::` or `@version`, camel case, domain names, what stands between backticks.
static IDS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x) \b(?:CVE|RUSTSEC|GHSA|PYSEC|GO|CWE|RFC|PEP|ISO)-[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*\b
        | (?:RFC|PEP)\s\d+\b
        | \b[A-Za-z][\w-]*(?:::[\w-]+)+
        | (?:@[\w-]+/)?\b[A-Za-z][\w.-]*@v?\d[\w.]*\w
        | \b[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)+\b
        | \b[a-z]+[A-Z][A-Za-z0-9]*\b
        | `[^`\s]{2,60}`
        | \b[a-z][a-z0-9]+\.(?:io|rs|dev|org|com|net|js|ai)\b",
    )
    .expect("the pattern is a constant that the tests compile")
});

/// Ranges of the identifiers of a text, in order; without backticks.
pub(super) fn find(text: &str) -> Vec<Range<usize>> {
    IDS.find_iter(text)
        .map(|found| {
            let range = found.range();
            if found.as_str().starts_with('`') {
                range.start + 1..range.end - 1
            } else {
                range
            }
        })
        .filter(|range| !inside_address(text, range.start))
        .collect()
}

/// Whether a place lies inside an address such as `https://…`.
fn inside_address(text: &str, at: usize) -> bool {
    let token = text[..at].rsplit(char::is_whitespace).next().unwrap_or_default();
    token.contains("://") || token.starts_with("www.")
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
    }
}
