//! The layering table of the design: which crate may use which of ours, and what none of its dependencies may be.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

use mergegate_tests::tools;

/// What a crate may use directly of ours, and what must not be anywhere below it. A name that ends in `*` is a prefix.
struct Layer {
    name: &'static str,
    ours: &'static [&'static str],
    unseen: &'static [&'static str],
}

const PURE: &[&str] = &["tokio", "hyper", "aws-*"];
const OF_LAMBDAS: &[&str] = &["gate-core", "gate-aws", "gate-lambda"];
const NOT_LOCAL: &[&str] = &["local-aws", "asl"];

const LAYERS: [Layer; 14] = [
    Layer {
        name: "gate-core",
        ours: &["test-names"],
        unseen: PURE,
    },
    Layer {
        name: "asl",
        ours: &[],
        unseen: PURE,
    },
    Layer {
        name: "events",
        ours: &[],
        unseen: PURE,
    },
    Layer {
        name: "fuzz",
        ours: &[],
        unseen: PURE,
    },
    Layer {
        name: "test-names",
        ours: &[],
        unseen: PURE,
    },
    Layer {
        name: "test-reports",
        ours: &["test-names"],
        unseen: PURE,
    },
    Layer {
        name: "gate-model",
        ours: &["gate-core"],
        unseen: &["hyper", "aws-*"],
    },
    Layer {
        name: "gate-aws",
        ours: &["gate-core"],
        unseen: &["lambda_runtime"],
    },
    Layer {
        name: "gate-lambda",
        ours: &["gate-core"],
        unseen: &["aws-sdk-*"],
    },
    Layer {
        name: "router",
        ours: OF_LAMBDAS,
        unseen: NOT_LOCAL,
    },
    Layer {
        name: "environment",
        ours: OF_LAMBDAS,
        unseen: NOT_LOCAL,
    },
    Layer {
        name: "builder",
        ours: OF_LAMBDAS,
        unseen: NOT_LOCAL,
    },
    Layer {
        name: "reporter",
        ours: &["gate-core", "gate-aws", "gate-lambda", "test-reports"],
        unseen: NOT_LOCAL,
    },
    Layer {
        name: "local-aws",
        ours: &["asl", "test-reports"],
        unseen: &["gate*", "aws-sdk-*"],
    },
];

/// Where everything meets: these may use all of ours.
const EVERYTHING: [&str; 2] = ["gate", "mergegate-tests"];

#[test]
fn the_layering_table_holds() {
    let graph = Graph::read();
    let mut faults = Vec::new();
    for layer in &LAYERS {
        let direct = graph.used_by(layer.name);
        for used in direct.iter().filter(|used| graph.ours.contains(*used)) {
            if !layer.ours.contains(&used.as_str()) {
                faults.push(format!("{} must not use {used}", layer.name));
            }
        }
        for below in graph.below(layer.name) {
            if layer.unseen.iter().any(|pattern| matches(pattern, &below)) {
                faults.push(format!(
                    "{below} is among the dependencies of {}",
                    layer.name
                ));
            }
        }
    }
    assert_eq!(faults, Vec::<String>::new());
}

#[test]
fn every_crate_of_the_workspace_has_its_layer() {
    let known = LAYERS.iter().map(|layer| layer.name).chain(EVERYTHING);
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    assert_eq!(Graph::read().ours, known);
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    }
}

/// Normal and build dependencies by package name; versions of one package count as one.
struct Graph {
    ours: BTreeSet<String>,
    uses: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn read() -> Self {
        let output = Command::new(tools::cargo())
            .args(["metadata", "--format-version", "1"])
            // The platform of Lambda; without one cargo would fetch the packages of all.
            .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
            .current_dir(tools::root())
            .output()
            .expect("cargo metadata");
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo metadata: {words}");
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let names: BTreeMap<&str, &str> = list(&metadata["packages"])
            .map(|package| (text(&package["id"]), text(&package["name"])))
            .collect();
        let name = |id: &Value| names[text(id)].to_owned();
        let mut uses: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let below = list(&node["deps"])
                .filter(|used| list(&used["dep_kinds"]).any(|kind| kind["kind"] != "dev"))
                .map(|used| name(&used["pkg"]));
            uses.entry(name(&node["id"])).or_default().extend(below);
        }
        Self {
            ours: list(&metadata["workspace_members"]).map(name).collect(),
            uses,
        }
    }

    fn used_by(&self, name: &str) -> &BTreeSet<String> {
        &self.uses[name]
    }

    /// Everything below a package, however deep.
    fn below(&self, name: &str) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        let mut open = vec![name.to_owned()];
        while let Some(next) = open.pop() {
            for used in self.used_by(&next) {
                if found.insert(used.clone()) {
                    open.push(used.clone());
                }
            }
        }
        found
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().expect("a list").iter()
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a text")
}
