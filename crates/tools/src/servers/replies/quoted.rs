//! What the sender of a reply wrote, apart from what their program added.

/// Lines of an attribution before a quotation: "On Thu, 20 Aug 2026 at 05:00, a very long name" / "<…> wrote:".
const ATTRIBUTION_LINES_MAX: usize = 3;
/// What programs append, at the start of the last paragraph.
const ADDED_LINES: &[&str] = &[
    "sent from my ",
    "sent from ",
    "get outlook for ",
    "von meinem ",
    "gesendet von ",
    "envoyé de ",
];
/// Where HTML mails begin to quote, in lower case.
const HTML_QUOTES: &[&str] = &[
    "<blockquote",
    "class=\"gmail_quote",
    "class=gmail_quote",
    "id=\"divrplyfwdmsg",
    "id=\"appendonsend",
    "class=\"moz-cite-prefix",
];

/// The text without quoted lines, their attribution and the signature; all of it where nothing would be left.
pub(super) fn own_words(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let end = lines
        .iter()
        .enumerate()
        .position(|(at, line)| is_end(&lines, at, line))
        .unwrap_or(lines.len());
    let mut kept: Vec<&str> = Vec::new();
    // An attribution stands before a quotation, and words of the sender may stand before both. So what stands above is
    // looked at once, at the first line of the quotation: later ones, with nothing but blank lines between, have none.
    let mut may_attribute = false;
    for &line in &lines[..end] {
        if !line.trim_start().starts_with('>') {
            may_attribute |= !line.trim().is_empty();
            kept.push(line);
        } else if std::mem::take(&mut may_attribute) {
            drop_attribution(&mut kept);
        }
    }
    if end < lines.len() && may_attribute {
        drop_attribution(&mut kept);
    }
    drop_added(&mut kept);
    let own = join(&kept);
    if own.is_empty() { join(&lines) } else { own }
}

/// The part of an HTML mail before its first quotation.
pub(super) fn own_words_html(html: &str) -> &str {
    // Lower-casing ASCII alone keeps all byte positions.
    let lower = html.to_ascii_lowercase();
    let Some(at) = HTML_QUOTES.iter().filter_map(|mark| lower.find(mark)).min() else {
        return html;
    };
    // A mark inside a tag: cut before the tag.
    let start = if lower[at..].starts_with('<') {
        at
    } else {
        lower[..at].rfind('<').unwrap_or(at)
    };
    &html[..start]
}

/// Whether a signature or a whole quoted mail starts at `line`.
fn is_end(lines: &[&str], at: usize, line: &str) -> bool {
    let bare = line.trim_matches(|c: char| c == '-' || c == '_' || c.is_whitespace());
    let is_ruled = line.starts_with("---") || line.starts_with("___");
    let lower = bare.to_lowercase();
    line == "--"
        || (is_ruled
            && [
                "original message",
                "forwarded message",
                "ursprüngliche nachricht",
                "message d'origine",
            ]
            .contains(&&*lower))
        || (is_header_block(lines, at) && (at == 0 || lines[at - 1].is_empty() || is_rule(lines[at - 1])))
}

fn is_rule(line: &str) -> bool {
    line.len() >= 5 && line.chars().all(|c| matches!(c, '_' | '-'))
}

/// Headers of a quoted mail as some programs write them: a sender first, and two more of the usual ones below.
fn is_header_block(lines: &[&str], at: usize) -> bool {
    let is_one_of = |line: &str, names: &[&str]| {
        let line = line.trim_matches('*').to_lowercase();
        names.iter().any(|name| {
            line.strip_prefix(name)
                .is_some_and(|rest| rest.starts_with([':', '*', ' ']))
        })
    };
    is_one_of(lines[at], &["from", "von", "de"])
        && lines[at].contains(':')
        && lines[at + 1..]
            .iter()
            .take(4)
            .filter(|line| line.contains(':'))
            .filter(|line| {
                is_one_of(
                    line,
                    &[
                        "sent", "date", "to", "subject", "cc", "gesendet", "datum", "an", "betreff",
                        "envoyé", "à", "objet",
                    ],
                )
            })
            .count()
            >= 2
}

/// Drops the line that introduces a quotation: it ends in a colon and names a time or an address.
fn drop_attribution(kept: &mut Vec<&str>) {
    let last = kept.iter().rposition(|line| !line.trim().is_empty());
    let Some(last) = last.filter(|&last| kept[last].ends_with(':')) else {
        return;
    };
    let reach = (last + 1).saturating_sub(ATTRIBUTION_LINES_MAX);
    let first = kept[reach..=last]
        .iter()
        .rposition(|line| line.trim().is_empty())
        .map_or(reach, |blank| reach + blank + 1);
    let names_source =
        |line: &str| line.contains('@') || line.chars().filter(char::is_ascii_digit).count() >= 3;
    // The shortest run of lines up to the colon that names its source and starts like a sentence of its own.
    let start = (first..=last)
        .rev()
        .find(|&start| kept[start..=last].iter().any(|line| names_source(line)));
    let Some(mut start) = start else {
        if kept[last].to_lowercase().ends_with("wrote:") {
            kept.truncate(last);
        }
        return;
    };
    // Programs break a long attribution into lines; its first one opens with "On", "Am", "Le" and so on.
    let opens = |line: &str| {
        ["On ", "Am ", "Le ", "El ", "Op ", "Il "]
            .iter()
            .any(|word| line.starts_with(word))
    };
    if !opens(kept[start])
        && let Some(opening) = (first..start).rev().find(|&at| opens(kept[at]))
    {
        start = opening;
    }
    kept.truncate(start);
}

fn drop_added(kept: &mut Vec<&str>) {
    while kept.last().is_some_and(|line| line.trim().is_empty()) {
        kept.pop();
    }
    let Some(last) = kept.last() else { return };
    let lower = last.trim_start().to_lowercase();
    if ADDED_LINES.iter().any(|added| lower.starts_with(added))
        && last.chars().count() <= 80
        && kept.len() > 1
    {
        kept.pop();
    }
}

/// The lines as a text: no blank lines at its ends, never two in a row.
fn join(lines: &[&str]) -> String {
    let mut out = String::new();
    for line in lines {
        if line.trim().is_empty() && (out.is_empty() || out.ends_with("\n\n")) {
            continue;
        }
        out.push_str(line);
        out.push('\n');
    }
    out.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_above_a_quotation_is_kept_alone() {
        let text = "Is that per day?\n\nAnn\n\nOn Thu, 20 Aug 2026 at 05:00, The Desk\n<desk@news.example> wrote:\n> Costs fell.\n>\n> More below.\n";
        assert_eq!(own_words(text), "Is that per day?\n\nAnn");
    }

    #[test]
    fn answers_between_quotations_are_kept() {
        let text = "> Costs fell by 3 %.\nNot for us.\n\n> It is free.\nSince when?\n-- \nBo Ek\nNews Ltd";
        assert_eq!(own_words(text), "Not for us.\n\nSince when?");
    }

    #[test]
    fn a_quoted_mail_with_headers_ends_the_answer() {
        let outlook = "Thanks!\n\n________________________________\nFrom: Desk <d@news.example>\nSent: Thursday\nTo: Ann\nSubject: Today\n\nText";
        assert!(own_words(outlook).starts_with("Thanks!") && !own_words(outlook).contains("Text"));
        let original = "Thanks!\n\n-----Original Message-----\nFrom: Desk\n\nText";
        assert_eq!(own_words(original), "Thanks!");
    }

    #[test]
    fn words_of_the_sender_that_look_like_headers_stay() {
        let text = "Three questions:\n1. From: where does it come?\n2. To: whom?\n";
        assert_eq!(own_words(text), text.trim());
        assert_eq!(
            own_words("Look at this:\n> the quote\nIt is wrong."),
            "Look at this:\nIt is wrong."
        );
    }

    #[test]
    fn a_mail_that_is_all_quotation_is_shown_whole() {
        assert_eq!(own_words("> only this\n"), "> only this");
    }

    #[test]
    fn what_a_telephone_adds_is_dropped() {
        assert_eq!(own_words("Yes.\n\nSent from my phone\n"), "Yes.");
        assert_eq!(own_words("Sent from my phone"), "Sent from my phone");
    }

    #[test]
    fn only_the_attribution_of_a_quotation_goes() {
        let text = "My list of 2026:\n\nOn Thu, 20 Aug 2026, Desk wrote:\n> One.\n\n> Two.\n-- \nAnn";
        assert_eq!(own_words(text), "My list of 2026:");
    }

    /// Each of these took a look back over everything for every quoted line: some 10^11 steps.
    #[test]
    fn a_mail_made_of_quotation_marks_is_read_in_one_go() {
        const LINES: usize = 400_000;
        let blank_first = format!("Yes.\n{}{}", "\n".repeat(LINES), ">\n".repeat(LINES));
        assert_eq!(own_words(&blank_first), "Yes.");
        let in_turn = format!("Yes.\n{}", "\n>\n".repeat(LINES));
        assert_eq!(own_words(&in_turn), "Yes.");
        let one_paragraph = "no:\n>\n".repeat(LINES);
        assert_eq!(own_words(&one_paragraph).len(), LINES * 4 - 1);
    }

    #[test]
    fn html_is_cut_before_its_quotation() {
        assert_eq!(
            own_words_html("<p>Yes.</p><div class=\"gmail_quote\"><p>No.</p></div>"),
            "<p>Yes.</p>"
        );
        assert_eq!(
            own_words_html("<p>Yes.</p><BLOCKQUOTE>No.</BLOCKQUOTE>"),
            "<p>Yes.</p>"
        );
        assert_eq!(own_words_html("<p>Yes.</p>"), "<p>Yes.</p>");
    }

    proptest::proptest! {
        #[test]
        fn no_mail_makes_it_fail_or_vanish(text in "(On |Am |From: |Sent: |> |--|wrote:|:|@|2026|\\PC|\n|\r){0,60}") {
            let own = own_words(&text);
            let is_blank = text.lines().all(|line| line.trim().is_empty());
            proptest::prop_assert_eq!(own.is_empty(), is_blank);
            own_words_html(&text);
        }

        #[test]
        fn no_html_makes_it_fail(html in "(<blockquote|class=gmail_quote|<div |>|é|İ|ß|\\PC){0,40}") {
            proptest::prop_assert!(html.starts_with(own_words_html(&html)));
        }
    }
}
