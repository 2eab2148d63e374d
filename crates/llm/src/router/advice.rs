//! What a person does about a fault. Pure.

use copydesk_config::ModelConfig;
use copydesk_domain::ModelName;

use crate::wire::Fault;

/// The next step after a fault, as a clause.
pub(crate) fn next_step(name: &ModelName, config: &ModelConfig, fault: &Fault) -> String {
    let entry = format!("[models.{name}]");
    match fault {
        Fault::Status { status, .. } => of_status(*status, &entry, name, config),
        Fault::Connect { .. } => {
            format!(
                "start the server, or mend `base_url` of {entry}; it is {}",
                config.base_url
            )
        }
        Fault::CutOff { .. } => "look whether a proxy or the server ends connections early".to_owned(),
        Fault::Timeout { .. } => format!("give {entry} a longer `timeout`, or take a faster model"),
        Fault::TooLong { .. } => format!("look whether `base_url` of {entry} is a chat API"),
        Fault::NotJson { .. } | Fault::ErrorInside { .. } => {
            format!(
                "look whether `base_url` of {entry} is right; `copydesk models probe {name}` asks it again"
            )
        }
        Fault::Refused => "ask another model for this task: put it behind this one in [routes]".to_owned(),
        Fault::Invalid { .. } => {
            "take a model that writes JSON, or put another one behind it in [routes]".to_owned()
        }
    }
}

fn of_status(status: u16, entry: &str, name: &ModelName, config: &ModelConfig) -> String {
    match status {
        300..=399 => format!("set `base_url` of {entry} to where it points"),
        401 if config.api_key_env.is_none() && config.api_key_file.is_none() && config.headers.is_empty() => {
            format!("give {entry} a key: `api_key_env` or `api_key_file`")
        }
        401 => format!("mend the key of {entry}"),
        402 => "pay the provider, or put another model behind it in [routes]".to_owned(),
        403 => format!(
            "mend the key of {entry}, or ask the provider for access to `{}`",
            config.model
        ),
        404 | 405 => {
            let guess = guesses(&config.base_url).into_iter().next();
            let guess = guess.map_or_else(String::new, |guess| format!(", perhaps {guess},"));
            format!(
                "mend `model` or `base_url`{guess} of {entry}; `copydesk models probe {name}` finds out which"
            )
        }
        408 | 425 | 429 | 500..=599 => "wait, or put another model behind it in [routes]".to_owned(),
        _ => format!("`copydesk models probe {name}` finds what it takes"),
    }
}

/// Addresses that a person may have meant by a base address that has no chat API. Best first; none of them is the
/// address itself.
pub(crate) fn guesses(base_url: &str) -> Vec<String> {
    let base = base_url.trim_end_matches('/');
    for end in ["/chat/completions", "/completions", "/models", "/chat"] {
        if let Some(stem) = base.strip_suffix(end) {
            return vec![stem.to_owned()];
        }
    }
    let Some((_, path)) = base
        .split_once("://")
        .map(|(_, rest)| rest.split_once('/').unwrap_or((rest, "")))
    else {
        return Vec::new();
    };
    let last = path.rsplit('/').next().unwrap_or_default();
    let is_version = |part: &str| {
        part.strip_prefix('v')
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    if is_version(last) || path.split('/').any(is_version) {
        return Vec::new();
    }
    let mut guesses = vec![format!("{base}/v1")];
    if path.is_empty() {
        guesses.push(format!("{base}/api/v1"));
        guesses.push(format!("{base}/openai/v1"));
    }
    guesses
}

#[cfg(test)]
mod tests {
    use super::super::tariff::tests::config;
    use super::*;
    use crate::wire::Stood;

    #[test]
    fn a_missing_version_is_guessed_and_a_given_one_is_not() {
        assert_eq!(guesses("http://127.0.0.1:8080/")[0], "http://127.0.0.1:8080/v1");
        assert_eq!(
            guesses("https://openrouter.example/api"),
            ["https://openrouter.example/api/v1"]
        );
        assert_eq!(
            guesses("http://h:1/v1/chat/completions"),
            ["http://h:1/v1"],
            "the whole path of a call was given"
        );
        for right in [
            "http://h:1/v1",
            "https://h/v1beta/openai",
            "https://h/openai/v1/",
            "nonsense",
        ] {
            assert!(guesses(right).is_empty(), "{right}");
        }
    }

    #[test]
    fn each_fault_has_a_step_that_names_its_entry() {
        let config = config("http://127.0.0.1:8080", None, false);
        let status = |status| Fault::Status {
            status,
            reason: String::new(),
            retry_after: None,
            stood: Stood::First,
        };
        let step = |fault: &Fault| next_step(&ModelName::new("near"), &config, fault);
        assert!(step(&status(401)).contains("give [models.near] a key"));
        assert!(step(&status(404)).contains("perhaps http://127.0.0.1:8080/v1"));
        assert!(step(&status(429)).contains("wait"));
        let nowhere = Fault::Connect {
            reason: String::new(),
        };
        assert!(step(&nowhere).contains("http://127.0.0.1:8080"));
    }
}
