//! Looks for more on the first stories: an agent loop over local search and a list of addresses that code made.
//!
//! The model sees ids, never addresses; what it opens is read by code. What it opened and calls useful becomes a source of
//! its story, with notes of its own (`found`).

use copydesk_domain::artifact::Story;
use copydesk_domain::task::{FollowUp, FollowUpInput};
use copydesk_domain::{ContentHash, PromptData, Untrusted};
use copydesk_journal::{
    AgentMessage, ReplyContent, StageContext, StageError, StageInputs, ToolCall, ToolName, ToolSpec,
};
use copydesk_text::{names, words};
use serde_json::{Value, json};

use super::found::{self, Opened};
use super::history::History;
use super::notes::Taken;
use super::reading::Reading;
use super::stories;
use crate::models_used;

/// Stories that are followed up.
const STORIES: usize = 2;
/// Turns of one loop: a search, two pages, an end, and one to spare.
const TURNS_MAX: u32 = 5;
/// Pages of one loop.
const OPENS_MAX: u32 = 2;
/// Addresses that a model may open by id.
const LINKS_MAX: usize = 5;
/// Results of one search.
const RESULTS_MAX: u32 = 6;
/// Characters of a tool's answer that the model sees.
const RESULT_MAX: usize = 8_000;

/// The tools of a loop: what stays on this machine, and what opens an entry of a list that code made. A tool of another
/// server would take the model's own words out.
const TOOLS: [(&str, &str); 2] = [("archive", "search"), ("web", "open")];
/// The model that searches by rule and judges by shared words alone.
const EMBEDDED: &str = "embedded";

/// What is read and told.
#[derive(Clone, Copy)]
pub(crate) struct Known<'a> {
    pub(crate) readings: &'a [Reading],
    pub(crate) history: &'a History,
}

/// Follows up the stories with the most posts. Gives what was found for them, which is among their snapshots then.
pub(crate) async fn follow(
    ctx: &StageContext,
    inputs: &StageInputs,
    stories: &mut [Story],
    known: Known<'_>,
    taken: &mut Taken,
) -> Result<Vec<Reading>, StageError> {
    let tools = ctx.model_tools().await?;
    let tools: Vec<ToolSpec> = tools
        .into_iter()
        .filter(|tool| TOOLS.contains(&(tool.name.server.as_str(), tool.name.tool.as_str())))
        .collect();
    if tools.is_empty() {
        return Ok(Vec::new());
    }
    let mut order: Vec<usize> = (0..stories.len()).collect();
    order
        .sort_by_key(|index| std::cmp::Reverse((stories[*index].witnesses, stories[*index].snapshots.len())));
    let mut all: Vec<Reading> = Vec::new();
    for index in order.into_iter().take(STORIES) {
        let story = &mut stories[index];
        let looked = run_loop(ctx, inputs, story, known.readings, &tools, taken).await?;
        for opened in &looked.useful {
            let Some(reading) = found::read(ctx, opened, parent(story, known.readings, opened)).await? else {
                continue;
            };
            let is_known = all
                .iter()
                .any(|other| other.source.snapshot == reading.source.snapshot);
            let is_of = !looked.by_rule || stories::is_of(story, &reading, known.readings);
            let is_to_come = reading
                .source
                .published_at
                .is_some_and(|at| at.earliest() > ctx.now());
            let is_another = found::is_another(&reading, known.readings, known.history, story);
            if is_known || !is_of || is_to_come || !is_another {
                continue;
            }
            ctx.log("info", format!("{}: found {}", story.id, reading.source.url));
            found::add(story, &reading, known.readings.iter().chain(&all));
            all.push(reading);
        }
    }
    Ok(all)
}

/// The post of a story that links to an opened page.
fn parent<'r>(story: &Story, readings: &'r [Reading], opened: &Opened) -> Option<&'r Reading> {
    let Opened::Page { url, .. } = opened else {
        return None;
    };
    readings
        .iter()
        .filter(|reading| story.snapshots.contains(&reading.source.snapshot))
        .find(|reading| reading.links.contains(url))
}

/// What a loop came to.
#[derive(Default)]
struct Looked {
    /// What the model opened and calls useful.
    useful: Vec<Opened>,
    /// The word came from the embedded model.
    by_rule: bool,
}

async fn run_loop(
    ctx: &StageContext,
    inputs: &StageInputs,
    story: &Story,
    readings: &[Reading],
    tools: &[ToolSpec],
    taken: &mut Taken,
) -> Result<Looked, StageError> {
    let input = FollowUpInput {
        story: story.id.to_string(),
        title: story.title.prompt_data(),
        terms: terms(story, readings),
        topics: inputs
            .topics
            .iter()
            .map(|topic| topic.text.prompt_data())
            .collect(),
        opens_max: OPENS_MAX,
    };
    let mut listed = Listed::of(story, readings);
    let mut history = Vec::new();
    for turn in 1..=TURNS_MAX {
        let key = format!("follow_up/{}/turn-{turn}", story.id);
        let Some(answered) = ctx.loop_turn::<FollowUp>(&key, &input, tools, &history).await? else {
            ctx.log(
                "warn",
                format!("{}: follow-up ended at its budget with what it had", story.id),
            );
            return Ok(Looked::default());
        };
        models_used::note(&mut taken.models, &answered.model);
        let calls = match answered.content {
            ReplyContent::Output(output) => {
                return Ok(Looked {
                    useful: useful(&output, &listed.opened),
                    by_rule: answered.model.as_str() == EMBEDDED,
                });
            }
            ReplyContent::Calls(calls) => calls,
        };
        history.push(AgentMessage::Calls(calls.clone()));
        for (number, call) in calls.into_iter().enumerate() {
            let content = call_one(
                ctx,
                story,
                &format!("{key}/call-{}", number + 1),
                &call,
                tools,
                &mut listed,
            )
            .await?;
            history.push(AgentMessage::Result { id: call.id, content });
        }
    }
    ctx.log(
        "info",
        format!(
            "{}: follow-up ended at its {TURNS_MAX} turns with what it had",
            story.id
        ),
    );
    Ok(Looked::default())
}

/// What a model may open: addresses and stored texts that code listed.
#[derive(Default)]
struct Listed {
    /// Links of the story's own posts to their own publishers, by id.
    links: Vec<(String, String)>,
    /// Hashes that the search of this loop gave.
    found: Vec<String>,
    /// What it opened, by id.
    opened: Vec<(String, Opened)>,
}

impl Listed {
    /// Links of the story's posts that stay with their publisher: what else that publisher says of it.
    fn of(story: &Story, readings: &[Reading]) -> Self {
        let mut links: Vec<(String, String)> = Vec::new();
        for reading in readings
            .iter()
            .filter(|reading| story.snapshots.contains(&reading.source.snapshot))
        {
            let host = host_of(&reading.source.url);
            let own = reading
                .links
                .iter()
                .filter(|link| host.is_some() && host_of(link) == host);
            for link in own {
                let is_known = readings.iter().any(|other| other.source.url == *link)
                    || links.iter().any(|(_, known)| known == link);
                if !is_known && links.len() < LINKS_MAX {
                    links.push((format!("link-{}", links.len() + 1), link.clone()));
                }
            }
        }
        Self {
            links,
            ..Self::default()
        }
    }

    /// Whether another entry may be opened; one that is open already may be looked at again.
    fn has_room(&self, id: &str) -> bool {
        let is_open = self.opened.iter().any(|(known, _)| known == id);
        is_open || self.opened.len() < OPENS_MAX as usize
    }

    /// Keeps what was opened under an id.
    fn note_opened(&mut self, id: &str, content: &Untrusted<Value>) {
        if self.opened.iter().any(|(known, _)| known == id) {
            return;
        }
        let link = self.links.iter().find(|(known, _)| known == id);
        let opened = match (link, id.parse::<ContentHash>()) {
            (Some((_, url)), _) => Opened::Page {
                url: url.clone(),
                content: content.clone(),
            },
            (None, Ok(hash)) => Opened::Stored(hash),
            (None, Err(_)) => return,
        };
        self.opened.push((id.to_owned(), opened));
    }

    fn note_found(&mut self, reply: &Value) {
        let results = reply
            .get("results")
            .or_else(|| reply.get("hits"))
            .and_then(Value::as_array);
        let hashes = results
            .into_iter()
            .flatten()
            .filter_map(|hit| hit.get("hash").and_then(Value::as_str));
        self.found.extend(hashes.map(str::to_owned));
    }
}

fn host_of(url: &str) -> Option<String> {
    let url = url::Url::parse(url).ok()?;
    url.host_str()
        .map(|host| format!("{host}:{}", url.port_or_known_default().unwrap_or_default()))
}

/// Carries out a call that the model asked for, if its stage offered that tool.
async fn call_one(
    ctx: &StageContext,
    story: &Story,
    key: &str,
    call: &ToolCall,
    tools: &[ToolSpec],
    listed: &mut Listed,
) -> Result<String, StageError> {
    let offered = tools
        .iter()
        .find(|tool| tool.name.tool == call.name || tool.name.to_string() == call.name);
    let planned = offered.and_then(|tool| plan(&tool.name, &call.arguments, listed));
    let Some((name, arguments)) = planned else {
        let line = format!(
            "{}: the model asked `{}` for something that nobody listed",
            story.id, call.name
        );
        ctx.log("warn", line.chars().take(200).collect());
        return Ok(json!({ "error": "there is no such tool, or nobody listed that id" }).to_string());
    };
    let id = call
        .arguments
        .get("id")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if name.tool != "search" && !listed.has_room(id) {
        return Ok(
            json!({ "error": format!("{OPENS_MAX} entries are open, and no more may be") }).to_string(),
        );
    }
    let reply = match ctx.call_tool(key, &name, arguments).await {
        Ok(reply) => reply,
        Err(error) => return Ok(json!({ "error": super::feeds::passable(error)? }).to_string()),
    };
    match name.tool.as_str() {
        "search" => listed.note_found(reply.content.inspect()),
        _ if !reply.is_error => listed.note_opened(id, &reply.content),
        _ => {}
    }
    Ok(reply
        .content
        .inspect()
        .to_string()
        .chars()
        .take(RESULT_MAX)
        .collect())
}

/// The call that code makes of a model's: only a query, or an id that code listed, is taken from it.
fn plan(tool: &ToolName, arguments: &Value, listed: &Listed) -> Option<(ToolName, Value)> {
    if tool.tool == "search" {
        let query: String = arguments.get("query")?.as_str()?.chars().take(200).collect();
        return Some((tool.clone(), json!({ "query": query, "limit": RESULTS_MAX })));
    }
    let id = arguments.get("id")?.as_str()?;
    if listed.found.iter().any(|hash| hash == id) {
        return Some((ToolName::new("archive", "get"), json!({ "hash": id })));
    }
    let (id, url) = listed.links.iter().find(|(known, _)| known == id)?;
    Some((
        tool.clone(),
        json!({ "id": id, "listed": [{ "id": id, "url": url }] }),
    ))
}

/// The entries that a model opened among those that it calls useful, in its order, each once.
fn useful(output: &Value, opened: &[(String, Opened)]) -> Vec<Opened> {
    let ids = output.get("useful").and_then(Value::as_array);
    let mut named: Vec<&str> = Vec::new();
    for id in ids.into_iter().flatten().filter_map(Value::as_str) {
        if !named.contains(&id) {
            named.push(id);
        }
    }
    let entry = |id: &str| opened.iter().find(|(known, _)| known == id);
    named
        .into_iter()
        .filter_map(|id| entry(id).map(|(_, opened)| opened.clone()))
        .collect()
}

/// Names of the story's titles, then its rarer words.
fn terms(story: &Story, readings: &[Reading]) -> Vec<PromptData> {
    let titles: Vec<&Untrusted<String>> = readings
        .iter()
        .filter(|reading| story.snapshots.contains(&reading.source.snapshot))
        .map(|reading| &reading.source.title)
        .collect();
    let mut terms: Vec<String> = Vec::new();
    for title in &titles {
        terms.extend(names::find(title.inspect()).into_iter().map(|name| name.text));
    }
    for title in &titles {
        let rare = words::words(title.inspect())
            .map(|(_, word)| word)
            .filter(|word| word.len() > 3 && !words::is_stop(word));
        terms.extend(rare.map(str::to_owned));
    }
    let mut seen = std::collections::HashSet::new();
    terms.retain(|term| seen.insert(term.to_lowercase()));
    terms
        .iter()
        .take(6)
        .map(|term| PromptData::from(term.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn useful_is_what_was_opened_and_no_more_is_opened_than_may_be() {
        let hash = |text: &str| ContentHash::of(text.as_bytes()).to_string();
        let mut listed = Listed {
            links: vec![("link-1".to_owned(), "https://norn.example/more".to_owned())],
            found: vec![hash("a"), hash("b"), hash("c")],
            ..Listed::default()
        };
        let content = Untrusted::new(json!({ "text": "More." }));
        assert!(listed.has_room(&hash("a")));
        listed.note_opened(&hash("a"), &content);
        listed.note_opened(&hash("a"), &content);
        listed.note_opened("link-1", &content);
        listed.note_opened("no id of ours", &content);
        assert_eq!(listed.opened.len(), 2);
        assert!(!listed.has_room(&hash("b")) && listed.has_room(&hash("a")));
        let output = json!({ "useful": ["link-1", hash("b"), "link-1", hash("a"), 7] });
        let named = useful(&output, &listed.opened);
        assert!(
            matches!(&named[..], [Opened::Page { url, .. }, Opened::Stored(stored)]
                if url == "https://norn.example/more" && stored.to_string() == hash("a")),
            "{named:?}"
        );
        assert!(useful(&json!({}), &listed.opened).is_empty());
    }
}
