//! Each error code that an operator can meet has a page in `docs/errors`, and each page a code.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;

/// What each page has to say.
const HEADINGS: &[&str] = &["## Cause", "## Effect", "## What to do"];

/// Codes without a page, pages without a code, and pages that leave something out.
pub(super) fn check(root: &Path) -> Result<Vec<String>> {
    let mut codes = BTreeSet::new();
    collect_codes(&root.join("crates"), &mut codes)?;
    Ok(compare(&codes, &pages(&root.join("docs/errors"))?))
}

fn compare(codes: &BTreeSet<String>, pages: &BTreeMap<String, String>) -> Vec<String> {
    let mut findings = Vec::new();
    for code in codes.iter().filter(|code| !pages.contains_key(*code)) {
        findings.push(format!("docs/errors/{code}.md is missing"));
    }
    for (code, text) in pages {
        let page = format!("docs/errors/{code}.md");
        if !codes.contains(code) {
            findings.push(format!("{page}: no error has this code"));
        }
        if !text.starts_with(&format!("# {code}: ")) {
            findings.push(format!("{page}: the first line is not `# {code}: …`"));
        }
        for heading in HEADINGS
            .iter()
            .filter(|heading| !text.lines().any(|line| line == **heading))
        {
            findings.push(format!("{page}: `{heading}` is missing"));
        }
    }
    findings
}

/// Codes in the sources: literals such as `"CD000"` with its own number.
fn collect_codes(folder: &Path, codes: &mut BTreeSet<String>) -> Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect_codes(&path, codes)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = std::fs::read_to_string(&path)?;
            codes.extend(text.split('"').filter(|part| is_code(part)).map(str::to_owned));
        }
    }
    Ok(())
}

fn is_code(part: &str) -> bool {
    let number = part.strip_prefix("CD");
    number.is_some_and(|number| number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn pages(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut pages = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if is_code(&name) {
            pages.insert(name, std::fs::read_to_string(&path)?);
        }
    }
    Ok(pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(codes: &[&str], pages: &[(&str, &str)]) -> Vec<String> {
        let codes = codes.iter().map(|code| (*code).to_owned()).collect();
        let pages = pages
            .iter()
            .map(|(code, text)| ((*code).to_owned(), (*text).to_owned()))
            .collect();
        compare(&codes, &pages)
    }

    const PAGE: &str = "# CD901: It broke\n## Cause\nx\n## Effect\ny\n## What to do\nz\n";

    #[test]
    fn a_code_has_a_page_and_a_page_a_code() {
        assert!(compared(&["CD901"], &[("CD901", PAGE)]).is_empty());
        assert_eq!(compared(&["CD901"], &[]), ["docs/errors/CD901.md is missing"]);
        assert_eq!(
            compared(&[], &[("CD901", PAGE)]),
            ["docs/errors/CD901.md: no error has this code"]
        );
    }

    #[test]
    fn a_page_says_cause_effect_and_what_to_do() {
        let found = compared(
            &["CD901"],
            &[("CD901", "# CD902: It broke\n## Cause\n## Effect\n")],
        );
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn codes_are_found_in_literals_only() {
        assert!(is_code("CD012"));
        assert!(!is_code("CD12") && !is_code("CD0120") && !is_code("XCD012"));
    }
}
