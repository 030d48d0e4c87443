//! Which checks a repository gets: those of the buildspecs it has; where the root has none, one for each folder that tells how it is
//! tested.

use gate_core::buildspec;

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
    Image,
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
    let root_has_one = tree.has(buildspec::PATH);
    for folder in folders {
        proposal.look_at(&folder, root_has_one);
    }
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
    fn look_at(&mut self, folder: &Folder<'_>, root_has_one: bool) {
        let own = folder.join(buildspec::PATH);
        let has_one = folder.has(buildspec::PATH);
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
            self.propose(folder, own, recipes);
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
                runs: Runs::Image,
                folder: folder.path.to_owned(),
                needs: needs::of(folder),
            });
        }
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
