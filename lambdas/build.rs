//! Links the functions at a fixed address: nothing is left to be relocated at a cold start. What that costs stands in
//! `docs/security.md`.

use std::env::var;

fn main() {
    println!("cargo:rerun-if-changed=../build.rs");
    let of_target = |key: &str| var(format!("CARGO_CFG_TARGET_{key}")).unwrap_or_default();
    if of_target("OS") == "linux" && of_target("ENV") == "gnu" {
        println!("cargo:rustc-link-arg-bins=-no-pie");
    }
}
