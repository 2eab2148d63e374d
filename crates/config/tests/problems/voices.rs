//! Drafters and raters.

use super::{DAILY, lines_of};

const MODELS: &str = "[models.large]\nbase_url = \"https://a.example/v1\"\nmodel = \"m\"\nfree = true\n\
                      [models.small]\nbase_url = \"https://b.example/v1\"\nmodel = \"m\"\nfree = true\n\
                      [models.here]\nbase_url = \"http://127.0.0.1:8080/v1\"\nmodel = \"m\"\nlocal_only = true\n";

fn problems(config: &str, drafters: &str, raters: &str) -> Vec<String> {
    let pipeline = format!(
        "[pipeline]\nname = \"daily\"\n[[stage]]\nagent = \"research\"\n[[stage]]\nagent = \"draft\"\n{drafters}\n\
         [[stage]]\nagent = \"review\"\n{raters}\n"
    );
    lines_of(&[("config.toml", &format!("{MODELS}{config}")), (DAILY, &pipeline)])
}

#[test]
fn models_and_the_built_in_one_may_draft_and_rate() {
    let found = problems(
        "",
        "drafters = [\"large\", \"embedded\", \"here\"]",
        "raters = [\"small\", \"embedded\"]",
    );
    assert_eq!(found, Vec::<String>::new());
}

#[test]
fn an_unknown_name_one_twice_and_too_many_are_told_with_their_place() {
    assert_eq!(
        problems(
            "",
            "drafters = [\"large\", \"smal\"]",
            "raters = [\"here\", \"here\"]"
        ),
        [
            "pipelines/daily.toml:7: `drafters` names the unknown model `smal`; did you mean `small`?",
            "pipelines/daily.toml:10: `raters` names `here` twice",
        ]
    );
    let five = "drafters = [\"large\", \"small\", \"here\", \"embedded\", \"large\"]";
    let found = problems("", five, "");
    assert_eq!(
        found[0],
        "pipelines/daily.toml:7: `drafters` names 5 models, and more than 4 are refused"
    );
}

#[test]
fn a_key_in_the_wrong_stage_is_told() {
    assert_eq!(
        problems("", "raters = [\"large\"]", ""),
        [
            "pipelines/daily.toml:7: `raters` is a key of review stages, and the agent is `draft`; write it in the stage \
             with `agent = \"review\"`"
        ]
    );
}

#[test]
fn a_task_that_is_pinned_to_this_machine_has_no_drafter_elsewhere() {
    let pinned = "[routes]\nwrite_section = [\"here\"]\n";
    assert_eq!(
        problems(pinned, "drafters = [\"here\", \"large\"]", "raters = [\"large\"]"),
        [
            "pipelines/daily.toml:7: `large` is not on this machine, and `write_section` is pinned to `here`, which is \
             `local_only`: what it asks never leaves this machine; take `large` out of `drafters`, or give \
             `write_section` another route"
        ]
    );
    let all = problems(
        "[routes]\ndefault = [\"here\"]\n",
        "drafters = [\"here\", \"embedded\"]",
        "raters = [\"small\"]",
    );
    assert_eq!(all.len(), 1, "{all:?}");
    assert!(all[0].starts_with("pipelines/daily.toml:10: `small` is not on this machine, and `rate_draft`"));
}
