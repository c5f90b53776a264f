//! Committees, positions and ways between the contract and the rules.

use unionhall_proto::registry::v1::{
    CommitteeKind, OfficePosition,
    officer::{Bar as BarMessage, WayIn as WayInMessage, WayOut as WayOutMessage},
};

use crate::rules::office::{Bar, Committee, Position, WayIn, WayOut};

macro_rules! pairs {
    ($(#[$meta:meta])* $read:ident, $shown:ident, $rule:ident, $message:ident, $nothing:ident {
        $($variant:ident,)+
    }) => {
        $(#[$meta])*
        pub(in crate::api) fn $read(message: $message) -> Option<$rule> {
            match message {
                $message::$nothing => None,
                $($message::$variant => Some($rule::$variant),)+
            }
        }

        /// The same as the contract has it.
        pub(in crate::api) fn $shown(rule: $rule) -> $message {
            match rule {
                $($rule::$variant => $message::$variant,)+
            }
        }
    };
}

pub(in crate::api) use pairs;

pairs! {
    /// The committee, unless none is named.
    committee, committee_message, Committee, CommitteeKind, Unspecified {
        Union,
        Audit,
        Women,
        LabourSupervision,
    }
}

pairs! {
    /// The position, unless none is named.
    position, position_message, Position, OfficePosition, Unspecified {
        Chair,
        ViceChair,
        ExecutiveViceChair,
        Director,
        DeputyDirector,
        Member,
        Organiser,
        WomenMember,
    }
}

pairs! {
    /// The way into an office, unless none is named.
    way_in, way_in_message, WayIn, WayInMessage, Unspecified {
        Elected,
        ByElection,
        Recommended,
        Appointed,
    }
}

pairs! {
    /// The way out of an office, unless none is named.
    way_out, way_out_message, WayOut, WayOutMessage, Unspecified {
        TermEnded,
        Resigned,
        Moved,
        Removed,
        Death,
        UnionEnded,
        OtherPosition,
        Corrected,
    }
}

pairs! {
    /// The declared fact, unless none is named.
    bar, bar_message, Bar, BarMessage, Unspecified {
        RelativeOfPrincipal,
        LegalRepresentative,
        AdministrativeHead,
        DeputyAdministrativeHead,
        Partner,
        RelativeOfAdministration,
        HeadOfHr,
        PersonnelManager,
        ForeignEmployee,
        RetainedMember,
    }
}
