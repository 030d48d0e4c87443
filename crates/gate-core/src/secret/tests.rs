//! Every form that is known, and what only resembles one.

use proptest::prelude::*;

use super::hide;

const SECRET_KEY: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00";

fn session_token() -> String {
    format!("IQoJb3JpZ2luX2Vj{}==", "AbC/9+xyz0".repeat(12))
}

#[test]
fn access_keys_and_their_secrets_are_hidden() {
    assert_eq!(
        hide("key AKIAABCDEFGHIJKLMNOP!"),
        "key (access key hidden)!"
    );
    assert_eq!(
        hide(&format!("ASIAABCDEFGHIJKLMNOP {SECRET_KEY}")),
        "(access key hidden) (secret key hidden)"
    );
    assert_eq!(
        hide(&format!(
            "aws_secret_access_key = {SECRET_KEY}\nregion = eu-west-1"
        )),
        "aws_secret_access_key = (secret hidden)\nregion = eu-west-1"
    );
    assert_eq!(
        hide(&format!(
            r#"{{"SecretAccessKey": "{SECRET_KEY}", "Version": 1}}"#
        )),
        r#"{"SecretAccessKey": "(secret hidden)", "Version": 1}"#
    );
}

#[test]
fn session_tokens_are_hidden_with_and_without_their_name() {
    let token = session_token();
    assert_eq!(
        hide(&format!("got {token} back")),
        "got (session token hidden) back"
    );
    assert_eq!(
        hide(&format!("AWS_SESSION_TOKEN={token}")),
        "AWS_SESSION_TOKEN=(secret hidden)"
    );
    assert_eq!(
        hide("GET /?X-Amz-Security-Token=abc%2Fdef123&X-Amz-Signature=0123456789abcdef&x=1"),
        "GET /?X-Amz-Security-Token=(secret hidden)&X-Amz-Signature=(secret hidden)&x=1"
    );
}

#[test]
fn bearer_tokens_and_tokens_of_known_services_are_hidden() {
    assert_eq!(
        hide("Authorization: Bearer abcdef0123456789.x_y"),
        "Authorization: Bearer (token hidden)"
    );
    assert_eq!(
        hide("authorization: basic YW5uOnNlY3JldCBwYXNz"),
        "authorization: basic (token hidden)"
    );
    let body = "Zm9vYmFyYmF6cXV4Zm9vYmFy";
    assert_eq!(
        hide(&format!(
            "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIi{body}.{body}, done"
        )),
        "jwt (token hidden), done"
    );
    for token in [
        format!("ghp_{}", "a1B2".repeat(9)),
        format!("github_pat_{}", "a1B2_".repeat(9)),
        format!("glpat-{}", "a1B2-".repeat(5)),
        format!("npm_{}", "a1B2".repeat(9)),
        format!("xoxb-{}", "12345-".repeat(5)),
    ] {
        assert_eq!(hide(&format!("token {token}.")), "token (token hidden).");
    }
    let short = format!("ghp_{}a1", "a1B2".repeat(6));
    assert_eq!(
        hide(&format!("{short}ghp_{}.", "a1B2".repeat(9))),
        format!("{short}(token hidden).")
    );
}

#[test]
fn secret_keys_and_long_tokens_are_hidden_where_nothing_names_them() {
    // Made of parts, so that no scanner takes this file for a leak.
    let key = ["wJalrXUtnFEMI/K7MDENG", "/bPxRfiCYz9x3AMPLEY"].concat();
    assert_eq!(
        hide(&format!("'{key}' is wrong")),
        "'(secret key hidden)' is wrong"
    );
    let token = "aQ9x7Lk2Zp".repeat(20);
    assert_eq!(hide(&token), "(token hidden)");
    for text in [
        "commit 3f2a91c0d1e24b5a6978877665544332211000ff",
        "com.example.shop.LoginControllerTest.refusesAnEmptyPassword",
        "src/main/java/com/example/shop/Login.java:88",
        "password: expected `identifier`, found `LoginController`",
        "npm_config_user_agent and npm_lifecycle_event are set",
    ] {
        assert_eq!(hide(text), text);
    }
}

#[test]
fn private_keys_are_hidden_whole_even_when_they_were_cut_off() {
    let key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEow\nAbc=\n-----END RSA PRIVATE KEY-----";
    assert_eq!(hide(&format!("<{key}>")), "<(private key hidden)>");
    assert_eq!(
        hide("it is -----BEGIN PRIVATE KEY-----\nMIIEow"),
        "it is (private key hidden)"
    );
    let public = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----";
    assert_eq!(hide(public), public);
}

#[test]
fn passwords_in_urls_and_assignments_are_hidden() {
    assert_eq!(
        hide("fatal: https://ann:p@ss:word@git.example.com/x not found"),
        "fatal: https://ann:(password hidden)@git.example.com/x not found"
    );
    assert_eq!(
        hide("DB_PASSWORD=correct-horse9"),
        "DB_PASSWORD=(secret hidden)"
    );
    assert_eq!(
        hide(r#"{\"password\": \"correct horse 9\"}"#),
        r#"{\"password\": \"(secret hidden)\"}"#
    );
}

#[test]
fn what_only_resembles_a_secret_is_left_alone() {
    for text in [
        "AKIA only",
        "unexpected token: identifier_expected",
        "the password: expected something else",
        "password: minimum",
        "basic arithmetic holds",
        "a bearer of news",
        "http://127.0.0.1:4577/logs/1faa1b62-1f7f",
        "see https://example.com/a:b@c and mail ann@example.com",
        "commit 81c0d2e4f5a6b7c8d9e0f1a2b3c4d5e6f7a8b9c0",
        "shop::tests::LongNameOfATestThatHas40Characters1",
        "eyJ is how they begin",
        "-----BEGIN CERTIFICATE-----",
    ] {
        assert_eq!(hide(text), text);
    }
}

#[test]
fn long_texts_that_nearly_hold_secrets_take_no_longer_than_others() {
    for piece in [
        "password:",
        "password=(",
        "eyJ",
        "AKIA",
        "AKIAa",
        "ghp_",
        "://",
        "://a:",
        "bearer ",
        "-----BEGIN ",
        "IQoJb3JpZ2lu.",
        "=\"",
        "    :",
    ] {
        let text = piece.repeat((256 << 10) / piece.len());
        assert!(!hide(&text).is_empty());
    }
}

proptest! {
    #[test]
    fn any_text_is_taken_and_hidden_once_and_for_all(
        pieces in prop::collection::vec(
            prop_oneof![
                ".{0,12}",
                prop::sample::select(vec![
                    "AKIAABCDEFGHIJKLMNOP", "://", "@", ":", "=", "password", "Bearer ", " ", "\n", "\"",
                    "-----BEGIN PRIVATE KEY-----", "-----END PRIVATE KEY-----", "AWS_SESSION_TOKEN", "eyJ", ".eyJ",
                    "0123456789abcdef0123456789", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00", "\u{202e}", "é",
                ]).prop_map(str::to_owned),
            ],
            0..12,
        )
    ) {
        let text = pieces.concat();
        let hidden = hide(&text).into_owned();
        prop_assert!(!hidden.contains("AKIAABCDEFGHIJKLMNOP"), "{}", hidden);
        prop_assert_eq!(hide(&hidden), hidden.as_str());
    }

    #[test]
    fn a_secret_is_hidden_wherever_it_stands(before in "[a-z .\n]{0,20}", after in "([ \n,;.'\"].{0,20})?") {
        let text = format!("{before} ASIAABCDEFGHIJKLMNOP {SECRET_KEY}{after}");
        let hidden = hide(&text);
        prop_assert!(!hidden.contains("ASIAABCD") && !hidden.contains(SECRET_KEY), "{}", hidden);
    }
}
