//! The door: what the register serves, and the jobs behind it.

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use unionhall_kit::{
    figures::fold::Ancestors,
    imports::spooled,
    path::{Line, Path},
    rotation::{Rotation, Sources},
    server::Registered,
};
use unionhall_proto::{
    DESCRIPTOR_SET,
    registry::v1::{
        area_service_server::{self, AreaServiceServer},
        base_register_service_server::{self, BaseRegisterServiceServer},
        change_feed_server::{self, ChangeFeedServer},
        confirmation_service_server, coverage_service_server,
        election_service_server::{self, ElectionServiceServer},
        employer_service_server, formation_service_server,
        import_service_server::{self, ImportServiceServer},
        member_protection_service_server, member_service_server, membership_service_server,
        metrics_server::{self, MetricsServer},
        officer_service_server::{self, OfficerServiceServer},
        reference_service_server::{self, ReferenceServiceServer},
        subject_request_service_server, union_service_server,
    },
};

use crate::{
    Register,
    api::{
        areas::Areas, base_registers::BaseRegisters, changes::Changes, elections::Elections,
        employers::Employers, formations::Formations, imports::ImportCalls, members::Members,
        metrics::Figures, officers::Officers, reference::Reference, unions::Unions,
    },
    imports::imports,
    jobs::{base_register::Lister, recount::Recounter, structure::Carrier},
    rules::{area::AreaPath, union::affiliation::AffiliationPath},
    store::{
        members::{MemberKeys, MemberNumbers},
        unions::Contacts,
    },
};

/// Every service with its descriptor.
pub fn registered(register: &Register) -> Registered {
    let (employers, coverage) = Employers::new(register.clone());
    let of_members = Members::servers(register.clone());
    Registered::new(DESCRIPTOR_SET)
        .service(AreaServiceServer::new(Areas::new(register.clone())))
        .service(ReferenceServiceServer::new(Reference::new(register.clone())))
        .service(employers)
        .service(coverage)
        .service(Unions::new(register.clone()))
        .service(of_members.members)
        .service(of_members.memberships)
        .service(of_members.protection)
        .service(of_members.requests)
        .service(of_members.confirmations)
        .service(ElectionServiceServer::new(Elections::new(register.clone())))
        .service(OfficerServiceServer::new(Officers::new(register.clone())))
        .service(Formations::new(register.clone()))
        .service(BaseRegisterServiceServer::new(BaseRegisters::new(register.clone())))
        .service(MetricsServer::new(Figures::new(register.clone())))
        .service(ChangeFeedServer::new(Changes::new(register.clone())))
        .service(ImportServiceServer::new(ImportCalls::new(imports(register))))
}

/// The full names of the services.
pub fn names() -> Vec<&'static str> {
    vec![
        area_service_server::SERVICE_NAME,
        reference_service_server::SERVICE_NAME,
        employer_service_server::SERVICE_NAME,
        union_service_server::SERVICE_NAME,
        member_service_server::SERVICE_NAME,
        membership_service_server::SERVICE_NAME,
        member_protection_service_server::SERVICE_NAME,
        subject_request_service_server::SERVICE_NAME,
        confirmation_service_server::SERVICE_NAME,
        coverage_service_server::SERVICE_NAME,
        officer_service_server::SERVICE_NAME,
        formation_service_server::SERVICE_NAME,
        base_register_service_server::SERVICE_NAME,
        election_service_server::SERVICE_NAME,
        metrics_server::SERVICE_NAME,
        change_feed_server::SERVICE_NAME,
        import_service_server::SERVICE_NAME,
    ]
}

/// The nodes at which a leaf counts: the area or union itself and every one above it.
pub fn ancestors() -> Arc<Ancestors> {
    Arc::new(|line, leaf: &Path| {
        if line == Line::Affiliation {
            let path = AffiliationPath::try_from(leaf.clone());
            return path.map(|path| path.upwards().collect()).unwrap_or_default();
        }
        let mut nodes = Vec::with_capacity(5);
        let mut at = AreaPath::parse(leaf.as_str()).ok();
        while let Some(area) = at {
            nodes.push(area.path().clone());
            at = area.parent();
        }
        nodes
    })
}

/// Everything that the register's keys protect. New tables go to the end.
pub fn protected() -> Sources {
    Sources {
        sealed: vec![spooled(), Arc::new(Contacts), Arc::new(MemberKeys)],
        indexed: vec![Arc::new(MemberNumbers)],
    }
}

/// Starts what works in the background until `stop`.
pub fn start_jobs(register: &Register, stop: &CancellationToken, tasks: &mut JoinSet<()>) {
    tasks.spawn(Carrier::new(register.clone()).run(stop.clone()));
    tasks.spawn(Lister::new(register.clone()).run(stop.clone()));
    tasks.spawn(Recounter::new(register.clone()).run(stop.clone()));
    let (ledger, vault) = (register.ledger.clone(), register.vault.clone());
    tasks.spawn(Rotation::new(ledger, vault, protected()).run(stop.clone()));
    let (stop, imports) = (stop.clone(), imports(register));
    tasks.spawn(async move {
        stop.run_until_cancelled(imports.run()).await;
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_community_counts_at_every_level_above() {
        let leaf = Path::parse("110102012003").unwrap();
        let nodes = ancestors()(Line::Area, &leaf);
        let labels: Vec<&str> = nodes.iter().map(Path::as_str).collect();
        assert_eq!(labels, ["110102012003", "110102012", "110102", "1101", "11"]);
    }
}
