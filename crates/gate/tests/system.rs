//! The system as stories and benches use it: started, used over its port, started again.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail by panicking")]

use aws_sdk_codecommit::Client as CodeCommit;
use gate::system::{Options, System};
use gate_core::{id::RepositoryName, settings::RepositorySettings};
use local_aws::Settings;

async fn start(folder: &tempfile::TempDir) -> System {
    System::start(Options::new(Settings::new(folder.path())))
        .await
        .unwrap()
}

async fn create_repository(system: &System, name: &str) {
    let codecommit = CodeCommit::new(&system.config_as("ann"));
    codecommit
        .create_repository()
        .repository_name(name)
        .send()
        .await
        .unwrap();
}

async fn settings(system: &System, name: &str) -> Option<RepositorySettings> {
    let clients = system.clients_as("ann");
    let parameter = clients.names().settings(&RepositoryName::new(name));
    clients.parameters.get(&parameter).await.unwrap()
}

#[tokio::test]
async fn a_repository_that_appears_is_gated_without_being_told() {
    let folder = tempfile::tempdir().unwrap();
    let system = start(&folder).await;
    create_repository(&system, "shop.api").await;
    assert_eq!(settings(&system, "shop.api").await, None);
    system.sweep().await.unwrap();
    let settings = settings(&system, "shop.api").await.unwrap();
    assert_eq!(
        settings.clone_url,
        format!("{}/v1/repos/shop.api", system.url())
    );
    assert_eq!(
        settings.build_role,
        "arn:aws:iam::000000000000:role/mergegate-build"
    );
    assert_eq!(settings.destinations, Vec::<String>::new());
    system.shut_down().await;
}

#[tokio::test]
async fn a_restart_keeps_what_was_set_by_hand_and_follows_the_port() {
    let folder = tempfile::tempdir().unwrap();
    let system = start(&folder).await;
    create_repository(&system, "shop").await;
    system.sweep().await.unwrap();
    let mut by_hand = settings(&system, "shop").await.unwrap();
    by_hand.destinations = vec!["release".to_owned()];
    let clients = system.clients_as("ann");
    let parameter = clients.names().settings(&RepositoryName::new("shop"));
    clients.parameters.put(&parameter, &by_hand).await.unwrap();
    drop(clients);
    let before = system.url();
    system.shut_down().await;
    drop(system);

    let system = start(&folder).await;
    assert_ne!(system.url(), before);
    by_hand.clone_url = format!("{}/v1/repos/shop", system.url());
    assert_eq!(settings(&system, "shop").await, Some(by_hand));
    system.shut_down().await;
}

#[tokio::test]
async fn only_the_gates_role_is_in_the_pool_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings::new(folder.path());
    let options = Options {
        service: "guard".to_owned(),
        ..Options::new(settings)
    };
    let system = System::start(options).await.unwrap();
    let role = "arn:aws:sts::000000000000:assumed-role/guard-reporter-us-east-1";
    assert_eq!(system.reporter_arn(), format!("{role}/guard-reporter"));
    assert_eq!(system.approval_pool_member(), format!("{role}/*"));
    system.shut_down().await;
}
