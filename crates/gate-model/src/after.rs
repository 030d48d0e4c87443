//! The world after an action.

use crate::{
    actions::{Action, Fault, Person, Strange},
    calls::{Answer, Call, number, slot},
    replay::Stop,
    shell::{self, Ended},
    world::{
        Actor, At, BuildState, Comment, Commit, Event, InFlight, Request, RunId, STRANGE_TIP,
        Status, Truth, World,
    },
};

impl World {
    /// What the actor's handler asks for next.
    pub fn next_call(&self, actor: Actor) -> Option<Call> {
        let mut log = self.log(actor)?.clone();
        match shell::resume(self, actor, &mut log) {
            Err(Stop::Ask(call)) => Some(call),
            _ => None,
        }
    }

    /// The world after an action.
    #[must_use]
    pub fn after(&self, action: Action) -> Self {
        let mut world = self.clone();
        match action {
            Action::Step(actor) => world.step(actor, None),
            Action::EndBuild(number, state) => world.end_build(number, state),
            Action::Land(place) => {
                let late = world.in_flight.remove(usize::from(place));
                world.land(late.call);
            }
            Action::MakeRoom => {
                world.crowded = false;
                world.emit_look();
            }
            Action::Sweep => {
                world.sweeps[0] = Some(Vec::new());
                world.disturbed = false;
                world.quiet_sweeps += 1;
            }
            Action::Person(person) => {
                world.budget.spend(|budget| &mut budget.people);
                world.disturb();
                world.person(person);
            }
            Action::Fault(fault) => {
                world.budget.spend(|budget| &mut budget.faults);
                world.faulted = true;
                world.disturb();
                world.fault(fault);
            }
        }
        if let Some(focus) = world.focus
            && !world.is_busy(focus)
        {
            world.focus = None;
        }
        world
    }

    /// An actor's next call, answered by the world or by `instead`.
    fn step(&mut self, actor: Actor, instead: Option<Answer>) {
        if self.focus.is_some_and(|focus| focus != actor) {
            self.budget.spend(|budget| &mut budget.switches);
            self.interrupted = true;
        }
        self.focus = Some(actor);
        let Some(mut log) = self.log(actor).cloned() else {
            return;
        };
        let mut handled = shell::resume(self, actor, &mut log);
        if let Err(Stop::Ask(call)) = handled {
            let answer = instead.unwrap_or_else(|| self.perform(call));
            log.push(answer);
            handled = shell::resume(self, actor, &mut log);
        }
        match handled {
            Err(Stop::Ask(_)) => self.set_log(actor, log),
            Err(Stop::Fail) => self.failed(actor),
            Err(Stop::Refuse) => self.refused(actor),
            Ok(ended) => self.ended(actor, ended),
        }
    }

    fn set_log(&mut self, actor: Actor, log: Vec<Answer>) {
        match actor {
            Actor::Run(id) => self.runs[usize::from(id)].log = log,
            Actor::Router(event) => {
                let delivery = self.events.iter_mut();
                for delivery in delivery.filter(|delivery| delivery.event == event) {
                    delivery.log.clone_from(&log);
                }
            }
            Actor::Sweep(place) => self.sweeps[usize::from(place)] = Some(log),
        }
    }

    /// A run's step is retried; the router is called three times with an event, then it is a dead letter; the schedule
    /// comes again anyway.
    fn failed(&mut self, actor: Actor) {
        match actor {
            Actor::Run(_) => self.set_log(actor, Vec::new()),
            Actor::Router(event) => {
                for delivery in &mut self.events {
                    if delivery.event == event {
                        delivery.failures += 1;
                        delivery.log.clear();
                    }
                }
                self.events.retain(|delivery| delivery.failures < 3);
            }
            Actor::Sweep(place) => self.sweeps[usize::from(place)] = None,
        }
    }

    /// A run's step is not retried.
    fn refused(&mut self, actor: Actor) {
        match actor {
            Actor::Run(run) => self.catch(run),
            Actor::Router(_) | Actor::Sweep(_) => self.failed(actor),
        }
    }

    /// A run's step fails for good.
    fn catch(&mut self, run: RunId) {
        match shell::caught(self.runs[usize::from(run)].at) {
            Some(At::Ended) => self.end(run, Status::Succeeded),
            None => self.end(run, Status::Died),
            Some(at) => {
                let run = &mut self.runs[usize::from(run)];
                run.at = at;
                run.log = Vec::new();
            }
        }
    }

    fn ended(&mut self, actor: Actor, ended: Ended) {
        self.land_all_of(actor);
        match (actor, ended) {
            (Actor::Run(id), Ended::Run(At::Ended, _)) => {
                let explained = self.runs[usize::from(id)].at == At::Explain;
                let status = if explained {
                    Status::Died
                } else {
                    Status::Succeeded
                };
                self.end(id, status);
            }
            (Actor::Run(id), Ended::Run(At::RunFailed, _)) => self.end(id, Status::Died),
            (Actor::Run(id), Ended::Run(at, memory)) => {
                let run = &mut self.runs[usize::from(id)];
                run.at = at;
                run.tip = memory.tip.unwrap_or(run.tip);
                run.memory = memory;
                run.log = Vec::new();
            }
            (Actor::Router(event), _) => {
                for delivery in &mut self.events {
                    if delivery.event == event {
                        delivery.copies -= 1;
                        delivery.failures = 0;
                        delivery.log.clear();
                    }
                }
                self.events.retain(|delivery| delivery.copies > 0);
            }
            (Actor::Sweep(place), _) => {
                self.sweeps[usize::from(place)] = None;
                self.settled = !self.disturbed && self.is_quiet();
            }
            (Actor::Run(_), Ended::Router) => {}
        }
    }

    fn leave_in_flight(&mut self, actor: Actor) {
        let call = self.next_call(actor);
        self.in_flight.extend(call.map(|call| InFlight {
            caller: actor,
            call,
            next_build: number(self.builds.len()),
        }));
    }

    /// A retry comes after the time-out of the call before it, and takes its time: once it is done, that call has taken
    /// effect. The calls of a dead run have no such end.
    fn land_all_of(&mut self, actor: Actor) {
        let (landing, others): (Vec<InFlight>, _) =
            self.in_flight.iter().partition(|late| late.caller == actor);
        self.in_flight = others;
        for late in landing {
            self.land(late.call);
        }
    }

    fn end_build(&mut self, number: u8, state: BuildState) {
        let quiet = self.actors().next().is_none();
        let rerun = self.budget.rules.rerun();
        let build = &mut self.builds[usize::from(number)];
        let ran_on = build.state == BuildState::Running;
        build.state = state;
        let (commit, first) = (build.commit, build.attempt == 1);
        let truth = match state {
            BuildState::Passed if rerun && !first => Truth::Flaky,
            BuildState::Passed => Truth::Green,
            // The next build tells.
            BuildState::Failed if rerun && first => return,
            BuildState::Failed => Truth::Red,
            _ => return,
        };
        let raced = self.interrupted && self.live.revision > 1;
        let alone = quiet && !self.faulted && !raced && self.is_spoken_for();
        self.broken.not_stopped |= ran_on && alone && self.live.open && self.is_stopped();
        if let Some(commit) = commit {
            self.settle_truth(commit, truth);
        }
    }

    fn person(&mut self, person: Person) {
        let closing = matches!(person, Person::Close | Person::Merge);
        match person {
            Person::Push => self.live.revision += 1,
            Person::MoveDestination => {
                self.tip += 1;
                self.emit_look();
                return;
            }
            Person::EditTitle(title) => {
                self.live.title = title;
                return;
            }
            Person::Ask(wish, by) => {
                self.ask(wish, by);
                return;
            }
            Person::Forge(run) => {
                self.forge(run);
                return;
            }
            Person::DeleteComment => {
                self.comments[slot(self.live.revision)] = Comment::Deleted;
                return;
            }
            Person::Close => self.live.open = false,
            Person::Merge => {
                self.live.open = false;
                self.live.merged = Some(Commit {
                    revision: self.live.revision,
                    tip: self.tip,
                });
            }
        }
        self.emit(Event::PullRequest {
            revision: self.live.revision,
            closed: closing,
        });
    }

    /// Nobody hears of a comment any more.
    fn forget(&mut self, event: Event) {
        let comment = match event {
            Event::Comment(comment) => Some(comment),
            Event::Died(run) => match self.runs[usize::from(run)].request {
                Request::Command(_, comment) => Some(comment),
                _ => None,
            },
            Event::PullRequest { .. } | Event::Look => None,
        };
        self.unheard |= comment.map_or(0, |comment| 1 << comment);
    }

    /// Somebody starts an execution: a wish that nobody has checked.
    fn strange_run(&mut self, strange: Strange) {
        let live = Commit {
            revision: self.live.revision,
            tip: self.tip,
        };
        let request = match strange {
            Strange::Destination => Request::Gate(Commit {
                tip: STRANGE_TIP,
                ..live
            }),
            Strange::Source => Request::OlderSource(live),
            Strange::GaveUp => Request::Say(live, None),
            Strange::Waits => Request::Defer(live),
        };
        let free = (1..u8::MAX).find(|attempt| !self.is_taken(request, *attempt));
        if let Some(attempt) = free {
            self.perform(Call::StartExecution { request, attempt });
        }
    }

    fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::EffectIsLost(actor) => self.set_log(actor, Vec::new()),
            Fault::EffectIsUnheard(actor) => {
                if let Some(call) = self.next_call(actor) {
                    self.perform(call);
                }
                self.set_log(actor, Vec::new());
            }
            Fault::EffectIsLate(actor) => {
                self.leave_in_flight(actor);
                self.set_log(actor, Vec::new());
            }
            Fault::NoCapacity(run) => self.step(Actor::Run(run), Some(Answer::NoCapacity)),
            Fault::ProjectBusy(actor) => self.step(actor, Some(Answer::BuildsRunning)),
            Fault::StaleRead(actor, view) => self.step(actor, Some(Answer::PullRequest(view))),
            Fault::StaleTip(actor) => self.step(actor, Some(Answer::Tip(self.tip - 1))),
            Fault::RetriesUsedUp(run) => self.catch(run),
            Fault::RunDies(run) => self.end(run, Status::Died),
            Fault::RunDiesLate(run) => {
                self.leave_in_flight(Actor::Run(run));
                self.end(run, Status::Died);
            }
            Fault::LoseEvent(event) => {
                self.forget(event);
                self.events.retain(|delivery| delivery.event != event);
            }
            Fault::RepeatEvent(event) => {
                let same = self.events.iter_mut();
                for delivery in same.filter(|delivery| delivery.event == event) {
                    delivery.copies += 1;
                }
            }
            Fault::BreakBuild(number, state) => {
                self.unlucky = true;
                self.builds[usize::from(number)].state = state;
            }
            Fault::WrongCommit(number) => {
                self.unlucky = true;
                self.builds[usize::from(number)].commit = None;
            }
            Fault::StrangeRun(strange) => self.strange_run(strange),
            Fault::EarlySweep(place) => {
                self.sweeps[usize::from(place)] = Some(Vec::new());
                self.step(Actor::Sweep(place), None);
            }
        }
    }
}
