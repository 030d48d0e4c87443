//! Relative paths in whatever text, and where they lead.

/// Every path of a text that goes up: one of its parts is `..`. What stands for the folder itself before it, such as
/// `${CMAKE_CURRENT_SOURCE_DIR}/`, `{root:uri}/` or `$PWD/`, is none of it.
pub(super) fn relative(text: &str) -> impl Iterator<Item = String> {
    let is_of_path =
        |character: char| character.is_alphanumeric() || "._-/\\@+~".contains(character);
    let mut done = 0;
    text.match_indices("..").filter_map(move |(at, _)| {
        if at < done {
            return None;
        }
        let before = text.get(..at)?;
        let start = before.trim_end_matches(is_of_path).len();
        let opened = before.get(..start)?.chars().next_back();
        let rest = text.get(start..)?;
        // A space ends a path unless quotes hold it.
        let quoted = opened.is_some_and(|opened| "\"'`".contains(opened));
        let end = rest
            .find(|character: char| !(is_of_path(character) || quoted && character == ' '))
            .unwrap_or(rest.len());
        done = start + end;
        let path = rest.get(..end)?.trim_end().replace('\\', "/");
        let path = match opened {
            Some('$') => path.split_once('/')?.1,
            _ => path.trim_start_matches('/'),
        };
        let is_operator = path == ".." && rest.get(end..)?.starts_with('<');
        let goes_up = path.split('/').any(|part| part == "..");
        (goes_up && !is_operator && !path.starts_with('~')).then(|| path.to_owned())
    })
}

/// A path from the root; `None` if it leads out of the repository.
pub(super) fn resolve(base: &str, relative: &str) -> Option<String> {
    let mut parts: Vec<&str> = base.split('/').filter(|part| !part.is_empty()).collect();
    for part in relative.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::{relative, resolve};

    #[test]
    fn paths_out_of_a_folder_are_found_in_whatever_a_manifest_is_written_in() {
        for (text, expected) in [
            (r#""lib": "file:../lib","#, "../lib"),
            ("-e ../base[dev] # ours", "../base"),
            ("lib = { path = \"..\" }", ".."),
            (
                r#"<ProjectReference Include="..\Shop.Core\Shop.Core.csproj" />"#,
                "../Shop.Core/Shop.Core.csproj",
            ),
            ("replace example.com/a => ../a", "../a"),
            ("gem 'a', path: '../a b'", "../a b"),
            ("base = {root:uri}/../base", "../base"),
            ("base @ file:///${PROJECT_ROOT}/../base", "../base"),
            (
                "add_subdirectory(${CMAKE_CURRENT_SOURCE_DIR}/../lib out)",
                "../lib",
            ),
            ("include $PWD/../lib/common.mk", "../lib/common.mk"),
            ("require __DIR__ . '/../lib/src/a.php';", "../lib/src/a.php"),
            (
                r#"<Import Project="$(MSBuildThisFileDirectory)..\lib\x.props"/>"#,
                "../lib/x.props",
            ),
            ("from './../lib/mod.ts'", "./../lib/mod.ts"),
            ("- '../packages/*'", "../packages/"),
            (
                r#""extends": "../../tsconfig.base.json""#,
                "../../tsconfig.base.json",
            ),
            (
                "shared @ file:../shared ; python_version > '3'",
                "../shared",
            ),
        ] {
            assert_eq!(relative(text).collect::<Vec<_>>(), [expected], "{text}");
        }
        for text in [
            "versions 1..2",
            "and so on...",
            "0..=9",
            "0..<9",
            "..Default",
            "~/../a",
        ] {
            assert_eq!(relative(text).next(), None, "{text}");
        }
    }

    #[test]
    fn a_path_that_leads_out_of_the_repository_is_none_of_it() {
        assert_eq!(resolve("web/app", "../../lib").as_deref(), Some("lib"));
        assert_eq!(resolve("web", "..").as_deref(), Some(""));
        assert_eq!(resolve("web", "../../lib"), None);
    }
}
