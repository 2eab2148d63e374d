use std::collections::BTreeMap;

use super::template::PromptError;

/// A prompt file in its two parts.
pub(super) struct Prompt<'t> {
    /// Key to value and line.
    pub(super) head: BTreeMap<&'t str, (&'t str, u32)>,
    pub(super) body: &'t str,
    /// Line of the file where the body starts.
    pub(super) body_line: u32,
}

/// The head and the body of a prompt file. `path` is for messages.
pub(super) fn split<'t>(path: &str, text: &'t str) -> Result<Prompt<'t>, PromptError> {
    let wrong = |line: u32, message: &str| PromptError::FrontMatter {
        path: path.to_owned(),
        line,
        message: message.to_owned(),
    };
    let mut lines = text
        .strip_prefix('\u{feff}')
        .unwrap_or(text)
        .split_inclusive('\n');
    if lines.next().map(str::trim_end) != Some("---") {
        return Err(wrong(
            1,
            "front matter is missing: the file starts with `---`, `task: …`, `version: …`, `---`",
        ));
    }
    let mut head = BTreeMap::new();
    let mut number = 1;
    while let Some(line) = lines.next() {
        number += 1;
        let line = line.trim();
        if line == "---" {
            let rest = lines.map(str::len).sum::<usize>();
            return Ok(Prompt {
                head,
                body: &text[text.len() - rest..],
                body_line: number + 1,
            });
        }
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line
            .split_once(':')
            .ok_or_else(|| wrong(number, "a line of the form `key: value` is expected"))?;
        head.insert(key.trim(), (value.trim(), number));
    }
    Err(wrong(number, "the front matter has no end: `---` is missing"))
}

/// The `version` of a prompt file of a custom stage; 1 where it names none that is a number.
pub(crate) fn version(text: &str) -> u32 {
    let prompt = split("", text).ok();
    let version = prompt.and_then(|prompt| prompt.head.get("version").map(|(value, _)| value.parse()));
    version.and_then(Result::ok).unwrap_or(1)
}
