//! The calls and steps that an undisturbed run never comes to: builds that must be stopped, runs that fail and say so.

use std::fmt;

use local_aws::Moment;
use mergegate_tests::{BUILDSPEC, Blow, Place, Scene, Stage, StageOptions, green_files, play_all};

use crate::{MOMENTS, Strike};

/// A strike at a place of which it is known how a run comes there.
struct Scenario {
    way: Way,
    strike: Strike,
    moment: Moment,
    place: Place,
}

/// What makes a run unhappy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Somebody stops the run while its build runs: the next attempt finds that build.
    RunStopped,
    /// Somebody starts a further run of the same revision: the first finds that it is no longer wanted.
    RunAgain,
    /// Somebody stops the run and closes the pull request.
    Closed,
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            way,
            strike,
            moment,
            place,
        } = self;
        write!(formatter, "{way:?}, {strike:?} {moment:?} {place}")
    }
}

fn place(state: &str, operation: &str, nth: u32) -> Place {
    Place {
        state: state.to_owned(),
        operation: operation.to_owned(),
        nth,
    }
}

/// Every kind of dying handler, at both moments.
fn dying(way: Way, places: &[Place]) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    for place in places {
        for moment in MOMENTS {
            for strike in [Strike::Falter, Strike::Fail, Strike::Drop] {
                scenarios.push(Scenario {
                    way,
                    strike,
                    moment,
                    place: place.clone(),
                });
            }
        }
    }
    scenarios
}

#[test]
fn builds_that_must_be_stopped_are_stopped_whoever_dies_over_it() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    // The build of a first attempt never ends by itself.
    let endless = BUILDSPEC.replace(
        "- sh test.sh",
        "- '[ \"$(cat value)\" = 1 ] && [ \"${MERGEGATE_RUN##*-}\" = 1 ] && sleep 600; sh test.sh'",
    );
    let mut files = green_files();
    files[0].1 = &endless;
    let scene = runtime.block_on(Scene::set(&files, async |stage| {
        stage.copy.push("change", "main", &[("note", "first\n")]);
        stage.copy.push("main", "", &[("limit", "8\n")]);
        stage.copy.commit("change", "", &[("value", "2\n")]);
    }));
    let stops = |state: &str| [place(state, "StopBuild", 1)];
    let mut scenarios = dying(Way::RunStopped, &stops("StartBuilds"));
    scenarios.extend(dying(Way::RunAgain, &stops("CheckBuilds")));
    let tear_down = [
        place("StopBuilds", "StopBuild", 1),
        place("StopBuilds", "Invoke", 2),
    ];
    scenarios.extend(dying(Way::Closed, &tear_down));
    play_all(scenarios, async |scenario| play(&scene, scenario).await);
}

async fn play(scene: &Scene, scenario: &Scenario) {
    let stage = scene.stage(StageOptions::default()).await;
    let deed = scenario.strike.deed(&stage);
    let blow = Blow::new(scenario.place.clone(), scenario.moment, deed);
    stage.system.account().observe(blow.observer());
    let id = stage.open("change", "Change").await;
    stage.running_build().await;
    // Past the announcement only a look at the builds can find out what happens next.
    stage
        .eventually("the announcement", async || stage.comments(&id).await.pop())
        .await;
    let run = stage.executions(Some("RUNNING")).await.remove(0);
    match scenario.way {
        Way::RunStopped => stage.stop_run(&run).await,
        Way::RunAgain => drop(stage.run_again(&run).await),
        Way::Closed => {
            stage.stop_run(&run).await;
            stage.close(&id).await;
        }
    }
    stage.swept().await;
    stage.assert_right(&id).await;
    if stage.is_open(&id).await {
        stage.close(&id).await;
        stage.swept().await;
        stage.assert_right(&id).await;
    }
    assert!(blow.has_struck(), "nobody came there");
    stage.strike().await;
}

/// Where a run that fails, and those after it until the gate gives up, change something.
fn failing() -> Vec<Place> {
    let all = [
        ("Explain", "Invoke", 1),
        ("Explain", "PostCommentForPullRequest", 1),
        ("Explain", "Invoke", 2),
        ("Explain", "UpdateComment", 1),
        ("router", "Invoke", 2),
        ("router", "StartExecution", 2),
        ("router", "Invoke", 4),
        ("router", "StartExecution", 4),
        ("Explain", "Invoke", 3),
        ("Say", "Invoke", 1),
        ("Say", "UpdateComment", 1),
    ];
    all.map(|(state, operation, nth)| place(state, operation, nth))
        .into()
}

#[test]
fn a_gate_that_fails_and_gives_up_says_so_whatever_strikes_meanwhile() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let files = green_files();
    let scene = runtime.block_on(Scene::set(&files, async |stage| {
        stage.copy.push("change", "main", &[("value", "5\n")]);
        stage.copy.push("main", "", &[("limit", "8\n")]);
        stage.copy.commit("change", "", &[("value", "6\n")]);
    }));
    let mut scenarios = Vec::new();
    for place in failing() {
        let mut strikes = vec![
            (Strike::Push, Moment::Before),
            (Strike::Close, Moment::Before),
            (Strike::Drop, Moment::After),
        ];
        if !place.is_step() {
            strikes.push((Strike::Fail, Moment::After));
        }
        scenarios.extend(strikes.into_iter().map(|(strike, moment)| Failing {
            strike,
            moment,
            place: place.clone(),
        }));
    }
    play_all(scenarios, async |scenario| {
        play_failing(&scene, scenario).await;
    });
}

/// A strike at a gate that fails.
struct Failing {
    strike: Strike,
    moment: Moment,
    place: Place,
}

impl fmt::Display for Failing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:?} {:?} {}",
            self.strike, self.moment, self.place
        )
    }
}

async fn play_failing(scene: &Scene, scenario: &Failing) {
    let stage = scene.stage(StageOptions::default()).await;
    let settings = settings(&stage).await;
    put_settings(&stage, "{}").await;
    let deed = scenario.strike.deed(&stage);
    let blow = Blow::new(scenario.place.clone(), scenario.moment, deed);
    stage.system.account().observe(blow.observer());
    let id = stage.open("change", "Change").await;
    stage.swept().await;
    if stage.is_open(&id).await {
        let verdict = stage.verdict(&id).await;
        assert!(
            verdict.starts_with("### ⚠️ Mergegate: the gate gave up, nothing is approved\n"),
            "{verdict}"
        );
        assert!(!stage.approved(&id).await);
        put_settings(&stage, &settings).await;
        stage.copy.push("change", "", &[("value", "7\n")]);
        stage.swept().await;
        stage.assert_right(&id).await;
        stage.close(&id).await;
        stage.swept().await;
    }
    stage.assert_right(&id).await;
    assert!(blow.has_struck(), "nobody came there");
    stage.strike().await;
}

const SETTINGS: &str = "/mergegate/mergegate/repositories/demo/settings";

async fn settings(stage: &Stage) -> String {
    let get = stage.parameter_store().get_parameter().name(SETTINGS);
    let found = get.send().await.unwrap().parameter.unwrap();
    found.value.unwrap()
}

async fn put_settings(stage: &Stage, value: &str) {
    let put = stage.parameter_store().put_parameter().name(SETTINGS);
    put.value(value).overwrite(true).send().await.unwrap();
}
