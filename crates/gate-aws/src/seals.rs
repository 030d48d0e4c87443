//! The key that seals what passes between the steps: a secret of the deployment, read once per process.

use std::{
    fmt,
    sync::{Arc, OnceLock},
};

use aws_config::SdkConfig;
use gate_core::{
    error::GateError,
    partition,
    protocol::{Execution, Invocation, Key, State, Step},
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    Deployment, error,
    signed::{Question, Signed, named_endpoint, read_json},
};

const SERVICE: &str = "Secrets Manager";

/// What is asked of Secrets Manager, as IAM calls it.
#[derive(Clone, Copy, Debug)]
enum Ask {
    GetSecretValue,
}

/// The seals of one deployment.
#[derive(Clone)]
pub struct Seals {
    signed: Option<Arc<Signed>>,
    secret: String,
    key: Arc<OnceLock<Key>>,
}

impl fmt::Debug for Seals {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Seals")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    secret_string: Option<String>,
}

impl Seals {
    /// With the key that the deployment names. It is read when it is first needed.
    pub fn new(config: &SdkConfig, deployment: &Deployment) -> Self {
        let region = &deployment.region;
        let endpoint = named_endpoint(config, SERVICE).unwrap_or_else(|| {
            format!(
                "https://secretsmanager.{region}.{}",
                partition::of(region).suffix
            )
        });
        let signed = Signed::new(config, SERVICE, "secretsmanager", endpoint, read_json);
        Self {
            signed: signed.map(Arc::new),
            secret: deployment.seal_secret.clone(),
            key: Arc::default(),
        }
    }

    /// With a key that is known already.
    pub fn known(key: Key) -> Self {
        Self {
            signed: None,
            secret: String::new(),
            key: Arc::new(OnceLock::from(key)),
        }
    }

    /// Reads the payload of a step. A state without seal is refused; Explain gets of it what the run was asked, and no more.
    pub async fn open(&self, payload: Value) -> Result<Invocation, GateError> {
        let opened = Invocation::open(payload.clone(), self.key().await?);
        let Err(GateError::BrokenSeal { step, message }) = &opened else {
            return opened;
        };
        let run = &payload["execution"]["name"];
        tracing::error!(step, run.name = %run, reason = message, "a state without the seal was refused");
        let told = Invocation::parse(payload)?;
        if told.step == Step::Explain {
            return Ok(told.with_request_alone());
        }
        opened
    }

    /// What a step puts out, sealed.
    pub async fn close(&self, execution: &Execution, state: State) -> Result<Value, GateError> {
        Ok(state.sealed(execution, self.key().await?))
    }

    /// The key.
    pub async fn key(&self) -> Result<&Key, GateError> {
        if let Some(key) = self.key.get() {
            return Ok(key);
        }
        let input = json!({ "SecretId": self.secret });
        let answer = self.ask(Ask::GetSecretValue, &input).await?;
        let answer = answer.ok_or_else(|| self.unusable("the secret does not exist"))?;
        let answer: Answer = serde_json::from_slice(&answer)
            .map_err(|fault| error::unreadable(SERVICE, "GetSecretValue", fault.to_string()))?;
        let key = answer.secret_string.as_deref().and_then(Key::new);
        let key = key.ok_or_else(|| self.unusable("the secret is too short for a key"))?;
        Ok(self.key.get_or_init(|| key))
    }

    fn unusable(&self, message: &str) -> GateError {
        GateError::SettingsUnusable {
            parameter: self.secret.clone(),
            message: message.to_owned(),
        }
    }

    async fn ask(&self, ask: Ask, input: &Value) -> Result<Option<Vec<u8>>, GateError> {
        let Some(signed) = &self.signed else {
            return Ok(None);
        };
        let (operation, target) = match ask {
            Ask::GetSecretValue => ("GetSecretValue", "secretsmanager.GetSecretValue"),
        };
        let question = Question {
            operation,
            method: "POST",
            path: "/".to_owned(),
            headers: vec![
                ("content-type", "application/x-amz-json-1.1".to_owned()),
                ("x-amz-target", target.to_owned()),
            ],
            body: input.to_string().into_bytes(),
        };
        signed.ask(question).await
    }
}
