//! Finds the items of a file that only tests compile.

use std::ops::Range;

const MARK: &str = "#[cfg(test)]";

/// The parts of a file that are for tests.
pub(super) struct TestItems {
    /// Items marked for tests.
    pub(super) ranges: Vec<Range<usize>>,
    /// Modules marked for tests that lie in files of their own: the value of `#[path]`, if any, and the name.
    pub(super) modules: Vec<(Option<String>, String)>,
}

/// Finds them. `code`: the blanked text, byte for byte beside `text`.
pub(super) fn find(text: &str, code: &str) -> TestItems {
    let mut items = TestItems {
        ranges: Vec::new(),
        modules: Vec::new(),
    };
    if code.contains("#![cfg(test)]") {
        items.ranges.push(0..code.len());
        return items;
    }
    let mut from = 0;
    while let Some(found) = code[from..].find(MARK) {
        let start = from + found;
        let end = start + item_length(&code[start..]);
        items.ranges.push(start..end);
        if let Some(name) = module_name(&code[start..end]) {
            items.modules.push((path(&text[start..end]), name.to_owned()));
        }
        from = end;
    }
    items
}

/// The length of an item with its attributes: up to its closing brace, or the semicolon.
fn item_length(code: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b')' | b']' => depth = depth.saturating_sub(1),
            b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    code.len()
}

/// The name in `mod name;`.
fn module_name(item: &str) -> Option<&str> {
    let words = item.strip_suffix(';')?;
    let (before, name) = words.rsplit_once(char::is_whitespace)?;
    let is_module = before.split_whitespace().next_back() == Some("mod");
    is_module.then_some(name)
}

/// The value of `#[path = "…"]`.
fn path(item: &str) -> Option<String> {
    let (_, rest) = item.split_once("#[path = \"")?;
    let (path, _) = rest.split_once('"')?;
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::blank::blank;
    use super::*;

    fn items(text: &str) -> TestItems {
        find(text, &blank(text))
    }

    fn cut(text: &str) -> Vec<&str> {
        items(text).ranges.into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn a_module_of_tests_is_cut_out_whole() {
        let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n fn b() { \"}\" }\n}\nfn c() {}";
        assert_eq!(cut(text), ["#[cfg(test)]\nmod tests {\n fn b() { \"}\" }\n}"]);
    }

    #[test]
    fn a_function_or_an_import_for_tests_is_cut_out() {
        assert_eq!(
            cut("#[cfg(test)]\nfn a() -> [u8; 2] { x }\nfn c() {}"),
            ["#[cfg(test)]\nfn a() -> [u8; 2] { x }"]
        );
        assert_eq!(
            cut("#[cfg(test)] use a::b;\nfn c() {}"),
            ["#[cfg(test)] use a::b;"]
        );
    }

    #[test]
    fn a_module_in_a_file_of_its_own_is_named() {
        assert_eq!(
            items("#[cfg(test)]\nmod fault_tests;").modules,
            [(None, "fault_tests".to_owned())]
        );
        let elsewhere = items("#[cfg(test)]\n#[path = \"next_tests.rs\"]\nmod tests;");
        assert_eq!(
            elsewhere.modules,
            [(Some("next_tests.rs".to_owned()), "tests".to_owned())]
        );
    }

    #[test]
    fn a_file_can_be_for_tests_as_a_whole() {
        assert_eq!(cut("#![cfg(test)]\nfn a() {}"), ["#![cfg(test)]\nfn a() {}"]);
    }
}
