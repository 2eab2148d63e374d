use crate::address;
use crate::document::{Document, key_path};
use crate::environment::Environment;
use crate::problem::Problem;
use crate::settings::Config;

/// Every problem of `[telemetry]`.
pub(crate) fn telemetry(config: &Config, at: &Document<'_>, environment: &Environment) -> Vec<Problem> {
    let telemetry = &config.telemetry;
    let mut problems = Vec::new();
    for (name, value) in &telemetry.headers {
        if let Err(error) = environment.expand(value) {
            let key = key_path!["telemetry", "headers", name.as_str()];
            problems.push(at.problem(&key, error.to_string()));
        }
    }
    let key = key_path!["telemetry", "otlp"];
    let Some(written) = telemetry.otlp.as_deref() else {
        return problems;
    };
    let address = match environment.expand(written) {
        Ok(address) => address,
        Err(error) => {
            problems.push(at.problem(&key, error.to_string()));
            return problems;
        }
    };
    let address = address.reveal();
    match address::http(address) {
        Err(message) => {
            let problem = at.problem(&key, message);
            problems.push(problem.with_hint("write it as \"http://127.0.0.1:4318\""));
        }
        Ok(url) if url.port() == Some(4317) => {
            let problem = at.problem(
                &key,
                "port 4317 is that of OTLP over gRPC, and spans go out over HTTP",
            );
            problems.push(
                problem
                    .as_warning()
                    .with_hint("collectors take OTLP over HTTP at port 4318"),
            );
        }
        Ok(_) => {}
    }
    let is_open = address.starts_with("http://") && !address::is_this_machine(address);
    if is_open && !telemetry.headers.is_empty() {
        let problem = at.problem(&key, "the headers of [telemetry] would travel unencrypted");
        problems.push(problem.as_warning().with_hint("use https"));
    }
    if telemetry.prompts && !address::is_this_machine(address) {
        let message = "the words of prompts and replies, and so of sources and drafts, go to another machine";
        problems.push(
            at.problem(&key_path!["telemetry", "prompts"], message)
                .as_warning(),
        );
    }
    problems
}
