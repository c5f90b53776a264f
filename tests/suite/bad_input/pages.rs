//! Page tokens and cursors from elsewhere.

use anyhow::{Result, ensure};
use tonic::Code;
use unionhall_proto::common::v1::{ListChangesRequest, ListMetricsRequest};
use unionhall_proto::registry::v1::{
    CreateEmployerRequest, ListAreasRequest, ListEmployersRequest,
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_both_layouts,
    refusals::{refused, unharmed},
    samples,
    suite::{Layout, Suite},
};

const CLERK: &[&str] = &["client", "clerk", "--permission", "registry.*", "--area", "110102"];

fn communities(page_token: &str) -> ListAreasRequest {
    ListAreasRequest {
        parent: "areas/110102012".into(),
        page_size: 2,
        page_token: page_token.to_owned(),
        ..ListAreasRequest::default()
    }
}

async fn first_page(clients: &Clients) -> Result<String> {
    let page = clients.areas.clone().list_areas(communities("")).await?.into_inner();
    ensure!(page.areas.len() == 2 && !page.next_page_token.is_empty(), "{page:?}");
    Ok(page.next_page_token)
}

/// Clients of a caller that is not the administrator.
async fn clerk(suite: &Suite) -> Result<Clients> {
    let data = suite.data().display().to_string();
    let mut words = CLERK.to_vec();
    words.extend(["--data", &data]);
    let output = suite.command_line(&words).await?;
    ensure!(output.status.success(), "{}", output.stderr);
    let token = suite.token_of("clerk").await?;
    unionhall_tests::patience::until("the policy to be read again", || async {
        let clients = Clients::connect(suite.address(), &token).await.ok()?;
        clients.areas.clone().list_areas(communities("")).await.ok()?;
        Some(clients)
    })
    .await
}

on_both_layouts!(a_page_token_belongs_to_its_query);

async fn a_page_token_belongs_to_its_query(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let token = first_page(&clients).await?;

    let mut others = vec![
        ListAreasRequest { parent: "areas/110102010".into(), ..communities(&token) },
        ListAreasRequest { show_closed: true, ..communities(&token) },
        ListAreasRequest { day: Some(samples::day(2014, 1, 1)), ..communities(&token) },
        ListAreasRequest { level: 5, ..communities(&token) },
        communities("x"),
        communities("!no base64!"),
        communities(&"A".repeat(1_024)),
    ];
    // Cut short, and one bit turned.
    for length in (1..token.len()).step_by(37) {
        others.push(communities(&token[..length]));
    }
    let middle = token.len() / 2;
    let turned = if &token[middle..=middle] == "A" { "B" } else { "A" };
    others.push(communities(&format!("{}{turned}{}", &token[..middle], &token[middle + 1..])));
    for other in others {
        let answer = clients.areas.clone().list_areas(other.clone()).await;
        refused(answer, Code::InvalidArgument, "PAGE_TOKEN_INVALID")?;
    }
    let request = ListMetricsRequest { page_token: token.clone(), ..Default::default() };
    let answer = clients.metrics.clone().list_metrics(request).await;
    refused(answer, Code::InvalidArgument, "PAGE_TOKEN_INVALID")?;
    let request = ListEmployersRequest { page_token: token.clone(), ..Default::default() };
    let answer = clients.employers.clone().list_employers(request).await;
    refused(answer, Code::InvalidArgument, "PAGE_TOKEN_INVALID")?;

    // A page size is no part of the query; the token still serves.
    let request = ListAreasRequest { page_size: 3, ..communities(&token) };
    let page = clients.areas.clone().list_areas(request).await?.into_inner();
    ensure!(page.areas.len() == 3, "{page:?}");
    unharmed(&suite)
}

on_both_layouts!(a_page_token_belongs_to_its_caller);

async fn a_page_token_belongs_to_its_caller(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let token = first_page(&suite.connect().await?).await?;
    let answer = clerk(&suite).await?.areas.list_areas(communities(&token)).await;
    refused(answer, Code::InvalidArgument, "PAGE_TOKEN_INVALID")?;
    unharmed(&suite)
}

on_both_layouts!(a_page_token_belongs_to_its_database);

async fn a_page_token_belongs_to_its_database(layout: Layout) -> Result<()> {
    let (one, other) = tokio::try_join!(
        Suite::start(Engine::Sqlite, layout),
        Suite::start(Engine::Sqlite, layout)
    )?;
    let (here, there) = (one.connect().await?, other.connect().await?);
    let token = first_page(&here).await?;
    let answer = there.areas.clone().list_areas(communities(&token)).await;
    refused(answer, Code::InvalidArgument, "PAGE_TOKEN_INVALID")?;

    // The same of a feed's cursor.
    let request = ListChangesRequest { page_size: 1, ..ListChangesRequest::default() };
    let cursor = here.changes.clone().list_changes(request).await?.into_inner().next_cursor;
    let request = ListChangesRequest { cursor, ..ListChangesRequest::default() };
    let answer = there.changes.clone().list_changes(request).await;
    refused(answer, Code::InvalidArgument, "CURSOR_INVALID")?;
    for cursor in ["x", "!", &"A".repeat(1_000)] {
        let request =
            ListChangesRequest { cursor: cursor.to_owned(), ..ListChangesRequest::default() };
        let answer = here.changes.clone().list_changes(request).await;
        refused(answer, Code::InvalidArgument, "CURSOR_INVALID")?;
    }
    unharmed(&one)?;
    unharmed(&other)
}

on_both_layouts!(pages_show_each_employer_once);

/// What the tokens are for: no row twice, none left out, while others are entered.
async fn pages_show_each_employer_once(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let create = |number| {
        let mut service = clients.employers.clone();
        async move {
            let request = CreateEmployerRequest {
                employer: Some(samples::employer(number)),
                ..CreateEmployerRequest::default()
            };
            anyhow::Ok(service.create_employer(request).await?.into_inner().name)
        }
    };
    let mut wanted = std::collections::BTreeSet::new();
    for number in 1..=20 {
        wanted.insert(create(number).await?);
    }
    let mut seen = Vec::new();
    let mut request = ListEmployersRequest { page_size: 3, ..ListEmployersRequest::default() };
    let mut late = 100;
    loop {
        let page = clients.employers.clone().list_employers(request.clone()).await?.into_inner();
        seen.extend(page.employers.into_iter().map(|employer| employer.name));
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
        create(late).await?;
        late += 1;
    }
    let once: std::collections::BTreeSet<_> = seen.iter().cloned().collect();
    ensure!(once.len() == seen.len(), "an employer was shown twice");
    ensure!(once.is_superset(&wanted), "an employer was left out");
    unharmed(&suite)
}
