//! Whether an image's name is one that CodeBuild can have or pull: of its own a known kind, of others what a registry takes.
//!
//! CodeBuild's own are `aws/codebuild/<kind>:<tag>`. Their tags come and go; the kinds are made of few words.

/// What CodeBuild's own images begin with.
const OWN: &str = "aws/codebuild/";
/// The words of their kinds; a number may follow (`amazonlinux2`).
const WORDS: [&str; 11] = [
    "aarch64",
    "amazonlinux",
    "ami",
    "arm",
    "base",
    "lambda",
    "macos",
    "standard",
    "ubuntu",
    "windows",
    "x86_64",
];
const LONGEST: usize = 255;
const LONGEST_TAG: usize = 128;

/// What is wrong with it, for people; `shown` is how an error shows it.
pub(super) fn verify(text: &str, shown: &str) -> Result<(), String> {
    if let Some(own) = text.strip_prefix(OWN) {
        return verify_own(own, shown);
    }
    if text.len() <= LONGEST && is_reference(text) {
        return Ok(());
    }
    Err(format!(
        "`{shown}` is no image that CodeBuild can pull: write `registry/name:tag`, or one of its own such as \
         `{OWN}amazonlinux-x86_64-standard:5.0`"
    ))
}

fn verify_own(own: &str, shown: &str) -> Result<(), String> {
    let (kind, tag) = own.split_once(':').unwrap_or((own, ""));
    let known = |word: &str| {
        let bare = word.trim_end_matches(|digit: char| digit.is_ascii_digit());
        WORDS.contains(&word) || WORDS.contains(&bare)
    };
    let Some(strange) = kind.split('-').find(|word| !known(word)) else {
        if is_tag(tag) {
            return Ok(());
        }
        return Err(format!(
            "`{shown}` has no tag: write, for example, `{OWN}{kind}:5.0`"
        ));
    };
    let nearest = WORDS
        .iter()
        .min_by_key(|word| strsim::damerau_levenshtein(strange, word))
        .filter(|word| strsim::damerau_levenshtein(strange, word) <= 3);
    let meant = nearest
        .map(|word| format!("; did you mean `{OWN}{}`?", own.replacen(strange, word, 1)))
        .unwrap_or_default();
    Err(format!("`{shown}` is no image that CodeBuild has{meant}"))
}

/// `[host[:port]/]name[/name…][:tag][@sha256:…]`, as registries take it.
fn is_reference(text: &str) -> bool {
    let (text, digest) = match text.split_once('@') {
        Some((text, digest)) => (text, Some(digest)),
        None => (text, None),
    };
    let (path, last) = match text.rsplit_once('/') {
        Some((path, last)) => (Some(path), last),
        None => (None, text),
    };
    let (last, tag) = match last.split_once(':') {
        Some((last, tag)) => (last, Some(tag)),
        None => (last, None),
    };
    let mut folders = path.into_iter().flat_map(|path| path.split('/'));
    let host = folders.next();
    host.is_none_or(is_host)
        && folders.chain([last]).all(is_name)
        && tag.is_none_or(is_tag)
        && digest.is_none_or(is_digest)
}

fn is_host(text: &str) -> bool {
    let (host, port) = text.split_once(':').unwrap_or((text, "0"));
    let good = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    !host.is_empty() && host.chars().all(good) && port.parse::<u16>().is_ok()
}

fn is_name(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    text.starts_with(plain)
        && text.ends_with(plain)
        && text.chars().all(|c| plain(c) || "._-".contains(c))
}

fn is_tag(text: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.len() <= LONGEST_TAG
        && text.starts_with(word)
        && text.chars().all(|c| word(c) || ".-".contains(c))
}

fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:");
    hex.is_some_and(|hex| hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_of_codebuild_and_of_registries_are_taken() {
        let digest = format!("rust@sha256:{}", "0a".repeat(32));
        for image in [
            "aws/codebuild/standard:7.0",
            "aws/codebuild/amazonlinux-x86_64-standard:5.0",
            "aws/codebuild/amazonlinux2-aarch64-standard:3.0-24.10.29",
            "aws/codebuild/amazonlinux-x86_64-standard:corretto11",
            "rust:1.95-slim",
            "library/python",
            "public.ecr.aws/docker/library/node:22",
            "localhost:5000/team/image_a:v1",
            "123456789012.dkr.ecr.eu-central-1.amazonaws.com/build/tools:2026-11",
            &digest,
        ] {
            assert_eq!(verify(image, image), Ok(()), "{image}");
        }
    }

    #[test]
    fn refuses_images_that_codebuild_neither_has_nor_can_pull() {
        let pull = "is no image that CodeBuild can pull: write `registry/name:tag`, or one of its own such as \
                    `aws/codebuild/amazonlinux-x86_64-standard:5.0`";
        for image in [
            "",
            "Rust:1.95",
            "rust: 1.95",
            "rust:",
            "/rust",
            "a//b",
            "https://example.com/rust",
            "rust@sha256:12",
            "rust:1.95;touch x",
        ] {
            assert_eq!(verify(image, image), Err(format!("`{image}` {pull}")));
        }
        for (image, words) in [
            (
                "aws/codebuild/standart:7.0",
                "`aws/codebuild/standart:7.0` is no image that CodeBuild has; did you mean `aws/codebuild/standard:7.0`?",
            ),
            (
                "aws/codebuild/debian:12",
                "`aws/codebuild/debian:12` is no image that CodeBuild has",
            ),
            (
                "aws/codebuild/standard",
                "`aws/codebuild/standard` has no tag: write, for example, `aws/codebuild/standard:5.0`",
            ),
        ] {
            assert_eq!(verify(image, image), Err(words.to_owned()));
        }
    }
}
