//! Client request tokens: the same token with the same parameters is the same request, with others it is a fault.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::input::refuse;
use crate::{
    Caller, ServiceError,
    store::{StoreError, Table, Tables, Transaction},
};

const REQUESTS: Table<Request> = Table::new("codecommit-requests");

#[derive(Serialize, Deserialize)]
struct Request {
    parameters_sha256: String,
    result: String,
}

/// One request's claim to be made once.
pub(crate) struct Token {
    key: String,
    parameters_sha256: String,
}

impl Token {
    /// The claim of `operation` with `parameters` under the client's token; `None` when the client sent none.
    pub(crate) fn new(
        caller: &Caller,
        operation: &str,
        token: Option<&str>,
        parameters: &impl Serialize,
    ) -> Result<Option<Self>, ServiceError> {
        let Some(token) = token else { return Ok(None) };
        if token.is_empty() {
            let message = "clientRequestToken is empty";
            return refuse("InvalidClientRequestTokenException", message);
        }
        let parameters = serde_json::to_vec(parameters).map_err(ServiceError::internal)?;
        Ok(Some(Self {
            key: format!("{operation}/{}/{token}", caller.arn),
            parameters_sha256: sha256(&parameters),
        }))
    }

    /// What the first request under this token made, if it was made before.
    pub(crate) fn earlier(&self, tables: &Tables) -> Result<Option<String>, ServiceError> {
        match tables.get(&REQUESTS, &self.key) {
            None => Ok(None),
            Some(request) if request.parameters_sha256 == self.parameters_sha256 => {
                Ok(Some(request.result))
            }
            Some(_) => refuse(
                "IdempotencyParameterMismatchException",
                "the clientRequestToken was used before with other parameters",
            ),
        }
    }

    /// Notes that the request made `result`.
    pub(crate) fn fulfil(
        &self,
        transaction: &mut Transaction<'_>,
        result: &str,
    ) -> Result<(), StoreError> {
        let request = Request {
            parameters_sha256: self.parameters_sha256.clone(),
            result: result.to_owned(),
        };
        transaction.put(&REQUESTS, &self.key, &request)
    }
}

/// The SHA-256 of `bytes` in hexadecimal digits.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    let digits = |byte: &u8| {
        [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)]))
    };
    Sha256::digest(bytes).iter().flat_map(digits).collect()
}
