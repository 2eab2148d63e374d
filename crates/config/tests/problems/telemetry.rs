//! Mistakes of `[telemetry]`.

use crate::lines_of;

fn lines(text: &str) -> String {
    lines_of(&[("config.toml", &format!("[telemetry]\n{text}"))]).join("\n")
}

#[test]
fn a_collector_is_an_address_and_its_headers_are_there() {
    assert_eq!(lines("otlp = \"http://127.0.0.1:4318\"\nprompts = true\n"), "");
    let all = lines("otlp = \"collector:4318\"\nheaders = { Key = \"${ABSENT}\" }\nprompt = true\n");
    for wanted in [
        "config.toml:2: `collector:4318` is not an http or https address",
        "config.toml:3: the environment variable `ABSENT` is not set",
        "config.toml:4: unknown key `prompt` in [telemetry]; did you mean `prompts`?",
    ] {
        assert!(all.contains(wanted), "no {wanted:?} in\n{all}");
    }
    assert!(lines("otlp = \"${ABSENT}\"\n").contains("`ABSENT` is not set"));
}

#[test]
fn what_leaves_the_machine_in_the_clear_or_with_its_words_is_said() {
    let open = lines("otlp = \"http://otlp.example.com:4318\"\nheaders = { Key = \"k\" }\nprompts = true\n");
    assert!(open.contains("would travel unencrypted"), "{open}");
    assert!(open.contains("go to another machine"), "{open}");
    let grpc = lines("otlp = \"http://127.0.0.1:4317\"\n");
    assert!(grpc.contains("over gRPC") && grpc.contains("4318"), "{grpc}");
}
