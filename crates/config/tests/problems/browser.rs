//! Mistakes of `[browser]`.

use crate::{DAILY, lines_of};

const SERVER: &str = "[mcpServers.playwright]\ncommand = \"npx\"\n";

fn lines(tools: &str, model_tools: &str, browser: &str) -> String {
    let pipeline = format!(
        "[pipeline]\nname = \"daily\"\n[[stage]]\nagent = \"research\"\ntools = [\"feeds/*\", \"web/*\"{tools}]\n\
         model_tools = [\"web/open\"{model_tools}]\n[browser]\n{browser}"
    );
    lines_of(&[("config.toml", SERVER), (DAILY, &pipeline)]).join("\n")
}

const BOTH: &str = ", \"playwright/browser_navigate\", \"playwright/browser_evaluate\"";
const GOOD: &str = "server = \"playwright\"\nhosts = [\"app.example.com\"]\n";

#[test]
fn a_browser_is_a_server_whose_two_tools_the_code_may_call_and_no_model() {
    assert_eq!(lines(BOTH, "", GOOD), "");
    let missing = lines("", "", GOOD);
    assert!(
        missing.contains("add \"playwright/browser_navigate\", \"playwright/browser_evaluate\""),
        "{missing}"
    );
    let given = lines(BOTH, BOTH, GOOD);
    assert!(given.contains("code navigates"), "{given}");
    let unknown = lines(BOTH, "", "server = \"playwrigth\"\nhosts = [\"a.example\"]\n");
    assert!(unknown.contains("did you mean `playwright`?"), "{unknown}");
    let none = lines(BOTH, "", "hosts = [\"a.example\"]\n");
    assert!(none.contains("`server` names none"), "{none}");
    let odd = lines(
        BOTH,
        "",
        "server = \"playwright\"\nhosts = [\"https://a.example/\"]\n",
    );
    assert!(odd.contains("`https://a.example/` is not a host"), "{odd}");
}
