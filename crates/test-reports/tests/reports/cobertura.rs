//! Line coverage from Cobertura files.

use test_reports::{Coverage, Format};

use crate::{parse, refusal};

fn coverage(classes: &str) -> Coverage {
    let report = parse(&format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'>\n\
         <coverage line-rate=\"0.99\" lines-covered=\"99\" lines-valid=\"100\"><sources><source>/home/ci/shop/src</source>\
         <source>/home/ci/shop</source></sources><packages><package name=\"shop\"><classes>{classes}</classes></package>\
         </packages></coverage>"
    ));
    assert_eq!(report.format, Format::Cobertura);
    report.coverage.unwrap()
}

fn figures(coverage: &Coverage) -> Vec<(&str, u64, u64)> {
    coverage
        .files
        .iter()
        .map(|file| (file.path.as_str(), file.lines_covered, file.lines_total))
        .collect()
}

#[test]
fn lines_are_counted_and_the_tools_own_rates_are_not_believed() {
    let coverage = coverage(
        r#"<class name="bill" filename="shop/bill.py" line-rate="1"><methods/><lines>
             <line number="1" hits="1"/><line number="2" hits="0"/><line number="3" hits="184467440737095516160"/></lines></class>
           <class name="prices" filename="shop/prices.py"><lines><line number="1" hits="-1"/><line number="2"/></lines></class>"#,
    );
    assert_eq!(
        figures(&coverage),
        [("shop/bill.py", 2, 3), ("shop/prices.py", 0, 2)]
    );
    assert_eq!(
        (
            coverage.lines_covered,
            coverage.lines_total,
            coverage.percent()
        ),
        (2, 5, Some(40.0))
    );
}

#[test]
fn a_line_of_a_method_and_of_its_class_is_one_line() {
    let coverage = coverage(
        r#"<class filename="A.java"><methods><method name="f"><lines><line number="7" hits="1"/></lines></method></methods>
             <lines><line number="7" hits="0"><conditions><condition number="0"/></conditions></line><line number="8" hits="0"/></lines></class>
           <class name="A$Inner" filename="A.java"><lines><line number="8" hits="2"/><line number="9" hits="0"/></lines></class>"#,
    );
    assert_eq!(figures(&coverage), [("A.java", 2, 3)]);
}

#[test]
fn parts_of_a_file_with_others_between_them_are_added() {
    let coverage = coverage(
        r#"<class filename="A.cs"><lines><line number="1" hits="1"/></lines></class>
           <class filename="B.cs"><lines><line number="1" hits="1"/></lines></class>
           <class filename="A.cs"><lines><line number="5" hits="0"/></lines></class>"#,
    );
    assert_eq!(figures(&coverage), [("A.cs", 1, 2), ("B.cs", 1, 1)]);
}

#[test]
fn paths_are_relative_to_the_innermost_source_folder() {
    let coverage = coverage(
        r#"<class filename="/home/ci/shop/src/bill.py"><lines/></class><class filename="./a.py"><lines/></class>
           <class filename="src\b.cs"><lines/></class><class filename="/home/ci/shopping/c.py"><lines/></class>"#,
    );
    let paths: Vec<&str> = coverage
        .files
        .iter()
        .map(|file| file.path.as_str())
        .collect();
    assert_eq!(
        paths,
        ["bill.py", "a.py", "src/b.cs", "/home/ci/shopping/c.py"]
    );
}

#[test]
fn a_report_without_lines_has_coverage_without_a_percentage() {
    let coverage = coverage("");
    assert_eq!((coverage.lines_total, coverage.percent()), (0, None));
}

#[test]
fn refuses_a_line_without_a_number() {
    let error = refusal(
        "<coverage><packages><package><classes><class filename='a'><lines>\n  <line hits='1'/></lines></class></classes></package></packages></coverage>",
    );
    assert_eq!(
        error.to_string(),
        "line 2, column 3: a `<line>` has no `number` that is a whole number"
    );
}

#[test]
fn refuses_a_class_without_a_file() {
    let error = refusal(
        "<coverage><packages><package><classes><class/></classes></package></packages></coverage>",
    );
    assert_eq!(
        error.to_string(),
        "line 1, column 39: a `<class>` has neither `filename` nor `name`"
    );
}
