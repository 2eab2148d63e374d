//! Model servers of other people's making, installed below the target folder for the tests of `crates/llm`.
//!
//! Nothing here fails the check: a test whose server is missing says that it is skipped.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::install::from_npm;
use crate::phase::is_there;

/// A stub of OpenAI's API with fixtures, limits of rate and chaos.
const AIMOCK: &str = "@copilotkit/aimock";
const AIMOCK_VERSION: &str = "1.43.0";

/// llama.cpp's own server, and what writes the weights of `../shared/tinymodel`.
const TINY_MODEL: &[&str] = &["xllamacpp==2026.10.11549", "gguf==0.19.0", "numpy"];

/// A proxy in front of other providers; a large install.
const LITELLM: &[&str] = &["litellm[proxy]==1.108.7"];

/// Installs what `verify` uses.
pub(crate) fn run(root: &Path, third_party: &Path) -> Result<()> {
    if is_there("npm") {
        aimock(third_party)?;
    }
    if root.join("../shared/tinymodel/serve.py").is_file() {
        from_pypi(
            &third_party.join("tinymodel"),
            TINY_MODEL,
            &["--only-binary", ":all:"],
        )?;
    } else {
        println!("missing: ../shared/tinymodel; the tests with a real inference server are skipped");
    }
    Ok(())
}

/// Installs what only `long` uses.
pub(crate) fn litellm(third_party: &Path) -> Result<()> {
    from_pypi(&third_party.join("litellm"), LITELLM, &[])
}

fn aimock(third_party: &Path) -> Result<()> {
    from_npm(&third_party.join("aimock"), AIMOCK, AIMOCK_VERSION)
}

/// Makes a virtual environment with these packages; one that is whole is left alone.
fn from_pypi(folder: &Path, packages: &[&str], options: &[&str]) -> Result<()> {
    let (stamp, wanted) = (folder.join("installed"), packages.join("\n"));
    if std::fs::read_to_string(&stamp).is_ok_and(|found| found == wanted) {
        return Ok(());
    }
    if !is_there("python3") {
        println!("missing: python3 for {}", packages.join(", "));
        return Ok(());
    }
    println!("installing: {}", packages.join(", "));
    let made = Command::new("python3").args(["-m", "venv"]).arg(folder).status();
    let pip: PathBuf = folder.join("bin/pip");
    let filled = || {
        let mut command = Command::new(pip);
        command.args(["install", "--quiet", "--disable-pip-version-check"]);
        command.args(options).args(packages).status()
    };
    let is_made = made.is_ok_and(|status| status.success());
    if is_made && filled().is_ok_and(|status| status.success()) {
        std::fs::write(&stamp, wanted)?;
    } else {
        println!("missing: {}; pip could not install it", packages.join(", "));
        // Half an environment would look like a whole one to the tests.
        let _ = std::fs::remove_dir_all(folder);
    }
    Ok(())
}
