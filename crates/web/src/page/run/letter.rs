//! Letters as people read them: lines that a mail program wrapped run on.

use copydesk_domain::Untrusted;
use maud::PreEscaped;

use super::guard::inert;

/// A line that ends where the next word would have passed this column was wrapped by a program. Mail programs wrap at 65
/// to 78; a person who breaks a line on purpose, as in a list of names or below a greeting, seldom gets that far.
const WRAP_COLUMN: usize = 60;

/// Text from outside, inert, without the line breaks of a mail program.
pub(super) fn letter(text: &Untrusted<String>) -> PreEscaped<String> {
    PreEscaped(reflowed(&inert(text).into_string()))
}

fn reflowed(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before: Option<&str> = None;
    for line in text.lines().map(str::trim_end) {
        if let Some(before) = before {
            out.push(if runs_on(before, line) { ' ' } else { '\n' });
        }
        out.push_str(line);
        before = Some(line);
    }
    out
}

/// Whether the second line goes on with the sentence of the first. Quoted, indented and listed lines stand by themselves.
fn runs_on(before: &str, line: &str) -> bool {
    let is_apart = |line: &str| {
        line.is_empty() || line.starts_with([' ', '\t', '-', '*', '•']) || line.starts_with("&gt;")
    };
    let word = line.split(' ').next().unwrap_or_default();
    let width = before.chars().count() + 1 + word.chars().count();
    !is_apart(before) && !is_apart(line) && width > WRAP_COLUMN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrapped_paragraph_is_one_line_and_paragraphs_stay_apart() {
        let text = "Dear all,\n\nthe release that you describe came out a day before the date that\nyou give; see the changelog.\n\nYours\nMara\n";
        assert_eq!(
            reflowed(text),
            "Dear all,\n\nthe release that you describe came out a day before the date that you give; see the changelog.\n\nYours\nMara"
        );
    }

    #[test]
    fn quoted_and_listed_lines_stand_by_themselves() {
        let text = "&gt; a line that somebody else wrote and that a program wrapped here\n&gt; and went on\n- one thing that is long enough to be taken for a wrapped line, yes\n- another";
        assert_eq!(reflowed(text), text);
    }

    #[test]
    fn text_from_outside_stays_text() {
        let shown = letter(&Untrusted::new("<b>a</b>".to_owned())).into_string();
        assert_eq!(shown, "&lt;b&gt;a&lt;/b&gt;");
    }
}
