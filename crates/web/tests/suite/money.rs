//! A run that waits for money, what was spent, and how the endpoints of models do.

use copydesk_domain::{MicroUsd, RunState, WaitingFor};
use copydesk_store::{Applied, Breach, BudgetScope, Command, Counted, Lease};
use reqwest::StatusCode;

use crate::browser::{Browser, field};
use crate::house::{House, RUN};
use crate::material;

/// A desk whose run waits for $0.05 more than the $1.00 that it has, of which `spent` millionths are used up.
async fn waiting(spent: i64) -> House {
    let house = House::empty().await;
    let mut release = material::release();
    let text = "[models.large]\nbase_url = \"https://a.example\"\nmodel = \"m\"\nprice_in = \"$10.00/Mtok\"\n\
                price_out = \"$30.00/Mtok\"\n[models.small]\nbase_url = \"https://b.example\"\nmodel = \"m\"\n\
                price_in = \"$0.10/Mtok\"\nprice_out = \"$0.30/Mtok\"\n";
    let shipped = copydesk_config::shipped::config().replace("\n[models]", "");
    release.config = toml::from_str(&format!("{shipped}\n{text}")).unwrap();
    house.create(&release).await;
    let lease = house.lease().await;
    spend(&house, &lease, spent).await;
    let breach = Breach {
        scope: BudgetScope::Run,
        limit: MicroUsd(1_000_000),
        left: MicroUsd(100_000),
        needed: MicroUsd(150_000),
        short: MicroUsd(50_000),
        task: "take_notes".to_owned(),
        model: "large".to_owned(),
        tokens_in: 5_000,
    };
    let note = Command::NoteBreach {
        lease: lease.clone(),
        breach,
    };
    house.apply(note).await;
    house
        .report(&lease, RunState::Waiting, None, vec![WaitingFor::Budget])
        .await;
    house.apply(Command::ReleaseLease { lease }).await;
    house
}

async fn spend(house: &House, lease: &Lease, amount: i64) {
    let reserve = Command::ReserveSpend {
        lease: lease.clone(),
        stage: "research".into(),
        round: copydesk_domain::Round::FIRST,
        key: "take_notes/1".into(),
        task: "take_notes".to_owned(),
        model: "large".to_owned(),
        amount: MicroUsd(amount),
        limits: Vec::new(),
        at: house.now(),
    };
    let Applied::Reserved(reserved) = house.apply(reserve).await else {
        panic!("a reserve without limits is booked")
    };
    let counted = Counted {
        tokens_in: 1_000,
        tokens_out: 10,
        tokens_cached: 600,
        cached: MicroUsd(60),
    };
    let settle = Command::SettleSpend {
        lease: lease.clone(),
        reservation: reserved.id,
        amount: MicroUsd(amount),
        is_assumed: false,
        counted: Some(counted),
        at: house.now(),
    };
    house.apply(settle).await;
}

async fn press(browser: &Browser, form: &[(&str, &str)]) -> StatusCode {
    let page = browser.page().await.text;
    let seen = field(&page, "seen").expect("a choice");
    press_seen(browser, &seen, form).await
}

/// The same on a page that showed this.
async fn press_seen(browser: &Browser, seen: &str, form: &[(&str, &str)]) -> StatusCode {
    let csrf = browser.csrf().await;
    let mut fields = vec![("csrf", &*csrf), ("seen", seen)];
    fields.extend(form);
    browser.post(&format!("/runs/{RUN}/go-on"), &fields).await.status
}

#[tokio::test]
async fn a_run_that_waits_for_money_shows_a_button_for_each_way_on() {
    let house = waiting(900_000).await;
    let page = Browser::logged_in(&house).await.page().await.text;
    for part in [
        "more budget",
        "value=\"$0.05\"",
        "the call needs $0.15, $0.10 of the run's $1.00 are left",
        "Go on with small",
        "Finish with the built-in model",
        "Stop this run",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
}

#[tokio::test]
async fn a_grant_on_the_page_lets_the_run_go_on() {
    let house = waiting(900_000).await;
    let browser = Browser::logged_in(&house).await;
    let wrong = press(&browser, &[("choice", "grant"), ("amount", "a lot")]).await;
    assert_eq!(wrong, StatusCode::BAD_REQUEST);
    assert_eq!(
        press(&browser, &[("choice", "grant"), ("amount", "$0.20")]).await,
        StatusCode::SEE_OTHER
    );
    let run = house.store.run(&RUN.into()).await.unwrap().unwrap();
    assert_eq!(
        (run.state, run.budget_extra, run.breach),
        (RunState::Queued, MicroUsd(200_000), None)
    );
}

#[tokio::test]
async fn a_cheaper_route_the_built_in_model_and_a_stop_are_one_press_each() {
    let house = waiting(900_000).await;
    let browser = Browser::logged_in(&house).await;
    assert_eq!(
        press(&browser, &[("choice", "route"), ("route", "small")]).await,
        StatusCode::SEE_OTHER
    );
    let run = || async { house.store.run(&RUN.into()).await.unwrap().unwrap() };
    assert_eq!(run().await.route, ["small".into()]);
    let house = waiting(900_000).await;
    let browser = Browser::logged_in(&house).await;
    assert_eq!(
        press(&browser, &[("choice", "embedded")]).await,
        StatusCode::SEE_OTHER
    );
    assert!(house.store.run(&RUN.into()).await.unwrap().unwrap().embedded_only);
    let house = waiting(900_000).await;
    let browser = Browser::logged_in(&house).await;
    assert_eq!(
        press(&browser, &[("choice", "stop")]).await,
        StatusCode::SEE_OTHER
    );
    assert_eq!(
        house.store.run(&RUN.into()).await.unwrap().unwrap().state,
        RunState::Cancelled
    );
}

#[tokio::test]
async fn money_is_granted_once_however_often_the_button_is_pressed() {
    let house = waiting(900_000).await;
    let browser = Browser::logged_in(&house).await;
    let seen = field(&browser.page().await.text, "seen").unwrap();
    let grant = [("choice", "grant"), ("amount", "5")];
    let (first, second) = tokio::join!(
        press_seen(&browser, &seen, &grant),
        press_seen(&browser, &seen, &grant)
    );
    let mut both = [first, second];
    both.sort();
    assert_eq!(both, [StatusCode::SEE_OTHER, StatusCode::CONFLICT]);
    let run = async || house.store.run(&RUN.into()).await.unwrap().unwrap();
    assert_eq!(run().await.budget_extra, MicroUsd(5_000_000));
    // It comes to the author's gate; a tab that is open since then has no say.
    let lease = house.lease().await;
    let waits = vec![WaitingFor::Approval];
    house.report(&lease, RunState::Waiting, None, waits).await;
    house.apply(Command::ReleaseLease { lease }).await;
    assert_eq!(press_seen(&browser, &seen, &grant).await, StatusCode::CONFLICT);
    let again = [("choice", "again")];
    assert_eq!(press_seen(&browser, "", &again).await, StatusCode::BAD_REQUEST);
    assert_eq!(run().await.budget_extra, MicroUsd(5_000_000));
}

#[tokio::test]
async fn a_choice_on_an_old_page_undoes_no_stop() {
    let house = waiting(900_000).await;
    let browser = Browser::logged_in(&house).await;
    let seen = field(&browser.page().await.text, "seen").unwrap();
    let stop = press_seen(&browser, &seen, &[("choice", "stop")]).await;
    assert_eq!(stop, StatusCode::SEE_OTHER);
    for form in [
        &[("choice", "grant"), ("amount", "5")][..],
        &[("choice", "route"), ("route", "small")],
        &[("choice", "embedded")],
        &[("choice", "again")],
    ] {
        assert_eq!(
            press_seen(&browser, &seen, form).await,
            StatusCode::CONFLICT,
            "{form:?}"
        );
    }
    let run = house.store.run(&RUN.into()).await.unwrap().unwrap();
    assert_eq!((run.state, run.cancel_requested), (RunState::Cancelled, true));
    assert_eq!((run.budget_extra, run.embedded_only), (MicroUsd::ZERO, false));
    assert_eq!(run.route, Vec::new());
}

#[tokio::test]
async fn nobody_grants_money_without_a_session_or_from_another_page() {
    let house = waiting(900_000).await;
    let stranger = Browser::new(&house);
    let form = [("choice", "grant"), ("amount", "$100")];
    let path = format!("/runs/{RUN}/go-on");
    assert_eq!(stranger.post(&path, &form).await.status, StatusCode::UNAUTHORIZED);
    let browser = Browser::logged_in(&house).await;
    assert_eq!(
        browser.post(&path, &form).await.status,
        StatusCode::FORBIDDEN,
        "without the form's token"
    );
    let csrf = browser.csrf().await;
    let whole = [("csrf", &*csrf), ("choice", "grant"), ("amount", "$100")];
    let elsewhere = browser
        .post_with(
            &path,
            &whole,
            &[
                ("origin", "https://other.example"),
                ("sec-fetch-site", "cross-site"),
            ],
        )
        .await;
    assert_eq!(elsewhere.status, StatusCode::FORBIDDEN);
    assert_eq!(
        house.store.run(&RUN.into()).await.unwrap().unwrap().budget_extra,
        MicroUsd::ZERO
    );
}

#[tokio::test]
async fn the_desk_tells_what_was_spent_and_warns_from_four_fifths_on() {
    let house = waiting(4_100_000).await;
    let browser = Browser::logged_in(&house).await;
    let home = browser.get("/").await.text;
    assert!(
        home.contains("today $4.10 of $5.00") && home.contains("nearly used up"),
        "{home}"
    );
    let page = browser.get("/spend").await.text;
    for part in [
        "<svg class=\"spend\"",
        "<rect",
        "large",
        "$4.10",
        "600 of 1000 tokens",
        "$0.90 left",
    ] {
        assert!(page.contains(part), "{part}\n{page}");
    }
    assert_eq!(
        Browser::new(&house).get("/spend").await.status,
        StatusCode::UNAUTHORIZED
    );
    let quiet = House::open().await;
    let home = Browser::logged_in(&quiet).await.get("/").await.text;
    assert!(!home.contains("/spend"), "{home}");
}

#[tokio::test]
async fn the_metrics_tell_settled_bills_in_dollars() {
    let house = waiting(900_000).await;
    let metrics = Browser::new(&house).get("/metrics").await.text;
    let line = "copydesk_model_spend_usd_total{model=\"large\"} 0.9";
    assert!(metrics.lines().any(|found| found == line), "{metrics}");
}

#[tokio::test]
async fn the_metrics_tell_what_whoever_started_the_desk_knows() {
    let house = House::with(|options| copydesk_web::DeskOptions {
        around: std::sync::Arc::new(|| copydesk_web::Around {
            endpoints: vec![copydesk_web::EndpointHealth {
                base_url: "http://127.0.0.1:1/v1".to_owned(),
                model: "m".to_owned(),
                is_left_alone: true,
                opened: 3,
                in_flight: 0,
                waits: 0,
                waited_ms: 0,
            }],
            ..copydesk_web::Around::default()
        }),
        ..options
    })
    .await;
    let metrics = Browser::new(&house).get("/metrics").await.text;
    let line = "copydesk_model_breaker_opened_total{base_url=\"http://127.0.0.1:1/v1\",model=\"m\"} 3\n";
    assert!(metrics.contains(line), "{metrics}");
    let page = include_str!("../../../../docs/telemetry.md");
    let families = metrics.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    let names = families.map(|line| line.split(' ').next().unwrap());
    let untold: Vec<&str> = names
        .filter(|name| !page.contains(&format!("`{name}`")))
        .collect();
    assert_eq!(
        untold,
        Vec::<&str>::new(),
        "docs/telemetry.md tells of every metric"
    );
}
