//! Kinds of elections and assemblies between the contract and the rules.

use unionhall_proto::registry::v1::election::{
    Assembly as AssemblyMessage, Kind as KindMessage, State as StateMessage,
};

use crate::{
    api::officers::pairs,
    rules::election::{Assembly, ElectionKind, Stage},
};

pairs! {
    /// The kind, unless none is named.
    kind, kind_message, ElectionKind, KindMessage, Unspecified {
        Founding,
        ReElection,
        ByElection,
        Removal,
        Extraordinary,
    }
}

pairs! {
    /// Who meets, unless nobody is named.
    assembly, assembly_message, Assembly, AssemblyMessage, Unspecified {
        GeneralMeeting,
        DelegateCongress,
    }
}

/// How far an election is.
pub(super) fn state(stage: &Stage) -> StateMessage {
    match stage {
        Stage::Planned => StateMessage::Planned,
        Stage::Held(_) => StateMessage::Held,
        Stage::Filed(..) => StateMessage::Filed,
        Stage::Cancelled(_) => StateMessage::Cancelled,
        Stage::Void(..) => StateMessage::Void,
    }
}
