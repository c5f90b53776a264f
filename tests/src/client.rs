//! Clients of the running suite.

use std::{future::Future, net::SocketAddr};

use anyhow::{Context, Result};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::{Interceptor, interceptor::InterceptedService};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Response, Status};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_types::StatusExt;
use unionhall_proto::unionhall::registry::v1::{
    area_service_client::AreaServiceClient,
    base_register_service_client::BaseRegisterServiceClient, change_feed_client::ChangeFeedClient,
    confirmation_service_client::ConfirmationServiceClient,
    coverage_service_client::CoverageServiceClient, election_service_client::ElectionServiceClient,
    employer_service_client::EmployerServiceClient,
    formation_service_client::FormationServiceClient, import_service_client::ImportServiceClient,
    member_protection_service_client::MemberProtectionServiceClient,
    member_service_client::MemberServiceClient, membership_service_client::MembershipServiceClient,
    metrics_client::MetricsClient, officer_service_client::OfficerServiceClient,
    reference_service_client::ReferenceServiceClient,
    subject_request_service_client::SubjectRequestServiceClient,
    union_service_client::UnionServiceClient,
};

use crate::{answers::Heard, patience};

/// A connection that says who is calling, and whose answers are searched.
pub type Caller = InterceptedService<Heard, Bearer>;

/// Adds a bearer token to each call.
#[derive(Clone, Debug)]
pub struct Bearer {
    value: MetadataValue<Ascii>,
}

impl Bearer {
    /// A caller with `token`.
    ///
    /// # Errors
    /// When the token is no ASCII text.
    pub fn new(token: &str) -> Result<Self> {
        let mut value: MetadataValue<Ascii> = format!("Bearer {token}").parse()?;
        value.set_sensitive(true);
        Ok(Self { value })
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.value.clone());
        Ok(request)
    }
}

/// One client per service, all on one connection.
#[derive(Clone, Debug)]
pub struct Clients {
    /// `unionhall.registry.v1.AreaService`.
    pub areas: AreaServiceClient<Caller>,
    /// `unionhall.registry.v1.EmployerService`.
    pub employers: EmployerServiceClient<Caller>,
    /// `unionhall.registry.v1.UnionService`.
    pub unions: UnionServiceClient<Caller>,
    /// `unionhall.registry.v1.MemberProtectionService`.
    pub protection: MemberProtectionServiceClient<Caller>,
    /// `unionhall.registry.v1.SubjectRequestService`.
    pub subjects: SubjectRequestServiceClient<Caller>,
    /// `unionhall.registry.v1.CoverageService`.
    pub coverage: CoverageServiceClient<Caller>,
    /// `unionhall.registry.v1.BaseRegisterService`.
    pub base_registers: BaseRegisterServiceClient<Caller>,
    /// `unionhall.registry.v1.FormationService`.
    pub formation: FormationServiceClient<Caller>,
    /// `unionhall.registry.v1.ElectionService`.
    pub elections: ElectionServiceClient<Caller>,
    /// `unionhall.registry.v1.OfficerService`.
    pub officers: OfficerServiceClient<Caller>,
    /// `unionhall.registry.v1.ReferenceService`.
    pub reference: ReferenceServiceClient<Caller>,
    /// `unionhall.registry.v1.ImportService`.
    pub imports: ImportServiceClient<Caller>,
    /// `unionhall.registry.v1.MemberService`.
    pub members: MemberServiceClient<Caller>,
    /// `unionhall.registry.v1.MembershipService`.
    pub memberships: MembershipServiceClient<Caller>,
    /// `unionhall.registry.v1.ConfirmationService`.
    pub confirmations: ConfirmationServiceClient<Caller>,
    /// `unionhall.registry.v1.Metrics`.
    pub metrics: MetricsClient<Caller>,
    /// `unionhall.registry.v1.ChangeFeed`.
    pub changes: ChangeFeedClient<Caller>,
}

impl Clients {
    /// Connects to `address` as the holder of `token`.
    ///
    /// # Errors
    /// When nothing listens there.
    pub async fn connect(address: SocketAddr, token: &str) -> Result<Self> {
        let caller = Caller::new(Heard::on(channel(address).await?), Bearer::new(token)?);
        Ok(Self {
            areas: AreaServiceClient::new(caller.clone()),
            employers: EmployerServiceClient::new(caller.clone()),
            unions: UnionServiceClient::new(caller.clone()),
            protection: MemberProtectionServiceClient::new(caller.clone()),
            subjects: SubjectRequestServiceClient::new(caller.clone()),
            coverage: CoverageServiceClient::new(caller.clone()),
            base_registers: BaseRegisterServiceClient::new(caller.clone()),
            formation: FormationServiceClient::new(caller.clone()),
            elections: ElectionServiceClient::new(caller.clone()),
            officers: OfficerServiceClient::new(caller.clone()),
            reference: ReferenceServiceClient::new(caller.clone()),
            imports: ImportServiceClient::new(caller.clone()),
            members: MemberServiceClient::new(caller.clone()),
            memberships: MembershipServiceClient::new(caller.clone()),
            confirmations: ConfirmationServiceClient::new(caller.clone()),
            metrics: MetricsClient::new(caller.clone()),
            changes: ChangeFeedClient::new(caller),
        })
    }
}

/// A connection without a token.
///
/// # Errors
/// When nothing listens at `address`.
pub async fn channel(address: SocketAddr) -> Result<Channel> {
    let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
    endpoint.connect().await.with_context(|| format!("connecting to {address}"))
}

/// Returns when `service` reports that it serves; `""` is the server as a whole.
///
/// # Errors
/// When it does not within [`patience::LIMIT`].
pub async fn until_serving(address: SocketAddr, service: &str) -> Result<()> {
    patience::until(&format!("{service:?} at {address} to serve"), || async move {
        let mut health = HealthClient::new(channel(address).await.ok()?);
        let request = HealthCheckRequest { service: service.to_owned() };
        let answer = health.check(request).await.ok()?.into_inner();
        (answer.status() == ServingStatus::Serving).then_some(())
    })
    .await
}

/// Sends a request until it is answered otherwise than with "not now", as every client of the
/// register should. A change bears a `request_id`, so that it has one effect however often it arrives.
///
/// # Errors
/// What the server answers at last, or when it says "not now" for longer than [`patience::LIMIT`].
pub async fn repeated<Q, A, F>(request: Q, send: impl Fn(Q) -> F) -> Result<A>
where
    Q: Clone,
    F: Future<Output = Result<Response<A>, Status>>,
{
    let answered = patience::until("an answer", || async {
        match send(request.clone()).await {
            Err(status) if status.code() == Code::Unavailable => None,
            answer => Some(answer),
        }
    });
    Ok(answered.await??.into_inner())
}

/// A fresh `request_id`.
#[must_use]
pub fn request_id() -> String {
    uuid::Uuid::from_u128(rand::random()).to_string()
}

/// The reason of a refusal, as in `docs/errors`; `None` where the status carries none.
#[must_use]
pub fn reason(status: &Status) -> Option<String> {
    status.get_details_error_info().map(|info| info.reason)
}
