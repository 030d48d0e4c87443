//! What people do with each pull request, by seed.

use std::fmt::Write as _;

/// A buildspec that tells by its exit and by its report.
const BUILDSPEC: &str = "\
version: 0.2
phases:
  build:
    commands:
      - sh test.sh
reports:
  unit:
    files: [report.xml]
    file-format: JUNITXML
";

/// Green while every change is below the limit.
const TEST_SCRIPT: &str = r#"
read limit <limit
status=0 failure=
for change in changes/*; do
  read value <"$change"
  if [ "$value" -ge "$limit" ]; then status=1 failure="<failure message='too much'/>"; fi
done
echo "<testsuite name='limits'><testcase name='holds' time='0.01'>$failure</testcase></testsuite>" >report.xml
exit $status
"#;

/// What `main` begins with.
pub(crate) fn files() -> Vec<(&'static str, &'static str)> {
    vec![
        ("buildspec.yml", BUILDSPEC),
        ("test.sh", TEST_SCRIPT),
        ("limit", "10\n"),
        ("changes/none", "0\n"),
    ]
}

/// The limits that `main` has in turn.
pub(crate) const LIMITS: [&str; 2] = ["8\n", "10\n"];

/// One thing that somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Lets some milliseconds pass.
    Wait(u64),
    /// Waits for a verdict, within reason.
    AwaitWords,
    /// Pushes the next value.
    Push,
    Retitle,
    /// Writes a comment with a command.
    Ask(&'static str),
    /// Deletes what the gate says.
    DeleteWords,
    /// Starts an execution with an input of their own.
    Wish(Foreign),
    Close,
    /// Tries to merge, which works if the gate has approved.
    Merge,
}

/// What the input says of an execution that somebody starts under a candidate's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// The commit that `main` began with.
    Destination,
    /// The source commit that the pull request was opened with.
    Source,
    /// That the gate gave up.
    LastWord,
}

/// The life of one pull request.
#[derive(Clone, Debug)]
pub(crate) struct Script {
    pub(crate) number: usize,
    /// The content of its file, commit by commit.
    values: Vec<u32>,
    pub(crate) acts: Vec<Act>,
}

impl Script {
    /// The lives of `count` pull requests.
    pub(crate) fn all(seed: u64, count: usize) -> Vec<Self> {
        let mut chance = fastrand::Rng::with_seed(seed);
        (0..count)
            .map(|number| Self::one(number, &mut chance))
            .collect()
    }

    fn one(number: usize, chance: &mut fastrand::Rng) -> Self {
        let mut values = vec![value(chance)];
        let mut acts = vec![pause(chance)];
        for _ in 0..chance.usize(..3) {
            match chance.u32(..12) {
                0..6 => {
                    values.push(value(chance));
                    acts.push(Act::Push);
                }
                6..8 => acts.push(Act::Retitle),
                8 => acts.push(Act::DeleteWords),
                9 => acts.push(Act::Wish(foreign(chance))),
                _ => acts.extend(commands(chance)),
            }
            acts.push(pause(chance));
        }
        if chance.u32(..8) == 0 {
            acts.extend([Act::AwaitWords, Act::DeleteWords]);
        }
        // What is merged stays in everybody's candidate: nothing that a lower limit makes red.
        let harmless = values.last().is_some_and(|value| *value < 8);
        match chance.u32(..10) {
            0..3 => acts.push(Act::Close),
            3..7 if harmless => acts.extend([Act::AwaitWords, Act::Merge]),
            _ => {}
        }
        Self {
            number,
            values,
            acts,
        }
    }

    /// The source branch.
    pub(crate) fn branch(&self) -> String {
        format!("change-{}", self.number)
    }

    /// What the source branch is pushed from, the `nth` time.
    pub(crate) fn local_branch(&self, nth: usize) -> String {
        format!("soak/{}/{nth}", self.number)
    }

    /// All its commits, for `git fast-import`.
    pub(crate) fn commits(&self, stream: &mut String) {
        let number = self.number;
        for (nth, value) in self.values.iter().enumerate() {
            let parent = match nth {
                0 => "main".to_owned(),
                _ => self.local_branch(nth - 1),
            };
            let reference = self.local_branch(nth);
            write!(
                stream,
                "commit refs/heads/{reference}\n\
                 committer Ann <ann@example.com> {number} +0000\n\
                 data <<END\nChange {number}, {nth}\nEND\n\
                 from refs/heads/{parent}\n\
                 M 100644 inline changes/{number}\n\
                 data <<END\n{value}\nEND\n\n"
            )
            .unwrap();
        }
    }
}

fn foreign(chance: &mut fastrand::Rng) -> Foreign {
    match chance.u32(..3) {
        0 => Foreign::Destination,
        1 => Foreign::Source,
        _ => Foreign::LastWord,
    }
}

/// What leaves the verdict to the last build. A hold is lifted.
fn commands(chance: &mut fastrand::Rng) -> Vec<Act> {
    match chance.u32(..3) {
        0 => vec![Act::Ask("/gate retry")],
        1 => vec![Act::Ask("/gate status")],
        _ => vec![
            Act::Ask("/gate hold"),
            pause(chance),
            Act::Ask("/gate unhold"),
        ],
    }
}

/// Mostly green, sometimes red, sometimes as the limit is.
fn value(chance: &mut fastrand::Rng) -> u32 {
    match chance.u32(..10) {
        0..6 => chance.u32(1..8),
        6..8 => 9,
        _ => 50,
    }
}

/// At any moment of a run, or after its verdict.
fn pause(chance: &mut fastrand::Rng) -> Act {
    match chance.u32(..4) {
        0 => Act::AwaitWords,
        1 => Act::Wait(chance.u64(..200)),
        _ => Act::Wait(chance.u64(..3000)),
    }
}
