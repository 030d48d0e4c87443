use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use serde_json::json;

use super::*;

/// Log lines written so far.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Lines {
    fn read(&self) -> Vec<Value> {
        let bytes = self.0.lock().unwrap().clone();
        let text = String::from_utf8(bytes).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }
}

/// What the caller gets and what is logged for a handler that ends like this.
async fn ends(outcome: Result<Value, GateError>) -> (Result<Value, Diagnostic>, Vec<Value>) {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let answered = answer(&|_| std::future::ready(outcome.clone()), json!({})).await;
    (answered, lines.read())
}

#[tokio::test]
async fn the_handlers_answer_is_the_functions_answer() {
    let handler = |payload: Value| std::future::ready(Ok(json!({ "got": payload })));
    let answered = answer(&handler, json!({ "step": "report" })).await;
    assert_eq!(answered, Ok(json!({ "got": { "step": "report" } })));
}

#[tokio::test]
async fn fails_with_the_word_that_the_state_machine_catches() {
    let (answered, lines) = ends(Err(GateError::NotPermitted {
        service: "CodeBuild",
        operation: "StartBuild",
        message: "no identity-based policy allows it".to_owned(),
    }))
    .await;
    let message = "CodeBuild does not permit StartBuild: no identity-based policy allows it; redeploy the gate, or check the policies around it";
    assert_eq!(
        serde_json::to_value(answered.unwrap_err()).unwrap(),
        json!({ "errorType": "NotPermitted", "errorMessage": message })
    );
    assert_eq!(lines.len(), 1, "a failure is logged once: {lines:?}");
    assert_eq!(lines[0]["level"], "ERROR");
    assert_eq!(
        lines[0]["fields"],
        json!({ "message": "the event failed", "error.word": "NotPermitted", "error.message": message })
    );
}

#[tokio::test]
async fn an_error_that_passes_by_itself_is_a_warning() {
    let (answered, lines) = ends(Err(GateError::ReadsBehind {
        message: "pull request 7 is still shown as open".to_owned(),
    }))
    .await;
    assert_eq!(answered.unwrap_err().error_type, "ReadsBehind");
    assert_eq!(lines[0]["level"], "WARN");
}

#[tokio::test]
async fn a_secret_in_an_error_reaches_neither_the_log_nor_the_caller() {
    let (answered, lines) = ends(Err(GateError::InvalidInput {
        step: "Report".to_owned(),
        message: "it holds `AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY00`"
            .to_owned(),
    }))
    .await;
    let message =
        "the input of `Report` is not usable: it holds `AWS_SECRET_ACCESS_KEY=(secret hidden)`";
    assert_eq!(answered.unwrap_err().error_message, message);
    assert_eq!(lines[0]["fields"]["error.message"], message);
}
