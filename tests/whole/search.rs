//! Queries of the author's to a search server, whose hits are read like items of a feed.

use serde_json::json;

use crate::rig::{Corpus, Desk, EVENING, json_file, list, word};

/// A tool server that knows two addresses and writes its questions down.
const SEARCHES: &str = r"
import json, sys
where, host = sys.argv[1], sys.argv[2]
for line in sys.stdin:
    asked = json.loads(line)
    method, number = asked.get('method'), asked.get('id')
    if method == 'initialize':
        result = {'protocolVersion': asked['params']['protocolVersion'], 'capabilities': {'tools': {}}, 'serverInfo': {'name': 'find', 'version': '1'}}
    elif method == 'tools/list':
        schema = {'type': 'object', 'properties': {'q': {'type': 'string'}}}
        result = {'tools': [{'name': 'find', 'description': 'Finds.', 'inputSchema': schema}]}
    elif method == 'tools/call':
        with open(where, 'a') as file:
            file.write(json.dumps(asked['params']) + '\n')
        text = 'Title: A post\nURL: ' + host + '\n\nTitle: A trap\nURL: http://169.254.169.254/latest/meta-data'
        result = {'content': [{'type': 'text', 'text': text}]}
    elif number is None:
        continue
    else:
        result = {}
    print(json.dumps({'jsonrpc': '2.0', 'id': number, 'result': result}), flush=True)
";

#[test]
fn what_a_search_finds_is_read_like_a_feed_and_private_addresses_are_not() {
    let test = "what_a_search_finds_is_read_like_a_feed_and_private_addresses_are_not";
    let Some(corpus) = Corpus::serve(test, EVENING) else {
        return;
    };
    let url = corpus.url("/s/rust-blog/supply-chain-attack-on-arrayref");
    let desk = Desk::new();
    desk.allow(&[&corpus.host]);
    desk.write("find.py", SEARCHES);
    let asked = desk.dir().join("asked");
    let args = json!([desk.dir().join("find.py"), asked, url]);
    desk.replace(
        "config.toml",
        "[mcpServers]\n",
        &format!("[mcpServers.find]\ncommand = \"python3\"\nargs = {args}\n"),
    );
    let tools = "[\"feeds/*\", \"web/*\", \"archive/*\"";
    desk.replace("pipelines/daily.toml", tools, &format!("{tools}, \"find/find\""));
    let pipeline = desk.read("pipelines/daily.toml");
    let search =
        "\n[search]\nserver = \"find\"\ntool = \"find\"\nargument = \"q\"\nqueries = [\"arrayref\"]\n";
    desk.write("pipelines/daily.toml", &format!("{pipeline}{search}"));
    desk.json(0, &["tools", "trust", "find/find"]);
    let run = desk.evening();
    let asked = std::fs::read_to_string(asked).unwrap();
    assert_eq!(asked.lines().count(), 1, "{asked}");
    assert!(asked.contains("\"q\": \"arrayref\""), "{asked}");
    let brief = json_file(&desk.export(word(&run, "run")).join("research_brief.json"));
    let sources = list(&brief, "sources");
    assert!(
        sources
            .iter()
            .any(|source| word(source, "url").ends_with("supply-chain-attack-on-arrayref")),
        "{url}: {brief}"
    );
    assert!(
        !sources
            .iter()
            .any(|source| word(source, "url").contains("169.254")),
        "{brief}"
    );

    // With a collector named, the call carries the trace of its run; that nobody listens there holds up nothing.
    let collector = "[telemetry]\notlp = \"http://127.0.0.1:9\"\n";
    desk.replace("config.toml", "[telemetry]\n", collector);
    let traced = desk.json(4, &["run", "daily", "--new", "--now", EVENING]);
    let asked = std::fs::read_to_string(desk.dir().join("asked")).unwrap();
    let last = asked.lines().last().unwrap();
    let parent = format!("\"traceparent\": \"00-{}-", word(&traced, "trace_id"));
    assert!(last.contains(&parent), "{last}");
    assert!(!asked.lines().next().unwrap().contains("traceparent"), "{asked}");
}
