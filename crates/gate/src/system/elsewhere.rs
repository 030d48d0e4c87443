//! Services that somebody else's emulator has. The gate's functions ask them there, and nothing else about them changes.
//!
//! Such an emulator sends no events here, so where CodeCommit is elsewhere the gate looks for itself.

use std::collections::BTreeMap;

/// What can be elsewhere, by the end of `AWS_ENDPOINT_URL_…`.
const CAN_BE: [&str; 5] = ["CLOUDWATCH_LOGS", "CODEBUILD", "CODECOMMIT", "S3", "SSM"];
/// What runs the gate, and is here.
const IS_HERE: [&str; 3] = ["EVENTBRIDGE", "LAMBDA", "SFN"];

/// Endpoints of services that are not this one's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Elsewhere(BTreeMap<String, String>);

impl Elsewhere {
    /// What the variables `AWS_ENDPOINT_URL_…` say; the error says which of them cannot be.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let named = |service: &&str| {
            let name = format!("AWS_ENDPOINT_URL_{service}");
            let value = variable(&name).filter(|value| !value.is_empty())?;
            Some(((*service).to_owned(), name, value))
        };
        if let Some((_, name, _)) = IS_HERE.iter().find_map(&named) {
            return Err(format!(
                "{name} is set, and the gate's rules, functions and state machine can only run here"
            ));
        }
        let mut endpoints = BTreeMap::new();
        for (service, name, value) in CAN_BE.iter().filter_map(&named) {
            let address = value.trim_end_matches('/');
            let place = address.strip_prefix("http://").unwrap_or_default();
            let port = place.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(_))) || place.contains(['/', '@', '?', '#']) {
                return Err(format!("{name} is `{value}`: write http://HOST:PORT"));
            }
            endpoints.insert(service, address.to_owned());
        }
        Ok(Self(endpoints))
    }

    /// Without those that are at `own` address after all.
    #[must_use]
    pub(super) fn but(mut self, own: &str) -> Self {
        self.0.retain(|_, endpoint| endpoint != own);
        self
    }

    /// Where CodeCommit is, if not here.
    pub(super) fn code(&self) -> Option<&str> {
        self.0.get("CODECOMMIT").map(String::as_str)
    }

    /// Where parameters are, if not here.
    pub(super) fn parameters(&self) -> Option<&str> {
        self.0.get("SSM").map(String::as_str)
    }

    /// All of them, as [`gate_aws::config::local_but`] takes them.
    pub fn endpoints(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &'static str, value: &'static str) -> Result<Elsewhere, String> {
        Elsewhere::read(|asked| (asked == name).then(|| value.to_owned()))
    }

    #[test]
    fn a_service_is_where_its_variable_says() {
        let elsewhere = read("AWS_ENDPOINT_URL_CODECOMMIT", "http://localhost:5000/").unwrap();
        assert_eq!(elsewhere.code(), Some("http://localhost:5000"));
        assert_eq!(elsewhere.parameters(), None);
        assert_eq!(elsewhere.but("http://localhost:5000"), Elsewhere::default());
        assert_eq!(
            read("AWS_ENDPOINT_URL_SSM", "").unwrap(),
            Elsewhere::default()
        );
        assert_eq!(
            read("AWS_ENDPOINT_URL", "http://x:1").unwrap(),
            Elsewhere::default()
        );
    }

    #[test]
    fn refuses_addresses_it_cannot_use_and_services_that_are_here() {
        for value in [
            "https://x:1",
            "http://x",
            "x:1",
            "http://x:1/path",
            "http://a@x:1",
        ] {
            assert_eq!(
                read("AWS_ENDPOINT_URL_CODECOMMIT", value).unwrap_err(),
                format!("AWS_ENDPOINT_URL_CODECOMMIT is `{value}`: write http://HOST:PORT")
            );
        }
        let here = read("AWS_ENDPOINT_URL_SFN", "http://x:1").unwrap_err();
        assert_eq!(
            here,
            "AWS_ENDPOINT_URL_SFN is set, and the gate's rules, functions and state machine can only run here"
        );
    }
}
