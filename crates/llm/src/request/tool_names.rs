//! Names of tools on the wire: `server/tool` becomes `server__tool`, since the chat API takes no slash.

use std::collections::BTreeMap;

use copydesk_journal::{ToolName, ToolSpec};

/// Longest name that the chat API takes.
const LENGTH_MAX: usize = 64;

/// Both directions, for the tools that one call offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct ToolNames {
    by_wire: BTreeMap<String, ToolName>,
}

impl ToolNames {
    /// The names of `tools`; two that would look alike on the wire get numbers.
    pub(crate) fn of(tools: &[ToolSpec]) -> Self {
        let mut by_wire = BTreeMap::new();
        for tool in tools {
            let plain = wire_form(&tool.name.to_string());
            let mut wire = plain.clone();
            let mut number = 2;
            while by_wire.contains_key(&wire) {
                wire = format!("{}_{number}", &plain[..plain.len().min(LENGTH_MAX - 4)]);
                number += 1;
            }
            by_wire.insert(wire, tool.name.clone());
        }
        Self { by_wire }
    }

    /// The tool behind a name of the wire. Models that write the plain name are understood too.
    pub(crate) fn tool(&self, wire: &str) -> Option<&ToolName> {
        let written = wire.trim();
        self.by_wire
            .get(written)
            .or_else(|| self.by_wire.values().find(|tool| tool.to_string() == written))
    }

    /// The wire's name of a tool; one that is no longer offered keeps the form it would have had.
    pub(crate) fn wire(&self, tool: &str) -> String {
        let offered = self.by_wire.iter().find(|(_, name)| name.to_string() == tool);
        offered.map_or_else(|| wire_form(tool), |(wire, _)| wire.clone())
    }
}

/// Only ASCII letters, digits, `_` and `-`, at most 64.
fn wire_form(name: &str) -> String {
    let joined = name.replace('/', "__");
    let allowed = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' {
            c
        } else {
            '_'
        }
    };
    joined.chars().map(allowed).take(LENGTH_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(name: &str) -> ToolSpec {
        ToolSpec {
            name: name.parse().unwrap(),
            description: String::new(),
            input_schema: serde_json::Value::Null,
            is_read_only: true,
        }
    }

    #[test]
    fn names_go_to_the_wire_and_back() {
        let names = ToolNames::of(&[
            spec("archive/search"),
            spec("web/open"),
            spec("web/öpen"),
            spec("web/_pen"),
        ]);
        assert_eq!(names.wire("archive/search"), "archive__search");
        for tool in ["archive/search", "web/open", "web/öpen", "web/_pen"] {
            assert_eq!(names.tool(&names.wire(tool)).unwrap().to_string(), tool);
        }
        assert_eq!(
            names.tool("archive/search").unwrap().to_string(),
            "archive/search"
        );
        assert_eq!(names.tool("archive__drop"), None);
    }

    #[test]
    fn long_names_fit() {
        let long = format!("server/{}", "x".repeat(100));
        let names = ToolNames::of(&[spec(&long), spec(&format!("{long}y"))]);
        assert_eq!(names.wire(&long).len(), 64);
        assert_ne!(names.wire(&long), names.wire(&format!("{long}y")));
        assert!(names.wire(&format!("{long}y")).len() <= 64);
    }
}
