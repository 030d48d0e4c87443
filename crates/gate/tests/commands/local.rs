//! `gate local`.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::{Child, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

use crate::support::Place;

/// `gate local` on a free port.
struct Local {
    process: Child,
    stderr: BufReader<std::process::ChildStderr>,
    address: String,
    introduction: String,
}

impl Local {
    fn start(place: &Place, arguments: &[&str]) -> Self {
        let arguments = [&["local", "--port", "0", "--data", "data"], arguments].concat();
        let mut process = place
            .command(&arguments)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = BufReader::new(process.stderr.take().unwrap());
        let mut introduction = String::new();
        while !introduction.contains("Ctrl-C stops it") {
            assert_ne!(
                stderr.read_line(&mut introduction).unwrap(),
                0,
                "{introduction}"
            );
        }
        let address = introduction
            .split("http://")
            .nth(1)
            .unwrap()
            .split(',')
            .next()
            .unwrap();
        Self {
            address: address.to_owned(),
            process,
            stderr,
            introduction,
        }
    }

    /// Calls an operation as `ann`; status line and body.
    fn call(&self, target: &str, input: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let length = input.len();
        write!(
            stream,
            "POST / HTTP/1.0\r\nX-Amz-Target: {target}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=ann/x\r\nContent-Length: {length}\r\n\r\n{input}"
        )
        .unwrap();
        let mut answer = String::new();
        // A process that ends itself during the call answers nothing.
        let _ = stream.read_to_string(&mut answer);
        answer
    }

    /// Interrupts it; its exit code and what it said since it began.
    fn interrupt(mut self) -> (Option<i32>, String) {
        kill(
            Pid::from_raw(self.process.id().try_into().unwrap()),
            Signal::SIGINT,
        )
        .unwrap();
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        (self.process.wait().unwrap().code(), rest)
    }
}

impl Drop for Local {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn it_says_what_to_export_and_keeps_its_state() {
    let place = Place::new();
    let local = Local::start(&place, &[]);
    let export = format!(
        "  export AWS_ENDPOINT_URL=http://{} AWS_ACCESS_KEY_ID=ann",
        local.address
    );
    assert!(
        local.introduction.contains(&export),
        "{}",
        local.introduction
    );
    let created = local.call(
        "CodeCommit_20150413.CreateRepository",
        r#"{"repositoryName":"demo"}"#,
    );
    assert!(created.starts_with("HTTP/1.0 200"), "{created}");
    let (code, said) = local.interrupt();
    assert_eq!(code, Some(130));
    assert!(
        said.contains("INFO CreateRepository caller=\"ann\"\n"),
        "{said}"
    );
    let local = Local::start(&place, &[]);
    let listed = local.call("CodeCommit_20150413.ListRepositories", "{}");
    assert!(listed.contains(r#""repositoryName":"demo""#), "{listed}");
    let machines = local.call("AWSStepFunctions.ListStateMachines", "{}");
    assert!(machines.contains("stateMachine:mergegate"), "{machines}");
}

#[test]
fn without_its_engine_it_leaves_rules_to_somebody_else_and_keeps_the_rest() {
    let place = Place::new();
    let local = Local::start(&place, &["--no-engine"]);
    let rules = local.call("AWSEvents.ListRules", "{}");
    assert!(rules.contains("was started without its engine"), "{rules}");
    let parameters = local.call(
        "AmazonSSM.GetParametersByPath",
        r#"{"Path":"/mergegate","Recursive":true}"#,
    );
    assert!(parameters.contains(r#""Parameters":[]"#), "{parameters}");
    let created = local.call(
        "CodeCommit_20150413.CreateRepository",
        r#"{"repositoryName":"demo"}"#,
    );
    assert!(created.starts_with("HTTP/1.0 200"), "{created}");
}

#[test]
fn it_can_be_told_to_die_at_a_call_and_what_was_done_before_is_kept() {
    let place = Place::new();
    let mut local = Local::start(&place, &["--interfere", "kill:after:CreateRepository"]);
    let answer = local.call(
        "CodeCommit_20150413.CreateRepository",
        r#"{"repositoryName":"demo"}"#,
    );
    assert_eq!(answer, "");
    assert_eq!(local.process.wait().unwrap().code(), None);
    let local = Local::start(&place, &[]);
    let listed = local.call("CodeCommit_20150413.ListRepositories", "{}");
    assert!(listed.contains(r#""repositoryName":"demo""#), "{listed}");
}

#[test]
fn refuses_a_port_in_use() {
    let place = Place::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = place.gate(&["local", "--port", &port, "--data", "data"]);
    let expected = format!(
        "error: port {port} of 127.0.0.1 is in use\nhelp: stop what listens there, or choose another port with `--port`; 0 takes a free one\n"
    );
    assert_eq!((said.code, said.stderr), (2, expected));
    assert!(!place.path("data").exists());
}

#[test]
fn refuses_data_of_another_version_and_data_in_use() {
    let place = Place::new();
    let running = Local::start(&place, &[]);
    let said = place.gate(&["local", "--port", "0", "--data", "data"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr.contains("is in use by another process"),
        "{}",
        said.stderr
    );
    assert!(
        said.stderr
            .ends_with("help: choose another directory with `--data`\n"),
        "{}",
        said.stderr
    );
    running.interrupt();
    fs::write(
        place.path("data").join("journal.jsonl"),
        "{\"version\":99}\n",
    )
    .unwrap();
    let said = place.gate(&["local", "--port", "0", "--data", "data"]);
    assert_eq!(said.code, 2);
    assert!(
        said.stderr
            .contains("holds data of version {\"version\":99}"),
        "{}",
        said.stderr
    );
}

#[test]
fn refuses_options_it_cannot_understand() {
    let place = Place::new();
    for (arguments, words) in [
        (
            ["local", "--assume", "close-events=3"],
            "`3` is neither `one` nor `two`",
        ),
        (
            ["local", "--caller", "ann"],
            "write an access key id and its ARN",
        ),
        (
            ["local", "--concurrent-builds", "0"],
            "0 is not in 1..=65535",
        ),
    ] {
        let said = place.gate(&arguments);
        assert_eq!(said.code, 2);
        assert!(said.stderr.contains(words), "{}", said.stderr);
    }
}
