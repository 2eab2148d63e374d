//! A part with the way to its bytes.

use std::path::{Path, PathBuf};

use copydesk_config::evals::{EvalData, EvalPart};
use serde::de::DeserializeOwned;
use url::Url;

use crate::error::EvalError;

/// A part, and where its cases are read.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The part.
    pub part: &'a EvalPart,
    /// The files.
    pub data: &'a EvalData,
}

impl Source<'_> {
    /// The file or folder that the part names.
    pub fn place(&self) -> PathBuf {
        self.data.place(self.part)
    }

    /// The bytes of a file.
    pub fn bytes(&self, path: &Path) -> Result<Vec<u8>, EvalError> {
        Ok(self.data.read(path)?)
    }

    /// A file as text.
    pub fn text(&self, path: &Path) -> Result<String, EvalError> {
        String::from_utf8(self.bytes(path)?).map_err(|error| {
            let before = String::from_utf8_lossy(&error.as_bytes()[..error.utf8_error().valid_up_to()]);
            EvalError::Case {
                path: path.to_owned(),
                line: 1 + before.matches('\n').count(),
                message: "the bytes are not UTF-8".to_owned(),
            }
        })
    }

    /// A JSON file.
    pub fn json<T: DeserializeOwned>(&self, path: &Path) -> Result<T, EvalError> {
        serde_json::from_slice(&self.bytes(path)?).map_err(|error| EvalError::File {
            path: path.to_owned(),
            message: error.to_string(),
        })
    }

    /// A file of one JSON object a line, with at least one. Fields that a case does not have are left alone.
    pub fn lines<T: DeserializeOwned>(&self, path: &Path) -> Result<Vec<T>, EvalError> {
        let text = self.text(path)?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        let mut cases = Vec::new();
        for (at, line) in text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
        {
            let case = serde_json::from_str(line).map_err(|error| EvalError::Case {
                path: path.to_owned(),
                line: at + 1,
                message: reason(&error),
            })?;
            cases.push(case);
        }
        if cases.is_empty() {
            return Err(EvalError::File {
                path: path.to_owned(),
                message: "has no case: one JSON object a line".to_owned(),
            });
        }
        Ok(cases)
    }

    /// An address that a case names.
    pub fn address(&self, text: &str) -> Result<Url, EvalError> {
        Url::parse(text).map_err(|error| EvalError::File {
            path: self.place(),
            message: format!("the address `{text}`: {error}"),
        })
    }

    /// Whether the part has this format.
    pub fn has_format(&self, format: &str) -> bool {
        self.part.format() == format
    }
}

/// The reader's words without its own line number, which is always 1 here.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests {
    use copydesk_config::Environment;
    use serde_json::Value;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Vec<Value>, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.jsonl");
        std::fs::write(&path, bytes).unwrap();
        let data = EvalData::of(dir.path(), &Environment::empty());
        let part = EvalPart::default();
        let source = Source {
            part: &part,
            data: &data,
        };
        source
            .lines(&path)
            .map_err(|error| error.to_string().replace(&*path.to_string_lossy(), "a.jsonl"))
    }

    #[test]
    fn broken_cases_are_named_with_their_line() {
        assert_eq!(read(b"{}\n\n{}\n").unwrap().len(), 2);
        assert_eq!(
            read(b"{}\n{\n").unwrap_err(),
            "a.jsonl:2: EOF while parsing an object"
        );
        assert_eq!(
            read(b"{}\n{}\n\"\xff\"\n").unwrap_err(),
            "a.jsonl:3: the bytes are not UTF-8"
        );
        assert_eq!(
            read(b"\n").unwrap_err(),
            "a.jsonl: has no case: one JSON object a line"
        );
    }
}
