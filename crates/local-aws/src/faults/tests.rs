use super::*;

fn call(operation: &str, caller: &str) -> Call {
    Call {
        service: "codecommit",
        operation: operation.to_owned(),
        caller: caller.to_owned(),
        function: None,
        state: None,
    }
}

const PROGRAM: &str = "arn:aws:sts::000000000000:assumed-role/worker/worker";
const PERSON: &str = "arn:aws:iam::000000000000:user/ann";

/// A thousand calls at both moments; what was spoilt, without waiting.
fn injected(faults: &Faults, call: &Call) -> Injected {
    let victim = Victim::of(call).unwrap();
    for _ in 0..1000 {
        for moment in [Moment::Before, Moment::After] {
            faults.strike(victim, call, moment);
        }
    }
    faults.injected()
}

#[test]
fn the_same_seed_spoils_the_same_calls() {
    let put = call("PutParameter", PROGRAM);
    let first = injected(&Faults::new(7, 0.1), &put);
    assert_eq!(first, injected(&Faults::new(7, 0.1), &put));
    assert_ne!(first, injected(&Faults::new(8, 0.1), &put));
    let rate = first.total();
    assert!((300..500).contains(&rate), "{rate} of 2000");
}

#[test]
fn fewer_kinds_are_the_same_faults_without_the_others() {
    let put = call("PutParameter", PROGRAM);
    let all = injected(&Faults::new(7, 0.1), &put);
    let some = injected(&Faults::new(7, 0.1).only([Fault::EffectLate]), &put);
    assert!(some.total() > 0);
    assert_eq!(some.total(), some.of(Fault::EffectLate));
    assert_eq!(some.of(Fault::EffectLate), all.of(Fault::EffectLate));
}

#[tokio::test]
async fn people_never_suffer_and_programs_do_until_it_is_stopped() {
    let faults = Faults::new(1, 1.0).only([Fault::Throttled, Fault::AnswerLost]);
    let pass = |interference| matches!(interference, Interference::Pass);
    for _ in 0..100 {
        let person = call("PutParameter", PERSON);
        assert!(pass(faults.interfere(&person, Moment::Before).await));
    }
    assert_eq!(faults.injected().total(), 0);
    for moment in [Moment::Before, Moment::After] {
        for _ in 0..100 {
            faults
                .interfere(&call("PutParameter", PROGRAM), moment)
                .await;
        }
    }
    assert!(faults.injected().of(Fault::Throttled) > 0);
    assert!(faults.injected().of(Fault::AnswerLost) > 0);
    faults.stop();
    let before = faults.injected();
    for _ in 0..100 {
        let program = call("PutParameter", PROGRAM);
        assert!(pass(faults.interfere(&program, Moment::Before).await));
    }
    assert_eq!(faults.injected(), before);
}

#[test]
fn the_table_has_a_line_for_each_kind_with_what_it_hit() {
    let faults = Faults::new(7, 0.1).only([Fault::Slow]);
    injected(&faults, &call("StartBuild", PROGRAM));
    let table = faults.injected().to_string();
    let times = faults.injected().of(Fault::Slow);
    let line = format!("{times:>6}  slow                   StartBuild {times}\n");
    assert!(table.contains(&line), "{table}");
    assert!(
        table.contains("     0  event-lost             \n"),
        "{table}"
    );
    assert!(table.ends_with(&format!("{times:>6}  in all")), "{table}");
}

#[test]
fn every_kind_can_befall_somebody_and_be_named() {
    let victims = [
        Victim::Read,
        Victim::LooseRead,
        Victim::Write,
        Victim::Task,
        Victim::Event,
        Victim::Build,
    ];
    let all: BTreeSet<Fault> = victims
        .into_iter()
        .flat_map(|victim| [(victim, Moment::Before), (victim, Moment::After)])
        .flat_map(|(victim, moment)| kind::possible(victim, moment))
        .map(|(fault, _)| *fault)
        .collect();
    assert_eq!(all, Fault::ALL.into());
    for fault in Fault::ALL {
        assert_eq!(fault.word().parse(), Ok(fault));
    }
    let refused: Result<Fault, String> = "gremlins".parse();
    assert_eq!(refused, Err("there is no fault `gremlins`".to_owned()));
}
