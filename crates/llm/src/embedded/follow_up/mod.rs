//! `follow_up`: search the story's top terms, open the first unseen results, stop.

mod results;

use copydesk_domain::PromptData;
use std::collections::BTreeSet;

use copydesk_domain::task::{FollowUpInput, FollowUpOutput};
use copydesk_text::words;
use serde_json::{Value, json};

use self::results::{as_id, results};
use super::chat::{Answer, CalledFunction, Message, Tool, ToolCall};

/// Terms of one search.
const TERMS_MAX: usize = 5;
/// A reader's question is searched for beside the story, one of them.
const TOPICS_MAX: usize = 1;

/// The next turn of the loop. `turns` are the messages since the task: calls made and their results.
pub fn next_turn(input: &FollowUpInput, tools: &[Tool], turns: &[Message]) -> Answer {
    let search = tool(tools, "search");
    let open = tool(tools, "open");
    let made: Vec<&ToolCall> = turns
        .iter()
        .filter_map(|turn| turn.tool_calls.as_ref())
        .flatten()
        .collect();
    let searched =
        search.is_none_or(|search| made.iter().any(|call| call.function.name == search.function.name));
    if let (Some(search), false) = (search, searched) {
        let calls: Vec<ToolCall> = queries(input)
            .iter()
            .enumerate()
            .map(|(at, query)| call(search, "query", query, at))
            .collect();
        if !calls.is_empty() {
            return Answer::Calls(calls);
        }
    }
    let opened_any = open.is_none_or(|open| made.iter().any(|call| call.function.name == open.function.name));
    if let (Some(open), false) = (open, opened_any) {
        let calls: Vec<ToolCall> = unseen(input, turns)
            .iter()
            .take(usize::try_from(input.opens_max).unwrap_or(usize::MAX))
            .enumerate()
            .map(|(at, id)| call(open, "id", id, made.len() + at))
            .collect();
        if !calls.is_empty() {
            return Answer::Calls(calls);
        }
    }
    let useful = match open {
        Some(open) => useful(input, open, turns),
        // What cannot be opened is judged by what the search shows of it.
        None => unseen(input, turns),
    };
    Answer::Content(
        serde_json::to_string(&FollowUpOutput { useful }).expect("a list of strings has a JSON form"),
    )
}

/// The tool called `search` or `open`, whatever server stands before its name.
fn tool<'a>(tools: &'a [Tool], name: &str) -> Option<&'a Tool> {
    tools.iter().find(|tool| {
        let own = tool.function.name.as_str();
        own == name
            || own
                .strip_suffix(name)
                .is_some_and(|head| head.ends_with(|c: char| !c.is_alphanumeric()))
    })
}

/// The story's strongest terms, and the first question of a reader, as searches.
fn queries(input: &FollowUpInput) -> Vec<String> {
    let terms: Vec<&str> = input
        .terms
        .iter()
        .take(TERMS_MAX)
        .map(PromptData::as_str)
        .collect();
    let story = if terms.is_empty() {
        telling(input.title.as_str())
    } else {
        terms.join(" ")
    };
    let topics = input
        .topics
        .iter()
        .take(TOPICS_MAX)
        .map(|topic| telling(topic.as_str()));
    std::iter::once(story)
        .chain(topics)
        .filter(|query| !query.trim().is_empty())
        .collect()
}

/// The words of a text that say something, in order.
fn telling(text: &str) -> String {
    let kept: Vec<&str> = words::words(text)
        .map(|(_, word)| word)
        .filter(|word| !words::is_stop(word))
        .take(TERMS_MAX)
        .collect();
    kept.join(" ")
}

/// A call with its one argument, under the name that the tool's schema gives it.
fn call(tool: &Tool, argument: &str, value: &str, number: usize) -> ToolCall {
    let schema = tool.function.parameters.as_ref();
    let properties = schema
        .and_then(|schema| schema.get("properties"))
        .and_then(Value::as_object);
    let name = match properties {
        Some(properties) if !properties.contains_key(argument) => schema
            .and_then(|schema| schema.pointer("/required/0"))
            .and_then(Value::as_str)
            .or_else(|| properties.keys().next().map(String::as_str))
            .unwrap_or(argument),
        _ => argument,
    };
    let value = match properties.and_then(|all| all.get(name)?.get("type")?.as_str()) {
        Some("integer" | "number") => value
            .parse::<i64>()
            .map_or_else(|_| json!(value), |number| json!(number)),
        Some("array") => json!([value]),
        _ => json!(value),
    };
    ToolCall {
        id: format!("call_{number}"),
        kind: "function".to_owned(),
        function: CalledFunction {
            name: tool.function.name.clone(),
            arguments: json!({name: value}).to_string(),
        },
    }
}

/// Ids of results that share a term with the story and are not marked as read, in the order of the results.
fn unseen(input: &FollowUpInput, turns: &[Message]) -> Vec<String> {
    let stems = story_stems(input);
    let mut found: Vec<String> = Vec::new();
    for result in turns
        .iter()
        .filter(|turn| turn.role == "tool")
        .flat_map(|turn| results(&turn.text()))
    {
        if !result.is_read() && !found.contains(&result.id) && shared(&stems, &result.text()) >= 2 {
            found.push(result.id);
        }
    }
    found
}

/// Ids that were opened and whose text holds two of the story's terms.
fn useful(input: &FollowUpInput, open: &Tool, turns: &[Message]) -> Vec<String> {
    let stems = story_stems(input);
    let calls = turns.iter().filter_map(|turn| turn.tool_calls.as_ref()).flatten();
    let mut found = Vec::new();
    for call in calls.filter(|call| call.function.name == open.function.name) {
        let answer = turns
            .iter()
            .find(|turn| turn.tool_call_id.as_deref() == Some(&call.id));
        let Some(id) = argument(&call.function.arguments) else {
            continue;
        };
        let tells = answer.is_some_and(|turn| shared(&stems, &turn.text()) >= 2);
        if tells && !found.contains(&id) {
            found.push(id);
        }
    }
    found
}

/// The one argument of a call, as text.
fn argument(arguments: &str) -> Option<String> {
    let arguments: Value = serde_json::from_str(arguments).ok()?;
    let first = arguments.as_object()?.values().next()?.clone();
    as_id(match first {
        Value::Array(mut all) => all.pop()?,
        other => other,
    })
}

fn story_stems(input: &FollowUpInput) -> BTreeSet<String> {
    let texts = input
        .terms
        .iter()
        .chain(std::iter::once(&input.title))
        .chain(input.topics.iter().take(TOPICS_MAX));
    texts
        .flat_map(|text| words::content_stems(text.as_str()))
        .collect()
}

fn shared(stems: &BTreeSet<String>, text: &str) -> usize {
    let own: BTreeSet<String> = words::content_stems(text).into_iter().collect();
    stems.intersection(&own).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn input() -> FollowUpInput {
        FollowUpInput {
            story: "st1".to_owned(),
            title: "Norn index update corrupts logs".into(),
            terms: ["norn", "index", "corruption", "rollback"]
                .map(Into::into)
                .to_vec(),
            topics: Vec::new(),
            opens_max: 2,
        }
    }

    fn tools() -> Vec<Tool> {
        serde_json::from_value(json!([
            {"type": "function", "function": {"name": "archive__search", "parameters": {
                "type": "object", "properties": {"text": {"type": "string"}}, "required": ["text"]}}},
            {"type": "function", "function": {"name": "open"}}
        ]))
        .unwrap()
    }

    fn played(calls: &[ToolCall], answers: &[Value]) -> Vec<Message> {
        let asked = Message {
            role: "assistant".to_owned(),
            tool_calls: Some(calls.to_vec()),
            ..Message::default()
        };
        let told = calls.iter().zip(answers).map(|(call, answer)| Message {
            role: "tool".to_owned(),
            content: Some(Value::String(answer.to_string())),
            tool_call_id: Some(call.id.clone()),
            ..Message::default()
        });
        std::iter::once(asked).chain(told).collect()
    }

    fn calls(answer: Answer) -> Vec<ToolCall> {
        let Answer::Calls(calls) = answer else {
            panic!("calls are wanted, {answer:?} came")
        };
        calls
    }

    #[test]
    fn it_searches_opens_and_stops() {
        let first = calls(next_turn(&input(), &tools(), &[]));
        assert_eq!(
            first[0].function.arguments,
            r#"{"text":"norn index corruption rollback"}"#
        );
        let mut turns = played(
            &first,
            &[json!({"results": [
                {"id": "p1", "title": "Norn index notes", "seen": true},
                {"id": "p2", "title": "Index corruption at Norn"},
                {"id": "p3", "title": "Lunch at noon"},
                {"id": "p4", "title": "Rollback of the index"},
                {"id": "p5", "title": "Index rollback again"}
            ]})],
        );
        let second = calls(next_turn(&input(), &tools(), &turns));
        let opened: Vec<&str> = second
            .iter()
            .map(|call| call.function.arguments.as_str())
            .collect();
        assert_eq!(opened, [r#"{"id":"p2"}"#, r#"{"id":"p4"}"#]);
        turns.extend(played(
            &second,
            &[
                json!({"text": "Norn lost an index."}),
                json!({"text": "A day at the sea."}),
            ],
        ));
        let last = next_turn(&input(), &tools(), &turns);
        assert_eq!(last, Answer::Content(r#"{"useful":["p2"]}"#.to_owned()));
    }

    #[test]
    fn without_tools_it_says_so_at_once() {
        assert_eq!(
            next_turn(&input(), &[], &[]),
            Answer::Content(r#"{"useful":[]}"#.to_owned())
        );
    }

    #[test]
    fn a_search_without_results_ends_the_loop() {
        let first = calls(next_turn(&input(), &tools(), &[]));
        let turns = played(&first, &[json!("no results")]);
        assert_eq!(
            next_turn(&input(), &tools(), &turns),
            Answer::Content(r#"{"useful":[]}"#.to_owned())
        );
    }
}
