//! All parts of the check, with all their findings at once.

use std::path::Path;

use anyhow::{Result, bail};

use super::{edges, error_pages, files, source, words};

/// Checks the workspace at `root`; prints each finding.
pub(crate) fn run(root: &Path) -> Result<()> {
    let findings = findings(root)?;
    for finding in &findings {
        println!("layout: {finding}");
    }
    if findings.is_empty() {
        return Ok(());
    }
    bail!("{} findings", findings.len());
}

fn findings(root: &Path) -> Result<Vec<String>> {
    let manifests = edges::manifests(root)?;
    let sources = source::read_all(root)?;
    let texts = files::read_all(root)?;
    let mut findings = edges::check(&manifests);
    findings.extend(words::check(&sources));
    findings.extend(files::check(&texts));
    findings.extend(files::licences(root));
    findings.extend(error_pages::check(root)?);
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_workspace_keeps_its_layout() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let findings = findings(root).unwrap();
        assert!(findings.is_empty(), "\n{}", findings.join("\n"));
    }
}
