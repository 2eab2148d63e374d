//! What a page says about its article in JSON-LD (schema.org).

use serde_json::Value;

use super::tree::{Tree, collapse};

/// Objects looked at in one page.
const OBJECTS_MAX: usize = 2_000;

/// The article that a page describes, as far as it does.
#[derive(Debug, Default)]
pub struct Described {
    /// `headline`, else `name`.
    pub headline: Option<String>,
    /// `datePublished` as written.
    pub published: Option<String>,
    /// `dateModified` as written.
    pub modified: Option<String>,
    /// Names of the authors.
    pub authors: Vec<String>,
    /// Name of the publisher, or of the site.
    pub site_name: Option<String>,
    /// The article's type says that an advertiser paid for it.
    pub is_advertising: bool,
    /// `articleBody` as written: plain text with line breaks, or HTML.
    pub body: Option<String>,
}

/// Reads all JSON-LD of a page; the first object of an article's type wins.
pub fn describe(tree: &Tree) -> Described {
    let mut objects = Vec::new();
    for script in tree.elements(0, "script") {
        let kind = tree.attr(script, "type").unwrap_or_default();
        if kind
            .trim()
            .to_ascii_lowercase()
            .starts_with("application/ld+json")
        {
            let raw: String = (script..tree.end(script))
                .filter_map(|node| tree.text(node))
                .collect();
            objects.extend(parse(&raw));
        }
    }
    let all = flatten(&objects);
    let mut described = Described::default();
    if let Some(article) = article(&all) {
        fill(&mut described, article, &all);
    }
    if described.site_name.is_none() {
        let site = all
            .iter()
            .find(|object| has_type(object, |kind| kind == "WebSite"));
        described.site_name = site.and_then(|site| text(site, "name"));
    }
    described
}

/// JSON as pages have it: wrapped in comments, with raw line breaks in strings, with a semicolon behind.
fn parse(raw: &str) -> Option<Value> {
    let blank = |c: char| if c.is_control() { ' ' } else { c };
    let cleaned: String = raw.chars().map(blank).collect();
    let start = cleaned.find(['{', '['])?;
    let end = cleaned.rfind(['}', ']'])?;
    serde_json::from_str(cleaned.get(start..=end)?).ok()
}

/// The objects of lists and of `@graph`, outermost first.
fn flatten(values: &[Value]) -> Vec<&Value> {
    let mut found = Vec::new();
    let mut queue: std::collections::VecDeque<&Value> = values.iter().collect();
    while let Some(value) = queue.pop_front() {
        match value {
            Value::Array(items) => queue.extend(items),
            Value::Object(object) if found.len() < OBJECTS_MAX => {
                found.push(value);
                queue.extend(
                    ["@graph", "mainEntity", "mainEntityOfPage"]
                        .iter()
                        .filter_map(|key| object.get(*key)),
                );
            }
            _ => {}
        }
    }
    found
}

fn has_type(object: &Value, accepts: impl Fn(&str) -> bool) -> bool {
    match &object["@type"] {
        Value::String(kind) => accepts(kind),
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).any(accepts),
        _ => false,
    }
}

fn article<'a>(objects: &[&'a Value]) -> Option<&'a Value> {
    let is_article = |kind: &str| {
        kind.ends_with("Article")
            || kind.ends_with("Posting")
            || matches!(kind, "Report" | "Review" | "Recipe")
    };
    let is_page = |kind: &str| kind.ends_with("Page") || kind == "CreativeWork";
    let first =
        |accepts: &dyn Fn(&str) -> bool| objects.iter().find(|object| has_type(object, accepts)).copied();
    first(&is_article).or_else(|| first(&is_page).filter(|page| !page["datePublished"].is_null()))
}

fn fill(described: &mut Described, article: &Value, all: &[&Value]) {
    described.headline = text(article, "headline").or_else(|| text(article, "name"));
    described.published = text(article, "datePublished").or_else(|| text(article, "dateCreated"));
    described.modified = text(article, "dateModified");
    described.authors = names(&article["author"], all);
    if described.authors.is_empty() {
        described.authors = names(&article["creator"], all);
    }
    described.site_name = names(&article["publisher"], all).into_iter().next();
    described.body = article["articleBody"].as_str().map(str::to_owned);
    described.is_advertising = has_type(article, |kind| kind.starts_with("Advertiser"));
}

fn text(object: &Value, key: &str) -> Option<String> {
    let text = collapse(object[key].as_str()?);
    (!text.is_empty()).then_some(text)
}

/// Names of one or more persons or organisations; a bare `@id` is looked up among `all`.
fn names(value: &Value, all: &[&Value]) -> Vec<String> {
    let items = match value {
        Value::Array(items) => items.as_slice(),
        Value::Null => &[],
        one => std::slice::from_ref(one),
    };
    let name = |item: &Value| match item {
        Value::String(name) => Some(collapse(name)),
        Value::Object(_) => text(item, "name").or_else(|| {
            let id = item["@id"].as_str()?;
            all.iter()
                .find(|object| object["@id"] == id && object["name"].is_string())
                .and_then(|o| text(o, "name"))
        }),
        _ => None,
    };
    items
        .iter()
        .take(50)
        .filter_map(name)
        .filter(|name| !name.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::parse::parse as parse_html;
    use super::*;

    #[test]
    fn an_article_in_a_graph_names_its_author_by_id() {
        let html = r##"<script type="application/ld+json">
            {"@graph":[{"@type":"WebSite","name":"Site"},{"@id":"#p","@type":"Person","name":"Ada L."},
            {"@type":["NewsArticle"],"headline":"A
            B","datePublished":"2026-08-20","author":{"@id":"#p"}}]};</script>"##;
        let described = describe(&parse_html(html));
        assert_eq!(described.headline.as_deref(), Some("A B"));
        assert_eq!(described.authors, ["Ada L."]);
        assert_eq!(described.site_name.as_deref(), Some("Site"));
    }

    #[test]
    fn broken_json_is_no_description() {
        let described = describe(&parse_html(
            "<script type='application/ld+json'>{\"a\": [</script>",
        ));
        assert!(described.headline.is_none());
    }
}
