//! Many pull requests at once: every verdict is right, and nothing is left of them.

use mergegate_tests::tools;

/// A hundred take a minute or more in a build for debugging; `MERGEGATE_LONG=1` asks for them.
#[tokio::test(flavor = "multi_thread")]
async fn pull_requests_opened_at_once_are_all_judged_and_leave_nothing_behind() {
    let long = std::env::var_os("MERGEGATE_LONG").is_some();
    let count = if long { 100 } else { 25 };
    let figures = tools::rush(count).await;
    assert!(
        figures.peak_memory_mib < 300,
        "{} MiB",
        figures.peak_memory_mib
    );
}
