//! Repositories of teams that nobody knows: drawn by seed, with all that rules, titles and builds can be.

use std::{collections::BTreeSet, fmt};

use fastrand::Rng;

type Files = Vec<(String, String)>;

/// What may be drawn; over all seeds everything must have been.
pub(crate) const VARIATIONS: [&str; 30] = [
    "a buildspec and no rules",
    "rules on both sides",
    "first rules",
    "changed rules",
    "broken rules of the pull request",
    "broken rules of the destination",
    "one check",
    "several checks",
    "paths",
    "exclude",
    "branches",
    "after",
    "optional",
    "a check of kind test",
    "inline",
    "a cache",
    "a limit",
    "no announcement",
    "a short log",
    "counted checks",
    "passes",
    "fails",
    "times out",
    "a green report",
    "a red report",
    "a missing report",
    "flags in the title",
    "fast-forward",
    "merged",
    "a conflict",
];

/// One repository with a branch `topic` to be merged into `main`.
pub(crate) struct Repository {
    pub(crate) name: String,
    pub(crate) title: String,
    /// The first commit, of `main`.
    pub(crate) begin: Files,
    /// What `topic` changes.
    pub(crate) topic: Files,
    /// What `main` changes meanwhile.
    pub(crate) meanwhile: Files,
    pub(crate) variations: BTreeSet<&'static str>,
}

impl fmt::Display for Repository {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name, variations, ..
        } = self;
        let drawn: Vec<_> = variations.iter().copied().collect();
        write!(formatter, "{name} ({})", drawn.join(", "))
    }
}

const TITLES: [&str; 10] = [
    "Change a thing",
    "Change a thing",
    "Quick [skip-tests]",
    "Only one [only=part-0]",
    "Nobody [only=part-9] [wip]",
    "Words [skip-ci]",
    "Fresh [no-cache] [COMPUTE=large]",
    "Docker [container]",
    "Mistyped [skip-test] [compute=giant]",
    "Bound [skip-tests] [no-cache]",
];

/// What a part's build does, from `outcome` in the part's folder.
const PART: &str = r#"
part=$1
report() {
  echo "<testsuite name='$part'><testcase name='holds' time='0.01'/><testcase name='counts' time='0.02'>$1</testcase></testsuite>" > "$part.xml"
}
case $(cat "$part/outcome") in
  fails) echo "$part cannot be built" >&2; exit 3 ;;
  "times out") sleep 600 ;;
  "a green report") report ;;
  "a red report") report "<failure message='1 is not 2'/>"; exit 1 ;;
esac
"#;

struct Draw {
    rng: Rng,
    variations: BTreeSet<&'static str>,
}

impl Draw {
    fn has(&mut self, variation: &'static str, percent: u8) -> bool {
        let drawn = self.rng.u8(0..100) < percent;
        if drawn {
            self.note(variation);
        }
        drawn
    }

    fn note(&mut self, variation: &'static str) {
        assert!(VARIATIONS.contains(&variation), "{variation}");
        self.variations.insert(variation);
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.rng.usize(0..all.len())]
    }

    /// What becomes of a part, and whether its buildspec promises a report.
    fn outcome(&mut self) -> &'static str {
        let outcome = self.one_of(&[
            "passes",
            "passes",
            "a green report",
            "a green report",
            "fails",
            "times out",
            "a red report",
            "a missing report",
        ]);
        self.note(outcome);
        outcome
    }
}

/// Draws the repository of a seed.
pub(crate) fn repository(seed: u64) -> Repository {
    let mut draw = Draw {
        rng: Rng::with_seed(seed),
        variations: BTreeSet::new(),
    };
    let standing = draw.one_of(&VARIATIONS[..6]);
    draw.note(standing);
    let parts = if standing == "a buildspec and no rules" || draw.has("one check", 20) {
        draw.note("one check");
        1
    } else {
        draw.note("several checks");
        draw.rng.usize(2..6)
    };
    let title = draw.one_of(&TITLES);
    if title.contains('[') {
        draw.note("flags in the title");
    }
    let mut files = vec![("part.sh".to_owned(), PART.to_owned())];
    let mut topic = vec![("note".to_owned(), "of the topic\n".to_owned())];
    for part in 0..parts {
        let (path, outcome) = (format!("part-{part}/outcome"), draw.outcome());
        let changes = part == 0 || draw.rng.bool();
        let (before, after) = if changes && draw.rng.bool() {
            ("passes", Some(outcome))
        } else {
            (outcome, None)
        };
        files.push((path.clone(), before.to_owned()));
        if let Some(after) = after {
            topic.push((path, after.to_owned()));
        } else if changes {
            topic.push((format!("part-{part}/notes.md"), "words\n".to_owned()));
        }
    }
    let begin = with_rules(&mut draw, standing, parts, files, &mut topic);
    Repository {
        name: format!("team-{seed}"),
        title: title.to_owned(),
        begin,
        topic,
        meanwhile: meanwhile(&mut draw),
        variations: draw.variations,
    }
}

fn with_rules(
    draw: &mut Draw,
    standing: &str,
    parts: usize,
    mut begin: Files,
    topic: &mut Files,
) -> Files {
    let gate_toml = |text: &str| ("gate.toml".to_owned(), text.to_owned());
    let broken = "[build]\nimge = \"x\"\ntimeout_minutes = 1\n[[check]]\nname = \"part-0\"\n";
    if standing != "first rules" {
        begin.push(("buildspec.yml".to_owned(), buildspec(0, true)));
    }
    let rules = rules(draw, parts, &mut begin);
    match standing {
        "a buildspec and no rules" => {}
        "first rules" => topic.push(gate_toml(&rules)),
        "broken rules of the destination" => {
            begin.push(gate_toml(broken));
            topic.push(gate_toml(&rules));
        }
        "broken rules of the pull request" => {
            begin.push(gate_toml(&rules));
            topic.push(gate_toml(broken));
        }
        "changed rules" => {
            begin.push(gate_toml(&rules));
            let another = "\n[[check]]\nname = \"another\"\ncompute = \"large\"\n";
            topic.push(gate_toml(&format!("{rules}{another}")));
        }
        _ => begin.push(gate_toml(&rules)),
    }
    begin
}

fn rules(draw: &mut Draw, parts: usize, files: &mut Files) -> String {
    let mut rules = String::from("[build.environment]\nLANG = \"C.UTF-8\"\n");
    if draw.rng.bool() {
        rules.push_str("\n[flags.skip-tests]\nmay_approve = false\n");
    }
    for part in 0..parts {
        let mut lines = vec![format!("\n[[check]]\nname = \"part-{part}\"")];
        let reports = draw.rng.bool();
        if draw.has("inline", 30) {
            let phases = "{build: {commands: [sh part.sh";
            lines.push(format!(
                "inline = '{{version: 0.2, phases: {phases} part-{part}]}}}}}}'"
            ));
        } else {
            files.push((format!("ci/part-{part}.yml"), buildspec(part, reports)));
            lines.push(format!("buildspec = \"ci/part-{part}.yml\""));
        }
        // A part that hangs ends after five minutes, which are short here.
        lines.push("timeout_minutes = 5".to_owned());
        let options = [
            ("paths", 40, format!("paths = [\"part-{part}/**\"]")),
            ("exclude", 25, "exclude = [\"**/*.md\"]".to_owned()),
            (
                "branches",
                15,
                "branches = [\"release/*\", \"m?in\"]".to_owned(),
            ),
            ("optional", 25, "required = false".to_owned()),
            ("a check of kind test", 30, "kind = \"test\"".to_owned()),
        ];
        for (variation, percent, line) in options {
            if draw.has(variation, percent) {
                lines.push(line);
            }
        }
        if part > 0 && draw.has("after", 35) {
            lines.push(format!("after = [\"part-{}\"]", draw.rng.usize(0..part)));
        }
        rules.push_str(&lines.join("\n"));
        rules.push('\n');
    }
    if draw.has("a cache", 30) {
        rules.push_str("[build]\ncache = [\"source\", \"custom\"]\n");
    }
    if draw.has("a limit", 30) {
        rules.push_str("[limits]\nfailed_runs = 1\n");
    }
    let comment = [
        ("no announcement", "announce = false\n"),
        ("a short log", "log_lines = 1\n"),
        ("counted checks", "checks = \"failed\"\n"),
    ];
    rules.push_str("[comment]\n");
    for (variation, line) in comment {
        if draw.has(variation, 30) {
            rules.push_str(line);
        }
    }
    rules
}

fn buildspec(part: usize, reports: bool) -> String {
    let promised = if reports {
        format!("reports:\n  part-{part}:\n    files: [part-{part}.xml]\n")
    } else {
        String::new()
    };
    format!(
        "version: 0.2\nphases:\n  build:\n    commands:\n      - sh part.sh part-{part}\n{promised}"
    )
}

fn meanwhile(draw: &mut Draw) -> Files {
    match draw.rng.u8(0..10) {
        0..5 => {
            draw.note("fast-forward");
            Vec::new()
        }
        5..9 => {
            draw.note("merged");
            vec![("another".to_owned(), "of main\n".to_owned())]
        }
        _ => {
            draw.note("a conflict");
            vec![("note".to_owned(), "of main\n".to_owned())]
        }
    }
}
