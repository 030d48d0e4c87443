//! Which checks a repository gets: those of the buildspecs it has; where the root has none, one for each folder that tells how it is
//! tested.

use gate_core::buildspec::{self, Buildspec};

use super::{
    needs::{self, Needs},
    toolchain::{self, Recipe},
    tree::{Folder, Tree},
};

/// More folders than this are told, and get no check.
const MOST_CHECKS: usize = 40;

/// What would be written.
#[derive(Default)]
pub(super) struct Proposal {
    pub(super) checks: Vec<Check>,
    pub(super) buildspecs: Vec<Proposed>,
    /// What was found and what comes of it, for people.
    pub(super) found: Vec<String>,
}

/// A check of `gate.toml`.
pub(super) struct Check {
    pub(super) name: String,
    pub(super) runs: Runs,
    /// The folder it is for; empty for all changes.
    pub(super) folder: String,
    /// What its tests need besides.
    pub(super) needs: Needs,
}

/// What a check runs.
pub(super) enum Runs {
    /// A buildspec of this path.
    Buildspec(String),
    /// `docker build` of its folder.
    Image {
        /// Whether it must pass.
        required: bool,
    },
}

/// A buildspec that is not there yet.
pub(super) struct Proposed {
    pub(super) path: String,
    /// The folder its commands run in; empty for the root.
    pub(super) folder: String,
    pub(super) recipes: Vec<Recipe>,
}

/// Proposes.
pub(super) fn of(tree: &Tree) -> Proposal {
    let mut proposal = Proposal::default();
    let (folders, skipped) = tree.folders();
    let root_has_one = matches!(existing(tree, ""), Existing::Usable);
    for folder in folders {
        proposal.look_at(tree, &folder, root_has_one);
    }
    proposal.require_one();
    if !skipped.is_empty() {
        let names: Vec<_> = skipped.into_iter().collect();
        let found = format!("not looked into: {}", names.join(", "));
        proposal.found.push(found);
    }
    let for_folders = proposal.checks.iter().any(|check| !check.folder.is_empty());
    let mut checks = proposal.checks.iter();
    let for_all = checks.any(|check| check.folder.is_empty() || check.needs.everything);
    if for_folders && !for_all {
        let words = "no check is for what changes outside these folders: such a pull request is approved untested";
        proposal.found.push(words.to_owned());
    }
    proposal
}

impl Proposal {
    fn look_at(&mut self, tree: &Tree, folder: &Folder<'_>, root_has_one: bool) {
        let own = folder.join(buildspec::PATH);
        let existing = existing(tree, folder.path);
        let has_one = matches!(existing, Existing::Usable);
        if let Existing::Unusable(reason) = existing {
            let words = "it is left out, as the gate cannot use it";
            self.found.push(format!("{own}: {words}: {reason}"));
        }
        let recipes = toolchain::recipes(folder);
        if !has_one && recipes.is_empty() {
            return;
        }
        if !folder.is_plain() {
            let words =
                "no check, as its path has characters that mean something in a shell or a glob";
            self.found.push(format!("`{}`: {words}", folder.path));
        } else if self.checks.len() >= MOST_CHECKS {
            self.found.push(format!(
                "`{}`: no check, there are {MOST_CHECKS} already",
                folder.path
            ));
        } else if has_one {
            let name = self.add(folder, own.clone());
            self.found.push(format!("{own}: the check `{name}`"));
        } else if root_has_one {
            let words = format!(
                "no check of its own: the root's {} may test it already",
                buildspec::PATH
            );
            let told = |recipe: &Recipe| format!("{}: {words}", recipe.manifest);
            self.found.extend(recipes.iter().map(told));
        } else {
            self.propose(folder, free_path(folder), recipes);
        }
    }

    fn propose(&mut self, folder: &Folder<'_>, path: String, recipes: Vec<Recipe>) {
        for recipe in &recipes {
            self.found
                .push(format!("{}: {}", recipe.manifest, recipe.what));
        }
        let image = recipes.iter().any(|recipe| recipe.is_image);
        let tests: Vec<Recipe> = recipes
            .into_iter()
            .filter(|recipe| !recipe.steps.is_empty())
            .collect();
        if !tests.is_empty() {
            self.add(folder, path.clone());
            self.buildspecs.push(Proposed {
                path,
                folder: folder.path.to_owned(),
                recipes: tests,
            });
        }
        if image {
            let name = self.free_name(&format!("{}-image", name_of(folder)));
            self.checks.push(Check {
                name,
                runs: Runs::Image { required: false },
                folder: folder.path.to_owned(),
                needs: needs::of(folder),
            });
        }
    }

    /// Rules by which nothing has to pass are refused: where there are only images, they have to.
    fn require_one(&mut self) {
        let is_image = |check: &Check| matches!(check.runs, Runs::Image { .. });
        if self.checks.is_empty() || !self.checks.iter().all(is_image) {
            return;
        }
        for check in &mut self.checks {
            check.runs = Runs::Image { required: true };
        }
        let words = "these images must be built before a pull request is approved, as nothing else is there to pass";
        self.found.push(words.to_owned());
    }

    /// Adds the check of a folder; answers its name.
    fn add(&mut self, folder: &Folder<'_>, buildspec: String) -> String {
        let name = self.free_name(&name_of(folder));
        self.checks.push(Check {
            name: name.clone(),
            runs: Runs::Buildspec(buildspec),
            folder: folder.path.to_owned(),
            needs: needs::of(folder),
        });
        name
    }

    fn free_name(&self, wanted: &str) -> String {
        let taken = |name: &str| self.checks.iter().any(|check| check.name == name);
        let mut name = wanted.to_owned();
        let mut number = 2;
        while taken(&name) {
            name = format!("{wanted}-{number}");
            number += 1;
        }
        name
    }
}

/// What is there in place of a folder's buildspec.
enum Existing {
    Nothing,
    Usable,
    /// With the reason.
    Unusable(String),
}

/// Whether there is a buildspec, and the gate can use it.
fn existing(tree: &Tree, folder: &str) -> Existing {
    let path = match folder {
        "" => buildspec::PATH.to_owned(),
        folder => format!("{folder}/{}", buildspec::PATH),
    };
    if !tree.has(&path) {
        return Existing::Nothing;
    }
    let place = tree.root().join(&path);
    let is_link = place
        .symlink_metadata()
        .is_ok_and(|metadata| metadata.is_symlink());
    if is_link {
        return Existing::Unusable("it is a symbolic link".to_owned());
    }
    let bytes = match std::fs::read(&place) {
        Ok(bytes) => bytes,
        Err(error) => return Existing::Unusable(error.to_string()),
    };
    let faults = Buildspec::parse(&path, &bytes).err().unwrap_or_default();
    match faults.into_iter().next() {
        None => Existing::Usable,
        Some(fault) => Existing::Unusable(fault.message),
    }
}

/// Where a proposed buildspec can stand: beside the one that cannot be used, if there is one.
fn free_path(folder: &Folder<'_>) -> String {
    let others = (1..).map(|number| match number {
        1 => "buildspec-gate.yml".to_owned(),
        number => format!("buildspec-gate-{number}.yml"),
    });
    let mut names = std::iter::once(buildspec::PATH.to_owned()).chain(others);
    let free = names.find(|name| !folder.has(name));
    folder.join(free.as_deref().unwrap_or(buildspec::PATH))
}

/// `build` for the root, else the path as far as a check may be called so.
fn name_of(folder: &Folder<'_>) -> String {
    const LONGEST: usize = 50;
    let name = folder.path.replace('/', "-");
    let name: String = name
        .trim_start_matches(['.', '_', '-'])
        .chars()
        .take(LONGEST)
        .collect();
    if name.is_empty() {
        "build".to_owned()
    } else {
        name
    }
}
