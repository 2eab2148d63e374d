//! The body of a reply, whole or as a stream, within limits of size and time.

use std::error::Error;
use std::time::Duration;

use serde_json::Value;

use super::assembly::Assembly;
use super::events::{Events, are_events};
use super::fault::Fault;
use super::reason::{line_of, reason_of};
use super::seen::Notebook;

/// Longest reply after decompression: some 500 times what a section of a newsletter needs.
pub(crate) const BODY_BYTES_MAX: usize = 20 << 20;
/// Longest part of an error body that is looked at.
pub(crate) const ERROR_BYTES_MAX: usize = 64 << 10;

/// A body as far as it came.
pub(crate) struct Part {
    pub(crate) bytes: Vec<u8>,
    pub(crate) end: End,
}

/// How the reading ended.
pub(crate) enum End {
    Whole,
    Limit,
    Broken(String),
}

/// Reads up to `bytes_max` bytes. After the first part each next one has to come within `gap`.
pub(crate) async fn read_up_to(mut response: reqwest::Response, bytes_max: usize, gap: Duration) -> Part {
    let mut bytes = Vec::new();
    loop {
        let end = match next_part(&mut response, gap, !bytes.is_empty()).await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > bytes_max => End::Limit,
            Ok(Some(chunk)) => {
                bytes.extend_from_slice(&chunk);
                continue;
            }
            Ok(None) => End::Whole,
            Err(reason) => End::Broken(reason),
        };
        return Part { bytes, end };
    }
}

/// Reads a stream and puts its reply together, writing down how far it is.
pub(crate) async fn read_stream(
    mut response: reqwest::Response,
    gap: Duration,
    notebook: &Notebook,
) -> Result<Value, Fault> {
    let mut events = Events::default();
    let mut assembly = Assembly::default();
    let mut length = 0;
    loop {
        let chunk = match next_part(&mut response, gap, length > 0).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            // The model was done; all that is missing is its bill.
            Err(_) if assembly.is_whole() => return assembly.reply(),
            Err(reason) => return Err(Fault::CutOff { reason }),
        };
        length += chunk.len();
        if length > BODY_BYTES_MAX {
            return Err(too_long());
        }
        let taken = events
            .push(&chunk)
            .iter()
            .try_for_each(|event| assembly.take(event));
        // Noted before anything is given up, and with each part: the time of the whole call may run out in between.
        notebook.wrote(assembly.tokens());
        notebook.counted(assembly.count());
        taken?;
        if assembly.is_done() {
            return assembly.reply();
        }
    }
    if let Some(event) = events.finish() {
        // A last event that breaks off is one that the connection lost.
        let taken = assembly.take(&event);
        notebook.counted(assembly.count());
        match taken {
            Err(Fault::NotJson { .. }) | Ok(()) => {}
            Err(fault) => return Err(fault),
        }
    }
    notebook.wrote(assembly.tokens());
    assembly.reply()
}

/// The next bytes; none at the end. The reason in one line where they do not come.
async fn next_part(
    response: &mut reqwest::Response,
    gap: Duration,
    is_under_way: bool,
) -> Result<Option<bytes::Bytes>, String> {
    let next = response.chunk();
    let next = if is_under_way {
        let stalled = |_| format!("nothing more came for {} ms", gap.as_millis());
        tokio::time::timeout(gap, next).await.map_err(stalled)?
    } else {
        // A model may think for as long as the call may last before its first byte.
        next.await
    };
    next.map_err(|error| root_of(&error))
}

pub(crate) fn too_long() -> Fault {
    Fault::TooLong {
        bytes_max: BODY_BYTES_MAX,
    }
}

/// The reply in a whole body: JSON, or events that came without being asked for.
pub(crate) fn parse(body: &[u8], content_type: Option<&str>, notebook: &Notebook) -> Result<Value, Fault> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    if are_events(body) {
        return assembled(body, notebook);
    }
    serde_json::from_slice(body).map_err(|error| {
        let text = String::from_utf8_lossy(&body[..body.len().min(ERROR_BYTES_MAX)]);
        let kind = content_type.map_or("", |kind| kind.split(';').next().unwrap_or_default().trim());
        let reason = match text.trim_start() {
            "" => "it is empty".to_owned(),
            page if page.starts_with('<') => reason_of(page.as_bytes()),
            _ if !kind.is_empty() && !kind.contains("json") && !kind.starts_with("text/") => {
                format!("it is {}", line_of(kind))
            }
            // The position only: the parser's text may hold words of the reply.
            _ => format!("it breaks at line {} column {}", error.line(), error.column()),
        };
        Fault::NotJson { reason }
    })
}

fn assembled(body: &[u8], notebook: &Notebook) -> Result<Value, Fault> {
    let mut events = Events::default();
    let mut assembly = Assembly::default();
    let mut found = events.push(body);
    found.extend(events.finish());
    let taken = found.iter().try_for_each(|event| assembly.take(event));
    notebook.counted(assembly.count());
    taken?;
    assembly.reply()
}

/// The innermost cause: the outer texts name the address, which may hold a login.
pub(crate) fn root_of(error: &reqwest::Error) -> String {
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    if root.to_string() == error.to_string() {
        return "the connection failed".to_owned();
    }
    line_of(&root.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_read_for_what_it_is() {
        let reason = |body: &str, kind: Option<&str>| match parse(body.as_bytes(), kind, &Notebook::default())
        {
            Err(Fault::NotJson { reason }) => reason,
            other => panic!("{body}: {other:?}"),
        };
        assert!(parse("\u{feff}{}".as_bytes(), Some("image/png"), &Notebook::default()).is_ok());
        assert_eq!(reason("\u{89}PNG", Some("image/png; x=y")), "it is image/png");
        assert_eq!(
            reason("<title>Log in</title>", Some("text/html")),
            "a web page, \"Log in\""
        );
        assert_eq!(reason("  ", None), "it is empty");
        assert_eq!(
            reason("{\"a\":", Some("application/json")),
            "it breaks at line 1 column 5"
        );
    }

    #[test]
    fn events_that_nobody_asked_for_are_put_together() {
        let whole = "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]";
        let of = |body: &str| parse(body.as_bytes(), None, &Notebook::default());
        let reply = of(whole).unwrap();
        assert_eq!(reply["choices"][0]["message"]["content"], "x");
        let cut = of("data: {\"choices\":[{\"delta\":{\"content\":\"x\"}}]}\n\n");
        assert!(matches!(cut, Err(Fault::CutOff { .. })));
    }
}
