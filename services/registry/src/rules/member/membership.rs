//! How a person stands to the unions on a day.

use crate::rules::union::UnionId;

/// What a membership is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// A member with dues and vote 会员.
    Active,
    /// The membership is retained 保留会籍.
    Retained,
}

/// A membership 会籍.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Membership {
    /// The union.
    pub union: UnionId,
    /// What it is.
    pub relation: Relation,
    /// Counts the person's memberships from 1; a transfer goes on with one.
    pub number: u16,
}

/// How a person stands to the unions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Nothing happened yet.
    Nobody,
    /// Applied, not decided.
    Applicant {
        /// The union that is to decide.
        union: UnionId,
        /// Memberships before.
        number: u16,
    },
    /// A member.
    Member {
        /// The membership.
        membership: Membership,
        /// The union to which the membership is to pass, once it accepts.
        transfer: Option<UnionId>,
    },
    /// No member any more, or never became one.
    Former {
        /// The last union.
        union: UnionId,
        /// Memberships before.
        number: u16,
        /// Nothing follows.
        dead: bool,
    },
}

impl Standing {
    /// The open membership.
    pub fn membership(self) -> Option<Membership> {
        match self {
            Self::Member { membership, .. } => Some(membership),
            _ => None,
        }
    }

    /// The union through which the person is seen.
    pub fn union(self) -> Option<UnionId> {
        match self {
            Self::Nobody => None,
            Self::Applicant { union, .. } | Self::Former { union, .. } => Some(union),
            Self::Member { membership, .. } => Some(membership.union),
        }
    }

    /// The union to which the membership is to pass.
    pub fn transfer(self) -> Option<UnionId> {
        match self {
            Self::Member { transfer, .. } => transfer,
            _ => None,
        }
    }

    /// How many memberships there were, this one included.
    pub fn number(self) -> u16 {
        match self {
            Self::Nobody => 0,
            Self::Applicant { number, .. } | Self::Former { number, .. } => number,
            Self::Member { membership, .. } => membership.number,
        }
    }

    /// Its code in the contract.
    pub fn code(self) -> &'static str {
        match self {
            Self::Nobody => "NONE",
            Self::Applicant { .. } => "APPLICANT",
            Self::Member { membership: Membership { relation: Relation::Active, .. }, .. } => {
                "ACTIVE"
            }
            Self::Member { .. } => "RETAINED",
            Self::Former { .. } => "FORMER",
        }
    }
}
