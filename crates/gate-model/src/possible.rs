//! What can happen next within the bound.
//!
//! What nobody looks at yet may as well happen later: builds end, and titles and destinations change, and late calls take effect, only when a handler's
//! next call sees it, or when nobody is at work. This loses no order that anybody could tell from another.

use crate::{
    actions::{Action, Fault, Person, Strange},
    bound::{Kinds, REVISIONS, SWEEPS, TIPS, Talk},
    calls::Call,
    conversation::{COMMENTS, Wish},
    shell,
    world::{
        Actor, At, Build, BuildState, Comment, InFlight, Request, Run, RunId, Status, Title, Truth,
        View, World,
    },
};

/// Who is at work, and what each asks for next.
struct AtWork {
    calls: Vec<(Actor, Option<Call>)>,
    quiet: bool,
}

impl AtWork {
    /// Whether the next call of somebody is such a one, or nobody is at work.
    fn anybody(&self, sees: impl Fn(Actor, Call) -> bool) -> bool {
        let mut calls = self.calls.iter();
        self.quiet || calls.any(|(actor, call)| call.is_some_and(|call| sees(*actor, call)))
    }
}

impl World {
    /// Everything that can happen now.
    pub fn possible(&self, actions: &mut Vec<Action>) {
        if self.broken.too_many_runs {
            return;
        }
        if let Some(run) = self.released() {
            actions.push(Action::Step(Actor::Run(run)));
            return;
        }
        let calls: Vec<_> = self
            .actors()
            .map(|actor| (actor, self.next_call(actor)))
            .collect();
        let quiet = calls.is_empty();
        let at_work = AtWork { calls, quiet };
        let steps = at_work.calls.iter().map(|(actor, _)| *actor);
        actions.extend(
            steps
                .filter(|actor| self.may_step(*actor))
                .map(Action::Step),
        );
        let late = (0..).zip(&self.in_flight);
        let late = late.filter(|(_, late)| self.can_be_told(late.call, &at_work));
        actions.extend(late.map(|(place, _)| Action::Land(place)));
        if self.is_quiet() && !self.settled && self.quiet_sweeps < SWEEPS {
            actions.push(Action::Sweep);
        }
        self.endings(&at_work, actions);
        let sees_room = |_, call| call == Call::ReadOthers;
        if self.crowded && at_work.anybody(sees_room) {
            actions.push(Action::MakeRoom);
        }
        if self.budget.allows_person() && self.live.open {
            self.people(&at_work, actions);
        }
        if self.budget.allows_fault() {
            for (actor, call) in &at_work.calls {
                self.faults_of(*actor, *call, actions);
            }
            self.faults_of_events(actions);
            self.strange_runs(&at_work, actions);
            let place = u8::from(self.sweeps[0].is_some());
            let is_free = self.sweeps[usize::from(place)].is_none();
            if is_free && !quiet && self.may_answer_wrongly(Actor::Sweep(place)) {
                actions.push(Action::Fault(Fault::EarlySweep(place)));
            }
        }
        actions.retain(|action| self.budget.kinds.contain(action));
    }

    /// A run that only drops its branch. Where nothing fails and nobody looks for branches, that may as well come first.
    fn released(&self) -> Option<RunId> {
        let looks = |run: &Run| run.status == Status::Running && run.request == Request::Close;
        let first = self.budget.talks() && !self.budget.allows_fault() && self.focus.is_none();
        if !first || self.is_swept() || self.runs.iter().any(looks) {
            return None;
        }
        let mut runs = (0..).zip(&self.runs);
        let released = runs.find(|(_, run)| run.at == At::Release);
        released.map(|(run, _)| run)
    }

    pub(crate) fn actors(&self) -> impl Iterator<Item = Actor> {
        let runs = (0..).zip(&self.runs);
        let runs = runs.filter(|(_, run)| run.status == Status::Running);
        let runs = runs.map(|(id, _)| Actor::Run(id));
        let events = self.events.iter();
        let events = events.map(|delivery| Actor::Router(delivery.event));
        runs.chain(events).chain(
            (0..)
                .zip(&self.sweeps)
                .filter(|(_, sweep)| sweep.is_some())
                .map(|(place, _)| Actor::Sweep(place)),
        )
    }

    /// Whether the bound lets this actor go on: leaving another one in the middle of its calls costs a switch.
    fn may_step(&self, actor: Actor) -> bool {
        self.budget.allows_switch() || self.focus.is_none_or(|focus| focus == actor)
    }

    /// The same for a step that is a fault by itself.
    fn may_answer_wrongly(&self, actor: Actor) -> bool {
        let switches = self.focus.is_some_and(|focus| focus != actor);
        !switches || self.budget.allows_switch() && self.budget.together > 1
    }

    /// Whether it matters that this call takes effect before anything else happens.
    fn can_be_told(&self, call: Call, at_work: &AtWork) -> bool {
        let starts = matches!(call, Call::StartExecution { .. });
        let live = matches!(call, Call::Approve { .. } | Call::Revoke { .. });
        starts || live && self.budget.allows_person() || at_work.anybody(|_, next| next.meets(call))
    }

    fn endings(&self, at_work: &AtWork, actions: &mut Vec<Action>) {
        let mut late = self.in_flight.iter();
        if !late.any(|late| late.call.sees_builds())
            && !at_work.anybody(|_, call| call.sees_builds())
        {
            return;
        }
        for (number, build) in (0..).zip(&self.builds) {
            let calls_are_faster = |late: &InFlight| late.next_build <= number;
            if build.is_complete() || self.in_flight.iter().any(calls_are_faster) {
                continue;
            }
            if build.state == BuildState::Stopping {
                actions.push(Action::EndBuild(number, BuildState::Stopped));
            }
            let truth = build
                .commit
                .map_or(Truth::Green, |commit| self.truth(commit));
            let first = self.budget.rules.rerun() && build.attempt == 1;
            if truth != Truth::Red && !(first && truth == Truth::Flaky) {
                actions.push(Action::EndBuild(number, BuildState::Passed));
            }
            if !truth.passes() || first && truth == Truth::Flaky {
                actions.push(Action::EndBuild(number, BuildState::Failed));
            }
            if self.budget.allows_fault() && build.state == BuildState::Running {
                Self::faults_of_build(number, *build, actions);
            }
        }
    }

    fn people(&self, at_work: &AtWork, actions: &mut Vec<Action>) {
        self.comments(actions);
        let mut may = |person| actions.push(Action::Person(person));
        if self.live.revision < REVISIONS {
            may(Person::Push);
        }
        let sees_tip = |_, call| call == Call::ReadTip;
        if self.tip < TIPS && (self.approves_live() || at_work.anybody(sees_tip)) {
            may(Person::MoveDestination);
        }
        let sees_title = |actor, call| match actor {
            Actor::Run(run) => {
                let prepares = self.runs[usize::from(run)].at == At::Prepare;
                prepares && call == Call::ReadPullRequest
            }
            Actor::Router(_) | Actor::Sweep(_) => false,
        };
        if self.live.title == Title::Plain && at_work.anybody(sees_title) {
            may(Person::EditTitle(Title::SkipTests));
            may(Person::EditTitle(Title::SkipCi));
        }
        let reads = |actor| match actor {
            Actor::Run(run) => matches!(
                self.runs[usize::from(run)].at,
                At::Prepare | At::StartBuilds | At::CheckBuilds
            ),
            Actor::Router(_) | Actor::Sweep(_) => false,
        };
        let mut calls = at_work.calls.iter();
        let lists = |(actor, call): &(Actor, Option<Call>)| {
            *call == Some(Call::ReadBuildsOfProject) && reads(*actor)
        };
        if self.project && calls.any(lists) && !self.builds.iter().any(|build| build.forged) {
            let runs = (0..).zip(&self.runs);
            let tests = runs
                .filter(|(_, run)| matches!(run.request, Request::Gate(_) | Request::Command(..)));
            tests.for_each(|(run, _)| may(Person::Forge(run)));
        }
        // What is said next is said whether or not a comment was there.
        let sees_comment = |_, call| matches!(call, Call::ReadComment { .. });
        let is_there = !matches!(self.live_comment(), Comment::None | Comment::Deleted);
        if is_there && at_work.anybody(sees_comment) {
            may(Person::DeleteComment);
        }
        may(Person::Close);
        if self.approves_live() {
            may(Person::Merge);
        }
    }

    fn comments(&self, actions: &mut Vec<Action>) {
        if self.asked.len() >= COMMENTS {
            return;
        }
        let wishes = self.budget.talk.wishes(&self.asked).iter();
        let wishes = wishes.filter(|(wish, _)| self.is_time_for(*wish));
        actions.extend(wishes.map(|(wish, by)| Action::Person(Person::Ask(*wish, *by))));
    }

    /// Of two commands the first comes where it means most: any one alone may come at any time. A hold is lifted once it is there,
    /// every other second command comes while the first is unanswered.
    fn is_time_for(&self, wish: Wish) -> bool {
        let spoke = self.record.is_some_and(|record| record.verdict.is_some());
        match (self.budget.talk, self.asked.is_empty()) {
            (Talk::Pairs, true) if wish == Wish::Stop => !spoke && !self.builds.is_empty(),
            (Talk::Pairs, true) => spoke,
            (Talk::Pairs, false) => (wish == Wish::Unhold) == (self.replied != 0),
            _ => true,
        }
    }

    fn faults_of(&self, actor: Actor, call: Option<Call>, actions: &mut Vec<Action>) {
        let mut may = |fault| actions.push(Action::Fault(fault));
        let effect = call.filter(|call| call.is_effect());
        if effect.is_some() {
            // A late effect may come at once; only StartBuild's token makes a difference of that.
            if effect
                .is_some_and(|call| matches!(call, Call::StartBuild { .. }) || !call.may_be_late())
            {
                may(Fault::EffectIsUnheard(actor));
            }
            if effect.is_some_and(Call::may_be_late) {
                may(Fault::EffectIsLate(actor));
            }
            if self.is_busy(actor) {
                may(Fault::EffectIsLost(actor));
            }
        }
        if let Some(call) = call.filter(|_| self.may_answer_wrongly(actor)) {
            self.wrong_answers(actor, call, &mut may);
        }
        let Actor::Run(run) = actor else { return };
        let request = self.runs[usize::from(run)].request;
        if self.budget.kinds != Kinds::Deaths || matches!(request, Request::Command(..)) {
            may(Fault::RunDies(run));
        }
        if effect.is_some_and(Call::may_be_late) {
            may(Fault::RunDiesLate(run));
        }
        if shell::caught(self.runs[usize::from(run)].at).is_some() {
            may(Fault::RetriesUsedUp(run));
        }
    }

    fn faults_of_events(&self, actions: &mut Vec<Action>) {
        let mut may = |fault| actions.push(Action::Fault(fault));
        let waiting = self.events.iter();
        for delivery in waiting.filter(|delivery| delivery.log.is_empty()) {
            may(Fault::LoseEvent(delivery.event));
            if delivery.copies == 1 {
                may(Fault::RepeatEvent(delivery.event));
            }
        }
    }

    /// What is started in the middle of a handler's calls may as well be started before or after them, unless the handler looks for it.
    fn strange_runs(&self, at_work: &AtWork, actions: &mut Vec<Action>) {
        let looks = |_, call: Call| call.sees_executions();
        if !self.live.open || self.focus.is_some() && !at_work.anybody(looks) {
            return;
        }
        let mut may = |strange| actions.push(Action::Fault(Fault::StrangeRun(strange)));
        may(Strange::Destination);
        may(Strange::GaveUp);
        may(Strange::Waits);
        if self.live.revision > 1 {
            may(Strange::Source);
        }
    }

    fn faults_of_build(number: u8, build: Build, actions: &mut Vec<Action>) {
        let mut may = |fault| actions.push(Action::Fault(fault));
        for state in [
            BuildState::Fault,
            BuildState::TimedOut,
            BuildState::Stopped,
            BuildState::Lost,
        ] {
            may(Fault::BreakBuild(number, state));
        }
        if build.commit.is_some() {
            may(Fault::WrongCommit(number));
        }
    }

    fn wrong_answers(&self, actor: Actor, call: Call, may: &mut impl FnMut(Fault)) {
        match call {
            Call::ReadPullRequest => {
                for older in self.older_views() {
                    may(Fault::StaleRead(actor, older));
                }
            }
            Call::ReadTip if self.tip > 1 => may(Fault::StaleTip(actor)),
            Call::StartBuild { run, .. } => may(Fault::NoCapacity(run)),
            Call::DeleteProject if !self.builds.iter().all(Build::is_complete) => {
                may(Fault::ProjectBusy(actor));
            }
            _ => {}
        }
    }

    /// What GetPullRequest may have answered before.
    fn older_views(&self) -> Vec<View> {
        let mut older = Vec::new();
        if !self.live.open {
            older.push(View {
                open: true,
                merged: None,
                ..self.live
            });
        }
        if self.live.revision > 1 {
            older.push(View {
                revision: self.live.revision - 1,
                open: true,
                merged: None,
                title: self.live.title,
            });
        }
        older
    }
}
