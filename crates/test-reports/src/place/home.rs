//! Which paths are of the repository, and what the repository calls them.

use crate::model::Case;

/// Pieces of paths that are of libraries and tools.
const FOREIGN: [&str; 19] = [
    "node_modules/",
    "site-packages/",
    "dist-packages/",
    "/vendor/",
    "/rustc/",
    "/.cargo/",
    "/.rustup/",
    "/lib/python",
    "/.pyenv/",
    "/.rbenv/",
    "/gems/",
    "/go/src/",
    "/go/pkg/mod/",
    "/nix/store/",
    "/.nvm/",
    "/.m2/",
    "/.gradle/",
    "phar://",
    "node:",
];

/// Beginnings of classes of Java and .NET that are of libraries and tools.
const FOREIGN_FUNCTIONS: [&str; 28] = [
    "java.",
    "javax.",
    "jdk.",
    "sun.",
    "com.sun.",
    "junit.",
    "kotlin.",
    "scala.",
    "groovy.",
    "io.kotest.",
    "io.mockk.",
    "org.junit.",
    "org.testng.",
    "org.opentest4j.",
    "org.assertj.",
    "org.hamcrest.",
    "org.mockito.",
    "org.codehaus.groovy.",
    "org.apache.maven.",
    "org.gradle.",
    "org.scalatest.",
    "org.springframework.test.",
    "System.",
    "Xunit.",
    "NUnit.",
    "Microsoft.VisualStudio.",
    "FluentAssertions.",
    "Shouldly.",
];

/// What is known of where the repository was.
pub(super) struct Home<'a> {
    root: Option<&'a str>,
    /// Ends of the path of the test's own file, as its class or suite tell it: with an ending or without.
    ends: Vec<String>,
}

impl<'a> Home<'a> {
    pub(super) fn of(case: &Case, root: Option<&'a str>) -> Self {
        let mut ends = Vec::new();
        for name in [case.class_name.as_deref(), Some(&*case.suite)] {
            let Some(name) = name.filter(|name| !name.is_empty()) else {
                continue;
            };
            if name.contains(['/', '\\']) {
                ends.push(forward(name));
            } else if name.bytes().all(|byte| byte != b' ') {
                ends.extend(modules(name));
            }
        }
        if case.class_name.as_deref().unwrap_or_default().is_empty() && case.name.contains('.') {
            let is_word = !case.name.contains([' ', '/', '\\']);
            ends.extend(modules(&case.name).into_iter().filter(|_| is_word));
        }
        let own = case.file.as_deref().map(forward);
        ends.extend(own.filter(|own| own.contains('/') && !is_absolute(own)));
        // The root of all folders is nobody's repository.
        let root = root.filter(|root| !root.trim_end_matches('/').is_empty());
        Self { root, ends }
    }

    /// A file that the report names as the test's own.
    pub(super) fn own(&self, file: &str) -> Option<String> {
        let path = forward(file);
        self.below(&path)
            .or_else(|| file_name(&path).filter(|_| !is_of_python(&path)))
            .filter(|path| !path.is_empty())
    }

    /// A file of a trace, and whether it is known to be in the repository; `None` if it is of a library or a tool.
    pub(super) fn of_frame(&self, path: &str, function: Option<&str>) -> Option<(String, bool)> {
        let foreign = |function: &str| FOREIGN_FUNCTIONS.iter().any(|it| function.starts_with(it));
        let path = forward(path);
        let relative = self.below(&path);
        let told = relative.as_deref().unwrap_or(&path);
        if is_foreign(told) || function.is_some_and(foreign) {
            return None;
        }
        match relative {
            Some(relative) => Some((relative, true)),
            None => Some((file_name(&path)?, false)),
        }
    }

    /// Whether a path of the repository is that of the test's own module.
    pub(super) fn is_of_class(&self, path: &str) -> bool {
        let mut ends = self.ends.iter();
        ends.any(|end| path == end || stem(path) == end)
    }

    /// The path below the repository's folder; `None` if it is absolute and nobody knows how far that goes.
    fn below(&self, path: &str) -> Option<String> {
        let below_root = self
            .root
            .and_then(|root| path.strip_prefix(root.trim_end_matches('/')))
            .and_then(|rest| rest.strip_prefix('/'));
        // What .NET makes of the repository's folder where builds should be alike everywhere.
        let below_known = || {
            below_codebuild(path)
                .or_else(|| below_local_build(path))
                .or_else(|| path.strip_prefix("/_/"))
        };
        if let Some(path) = below_root.or_else(below_known) {
            return Some(path.to_owned());
        }
        if !is_absolute(path) {
            let leads_out = path.starts_with("../") || path.contains("://");
            return (!leads_out).then(|| path.to_owned());
        }
        if is_of_python(path) {
            return None;
        }
        let end = self.ends.iter().find(|end| ends_with(path, end))?;
        let at = stem_length(path, end) - end.len();
        Some(path[at..].to_owned())
    }
}

/// The module in which a class of Python may be: `tests.test_cart.TestCart` is in `tests/test_cart`, or in a package.
fn modules(name: &str) -> Vec<String> {
    let parts: Vec<&str> = name.split('.').collect();
    // One word ends many a path.
    let shortest = if parts.len() > 1 { 2 } else { 1 };
    let lengths = (shortest.min(parts.len())..=parts.len()).rev();
    lengths.map(|length| parts[..length].join("/")).collect()
}

/// Whether `path`, with its ending or without, is `end` in some folder.
fn ends_with(path: &str, end: &str) -> bool {
    let folder = |path: &str| {
        path.strip_suffix(end)
            .is_some_and(|folder| folder.ends_with('/'))
    };
    folder(path) || folder(stem(path))
}

/// The length of that part of `path` which ends with `end`.
fn stem_length(path: &str, end: &str) -> usize {
    if path.ends_with(end) {
        path.len()
    } else {
        stem(path).len()
    }
}

/// A path without the ending of its file.
fn stem(path: &str) -> &str {
    let name = path.rfind('/').map_or(0, |at| at + 1);
    path[name..]
        .rfind('.')
        .map_or(path, |point| &path[..name + point])
}

/// CodeBuild has the source in `/codebuild/output/src123/src`, and that of a host in folders of the host's below it.
fn below_codebuild(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/codebuild/output/src")?;
    let rest = rest.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let rest = rest.strip_prefix("/src/")?;
    let (host, below) = rest.split_once('/').unwrap_or((rest, ""));
    let folders = if host.starts_with("git-codecommit.") {
        3
    } else if matches!(host, "github.com" | "gitlab.com" | "bitbucket.org") {
        2
    } else {
        return Some(rest);
    };
    let path = below.splitn(folders + 1, '/').nth(folders)?;
    Some(path)
}

/// The local endpoint has the source in the folder `builds/<id of the build>/src`.
fn below_local_build(path: &str) -> Option<&str> {
    let (_, rest) = path.split_once("/builds/")?;
    let (id, rest) = rest.split_once('/')?;
    let is_id = id.len() == 36
        && id
            .bytes()
            .all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    rest.strip_prefix("src/").filter(|_| is_id)
}

fn is_absolute(path: &str) -> bool {
    let of_windows = |bytes: &[u8]| {
        bytes.len() > 2 && bytes[0].is_ascii_alphabetic() && bytes[1] == b':' && bytes[2] == b'/'
    };
    path.starts_with('/') || of_windows(path.as_bytes())
}

/// Whether an absolute path is in the library of a Python: a module that could not be loaded is told of with its loader.
fn is_of_python(path: &str) -> bool {
    is_absolute(path) && (path.contains("/lib/python3") || path.contains("/lib/python2"))
}

/// Whether a file holds tests and no helpers of theirs, by its name.
pub(super) fn is_of_tests(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = stem(name);
    name.starts_with("test_")
        || name.contains(".test.")
        || name.contains(".spec.")
        || ["_test", "_spec", "Test", "Tests"]
            .iter()
            .any(|end| stem.ends_with(end))
}

fn is_foreign(path: &str) -> bool {
    let of_system = path.starts_with("/usr/") && !path.starts_with("/usr/src/");
    let of_node = path.starts_with("internal/") && path.strip_suffix(".js").is_some();
    of_system
        || of_node
        || path.starts_with('<')
        || path.starts_with("vendor/")
        || FOREIGN.iter().any(|piece| path.contains(piece))
}

/// With `/`, and without what may stand before a path.
fn forward(path: &str) -> String {
    let path = path.trim().replace('\\', "/");
    let path = path.strip_prefix("file:").map_or(path.as_str(), |rest| {
        rest.strip_prefix("//").unwrap_or(rest)
    });
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    path.to_owned()
}

fn file_name(path: &str) -> Option<String> {
    let name = path.trim_end_matches('/').rsplit('/').next()?;
    (!name.is_empty()).then(|| name.to_owned())
}
