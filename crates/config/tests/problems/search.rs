//! Mistakes of `[search]`.

use crate::{DAILY, lines_of};

fn lines(tools: &str, model_tools: &str, search: &str) -> String {
    let pipeline = format!(
        "[pipeline]\nname = \"daily\"\n[[stage]]\nagent = \"research\"\ntools = [\"feeds/*\", \"web/*\"{tools}]\n\
         model_tools = [\"web/open\"{model_tools}]\n[search]\n{search}"
    );
    let server = "[mcpServers.searx]\nurl = \"http://127.0.0.1:8901/mcp\"\n";
    lines_of(&[("config.toml", server), (DAILY, &pipeline)]).join("\n")
}

const GOOD: &str = "server = \"searx\"\nqueries = [\"arm servers\"]\n";

#[test]
fn a_search_is_a_tool_that_code_may_call_with_the_authors_queries() {
    assert_eq!(lines(", \"searx/search\"", "", GOOD), "");
    let missing = lines("", "", GOOD);
    assert!(missing.contains("add \"searx/search\""), "{missing}");
    let given = lines(", \"searx/search\"", ", \"searx/search\"", GOOD);
    assert!(
        given.contains("pipelines/daily.toml:6: ")
            && given.contains("the model of research is not offered `searx/search`")
            && given.contains("could leave in its words"),
        "{given}"
    );
    let unknown = lines("", "", "server = \"serx\"\nqueries = [\"\"]\n");
    assert!(
        unknown.contains("did you mean `searx`?") && unknown.contains("a query is empty"),
        "{unknown}"
    );
}
