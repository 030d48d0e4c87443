//! Ruby, PHP and Deno.

use serde_json::Value;

use super::{Recipe, report, run, test};
use crate::command::init::tree::Folder;

pub(super) fn ruby(folder: &Folder<'_>) -> Option<Recipe> {
    let gemfile = folder.read("Gemfile")?;
    let locked = folder.read("Gemfile.lock").unwrap_or_default();
    let has = |gem: &str| gemfile.contains(gem) || locked.contains(gem);
    let mut recipe = Recipe {
        manifest: folder.join("Gemfile"),
        what: "neither specs nor a Rakefile beside tests: nothing is run".to_owned(),
        ..Recipe::default()
    };
    let has_files_in = |place: &str| folder.files().any(|file| file.starts_with(place));
    let command = if has("rspec") && has_files_in("spec/") {
        recipe.what = String::from("its specs, by RSpec");
        if has("rspec_junit_formatter") {
            recipe.reports.push(report("unit", "junit.xml"));
            "bundle exec rspec --format progress --format RspecJunitFormatter --out junit.xml"
        } else {
            recipe
                .what
                .push_str("; with the gem rspec_junit_formatter failures would be named");
            "bundle exec rspec"
        }
    } else if folder.has("Rakefile") && has_files_in("test/") {
        recipe.what = String::from("`rake test`");
        "bundle exec rake test"
    } else {
        return Some(recipe);
    };
    // Gems go below the build, not among those of the machine.
    recipe.steps = vec![
        run("bundle config set --local path vendor/bundle"),
        run("bundle install"),
        test(command),
    ];
    Some(recipe)
}

pub(super) fn php(folder: &Folder<'_>) -> Option<Recipe> {
    let composer: Value = serde_json::from_str(&folder.read("composer.json")?).ok()?;
    let needs = |package: &str| {
        ["require", "require-dev"]
            .iter()
            .any(|kind| composer[kind].get(package).is_some())
    };
    let mut recipe = Recipe {
        manifest: folder.join("composer.json"),
        what: "it needs neither PHPUnit nor Pest: nothing is run".to_owned(),
        ..Recipe::default()
    };
    let (program, what) = if needs("pestphp/pest") {
        ("pest", "its tests, by Pest")
    } else if needs("phpunit/phpunit")
        || folder.has("phpunit.xml")
        || folder.has("phpunit.xml.dist")
    {
        ("phpunit", "its tests, by PHPUnit")
    } else {
        return Some(recipe);
    };
    recipe.what = String::from(what);
    recipe.steps = vec![
        run("composer install --no-interaction --no-progress"),
        test(format!("vendor/bin/{program} --log-junit junit.xml")),
    ];
    recipe.reports.push(report("unit", "junit.xml"));
    Some(recipe)
}

pub(super) fn deno(folder: &Folder<'_>) -> Option<Recipe> {
    let name = ["deno.json", "deno.jsonc"]
        .into_iter()
        .find(|name| folder.has(name))?;
    if folder.has("package.json") {
        return None;
    }
    let text = folder.read(name).unwrap_or_default();
    let settings: Option<Value> = serde_json::from_str(&text).ok();
    let task = settings.map(|settings| settings["tasks"]["test"].clone());
    let task = task.filter(|task| !task.is_null());
    // Arguments of a task are added to its command, which must then be all that it does.
    let is_plain = |task: &Value| {
        let command = task.as_str().or_else(|| task["command"].as_str());
        command.is_some_and(|command| {
            command.starts_with("deno test") && !command.contains(['&', '|', ';', '>', '<', '$'])
        })
    };
    let command = if task.is_some() {
        "deno task test"
    } else {
        "deno test"
    };
    let mut recipe = Recipe {
        manifest: folder.join(name),
        what: format!("`{command}`"),
        ..Recipe::default()
    };
    if task.as_ref().is_none_or(is_plain) {
        recipe
            .steps
            .push(test(format!("{command} --junit-path=junit.xml")));
        recipe.reports.push(report("unit", "junit.xml"));
    } else {
        recipe.steps.push(test(command));
    }
    Some(recipe)
}
