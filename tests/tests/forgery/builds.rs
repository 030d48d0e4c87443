//! Builds that somebody else starts on the project of a pull request.

use aws_sdk_codebuild::types::{EnvironmentVariable, ProjectEnvironment};
use local_aws::{Assumptions, Initiator, Moment};
use mergegate_tests::{Blow, Deed, Instead, Place, Stage, StageOptions, green_files, play_all};

use crate::{APPROVED, RED, assert_stays_red, judged, mallory};

fn start_builds() -> Place {
    Place {
        state: "StartBuilds".to_owned(),
        operation: "Invoke".to_owned(),
        nth: 1,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_forged_build_that_was_there_before_the_run_started_its_own() {
    let (stage, id) = judged(StageOptions::default(), "11\n", RED).await;
    let mallory = mallory(&stage).await;
    let client = stage.step_functions();
    let machine = stage.system.deployment().state_machine_arn.clone();
    let deed = Deed::meanwhile(move || {
        let (mallory, client, machine) = (mallory.clone(), client.clone(), machine.clone());
        Box::pin(async move {
            let list = client.list_executions().state_machine_arn(machine);
            let runs = list.status_filter("RUNNING".into()).send().await;
            let run = runs.expect("runs").executions.remove(0).name;
            mallory.forges(&run, "1").await;
            mallory
                .starts(&run, "1", Instead::Sleep)
                .await
                .expect("a build");
        })
    });
    let blow = Blow::new(start_builds(), Moment::Before, deed);
    stage.system.account().observe(blow.observer());
    stage.ask(&id, "/gate retry").await;
    stage.quiet().await;
    assert!(blow.has_struck(), "nothing was forged");
    assert_stays_red(&stage, &id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_forged_build_that_says_it_is_the_last_of_a_red_run_after_hold_and_unhold() {
    let (stage, id) = judged(StageOptions::default(), "11\n", RED).await;
    let mallory = mallory(&stage).await;
    mallory
        .forges(&mallory.variable("MERGEGATE_RUN"), "2")
        .await;
    stage.ask_as("mallory", &id, "/gate hold").await;
    stage.quiet().await;
    stage.ask_as("mallory", &id, "/gate unhold").await;
    stage.quiet().await;
    let status = stage.ask(&id, "/gate status").await;
    assert!(status.contains("❌ `build` failed"), "{status}");
    assert_stays_red(&stage, &id).await;
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_a_build_of_a_project_that_somebody_changed_before_it_was_started() {
    let (stage, id) = judged(StageOptions::default(), "11\n", RED).await;
    let mallory = mallory(&stage).await;
    let before = stage.executions(None).await.len();
    let deed = Deed::meanwhile(move || {
        let mallory = mallory.clone();
        Box::pin(async move {
            let environment = mallory.original().environment().expect("an environment");
            let variable = EnvironmentVariable::builder()
                .name("BASH_ENV")
                .value("evil.sh");
            let changed = ProjectEnvironment::builder()
                .r#type(environment.r#type.clone())
                .image(&environment.image)
                .compute_type(environment.compute_type.clone())
                .environment_variables(variable.build().unwrap());
            let project = mallory.original().project_name().expect("a project");
            let update = mallory.client().update_project().name(project);
            let update = update.environment(changed.build().unwrap());
            update.send().await.expect("a changed project");
        })
    });
    let blow = Blow::new(start_builds(), Moment::Before, deed);
    stage.system.account().observe(blow.observer());
    stage.ask(&id, "/gate retry").await;
    stage.quiet().await;
    assert!(blow.has_struck(), "nothing was changed");
    assert_stays_red(&stage, &id).await;
    let runs = stage.executions(None).await;
    let mut errors = Vec::new();
    for run in &runs[..runs.len() - before] {
        errors.extend(stage.error_of(run).await);
    }
    assert_eq!(errors, ["NotAsOrdered"]);
    stage.strike().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refuses_what_somebody_retries_in_the_gates_stead() {
    let door = tempfile::tempdir().unwrap();
    let open = door.path().join("open");
    let mut files = green_files();
    let flaky = format!("test -e {} || exit 1\n{}", open.display(), files[1].1);
    files[1].1 = &flaky;
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "2\n")]);
    let id = stage.open("change", "Change").await;
    stage.verdict_like(&id, "### ❌").await;
    stage.quiet().await;
    let red = stage.builds().await.remove(0).id.unwrap();
    std::fs::write(&open, "").unwrap();
    let retry = stage.code_build().retry_build().id(red).send().await;
    let again = retry.unwrap().build_value.unwrap().id.unwrap();
    stage
        .eventually("the end of the retried build", async || {
            let builds = stage.builds().await;
            builds
                .iter()
                .any(|build| build.id() == Some(&again) && build.build_complete)
                .then_some(())
        })
        .await;
    std::fs::remove_file(&open).unwrap();
    stage.ask(&id, "/gate hold").await;
    stage.quiet().await;
    stage.ask(&id, "/gate unhold").await;
    stage.swept().await;
    let verdict = stage.verdict(&id).await;
    assert!(verdict.starts_with("### ❌"), "{verdict}");
    assert!(!stage.approved(&id).await);
    stage.strike().await;
}

#[test]
fn a_run_whose_answer_is_lost_finds_its_build_again_however_codebuild_names_who_started_it() {
    let forms = [
        Initiator::RoleAndSession,
        Initiator::AssumedRole,
        Initiator::Arn,
        Initiator::Otherwise,
    ];
    let named = |form| (format!("{form:?}"), form);
    play_all(
        forms.map(named).into_iter().map(Form).collect(),
        async |form| {
            let assumptions = Assumptions {
                initiator: form.0.1,
                ..Assumptions::default()
            };
            let options = StageOptions {
                assumptions,
                ..StageOptions::default()
            };
            let stage = Stage::set_with(options, &green_files()).await;
            let blow = Blow::new(start_builds(), Moment::After, Deed::Drop);
            stage.system.account().observe(blow.observer());
            stage.copy.push("change", "main", &[("value", "2\n")]);
            let id = stage.open("change", "Change").await;
            stage.verdict_like(&id, APPROVED).await;
            stage.quiet().await;
            assert!(blow.has_struck() && stage.approved(&id).await);
            assert_eq!(stage.builds().await.len(), 1, "built once");
            stage.strike().await;
        },
    );
}

struct Form((String, Initiator));

impl std::fmt::Display for Form {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0.0)
    }
}
