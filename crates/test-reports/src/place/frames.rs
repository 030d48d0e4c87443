//! Lines of traces, as languages and test tools write them.

/// Endings of source files: what else stands before a colon and a number is a host and a port, or a time.
const SOURCES: [&str; 71] = [
    "adb", "bats", "c", "cc", "cjs", "clj", "cob", "coffee", "cpp", "cr", "cs", "cts", "cxx", "d",
    "dart", "erl", "ex", "exs", "f90", "feature", "fs", "fsx", "go", "groovy", "gvy", "h", "hpp",
    "hs", "hxx", "ipp", "java", "jl", "js", "jsx", "kt", "kts", "lua", "m", "md", "mjs", "ml",
    "mm", "mts", "nim", "nix", "pas", "php", "phpt", "pl", "pm", "ps1", "psm1", "py", "pyi", "pyx",
    "r", "rb", "robot", "rs", "scala", "sh", "spec", "sql", "svelte", "swift", "t", "ts", "tsx",
    "vb", "vue", "zig",
];

/// What a line of a trace says.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Frame<'a> {
    pub(super) path: &'a str,
    pub(super) line: u32,
    /// The function with its class, as Java and .NET write it.
    pub(super) function: Option<&'a str>,
}

/// The frame in a line of text, if there is one.
pub(super) fn of(line: &str) -> Option<Frame<'_>> {
    if !line.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    python(line)
        .or_else(|| dotnet(line))
        .or_else(|| php(line))
        .or_else(|| with_colon(line))
        .filter(|frame| frame.line > 0)
}

/// Whether the traces that such a file is in end with the place of the fault, as Python's do.
pub(super) fn is_innermost_last(path: &str) -> bool {
    ending(path).is_some_and(|ending| matches!(ending, "py" | "pyi" | "pyx"))
}

/// `File "tests/test_cart.py", line 3, in test_total`.
fn python(line: &str) -> Option<Frame<'_>> {
    // pytest marks what went wrong, and a source that cannot be read is that.
    let line = line.strip_prefix("E ").unwrap_or(line);
    let (path, rest) = line.trim_start().strip_prefix("File \"")?.split_once('"')?;
    let rest = rest.strip_prefix(", line ")?;
    frame(path, leading_number(rest)?)
}

/// `at Shop.Bill.Total() in C:\shop\Bill.cs:line 12`. A path of Windows may have blanks in it.
fn dotnet(line: &str) -> Option<Frame<'_>> {
    let (path, number) = line.rsplit_once(":line ")?;
    let (function, path) = path.rsplit_once(" in ")?;
    let function = function.trim_start().strip_prefix("at ");
    Some(Frame {
        function: function.and_then(|function| function.split('(').next()),
        ..frame(path, leading_number(number)?)?
    })
}

/// `#0 src/Cart.php(12): Shop\Cart->total()`.
fn php(line: &str) -> Option<Frame<'_>> {
    let (_, rest) = line.trim_start().strip_prefix('#')?.split_once(' ')?;
    let (path, rest) = rest.split_once(".php(")?;
    let number = leading_number(rest)?;
    let path = rest_of(line, path, ".php");
    frame(path, number)
}

/// The slice of `line` from the start of `path` to the end of `ending` behind it.
fn rest_of<'a>(line: &'a str, path: &'a str, ending: &str) -> &'a str {
    let start = path.as_ptr() as usize - line.as_ptr() as usize;
    &line[start..start + path.len() + ending.len()]
}

/// `src/cart.test.ts:5:20`, wherever it stands in the line: behind `at`, in parentheses, behind `panicked at`, or first.
fn with_colon(line: &str) -> Option<Frame<'_>> {
    let mut from = 0;
    while let Some(colon) = memchr::memchr(b':', &line.as_bytes()[from..]).map(|at| from + at) {
        from = colon + 1;
        let Some(number) = leading_number(&line[from..]) else {
            continue;
        };
        let start = start_of_path(&line[..colon]);
        let path = &line[start..colon];
        if let Some(mut frame) = frame(path, number) {
            frame.function = function(&line[..start]);
            return Some(frame);
        }
    }
    None
}

/// Where the path begins that `text` ends with.
fn start_of_path(text: &str) -> usize {
    let ends = |letter: char| {
        letter.is_whitespace() || letter.is_control() || "()\"'`<>,;=|{}".contains(letter)
    };
    let start = text
        .char_indices()
        .rev()
        .find(|(_, letter)| ends(*letter))
        .map_or(0, |(at, letter)| at + letter.len_utf8());
    // Minitest writes `[test/cart_test.rb:12]`; folders such as `app/[id]/page.ts` keep theirs.
    let bracket = text[start..].starts_with('[') && !text[start..].contains(']');
    start + usize::from(bracket)
}

/// What stands before the parenthesis in `at shop.CartTest.total(CartTest.java:12)`, without the module.
fn function(before: &str) -> Option<&str> {
    let function = before.trim_start().strip_prefix("at ")?.strip_suffix('(')?;
    Some(function.rsplit_once('/').map_or(function, |(_, name)| name))
}

fn frame(path: &str, line: u32) -> Option<Frame<'_>> {
    let known = ending(path).is_some_and(is_source);
    known.then_some(Frame {
        path,
        line,
        function: None,
    })
}

fn is_source(ending: &str) -> bool {
    SOURCES.binary_search(&ending).is_ok()
}

/// What stands behind the last point of a file's name.
fn ending(path: &str) -> Option<&str> {
    let name = path.rsplit(['/', '\\']).next()?;
    let (stem, ending) = name.rsplit_once('.')?;
    (!stem.is_empty()).then_some(ending)
}

fn leading_number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    text[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(SOURCES.is_sorted());
    }

    #[test]
    fn each_language_has_its_frames() {
        for (line, path, number) in [
            (
                "tests/test_cart.py:3: AssertionError",
                "tests/test_cart.py",
                3,
            ),
            (
                "  File \"tests/test_cart.py\", line 7, in test_total",
                "tests/test_cart.py",
                7,
            ),
            (
                "    at Object.toBe (src/cart.test.js:12:20)",
                "src/cart.test.js",
                12,
            ),
            ("    at async src/cart.test.mjs:4:5", "src/cart.test.mjs", 4),
            (
                "    at file:///srv/shop/cart.test.mjs:4:5",
                "file:///srv/shop/cart.test.mjs",
                4,
            ),
            (" ❯ src/cart.test.ts:5:20", "src/cart.test.ts", 5),
            ("thread 'a' panicked at src/lib.rs:20:9:", "src/lib.rs", 20),
            (
                "thread 'a' panicked at 'no', src/lib.rs:20:9",
                "src/lib.rs",
                20,
            ),
            ("    cart_test.go:12: got 3", "cart_test.go", 12),
            (
                "\tError Trace:\t/srv/shop/cart_test.go:12",
                "/srv/shop/cart_test.go",
                12,
            ),
            (
                "\tat shop.CartTest.total(CartTest.java:31)",
                "CartTest.java",
                31,
            ),
            (
                "/srv/shop/tests/CartTest.php:12",
                "/srv/shop/tests/CartTest.php",
                12,
            ),
            (
                "#0 /srv/shop/src/Cart.php(12): total()",
                "/srv/shop/src/Cart.php",
                12,
            ),
            (
                "   at Shop.Bill.Total() in C:\\my shop\\Bill.cs:line 12",
                "C:\\my shop\\Bill.cs",
                12,
            ),
            (
                "     # ./spec/cart_spec.rb:9:in `block'",
                "./spec/cart_spec.rb",
                9,
            ),
            (
                "Expected 1 [test/cart_test.rb:12]:",
                "test/cart_test.rb",
                12,
            ),
            (
                "C:\\shop\\cart_test.cc:7: Failure",
                "C:\\shop\\cart_test.cc",
                7,
            ),
            ("app/[id]/page.test.tsx:3:1", "app/[id]/page.test.tsx", 3),
        ] {
            let frame = of(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((frame.path, frame.line), (path, number), "{line}");
        }
        let java = of("\tat app//shop.CartTest.total(CartTest.java:31)").unwrap();
        assert_eq!(java.function, Some("shop.CartTest.total"));
    }

    #[test]
    fn hosts_times_and_versions_are_no_frames() {
        for line in [
            "connect ECONNREFUSED 127.0.0.1:5432",
            "GET http://shop.example.com:8080/cart",
            "at 10:05:03 it broke",
            "image shop:1.2.3",
            "expected: 3",
            "Caused by: x.rs:0",
            ".rs:3",
            "File \"a.py\"",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }
}
