//! The real `gate local`, in a process of its own.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
    time::Duration,
};

use super::gate;

/// A running `gate local`; dropped, it is ended.
pub struct GateLocal {
    process: Child,
    url: String,
    pool_member: String,
}

impl GateLocal {
    /// Starts it on a free port over a data directory and reads what it says.
    pub fn start(data: &Path, options: &[&str]) -> Self {
        Self::start_with(data, options, &[])
    }

    /// The same, with variables of its environment.
    pub fn start_with(data: &Path, options: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut process = Command::new(gate())
            .args(["local", "--port", "0", "--data"])
            .arg(data)
            .args(options)
            .env("NO_COLOR", "1")
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("gate local starts");
        let stderr = process.stderr.take().expect("its standard error");
        let (sender, lines) = mpsc::channel();
        // Read to its end, or the process would stop at a full pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _ = sender.send(line);
            }
        });
        let mut said = Vec::new();
        while !said.iter().any(|line: &String| line.starts_with("Ctrl-C")) {
            match lines.recv_timeout(Duration::from_secs(30)) {
                Ok(line) => said.push(line),
                Err(error) => panic!("gate local does not get ready ({error}): {said:#?}"),
            }
        }
        let after = |words: &str| {
            let found = said.iter().find_map(|line| line.split_once(words));
            let (_, rest) =
                found.unwrap_or_else(|| panic!("gate local does not say `{words}`: {said:#?}"));
            rest.split_whitespace()
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        Self {
            url: after("AWS_ENDPOINT_URL="),
            pool_member: if options.contains(&"--no-engine") {
                String::new()
            } else {
                after("approval pool that only the gate is: ")
            },
            process,
        }
    }

    /// Where it listens.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The member of an approval pool that only the gate is.
    pub fn pool_member(&self) -> &str {
        &self.pool_member
    }

    /// The most memory it ever had resident, in MiB.
    pub fn peak_memory_mib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.expect("the process's status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = peak.and_then(|peak| peak.split_whitespace().next()?.parse::<u64>().ok());
        kib.expect("the peak in kB") / 1024
    }
}

impl Drop for GateLocal {
    fn drop(&mut self) {
        // SIGTERM lets it end its builds; SIGKILL would leave them.
        let id = self.process.id().to_string();
        let asked = Command::new("kill").arg(id).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
