//! Programs that tests start: those that are missing are installed where this is possible, and named where not.
//!
//! Nothing here fails the check: a test whose program is missing says that it is skipped.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::Result;

use crate::model_servers;
use crate::phase::is_there;

/// The MCP server of other people's making that the hub is tried with. `crates/tools/tests/everything.rs` looks for
/// exactly this version in the same folder.
const TOOL_SERVER: &str = "@modelcontextprotocol/server-everything";
const TOOL_SERVER_VERSION: &str = "2026.8.31";

/// What tests start, under any of its names, with Debian's package for it.
const PROGRAMS: &[(&str, &[&str], &str)] = &[
    (
        "Chromium",
        &["chromium", "chromium-browser", "google-chrome"],
        "chromium",
    ),
    ("ChromeDriver", &["chromedriver"], "chromium-driver"),
    ("Python", &["python3"], "python3"),
    ("npm", &["npm"], "npm"),
    ("OpenSSL", &["openssl"], "openssl"),
    ("strace", &["strace"], "strace"),
    ("faketime", &["faketime"], "faketime"),
];

/// Installs what is missing and says what stays missing.
pub(crate) fn run(root: &Path) -> Result<()> {
    let packages: Vec<&str> = missing().map(|(_, _, package)| *package).collect();
    if !packages.is_empty() && is_root() && is_there("apt-get") {
        install_packages(&packages);
    }
    for (name, _, package) in missing() {
        println!("missing: {name} (Debian: {package}); tests that start it are skipped");
    }
    if !is_root() && missing().next().is_some() {
        println!("missing programs are installed only by root on Debian");
    }
    if is_there("npm") {
        install_tool_server(root)?;
    }
    model_servers::run(root, &target(root).join("third-party"))
}

fn missing() -> impl Iterator<Item = &'static (&'static str, &'static [&'static str], &'static str)> {
    PROGRAMS
        .iter()
        .filter(|(_, names, _)| !names.iter().any(|name| is_there(name)))
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn install_packages(packages: &[&str]) {
    println!("installing: {}", packages.join(", "));
    let mut update = Command::new("apt-get");
    update.args(["update", "-qq"]);
    let mut install = Command::new("apt-get");
    install
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages);
    for command in [&mut update, &mut install] {
        command
            .env("DEBIAN_FRONTEND", "noninteractive")
            .stdout(Stdio::null());
        if !command.status().is_ok_and(|status| status.success()) {
            println!("apt-get did not succeed; going on with what is there");
        }
    }
}

/// Puts the tool server below the target folder, where its test looks for it.
fn install_tool_server(root: &Path) -> Result<()> {
    let folder = target(root).join("third-party");
    let about = folder.join("node_modules").join(TOOL_SERVER).join("package.json");
    let version = format!("\"version\": \"{TOOL_SERVER_VERSION}\"");
    if std::fs::read_to_string(&about).is_ok_and(|text| text.contains(&version)) {
        return Ok(());
    }
    std::fs::create_dir_all(&folder)?;
    let status = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
        ])
        .arg(&folder)
        .arg(format!("{TOOL_SERVER}@{TOOL_SERVER_VERSION}"))
        .status();
    if !status.is_ok_and(|status| status.success()) {
        println!("missing: npm package {TOOL_SERVER}; npm could not install it");
    }
    Ok(())
}

/// The target folder: that of this very program, `target/debug/xtask`.
pub(crate) fn target(root: &Path) -> std::path::PathBuf {
    let program = std::env::current_exe().ok();
    let folder = program.as_deref().and_then(Path::parent).and_then(Path::parent);
    folder.map_or_else(|| root.join("target"), Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tool_server_is_the_one_that_its_test_looks_for() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let test = std::fs::read_to_string(root.join("crates/tools/tests/everything.rs")).unwrap();
        assert!(test.contains(&format!("\"{TOOL_SERVER}\"")));
        assert!(test.contains(&format!("\"{TOOL_SERVER_VERSION}\"")));
    }
}
