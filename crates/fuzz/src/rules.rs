//! Made-up rules of a repository: a `gate.toml` with the buildspecs it names, of many shapes, near limits and past them.
//!
//! Everything is drawn from a seed, so that what broke once is broken by the same number again. Every other file is tame: each of its
//! parts can be used by itself, so that what the gate accepts is varied, and not only what it refuses.

use std::{collections::BTreeMap, fmt::Write as _};

use fastrand::Rng;

/// Paths and contents; there need be no `gate.toml` among them.
pub fn rule_files(seed: u64) -> BTreeMap<String, String> {
    let mut draw = Draw {
        rng: Rng::with_seed(seed),
        files: BTreeMap::new(),
        tame: seed.is_multiple_of(2),
    };
    if draw.one_in(8) {
        let buildspec = draw.buildspec();
        draw.files.insert("buildspec.yml".to_owned(), buildspec);
    } else {
        let rules = draw.gate_toml();
        draw.files.insert("gate.toml".to_owned(), rules);
    }
    draw.files
}

struct Draw {
    rng: Rng,
    files: BTreeMap<String, String>,
    /// Whether nothing odd is drawn.
    tame: bool,
}

const REPORTS: [&str; 18] = [
    "unit",
    "lines",
    "unit-tests",
    "Unit_Tests",
    "a",
    "unit.tests",
    "'unit tests'",
    "a/b",
    "prüfung",
    "\"un\\x69t\"",
    "'quoted'",
    "0",
    "1.5",
    "true",
    "~",
    "arn:aws:codebuild:us-east-1:000000000000:report-group/own",
    "-",
    "*it ",
];
const FORMATS: [&str; 9] = [
    "JUNITXML",
    "JunitXml",
    "junitxml",
    "COBERTURAXML",
    "SimpleCov",
    "CloverXml",
    "JUNIT",
    "[a]",
    "NUNIT3XML",
];
const NAMES: [&str; 9] = [
    "build",
    "unit",
    "Unit",
    "web.app",
    "a-b",
    "a_b",
    "0",
    "über",
    "two words",
];
const GLOBS: [&str; 7] = [
    "**",
    "value",
    "nothing/**",
    "**/*.{rs,md}",
    "[ab]*",
    "./value",
    "/absolute",
];
const BRANCHES: [&str; 4] = ["main", "*", "release/*", "m?in"];
const IMAGES: [&str; 7] = [
    "aws/codebuild/standard:7.0",
    "rust:1.95-slim",
    "public.ecr.aws/x/y:1",
    "aws/codebuild/standart:7.0",
    "Rust",
    "",
    "a b",
];
const VARIABLES: [&str; 9] = [
    "A",
    "PATH_B",
    "_x",
    "LANG",
    "CODEBUILD_X",
    "MERGEGATE_RUN",
    "1A",
    "A-B",
    "HOME_OF_ÄRGER",
];
const VALUES: [&str; 7] = [
    "",
    "x",
    "ünï 🐢",
    "a=b;c&d|$(e)",
    "\\\\\\\"quoted\\\\\\\"",
    "\\u0000",
    "line\\nline",
];

impl Draw {
    fn one_in(&mut self, number: u32) -> bool {
        self.rng.u32(..number) == 0
    }

    /// Whether something odd is drawn, which may be refused.
    fn odd(&mut self, number: u32) -> bool {
        self.one_in(number) && !self.tame
    }

    fn of(&mut self, texts: &[&'static str]) -> &'static str {
        // What is usual stands first and is drawn most.
        let most = if self.odd(3) {
            texts.len()
        } else {
            texts.len().min(3)
        };
        texts[self.rng.usize(..most)]
    }

    /// A length that is usual, or at a limit.
    fn length(&mut self, limits: &[usize]) -> usize {
        if self.one_in(3) {
            limits[self.rng.usize(..limits.len())]
        } else {
            self.rng.usize(1..40)
        }
    }

    fn gate_toml(&mut self) -> String {
        let mut text = String::new();
        if self.one_in(3) {
            text.push_str("[build]\n");
            self.settings(&mut text, "build");
        }
        let limits = [0, 12, 30, 60, 120, 199, 200, 201];
        let checks = if self.odd(6) {
            limits[self.rng.usize(..limits.len())]
        } else {
            self.rng.usize(1..5)
        };
        for number in 0..checks {
            self.check(&mut text, number, checks);
        }
        if self.one_in(8) {
            let runs = if self.tame { 5 } else { self.rng.u32(..102) };
            let _ = write!(text, "[limits]\nfailed_runs = {runs}\n");
        }
        if self.one_in(8) {
            let person = ["*", "arn:aws:iam::*:user/ann", "ann"][self.rng.usize(..3)];
            let people = vec![format!("\"{person}\""); self.length(&[1, 500])].join(", ");
            let _ = write!(text, "[commands.unhold]\nallow = [{people}]\n");
        }
        if self.odd(60) {
            text.push_str("[chek]\n");
        }
        if self.odd(60) {
            text.push_str(&"#".repeat(256 << 10));
        }
        text
    }

    fn check(&mut self, text: &mut String, number: usize, of: usize) {
        let kind = if self.tame { 2 } else { self.rng.u32(..12) };
        let name = match kind {
            0 => self.of(&NAMES).to_owned(),
            1 => format!("c{number}-")
                .repeat(30)
                .chars()
                .take(self.length(&[59, 60, 61]))
                .collect(),
            _ => format!("check-{number}"),
        };
        let _ = write!(text, "[[check]]\nname = \"{name}\"\n");
        if self.one_in(2) {
            let kind = if self.tame {
                self.rng.u32(2..40)
            } else {
                self.rng.u32(..40)
            };
            let path = match kind {
                0 => "../buildspec.yml".to_owned(),
                1 => "missing.yml".to_owned(),
                2 => "ci/ünit 🐢.yml".to_owned(),
                // Many checks share some buildspecs.
                _ => format!("ci/{}.yml", number % 7),
            };
            if !path.starts_with("..") && path != "missing.yml" && !self.files.contains_key(&path) {
                let buildspec = self.buildspec();
                self.files.insert(path.clone(), buildspec);
            }
            let _ = writeln!(text, "buildspec = \"{path}\"");
        } else {
            let buildspec = if of > 10 {
                self.small()
            } else {
                self.buildspec()
            };
            if buildspec.contains("'''") {
                let _ = writeln!(text, "inline = {}", basic_string(&buildspec));
            } else {
                let _ = writeln!(text, "inline = '''\n{buildspec}'''");
            }
        }
        if self.one_in(6) {
            let globs = self.list(&GLOBS, &[1, 60]);
            let _ = writeln!(text, "{} = {globs}", ["paths", "exclude"][number % 2]);
        }
        if self.one_in(10) {
            let globs = self.list(&BRANCHES, &[1, 30]);
            let _ = writeln!(text, "branches = {globs}");
        }
        if self.one_in(10) {
            let required = self.tame && number == 0 || self.rng.bool();
            let _ = writeln!(text, "required = {required}");
        }
        if number > 0 && self.one_in(10) {
            let before = self.rng.usize(..number + usize::from(!self.tame));
            let _ = writeln!(text, "after = [\"check-{before}\"]");
        }
        if self.one_in(10) {
            let retries = self.rng.u32(..if self.tame { 4 } else { 5 });
            let _ = writeln!(text, "retries = {retries}");
        }
        if self.one_in(10) {
            text.push_str("rerun_failed = true\n");
        }
        if self.one_in(3) {
            self.settings(text, "check");
        }
    }

    fn list(&mut self, texts: &[&'static str], limits: &[usize]) -> String {
        let length = self.length(limits).min(60);
        let quoted: Vec<_> = (0..length.div_ceil(10))
            .map(|_| format!("\"{}\"", self.of(texts)))
            .collect();
        format!("[{}]", quoted.join(", "))
    }

    fn settings(&mut self, text: &mut String, table: &str) {
        if self.one_in(3) {
            let image = self.of(&IMAGES);
            let _ = writeln!(text, "image = \"{image}\"");
        }
        if self.one_in(3) {
            let compute = self.of(&["small", "medium", "large", "xlarge", "huge"]);
            let _ = writeln!(text, "compute = \"{compute}\"");
        }
        if self.one_in(3) {
            let most = if self.tame { 4 } else { 6 };
            let minutes = [5, 30, 60, 2160, 4, 2161][self.rng.usize(..most)];
            let _ = writeln!(text, "timeout_minutes = {minutes}");
        }
        if self.one_in(4) {
            let _ = writeln!(text, "privileged = {}", self.rng.bool());
        }
        if self.one_in(4) {
            let modes = [
                "[]",
                "[\"source\"]",
                "[\"custom\", \"source\"]",
                "[\"docker\"]",
            ];
            let most = if self.tame { 3 } else { 4 };
            let _ = writeln!(text, "cache = {}", modes[self.rng.usize(..most)]);
        }
        if self.one_in(3) {
            let _ = writeln!(text, "[{table}.environment]");
            let count = self.length(&[1, 190, 210]).min(210);
            for number in 0..count {
                let name = if self.odd(40) {
                    self.of(&VARIABLES).to_owned()
                } else {
                    format!("V{number}")
                };
                let value = if self.odd(30) {
                    "v".repeat(self.length(&[4_500, 20_000, 32_000, 33_000]))
                } else {
                    self.of(&VALUES[..4]).to_owned()
                };
                let _ = writeln!(text, "{name} = \"{value}\"");
            }
            if self.one_in(6) {
                let value = self.of(&VALUES);
                let _ = writeln!(text, "LAST = \"{value}\"");
            }
        }
    }

    /// One that surely can be used.
    fn small(&mut self) -> String {
        let reports = if self.one_in(3) {
            ", reports: {unit: {files: [r.xml]}}"
        } else {
            ""
        };
        format!("{{version: 0.2, phases: {{build: {{commands: ['true']}}}}{reports}}}\n")
    }

    fn buildspec(&mut self) -> String {
        let kind = if self.tame { 5 } else { self.rng.u32(..24) };
        let mut text = match kind {
            0 => return String::new(),
            1 => return "version: 0.2\nphases: [\n".to_owned(),
            2 => "version: \"0.2\"\n".to_owned(),
            3 => "version: 0.1\n".to_owned(),
            4 => "version: 0.2\nbatch: {fast-fail: true}\n".to_owned(),
            _ => "version: 0.2\n".to_owned(),
        };
        let kind = if self.tame {
            self.rng.u32(2..20)
        } else {
            self.rng.u32(..20)
        };
        let commands = match kind {
            0 => "[]",
            1 => "true",
            2 => "['false']",
            3 => "[\"echo \\\"a b\\\"\", 'true']",
            _ => "['true']",
        };
        let _ = writeln!(text, "phases: {{build: {{commands: {commands}}}}}");
        if self.one_in(2) {
            text.push_str("reports:\n");
            let count = self.length(&[1, 4, 5, 6]).min(6);
            for number in 0..count.min(self.rng.usize(1..7)) {
                let report = if self.one_in(3) {
                    self.of(&REPORTS).to_owned()
                } else {
                    format!("r{number}")
                };
                let report = if self.odd(20) {
                    "r".repeat(self.length(&[70, 71, 72, 200]))
                } else {
                    report
                };
                let format = if self.one_in(3) {
                    format!(", file-format: {}", self.of(&FORMATS))
                } else {
                    String::new()
                };
                let _ = writeln!(text, "  {report}: {{files: [r.xml]{format}}}");
            }
        }
        if self.one_in(12) {
            let limits: &[usize] = if self.tame {
                &[20_000]
            } else {
                &[20_000, 60_000, 65_000, 66_000]
            };
            let padding = self.length(limits);
            let _ = writeln!(text, "# {}", "p".repeat(padding));
        }
        text
    }
}

/// A text as TOML writes it in one line.
fn basic_string(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n");
    format!("\"{escaped}\"")
}
