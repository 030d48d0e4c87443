//! Testing once more.

use crate::{APPROVED, RED, check, opens_with, with_rules};

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_of_all_builds_everything_again() {
    let door = tempfile::tempdir().unwrap();
    let open = door.path().join("open");
    let rules = [
        check("unit", &opens_with(&open), ""),
        check("docs", "true", ""),
    ]
    .concat();
    let (stage, id) = with_rules(&rules, "2\n", "Flaky").await;
    stage.verdict_like(&id, RED).await;
    stage.quiet().await;
    assert_eq!(stage.builds().await.len(), 2);
    std::fs::write(&open, "").unwrap();
    assert_eq!(
        stage.ask(&id, "/gate retry all").await,
        "Everything is tested again."
    );
    stage.verdict_like(&id, APPROVED).await;
    assert_eq!(stage.builds().await.len(), 4);
    assert!(stage.approved(&id).await);
    stage.close(&id).await;
    stage.cleaned().await;
    stage.strike().await;
}
