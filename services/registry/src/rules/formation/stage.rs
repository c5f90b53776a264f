//! Where a case stands on its path.

use crate::rules::union::kind::codes;

codes! {
    /// The stages of the path, in their order (domain reference 2.3).
    Stage {
        /// The employer is known, nothing is done yet.
        Prospect = "PROSPECT",
        /// Somebody spoke with them; may be passed over.
        Contacted = "CONTACTED",
        /// 建会申请.
        ApplicationFiled = "APPLICATION_FILED",
        /// 筹备组批复.
        PreparatoryApproved = "PREPARATORY_APPROVED",
        /// 发展会员.
        Recruiting = "RECRUITING",
        /// 大会请示批复.
        ElectionApproved = "ELECTION_APPROVED",
        /// The founding assembly was held.
        ElectionHeld = "ELECTION_HELD",
        /// 结果报批.
        ResultFiled = "RESULT_FILED",
        /// 批复成立.
        Established = "ESTABLISHED",
        /// 法人登记; may be passed over.
        Registered = "REGISTERED",
        /// Seal, bank account and funds registration are there.
        Active = "ACTIVE",
    }
}

codes! {
    /// The state of a case: a stage of the path, or one beside it.
    State {
        /// See [`Stage::Prospect`].
        Prospect = "PROSPECT",
        /// See [`Stage::Contacted`].
        Contacted = "CONTACTED",
        /// See [`Stage::ApplicationFiled`].
        ApplicationFiled = "APPLICATION_FILED",
        /// See [`Stage::PreparatoryApproved`].
        PreparatoryApproved = "PREPARATORY_APPROVED",
        /// See [`Stage::Recruiting`].
        Recruiting = "RECRUITING",
        /// See [`Stage::ElectionApproved`].
        ElectionApproved = "ELECTION_APPROVED",
        /// See [`Stage::ElectionHeld`].
        ElectionHeld = "ELECTION_HELD",
        /// See [`Stage::ResultFiled`].
        ResultFiled = "RESULT_FILED",
        /// See [`Stage::Established`].
        Established = "ESTABLISHED",
        /// See [`Stage::Registered`].
        Registered = "REGISTERED",
        /// See [`Stage::Active`].
        Active = "ACTIVE",
        /// A joint union covers the employer; nothing follows.
        Covered = "COVERED",
        /// Given up; nothing follows.
        Abandoned = "ABANDONED",
        /// Refused; nothing follows.
        Refused = "REFUSED",
        /// It rests and may go on.
        Suspended = "SUSPENDED",
        /// It ended by itself; nothing follows.
        Ended = "ENDED",
    }
}

impl Stage {
    /// The stages that a case must have passed before it comes to this one from `reached`, in
    /// their order.
    pub fn missing_from(self, reached: Self) -> Vec<Self> {
        let between = |stage: &Self| *stage > reached && *stage < self && !stage.is_optional();
        Self::ALL.iter().copied().filter(between).collect()
    }

    /// Whether the path leads past it too.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Contacted | Self::Registered)
    }

    /// The name of the step that leads to it, as the contract has it.
    pub fn step(self) -> &'static str {
        match self {
            Self::Prospect => "opening",
            Self::Contacted => "contact",
            Self::ApplicationFiled => "application",
            Self::PreparatoryApproved => "preparation",
            Self::Recruiting => "recruitment",
            Self::ElectionApproved => "election_approval",
            Self::ElectionHeld => "election",
            Self::ResultFiled => "result_filing",
            Self::Established => "establishment",
            Self::Registered => "registration",
            Self::Active => "activation",
        }
    }
}

impl State {
    /// The state of a case at this stage.
    pub fn at(stage: Stage) -> Self {
        match stage {
            Stage::Prospect => Self::Prospect,
            Stage::Contacted => Self::Contacted,
            Stage::ApplicationFiled => Self::ApplicationFiled,
            Stage::PreparatoryApproved => Self::PreparatoryApproved,
            Stage::Recruiting => Self::Recruiting,
            Stage::ElectionApproved => Self::ElectionApproved,
            Stage::ElectionHeld => Self::ElectionHeld,
            Stage::ResultFiled => Self::ResultFiled,
            Stage::Established => Self::Established,
            Stage::Registered => Self::Registered,
            Stage::Active => Self::Active,
        }
    }

    /// Whether the formation still goes on: there is no union yet, and the case has not ended. Of
    /// such cases an employer has one.
    pub fn is_open(self) -> bool {
        self < Self::Established || self == Self::Suspended
    }

    /// Whether something is still to be done in it.
    pub fn goes_on(self) -> bool {
        self < Self::Active || self == Self::Suspended
    }

    /// Whether nothing follows, for the case has ended beside its path.
    pub fn has_ended(self) -> bool {
        matches!(self, Self::Covered | Self::Abandoned | Self::Refused | Self::Ended)
    }
}
