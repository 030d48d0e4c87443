//! Files are read in the encoding that they are in.

use test_reports::{Report, parse};

use crate::story;

const TEXT: &str = "<testsuite name='Wörter'><testcase name='größer'/></testsuite>";
const CASE: [&str; 1] = ["[Wörter] größer passed"];

fn utf_16(text: &str, to_bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(to_bytes).collect()
}

fn read(bytes: &[u8]) -> Report {
    parse(bytes).unwrap()
}

#[test]
fn utf_8_with_and_without_a_mark() {
    assert_eq!(story(&read(TEXT.as_bytes())), CASE);
    assert_eq!(story(&read(format!("\u{feff}{TEXT}").as_bytes())), CASE);
}

#[test]
fn utf_16_in_both_orders_with_and_without_a_mark() {
    let declared = format!("<?xml version='1.0' encoding='utf-16'?>{TEXT}");
    for to_bytes in [u16::to_le_bytes, u16::to_be_bytes] {
        assert_eq!(
            story(&read(&utf_16(&format!("\u{feff}{TEXT}"), to_bytes))),
            CASE
        );
        assert_eq!(story(&read(&utf_16(&declared, to_bytes))), CASE);
    }
}

#[test]
fn utf_8_that_claims_to_be_utf_16() {
    assert_eq!(
        story(&read(
            format!("<?xml version='1.0' encoding=\"utf-16\"?>{TEXT}").as_bytes()
        )),
        CASE
    );
}

#[test]
fn latin_1_far_beyond_the_first_buffer() {
    let padding = "<!-- padding -->".repeat(4_000);
    let text =
        format!("<?xml version=\"1.0\" encoding = 'ISO-8859-1' standalone='yes'?>{padding}{TEXT}");
    let bytes: Vec<u8> = text
        .chars()
        .map(|character| u8::try_from(u32::from(character)).unwrap())
        .collect();
    assert_eq!(story(&read(&bytes)), CASE);
}

#[test]
fn a_stray_byte_hides_no_result() {
    let bytes = b"<testsuite name='s'><system-out>\xff\xfe\xc3</system-out><testcase name='a\xe9'/></testsuite>";
    assert_eq!(story(&read(bytes)), ["[s] a\u{fffd} passed"]);
}

#[test]
fn refuses_an_unknown_encoding() {
    let error = parse(&b"<?xml version='1.0' encoding='klingon'?><testsuite/>"[..]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "line 1, column 1: cannot be read: the encoding `klingon` is not known"
    );
}
