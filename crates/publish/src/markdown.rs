//! An issue as Markdown with front matter: made to be read as it is.

use std::fmt::Write as _;

use copydesk_config::Citations;
use copydesk_domain::Untrusted;
use copydesk_domain::artifact::Source;
use copydesk_domain::untrusted::{Context, Markdown, Yaml};

use crate::article::{Article, ArticleSection, Line};
use crate::when;

/// The whole file.
pub(crate) fn markdown(article: &Article<'_>) -> String {
    let mut blocks = vec![front_matter(article), head(article)];
    let draft = article.rendering.draft;
    blocks.extend(draft.nothing_today.as_deref().map(Markdown::escape));
    for section in &article.sections {
        blocks.extend(section_blocks(article, section));
    }
    blocks.extend(draft.sign_off.as_deref().map(Markdown::escape));
    if !article.sources.is_empty() {
        blocks.push("## Sources".to_owned());
        blocks.push(sources(article));
    }
    blocks.join("\n\n") + "\n"
}

fn front_matter(article: &Article<'_>) -> String {
    let rendering = article.rendering;
    let quoted = |text: &Untrusted<String>| format!("\"{}\"", text.escape::<Yaml>());
    let lines = [
        "---".to_owned(),
        format!("title: {}", quoted(&rendering.draft.title)),
        format!("date: {}", rendering.date),
        format!("slug: \"{}\"", Yaml::escape(rendering.slug)),
        format!("description: {}", quoted(&article.description())),
        format!("newsletter: \"{}\"", Yaml::escape(&rendering.pipeline.issue.name)),
        format!("sources: {}", article.sources.len()),
        "---".to_owned(),
    ];
    lines.join("\n")
}

fn head(article: &Article<'_>) -> String {
    let rendering = article.rendering;
    let mut blocks = vec![format!("# {}", inline(&rendering.draft.title))];
    blocks.extend(
        rendering
            .draft
            .deck
            .as_ref()
            .map(|deck| format!("*{}*", inline(deck))),
    );
    let name = Markdown::escape(&rendering.pipeline.issue.name);
    blocks.push(format!("{name}, {}", when::day(rendering.date)));
    blocks.push(format!("> {}", Markdown::escape(&rendering.draft.notice)));
    blocks.join("\n\n")
}

fn section_blocks(article: &Article<'_>, section: &ArticleSection<'_>) -> Vec<String> {
    let mut blocks = vec![format!("## {}", Markdown::escape(&section.section.heading))];
    blocks.extend(
        section
            .section
            .note
            .as_ref()
            .map(|note| format!("*{}*", Markdown::escape(note))),
    );
    let is_inline = article.rendering.pipeline.issue.citations == Citations::Inline;
    blocks.extend(section.paragraphs.iter().map(|paragraph| {
        let lines: Vec<String> = paragraph.iter().map(|line| sentence(line, is_inline)).collect();
        lines.join(" ")
    }));
    let listed: Vec<String> = section
        .listed
        .iter()
        .map(|source| format!("- {}, {}", title(article, source), inline(&source.publisher)))
        .collect();
    blocks.extend((!listed.is_empty()).then(|| listed.join("\n")));
    blocks
}

fn sentence(line: &Line<'_>, is_inline: bool) -> String {
    let mut text = inline(&line.sentence.text);
    if is_inline && !line.numbers.is_empty() {
        text.push(' ');
        for number in &line.numbers {
            let _ = write!(text, "[{number}]");
        }
    }
    text
}

fn sources(article: &Article<'_>) -> String {
    let lines: Vec<String> = article
        .sources
        .iter()
        .enumerate()
        .map(|(index, source)| {
            format!(
                "{}. {}: {}, {}, read {}",
                index + 1,
                inline(&source.publisher),
                title(article, source),
                when::published(source.published_at),
                when::minute(source.fetched_at),
            )
        })
        .collect();
    lines.join("\n")
}

fn title(article: &Article<'_>, source: &Source) -> String {
    let title = inline(&source.title);
    let mark = match (source.is_sponsored, source.is_about_itself) {
        (true, true) => " (sponsored) (about itself)",
        (true, false) => " (sponsored)",
        (false, true) => " (about itself)",
        (false, false) => "",
    };
    match article.link(source) {
        Some(url) => format!("[{title}]({}){mark}", destination(url.as_str())),
        None => format!("{title}{mark}"),
    }
}

/// Text of a stranger inside a line. White space at its start could make it code, or a list of what follows.
fn inline(text: &Untrusted<String>) -> String {
    text.clone()
        .map(|text| text.trim().to_owned())
        .escape::<Markdown>()
        .to_string()
}

/// An address as the destination of a link: in angle brackets where a parenthesis could end it, percent-encoded where
/// a character could end even those.
fn destination(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for character in url.chars() {
        match character {
            '<' | '>' | '\\' | ' ' => {
                let _ = write!(out, "%{:02X}", u32::from(character));
            }
            other if other.is_control() => {
                let mut buffer = [0; 4];
                for byte in other.encode_utf8(&mut buffer).bytes() {
                    let _ = write!(out, "%{byte:02X}");
                }
            }
            other => out.push(other),
        }
    }
    let out = keep_entities(&out);
    if out.contains(['(', ')']) {
        format!("<{out}>")
    } else {
        out
    }
}

/// Markdown reads `&name;` inside a destination as a character: a backslash keeps it.
fn keep_entities(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for (index, character) in url.char_indices() {
        let rest = &url[index + character.len_utf8()..];
        let name = rest
            .split(|c: char| !c.is_ascii_alphanumeric() && c != '#')
            .next()
            .unwrap_or_default();
        if character == '&' && !name.is_empty() && rest[name.len()..].starts_with(';') {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::destination;

    #[test]
    fn a_destination_cannot_end_early() {
        assert_eq!(
            destination("https://a.example/x?b=1&c=2"),
            "https://a.example/x?b=1&c=2"
        );
        assert_eq!(
            destination("https://a.example/x_(y)"),
            "<https://a.example/x_(y)>"
        );
        assert_eq!(
            destination("https://a.example/> [x](y)"),
            "<https://a.example/%3E%20[x](y)>"
        );
        assert_eq!(
            destination("https://a.example/?a&copy;b"),
            "https://a.example/?a\\&copy;b"
        );
        assert_eq!(
            destination("https://a.example/\n# x"),
            "https://a.example/%0A#%20x"
        );
    }
}
