//! `gate local`: the whole system as a local AWS endpoint.

mod assumption;
mod faults;
mod interference;
mod note;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use gate::system::{self, Elsewhere, System};
use local_aws::Settings;

use super::Failure;
use crate::{interrupt::Interrupt, state, terminal};
use assumption::Assumption;
use interference::Kill;

/// What is logged unless `RUST_LOG` says otherwise.
const LOG: &str =
    "warn,gate=info,router=info,environment=info,builder=info,reporter=info,local_aws=info";

/// Runs the gate and the AWS services it needs on a port of this machine, until Ctrl-C.
///
/// Every repository that is created is gated: pull requests to its default branch are built, commented and approved, and
/// cannot be merged before they are. Its address shows a browser the repositories, pull requests, runs and builds.
/// The state is kept and taken up again by the next start. Services that somebody else's emulator has are asked where
/// AWS_ENDPOINT_URL_CODECOMMIT, _CODEBUILD, _SSM, _S3 and _CLOUDWATCH_LOGS say.
///
/// Exit code: 129, 130 or 143 after a signal; 2 if it could not run.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 4577)]
    port: u16,
    /// Where repositories, state and logs are kept [default: mergegate in the user's state directory]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Who an access key id is; others are IAM users of that name. May be repeated
    #[arg(long, value_name = "KEY=ARN", value_parser = caller)]
    caller: Vec<(String, String)>,
    /// Who the gate is to a CodeCommit that `AWS_ENDPOINT_URL_CODECOMMIT` names, if not the reporter's role
    #[arg(long, value_name = "ARN")]
    reporter_arn: Option<String>,
    /// Only the services: no rules, no state machine, no functions
    #[arg(long)]
    no_engine: bool,
    /// Builds that run at once [default: the number of processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    concurrent_builds: Option<u16>,
    /// What to assume about AWS where its documentation says nothing. May be repeated:
    /// destination-move-renews-revision=true|false, destination-commit-follows-branch=true|false,
    /// all-takes-large-results=true|false, close-events=one|two,
    /// delete-project=leaves-builds|stops-builds|refused, stale-reads=N, raw-report-keys=by-report|otherwise,
    /// initiator=role-and-session|assumed-role|arn|otherwise, merge-commits=readable|hidden
    #[arg(long, value_name = "NAME=VALUE")]
    assume: Vec<Assumption>,
    /// Every wait is multiplied by this
    #[arg(long, hide = true, value_name = "FACTOR")]
    wait_scale: Option<f64>,
    /// How many milliseconds a minute of a build's time limits has
    #[arg(long, hide = true, value_name = "MS")]
    build_minute: Option<u64>,
    /// End as if by SIGKILL: `kill:before|after:<operation or state>[:<nth>]`
    #[arg(long, hide = true, value_name = "SPEC")]
    interfere: Option<Kill>,
    /// Misbehave: throttle, fail, time out, lose, delay; as the seed decides, for that share of the calls
    #[arg(long, hide = true, value_name = "SEED[:RATE]")]
    faults: Option<faults::Seed>,
    /// Write down in `audit.jsonl` what builds and approvals there really were
    #[arg(long, hide = true)]
    audit: bool,
}

fn caller(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, arn)) if !key.is_empty() && arn.starts_with("arn:") => Ok((key.to_owned(), arn.to_owned())),
        _ => Err("write an access key id and its ARN, such as `ci=arn:aws:sts::000000000000:assumed-role/CI/build`".to_owned()),
    }
}

pub(super) async fn run(options: Options) -> Result<ExitCode, Failure> {
    terminal::log(LOG);
    let mut interrupt = Interrupt::listen()
        .map_err(|error| Failure::new(format!("failed to listen for signals: {error}")))?;
    let engine = !options.no_engine;
    let port = options.port;
    let kill = options.interfere.clone();
    let faults = options.faults.map(faults::Seed::faults);
    let reporter_arn = options.reporter_arn.clone();
    let elsewhere = Elsewhere::read(|name| std::env::var(name).ok()).map_err(Failure::new)?;
    let settings = settings(options)?;
    let data = settings.data_directory.clone();
    let options = system::Options {
        port,
        observer: Some(note::observer(kill, faults.clone())),
        approval_rule: true,
        elsewhere: elsewhere.clone(),
        reporter_arn,
        ..system::Options::new(settings)
    };
    let started = interrupt.or(System::start(options)).await;
    let system = match started {
        Ok(system) => system?,
        Err(interrupted) => return Ok(interrupted.into()),
    };
    for line in introduction(&system, engine, &data) {
        terminal::say(&line);
    }
    for (service, endpoint) in elsewhere.endpoints() {
        terminal::say(&format!("{service} is elsewhere: {endpoint}"));
    }
    let interrupted = interrupt.wait().await;
    system.shut_down().await;
    if let Some(faults) = faults {
        terminal::say(&format!("faults injected\n{}", faults.injected()));
    }
    terminal::say("stopped; the next start takes up what was running");
    Ok(interrupted.into())
}

fn settings(options: Options) -> Result<Settings, Failure> {
    let data = match options.data {
        Some(data) => data,
        None => state::directory().ok_or_else(|| {
            Failure::new("neither `XDG_STATE_HOME` nor `HOME` names a directory for the state")
                .help("name one with `--data`")
        })?,
    };
    let mut settings = Settings::new(data);
    settings.callers.extend(options.caller);
    settings.engine = !options.no_engine;
    if let Some(builds) = options.concurrent_builds {
        settings.concurrent_builds = usize::from(builds);
    }
    for assumption in options.assume {
        assumption.apply(&mut settings.assumptions);
    }
    settings.audit = options.audit;
    if let Some(scale) = options.wait_scale {
        settings.wait_scale = scale;
    }
    if let Some(milliseconds) = options.build_minute {
        settings.build_minute = Duration::from_millis(milliseconds);
    }
    Ok(settings)
}

/// What one must know to use it.
fn introduction(system: &System, engine: bool, data: &std::path::Path) -> Vec<String> {
    let url = system.url();
    let region = &system.deployment().region;
    let mut lines = vec![
        format!(
            "{} on {url}, state in {}",
            terminal::bold("gate local"),
            data.display()
        ),
        String::new(),
        format!(
            "  export AWS_ENDPOINT_URL={url} AWS_ACCESS_KEY_ID=ann AWS_SECRET_ACCESS_KEY=local \
             AWS_REGION={region} AWS_DEFAULT_REGION={region}"
        ),
        String::new(),
    ];
    lines.extend(match system.code_elsewhere() {
        None => [
            "  aws codecommit create-repository --repository-name demo".to_owned(),
            format!("  git clone {url}/v1/repos/demo"),
        ],
        // What is made here would be gated by nobody.
        Some(code) => [
            format!("  export AWS_ENDPOINT_URL_CODECOMMIT={code}"),
            "  aws codecommit create-repository --repository-name demo".to_owned(),
        ],
    });
    lines.push(String::new());
    lines.push(if engine {
        format!(
            "The member of an approval pool that only the gate is: {}",
            system.approval_pool_member()
        )
    } else {
        "No rules, state machine or functions are set up: bring your own.".to_owned()
    });
    lines.push("Ctrl-C stops it and keeps the state.".to_owned());
    lines
}
