//! One line out of whatever an endpoint says when it fails.

use serde_json::Value;

use super::fault::{Fault, Stood};

/// Longest reason, in characters.
const CHARS_MAX: usize = 200;
/// A reason that shares so many characters in a row with the request repeats its words.
const ECHO_CHARS: usize = 32;

/// The reason in an error body of any form: `{"error":{"message"}}`, `{"error":"…"}`, `{"detail":…}`,
/// `{"message"}`, HTML, plain text, nothing.
pub(crate) fn reason_of(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return "it gave no reason".to_owned();
    }
    match serde_json::from_str::<Value>(text) {
        Ok(value) => reason_in(&value).unwrap_or_else(|| "it gave no reason".to_owned()),
        Err(_) if text.starts_with('<') => html_title(text),
        Err(_) => line_of(text),
    }
}

/// The reason in a parsed body.
pub(crate) fn reason_in(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(line_of(text)).filter(|line| !line.is_empty()),
        // A list of faults: the first one stands for all.
        Value::Array(faults) => reason_in(faults.first()?),
        Value::Object(fields) => {
            let inner = ["error", "detail", "message", "msg", "title", "error_message"];
            let found = inner
                .iter()
                .filter_map(|name| fields.get(*name))
                .find_map(reason_in)
                .or_else(|| code_in(fields))?;
            let param = fields.get("param").and_then(Value::as_str);
            match param {
                Some(param) if !found.contains(param) => Some(line_of(&format!("{found} ({param})"))),
                _ => Some(found),
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// A code, where it is all that an endpoint says.
fn code_in(fields: &serde_json::Map<String, Value>) -> Option<String> {
    let code = ["code", "type", "status"]
        .iter()
        .find_map(|name| match fields.get(*name)? {
            Value::String(text) => Some(line_of(text)),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        })?;
    Some(format!("error {code}")).filter(|_| !code.is_empty())
}

/// An error inside a body with status 200, as gateways send it.
pub(crate) fn error_inside(reply: &Value) -> Option<Fault> {
    let choice = reply.pointer("/choices/0");
    let inside = |value: &Value| {
        let error = value.get("error")?;
        let is_none = matches!(error, Value::Null | Value::Bool(false)) || error == "";
        (!is_none).then(|| error.clone())
    };
    let error = inside(reply)
        .or_else(|| choice.and_then(inside))
        .or_else(|| bare_error(reply))?;
    let reason = reason_in(&error).unwrap_or_else(|| "it gave no reason".to_owned());
    let named = ["status", "code"]
        .iter()
        .filter_map(|name| error.get(*name))
        .find_map(status_of);
    Some(match named {
        Some(status) => Fault::Status {
            status,
            reason,
            retry_after: None,
            stood: if is_bare(reply) { Stood::Alone } else { Stood::Amid },
        },
        None => Fault::ErrorInside { reason },
    })
}

/// Whether a body holds nothing that a model made: no choice, and no count of tokens.
fn is_bare(reply: &Value) -> bool {
    let is_none = |value: &Value| match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    };
    ["choices", "usage"]
        .iter()
        .filter_map(|name| reply.get(*name))
        .all(is_none)
}

/// An error that is the whole body: `{"object":"error","message":"…"}`, `{"detail":"…"}`, `{"message":"…"}`.
fn bare_error(reply: &Value) -> Option<Value> {
    let is_answer = ["choices", "data", "models"]
        .iter()
        .any(|name| reply.get(*name).is_some());
    let is_error = reply.get("object").is_some_and(|object| object == "error")
        || ["detail", "message"]
            .iter()
            .any(|name| reply.get(*name).is_some());
    (!is_answer && is_error).then(|| reply.clone())
}

fn status_of(value: &Value) -> Option<u16> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u16::try_from(number)
        .ok()
        .filter(|status| (400..=599).contains(status))
}

/// Whether an error body says that a filter of content stopped the request: the endpoint's way of refusing.
pub(crate) fn is_filtered(body: &[u8]) -> bool {
    /// Codes of Azure (its own and that of the inner error) and of OpenAI.
    const CODES: [&str; 3] = [
        "content_filter",
        "responsibleaipolicyviolation",
        "content_policy_violation",
    ];
    let Ok(value) = serde_json::from_slice::<Value>(body) else {
        return false;
    };
    let codes = ["/error/code", "/error/type", "/error/innererror/code"];
    let codes = codes.iter().filter_map(|path| value.pointer(path)?.as_str());
    codes
        .map(str::to_ascii_lowercase)
        .any(|code| CODES.contains(&code.as_str()))
}

/// The title of an error page.
fn html_title(text: &str) -> String {
    let lower = text.to_ascii_lowercase();
    let title = lower.find("<title>").and_then(|at| {
        let start = at + "<title>".len();
        let end = start + lower.get(start..)?.find('<')?;
        text.get(start..end)
    });
    match title.map(line_of).filter(|title| !title.is_empty()) {
        Some(title) => format!("a web page, \"{title}\""),
        None => "a web page".to_owned(),
    }
}

/// `text` as one line of at most 200 characters, without control characters.
pub(crate) fn line_of(text: &str) -> String {
    // 16 times the limit is enough to find 200 characters between white space, and bounds the work.
    let near: String = text
        .chars()
        .take(CHARS_MAX * 16)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut line = String::new();
    for word in near.split_whitespace() {
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    match line.char_indices().nth(CHARS_MAX) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// `reason` up to the place where it begins to repeat the words of `request`.
pub(crate) fn without_echo(reason: &str, request: &str) -> String {
    let starts: Vec<usize> = reason
        .char_indices()
        .map(|(at, _)| at)
        .chain([reason.len()])
        .collect();
    for window in starts.windows(ECHO_CHARS + 1) {
        let (start, end) = (window[0], window[ECHO_CHARS]);
        if request.contains(&reason[start..end]) {
            return format!("{}…", reason[..start].trim_end());
        }
    }
    reason.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_error_body_gives_one_line() {
        for (body, reason) in [
            (
                r#"{"error":{"message":"no such\nmodel","code":404}}"#,
                "no such model",
            ),
            (r#"{"error":"no such model"}"#, "no such model"),
            (r#"{"detail":"no such model"}"#, "no such model"),
            (
                r#"{"detail":[{"loc":["body","seed"],"msg":"extra field","input":"secret"}]}"#,
                "extra field",
            ),
            (
                r#"{"error":{"message":"unsupported value","param":"temperature"}}"#,
                "unsupported value (temperature)",
            ),
            (r#"[{"error":{"message":"bad"}}]"#, "bad"),
            (
                "<html><head><title>502 Bad\nGateway</title>",
                "a web page, \"502 Bad Gateway\"",
            ),
            ("<html>bad gateway</html>", "a web page"),
            ("stub", "stub"),
            (r#"{"message":"slow down"}"#, "slow down"),
            (r#"{"error":{"code":1302}}"#, "error 1302"),
            (
                r#"{"error":{"type":"overloaded_error"}}"#,
                "error overloaded_error",
            ),
            (r#"{"error_message":"bad"}"#, "bad"),
            ("", "it gave no reason"),
            ("null", "it gave no reason"),
        ] {
            assert_eq!(reason_of(body.as_bytes()), reason, "{body}");
        }
        assert_eq!(reason_of("x".repeat(10_000).as_bytes()).chars().count(), 201);
        assert_eq!(reason_of(&[0xff, 0xfe, 0x00]), "\u{fffd}\u{fffd}");
    }

    #[test]
    fn an_error_inside_a_good_status_is_found_in_every_form() {
        let of = |body: &str| error_inside(&serde_json::from_str(body).unwrap());
        for (body, status) in [
            (r#"{"error":{"message":"x","code":429}}"#, Some(429)),
            (r#"{"error":{"message":"x","code":"503"}}"#, Some(503)),
            (r#"{"object":"error","message":"x","code":400}"#, Some(400)),
            (r#"{"choices":[{"error":{"message":"x","code":502}}]}"#, Some(502)),
            (r#"{"error":"x"}"#, None),
            (r#"{"detail":[{"msg":"x"}]}"#, None),
            (r#"{"message":"x"}"#, None),
        ] {
            match (of(body), status) {
                (Some(Fault::Status { status, reason, .. }), Some(wanted)) => {
                    assert_eq!((status, reason.as_str()), (wanted, "x"), "{body}");
                }
                (Some(Fault::ErrorInside { reason }), None) => assert_eq!(reason, "x", "{body}"),
                (other, _) => panic!("{body}: {other:?}"),
            }
        }
        for fine in [
            r#"{"choices":[],"error":null}"#,
            r#"{"choices":[],"message":"welcome"}"#,
            r#"{"data":[],"object":"list"}"#,
            r#"{"error":"","choices":[]}"#,
        ] {
            assert_eq!(of(fine), None, "{fine}");
        }
    }

    #[test]
    fn an_error_beside_anything_else_is_no_longer_alone() {
        let of = |body: &str| match error_inside(&serde_json::from_str(body).unwrap()) {
            Some(Fault::Status { stood, .. }) => stood,
            other => panic!("{body}: {other:?}"),
        };
        for body in [
            r#"{"error":{"message":"x","code":429}}"#,
            r#"{"id":"c","choices":[],"usage":null,"error":{"code":429}}"#,
            r#"{"object":"error","message":"x","code":429}"#,
        ] {
            assert_eq!(of(body), Stood::Alone, "{body}");
        }
        for body in [
            r#"{"error":{"code":429},"usage":{"prompt_tokens":9,"completion_tokens":1}}"#,
            r#"{"error":{"code":429},"choices":[{"message":{"content":"half an ans"}}]}"#,
            r#"{"choices":[{"error":{"code":429}}]}"#,
        ] {
            assert_eq!(of(body), Stood::Amid, "{body}");
        }
    }

    #[test]
    fn a_filter_of_content_is_told_from_other_errors() {
        for body in [
            r#"{"error":{"message":"The response was filtered","code":"content_filter","status":400}}"#,
            r#"{"error":{"code":null,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
            r#"{"error":{"type":"content_policy_violation"}}"#,
        ] {
            assert!(is_filtered(body.as_bytes()), "{body}");
        }
        for body in [
            r#"{"error":{"message":"content_filter is no field"}}"#,
            "content_filter",
            "{}",
            "",
        ] {
            assert!(!is_filtered(body.as_bytes()), "{body}");
        }
    }

    #[test]
    fn a_reason_that_repeats_the_request_is_cut_there() {
        let request = r#"{"content":"The reader must never see this sentence in a log."}"#;
        let reason = "cannot parse: The reader must never see this sentence in a log.";
        assert_eq!(without_echo(reason, request), "cannot parse:…");
        assert_eq!(
            without_echo("cannot parse the request", request),
            "cannot parse the request"
        );
    }
}
