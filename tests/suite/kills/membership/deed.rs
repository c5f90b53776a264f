//! What writers do, what is known of each operation, and how the feed shows it.

use uuid::Uuid;

use super::calls::Call;

/// What a writer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Deed {
    Create,
    /// One of two clerks who enter one person at one time.
    CreateBeside,
    Apply,
    AdmitApplicant,
    RefuseApplicant,
    TakeBackApplication,
    AdmitAgain,
    /// One of two clerks who take one person in again at one time.
    AdmitBeside,
    ComeIn,
    Transfer,
    AcceptTransfer,
    RefuseTransfer,
    CancelTransfer,
    Retain,
    Resume,
    Withdraw,
    DeemWithdrawn,
    Expel,
    LeaveFor,
    Die,
    Mobile,
    Employment,
    WorkerGroup,
    Correct,
    MergeMembers,
    Unmerge,
    Confirm,
    ConfirmUnion,
    Found,
    MergeUnions,
    Dissolve,
    Affiliate,
    Enter,
    Close,
}

impl Deed {
    /// Every one.
    pub(super) const ALL: [Self; 34] = [
        Self::Create,
        Self::CreateBeside,
        Self::Apply,
        Self::AdmitApplicant,
        Self::RefuseApplicant,
        Self::TakeBackApplication,
        Self::AdmitAgain,
        Self::AdmitBeside,
        Self::ComeIn,
        Self::Transfer,
        Self::AcceptTransfer,
        Self::RefuseTransfer,
        Self::CancelTransfer,
        Self::Retain,
        Self::Resume,
        Self::Withdraw,
        Self::DeemWithdrawn,
        Self::Expel,
        Self::LeaveFor,
        Self::Die,
        Self::Mobile,
        Self::Employment,
        Self::WorkerGroup,
        Self::Correct,
        Self::MergeMembers,
        Self::Unmerge,
        Self::Confirm,
        Self::ConfirmUnion,
        Self::Found,
        Self::MergeUnions,
        Self::Dissolve,
        Self::Affiliate,
        Self::Enter,
        Self::Close,
    ];

    /// The kind of the step that it adds to a membership.
    pub(super) fn step(self) -> Option<&'static str> {
        Some(match self {
            Self::Apply => "APPLIED",
            Self::AdmitApplicant | Self::AdmitAgain | Self::AdmitBeside => "ADMITTED",
            Self::RefuseApplicant => "REFUSED",
            Self::TakeBackApplication => "TAKEN_BACK",
            Self::ComeIn => "TRANSFERRED_IN",
            Self::Transfer => "TRANSFER_ASKED",
            Self::AcceptTransfer => "TRANSFER_ACCEPTED",
            Self::RefuseTransfer => "TRANSFER_REFUSED",
            Self::CancelTransfer => "TRANSFER_CANCELLED",
            Self::Retain => "RETAINED",
            Self::Resume => "RESUMED",
            Self::Withdraw => "WITHDRAWN",
            Self::DeemWithdrawn => "DEEMED_WITHDRAWN",
            Self::Expel => "EXPELLED",
            Self::LeaveFor => "TRANSFERRED_OUT",
            Self::Die => "DECEASED",
            _ => return None,
        })
    }
}

/// One operation, under one request id however often it is sent.
#[derive(Clone, Debug)]
pub(super) struct Operation {
    pub(super) id: Uuid,
    pub(super) deed: Deed,
    pub(super) call: Call,
    /// Common to those of two clerks who do one thing at one time.
    pub(super) race: Option<Uuid>,
    /// The record on which it acts, where there is one.
    pub(super) record: String,
    /// The source of a merge; of a merge that is taken back the record that remained.
    pub(super) other: String,
    /// The versions of both that were known when it was first sent: it makes a later one.
    pub(super) known: [i64; 2],
    /// The number of the document that it enters.
    pub(super) document: String,
    /// Whether it was sent before, and its first answer never came.
    pub(super) sent_before: bool,
}

/// What a change made of a record, as the feed tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Effect {
    Entered,
    /// It was merged into another one.
    Pointed,
    /// It is a record of its own again.
    Restored,
    /// It was confirmed, and nothing else changed.
    Confirmed,
    /// Facts changed, or nothing that shows.
    Changed,
    /// One step more, behind all others.
    Stepped {
        kind: String,
        by_rule: bool,
    },
    /// Several steps more, or some amid others, as what follows the end of a union.
    Put {
        by_rule: bool,
    },
    /// Steps went or changed.
    Rewritten,
}

impl Effect {
    /// Whether the register itself, or a call about others too, can have had it.
    pub(super) fn by_the_way(&self) -> bool {
        matches!(
            self,
            Self::Confirmed | Self::Stepped { by_rule: true, .. } | Self::Put { by_rule: true }
        )
    }
}

/// A version of a record for which an acknowledged write is answerable.
#[derive(Clone, Debug)]
pub(super) struct Wrote {
    pub(super) record: String,
    /// The version itself, or the latest that it can be.
    pub(super) version: i64,
    /// The version behind which it came.
    pub(super) behind: i64,
    pub(super) exact: bool,
    pub(super) deed: Deed,
    /// Whether the record is the one that goes into another, or comes out of it.
    pub(super) source: bool,
}

impl Wrote {
    /// Whether the write can have made this of the record.
    pub(super) fn made(&self, effect: &Effect) -> bool {
        use Effect::{Changed, Confirmed, Entered, Pointed, Put, Restored, Rewritten, Stepped};
        match (self.deed, self.source) {
            (Deed::Create | Deed::CreateBeside, _) => *effect == Entered,
            (Deed::MergeMembers, true) => *effect == Pointed,
            (Deed::Unmerge, true) => *effect == Restored,
            (Deed::MergeMembers | Deed::Unmerge, false) => {
                matches!(effect, Changed | Confirmed | Stepped { .. } | Put { .. } | Rewritten)
            }
            (Deed::Mobile | Deed::Employment | Deed::WorkerGroup | Deed::Correct, _) => {
                matches!(effect, Changed | Confirmed)
            }
            (Deed::Confirm, _) => *effect == Confirmed,
            (deed, _) => {
                matches!(effect, Stepped { kind, .. } if deed.step() == Some(kind.as_str()))
            }
        }
    }
}
