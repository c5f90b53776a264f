//! `Metrics`: the figures of the register. What every service answers alike, kit does; here stands
//! what the figures mean.

mod definitions;
mod rates;

use std::collections::HashMap;

use sea_orm::DatabaseTransaction;
use tonic::{Request, Response, Status};
use unionhall_kit::{
    db::Db,
    fault::{Fault, Outcome},
    figures::service::{
        Catalogue, Definition, Explained, FigureDesk, Node, RateDefinition, Sought, Territory,
    },
    path::{Line, Scope},
    reasons,
};
use unionhall_proto::{
    common::v1::{
        BatchGetFiguresRequest, BatchGetFiguresResponse, BatchGetRateFiguresRequest,
        BatchGetRateFiguresResponse, ExplainRequest, ExplainResponse, Figure, GetFigureRequest,
        GetSeriesRequest, ListMetricsRequest, ListMetricsResponse, ListRatesRequest,
        ListRatesResponse, Series, explain_response::Contribution,
    },
    registry::v1::metrics_server::Metrics,
};
use uuid::Uuid;

use crate::{
    Register,
    revisions::Revisions,
    rules::{
        base_register::contribution::LISTED_ENTERPRISES, contribution::Metric,
        member::metric::MemberMetric, union::contribution::UnionMetric,
    },
    store::{
        base_registers::EntryRecord,
        employers::{EmployerRecord, Place},
        explain::{self, Counted, Evidence, employers, listed, members, nodes, unions},
        members::MemberRecord,
        unions::UnionRecord,
    },
};

/// The service.
pub struct Figures(FigureDesk<OfRegister>);

impl Figures {
    /// The service over this register.
    pub fn new(register: Register) -> Self {
        let definitions = definitions::of(&register.quality, register.reference);
        let (rates, rules) = (rates::all(), register.revisions.clone());
        let catalogue = OfRegister { definitions, rates, rules };
        Self(FigureDesk::new(register.ledger, register.pager, catalogue))
    }
}

#[tonic::async_trait]
impl Metrics for Figures {
    async fn list_metrics(
        &self,
        request: Request<ListMetricsRequest>,
    ) -> Result<Response<ListMetricsResponse>, Status> {
        self.0.list_metrics(request).await
    }

    async fn get_figure(
        &self,
        request: Request<GetFigureRequest>,
    ) -> Result<Response<Figure>, Status> {
        self.0.get_figure(request).await
    }

    async fn batch_get_figures(
        &self,
        request: Request<BatchGetFiguresRequest>,
    ) -> Result<Response<BatchGetFiguresResponse>, Status> {
        self.0.batch_get_figures(request).await
    }

    async fn get_series(
        &self,
        request: Request<GetSeriesRequest>,
    ) -> Result<Response<Series>, Status> {
        self.0.get_series(request).await
    }

    async fn explain(
        &self,
        request: Request<ExplainRequest>,
    ) -> Result<Response<ExplainResponse>, Status> {
        self.0.explain(request).await
    }

    async fn list_rates(
        &self,
        request: Request<ListRatesRequest>,
    ) -> Result<Response<ListRatesResponse>, Status> {
        self.0.list_rates(request).await
    }

    async fn batch_get_rate_figures(
        &self,
        request: Request<BatchGetRateFiguresRequest>,
    ) -> Result<Response<BatchGetRateFiguresResponse>, Status> {
        self.0.batch_get_rate_figures(request).await
    }
}

/// The figures over employers, unions and the base register.
struct OfRegister {
    definitions: Vec<Definition>,
    rates: Vec<RateDefinition>,
    rules: Revisions,
}

#[tonic::async_trait]
impl Catalogue for OfRegister {
    fn definitions(&self) -> &[Definition] {
        &self.definitions
    }

    fn rates(&self) -> &[RateDefinition] {
        &self.rates
    }

    async fn nodes(&self, db: &Db, names: &[String]) -> Outcome<HashMap<String, Node>> {
        nodes::nodes(db, names).await
    }

    async fn territories(&self, db: &Db, names: &[String]) -> Outcome<HashMap<String, Territory>> {
        nodes::territories(db.reader(), names).await
    }

    async fn explain(
        &self,
        state: &DatabaseTransaction,
        sought: &Sought<'_>,
    ) -> Outcome<Explained> {
        let at_most = usize::try_from(sought.at_most).unwrap_or(usize::MAX);
        let after = sought.after.map(place).transpose()?;
        let (mut contributions, next) = if let Some(metric) = Metric::of_id(sought.metric) {
            let stretches = sought.node.stretches(sought.days);
            let (line, stretches, rules) = (sought.node.line, &*stretches, &self.rules);
            let asked = employers::Asked { metric, line, stretches, rules };
            told(state, &asked, sought, (after, at_most)).await?
        } else if let Some(metric) = MemberMetric::of_id(sought.metric) {
            let stretches = sought.node.stretches(sought.days);
            let asked = members::Asked { metric, line: sought.node.line, stretches: &stretches };
            told(state, &asked, sought, (after, at_most)).await?
        } else {
            let day = sought.days.day;
            let Some(path) = sought.node.on(day) else { return Ok(Explained::default()) };
            let (line, day) = (sought.node.line, (day, path.clone()));
            match UnionMetric::of_id(sought.metric) {
                Some(metric) => {
                    let asked = unions::Asked { metric, line, day };
                    told(state, &asked, sought, (after, at_most)).await?
                }
                None if sought.metric == LISTED_ENTERPRISES => {
                    let asked = listed::Asked { line, day };
                    told(state, &asked, sought, (after, at_most)).await?
                }
                None => return Err(Fault::new(&reasons::INTERNAL)),
            }
        };
        name_nodes(state, sought.node.line, &mut contributions).await?;
        Ok(Explained { contributions, next: next.map(key) })
    }
}

/// A page of records and what each adds. Its nodes are paths still.
async fn told<E: Evidence>(
    state: &DatabaseTransaction,
    asked: &E,
    sought: &Sought<'_>,
    (after, at_most): (Option<Place>, usize),
) -> Outcome<(Vec<Contribution>, Option<Place>)>
where
    E::Record: Told,
{
    let page = explain::explain(state, asked, after, at_most).await?;
    let contribution = |counted: Counted<E::Record>| Contribution {
        record: counted.record.name(),
        display_name: counted.record.shown(sought.scope).unwrap_or_default(),
        value: counted.value,
        node: counted.place.area,
    };
    Ok((page.counted.into_iter().map(contribution).collect(), page.next))
}

/// A record as an explanation tells of it.
trait Told {
    /// The resource name.
    fn name(&self) -> String;

    /// What it is called, for those who see it. One that has left the caller's scope still counts
    /// where it stood; it keeps its name to itself.
    fn shown(&self, scope: &Scope) -> Option<String>;
}

impl Told for EmployerRecord {
    fn name(&self) -> String {
        self.name()
    }

    fn shown(&self, scope: &Scope) -> Option<String> {
        let affiliation = self.affiliation.as_ref().map(|path| path.path());
        let name = self.facts.names.rows().last()?;
        let visible = scope.sees(Some(self.area.path()), affiliation);
        visible.then(|| name.value.as_str().to_owned())
    }
}

impl Told for UnionRecord {
    fn name(&self) -> String {
        self.name()
    }

    fn shown(&self, scope: &Scope) -> Option<String> {
        let name = self.facts.names.rows().last()?;
        let visible = scope.sees(Some(self.area.path()), Some(self.affiliation.path()));
        visible.then(|| name.value.as_str().to_owned())
    }
}

impl Told for MemberRecord {
    fn name(&self) -> String {
        self.name()
    }

    fn shown(&self, scope: &Scope) -> Option<String> {
        let name = self.facts.names.rows().last()?;
        let stand = self.stand.as_ref()?;
        let visible = scope.sees(Some(stand.area.path()), Some(stand.affiliation.path()));
        visible.then(|| name.value.as_str().to_owned())
    }
}

impl Told for EntryRecord {
    fn name(&self) -> String {
        self.name()
    }

    fn shown(&self, scope: &Scope) -> Option<String> {
        let visible = scope.sees(Some(self.entry.area.path()), None);
        visible.then(|| self.entry.name.as_str().to_owned())
    }
}

/// Puts the names of the nodes in place of their paths.
async fn name_nodes(
    state: &DatabaseTransaction,
    line: Line,
    contributions: &mut [Contribution],
) -> Outcome<()> {
    if line == Line::Area {
        for one in contributions {
            one.node = format!("areas/{}", one.node);
        }
        return Ok(());
    }
    let paths: Vec<&str> = contributions.iter().map(|one| one.node.as_str()).collect();
    let names = nodes::unions_at(state, &paths).await?;
    for one in contributions {
        one.node = names.get(&one.node).cloned().unwrap_or_default();
    }
    Ok(())
}

fn key(place: Place) -> Vec<String> {
    vec![place.area, place.id.to_string()]
}

/// The token is sealed, so only one that this service made gets here.
fn place(key: &[String]) -> Outcome<Place> {
    let read = || {
        let [area, id] = key else { return None };
        Some(Place { area: area.clone(), id: Uuid::parse_str(id).ok()? })
    };
    read().ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}
