//! Whatever happens at whatever moment of a run, it ends right: a push, a close, a handler that dies.
//!
//! Every scenario plays one run and strikes at one place. Then the gate is left alone, sweeps twice, and an independent
//! judge looks at what came of it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

mod table;
mod unhappy;

use std::fmt;

use local_aws::Moment;
use mergegate_tests::{
    Blow, Deed, Place, Record, Scene, Stage, StageOptions, closes, green_files, play_all, pushes,
};

/// What strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Strike {
    /// Somebody pushes to the source branch.
    Push,
    /// Somebody closes the pull request.
    Close,
    /// The handler meets an error that passes.
    Falter,
    /// The handler meets an error that does not pass.
    Fail,
    /// The answer is lost.
    Drop,
}

/// A run struck at one place.
struct Scenario {
    strike: Strike,
    moment: Moment,
    place: Place,
}

impl fmt::Display for Scenario {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            strike,
            moment,
            place,
        } = self;
        write!(formatter, "{strike:?} {moment:?} {place}")
    }
}

/// Below the limit of both sides.
const GREEN: &str = "5\n";
/// Below the limit that the source branch began with, not below the destination's: red only once merged.
const RED: &str = "9\n";

/// One scene and where an undisturbed run over it can be struck: from the opening to the verdict, and from the close on;
/// at what changes something, and at what the report reads.
struct Course {
    scene: Scene,
    open: Vec<Place>,
    closed: Vec<Place>,
    read_by_report: Vec<Place>,
}

impl Course {
    /// The pull request is yet to be opened with `value`; the destination has moved, so that the merge is a true one. In
    /// Ann's clone `next` is ready to be pushed.
    fn look(value: &str, next: &str) -> Self {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let files = green_files();
            let scene = Scene::set(&files, async |stage| {
                stage.copy.push("change", "main", &[("value", value)]);
                stage.copy.push("main", "", &[("limit", "8\n")]);
                stage.copy.commit("change", "", &[("value", next)]);
            });
            let scene = scene.await;
            let stage = scene.stage(StageOptions::default()).await;
            let record = Record::default();
            stage.system.account().observe(record.observer());
            let id = stage.open("change", "Change").await;
            stage.verdict(&id).await;
            stage.quiet().await;
            // How often the builds are looked at depends on how quick they are.
            let surely = |place: &Place| place.state != "CheckBuilds" || place.nth == 1;
            let (read, open): (Vec<_>, Vec<_>) = record
                .take()
                .into_iter()
                .filter(surely)
                .partition(Place::is_read);
            stage.close(&id).await;
            stage.quiet().await;
            let mut closed = record.take();
            closed.retain(|place| !place.is_read());
            stage.strike().await;
            let by_report = |place: &Place| place.state == "Report";
            Self {
                scene,
                open,
                closed,
                read_by_report: read.into_iter().filter(by_report).collect(),
            }
        })
    }

    fn play(&self, scenarios: Vec<Scenario>) {
        play_all(scenarios, async |scenario| {
            play(&self.scene, scenario).await;
        });
    }

    fn all(&self) -> impl Iterator<Item = &Place> {
        self.open.iter().chain(&self.closed)
    }

    fn steps(&self) -> impl Iterator<Item = &Place> {
        self.all().filter(|place| place.is_step())
    }

    fn calls(&self) -> impl Iterator<Item = &Place> {
        self.all().filter(|place| !place.is_step())
    }
}

const MOMENTS: [Moment; 2] = [Moment::Before, Moment::After];

/// One strike at every moment of every place.
fn scenarios<'a>(
    strike: Strike,
    moments: &[Moment],
    places: impl IntoIterator<Item = &'a Place>,
) -> Vec<Scenario> {
    let at = |place: &Place| {
        let scenario = |&moment| Scenario {
            strike,
            moment,
            place: place.clone(),
        };
        moments.iter().map(scenario).collect::<Vec<_>>()
    };
    places.into_iter().flat_map(at).collect()
}

impl Strike {
    fn deed(self, stage: &Stage) -> Deed {
        match self {
            Self::Push => pushes(stage, "change"),
            Self::Close => closes(stage, "1"),
            Self::Falter => Deed::Falter,
            Self::Fail => Deed::Fail,
            Self::Drop => Deed::Drop,
        }
    }
}

async fn play(scene: &Scene, scenario: &Scenario) {
    let stage = scene.stage(StageOptions::default()).await;
    let deed = scenario.strike.deed(&stage);
    let blow = Blow::new(scenario.place.clone(), scenario.moment, deed);
    stage.system.account().observe(blow.observer());
    let id = stage.open("change", "Change").await;
    stage.swept().await;
    stage.assert_right(&id).await;
    if stage.is_open(&id).await {
        stage.close(&id).await;
        stage.swept().await;
        stage.assert_right(&id).await;
    }
    assert!(blow.has_struck(), "the run never came there");
    stage.strike().await;
}

#[test]
fn a_red_push_at_any_moment_of_a_green_run_is_not_approved() {
    let course = Course::look(GREEN, RED);
    course.play(scenarios(Strike::Push, &MOMENTS, &course.open));
}

#[test]
fn a_red_push_between_what_a_report_reads_and_the_approval_is_not_approved() {
    let course = Course::look(GREEN, RED);
    let reads = &course.read_by_report;
    course.play(scenarios(Strike::Push, &[Moment::Before], reads));
}

#[test]
fn a_green_push_at_any_step_of_a_red_run_is_approved() {
    let course = Course::look(RED, GREEN);
    let steps = course.open.iter().filter(|place| place.is_step());
    course.play(scenarios(Strike::Push, &[Moment::Before], steps));
}

#[test]
fn a_close_at_any_moment_of_a_run_leaves_nothing() {
    let course = Course::look(GREEN, RED);
    course.play(scenarios(Strike::Close, &MOMENTS, &course.open));
}

#[test]
fn a_handler_that_falters_at_any_call_is_made_up_for() {
    let course = Course::look(GREEN, RED);
    course.play(scenarios(Strike::Falter, &MOMENTS, course.calls()));
}

#[test]
fn a_run_that_dies_at_any_call_or_step_is_made_up_for() {
    let course = Course::look(GREEN, RED);
    let mut all = scenarios(Strike::Fail, &[Moment::After], course.calls());
    all.extend(scenarios(Strike::Fail, &[Moment::Before], course.steps()));
    course.play(all);
}

#[test]
fn an_answer_that_is_lost_at_any_call_or_step_is_made_up_for() {
    let course = Course::look(GREEN, RED);
    let mut all = scenarios(Strike::Drop, &[Moment::After], course.calls());
    all.extend(scenarios(Strike::Drop, &MOMENTS, course.steps()));
    course.play(all);
}
