//! The repository of the tour: one of the examples, carried inside the program so that it runs from anywhere.

use std::{io, path::Path};

/// An example, the mistake its pull request makes, and the mending of it.
pub(super) struct Example {
    pub(super) name: &'static str,
    files: &'static [(&'static str, &'static str)],
    /// What the pull request does first.
    pub(super) failing_patch: &'static str,
    pub(super) title: &'static str,
    pub(super) branch: &'static str,
    fix: Fix,
}

/// A text that is replaced by another one, once.
struct Fix {
    file: &'static str,
    wrong: &'static str,
    right: &'static str,
}

macro_rules! files {
    ($folder:literal: $($path:literal),* $(,)?) => {
        &[$(($path, include_str!(concat!("../../../../../examples/", $folder, "/", $path)))),*]
    };
}

pub(super) const PYTHON: Example = Example {
    name: "python-unittest",
    files: files!("python-unittest":
        ".gitignore", "README.md", "buildspec.yml",
        "shop/__init__.py", "shop/bill.py", "shop/prices.py",
        "tests/__init__.py", "tests/test_bill.py", "tests/test_prices.py",
        "tools/cobertura.py", "tools/junit.py", "tools/run_tests.py",
    ),
    failing_patch: include_str!("../../../../../examples/python-unittest/failing.patch"),
    title: "Offer express shipping",
    branch: "express-shipping",
    fix: Fix {
        file: "shop/bill.py",
        wrong: "net <= FREE_SHIPPING_FROM_CENTS",
        right: "net < FREE_SHIPPING_FROM_CENTS",
    },
};

pub(super) const SHELL: Example = Example {
    name: "shell",
    files: files!("shell":
        ".gitignore", "README.md", "buildspec.yml",
        "lib/text.sh", "release-notes.sh", "tests/run.sh", "tests/text_test.sh",
    ),
    failing_patch: include_str!("../../../../../examples/shell/failing.patch"),
    title: "Find the newest version in any order",
    branch: "newest-version",
    fix: Fix {
        file: "lib/text.sh",
        wrong: "sort -r |",
        right: "sort -t . -k 1,1nr -k 2,2nr -k 3,3nr |",
    },
};

impl Example {
    /// Writes the files below `folder`.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        for (path, content) in self.files {
            let path = folder.join(path);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent)?;
            }
            std::fs::write(path, content)?;
        }
        Ok(())
    }

    /// Mends the mistake of the patch.
    pub(super) fn mend(&self, folder: &Path) -> io::Result<()> {
        let path = folder.join(self.fix.file);
        let mended = std::fs::read_to_string(&path)?.replacen(self.fix.wrong, self.fix.right, 1);
        std::fs::write(path, mended)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mistake_that_is_mended_is_the_one_of_the_patch() {
        for example in [&PYTHON, &SHELL] {
            let Fix { file, wrong, .. } = example.fix;
            let added = |line: &str| line.starts_with('+') && line.contains(wrong);
            assert!(example.failing_patch.lines().any(added), "{}", example.name);
            assert!(
                example.files.iter().any(|(path, _)| *path == file),
                "{}",
                example.name
            );
        }
    }

    #[test]
    fn every_file_of_an_example_is_carried() {
        for example in [&PYTHON, &SHELL] {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../examples")
                .join(example.name);
            let mut found = 0;
            let mut folders = vec![folder];
            while let Some(folder) = folders.pop() {
                for entry in std::fs::read_dir(folder).unwrap() {
                    let entry = entry.unwrap();
                    let name = entry.file_name().into_string().unwrap();
                    let is_result =
                        ["reports", "__pycache__", "failing.patch"].contains(&name.as_str());
                    if entry.file_type().unwrap().is_dir() && !is_result {
                        folders.push(entry.path());
                    } else if !is_result {
                        found += 1;
                    }
                }
            }
            assert_eq!(example.files.len(), found, "{}", example.name);
        }
    }
}
