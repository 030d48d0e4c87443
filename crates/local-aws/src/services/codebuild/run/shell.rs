//! The shell that runs a build's commands.
//!
//! One long-lived shell reads the commands, each from a file of its own, so that `cd`, variables, functions and shell
//! options carry over as they do in a buildspec of version 0.2. It is told which file comes next on a pipe that the
//! commands cannot see, and answers the exit status on another. A command that ends the shell (`exit 1`, a syntax
//! error, `set -e`) has that exit status; the next command gets a new shell with the folder and the exported variables
//! of the old one, not its functions and unexported variables.
//!
//! The shell leads a process group, which is journaled before the first command is sent: an endpoint killed in between
//! leaves a shell that reads the end of its pipe and ends.

use std::{collections::BTreeMap, io, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines},
    net::unix::pipe,
    process::{Child, ChildStderr, ChildStdin, Command},
};

use super::super::log::Log;
use super::{Fault, Folders, progress::Progress};
use crate::{buildspec::Shell, process::Group, program};

/// What is taken over at the end of a command: more than a pipe holds.
const MOST_DRAINED: usize = 2 << 20;

/// How a command ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Exit {
    Done,
    /// In CodeBuild's words, such as `exit status 1`.
    Failed(String),
}

impl Exit {
    fn from_code(code: i32) -> Self {
        match code {
            0 => Self::Done,
            code => Self::Failed(format!("exit status {code}")),
        }
    }
}

/// A succession of commands.
pub(super) struct Session {
    shell: Shell,
    folders: Folders,
    variables: BTreeMap<String, String>,
    scripts: u32,
    process: Option<Process>,
    exit_code: i32,
}

impl Session {
    pub(super) fn new(
        shell: Shell,
        folders: Folders,
        variables: BTreeMap<String, String>,
    ) -> io::Result<Self> {
        std::fs::write(folders.session().join("driver"), driver(&folders))?;
        Ok(Self {
            shell,
            folders,
            variables,
            scripts: 0,
            process: None,
            exit_code: 0,
        })
    }

    /// The exit code of the first command that failed, 0 if none did.
    pub(super) fn exit_code(&self) -> i32 {
        self.exit_code
    }

    /// Runs one command; its output goes to the log.
    pub(super) async fn run(
        &mut self,
        command: &str,
        progress: &Progress<'_>,
        log: &mut Log,
    ) -> Result<Exit, Fault> {
        self.scripts += 1;
        let script = format!("script-{}", self.scripts);
        std::fs::write(self.folders.session().join(&script), format!("{command}\n"))?;
        let process = match self.process.take() {
            Some(mut process) => process.send(&script).await.is_ok().then_some(process),
            None => None,
        };
        let mut process = match process {
            Some(process) => process,
            None => match self.start(progress) {
                Ok(mut process) => {
                    process.send(&script).await?;
                    process
                }
                Err(Fault::Io(error)) if error.kind() == io::ErrorKind::NotFound => {
                    let program = self.shell.program();
                    self.exit_code = 127;
                    return Ok(Exit::Failed(format!("`{program}` is not installed")));
                }
                Err(fault) => return Err(fault),
            },
        };
        let (code, lives) = process.exit(log).await?;
        self.process = lives.then_some(process);
        if self.exit_code == 0 {
            self.exit_code = code;
        }
        Ok(Exit::from_code(code))
    }

    fn start(&self, progress: &Progress<'_>) -> Result<Process, Fault> {
        let path = self.variables.get("PATH").map_or("", String::as_str);
        let mut shell = self.shell;
        let mut place = program::find(shell.program(), path.as_ref());
        if shell == Shell::BashAsSh && !place.is_absolute() {
            shell = Shell::Sh;
            place = program::find(shell.program(), path.as_ref());
        }
        let mut child = Command::new(place)
            .args(shell.arguments())
            .arg(self.folders.session().join("driver"))
            .env_clear()
            .envs(&self.variables)
            .current_dir(self.folders.source())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()?;
        if let Some(group) = child.id().and_then(Group::led_by) {
            progress.add_group(group)?;
        }
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(control), Some(output), Some(status)) = pipes else {
            return Err(io::Error::other("the shell has no pipes").into());
        };
        Ok(Process {
            child,
            control,
            status: BufReader::new(status).lines(),
            output: pipe::Receiver::from_owned_fd(output.into_owned_fd()?)?,
            output_is_open: true,
        })
    }
}

/// What the shell runs first. Standard input brings the names of scripts, standard error takes the exit statuses; both
/// are closed to the scripts.
fn driver(folders: &Folders) -> String {
    let session = folders.session();
    let path = |name: &str| quote(&session.join(name).to_string_lossy());
    let (environment, directory) = (path("environment"), path("directory"));
    let folder = quote(&session.to_string_lossy());
    let save = quote(&format!("export -p >{environment}; pwd >{directory}"));
    format!(
        "exec 3<&0 4>&2 </dev/null 2>&1\n\
         if [ -f {environment} ]; then . {environment}; fi\n\
         if [ -f {directory} ]; then cd \"$(cat {directory})\"; fi\n\
         trap {save} EXIT\n\
         while IFS= read -r _codebuild_script <&3; do\n\
         . {folder}/\"$_codebuild_script\" 3<&- 4>&-\n\
         echo \"$?\" >&4\n\
         done\n"
    )
}

/// A text as one word of a shell's language.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A shell that runs.
struct Process {
    child: Child,
    control: ChildStdin,
    status: Lines<BufReader<ChildStderr>>,
    output: pipe::Receiver,
    output_is_open: bool,
}

impl Process {
    async fn send(&mut self, script: &str) -> io::Result<()> {
        self.control
            .write_all(format!("{script}\n").as_bytes())
            .await?;
        self.control.flush().await
    }

    /// Waits for the command's exit code; also says whether the shell is still there.
    async fn exit(&mut self, log: &mut Log) -> io::Result<(i32, bool)> {
        let mut status_is_open = true;
        let ended = loop {
            tokio::select! {
                ready = self.output.readable(), if self.output_is_open => {
                    ready?;
                    self.take_output(log, 1 << 16)?;
                }
                line = self.status.next_line(), if status_is_open => match line? {
                    Some(code) => break (code.parse().unwrap_or(1), true),
                    None => status_is_open = false,
                },
                status = self.child.wait() => {
                    use std::os::unix::process::ExitStatusExt as _;
                    let status = status?;
                    let killed = || status.signal().map_or(1, |signal| 128 + signal);
                    break (status.code().unwrap_or_else(killed), false);
                }
            }
        };
        self.take_output(log, MOST_DRAINED)?;
        Ok(ended)
    }

    /// Moves what has been written into the log, without waiting for more.
    fn take_output(&mut self, log: &mut Log, most: usize) -> io::Result<()> {
        let mut buffer = [0; 16 << 10];
        let mut taken = 0;
        while self.output_is_open && taken < most {
            match self.output.try_read(&mut buffer) {
                Ok(0) => self.output_is_open = false,
                Ok(length) => {
                    log.output(buffer.get(..length).unwrap_or_default());
                    taken += length;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
