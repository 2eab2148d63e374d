//! Pages that show their text only in a browser, read through a tool server that drives one.
//!
//! Code navigates, no model does. The guarded reader goes first: a browser dials by itself, so it is sent only where that
//! reader has just been and only believed where it stands on the same host afterwards. What it shows goes the way of
//! any page: through the extraction, as untrusted text.

use copydesk_domain::Untrusted;
use copydesk_journal::{StageContext, StepError, ToolName};
use copydesk_text::page::{self, Page};
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::feeds::{one_line, passable};
use crate::step_key;

/// Waits until the page has stopped growing, five seconds at most, then gives its address and its source.
const SHOWN: &str = "async () => {
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  let before = -1;
  for (let look = 0; look < 20; look += 1) {
    const now = document.body ? document.body.innerText.length : 0;
    if (now > 200 && now === before) break;
    before = now;
    await pause(250);
  }
  return { url: location.href, html: document.documentElement.outerHTML.slice(0, 2000000) };
}";

/// What the browser shows.
#[derive(Debug, Deserialize)]
struct Shown {
    url: String,
    html: Untrusted<String>,
}

/// Whether the pipeline has a page read in its browser.
pub(super) fn is_wanted(ctx: &StageContext, url: &str) -> bool {
    let hosts = &ctx.pipeline().browser.hosts;
    host_of(url).is_some_and(|host| hosts.iter().any(|wanted| is_below(&host, wanted)))
}

/// Whether a host is `wanted` or a name below it.
fn is_below(host: &str, wanted: &str) -> bool {
    let wanted = wanted.trim_start_matches('.').to_ascii_lowercase();
    host.strip_suffix(wanted.as_str())
        .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

fn host_of(url: &str) -> Option<String> {
    Some(Url::parse(url).ok()?.host_str()?.to_ascii_lowercase())
}

/// The page at an address as the browser shows it, or why there is none, in one line. `url`: the address that has just
/// answered the guarded reader.
pub(super) async fn read(ctx: &StageContext, url: &str) -> Result<Result<Page, String>, StepError> {
    let key = format!("browse/{}", step_key::of_text(url));
    let mut shown = look(ctx, &key, url).await?;
    // A browser that was started anew since, or that another run has taken elsewhere, stands at another page.
    if shown.as_ref().is_ok_and(|shown| !is_at(&shown.url, url)) {
        shown = look(ctx, &format!("{key}/again"), url).await?;
    }
    Ok(shown.and_then(|shown| judge(&shown, url)))
}

async fn look(ctx: &StageContext, key: &str, url: &str) -> Result<Result<Shown, String>, StepError> {
    let navigate = json!({ "url": url });
    if let Err(reason) = call(ctx, &format!("{key}/go"), "browser_navigate", navigate).await? {
        return Ok(Err(reason));
    }
    let evaluate = json!({ "function": SHOWN });
    let told = call(ctx, &format!("{key}/look"), "browser_evaluate", evaluate).await?;
    Ok(told.and_then(|told| shown_in(told.inspect())))
}

async fn call(
    ctx: &StageContext,
    key: &str,
    tool: &str,
    arguments: Value,
) -> Result<Result<Untrusted<Value>, String>, StepError> {
    let tool = ToolName::new(&ctx.pipeline().browser.server, tool);
    match ctx.call_tool(key, &tool, arguments).await {
        Ok(reply) if reply.is_error => Ok(Err(one_line(reply.content.inspect()))),
        Ok(reply) => Ok(Ok(reply.content)),
        Err(error) => passable(error).map(Err),
    }
}

/// The value that the function gave. Servers of this kind put it as JSON below a heading of their own, with remarks
/// behind it.
fn shown_in(told: &Value) -> Result<Shown, String> {
    if told.is_object() {
        return serde_json::from_value(told.clone()).map_err(|_| wrong());
    }
    let text = told.as_str().ok_or_else(wrong)?;
    let start = text.find('{').ok_or_else(wrong)?;
    let mut values = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Shown>();
    values.next().and_then(Result::ok).ok_or_else(wrong)
}

fn wrong() -> String {
    "the browser gave no page".to_owned()
}

/// Whether the browser stands where it was sent, as far as hosts go: pages rewrite the rest of their address.
fn is_at(shown: &str, sent: &str) -> bool {
    let bare = |url: &str| host_of(url).map(|host| host.trim_start_matches("www.").to_owned());
    let port = |url: &str| Url::parse(url).ok().and_then(|url| url.port_or_known_default());
    let is_upgrade = sent.starts_with("http://") && shown.starts_with("https://");
    bare(shown).is_some() && bare(shown) == bare(sent) && (is_upgrade || port(shown) == port(sent))
}

fn judge(shown: &Shown, sent: &str) -> Result<Page, String> {
    if !is_at(&shown.url, sent) {
        return Err("the page led the browser to another host".to_owned());
    }
    let base = Url::parse(&shown.url).map_err(|_| wrong())?;
    let html = shown.html.inspect().as_bytes();
    Ok(page::extract(html, Some("text/html; charset=utf-8"), &base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_stands_for_itself_and_the_names_below_it() {
        assert!(is_below("app.example.com", "example.com"));
        assert!(is_below("example.com", "Example.com") && is_below("127.0.0.1", "127.0.0.1"));
        assert!(
            !is_below("badexample.com", "example.com") && !is_below("example.com.evil.test", "example.com")
        );
    }

    #[test]
    fn a_value_is_found_below_the_servers_own_heading() {
        let told = "### Result\n{\n \"url\": \"http://a.test/\",\n \"html\": \"<p>}### Result {</p>\"\n}\n### Ran code\n{}";
        let shown = shown_in(&Value::from(told)).unwrap();
        assert_eq!(shown.url, "http://a.test/");
        assert_eq!(shown.html.inspect(), "<p>}### Result {</p>");
        for odd in [
            json!("### Error\nno page"),
            json!("{\"url\": 1}"),
            json!(7),
            json!({}),
        ] {
            assert!(shown_in(&odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn a_page_that_led_elsewhere_is_not_believed() {
        assert!(is_at("https://www.a.test/x?y#z", "http://a.test/x"));
        assert!(is_at("http://127.0.0.1:99/b", "http://127.0.0.1:99/a"));
        for elsewhere in [
            "http://127.0.0.1:1/",
            "about:blank",
            "http://a.test.evil/",
            "http://a.test:8080/",
        ] {
            assert!(!is_at(elsewhere, "http://a.test/"), "{elsewhere}");
        }
        let shown = Shown {
            url: "http://169.254.169.254/latest".to_owned(),
            html: Untrusted::new("<p>secret</p>".to_owned()),
        };
        assert!(judge(&shown, "http://a.test/").is_err());
    }
}
