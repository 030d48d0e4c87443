//! What holds for any bytes and any names.

use proptest::prelude::*;
use test_reports::{Summary, parse};

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}

/// Pieces that reports are made of, in any order.
fn debris() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        proptest::sample::select(vec![
            "<testsuites>",
            "</testsuites>",
            "<testsuite name='s'>",
            "</testsuite>",
            "<testcase name=\"n\">",
            "</testcase>",
            "<testcase/>",
            "<failure message='m'>",
            "</failure>",
            "<flakyError/>",
            "<skipped/>",
            "<error>",
            "</error>",
            "<![CDATA[",
            "]]>",
            "]]",
            "<!--",
            "-->",
            "<?xml encoding='latin1'?>",
            "<!DOCTYPE a [",
            "]>",
            "&amp;",
            "&#",
            "&",
            "<coverage>",
            "<class filename='a'>",
            "<line number='1' hits='1'/>",
            "<lines>",
            "</",
            "<",
            ">",
            "'",
            "\"",
            "\n",
        ])
        .prop_map(|piece| piece.as_bytes().to_vec()),
        proptest::collection::vec(any::<u8>(), 0..6),
    ];
    proptest::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let mut summary = Summary::default();
        summary.add("any", bytes.as_slice());
        prop_assert_eq!(summary.files, 1);
    }

    #[test]
    fn no_debris_of_reports_breaks_the_reader(bytes in debris(), suite in any::<bool>()) {
        let mut document = if suite { b"<testsuite>".to_vec() } else { Vec::new() };
        document.extend(bytes);
        let mut summary = Summary::default();
        summary.add("debris", document.as_slice());
        prop_assert!(summary.problems.len() <= 1);
        prop_assert_eq!(
            summary.counts.tests,
            summary.counts.passed + summary.counts.skipped + summary.counts.failed + summary.counts.errors
        );
    }

    #[test]
    fn names_and_messages_come_back_as_they_were_written(name in "[^\0]{1,60}", message in "[^\0]{0,60}") {
        // An escape character before it may begin a colour.
        prop_assume!(!message.contains('['));
        let document = format!(
            "<testsuite><testcase name=\"{}\"><failure message=\"{}\"/></testcase></testsuite>",
            escape(&name), escape(&message)
        );
        let report = parse(document.as_bytes()).unwrap();
        prop_assert_eq!(&report.cases[0].name, &name);
        let expected = Some(message.trim_end().trim_start_matches(['\r', '\n']).to_owned())
            .filter(|message| !message.is_empty());
        prop_assert_eq!(&report.cases[0].message, &expected);
    }

    #[test]
    fn it_does_not_matter_how_the_bytes_arrive(bytes in debris(), size in 1_usize..9) {
        let document = [b"<testsuite>".to_vec(), bytes].concat();
        let small = std::io::BufReader::with_capacity(size, document.as_slice());
        prop_assert_eq!(parse(small), parse(document.as_slice()));
    }
}
