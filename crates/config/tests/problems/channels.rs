//! Mistakes of `[channels.NAME]`.

use crate::{DAILY, lines_of};

#[test]
fn channels_by_http_are_checked() {
    let text = r#"[pipeline]
name = "daily"

[[stage]]
agent = "research"

[channels.a]
dir = "site"
base_url = "ftp://a.example"
after_doubt = "ask"

[channels.b]
dir = "other"
url = "https://b.example/in"

[channels.c]
url = "https://c.example/in"
base_url = "https://c.example"
after_doubt = "look_up"
api_key_env = "c-key-1234"

[channels.d]
url = "http://d.example/in"
after_doubt = "list_recent"
list_url = "http://e.example/list"
look_up_url = "http://d.example/one"
api_key_file = "key"
timeout = "0s"

[channels.f]
url = "d.example"
after_doubt = "twice"
"#;
    assert_eq!(
        lines_of(&[(DAILY, text)]),
        [
            "pipelines/daily.toml:9: `ftp://a.example` is not an http or https address",
            "pipelines/daily.toml:10: `after_doubt` belongs to a channel with a `url`, and `a` has none",
            "pipelines/daily.toml:14: the channel `b` has both `dir` and `url`; make two channels of it: each has a \
             receipt of its own",
            "pipelines/daily.toml:16: the channel `c` cannot be looked at without `look_up_url`",
            "pipelines/daily.toml:18: `base_url` belongs to a channel with a `dir`; the receiver says where its issues \
             stand",
            "pipelines/daily.toml:20: `api_key_env` is the name of a variable such as \"CMS_KEY\", never the key itself",
            "pipelines/daily.toml:23: warning: the key of the channel `d` would travel unencrypted; use https",
            "pipelines/daily.toml:25: `list_url` is on another host than `url`, and would be sent its key",
            "pipelines/daily.toml:26: warning: `look_up_url` is never asked: `after_doubt` is another one",
            "pipelines/daily.toml:26: `look_up_url` asks for no issue: it needs `{key}`, `{hash}` or `{slug}`",
            "pipelines/daily.toml:28: a call without any time cannot be answered",
            "pipelines/daily.toml:31: `d.example` is not an address such as https://example.com/feed.xml",
            "pipelines/daily.toml:32: `channels.f.after_doubt` must be \"same_key\" or \"look_up\" or \"list_recent\" or \
             \"ask\", not \"twice\"",
        ]
    );
}
