//! Process groups that can be found again: which processes belong to a build, and how they are ended.
//!
//! A group is known by its leader's pid and the leader's start time, so that a pid given to somebody else is never
//! killed. A process that left the group is still found, on Linux, by a variable of its environment.

use std::{fs, time::Duration};

use nix::{
    errno::Errno,
    sys::signal::{Signal, kill, killpg},
    unistd::Pid,
};
use serde::{Deserialize, Serialize};

/// How long processes may take to end by themselves.
const GRACE: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(10);

/// A process group, as it is journaled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Group {
    /// The leader's pid, which is the group's id.
    pid: i32,
    /// When the leader started, in whatever words the system has for it.
    started: String,
}

impl Group {
    /// The group that the running process `pid` leads.
    pub(crate) fn led_by(pid: u32) -> Option<Self> {
        let pid = i32::try_from(pid).ok()?;
        let started = start_time(pid)?;
        Some(Self { pid, started })
    }

    /// Asks all processes of the group to end and ends them after a grace period. `mark` is a `NAME=value` of the
    /// environment that the group's processes have and no other process has.
    pub(crate) async fn end(&self, mark: &str) {
        if !self.is_ours(mark) {
            return;
        }
        self.signal(Signal::SIGTERM);
        let deadline = tokio::time::Instant::now() + GRACE;
        while self.is_alive() && tokio::time::Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
        }
        self.signal(Signal::SIGKILL);
    }

    /// Ends all processes of the group at once.
    pub(crate) fn kill(&self, mark: &str) {
        if self.is_ours(mark) {
            self.signal(Signal::SIGKILL);
        }
    }

    /// The leader may have ended before its children, and its pid may be another's by now.
    fn is_ours(&self, mark: &str) -> bool {
        match start_time(self.pid) {
            Some(started) => started == self.started,
            None => members(self.pid).is_some_and(|pids| pids.iter().any(|&pid| has(pid, mark))),
        }
    }

    fn is_alive(&self) -> bool {
        match members(self.pid) {
            Some(pids) => !pids.is_empty(),
            None => killpg(Pid::from_raw(self.pid), None) != Err(Errno::ESRCH),
        }
    }

    fn signal(&self, signal: Signal) {
        if let Err(error) = killpg(Pid::from_raw(self.pid), signal)
            && error != Errno::ESRCH
        {
            tracing::warn!(group = self.pid, error = %error, "failed to signal a build's processes");
        }
    }
}

/// Kills every process with `mark` in its environment; where the system does not tell environments, none.
pub(crate) fn kill_marked(mark: &str) {
    for stat in all_processes().into_iter().flatten() {
        if has(stat.pid, mark) {
            // Gone already is as good as killed.
            let _gone = kill(Pid::from_raw(stat.pid), Signal::SIGKILL);
        }
    }
}

struct Stat {
    pid: i32,
    group: i32,
    zombie: bool,
    started: String,
}

/// What Linux says of a process; `None` where there is no such process, or no `/proc`.
fn stat(pid: i32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the command in parentheses and may hold anything.
    let (_, rest) = text.rsplit_once(')')?;
    let fields: Vec<&str> = rest.split_whitespace().collect();
    Some(Stat {
        pid,
        group: fields.get(2)?.parse().ok()?,
        zombie: *fields.first()? == "Z",
        started: (*fields.get(19)?).to_owned(),
    })
}

fn start_time(pid: i32) -> Option<String> {
    if cfg!(target_os = "linux") {
        return stat(pid).map(|stat| stat.started);
    }
    let output = std::process::Command::new("ps")
        .args(["-o", "lstart=", "-p", &pid.to_string()])
        .output()
        .ok()?;
    let started = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    (!started.is_empty()).then_some(started)
}

fn all_processes() -> Option<Vec<Stat>> {
    let entries = fs::read_dir("/proc").ok()?;
    Some(
        entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(stat)
            .collect(),
    )
}

/// The living processes of a group; `None` where the system does not tell.
fn members(group: i32) -> Option<Vec<i32>> {
    let all = all_processes().filter(|all| !all.is_empty())?;
    let living = all
        .into_iter()
        .filter(|stat| stat.group == group && !stat.zombie);
    Some(living.map(|stat| stat.pid).collect())
}

fn has(pid: i32, mark: &str) -> bool {
    fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
        environment
            .split(|&byte| byte == 0)
            .any(|entry| entry == mark.as_bytes())
    })
}

#[cfg(test)]
mod tests {
    use std::{os::unix::process::CommandExt as _, process::Command, time::Instant};

    use super::*;

    fn alive(pid: i32) -> bool {
        stat(pid).is_some_and(|stat| !stat.zombie)
    }

    #[tokio::test]
    async fn a_grandchild_ends_with_its_group_even_when_the_leader_is_gone() {
        let mark = format!("PROCESS_TEST={}", fastrand::u64(..));
        let (name, value) = mark.split_once('=').unwrap();
        let mut leader = Command::new("sh")
            .args(["-c", "sleep 600 & echo $!; read line"])
            .env(name, value)
            .process_group(0)
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let group = Group::led_by(leader.id()).unwrap();
        let mut line = String::new();
        let mut output = std::io::BufReader::new(leader.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut output, &mut line).unwrap();
        let grandchild: i32 = line.trim().parse().unwrap();
        leader.kill().unwrap();
        leader.wait().unwrap();
        assert!(alive(grandchild));
        group.end(&mark).await;
        let deadline = Instant::now() + Duration::from_secs(5);
        while alive(grandchild) && Instant::now() < deadline {
            tokio::time::sleep(POLL).await;
        }
        assert!(!alive(grandchild));
    }

    #[tokio::test]
    async fn refuses_to_end_a_group_whose_pid_is_another_process_now() {
        let mut other = Command::new("sleep")
            .arg("600")
            .process_group(0)
            .spawn()
            .unwrap();
        let pid = i32::try_from(other.id()).unwrap();
        let old = Group {
            pid,
            started: "1".to_owned(),
        };
        old.end("NOBODY=1").await;
        assert!(alive(pid));
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
