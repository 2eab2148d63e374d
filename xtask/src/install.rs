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

/// Pages in a browser are read through this one. `crates/tools/tests/third_party.rs` and `tests/whole/browser.rs` look
/// for it.
const BROWSER_SERVER: &str = "@playwright/mcp";
const BROWSER_SERVER_VERSION: &str = "0.0.83";

/// From PyPI, with the file by which its test finds it: two tool servers, and a collector of traces.
const PYTHON_PACKAGES: &[(&str, &str, &str)] = &[
    ("mcp-server-fetch", "2026.10.24", "bin/mcp-server-fetch"),
    ("mcp-server-time", "2026.10.19", "bin/mcp-server-time"),
    ("rotel", "0.0.1a15", "rotel-agent"),
];

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
    ("promtool", &["promtool"], "prometheus"),
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
        let folder = target(root).join("third-party");
        from_npm(&folder, TOOL_SERVER, TOOL_SERVER_VERSION)?;
        from_npm(&folder, BROWSER_SERVER, BROWSER_SERVER_VERSION)?;
    }
    if is_there("python3") {
        install_python_packages(root);
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

/// Puts a package from npm into a folder below the target folder, where its test looks for it; one that is there in this
/// version is left alone.
pub(crate) fn from_npm(folder: &Path, name: &str, version: &str) -> Result<()> {
    let about = folder.join("node_modules").join(name).join("package.json");
    let wanted = format!("\"version\": \"{version}\"");
    if std::fs::read_to_string(&about).is_ok_and(|text| text.contains(&wanted)) {
        return Ok(());
    }
    std::fs::create_dir_all(folder)?;
    let status = Command::new("npm")
        .args([
            "install",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
            "--prefix",
        ])
        .arg(folder)
        .arg(format!("{name}@{version}"))
        .status();
    if !status.is_ok_and(|status| status.success()) {
        println!("missing: npm package {name}; npm could not install it");
    }
    Ok(())
}

/// Puts Python's packages into an environment of their own below the target folder.
fn install_python_packages(root: &Path) {
    let folder = target(root).join("third-party/python");
    let missing: Vec<String> = PYTHON_PACKAGES
        .iter()
        .filter(|(_, _, file)| !has_file(&folder, file))
        .map(|(name, version, _)| format!("{name}=={version}"))
        .collect();
    if missing.is_empty() {
        return;
    }
    println!("installing: {}", missing.join(", "));
    let is_done = |command: &mut Command| command.status().is_ok_and(|status| status.success());
    let is_made = folder.join("bin/pip").is_file()
        || is_done(Command::new("python3").args(["-m", "venv"]).arg(&folder));
    for package in missing {
        let mut install = Command::new(folder.join("bin/pip"));
        install.args(["install", "--quiet", "--disable-pip-version-check", &package]);
        if !is_made || !is_done(&mut install) {
            println!(
                "missing: PyPI package {package}; pip could not install it, and tests that start it are skipped"
            );
        }
    }
}

/// Whether a file of a package is there: a program, or a file beside the package's code.
fn has_file(folder: &Path, file: &str) -> bool {
    if file.contains('/') {
        return folder.join(file).is_file();
    }
    let libraries = std::fs::read_dir(folder.join("lib"))
        .into_iter()
        .flatten()
        .flatten();
    libraries
        .map(|library| library.path().join("site-packages/rotel").join(file))
        .any(|path| path.is_file())
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

    #[test]
    fn each_package_is_one_that_a_test_looks_for() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let read = |file: &str| std::fs::read_to_string(root.join(file)).unwrap();
        let tests = read("crates/tools/tests/third_party.rs") + &read("tests/whole/telemetry.rs");
        for (name, _, file) in PYTHON_PACKAGES {
            assert!(tests.contains(file), "{name}");
        }
        assert!(read("tests/whole/browser.rs").contains(BROWSER_SERVER));
    }
}
