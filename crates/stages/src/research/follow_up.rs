//! Looks for more on the first stories: an agent loop over local search and a list of addresses that code made.
//!
//! The model sees ids, never addresses; what it opens is read by code. Found posts are noted in the log and become
//! sources of the brief's history, not of today's stories: they lie outside the window.

use copydesk_domain::artifact::Story;
use copydesk_domain::task::{FollowUp, FollowUpInput};
use copydesk_domain::{PromptData, Untrusted};
use copydesk_journal::{
    AgentMessage, ReplyContent, StageContext, StageError, StageInputs, ToolCall, ToolName, ToolSpec,
};
use copydesk_text::{names, words};
use serde_json::{Value, json};

use super::notes::Taken;
use super::reading::Reading;
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

/// Follows up the stories with the most posts.
pub(crate) async fn follow(
    ctx: &StageContext,
    inputs: &StageInputs,
    stories: &mut [Story],
    readings: &[Reading],
    taken: &mut Taken,
) -> Result<(), StageError> {
    let tools = ctx.model_tools().await?;
    let tools: Vec<ToolSpec> = tools
        .into_iter()
        .filter(|tool| matches!(tool.name.tool.as_str(), "search" | "open"))
        .collect();
    if tools.is_empty() {
        return Ok(());
    }
    let mut order: Vec<usize> = (0..stories.len()).collect();
    order
        .sort_by_key(|index| std::cmp::Reverse((stories[*index].witnesses, stories[*index].snapshots.len())));
    for index in order.into_iter().take(STORIES) {
        let story = &stories[index];
        let found = run_loop(ctx, inputs, story, readings, &tools, taken).await?;
        if !found.is_empty() {
            ctx.log(
                "info",
                format!("{}: earlier posts found: {}", story.id, found.join(", ")),
            );
        }
    }
    Ok(())
}

async fn run_loop(
    ctx: &StageContext,
    inputs: &StageInputs,
    story: &Story,
    readings: &[Reading],
    tools: &[ToolSpec],
    taken: &mut Taken,
) -> Result<Vec<String>, StageError> {
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
            return Ok(Vec::new());
        };
        models_used::note(&mut taken.models, &answered.model);
        let calls = match answered.content {
            ReplyContent::Output(output) => return Ok(useful(&output)),
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
    Ok(Vec::new())
}

/// What a model may open: addresses and stored texts that code listed.
#[derive(Default)]
struct Listed {
    /// Links of the story's own posts to their own publishers, by id.
    links: Vec<(String, String)>,
    /// Hashes that the search of this loop gave.
    found: Vec<String>,
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
            found: Vec::new(),
        }
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
    let reply = match ctx.call_tool(key, &name, arguments).await {
        Ok(reply) => reply,
        Err(error) => return Ok(json!({ "error": super::feeds::passable(error)? }).to_string()),
    };
    if name.tool == "search" {
        listed.note_found(reply.content.inspect());
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

fn useful(output: &Value) -> Vec<String> {
    let ids = output.get("useful").and_then(Value::as_array);
    ids.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(|id| id.chars().take(12).collect())
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
