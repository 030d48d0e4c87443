//! What a folder's tests need of the repository besides the folder: a check that did not run when its library broke would
//! call the break not needed.
//!
//! Manifests name other folders by relative paths, whatever the language: `file:../lib`, `-e ../base`, `path = ".."`,
//! `<ProjectReference Include="..\\Lib\\Lib.csproj">`, `replace x => ../x`. So every relative path that leads out of the folder
//! counts, in sources as in manifests, and what all projects of a kind share above them. One too many runs a check once more; one too few
//! would hide a failure.

use std::collections::BTreeSet;

use serde_json::Value;
use toml::Table;

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
        for file in shared(&next) {
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
            places.extend(by_artifact(folder, &text));
        }
        if file.contains("build.gradle") {
            places.extend(by_gradle_project(folder, &text));
        }
    }
    for above in folder.above() {
        places.extend(by_workspace(folder, &above));
        let aliases = by_alias(&above);
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

/// Projects of Maven that a `pom.xml` names by their artifacts.
fn by_artifact(folder: &Folder<'_>, pom: &str) -> Vec<String> {
    let wanted: BTreeSet<&str> = artifacts(pom).collect();
    let root = folder.root();
    let poms = root.files().filter(|file| {
        let name = file.rsplit('/').next();
        name == Some("pom.xml") && kind(file).is_some()
    });
    let is_wanted = |file: &&str| {
        let text = root.read(file).unwrap_or_default();
        own_artifact(&text).is_some_and(|own| wanted.contains(own.as_str()))
    };
    poms.filter(is_wanted)
        .filter_map(|file| file.rsplit_once('/'))
        .map(|(project, _)| project.to_owned())
        .collect()
}

fn artifacts(pom: &str) -> impl Iterator<Item = &str> {
    let rests = pom.split("<artifactId>").skip(1);
    rests.filter_map(|rest| rest.split("</artifactId>").next().map(str::trim))
}

/// What a `pom.xml` is called itself: neither its parent nor anything it depends on, which stand in elements of their own.
fn own_artifact(pom: &str) -> Option<String> {
    let without_parent = match (pom.split_once("<parent>"), pom.split_once("</parent>")) {
        (Some((before, _)), Some((_, after))) => format!("{before}{after}"),
        _ => pom.to_owned(),
    };
    artifacts(&without_parent).next().map(str::to_owned)
}

/// Projects of the same build of Gradle that a build file names: `project(":lib")`.
fn by_gradle_project(folder: &Folder<'_>, text: &str) -> Vec<String> {
    let settings = ["settings.gradle", "settings.gradle.kts"];
    let above = folder
        .above()
        .find(|above| settings.iter().any(|name| above.has(name)));
    let Some(above) = above else {
        return Vec::new();
    };
    let names = text.split(['"', '\'']).filter_map(|part| {
        let name = part.strip_prefix(':')?;
        paths::resolve(above.path, &name.replace(':', "/"))
    });
    names
        .filter(|place| !place.is_empty() && above.at(place).is_some())
        .collect()
}

/// What a workspace above lets its members use by name.
fn by_workspace(folder: &Folder<'_>, above: &Folder<'_>) -> Vec<String> {
    let mut places = Vec::new();
    let is_of_go = folder.files().any(|file| file.ends_with("go.mod"));
    if let Some(work) = above.read("go.work").filter(|_| is_of_go) {
        let words = work.split_whitespace().filter(|word| word.starts_with('.'));
        places.extend(words.filter_map(|word| paths::resolve(above.path, word)));
    }
    let is_uv_workspace = || {
        let project: Table = toml::from_str(&above.read("pyproject.toml")?).ok()?;
        project.get("tool")?.get("uv")?.get("workspace").map(|_| ())
    };
    let deno = ["deno.json", "deno.jsonc"];
    let is_deno_workspace = || {
        let text = deno.iter().find_map(|name| above.read(name))?;
        // With comments it is no JSON; then the word tells.
        let settings: Option<Value> = serde_json::from_str(&text).ok();
        let told = settings.map(|settings| !settings["workspace"].is_null());
        told.unwrap_or_else(|| text.contains("\"workspace\""))
            .then_some(())
    };
    if is_uv_workspace().or_else(is_deno_workspace).is_some() {
        places.push(above.path.to_owned());
    }
    places
}

/// What settings above give names to for all below them: the `paths` of TypeScript, the `imports` of Deno.
fn by_alias(above: &Folder<'_>) -> Vec<String> {
    let settings = above.files().filter(|file| {
        let is_of_typescript = file
            .strip_prefix("tsconfig")
            .is_some_and(|rest| rest.split('.').next_back() == Some("json"));
        let is_of_deno = ["deno.json", "deno.jsonc", "import_map.json"].contains(file);
        !file.contains('/') && (is_of_typescript || is_of_deno)
    });
    let places = settings.flat_map(|file| {
        let text = above.read(file).unwrap_or_default();
        let tables = ["\"paths\"", "\"imports\""]
            .into_iter()
            .filter_map(|key| text.split_once(key)?.1.split('}').next());
        let words = tables.flat_map(|table| table.split('"'));
        let places = words.filter(|word| word.contains('/')).filter_map(|word| {
            paths::resolve(above.path, word.split('*').next().unwrap_or_default())
        });
        let is_there = |place: &String| {
            !place.is_empty() && (above.tree_has(place) || above.at(place).is_some())
        };
        places.filter(is_there).collect::<Vec<_>>()
    });
    places.collect()
}

/// Files beside or above a project that its tools read without being told, by what tells that the project is of their kind.
const SHARED: [(&[&str], &[&str]); 8] = [
    (
        &["package.json", "deno.json", "deno.jsonc"],
        &[
            ".browserslistrc",
            ".node-version",
            ".npmrc",
            ".nvmrc",
            ".yarnrc.yml",
            "babel.config.js",
            "bun.lock",
            "bun.lockb",
            "bunfig.toml",
            "deno.json",
            "deno.jsonc",
            "deno.lock",
            "import_map.json",
            "jest.config.js",
            "lerna.json",
            "npm-shrinkwrap.json",
            "nx.json",
            "package-lock.json",
            "package.json",
            "pnpm-lock.yaml",
            "pnpm-workspace.yaml",
            "tsconfig.base.json",
            "tsconfig.json",
            "turbo.json",
            "vitest.workspace.ts",
            "yarn.lock",
        ],
    ),
    (
        &[".py", "requirements.txt", "pyproject.toml"],
        &[
            ".python-version",
            "conftest.py",
            "constraints.txt",
            "pdm.lock",
            "Pipfile",
            "Pipfile.lock",
            "poetry.lock",
            "pyproject.toml",
            "pytest.ini",
            "requirements.txt",
            "setup.cfg",
            "tox.ini",
            "uv.lock",
        ],
    ),
    (&["go.mod"], &["go.work", "go.work.sum"]),
    (
        &["Cargo.toml"],
        &[
            ".cargo/config.toml",
            "Cargo.lock",
            "Cargo.toml",
            "rust-toolchain",
            "rust-toolchain.toml",
        ],
    ),
    (
        &[".csproj", ".fsproj", ".vbproj"],
        &[
            ".editorconfig",
            "Directory.Build.props",
            "Directory.Build.rsp",
            "Directory.Build.targets",
            "Directory.Packages.props",
            "NuGet.Config",
            "NuGet.config",
            "global.json",
            "nuget.config",
        ],
    ),
    (
        &["pom.xml", ".gradle", ".gradle.kts"],
        &[
            ".mvn/extensions.xml",
            ".mvn/jvm.config",
            ".mvn/maven.config",
            "build.gradle",
            "build.gradle.kts",
            "gradle.properties",
            "gradle/libs.versions.toml",
            "gradle/wrapper/gradle-wrapper.properties",
            "pom.xml",
            "settings.gradle",
            "settings.gradle.kts",
        ],
    ),
    (&["Gemfile"], &[".ruby-version", "Gemfile", "Gemfile.lock"]),
    (
        &["CMakeLists.txt"],
        &[
            "CMakeLists.txt",
            "CMakePresets.json",
            "conanfile.txt",
            "vcpkg.json",
        ],
    ),
];

/// Files above a folder that all projects of its kind share, from the root.
fn shared(folder: &Folder<'_>) -> BTreeSet<String> {
    let is_of = |endings: &[&str]| {
        folder
            .files()
            .any(|file| endings.iter().any(|ending| file.ends_with(ending)))
    };
    let names = SHARED.iter().filter(|(endings, _)| is_of(endings));
    let names: Vec<&str> = names.flat_map(|(_, names)| *names).copied().collect();
    let above = folder.above().flat_map(|above| {
        let there = names.iter().filter(move |name| above.has(name));
        let there: Vec<String> = there.map(|name| above.join(name)).collect();
        there
    });
    above.collect()
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
