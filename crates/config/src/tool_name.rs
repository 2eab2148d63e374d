//! Names of tools as pipelines write them: `server/tool`, or `server/*` for all of a server.

/// The bundled tool servers with their tools.
pub const BUNDLED_SERVERS: &[(&str, &[&str])] = &[
    ("feeds", &["poll"]),
    ("web", &["read", "open"]),
    ("archive", &["search", "get"]),
    ("replies", &["list"]),
    ("desk", &["list", "read", "request_changes"]),
];

/// Whether one of `patterns` stands for `tool` of `server`.
pub fn is_covered<S: AsRef<str>>(patterns: &[S], server: &str, tool: &str) -> bool {
    patterns
        .iter()
        .filter_map(|pattern| pattern.as_ref().split_once('/'))
        .any(|(of_server, of_tool)| of_server == server && (of_tool == "*" || of_tool == tool))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_covers_all_tools_of_its_server_only() {
        let patterns = ["archive/*", "web/open"];
        assert!(is_covered(&patterns, "archive", "search") && is_covered(&patterns, "archive", "*"));
        assert!(is_covered(&patterns, "web", "open") && !is_covered(&patterns, "web", "read"));
        assert!(!is_covered(&patterns, "web", "*") && !is_covered(&patterns, "feeds", "poll"));
    }
}
