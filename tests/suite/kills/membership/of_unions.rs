//! What a writer asks for of unions and employers with whom members are.

use rand::{Rng, seq::IndexedRandom};
use unionhall_proto::registry::v1::{
    AffiliateUnionRequest, Approval, CloseEmployerRequest, CreateEmployerRequest,
    CreateUnionRequest, DissolveUnionRequest, MembershipOutcome, MergeUnionsRequest, Union,
    UnionDecision, membership_outcome::Outcome, union::EndReason,
};
use unionhall_tests::samples;

use super::{
    calls::Call,
    choices::{Chooser, DAYS},
    deed::{Deed, Operation},
};

/// Unions end on one of the last days.
const LAST_DAYS: i32 = 6;

impl Chooser<'_> {
    pub(super) fn found(&mut self) -> Operation {
        let serial = self.serial();
        let superior = self.papers.federations.choose(self.random).cloned().unwrap_or_default();
        let request = CreateUnionRequest {
            union: Some(Union {
                display_name: samples::union_name(serial),
                seat: Some(samples::address(samples::community(serial), serial)),
                superior,
                ..samples::joint(0)
            }),
            effective_date: Some(samples::day(2010, 1, 1)),
            ..CreateUnionRequest::default()
        };
        self.operation(Deed::Found, "", Call::Found(Box::new(request)))
    }

    pub(super) fn merge_unions(&mut self) -> Operation {
        let (name, source) = (self.union(), self.union());
        let number = self.random.random_range(0..LAST_DAYS);
        let request = MergeUnionsRequest {
            name: name.clone(),
            sources: vec![source],
            decision: self.decision(),
            effective_date: self.day(number),
            ..MergeUnionsRequest::default()
        };
        self.operation(Deed::MergeUnions, &name, Call::MergeUnions(request))
    }

    /// Its members are retained at another union, or leave with it.
    pub(super) fn dissolve(&mut self) -> Operation {
        let (name, keeper) = (self.union(), self.union());
        let number = self.random.random_range(0..LAST_DAYS);
        let (reason, membership) = if self.random.random_range(0..4) == 0 {
            let outcome = Outcome::ToSuccessor.into();
            (EndReason::MergedElsewhere, MembershipOutcome { outcome, union: String::new() })
        } else {
            let outcome = Outcome::Retained.into();
            (EndReason::Other, MembershipOutcome { outcome, union: keeper })
        };
        let request = DissolveUnionRequest {
            name: name.clone(),
            effective_date: self.day(number),
            reason: reason.into(),
            decision: self.decision(),
            membership: Some(membership),
            ..DissolveUnionRequest::default()
        };
        self.operation(Deed::Dissolve, &name, Call::Dissolve(request))
    }

    pub(super) fn affiliate(&mut self) -> Operation {
        let name = self.union();
        let superior = self.papers.federations.choose(self.random).cloned().unwrap_or_default();
        let number = self.random.random_range(0..DAYS);
        let request = AffiliateUnionRequest {
            name: name.clone(),
            superior,
            effective_date: self.day(number),
            ..AffiliateUnionRequest::default()
        };
        self.operation(Deed::Affiliate, &name, Call::Affiliate(request))
    }

    pub(super) fn enter_employer(&mut self) -> Operation {
        let employer = Some(samples::employer(self.serial()));
        let request = CreateEmployerRequest { employer, ..CreateEmployerRequest::default() };
        self.operation(Deed::Enter, "", Call::Enter(request))
    }

    pub(super) fn close_employer(&mut self) -> Operation {
        let name = self.papers.employers.choose(self.random).cloned().unwrap_or_default();
        let number = self.random.random_range(0..DAYS);
        let request = CloseEmployerRequest {
            name: name.clone(),
            effective_date: self.day(number),
            ..CloseEmployerRequest::default()
        };
        self.operation(Deed::Close, &name, Call::Close(request))
    }

    fn decision(&self) -> Option<UnionDecision> {
        let approval = Approval { body: "某某总工会".to_owned(), number: "1号".to_owned() };
        let approval = Some(approval);
        let decided_on = self.day(DAYS - 1);
        Some(UnionDecision { approval, decided_on, ..UnionDecision::default() })
    }
}
