//! Words that only some crates may use. Tests are free, except where a rule says otherwise.
//!
//! Clippy's `disallowed-methods` sees through imports and aliases; these rules see what it cannot: which crate it is.

use super::source::Source;

/// Words, who may use them, and what the rest does instead.
struct Rule {
    words: &'static [&'static str],
    /// Crates; `store-*` is every crate whose name starts so.
    allowed: &'static [&'static str],
    instead: &'static str,
}

const RULES: &[Rule] = &[
    Rule {
        words: &["sqlx"],
        allowed: &["store-*"],
        instead: "a database is reached through the traits of copydesk-store",
    },
    Rule {
        words: &["async_openai"],
        allowed: &["llm"],
        instead: "models are asked through the journal",
    },
    Rule {
        words: &["rmcp"],
        allowed: &["tools"],
        instead: "tools are called through the journal",
    },
    Rule {
        words: &[
            "env::var",
            "env::vars",
            "env::var_os",
            "env::vars_os",
            "env::set_var",
            "env::remove_var",
        ],
        allowed: &["config"],
        instead: "the environment is read by copydesk_config::Environment",
    },
    Rule {
        words: &[
            "TcpListener::bind",
            "UnixListener::bind",
            "UdpSocket",
            "TcpSocket",
        ],
        allowed: &["net"],
        instead: "listeners come from copydesk_net::listen",
    },
    Rule {
        words: &[
            "TcpStream::connect",
            "UnixStream::connect",
            "lookup_host",
            "ToSocketAddrs",
        ],
        allowed: &["net"],
        instead: "connections come from copydesk_net",
    },
    Rule {
        words: &["Client::new", "Client::builder", "ClientBuilder::new"],
        allowed: &["net"],
        instead: "HTTP clients come from copydesk_net::trusted_client or GuardedClient",
    },
    Rule {
        words: &[
            "SystemTime::now",
            "Timestamp::now",
            "Zoned::now",
            "Utc::now",
            "Local::now",
            "TimeZone::system",
        ],
        allowed: &["net"],
        instead: "the time comes from Clock",
    },
    Rule {
        words: &["std::fs", "tokio::fs"],
        allowed: &["cli", "config", "net", "publish", "store-*", "tools"],
        instead: "what is kept goes through the store; what a person edits through copydesk-config",
    },
    Rule {
        words: &["process::Command", "process_wrap"],
        allowed: &["cli", "tools"],
        instead: "programs are started by the hub of copydesk-tools",
    },
    Rule {
        words: &["Untrusted::inspect"],
        allowed: INSPECTORS,
        instead: INSTEAD_OF_INSPECTION,
    },
];

/// Who may look at text from outside: those that measure it and those that keep it.
const INSPECTORS: &[&str] = &[
    "text", "guard", "llm", "stages", "store", "store-*", "journal", "domain",
];
const INSTEAD_OF_INSPECTION: &str =
    "text from outside leaves through verify_span, listed, escape, prompt_data or persist";

/// Everything in these sources that a rule forbids.
pub(super) fn check(sources: &[Source]) -> Vec<String> {
    let mut findings = Vec::new();
    for source in sources {
        for rule in RULES
            .iter()
            .filter(|rule| !is_among(&source.crate_name, rule.allowed))
        {
            for word in rule.words {
                report(
                    &mut findings,
                    source,
                    places(&source.code, word),
                    word,
                    rule.instead,
                );
            }
        }
        if !is_among(&source.crate_name, INSPECTORS) {
            report(
                &mut findings,
                source,
                inspections(&source.code),
                ".inspect()",
                INSTEAD_OF_INSPECTION,
            );
        }
        let instead = "`#[expect(…, reason = \"…\")]` says when it is no longer needed";
        report(&mut findings, source, allows(&source.all_code), "allow", instead);
    }
    findings
}

fn report(findings: &mut Vec<String>, source: &Source, places: Vec<usize>, word: &str, instead: &str) {
    for place in places {
        let line = 1 + source.all_code[..place].matches('\n').count();
        let path = &source.path;
        findings.push(format!("{path}:{line}: `{word}`: {instead}"));
    }
}

fn is_among(name: &str, allowed: &[&str]) -> bool {
    allowed.iter().any(|pattern| {
        let prefix = pattern.strip_suffix('*');
        prefix.map_or(name == *pattern, |prefix| name.starts_with(prefix))
    })
}

/// Where a word stands whole.
fn places(code: &str, word: &str) -> Vec<usize> {
    let in_word = |character: char| character == '_' || character.is_alphanumeric();
    code.match_indices(word)
        .map(|(at, _)| at)
        .filter(|at| !code[..*at].ends_with(in_word) && !code[*at + word.len()..].starts_with(in_word))
        .collect()
}

/// Where a value from outside is looked at. Iterators and options have an `inspect` too, with an argument, and the
/// hub has one that is awaited; neither is meant.
fn inspections(code: &str) -> Vec<usize> {
    const CALL: &str = ".inspect()";
    code.match_indices(CALL)
        .map(|(at, _)| at)
        .filter(|at| !code[*at + CALL.len()..].trim_start().starts_with(".await"))
        .collect()
}

/// Where a lint is switched off without an end.
fn allows(code: &str) -> Vec<usize> {
    let mut places: Vec<usize> = ["#[allow(", "#![allow("]
        .iter()
        .flat_map(|attribute| code.match_indices(attribute).map(|(at, _)| at))
        .collect();
    places.sort_unstable();
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(crate_name: &str, code: &str) -> Vec<String> {
        check(&[Source {
            path: "f.rs".to_owned(),
            crate_name: crate_name.to_owned(),
            all_code: code.to_owned(),
            code: code.to_owned(),
        }])
    }

    #[test]
    fn a_word_belongs_to_its_crate() {
        assert!(findings("store-sqlite", "use sqlx::Row;").is_empty());
        assert_eq!(
            findings("engine", "\nuse sqlx::Row;"),
            ["f.rs:2: `sqlx`: a database is reached through the traits of copydesk-store"]
        );
    }

    #[test]
    fn only_whole_words_count() {
        assert!(findings("engine", "let my_sqlx = sqlx_like(); std::env::vars_of();").is_empty());
        assert_eq!(findings("engine", "std::env::var_os(x)").len(), 1);
        assert!(findings("cli", "std::env::args_os()").is_empty());
    }

    #[test]
    fn the_clock_and_sockets_belong_to_net() {
        let code = "jiff::Timestamp::now(); SystemTime::now(); TcpListener::bind(x)";
        assert_eq!(findings("tools", code).len(), 3);
        assert!(findings("net", code).is_empty());
    }

    #[test]
    fn only_crates_that_measure_text_look_at_it() {
        assert_eq!(findings("web", "page.title.inspect()").len(), 1);
        assert_eq!(findings("web", ".map(Untrusted::inspect)").len(), 1);
        assert!(findings("guard", "page.title.inspect()").is_empty());
    }

    #[test]
    fn an_iterator_or_the_hub_may_be_inspected() {
        assert!(findings("web", "rows.inspect(|row| show(row))").is_empty());
        assert!(findings("cli", "hub\n    .inspect()\n    .await").is_empty());
    }

    #[test]
    fn a_lint_is_never_switched_off_for_good() {
        assert_eq!(findings("net", "#[allow(dead_code)] fn a() {}").len(), 1);
        assert_eq!(findings("net", "#![allow(dead_code)]").len(), 1);
        assert!(findings("net", "#[expect(dead_code, reason = )]").is_empty());
    }
}
