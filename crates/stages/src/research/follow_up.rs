//! Looks for more on the first stories: an agent loop over local search and a list of addresses that code made.
//!
//! The model sees ids, never addresses; what it opens is read by code. Found posts are noted in the log and become
//! sources of the brief's history, not of today's stories: they lie outside the window.

use copydesk_domain::artifact::Story;
use copydesk_domain::task::{FollowUp, FollowUpInput};
use copydesk_domain::{PromptData, Untrusted};
use copydesk_journal::{AgentMessage, ReplyContent, StageContext, StageError, StageInputs, ToolCall, ToolName, ToolSpec};
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

/// Follows up the stories with the most posts.
pub(crate) async fn follow(
    ctx: &StageContext,
    inputs: &StageInputs,
    stories: &mut [Story],
    readings: &[Reading],
    taken: &mut Taken,
) -> Result<(), StageError> {
    let tools = ctx.model_tools().await?;
    let tools: Vec<ToolSpec> = tools.into_iter().filter(|tool| tool.name.tool == "search").collect();
    if tools.is_empty() {
        return Ok(());
    }
    let mut order: Vec<usize> = (0..stories.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse((stories[*index].witnesses, stories[*index].snapshots.len())));
    for index in order.into_iter().take(STORIES) {
        let story = &stories[index];
        let found = run_loop(ctx, inputs, story, readings, &tools, taken).await?;
        if !found.is_empty() {
            ctx.log("info", format!("{}: earlier posts found: {}", story.id, found.join(", "))).await?;
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
        topics: inputs.topics.iter().map(|topic| topic.text.prompt_data()).collect(),
        opens_max: OPENS_MAX,
    };
    let mut history = Vec::new();
    for turn in 1..=TURNS_MAX {
        let key = format!("follow_up/{}/turn-{turn}", story.id);
        let answered = ctx.turn::<FollowUp>(&key, &input, tools, &history).await?;
        models_used::note(&mut taken.models, &answered.model);
        let calls = match answered.content {
            ReplyContent::Output(output) => return Ok(useful(&output)),
            ReplyContent::Calls(calls) => calls,
        };
        history.push(AgentMessage::Calls(calls.clone()));
        for (number, call) in calls.into_iter().enumerate() {
            let content = call_one(ctx, story, &format!("{key}/call-{}", number + 1), &call, tools).await?;
            history.push(AgentMessage::Result { id: call.id, content });
        }
    }
    ctx.log("info", format!("{}: follow-up ended at its {TURNS_MAX} turns with what it had", story.id)).await?;
    Ok(Vec::new())
}

/// Carries out a call that the model asked for, if its stage offered that tool.
async fn call_one(
    ctx: &StageContext,
    story: &Story,
    key: &str,
    call: &ToolCall,
    tools: &[ToolSpec],
) -> Result<String, StageError> {
    let offered = tools.iter().find(|tool| tool.name.tool == call.name || tool.name.to_string() == call.name);
    let Some(tool) = offered else {
        ctx.log("warn", format!("{}: the model asked for `{}`, which this stage does not offer", story.id, call.name))
            .await?;
        return Ok(json!({ "error": "there is no such tool" }).to_string());
    };
    let name = ToolName::new(tool.name.server.clone(), tool.name.tool.clone());
    let reply = ctx.call_tool(key, &name, call.arguments.clone()).await?;
    let text = reply.content.inspect().to_string();
    Ok(text.chars().take(8_000).collect())
}

fn useful(output: &Value) -> Vec<String> {
    let ids = output.get("useful").and_then(Value::as_array);
    ids.into_iter().flatten().filter_map(Value::as_str).map(|id| id.chars().take(12).collect()).collect()
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
        let rare = words::words(title.inspect()).map(|(_, word)| word).filter(|word| word.len() > 3 && !words::is_stop(word));
        terms.extend(rare.map(str::to_owned));
    }
    let mut seen = std::collections::HashSet::new();
    terms.retain(|term| seen.insert(term.to_lowercase()));
    terms.iter().take(6).map(|term| PromptData::from(term.as_str())).collect()
}
