//! Which crate may depend on which.
//!
//! ```text
//! domain ◄ text, config, net, store ◄ journal ◄ llm, tools, guard, publish, telemetry ◄ stages
//! journal ◄ engine ◄ web        publish ◄ web        text, config, guard ◄ eval        all ◄ cli
//! ```
//! A crate may leave rooms out (`text` needs only `domain`), but never point upwards or sideways.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result};
use toml::{Table, Value};

/// Each crate, how high it stands, and its edges. An edge goes to a crate that stands lower.
///
/// The stores of one database stand above all that must not know them: only `cli` picks one.
const CRATES: &[(&str, u8, &[&str])] = &[
    ("domain", 0, &[]),
    ("text", 1, &["domain"]),
    ("config", 1, &["domain"]),
    ("net", 1, &["domain"]),
    ("store", 1, &["domain"]),
    ("journal", 2, &["domain", "config", "store"]),
    ("llm", 3, &["domain", "text", "config", "net", "store", "journal"]),
    (
        "tools",
        3,
        &["domain", "text", "config", "net", "store", "journal"],
    ),
    ("guard", 3, &["domain", "text", "store", "journal"]),
    ("publish", 3, &["domain", "config", "net", "journal"]),
    ("telemetry", 3, &["domain", "net", "journal"]),
    ("engine", 3, &["domain", "config", "store", "journal"]),
    (
        "stages",
        4,
        &["domain", "text", "config", "store", "journal", "guard", "publish"],
    ),
    (
        "web",
        4,
        &["domain", "config", "store", "journal", "publish", "engine"],
    ),
    ("eval", 4, &["domain", "text", "config", "guard"]),
    ("store-memory", 5, &["domain", "store"]),
    ("store-sqlite", 5, &["domain", "store"]),
    (
        "cli",
        6,
        &[
            "domain",
            "text",
            "config",
            "net",
            "store",
            "store-memory",
            "store-sqlite",
            "journal",
            "llm",
            "tools",
            "guard",
            "publish",
            "stages",
            "engine",
            "web",
            "eval",
            "telemetry",
        ],
    ),
];

/// Tests may also use a crate that stands lower, and this one: a store without a disk.
const FOR_TESTS: &str = "store-memory";

/// Libraries that one room keeps to itself; the stores of a database count as one.
const KEPT: &[(&str, &str)] = &[
    ("async-openai", "llm"),
    ("clap", "cli"),
    ("lettre", "cli"),
    ("opentelemetry-proto", "telemetry"),
    ("rmcp", "tools"),
    ("sd-notify", "net"),
    ("sqlx", "store-sqlite"),
    ("tokio-cron-scheduler", "engine"),
];

/// The crate whose bench sets a loop beside the program that uses these libraries bare, so that nothing of ours is in it.
const MEASURED: (&str, &[&str]) = ("cli", &["async-openai", "rmcp", "sqlx"]);

/// What a crate's `Cargo.toml` says.
pub(super) struct Manifest {
    /// The folder below `crates`.
    crate_name: String,
    table: Table,
}

/// The manifests of all crates.
pub(super) fn manifests(root: &Path) -> Result<Vec<Manifest>> {
    let mut manifests = Vec::new();
    for entry in std::fs::read_dir(root.join("crates"))? {
        let folder = entry?.path();
        let file = folder.join("Cargo.toml");
        if !file.exists() {
            continue;
        }
        let text = std::fs::read_to_string(&file)?;
        let table = text.parse().with_context(|| file.display().to_string())?;
        let name = folder.file_name().expect("an entry has a name");
        manifests.push(Manifest {
            crate_name: name.to_string_lossy().into_owned(),
            table,
        });
    }
    Ok(manifests)
}

/// Every edge that is not listed, every listed one that nobody uses, and manifests that leave the common ground.
pub(super) fn check(manifests: &[Manifest]) -> Vec<String> {
    let mut findings = Vec::new();
    for manifest in manifests {
        let name = &manifest.crate_name;
        let Some((_, height, listed)) = CRATES.iter().find(|(known, ..)| known == name) else {
            findings.push(format!("crates/{name}: not in the list of crates and edges"));
            continue;
        };
        findings.extend(common_ground(manifest));
        let used = edges(&manifest.table, &["dependencies", "build-dependencies"]);
        for to in used.iter().filter(|to| !listed.contains(&to.as_str())) {
            findings.push(format!(
                "crates/{name}/Cargo.toml: the edge {name} → {to} is not listed"
            ));
        }
        for to in listed.iter().filter(|to| !used.contains(**to)) {
            findings.push(format!("the edge {name} → {to} is listed, but not used"));
        }
        for to in edges(&manifest.table, &["dev-dependencies"]) {
            let is_lower = height_of(&to).is_some_and(|to| to < *height);
            if !is_lower && to != FOR_TESTS {
                findings.push(format!(
                    "crates/{name}/Cargo.toml: tests of {name} must not use {to}"
                ));
            }
        }
    }
    findings
}

fn common_ground(manifest: &Manifest) -> Vec<String> {
    let Manifest { crate_name, table } = manifest;
    let mut findings = Vec::new();
    let package = table.get("package").and_then(|package| package.get("name"));
    if package.and_then(Value::as_str) != Some(&format!("copydesk-{crate_name}")) {
        findings.push(format!(
            "crates/{crate_name}/Cargo.toml: the package is not called copydesk-{crate_name}"
        ));
    }
    let lints = table.get("lints").and_then(|lints| lints.get("workspace"));
    if lints.and_then(Value::as_bool) != Some(true) {
        findings.push(format!(
            "crates/{crate_name}/Cargo.toml: the lints are not those of the workspace"
        ));
    }
    let shipped = dependencies(table, &["dependencies", "build-dependencies"]);
    let others = dependencies(table, &["dev-dependencies"]);
    let (bench, libraries) = MEASURED;
    for (library, keeper) in KEPT {
        let is_measured = crate_name == bench && libraries.contains(library);
        let is_used = shipped.contains_key(*library) || others.contains_key(*library) && !is_measured;
        if is_used && crate_name != keeper {
            findings.push(format!(
                "crates/{crate_name}/Cargo.toml: only {keeper} uses {library}"
            ));
        }
    }
    findings
}

fn height_of(name: &str) -> Option<u8> {
    CRATES
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, height, _)| *height)
}

/// Our own crates among the dependencies, by folder.
fn edges(table: &Table, kinds: &[&str]) -> BTreeSet<String> {
    let all = dependencies(table, kinds);
    all.keys()
        .filter_map(|name| name.strip_prefix("copydesk-"))
        .map(str::to_owned)
        .collect()
}

/// Dependencies of these kinds, those of single platforms included, under the names of their packages.
fn dependencies(table: &Table, kinds: &[&str]) -> BTreeMap<String, Value> {
    let mut tables = vec![table];
    let platforms = table.get("target").and_then(Value::as_table);
    tables.extend(
        platforms
            .into_iter()
            .flat_map(Table::values)
            .filter_map(Value::as_table),
    );
    let mut all = BTreeMap::new();
    for table in tables {
        for kind in kinds {
            let Some(listed) = table.get(*kind).and_then(Value::as_table) else {
                continue;
            };
            for (name, value) in listed {
                let package = value.get("package").and_then(Value::as_str).unwrap_or(name);
                all.insert(package.to_owned(), value.clone());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(crate_name: &str, rest: &str) -> Manifest {
        let text = format!("[package]\nname = \"copydesk-{crate_name}\"\n[lints]\nworkspace = true\n{rest}");
        Manifest {
            crate_name: crate_name.to_owned(),
            table: text.parse().unwrap(),
        }
    }

    fn findings(crate_name: &str, rest: &str) -> Vec<String> {
        check(&[manifest(crate_name, rest)])
    }

    const TEXT: &str = "[dependencies]\ncopydesk-domain.workspace = true\n";

    #[test]
    fn every_listed_edge_points_down() {
        for (name, height, edges) in CRATES {
            for to in *edges {
                let lower = height_of(to).unwrap_or_else(|| panic!("{name} → {to}: no such crate"));
                assert!(lower < *height, "{name} → {to}");
            }
        }
    }

    #[test]
    fn every_crate_is_listed_once() {
        let names: BTreeSet<_> = CRATES.iter().map(|(name, ..)| name).collect();
        assert_eq!(names.len(), CRATES.len());
    }

    #[test]
    fn only_the_program_knows_a_database() {
        for (name, _, edges) in CRATES.iter().filter(|(name, ..)| *name != "cli") {
            assert!(!edges.iter().any(|to| to.starts_with("store-")), "{name}");
        }
    }

    #[test]
    fn the_engine_knows_no_stage_no_channel_no_vendor() {
        let (_, _, edges) = CRATES.iter().find(|(name, ..)| *name == "engine").unwrap();
        for to in ["stages", "publish", "llm", "tools", "net", "guard"] {
            assert!(!edges.contains(&to), "{to}");
        }
    }

    #[test]
    fn the_listed_edges_are_fine() {
        assert_eq!(findings("text", TEXT), Vec::<String>::new());
    }

    #[test]
    fn an_edge_that_is_not_listed_is_found() {
        let found = findings("text", &format!("{TEXT}copydesk-net.workspace = true\n"));
        assert_eq!(
            found,
            ["crates/text/Cargo.toml: the edge text → net is not listed"]
        );
    }

    #[test]
    fn an_edge_of_one_platform_or_under_another_name_is_found() {
        let rest =
            "[target.'cfg(unix)'.dependencies]\nwires = { package = \"copydesk-net\", path = \"../net\" }\n";
        let found = findings("text", &format!("{TEXT}{rest}"));
        assert_eq!(
            found,
            ["crates/text/Cargo.toml: the edge text → net is not listed"]
        );
    }

    #[test]
    fn a_listed_edge_without_use_is_found() {
        assert_eq!(
            findings("text", ""),
            ["the edge text → domain is listed, but not used"]
        );
    }

    #[test]
    fn tests_may_look_down_but_not_up() {
        let with = |to: &str| {
            findings(
                "text",
                &format!("{TEXT}[dev-dependencies]\ncopydesk-{to}.workspace = true\n"),
            )
        };
        assert!(with("domain").is_empty());
        assert!(with("store-memory").is_empty());
        assert_eq!(
            with("stages"),
            ["crates/text/Cargo.toml: tests of text must not use stages"]
        );
    }

    #[test]
    fn a_library_has_one_keeper() {
        let found = findings("text", &format!("{TEXT}sqlx.workspace = true\n"));
        assert_eq!(found, ["crates/text/Cargo.toml: only store-sqlite uses sqlx"]);
        let of_tests = findings(
            "text",
            &format!("{TEXT}[dev-dependencies]\nsqlx.workspace = true\n"),
        );
        assert_eq!(of_tests, found);
    }

    #[test]
    fn an_unknown_crate_and_a_strange_name_are_found() {
        assert_eq!(
            findings("misc", ""),
            ["crates/misc: not in the list of crates and edges"]
        );
        let mut strange = manifest("text", TEXT);
        strange.table = format!("[package]\nname = \"words\"\n{TEXT}").parse().unwrap();
        assert_eq!(
            check(&[strange]),
            [
                "crates/text/Cargo.toml: the package is not called copydesk-text",
                "crates/text/Cargo.toml: the lints are not those of the workspace",
            ]
        );
    }
}
