//! Claims that nobody's run has made.

use mergegate_tests::StageOptions;

use crate::{APPROVED, RED, judged};

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_of_the_future_silences_nobody() {
    let (stage, id) = judged(StageOptions::default(), "11\n", RED).await;
    let run = stage.executions(None).await.remove(0);
    let forged = format!(r#"{{"start_time":"9999-12-31T23:59:59.999Z","run":"{run}"}}"#);
    let name = format!("/mergegate/mergegate/pull-requests/{id}/run");
    let put = stage.parameter_store().put_parameter().name(name);
    put.value(forged).overwrite(true).send().await.unwrap();
    stage.copy.push("change", "main", &[("value", "3\n")]);
    stage.verdict_like(&id, APPROVED).await;
    stage.swept().await;
    stage.assert_right(&id).await;
    assert!(stage.approved(&id).await);
    stage.strike().await;
}
