//! Projects that are named by something else than a path: an artifact, a project of the same build, a member of a workspace, an alias.

use std::collections::BTreeSet;

use serde_json::Value;
use toml::Table;

use super::{
    super::{paths, tree::Folder},
    kind,
};

/// Projects of Maven that a `pom.xml` names by their artifacts.
pub(super) fn maven(folder: &Folder<'_>, pom: &str) -> Vec<String> {
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
pub(super) fn gradle(folder: &Folder<'_>, text: &str) -> Vec<String> {
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
pub(super) fn workspace(folder: &Folder<'_>, above: &Folder<'_>) -> Vec<String> {
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
pub(super) fn alias(above: &Folder<'_>) -> Vec<String> {
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
