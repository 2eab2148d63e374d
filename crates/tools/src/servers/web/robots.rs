//! robots.txt, read and matched as RFC 9309 says.

use std::fmt::Write;

/// Bytes read of a file (RFC 9309, section 2.5: at least 500 KiB); the rest counts as absent.
const BYTES_MAX: usize = 500 * 1024;
/// Rules of one group beyond this number are not looked at.
const RULES_MAX: usize = 10_000;

/// The rules of one robots.txt that hold for one crawler.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Robots {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Path pattern in normal form, with `*` and a final `$`.
    pattern: String,
    allows: bool,
}

/// A line that matters.
enum Line<'a> {
    Agent(&'a str),
    Rule(&'a str, bool),
}

impl Robots {
    /// The rules for the crawler named `agent`: those of all groups that name it, else those of all groups for `*`.
    pub(super) fn parse(bytes: &[u8], agent: &str) -> Self {
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(BYTES_MAX)]);
        let lines = || {
            text.trim_start_matches('\u{feff}')
                .split(['\n', '\r'])
                .filter_map(read_line)
        };
        let is_named = lines().any(|line| matches!(line, Line::Agent(name) if is_agent(name, agent)));
        let mut rules = Vec::new();
        let (mut is_ours, mut in_agents) = (false, false);
        for line in lines() {
            match line {
                Line::Agent(name) => {
                    let is_meant = if is_named {
                        is_agent(name, agent)
                    } else {
                        name == "*"
                    };
                    // Agents in a row share the group that follows.
                    is_ours = is_meant || (in_agents && is_ours);
                    in_agents = true;
                }
                Line::Rule(pattern, allows) => {
                    in_agents = false;
                    if is_ours && !pattern.is_empty() && rules.len() < RULES_MAX {
                        rules.push(Rule {
                            pattern: normal(pattern),
                            allows,
                        });
                    }
                }
            }
        }
        Self { rules }
    }

    /// Whether `path` (with its query) may be read: the longest matching rule decides, and of two equally long ones
    /// the one that allows.
    pub(super) fn allows(&self, path: &str) -> bool {
        let path = normal(path);
        if path == "/robots.txt" {
            return true;
        }
        let matching = self.rules.iter().filter(|rule| matches(&rule.pattern, &path));
        matching
            .max_by_key(|rule| (rule.pattern.len(), rule.allows))
            .is_none_or(|rule| rule.allows)
    }
}

fn read_line(line: &str) -> Option<Line<'_>> {
    let line = line.split('#').next().unwrap_or_default();
    let (key, value) = line.split_once(':')?;
    let (key, value) = (key.trim(), value.trim());
    if key.eq_ignore_ascii_case("user-agent") {
        Some(Line::Agent(value))
    } else if key.eq_ignore_ascii_case("allow") {
        Some(Line::Rule(value, true))
    } else if key.eq_ignore_ascii_case("disallow") {
        Some(Line::Rule(value, false))
    } else {
        None
    }
}

/// Whether a group's name is ours: letters, `-` and `_` up to the first other character, whatever the case.
fn is_agent(name: &str, agent: &str) -> bool {
    let end = name
        .find(|c: char| !(c.is_ascii_alphabetic() || matches!(c, '-' | '_')))
        .unwrap_or(name.len());
    name[..end].eq_ignore_ascii_case(agent)
}

/// Percent-encoding in one form: unreserved characters plain, everything outside ASCII encoded, hexadecimal digits
/// in upper case.
fn normal(path: &str) -> String {
    let bytes = path.as_bytes();
    let mut out = String::with_capacity(path.len());
    let mut at = 0;
    while at < bytes.len() {
        let encoded = (bytes[at] == b'%')
            .then(|| bytes.get(at + 1..at + 3))
            .flatten()
            .and_then(hex);
        let byte = encoded.unwrap_or(bytes[at]);
        at += if encoded.is_some() { 3 } else { 1 };
        let is_unreserved = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
        let stays_encoded = encoded.is_some() && !is_unreserved;
        if stays_encoded || !byte.is_ascii_graphic() {
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(byte));
        }
    }
    out
}

fn hex(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits)
        .ok()
        .filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
    u8::from_str_radix(digits, 16).ok()
}

/// Whether `path` starts with `pattern`, `*` standing for anything and a final `$` for the end. Never goes back further
/// than the last `*`, so the work is bounded by the product of the two lengths.
fn matches(pattern: &str, path: &str) -> bool {
    let (pattern, is_whole) = match pattern.strip_suffix('$') {
        Some(pattern) => (pattern, true),
        None => (pattern, false),
    };
    let mut parts = pattern.split('*');
    let Some(mut rest) = path.strip_prefix(parts.next().unwrap_or_default()) else {
        return false;
    };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return !is_whole || rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() && is_whole {
            return rest.ends_with(part);
        }
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(file: &str, path: &str) -> bool {
        Robots::parse(file.as_bytes(), "copydesk").allows(path)
    }

    #[test]
    fn the_longest_rule_decides_and_allow_wins_a_tie() {
        let file = "User-agent: *\nDisallow: /private/\nAllow: /private/open.html\n";
        assert!(!allows(file, "/private/x"));
        assert!(allows(file, "/private/open.html"));
        assert!(allows(file, "/public"));
        assert!(allows("User-agent: *\nDisallow: /a\nAllow: /a", "/a"));
    }

    #[test]
    fn a_group_for_us_replaces_that_for_everyone() {
        let file = "User-agent: *\nDisallow: /\n\nUser-Agent: CopyDesk/1.0\nDisallow: /x\n";
        assert!(allows(file, "/"));
        assert!(!allows(file, "/x"));
        assert!(!allows(
            "User-agent: other\nUser-agent: copydesk\nDisallow: /",
            "/a"
        ));
        assert!(allows("User-agent: copydesk-image\nDisallow: /", "/a"));
    }

    #[test]
    fn groups_with_one_name_are_one_group() {
        let file = "user-agent: copydesk\ndisallow: /a\nuser-agent: *\ndisallow: /\nuser-agent: copydesk\ndisallow: /b";
        assert!(!allows(file, "/a") && !allows(file, "/b") && allows(file, "/c"));
    }

    #[test]
    fn stars_and_the_end_mark_are_understood() {
        let file = "User-agent: *\nDisallow: /*.pdf$\nDisallow: /a*b*c\nDisallow: *secret";
        assert!(!allows(file, "/x/y.pdf") && allows(file, "/x/y.pdf?q"));
        assert!(!allows(file, "/a1b2c3") && allows(file, "/a1c2b3"));
        assert!(!allows(file, "/very/secret"));
        assert!(!allows("User-agent: *\nDisallow: /only$", "/only"));
        assert!(allows("User-agent: *\nDisallow: /only$", "/only/this"));
    }

    #[test]
    fn encodings_are_compared_in_one_form() {
        let file = "User-agent: *\nDisallow: /a%3cd\nDisallow: /\u{e9}t\u{e9}\nDisallow: /%7Ejoe";
        assert!(!allows(file, "/a%3Cd") && !allows(file, "/%C3%A9t%c3%a9") && !allows(file, "/~joe"));
        assert!(!allows("User-agent: *\nDisallow: /a%2Fb", "/a%2fb"));
        assert!(allows("User-agent: *\nDisallow: /a%2Fb", "/a/b"));
    }

    #[test]
    fn nothing_readable_means_everything_allowed() {
        for file in [
            "",
            "Disallow: /",
            "<html>Not: a robots file</html>",
            "User-agent: *\nDisallow:",
        ] {
            assert!(allows(file, "/x"), "{file}");
        }
        assert!(allows("User-agent: *\nDisallow: /", "/robots.txt"));
    }

    #[test]
    fn comments_and_odd_line_ends_are_read_over() {
        let file = "\u{feff}# hello\rUser-agent : * # all\r\nSitemap: /s\nCrawl-delay: 5\r  Disallow:/x # no";
        assert!(!allows(file, "/x") && allows(file, "/y"));
    }

    proptest::proptest! {
        #[test]
        fn no_file_makes_it_fail(file in "(User-agent: |\\*|copydesk|Allow: |Disallow: |/|%|%4|a|\\$|#|é|\n){0,60}", path in "/(\\PC|%|%2F|\\$){0,20}") {
            allows(&file, &path);
            proptest::prop_assert!(allows(&file, "/robots.txt"));
        }

        #[test]
        fn a_plain_rule_is_a_prefix(rule in "/[a-z/]{0,6}", path in "/[a-z/]{0,12}") {
            let file = format!("User-agent: *\nDisallow: {rule}");
            proptest::prop_assert_eq!(allows(&file, &path), !path.starts_with(&rule));
        }
    }
}
