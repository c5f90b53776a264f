//! The rates of a `Metrics` service.

use std::collections::HashSet;

use tonic::{Request, Response, Status};
use unionhall_proto::common::v1::{
    BatchGetRateFiguresRequest, BatchGetRateFiguresResponse, ListRatesRequest, ListRatesResponse,
    RateFigure,
};

use super::{Catalogue, FigureDesk, RateDefinition, days::Asked};
use crate::{
    access::Caller, call::Call, civil::CivilDate, clock, fault::Outcome, figures::rate::Rate,
    path::Line, scoped::not_found,
};

impl<C: Catalogue> FigureDesk<C> {
    /// What each rate divides by what. `PAGE_TOKEN_INVALID`.
    pub async fn list_rates(
        &self,
        request: Request<ListRatesRequest>,
    ) -> Result<Response<ListRatesResponse>, Status> {
        let call = Call::open(request)?;
        let query = ListRatesRequest::default();
        let asked = (call.message.page_size, call.message.page_token.as_str());
        let known = self.catalogue.rates().iter().map(|known| (known.name, known));
        let (found, next_page_token) = self.named(call.binding(&query), asked, known)?;
        let rates = found.into_iter().map(RateDefinition::message).collect();
        Ok(Response::new(ListRatesResponse { rates, next_page_token }))
    }

    /// Several rates of several nodes. `NOT_FOUND`, `OUT_OF_SCOPE`.
    pub async fn batch_get_rate_figures(
        &self,
        request: Request<BatchGetRateFiguresRequest>,
    ) -> Result<Response<BatchGetRateFiguresResponse>, Status> {
        let call = Call::open(request)?;
        let asked = &call.message;
        let days = Asked::read(asked.day.as_ref(), None, self.today())?;
        let rates: Vec<&RateDefinition> =
            asked.rates.iter().map(|name| self.rate(name)).collect::<Outcome<_>>()?;
        let metrics: Vec<String> = rates.iter().flat_map(|rate| rate.figures()).collect();
        // Taken before reading: whatever was acknowledged before it is in the figures.
        let read_time = clock::timestamp(self.ledger.clock().now());
        let figures = self.board(&call.caller, &metrics, &asked.nodes, days).await?;
        let pairs = figures.iter().zip(figures.iter().skip(1)).step_by(2);
        let elsewhere = self.no_areas(&call.caller, &asked.nodes).await?;
        let rate_figures = rates
            .iter()
            .cycle()
            .zip(pairs)
            .map(|(rate, (numerator, denominator))| {
                let node = &numerator.node;
                let divided = if rate.areas_only && elsewhere.contains(node) {
                    Rate { numerator: 0, denominator: 0 }
                } else {
                    Rate { numerator: numerator.value, denominator: denominator.value }
                };
                told(rate, node, days.day, divided)
            })
            .collect();
        let read_time = Some(read_time);
        Ok(Response::new(BatchGetRateFiguresResponse { rate_figures, read_time }))
    }

    /// Those of the nodes that stand on the line of affiliation.
    async fn no_areas(&self, caller: &Caller, names: &[String]) -> Outcome<HashSet<String>> {
        let nodes = self.nodes(caller, names).await?;
        let named = names.iter().zip(nodes).filter(|(_, node)| node.line != Line::Area);
        Ok(named.map(|(name, _)| name.clone()).collect())
    }

    fn rate(&self, resource: &str) -> Outcome<&RateDefinition> {
        let name = resource.strip_prefix("rates/").unwrap_or_default();
        let found = self.catalogue.rates().iter().find(|known| known.name == name);
        found.ok_or_else(|| not_found(resource))
    }
}

fn told(definition: &RateDefinition, node: &str, day: CivilDate, rate: Rate) -> RateFigure {
    RateFigure {
        rate: definition.resource(),
        node: node.to_owned(),
        day: Some(day.into()),
        numerator: rate.numerator,
        denominator: rate.denominator,
        basis_points: rate.basis_points(),
        not_applicable: rate.not_applicable(),
    }
}
