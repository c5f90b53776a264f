//! The `Metrics` service, which every package declares from shared messages: one implementation,
//! to which a service gives the meaning of its figures.

mod catalogue;
mod days;
mod rates;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use tonic::{Request, Response, Status};
use unionhall_proto::common::v1::{
    BatchGetFiguresRequest, BatchGetFiguresResponse, ExplainRequest, ExplainResponse, Figure,
    GetFigureRequest, GetSeriesRequest, ListMetricsRequest, ListMetricsResponse, Series,
    series::Point,
};

use self::days::Asked;
pub use self::{
    catalogue::{
        Catalogue, Definition, Explained, Kind, Node, RateDefinition, Sought, Stretch, Words,
    },
    days::Days,
};
use super::read::{self, Question};
use crate::{
    access::Caller,
    call::Call,
    civil::CivilDate,
    clock,
    db::fault,
    fault::{Fault, Outcome},
    ledger::Ledger,
    paging::{Binding, Pager, Place, page_size},
    path::{Line, Path},
    reasons,
    scoped::not_found,
};

/// Answers the calls of a `Metrics` service.
pub struct FigureDesk<C> {
    ledger: Ledger,
    pager: Pager,
    catalogue: C,
}

impl<C: Catalogue> FigureDesk<C> {
    /// The desk over these books.
    pub fn new(ledger: Ledger, pager: Pager, catalogue: C) -> Self {
        Self { ledger, pager, catalogue }
    }

    /// What each figure means. `PAGE_TOKEN_INVALID`.
    pub async fn list_metrics(
        &self,
        request: Request<ListMetricsRequest>,
    ) -> Result<Response<ListMetricsResponse>, Status> {
        let call = Call::open(request)?;
        let query = ListMetricsRequest::default();
        let asked = (call.message.page_size, call.message.page_token.as_str());
        let known = self.catalogue.definitions().iter().map(|known| (known.name, known));
        let (found, next_page_token) = self.named(call.binding(&query), asked, known)?;
        let metrics = found.into_iter().map(Definition::message).collect();
        Ok(Response::new(ListMetricsResponse { metrics, next_page_token }))
    }

    /// One figure. `NOT_FOUND`, `OUT_OF_SCOPE`.
    pub async fn get_figure(
        &self,
        request: Request<GetFigureRequest>,
    ) -> Result<Response<Figure>, Status> {
        let call = Call::open(request)?;
        let asked = &call.message;
        let days = Asked::read(asked.day.as_ref(), asked.from_day.as_ref(), self.today())?;
        let metrics = std::slice::from_ref(&asked.metric);
        let nodes = std::slice::from_ref(&asked.node);
        let mut figures = self.board(&call.caller, metrics, nodes, days).await?;
        Ok(Response::new(figures.pop().ok_or_else(|| Fault::new(&reasons::INTERNAL))?))
    }

    /// Several figures of several nodes. `NOT_FOUND`, `OUT_OF_SCOPE`.
    pub async fn batch_get_figures(
        &self,
        request: Request<BatchGetFiguresRequest>,
    ) -> Result<Response<BatchGetFiguresResponse>, Status> {
        let call = Call::open(request)?;
        let asked = &call.message;
        let days = Asked::read(asked.day.as_ref(), asked.from_day.as_ref(), self.today())?;
        // Taken before reading: whatever was acknowledged before it is in the figures.
        let read_time = clock::timestamp(self.ledger.clock().now());
        let figures = self.board(&call.caller, &asked.metrics, &asked.nodes, days).await?;
        Ok(Response::new(BatchGetFiguresResponse { figures, read_time: Some(read_time) }))
    }

    /// How one figure developed. `NOT_FOUND`, `OUT_OF_SCOPE`.
    pub async fn get_series(
        &self,
        request: Request<GetSeriesRequest>,
    ) -> Result<Response<Series>, Status> {
        let Call { caller, message, .. } = Call::open(request)?;
        let (from, day) =
            days::span(message.from_day.as_ref(), message.day.as_ref(), self.today())?;
        let definition = self.definition(&message.metric)?;
        let node = self.node(&caller, &message.node).await?;
        let mut points = Vec::new();
        for (from, day, path) in node.between(from, day) {
            let db = self.ledger.db();
            let stretch = read::series(db, definition.id, node.line, path, from, day).await?;
            let news =
                |(_, value): &(CivilDate, i64)| points.last().map(|(_, at)| at) != Some(value);
            let skipped = stretch.iter().take_while(|point| !news(point)).count();
            points.extend(stretch.into_iter().skip(skipped));
        }
        let point = |(day, value): (CivilDate, i64)| Point { day: Some(day.into()), value };
        let points = points.into_iter().map(point).collect();
        Ok(Response::new(Series { metric: message.metric, node: message.node, points }))
    }

    /// The records that make up a figure. `NOT_FOUND`, `OUT_OF_SCOPE`, `PAGE_TOKEN_INVALID`.
    pub async fn explain(
        &self,
        request: Request<ExplainRequest>,
    ) -> Result<Response<ExplainResponse>, Status> {
        let call = Call::open(request)?;
        let asked = &call.message;
        let definition = self.definition(&asked.metric)?;
        let days = Asked::read(asked.day.as_ref(), asked.from_day.as_ref(), self.today())?;
        let days = days.of(definition.kind);
        let node = self.node(&call.caller, &asked.node).await?;
        // With the days filled in: over midnight, the pages of one figure stay pages of one day.
        let query = ExplainRequest {
            day: Some(days.day.into()),
            from_day: days.from.map(Into::into),
            page_size: 0,
            page_token: String::new(),
            ..asked.clone()
        };
        let binding = call.binding(&query);
        let after = self.pager.place(&binding, &asked.page_token)?;
        let sought = Sought {
            metric: definition.id,
            node: &node,
            days,
            scope: &call.caller.scope,
            after: after.as_ref().map(|place| place.key.as_slice()),
            at_most: page_size(asked.page_size),
        };
        let (value, explained) = self.evaluate(&sought).await?;
        let next_page_token = match explained.next {
            Some(key) => self.pager.token(&binding, &Place { phase: 0, key })?,
            None => String::new(),
        };
        Ok(Response::new(ExplainResponse {
            figure: Some(figure(definition, &asked.node, days, value)),
            contributions: explained.contributions,
            next_page_token,
        }))
    }

    /// A page of what is known by name. `PAGE_TOKEN_INVALID`.
    fn named<'a, T>(
        &self,
        binding: Binding,
        (size, token): (i32, &str),
        known: impl Iterator<Item = (&'static str, &'a T)>,
    ) -> Outcome<(Vec<&'a T>, String)> {
        let after = self.pager.place(&binding, token)?;
        let after = after.and_then(|place| place.key.into_iter().next()).unwrap_or_default();
        let known: BTreeMap<&str, &T> = known.filter(|(name, _)| *name > after.as_str()).collect();
        let size = usize::try_from(page_size(size)).unwrap_or(usize::MAX);
        let last = known.keys().nth(size.saturating_sub(1)).filter(|_| known.len() > size);
        let token = match last {
            Some(name) => {
                let place = Place { phase: 0, key: vec![(*name).to_owned()] };
                self.pager.token(&binding, &place)?
            }
            None => String::new(),
        };
        Ok((known.into_values().take(size).collect(), token))
    }

    /// The figure and the records behind it, from one state of the database.
    async fn evaluate(&self, sought: &Sought<'_>) -> Outcome<(i64, Explained)> {
        let state = self.ledger.db().begin_read().await?;
        let asked = questions(sought.metric, sought.node, sought.days);
        let questions: Vec<Question> = asked.iter().map(|(_, question)| question.clone()).collect();
        let mut values = read::values_in(&state, &questions).await?.into_iter();
        let value = sum(&asked, &mut values);
        let explained = self.catalogue.explain(&state, sought).await?;
        state.rollback().await.map_err(fault::of)?;
        Ok((value, explained))
    }

    /// Nodes in the order asked, within a node the metrics in the order asked.
    async fn board(
        &self,
        caller: &Caller,
        metrics: &[String],
        nodes: &[String],
        asked: Asked,
    ) -> Outcome<Vec<Figure>> {
        let metrics: Vec<&Definition> =
            metrics.iter().map(|name| self.definition(name)).collect::<Outcome<_>>()?;
        let places = self.nodes(caller, nodes).await?;
        let mut questioned = Vec::with_capacity(places.len() * metrics.len());
        for place in &places {
            for metric in &metrics {
                let days = asked.of(metric.kind);
                questioned.push(questions(metric.id, place, days));
            }
        }
        let asks = questioned.iter().flatten().map(|(_, question)| question.clone());
        let asks: Vec<Question> = asks.collect();
        let mut values = read::values(self.ledger.db(), &asks).await?.into_iter();
        let mut questioned = questioned.into_iter();
        let mut figures = Vec::with_capacity(places.len() * metrics.len());
        for node in nodes {
            for metric in &metrics {
                let value = sum(&questioned.next().unwrap_or_default(), &mut values);
                figures.push(figure(metric, node, asked.of(metric.kind), value));
            }
        }
        Ok(figures)
    }

    fn definition(&self, resource: &str) -> Outcome<&Definition> {
        let name = resource.strip_prefix("metrics/").unwrap_or_default();
        let found = self.catalogue.definitions().iter().find(|known| known.name == name);
        found.ok_or_else(|| not_found(resource))
    }

    async fn node(&self, caller: &Caller, name: &str) -> Outcome<Node> {
        let mut nodes = self.nodes(caller, std::slice::from_ref(&name.to_owned())).await?;
        nodes.pop().ok_or_else(|| not_found(name))
    }

    /// The nodes with these names. The scope is checked first where the name tells the path: of
    /// what lies outside it, a caller does not learn whether it exists.
    async fn nodes(&self, caller: &Caller, names: &[String]) -> Outcome<Vec<Node>> {
        for name in names {
            if let Some(area) = area(name)? {
                caller.require_node(Line::Area, &area)?;
            }
        }
        let known = self.catalogue.nodes(self.ledger.db(), names).await?;
        let node = |name: &String| {
            let node = known.get(name).ok_or_else(|| not_found(name))?;
            let seen = node.last().is_some_and(|path| caller.scope.covers(node.line, path));
            if seen { Ok(node.clone()) } else { Err(not_found(name)) }
        };
        names.iter().map(node).collect()
    }

    fn today(&self) -> CivilDate {
        self.ledger.clock().today()
    }
}

/// The path that the name of an area is; `None` for a name of another kind.
fn area(name: &str) -> Outcome<Option<Path>> {
    let label = name.strip_prefix("areas/");
    label.map(|label| Path::parse(label).map_err(|_| not_found(name))).transpose()
}

/// What is asked for a figure, each with its sign. A day on which the node was not known is not
/// asked for, and counts nothing.
fn questions(metric: super::MetricId, node: &Node, days: Days) -> Vec<(i64, Question)> {
    let stretches = node.stretches(days);
    stretches.iter().flat_map(|stretch| stretch.questions(metric, node.line)).collect()
}

/// The figure to which the answers sum up.
fn sum(asked: &[(i64, Question)], values: &mut impl Iterator<Item = i64>) -> i64 {
    asked.iter().zip(values).map(|((sign, _), value)| sign * value).sum()
}

fn figure(definition: &Definition, node: &str, days: Days, value: i64) -> Figure {
    Figure {
        metric: definition.resource(),
        node: node.to_owned(),
        day: Some(days.day.into()),
        from_day: days.from.map(Into::into),
        value,
        definition_version: definition.version,
    }
}
