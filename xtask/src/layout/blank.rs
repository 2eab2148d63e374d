//! Rust source without its comments and literals: what is left is code, at the same places.

/// Replaces every byte of comments and of string and character literals by a space; line ends stay.
pub(super) fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = skip(text, at);
        if end == at {
            at += 1;
            continue;
        }
        for byte in &mut out[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(out).expect("whole characters became spaces")
}

/// Where the comment or literal that starts here ends; `at` itself if none starts here.
fn skip(text: &str, at: usize) -> usize {
    let rest = &text.as_bytes()[at..];
    match rest {
        [b'/', b'/', ..] => at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => at + block_comment(rest),
        [b'"', ..] => at + quoted(rest, b'"'),
        [b'r', b'"' | b'#', ..] if starts_word(text, at) => at + raw_string(rest),
        [b'\'', ..] => at + character(text, at),
        _ => at,
    }
}

/// Comments nest.
fn block_comment(rest: &[u8]) -> usize {
    let (mut at, mut depth) = (0, 0_usize);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => (at, depth) = (at + 2, depth + 1),
            [b'*', b'/', ..] if depth == 1 => return at + 2,
            [b'*', b'/', ..] => (at, depth) = (at + 2, depth - 1),
            _ => at += 1,
        }
    }
    rest.len()
}

fn quoted(rest: &[u8], mark: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\\' => at += 2,
            byte if byte == mark => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// `r"…"`, `r#"…"#`; nothing for a raw name such as `r#type`.
fn raw_string(rest: &[u8]) -> usize {
    let marks = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    let start = 1 + marks;
    if rest.get(start) != Some(&b'"') {
        return 0;
    }
    let mut close = vec![b'"'];
    close.resize(1 + marks, b'#');
    let inside = &rest[start + 1..];
    let end = inside.windows(close.len()).position(|window| window == close);
    end.map_or(rest.len(), |end| start + 1 + end + close.len())
}

/// `'a'`, `'\n'`; nothing for a lifetime.
fn character(text: &str, at: usize) -> usize {
    let inside = &text[at + 1..];
    if inside.starts_with('\\') {
        return quoted(&text.as_bytes()[at..], b'\'');
    }
    let mut characters = inside.chars();
    match (characters.next(), characters.next()) {
        (Some(one), Some('\'')) => 2 + one.len_utf8(),
        _ => 0,
    }
}

/// Whether a word starts here; the `b` and `c` of byte and C strings do not count.
fn starts_word(text: &str, at: usize) -> bool {
    let before = &text[..at];
    let before = before.strip_suffix(['b', 'c']).unwrap_or(before);
    !before.ends_with(|character: char| character == '_' || character.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn stays(text: &str, left: &str) {
        let out = blank(text);
        assert_eq!(out.len(), text.len());
        let squeezed: Vec<_> = out.split_whitespace().collect();
        assert_eq!(squeezed.join(" "), left);
    }

    #[test]
    fn comments_go() {
        stays("a // b\nc", "a c");
        stays("a /* b /* c */ d */ e", "a e");
        stays("a /* b", "a");
    }

    #[test]
    fn strings_go_with_what_looks_like_their_end() {
        stays(r#"f("a \" b // c") + g"#, "f( ) + g");
        stays(r##"f(r#"a " b"#, br"\") + g"##, "f( , b ) + g");
        stays("f(\"München …\") + g", "f( ) + g");
    }

    #[test]
    fn characters_go_and_lifetimes_stay() {
        stays(r#"f('"', 'ü', '\'', b'x') + g"#, "f( , , , b ) + g");
        stays(
            "fn f<'a>(x: &'a str) -> &'a str",
            "fn f<'a>(x: &'a str) -> &'a str",
        );
    }

    #[test]
    fn raw_names_stay() {
        stays("let r#type = for\"x\"", "let r#type = for");
    }

    #[test]
    fn lines_keep_their_numbers() {
        assert_eq!(blank("\"a\nb\"\nc").lines().count(), 3);
    }
}
