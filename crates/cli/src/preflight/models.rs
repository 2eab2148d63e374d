//! Model endpoints of a release: their keys, and whether they answer.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use copydesk_config::{Environment, Release};
use copydesk_domain::ModelName;
use copydesk_journal::ModelSpec;
use copydesk_llm::{Check, Router};
use copydesk_store::{PreflightArea, PreflightProblem};
use futures::future::join_all;

use super::problem;

/// An endpoint that has not given its list of models by then would not give an answer in time either.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// What is wrong with the models that the routes, drafters and raters of a release name. The embedded one lives in this process.
pub(super) async fn look(
    router: &Router,
    release: &Release,
    environment: &Environment,
    dir: &Path,
) -> Vec<PreflightProblem> {
    let stages = &release.pipeline.stages;
    let voices = stages
        .iter()
        .flat_map(|stage| stage.drafters.iter().chain(&stage.raters));
    let asked_by_route = release.config.routes.values().flatten();
    let named: BTreeSet<&ModelName> = asked_by_route.chain(voices).collect();
    let asked = named
        .into_iter()
        .map(|name| of_model(router, release, environment, dir, name));
    join_all(asked).await.into_iter().flatten().collect()
}

async fn of_model(
    router: &Router,
    release: &Release,
    environment: &Environment,
    dir: &Path,
    name: &ModelName,
) -> Option<PreflightProblem> {
    let config = release.config.models.get(name)?;
    let about = format!("model {name}");
    if let Err(error) = environment.api_key(config, dir) {
        let next =
            format!("give [models.{name}] its key, or take it out of [routes], `drafters` and `raters`");
        return Some(problem(
            PreflightArea::Credentials,
            about,
            error.to_string(),
            next,
        ));
    }
    let spec = ModelSpec {
        name: name.clone(),
        endpoint: Some(config.clone()),
        is_pinned: false,
    };
    let again =
        || format!("start it or mend its address and key; `copydesk models probe {name}` asks it again");
    let (reason, next) = match tokio::time::timeout(ANSWER_MAX, router.reach(&spec)).await {
        Ok(Check::Yes) => return None,
        Ok(Check::No { reason, next }) => (reason, and_probe(next, name)),
        Ok(Check::Unknown { reason }) => (reason, again()),
        Err(_) => (
            format!("it did not answer within {} s", ANSWER_MAX.as_secs()),
            again(),
        ),
    };
    Some(problem(PreflightArea::Models, about, reason, next))
}

/// The next step, with the command that tells afterwards whether it helped.
fn and_probe(next: String, name: &ModelName) -> String {
    let probe = format!("`copydesk models probe {name}`");
    if next.contains(&probe) {
        next
    } else {
        format!("{next}; {probe} asks it again")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_next_step_names_the_probe_once() {
        let name = ModelName::new("far");
        let bare = and_probe("mend the key".to_owned(), &name);
        assert_eq!(bare, "mend the key; `copydesk models probe far` asks it again");
        assert_eq!(and_probe(bare.clone(), &name), bare);
    }
}
