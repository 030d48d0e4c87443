//! The rules of the destination, and the plans that Prepare makes under them.

use std::{cell::RefCell, collections::HashMap, rc::Rc, sync::LazyLock};

use gate_core::{
    id::BranchName,
    plan::{NoBuild, Plan, RuleFiles, RuleSides, Subject, choose, plan, skips_all},
    protocol::{fingerprint, merge_rules},
    rules::{self, MergeRules},
    settings::RepositorySettings,
    title::Flags,
};

use crate::{
    conversation::{self, Accepted, Asked},
    numbers,
    world::Title,
};

/// The destination's `gate.toml`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rules {
    /// It has none.
    None,
    /// A moved destination has everything tested again, one pull request at a time.
    Retest,
    /// Commands and `[skip-tests]` are for members.
    Bound,
    /// Failed tests are tried once more.
    Rerun,
}

impl Rules {
    /// Its text.
    pub fn text(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Retest => Some(
                "[[check]]\nname = \"build\"\n\
                 [merge]\nwhen_destination_moves = \"retest\"\nat_most = 1\n",
            ),
            Self::Bound => Some(
                "[[check]]\nname = \"build\"\n\
                 [flags.skip-tests]\nallow = [\"arn:aws:iam::000000000000:user/bob\"]\n\
                 [commands]\nallow = [\"arn:aws:iam::000000000000:user/bob\"]\n",
            ),
            Self::Rerun => Some("[[check]]\nname = \"build\"\nrerun_failed = true\n"),
        }
    }

    /// As it is read from the branch.
    fn bytes(self) -> Option<&'static [u8]> {
        self.text().map(str::as_bytes)
    }

    /// What it says about moves.
    pub fn merge(self) -> MergeRules {
        READ[self as usize].0
    }

    /// Parsed; `None` if it has none.
    pub fn parsed(self) -> Option<&'static rules::Rules> {
        READ[self as usize].1.as_ref()
    }

    /// Whether the title alone lets no tests be skipped.
    pub fn bind_flags(self) -> bool {
        self == Self::Bound
    }

    /// Whether the first build that fails is followed by another.
    pub fn rerun(self) -> bool {
        self == Self::Rerun
    }
}

static READ: LazyLock<[(MergeRules, Option<rules::Rules>); 4]> = LazyLock::new(|| {
    [Rules::None, Rules::Retest, Rules::Bound, Rules::Rerun].map(|rules| {
        let parsed = |bytes: &[u8]| rules::Rules::parse(bytes).ok();
        (merge_rules(rules.bytes()), rules.bytes().and_then(parsed))
    })
});

/// What a plan is made from, of a candidate that is always the same files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Basis<'a> {
    /// The rules.
    pub rules: Rules,
    /// The title as it was read.
    pub title: Title,
    /// The revision.
    pub revision: u8,
    /// Comments.
    pub asked: &'a [Asked],
    /// Those that were recorded.
    pub accepted: Accepted,
}

/// A plan and its fingerprint.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: Plan,
    /// Empty where a stop kept it from being made.
    pub fingerprint: String,
}

type Key = (Rules, Title, u8, Vec<Asked>, Accepted);

thread_local! {
    static PLANS: RefCell<HashMap<Key, Rc<Planned>>> = RefCell::default();
}

/// The plan as Prepare makes it.
pub fn planned(basis: &Basis<'_>) -> Rc<Planned> {
    let key = (
        basis.rules,
        basis.title,
        basis.revision,
        basis.asked.to_vec(),
        basis.accepted,
    );
    PLANS.with_borrow_mut(|plans| {
        let made = plans.entry(key).or_insert_with(|| Rc::new(make(basis)));
        Rc::clone(made)
    })
}

/// `prepare.rs`: what is done about a candidate, without a stop or under it.
fn make(basis: &Basis<'_>) -> Planned {
    let heard = conversation::of(basis.asked, basis.accepted, basis.revision);
    let title = Flags::parse(numbers::title(basis.title));
    if let Some(by) = heard.stopped_by.clone() {
        let plan = Plan {
            conversation: heard,
            ..Plan::none(title, NoBuild::Stopped { by })
        };
        return Planned {
            plan,
            fingerprint: String::new(),
        };
    }
    let gate_toml = basis.rules.bytes();
    let mut plan = match skips_all(&title, &heard, gate_toml) {
        Some((flags, no_build)) => Plan::none(flags, no_build),
        None => under_rules(&title, gate_toml, &heard),
    };
    plan.conversation = heard;
    let fingerprint = fingerprint(&plan, &SETTINGS);
    Planned { plan, fingerprint }
}

const BUILDSPEC: &str = "\
version: 0.2
phases: {build: {commands: [make]}}
reports: {unit: {files: ['*.xml']}}
";

fn under_rules(
    title: &Flags,
    gate_toml: Option<&[u8]>,
    heard: &gate_core::conversation::Conversation,
) -> Plan {
    let files = RuleFiles {
        gate_toml: gate_toml.map(<[u8]>::to_vec),
        buildspecs: RuleFiles::buildspec_paths(gate_toml)
            .into_iter()
            .map(|path| (path, BUILDSPEC.as_bytes().to_vec()))
            .collect(),
        ..RuleFiles::default()
    };
    let sides = RuleSides {
        destination: files.clone(),
        merged: files,
        kept: None,
    };
    let main = BranchName::new("main");
    let chosen = match choose(&sides, &main) {
        Ok(chosen) => chosen,
        Err(no_build) => return Plan::none(title.clone(), no_build),
    };
    let subject = Subject {
        destination: &main,
        changed: &[],
        conversation: heard,
    };
    plan(title, chosen, subject)
}

static SETTINGS: LazyLock<RepositorySettings> = LazyLock::new(|| RepositorySettings {
    version: 1,
    build_role: "arn:aws:iam::000000000000:role/build".to_owned(),
    destinations: Vec::new(),
    clone_url: "https://git.example/demo".to_owned(),
    log_group: "/mergegate".to_owned(),
    image: "image".to_owned(),
    environment_type: "LINUX_CONTAINER".to_owned(),
    compute_type: "BUILD_GENERAL1_SMALL".to_owned(),
    timeout_minutes: 60,
    queued_timeout_minutes: 60,
    vpc: None,
    containers: None,
});
