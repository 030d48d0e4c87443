//! No file makes the reader large or slow.

use std::fmt::Write;

use test_reports::limits::{
    BLOCKS_PER_REPORT, CUT_MARK, DEPTH, LINES_PER_FILE, MARKUP_BYTES, NAME_BYTES,
    PATH_BYTES_PER_REPORT, TEXT_BYTES,
};
use test_reports::{Case, FileCoverage, Report, Sink, parse, read};

use crate::endless::endless;
use crate::{only_case, refusal};

const MEBIBYTE: usize = 1024 * 1024;

#[test]
fn places_are_right_behind_a_text_that_was_passed_over() {
    let source = endless(
        "<testsuite><system-out><![CDATA[",
        "line\n",
        MEBIBYTE,
        "]]></system-out>\n<oops></testsuite>",
    );
    let error = parse(source).unwrap_err();
    assert_eq!(
        (error.line, error.column),
        (u64::try_from(MEBIBYTE / 5).unwrap() + 2, 7),
        "{error}"
    );
}

#[test]
fn many_cases_are_handed_over_one_by_one() {
    #[derive(Default)]
    struct Count(u64);
    impl Sink for Count {
        fn suite(&mut self, _: &str) {}
        fn case(&mut self, _: Case) {
            self.0 += 1;
        }
        fn file_coverage(&mut self, _: FileCoverage) {}
    }
    let piece = "<testcase name='n' time='0.001'/>";
    let mut count = Count::default();
    read(
        endless("<testsuite>", piece, 50_000 * piece.len(), "</testsuite>"),
        &mut count,
    )
    .unwrap();
    assert_eq!(count.0, 50_000);
}

#[test]
fn long_names_and_messages_are_cut_and_say_so() {
    let long = "ü".repeat(TEXT_BYTES);
    let case = only_case(&format!(
        "<testcase name='{long}'><failure message='{long}'/></testcase>"
    ));
    assert_eq!(case.name.len(), NAME_BYTES + CUT_MARK.len());
    assert_eq!(case.message.unwrap().len(), TEXT_BYTES + CUT_MARK.len());
}

#[test]
fn an_absurd_attribute_is_cut_and_too_many_of_them_are_refused() {
    let report = parse(endless(
        "<testsuite name='",
        &"x".repeat(4_096),
        8 * MARKUP_BYTES,
        "'><testcase name='a'/></testsuite>",
    ))
    .unwrap();
    assert_eq!(report.cases[0].name, "a");
    assert!(report.cases[0].suite.ends_with(CUT_MARK));
    let error = parse(endless("<testsuite", " a='x'", 2 * MARKUP_BYTES, "/>")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 1: a piece of markup is longer than 1048576 bytes"
    );
}

#[test]
fn refuses_an_absurd_comment_doctype_or_element() {
    let piece = "x<a>".repeat(1_024);
    for (before, after) in [
        ("<testsuite><!--", "-->"),
        ("<!DOCTYPE testsuite [", "]>"),
        ("<testsuite><", "/>"),
    ] {
        let error = parse(endless(before, &piece, 2 * MARKUP_BYTES, after)).unwrap_err();
        assert!(
            error.message.contains("longer than") || error.message.contains("deeper than"),
            "{before}: {error}"
        );
    }
    let error = refusal(&format!("<testsuite><{}/></testsuite>", "x".repeat(2_000)));
    assert_eq!(error.message, "an element's name is longer than 1024 bytes");
}

#[test]
fn refuses_bottomless_nesting() {
    let nested = |depth: usize| {
        format!(
            "{}{}",
            "<testsuite>".repeat(depth),
            "</testsuite>".repeat(depth)
        )
    };
    let deepest: Report = parse(nested(DEPTH).as_bytes()).unwrap();
    assert_eq!(deepest.suites, u64::try_from(DEPTH).unwrap());
    assert_eq!(
        refusal(&nested(DEPTH + 1)).message,
        "elements are nested deeper than 256"
    );
    let endless = parse(endless("", "<testsuite name='deep'>", 64 * MEBIBYTE, "")).unwrap_err();
    assert_eq!(endless.message, "elements are nested deeper than 256");
}

#[test]
fn refuses_a_line_beyond_every_source_file() {
    let number = LINES_PER_FILE + 1;
    for (before, after) in [
        (
            "<coverage><packages><package><classes><class filename='big.c'><lines><line hits='1' number='",
            "'/>",
        ),
        (
            "<coverage clover='4'><project><file name='big.c'><line type='stmt' count='1' num='",
            "'/>",
        ),
        (
            "<report><package name=''><sourcefile name='big.c'><line ci='1' nr='",
            "'/>",
        ),
        ("SF:big.c\nDA:", ",1\n"),
    ] {
        assert_eq!(
            refusal(&format!("{before}{number}{after}")).message,
            "`big.c` has a line 4000001: above 4000000",
            "{before}"
        );
    }
}

#[test]
fn refuses_more_lines_and_paths_than_it_could_keep() {
    let mut blocks = String::from("SF:a.c\n");
    for number in 0..=BLOCKS_PER_REPORT / 60_000 {
        writeln!(blocks, "SF:{number}.c").unwrap();
        for block in 0..60_000 {
            writeln!(blocks, "DA:{},1", block * 64).unwrap();
        }
    }
    assert_eq!(
        refusal(&blocks).message,
        "the files in it have too many lines together"
    );
    let folder = "x".repeat(4_000);
    let mut paths = String::from("{\"RSpec\":{\"coverage\":{");
    for number in 0..=PATH_BYTES_PER_REPORT / 4_000 {
        write!(paths, "\"{folder}{number}\":{{}},").unwrap();
    }
    assert_eq!(
        refusal(&paths).message,
        "the paths in it are longer than 8388608 bytes together"
    );
}

#[test]
fn entities_of_a_doctype_are_never_resolved() {
    let bomb = r#"<!DOCTYPE testsuite [
        <!ENTITY a "boom"> <!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
        <!ENTITY secret SYSTEM "file:///etc/passwd">
    ]>"#;
    let report = crate::parse(&format!(
        "{bomb}<testsuite name='s'><testcase name='&b;'><failure>&b;&secret;</failure></testcase></testsuite>"
    ));
    assert_eq!(crate::story(&report), ["[s] &b; failed: &b;&secret;"]);
}

#[test]
fn many_attributes_and_stray_ampersands_take_linear_time() {
    let attributes = " a=''".repeat(120_000);
    let ampersands = "&".repeat(900_000);
    let report = crate::parse(&format!(
        "<testsuite{attributes}><testcase name='{ampersands}'/></testsuite>"
    ));
    assert_eq!(report.counts.tests, 1);
}
