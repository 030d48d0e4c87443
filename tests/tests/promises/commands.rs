//! Every command that a document tells people to type is run by a test: here, or where this table says.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use mergegate_tests::tools::{self, GateLocal};

use crate::{
    documents::documents,
    markdown::{blocks, code_spans, shell_commands, words},
};

/// Every page of the documents, by its path from the root.
fn pages() -> Vec<(String, String)> {
    let others = ["cdk/README.md", "statemachine/README.md"].map(str::to_owned);
    let paths = documents().into_keys().map(|path| {
        let path = path
            .strip_prefix(tools::root())
            .expect("a path below the root");
        path.display().to_string()
    });
    let read = |path: String| {
        let text = tools::read(&path);
        (path, text)
    };
    paths.chain(others).map(read).collect()
}

/// Where a command is run.
enum Run {
    /// By [`the_session_of_the_readme_works_as_it_is_typed`].
    Here,
    /// By this file, which holds this text.
    By(&'static str, &'static str),
    /// It needs an account; in its place `tests/deploy/run.sh`, which holds this text, runs it against an emulator.
    NeedsAccount(&'static str),
    /// By `tests/deploy/story.py`, which types every `aws` command of docs/operations.md as it stands there.
    Typed,
}

/// The commands, each by what it begins with.
const COMMANDS: [(&str, Run); 18] = [
    (
        "cargo run -- demo",
        Run::By("crates/gate/tests/commands/demo.rs", "\"demo\""),
    ),
    (
        "gate config check",
        Run::By(
            "crates/gate/tests/commands/config.rs",
            "&[\"config\", \"check\"]",
        ),
    ),
    (
        "gate init",
        Run::By("crates/gate/tests/commands/init.rs", "\"init\""),
    ),
    ("./test.sh", Run::By(".ci/run", "./test.sh")),
    ("export AWS_", Run::Here),
    ("aws codecommit create-repository", Run::Here),
    ("aws codecommit create-pull-request", Run::Here),
    ("aws codecommit get-comments-for-pull-request", Run::Here),
    ("git clone http://127.0.0.1:4577/", Run::Here),
    (
        "npm ci --prefix cdk",
        Run::By("test.sh", "npm ci --prefix cdk"),
    ),
    (
        "npx --prefix cdk cdk bootstrap",
        Run::NeedsAccount("cdk bootstrap \"aws://$account/$region\""),
    ),
    (
        "npx --prefix cdk cdk deploy",
        Run::NeedsAccount("cdk deploy --all"),
    ),
    (
        "npm run --prefix cdk destroy",
        Run::NeedsAccount("npm run --silent --prefix cdk destroy"),
    ),
    (
        "npm run --prefix cdk repair",
        Run::NeedsAccount("npm run --silent --prefix cdk repair"),
    ),
    ("cargo run -- doctor", Run::NeedsAccount("export GATE=")),
    ("aws iam ", Run::Typed),
    ("aws sns ", Run::Typed),
    ("aws sqs ", Run::Typed),
];

fn run_of(command: &str) -> Option<&'static Run> {
    let found = COMMANDS
        .iter()
        .find(|(start, _)| command.starts_with(start));
    // An override is typed by the story as well; `aws codecommit` has commands of both kinds.
    let typed = || {
        command
            .starts_with("aws codecommit override-")
            .then_some(&Run::Typed)
    };
    found.map(|(_, run)| run).or_else(typed)
}

#[test]
fn every_command_of_the_documents_is_run_by_a_test() {
    let mut needing_account = BTreeSet::new();
    let mut seen = BTreeSet::new();
    for (page, text) in pages() {
        for command in shell_commands(&text) {
            let run = run_of(&command);
            let run = run.unwrap_or_else(|| panic!("{page}: no test runs `{command}`"));
            seen.extend(
                COMMANDS
                    .iter()
                    .map(|(start, _)| *start)
                    .filter(|start| command.starts_with(start)),
            );
            match run {
                Run::Here => {
                    assert_eq!(page, "README.md", "`{command}` is run from the README only");
                }
                Run::By(file, text) => {
                    assert!(tools::read(file).contains(text), "{file} runs no `{text}`");
                }
                Run::NeedsAccount(text) => {
                    let script = tools::read("tests/deploy/run.sh");
                    assert!(
                        script.contains(text),
                        "the deployment test runs no `{text}`"
                    );
                    needing_account.extend(words(&command).into_iter().filter(|word| {
                        ["bootstrap", "deploy", "destroy", "doctor"].contains(&word.as_str())
                    }));
                }
                Run::Typed => assert_eq!(
                    page, "docs/operations.md",
                    "`{command}` is typed from there only"
                ),
            }
        }
    }
    assert_eq!(needing_account.len(), 4, "{needing_account:?}");
    assert_eq!(
        seen.len(),
        COMMANDS.len(),
        "a line of the table is about no command: {seen:?}"
    );
    let story = tools::read("tests/deploy/story.py");
    assert!(
        story.contains("reader.left(), []"),
        "the story types every command"
    );
    assert!(story.contains("\"doctor\""), "the story asks the doctor");
}

#[test]
fn the_session_of_the_readme_works_as_it_is_typed() {
    let data = tempfile::tempdir().expect("a temporary directory");
    let gate = GateLocal::start(data.path(), &[]);
    let readme = tools::read("README.md");
    let block = |holds: &str| {
        let block = blocks(&readme, "sh")
            .into_iter()
            .find(|block| block.contains(holds));
        let block = block.unwrap_or_else(|| panic!("the README shows a session with {holds}"));
        block.replace("http://127.0.0.1:4577", gate.url())
    };
    let place = tempfile::tempdir().expect("a temporary directory");
    let beside = tools::aws().parent().unwrap_or(Path::new(""));
    let path = std::env::var("PATH").unwrap_or_default();
    let session = format!(
        "{}\n{PUSHES}\n{}",
        block("create-repository"),
        block("create-pull-request")
    );
    let (begin, comments) = session
        .rsplit_once("aws codecommit get-comments")
        .expect("comments are read");
    // A person reads the comment once it is there.
    let patient = format!(
        "{begin}\nfor _ in $(seq 300); do\nsaid=$(aws codecommit get-comments{comments})\ncase \"$said\" in *approved*) break;; esac\nsleep 0.2\ndone\nprintf '%s' \"$said\""
    );
    let said = tools::run(
        Command::new("sh")
            .args(["-euc", &patient])
            .current_dir(place.path())
            .env("PATH", format!("{}:{path}", beside.display()))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("AWS_CONFIG_FILE", "/dev/null")
            .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
    );
    assert!(said.contains("### ✅ Mergegate: approved"), "{said}");
}

/// What the README says in words between its two sessions.
const PUSHES: &str = "
cd shop
git config user.name Ann
git config user.email ann@example.com
printf 'version: 0.2\nphases: {build: {commands: [\"true\"]}}\n' > buildspec.yml
git add --all && git commit --quiet --message Begin
git push --quiet origin HEAD:refs/heads/main
git commit --quiet --allow-empty --message Try
git push --quiet origin HEAD:refs/heads/topic
";

/// What stands in tables and sentences for those who work on the project.
#[test]
fn every_cargo_command_names_what_the_workspace_has() {
    let metadata = Command::new(tools::cargo())
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(tools::root())
        .output();
    let metadata = metadata.expect("cargo tells of the workspace").stdout;
    let metadata: serde_json::Value = serde_json::from_slice(&metadata).expect("JSON");
    let packages = metadata["packages"].as_array().expect("packages");
    let mut checked = 0;
    for span in pages().iter().flat_map(|(_, text)| code_spans(text)) {
        let words = words(&span);
        if !matches!(words.as_slice(), [cargo, _, ..] if cargo == "cargo") {
            continue;
        }
        let after = |option: &str| {
            let place = words.iter().position(|word| word == option)?;
            words.get(place + 1)
        };
        let Some(name) = after("-p") else { continue };
        let package = packages
            .iter()
            .find(|package| package["name"] == name.as_str());
        let package = package.unwrap_or_else(|| panic!("`{span}`: there is no package `{name}`"));
        for target in ["--bench", "--test"].into_iter().filter_map(after) {
            let targets = package["targets"].as_array().expect("targets");
            let known = targets.iter().any(|known| known["name"] == target.as_str());
            assert!(known, "`{span}`: `{name}` has no `{target}`");
        }
        checked += 1;
    }
    assert!(checked > 4, "{checked} commands were found");
}

#[test]
fn every_script_of_the_cdk_app_that_a_document_names_is_there() {
    let package =
        fs::read_to_string(tools::root().join("cdk/package.json")).expect("cdk/package.json");
    let package: serde_json::Value = serde_json::from_str(&package).expect("JSON");
    let pages = pages();
    let spans = pages
        .iter()
        .flat_map(|(_, text)| [code_spans(text), shell_commands(text)].concat());
    let mut named = BTreeSet::new();
    for span in spans {
        let words = words(&span);
        let Some(place) = words.iter().position(|word| word == "npm") else {
            continue;
        };
        let arguments = words[place + 1..]
            .iter()
            .filter(|word| !word.starts_with("--") && *word != "cdk");
        let script = match arguments.collect::<Vec<_>>().as_slice() {
            [run, script, ..] if *run == "run" => (*script).clone(),
            [test] if *test == "test" => "test".to_owned(),
            _ => continue,
        };
        assert!(
            package["scripts"][&script].is_string(),
            "`{span}`: there is no script `{script}`"
        );
        named.insert(script);
    }
    assert!(
        named.contains("destroy") && named.contains("test"),
        "{named:?}"
    );
}
