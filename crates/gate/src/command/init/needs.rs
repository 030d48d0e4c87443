//! What a folder's tests need of the repository besides the folder: a check that did not run when its library broke would
//! call the break not needed.
//!
//! Manifests name other folders by relative paths, whatever the language: `file:../lib`, `-e ../base`, `path = ".."`,
//! `<ProjectReference Include="..\\Lib\\Lib.csproj">`, `replace x => ../x`. So every relative path that leads out of the folder
//! counts, in sources as in manifests, and what all projects of a kind share above them. One too many runs a check once more; one too few
//! would hide a failure.

mod by_name;
mod shared;

use std::collections::BTreeSet;

use super::{paths, tree::Folder};

/// Files without a telling ending that name what a project needs.
const MANIFESTS: [&str; 12] = [
    "GNUmakefile",
    "Gemfile",
    "Justfile",
    "Makefile",
    "Pipfile",
    "Rakefile",
    "go.mod",
    "go.work",
    "justfile",
    "makefile",
    "meson.build",
    "phpunit.xml.dist",
];

/// Endings of what tells how a project is built: settings, and languages that build files are written in.
const MANIFEST_ENDINGS: [&str; 21] = [
    ".bazel", ".cfg", ".cmake", ".csproj", ".fsproj", ".gemspec", ".gradle", ".ini", ".json",
    ".jsonc", ".kts", ".mk", ".props", ".sln", ".slnx", ".targets", ".toml", ".vbproj", ".xml",
    ".yaml", ".yml",
];

/// Endings of sources, which name the files of others in an `import`, a `require`, an `#include` or a `source`.
const SOURCE_ENDINGS: [&str; 24] = [
    ".bash", ".bats", ".c", ".cc", ".cjs", ".cpp", ".cs", ".cts", ".go", ".h", ".hpp", ".js",
    ".jsx", ".mjs", ".mts", ".php", ".py", ".rb", ".rs", ".sass", ".scss", ".sh", ".ts", ".tsx",
];

/// Folders that hold what others wrote.
const OF_OTHERS: [&str; 3] = ["node_modules", "vendor", "third_party"];

/// What a file tells of its project's needs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Manifest,
    Source,
}

fn kind(file: &str) -> Option<Kind> {
    if file.split('/').any(|part| OF_OTHERS.contains(&part)) {
        return None;
    }
    let name = file.rsplit('/').next().unwrap_or(file);
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let is_list = name == "CMakeLists.txt"
        || ["require", "constraint"]
            .iter()
            .any(|word| file.contains(word))
            && ends(&[".txt", ".in", ".pip"]);
    if is_list || MANIFESTS.contains(&name) || ends(&MANIFEST_ENDINGS) {
        Some(Kind::Manifest)
    } else {
        ends(&SOURCE_ENDINGS).then_some(Kind::Source)
    }
}

/// What else of the repository a folder needs.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// Globs of other folders and files, sorted.
    pub(super) paths: BTreeSet<String>,
    /// It cannot be said by globs: every change may matter.
    pub(super) everything: bool,
}

/// What `folder` needs, and what that needs in turn.
pub(super) fn of(folder: &Folder<'_>) -> Needs {
    let mut needs = Needs::default();
    // The check of the root is for everything anyway.
    if folder.path.is_empty() {
        return needs;
    }
    let mut seen = BTreeSet::from([folder.path.to_owned()]);
    let mut open = vec![*folder];
    while let Some(next) = open.pop() {
        for place in named(&next) {
            if place.is_empty() {
                needs.everything = true;
                continue;
            }
            if is_below(&place, folder.path) {
                continue;
            }
            let Some(place) = existing(folder, &place) else {
                continue;
            };
            let target = needs.add_place(folder, &place);
            let target = target.and_then(|target| folder.at(&target));
            open.extend(target.filter(|target| seen.insert(target.path.to_owned())));
        }
        for file in shared::of(&next) {
            needs.add(&file, "");
        }
    }
    needs
}

/// The place itself, or, as it may be made by a build, what it would be made in; nothing where that holds `folder`, too.
fn existing(folder: &Folder<'_>, place: &str) -> Option<String> {
    let is_there = |place: &str| folder.tree_has(place) || folder.at(place).is_some();
    if is_there(place) {
        return Some(place.to_owned());
    }
    let parents = std::iter::successors(Some(place), |place| {
        place.rsplit_once('/').map(|(parent, _)| parent)
    });
    let mut parents = parents.skip(1).filter(|place| is_there(place));
    let nearest = parents.next()?;
    (!is_below(folder.path, nearest)).then(|| nearest.to_owned())
}

impl Needs {
    /// Adds what is at a place; answers the folder that may have needs of its own. A file stands beside what it uses, but for
    /// settings above `folder`, and a folder of a project brings the project.
    fn add_place(&mut self, folder: &Folder<'_>, place: &str) -> Option<String> {
        const SETTINGS: [&str; 12] = [
            "cfg", "cmake", "gradle", "ini", "json", "jsonc", "kts", "mk", "props", "targets",
            "toml", "xml",
        ];
        let mut target = place;
        if folder.at(place).is_none() {
            let ending = place.rsplit_once('.').map_or("", |(_, ending)| ending);
            let stands_for_itself =
                |parent: &str| SETTINGS.contains(&ending) && is_below(folder.path, parent);
            match place.rsplit_once('/') {
                Some((parent, _)) if !stands_for_itself(parent) => target = parent,
                _ => {
                    self.add(place, "");
                    return None;
                }
            }
        }
        let project = project_of(folder, target);
        self.add(&project, "/**");
        Some(project)
    }

    fn add(&mut self, place: &str, rest: &str) {
        let plain =
            |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
        if place.chars().all(plain) && place.len() <= LONGEST_PLACE {
            self.paths.insert(format!("{place}{rest}"));
        } else {
            self.everything = true;
        }
    }
}

/// A glob has no more than 256 bytes.
pub(super) const LONGEST_PLACE: usize = 250;

/// The folder of the project that a place is in, which may need more than the place does; the place itself if there is none that
/// does not hold `folder`, too.
fn project_of(folder: &Folder<'_>, place: &str) -> String {
    const PROJECTS: [&str; 9] = [
        "Cargo.toml",
        "composer.json",
        "deno.json",
        "go.mod",
        "package.json",
        "pom.xml",
        "pyproject.toml",
        "setup.py",
        "build.gradle",
    ];
    let parents = std::iter::successors(Some(place), |place| {
        place.rsplit_once('/').map(|(parent, _)| parent)
    });
    let mut parents = parents.take_while(|parent| !is_below(folder.path, parent));
    let is_project = |parent: &&str| {
        let has = |name: &&str| folder.tree_has(&format!("{parent}/{name}"));
        PROJECTS.iter().any(has)
    };
    parents.find(is_project).unwrap_or(place).to_owned()
}

fn is_below(place: &str, folder: &str) -> bool {
    folder.is_empty()
        || place == folder
        || place
            .strip_prefix(folder)
            .is_some_and(|rest| rest.starts_with('/'))
}

/// Paths from the root that the files of a folder, and of those below it, name; a project file's path is its folder's.
fn named(folder: &Folder<'_>) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    for file in folder.files() {
        let path = folder.join(file);
        let base = path.rsplit_once('/').map_or("", |(base, _)| base);
        // What a link leads to is tested as if it were here.
        if let Some(target) = folder.link(file) {
            places.extend(paths::resolve(base, &target));
            continue;
        }
        let Some(kind) = kind(file) else {
            continue;
        };
        let Some(text) = folder.read(file) else {
            continue;
        };
        let found = paths::relative(&text)
            .filter_map(|relative| meant(folder, base, &relative, kind))
            .map(|place| folder_of_project(&place));
        places.extend(found);
        if file.ends_with("pom.xml") {
            if text.contains("<parent>") {
                places.extend(paths::resolve(base, "../pom.xml"));
            }
            places.extend(by_name::maven(folder, &text));
        }
        if file.contains("build.gradle") {
            places.extend(by_name::gradle(folder, &text));
        }
    }
    for above in folder.above() {
        places.extend(by_name::workspace(folder, &above));
        let aliases = by_name::alias(&above);
        let aliases = aliases.into_iter();
        places.extend(aliases.filter(|place| !is_below(folder.path, place)));
    }
    places
}

/// Where a relative path leads. A source's is relative to it. A manifest's may be relative to the project, too: to where its tool runs,
/// or to what a variable in it stands for; the first that is there is meant.
fn meant(folder: &Folder<'_>, base: &str, relative: &str, kind: Kind) -> Option<String> {
    let direct = paths::resolve(base, relative);
    if kind == Kind::Source {
        // `..` alone is an operator more often than a folder.
        let names = relative.contains(|character: char| character.is_alphanumeric());
        return direct.filter(|_| names);
    }
    let is_there =
        |place: &String| place.is_empty() || folder.tree_has(place) || folder.at(place).is_some();
    let mut bases = std::iter::successors(Some(base), |base| {
        (*base != folder.path).then(|| base.rsplit_once('/').map_or("", |(parent, _)| parent))
    });
    bases
        .find_map(|base| paths::resolve(base, relative).filter(is_there))
        .or(direct)
}

/// A project is known by its folder.
fn folder_of_project(place: &str) -> String {
    const PROJECTS: [&str; 5] = [
        ".csproj",
        ".fsproj",
        ".vbproj",
        "package.json",
        "Cargo.toml",
    ];
    if PROJECTS.into_iter().any(|ending| place.ends_with(ending)) {
        return place
            .rsplit_once('/')
            .map_or(String::new(), |(folder, _)| folder.to_owned());
    }
    place.to_owned()
}
