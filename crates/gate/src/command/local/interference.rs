//! `--interfere`: ends this process as SIGKILL does, at one API call, so that a test can see what survives.

use std::{
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use gate::system::DEPLOYER;
use local_aws::{Call, Moment};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};

/// `kill:before|after:<operation or state>[:<nth>]`, the first by default.
#[derive(Clone, Debug)]
pub(crate) struct Kill {
    moment: Moment,
    /// An operation such as `StartBuild`, or the state of the state machine that invokes a function.
    place: String,
    nth: u32,
    seen: Arc<AtomicU32>,
}

impl FromStr for Kill {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || "write `kill:before|after:<operation or state>[:<nth>]`".to_owned();
        let mut words = text.split(':');
        if words.next() != Some("kill") {
            return Err(form());
        }
        let moment = match words.next() {
            Some("before") => Moment::Before,
            Some("after") => Moment::After,
            _ => return Err(form()),
        };
        let place = words
            .next()
            .filter(|place| !place.is_empty())
            .ok_or_else(form)?;
        let nth = words.next().map_or(Ok(1), str::parse).map_err(|_| form())?;
        if nth == 0 || words.next().is_some() {
            return Err(form());
        }
        Ok(Self {
            moment,
            place: place.to_owned(),
            nth,
            seen: Arc::default(),
        })
    }
}

impl Kill {
    /// Does not return at the chosen call.
    pub(super) fn look(&self, call: &Call, moment: Moment) {
        if self.strikes(call, moment) {
            let _ = kill(Pid::this(), Signal::SIGKILL);
        }
    }

    fn strikes(&self, call: &Call, moment: Moment) -> bool {
        // What the start of the program does would shift the count from run to run.
        let by_deployment = call.caller.rsplit('/').next() == Some(DEPLOYER);
        let here = call.operation == self.place || call.state.as_ref() == Some(&self.place);
        !by_deployment
            && here
            && moment == self.moment
            && self.seen.fetch_add(1, Ordering::SeqCst) + 1 == self.nth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(operation: &str, state: Option<&str>) -> Call {
        Call {
            service: "lambda",
            operation: operation.to_owned(),
            caller: "arn:aws:iam::000000000000:user/ann".to_owned(),
            function: None,
            state: state.map(str::to_owned),
        }
    }

    #[test]
    fn it_strikes_once_at_the_call_it_names() {
        let kill: Kill = "kill:after:StartBuild:2".parse().unwrap();
        let strikes: Vec<_> = [
            Moment::Before,
            Moment::After,
            Moment::Before,
            Moment::After,
            Moment::After,
        ]
        .into_iter()
        .map(|moment| kill.strikes(&call("StartBuild", None), moment))
        .collect();
        assert_eq!(strikes, [false, false, false, true, false]);
        let kill: Kill = "kill:before:Prepare".parse().unwrap();
        assert!(!kill.strikes(&call("Invoke", Some("Report")), Moment::Before));
        assert!(kill.strikes(&call("Invoke", Some("Prepare")), Moment::Before));
    }

    #[test]
    fn it_passes_over_the_deployment() {
        let kill: Kill = "kill:before:PutParameter".parse().unwrap();
        let mut put = call("PutParameter", None);
        put.caller = "arn:aws:iam::000000000000:user/deployer".to_owned();
        assert!(!kill.strikes(&put, Moment::Before));
        assert!(kill.strikes(&call("PutParameter", None), Moment::Before));
    }

    #[test]
    fn refuses_other_forms() {
        for text in [
            "",
            "kill",
            "kill:now:StartBuild",
            "kill:before:",
            "kill:before:X:0",
            "kill:before:X:1:2",
            "fail:before:X",
        ] {
            assert!(text.parse::<Kill>().is_err(), "{text}");
        }
    }
}
