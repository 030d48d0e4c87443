//! Secrets that code under test prints: its own log has them, nothing that the gate writes does.

use mergegate_tests::Stage;

use crate::with;

const ACCESS_KEY: &str = "AKIAABCDEFGHIJKLMNOP";
const SECRET_KEY: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00";
const BEARER: &str = "mF9.B5f-4.1JqMabcdef0123456789";
const PASSWORD: &str = "correct-horse-battery";
const PRIVATE_KEY: &str = "MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn";

/// A test that fails with all of them in its message, in a command that names one itself.
const LEAKY: &str = "version: 0.2
phases:
  build:
    commands:
      - DB_PASSWORD=correct-horse-battery sh test.sh
reports:
  unit:
    files: [report.xml]
    file-format: JUNITXML
";

const TEST: &str = r"
cat > report.xml <<'END'
<testsuite name='login'><testcase name='signs AKIAABCDEFGHIJKLMNOP in' time='0.01'><failure message='refused'>
sent AKIAABCDEFGHIJKLMNOP wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00
sent Authorization: Bearer mF9.B5f-4.1JqMabcdef0123456789
sent https://ann:correct-horse-battery@example.com/login
-----BEGIN RSA PRIVATE KEY-----
MIIEowIBAAKCAQEA0Z3VS5JJcds3xfn
-----END RSA PRIVATE KEY-----
</failure></testcase></testsuite>
END
exit 1
";

const SHOWN: &str = "\
- `login > signs (access key hidden) in`, 10 ms

```
refused
sent (access key hidden) (secret key hidden)
sent Authorization: Bearer (token hidden)
sent https://ann:(password hidden)@example.com/login
(private key hidden)
```";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_test_leaks_is_in_no_comment_and_in_no_run() {
    let mut files = with("buildspec.yml", LEAKY);
    files.retain(|(name, _)| *name != "test.sh");
    files.push(("test.sh", TEST));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage.open("change", "Sign in").await;
    let said = stage.verdict(&id).await;
    assert!(said.contains(SHOWN), "{said}");
    assert!(
        said.contains("`Error while executing command: DB_PASSWORD=(secret hidden) sh test.sh. Reason: exit status 1`"),
        "{said}"
    );
    stage.quiet().await;
    let mut written = stage.comments(&id).await;
    written.extend(histories(&stage).await);
    for secret in [ACCESS_KEY, SECRET_KEY, BEARER, PASSWORD, PRIVATE_KEY] {
        for text in &written {
            assert!(!text.contains(secret), "{secret} is in {text}");
        }
    }
    stage.strike().await;
}

/// As a build prints them that tells its environment, and then fails.
const ENVIRONMENT: &str = "\
JWT_SECRET=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
NPM_TOKEN=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
DEPLOY_TOKEN=correcthorsebattery
DATABASE_PWD=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
AccountKey=9f86d081884c7d659a2feaa0c55ad015a3bf4f1b
curl -u ann:correcthorsebattery https://hooks.slack.com/services/T0AB/B0CD/correcthorsebattery
deploy --password correcthorsebattery
test_token_refresh failed
";

const ENVIRONMENT_SHOWN: &str = "\
JWT_SECRET=(secret hidden)
NPM_TOKEN=(secret hidden)
DEPLOY_TOKEN=(secret hidden)
DATABASE_PWD=(secret hidden)
AccountKey=(secret hidden)
curl -u ann:(password hidden) https://hooks.slack.com/services/(webhook hidden)
deploy --password (secret hidden)
test_token_refresh failed
";

#[tokio::test(flavor = "multi_thread")]
async fn an_environment_that_a_log_tells_is_shown_without_its_secrets() {
    let buildspec = "version: 0.2\nphases:\n  build:\n    commands: ['cat env.txt; exit 1']\n";
    let mut files = with("buildspec.yml", buildspec);
    files.push(("env.txt", ENVIRONMENT));
    let stage = Stage::set(&files).await;
    stage.copy.push("change", "main", &[("value", "5\n")]);
    let id = stage
        .open("change", "Deploy [skip-tests: --token correcthorsebattery]")
        .await;
    let said = stage.verdict(&id).await;
    assert!(said.contains(ENVIRONMENT_SHOWN), "{said}");
    let status = stage.ask(&id, "/gate status").await;
    assert!(
        status.contains("`[skip-tests: --token (secret hidden)`"),
        "{status}"
    );
    for text in [said, status] {
        assert!(
            !text.contains("correcthorse") && !text.contains("9f86"),
            "{text}"
        );
    }
    stage.strike().await;
}

/// All that the state machine knows of its runs: every input and output of every step.
async fn histories(stage: &Stage) -> Vec<String> {
    let client = stage.step_functions();
    let machine = &stage.system.deployment().state_machine_arn;
    let runs = client.list_executions().state_machine_arn(machine);
    let mut histories = Vec::new();
    for run in runs.send().await.unwrap().executions() {
        let history = client
            .get_execution_history()
            .execution_arn(run.execution_arn())
            .max_results(1000);
        let history = history.send().await.unwrap();
        histories.push(format!("{:?}", history.events()));
    }
    assert!(!histories.is_empty());
    histories
}
