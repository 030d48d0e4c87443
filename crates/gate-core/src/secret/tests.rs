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

/// As random as a value can be, and of no form of its own.
const VALUE: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b";

#[test]
fn values_of_variables_that_are_called_secrets_are_hidden() {
    for name in [
        "JWT_SECRET",
        "SESSION_SECRET",
        "CLIENT_SECRET_V2",
        "SECRET_KEY_BASE",
        "NPM_TOKEN",
        "NODE_AUTH_TOKEN",
        "DEPLOY_TOKEN",
        "VAULT_TOKEN",
        "SONAR_TOKEN_2",
        "DATABASE_PWD",
        "MYSQL_PWD",
        "DB_PASSWORD_PROD",
        "AccountKey",
        "SharedAccessKey",
        "ENCRYPTION_KEY",
        "signingKey",
        "webhook-secret",
        "PHPSESSID",
        "npm_config__auth",
    ] {
        for (text, expected) in [
            (
                format!("{name}={VALUE}\n"),
                format!("{name}=(secret hidden)\n"),
            ),
            (
                format!("export {name}=\"{VALUE}\""),
                format!("export {name}=\"(secret hidden)\""),
            ),
            (
                format!("\"{name}\" => \"{VALUE}\","),
                format!("\"{name}\" => \"(secret hidden)\","),
            ),
            (
                format!("{name}: '{VALUE}'"),
                format!("{name}: '(secret hidden)'"),
            ),
            (
                format!("{name}: {VALUE}"),
                format!("{name}: (secret hidden)"),
            ),
            (
                format!("{name} := {VALUE} # x"),
                format!("{name} := (secret hidden) # x"),
            ),
            (
                format!("<{name}>{VALUE}</{name}>"),
                format!("<{name}>(secret hidden)</{name}>"),
            ),
        ] {
            assert_eq!(hide(&text), expected);
        }
    }
    assert_eq!(
        hide("DEPLOY_TOKEN=correcthorsebattery"),
        "DEPLOY_TOKEN=(secret hidden)"
    );
    assert_eq!(
        hide(
            "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=YWJjZGVmZ2hpamtsbW5vcA==;EndpointSuffix=core.windows.net"
        ),
        "DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=(secret hidden);EndpointSuffix=core.windows.net"
    );
    assert_eq!(
        hide("Server=tcp:db;User ID=ann;Pwd=hunter22;Password=hunter22;Encrypt=True"),
        "Server=tcp:db;User ID=ann;Pwd=(secret hidden);Password=(secret hidden);Encrypt=True"
    );
    assert_eq!(
        hide("https://shop.blob.core.windows.net/c?sv=2022&sig=a1B2c3D4e5F6g7H8i9%2B&se=2026"),
        "https://shop.blob.core.windows.net/c?sv=2022&sig=(secret hidden)&se=2026"
    );
}

#[test]
fn tokens_of_todays_services_are_hidden() {
    let (short, long) = ("a1B2c3D4e5F6g7H8i9J0", "a1B2c3D4e5F6g7H8i9J0".repeat(3));
    // Made of parts, so that no scanner takes this file for a leak.
    for (beginning, rest) in [
        ("sk-proj-", long.as_str()),
        ("sk-ant-", "api03-a1B2_c3D4-e5F6g7H8i9J0"),
        ("sk-", &long),
        ("hvs.", &long),
        ("hf_", &long),
        ("glpat-", short),
        ("glrt-", short),
        ("npm_", &long),
        ("pypi-", &long),
        ("dop_v1_", &long),
        ("xoxe.xox", "b-1-a1B2c3D4e5F6g7H8"),
        ("xapp-", "1-A0-12345-a1B2c3D4e5"),
        ("sk_test_", short),
        ("rk_live_", short),
        ("whsec_", &long),
        ("ya29.", &long),
        ("GOCSPX-", "a1B2c3D4e5F6g7H8i9J0k1"),
        ("gsk_", &long),
        ("shpat_", &long),
        ("dapi", "0123456789abcdef0123456789abcdef"),
        ("tskey-", "auth-kA1b2C3-a1B2c3D4e5"),
        ("figd_", &long),
        ("lin_api_", &long),
        (
            "SG.",
            "a1B2c3D4e5F6g7H8i9J0k1.a1B2c3D4e5F6g7H8i9J0k1l2M3n4O5p6Q7r8S9t0u1V",
        ),
        ("ATBB", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4"),
        ("eyJhbGciOiJkaXIifQ.", ".a1B2c3D4e5F6.g7H8i9J0.k1L2m3"),
    ] {
        let text = format!("it was '{beginning}{rest}'.");
        assert_eq!(hide(&text), "it was '(token hidden)'.", "{text}");
    }
}

#[test]
fn addresses_that_anybody_may_post_to_are_hidden() {
    for (before, secret, after) in [
        (
            "https://hooks.slack.com/services/",
            "T0AB/B0CD/a1B2c3D4",
            " said no",
        ),
        ("https://discord.com/api/webhooks/", "123456/a1B2-c3D4", ""),
        (
            "https://shop.webhook.office.com/webhookb2/",
            "1-2@3-4/IncomingWebhook/5/6",
            "\"",
        ),
        (
            "https://api.telegram.org/bot",
            "123456:a1B2c3D4/sendMessage",
            "\n",
        ),
    ] {
        assert_eq!(
            hide(&format!("{before}{secret}{after}")),
            format!("{before}(webhook hidden){after}")
        );
    }
    assert_eq!(
        hide("https://a1B2c3D4e5F6g7H8i9J0@git.example.com/x"),
        "https://(password hidden)@git.example.com/x"
    );
}

#[test]
fn secrets_that_are_given_to_a_program_are_hidden() {
    for (before, after) in [
        (
            "+ deploy --password hunter22 --yes",
            "+ deploy --password (secret hidden) --yes",
        ),
        (
            "deploy --token=a1B2c3D4e5",
            "deploy --token=(secret hidden)",
        ),
        (
            "deploy --api-key 'a1 b2'",
            "deploy --api-key '(secret hidden)'",
        ),
        (
            "curl -u ann:hunter22 https://example.com",
            "curl -u ann:(password hidden) https://example.com",
        ),
        (
            "curl -uann:hunter22 https://example.com",
            "curl -uann:(password hidden) https://example.com",
        ),
        (
            "curl --user \"ann:hunter 22\"",
            "curl --user \"ann:(password hidden)\"",
        ),
        (
            "curl --user=ann:hunter22",
            "curl --user=ann:(password hidden)",
        ),
        (
            "machine example.com login ann password hunter22",
            "machine example.com login ann password (password hidden)",
        ),
        (
            "Authorization: token a1B2c3D4e5F6g7H8",
            "Authorization: token (token hidden)",
        ),
        ("X-Api-Key: a1B2c3D4e5", "X-Api-Key: (secret hidden)"),
    ] {
        assert_eq!(hide(before), after);
    }
}

#[test]
fn what_a_reader_needs_stays_readable() {
    for text in [
        "test auth::test_token_refresh ... FAILED",
        "test_token_refresh: passed in 12345678 ms",
        "auth::rejects_a_wrong_password: assertion failed",
        "let token = lexer.next_token();",
        "token = Token::Identifier2",
        "unexpected token: identifier_expected",
        "unexpected token: src/lexer2.rs:88:12",
        "error: token: Expected `}` at 12345678",
        "NPM_TOKEN=$NPM_TOKEN, NODE_AUTH_TOKEN=${NPM_TOKEN}, X_SECRET=$(cat)",
        "DB_SECRET=arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-a1B2c3",
        "PASSWORD=********",
        "PWD=/codebuild/output/src123/src",
        "cache key: v1-npm-9f86d081884c7d659a2feaa0",
        "CACHE_KEY=v1-npm-9f86d081884c7d659a2feaa0",
        "the option --password is missing, --token needs a value",
        "usage: deploy --password PASSWORD --token <token> --secret [secret]",
        "docker run -u 1000:1000 --user root image",
        "sort -u, git push -u origin topic",
        "risk-proj-a1B2c3D4e5F6g7H8i9J0 and task-ant-colony-optimisation-2026",
        "MSG.received.twice and half_a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4",
        "https://hooks.slack.com/services/ is where they go",
        "see https://ann@git.example.com/x",
        "<div>token</div> and <password>short</password>",
        "-----END CERTIFICATE-----",
    ] {
        assert_eq!(hide(text), text);
    }
}

#[test]
fn the_rest_of_a_private_key_is_hidden_where_its_beginning_was_cut_off() {
    let text = "Abc=\nMIIEow/+\nAbc=\n-----END RSA PRIVATE KEY-----\nend of the log";
    assert_eq!(hide(text), "(private key hidden)\nend of the log");
    let text = "line one\nMIIEow/+\n-----END PRIVATE KEY-----";
    assert_eq!(hide(text), "line one\n(private key hidden)");
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
        "--password ",
        "--password=",
        "-u a:",
        "curl -ua",
        "login password",
        "=>",
        "<token>",
        "sk-",
        "hooks.slack.com/services/",
        "-----END RSA PRIVATE KEY-----",
        "MII\n-----END ",
        "aaaa\n",
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
                    "0123456789abcdef0123456789", "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00", "\u{202e}", "é", "--token ", "-u ann:hunter22", "NPM_TOKEN=",
                    "hooks.slack.com/services/T0/B0", "sk-proj-a1B2c3D4e5F6g7H8i9J0", "login ann password ", "-----END RSA PRIVATE KEY-----",
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

#[test]
fn a_name_and_its_value_in_two_members_are_read_together() {
    for (text, hidden) in [
        (
            r#"{"name": "DB_PASSWORD", "value": "KvSecret64x"}"#,
            r#"{"name": "DB_PASSWORD", "value": "(secret hidden)"}"#,
        ),
        (
            r#"[{"value":"hunter22","name":"API_TOKEN"},{"name":"LANG","value":"en_US"}]"#,
            r#"[{"value":"(secret hidden)","name":"API_TOKEN"},{"name":"LANG","value":"en_US"}]"#,
        ),
        (
            r#"{"Name": "/shop/db", "Type": "SecureString", "Value": "abcdEFGH1"}"#,
            r#"{"Name": "/shop/db", "Type": "SecureString", "Value": "(secret hidden)"}"#,
        ),
        (
            "- name: LANG\n  value: en_US\n- name: DB_PASSWORD\n  value: KvSecret64x\n- name: MODE\n  value: fast\n",
            "- name: LANG\n  value: en_US\n- name: DB_PASSWORD\n  value: (secret hidden)\n- name: MODE\n  value: fast\n",
        ),
    ] {
        assert_eq!(hide(text), hidden);
        assert_eq!(hide(hidden), hidden);
    }
}

#[test]
fn passwords_by_other_spellings_and_on_the_next_line_are_hidden() {
    for (text, hidden) in [
        ("DB_PASS=PassSecret84x", "DB_PASS=(secret hidden)"),
        (
            "export foo-pass='PassSecret84x'",
            "export foo-pass='(secret hidden)'",
        ),
        (
            "client_secret:\n  aX9bcdEf12\n",
            "client_secret:\n  (secret hidden)\n",
        ),
        (
            "password: |\n  aX9bcdEf12\nuser: ann\n",
            "password: |\n  (secret hidden)\nuser: ann\n",
        ),
    ] {
        assert_eq!(hide(text), hidden);
    }
    for harmless in [
        "the compass=northwestern9",
        "password:\nuser: annabella1\n",
        "{\"value\": \"12345678\", \"name\": \"count\"}",
        "expected value: 12345678, got the name: password",
    ] {
        assert_eq!(hide(harmless), harmless);
    }
}
