//! What a search server finds for the queries of the pipeline: a feed whose items are the hits.
//!
//! The queries are the author's own words from the pipeline's file. No model writes or sees one on its way out, so that
//! nothing that was read can leave by it. A hit is an address and no more: its page is read, dated and judged like any
//! other.

use std::collections::HashSet;
use std::sync::LazyLock;

use copydesk_config::FeedConfig;
use copydesk_domain::{ContentHash, Untrusted};
use copydesk_journal::{StageContext, StepError, ToolName};
use regex::Regex;
use serde_json::{Map, Value};

use super::feeds::{Poll, PollItem, Polled, one_line, passable};

/// Queries asked at once: search servers count requests.
const AT_ONCE: usize = 2;
/// Hits of one query that are read.
const HITS_MAX: usize = 10;
/// Names that servers give the address of a hit.
const ADDRESS_KEYS: [&str; 4] = ["url", "link", "href", "uri"];

/// Asks every query of the pipeline.
pub(super) async fn poll(ctx: &StageContext) -> Result<Vec<Polled>, StepError> {
    let queries = ctx.pipeline().search.queries.clone();
    if !queries.is_empty() {
        ctx.note(format!("asking {} queries", queries.len()));
    }
    let polled = ctx.for_each(queries, AT_ONCE, |query| ask(ctx, query)).await;
    polled.into_iter().collect()
}

async fn ask(ctx: &StageContext, query: String) -> Result<Polled, StepError> {
    let search = &ctx.pipeline().search;
    let key = format!("search/{}", ContentHash::of(query.as_bytes()).short(12));
    let tool = ToolName::new(&search.server, &search.tool);
    let mut arguments = Map::new();
    arguments.insert(search.argument.clone(), Value::from(query.clone()));
    let result = match ctx.call_tool(&key, &tool, Value::Object(arguments)).await {
        Ok(reply) if reply.is_error => Err(one_line(reply.content.inspect())),
        Ok(reply) => Ok(Poll {
            title: None,
            items: hits(reply.content.inspect()),
        }),
        Err(error) => Err(passable(error)?),
    };
    Ok(Polled {
        feed: FeedConfig {
            url: format!("search:{query}"),
            title: None,
            beats: search.beats.clone(),
            owner: None,
        },
        publisher: Untrusted::new(format!("search for {query}")),
        owner: search.server.clone(),
        result,
        passing: None,
    })
}

/// The addresses of a reply in its order, each once: those that its fields name, else those that stand in its text.
fn hits(reply: &Value) -> Vec<PollItem> {
    let mut found = Vec::new();
    in_fields(reply, &mut found);
    if found.is_empty() {
        in_texts(reply, &mut found);
    }
    let mut seen = HashSet::new();
    found.retain(|url| seen.insert(url.clone()));
    found.truncate(HITS_MAX);
    let item = |url| PollItem {
        url: Some(Untrusted::new(url)),
        ..PollItem::default()
    };
    found.into_iter().map(item).collect()
}

fn in_fields(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            let named = ADDRESS_KEYS.iter().find_map(|key| fields.get(*key)?.as_str());
            match named.filter(|text| is_address(text)) {
                Some(url) => found.push(url.to_owned()),
                None => fields.values().for_each(|inner| in_fields(inner, found)),
            }
        }
        Value::Array(items) => items.iter().for_each(|inner| in_fields(inner, found)),
        _ => {}
    }
}

fn in_texts(value: &Value, found: &mut Vec<String>) {
    static ADDRESS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"https?://[^\s<>"'`\])}]+"#).expect("a constant pattern is tested"));
    match value {
        Value::String(text) => {
            let written = ADDRESS.find_iter(text).map(|address| address.as_str());
            let bare = written.map(|url| url.trim_end_matches(['.', ',', ';', ':', '!', '?']));
            found.extend(bare.filter(|url| is_address(url)).map(str::to_owned));
        }
        Value::Object(fields) => fields.values().for_each(|inner| in_texts(inner, found)),
        Value::Array(items) => items.iter().for_each(|inner| in_texts(inner, found)),
        _ => {}
    }
}

fn is_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.host().is_some())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn urls(reply: &Value) -> Vec<String> {
        let urls = hits(reply).into_iter().filter_map(|item| item.url);
        urls.map(|url| url.inspect().clone()).collect()
    }

    #[test]
    fn hits_are_found_in_fields_and_else_in_text_each_once() {
        let fields = json!({ "web": { "results": [
            { "title": "One", "url": "https://a.test/1", "thumbnail": { "url": "https://img.test/1.png" } },
            { "title": "Two", "link": "https://b.test/2" },
            { "title": "Again", "url": "https://a.test/1" },
            { "title": "No page", "url": "file:///etc/passwd" },
        ]}});
        assert_eq!(urls(&fields), ["https://a.test/1", "https://b.test/2"]);
        let text =
            json!("Title: One\nURL: https://a.test/1.\n\n2. [Two](https://b.test/2) and <https://a.test/1>");
        assert_eq!(urls(&text), ["https://a.test/1", "https://b.test/2"]);
        assert!(urls(&json!("nothing found")).is_empty());
    }

    #[test]
    fn only_the_first_hits_are_read() {
        let many: Vec<Value> = (0..50)
            .map(|n| json!({ "url": format!("https://a.test/{n}") }))
            .collect();
        assert_eq!(urls(&json!(many)).len(), HITS_MAX);
    }
}
