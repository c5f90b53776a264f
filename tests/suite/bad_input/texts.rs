//! Texts that no name needs, and enum numbers that nobody defined.

use anyhow::{Result, ensure};
use tonic::Code;
use unionhall_proto::registry::v1::{
    CreateEmployerRequest, Employer, GetEmployerRequest, ListAreasRequest, ListEmployersRequest,
    RenameAreaRequest, employer::State,
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_both_engines, on_both_layouts,
    refusals::{fields, refused, unharmed},
    samples,
    suite::{Layout, Suite},
};

fn named(number: u32, name: &str) -> CreateEmployerRequest {
    let employer = Employer { display_name: name.to_owned(), ..samples::employer(number) };
    CreateEmployerRequest { employer: Some(employer), ..CreateEmployerRequest::default() }
}

async fn employers(clients: &Clients) -> Result<usize> {
    let request = ListEmployersRequest { page_size: 1_000, ..ListEmployersRequest::default() };
    Ok(clients.employers.clone().list_employers(request).await?.into_inner().employers.len())
}

on_both_layouts!(an_unknown_enum_number_is_named);

async fn an_unknown_enum_number_is_named(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    for level in [99, -1, i32::MIN] {
        let request = ListAreasRequest { level, ..ListAreasRequest::default() };
        let answer = clients.areas.clone().list_areas(request).await;
        let status = refused(answer, Code::InvalidArgument, "INVALID_FIELD")?;
        ensure!(fields(&status) == ["level"], "{status:?}");
    }
    unharmed(&suite)
}

on_both_layouts!(what_only_the_register_says_is_dropped);

/// An unknown number in an output-only field is no fault: the field is cleared, as any other value.
async fn what_only_the_register_says_is_dropped(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let clients = suite.connect().await?;
    let employer = Employer { state: 99, etag: "77".into(), ..samples::employer(1) };
    let request =
        CreateEmployerRequest { employer: Some(employer), ..CreateEmployerRequest::default() };
    let made = clients.employers.clone().create_employer(request).await?.into_inner();
    ensure!(made.state() == State::Active && made.etag == "1", "{made:?}");
    unharmed(&suite)
}

on_both_engines!(a_text_that_no_name_needs_is_refused);

async fn a_text_that_no_name_needs_is_refused(engine: Engine) -> Result<()> {
    let suite = Suite::start(engine, Layout::All).await?;
    let clients = suite.connect().await?;
    let long = "长".repeat(121);
    let too_long = [long.as_str(), "一"];
    for name in too_long {
        let answer = clients.employers.clone().create_employer(named(1, name)).await;
        let status = refused(answer, Code::InvalidArgument, "INVALID_FIELD")?;
        ensure!(fields(&status) == ["employer.display_name"], "{status:?}");
    }
    let odd = [
        "北京\u{0}试样公司",
        "北京\u{7}试样公司",
        "北京\n试样公司",
        "北京试样\u{202e}公司",
        "北京试样\u{200b}公司",
        "北京试样😀公司",
        "北京试样\u{1f468}\u{200d}\u{1f469}公司",
        "北京试样\u{fffe}公司",
        "北京试样\u{e000}公司",
    ];
    for name in odd {
        let answer = clients.employers.clone().create_employer(named(1, name)).await;
        let status = refused(answer, Code::InvalidArgument, "INVALID_FIELD")?;
        ensure!(fields(&status) == ["employer.display_name"], "{name:?}: {status:?}");
    }
    let rename = RenameAreaRequest {
        name: "areas/110102012".into(),
        display_name: "什刹海😀".into(),
        ..RenameAreaRequest::default()
    };
    let answer = clients.areas.clone().rename_area(rename).await;
    refused(answer, Code::InvalidArgument, "INVALID_FIELD")?;
    ensure!(employers(&clients).await? == 0, "a refused employer is in the register");
    unharmed(&suite)
}

on_both_engines!(lengths_are_those_of_the_composed_text);

/// 120 letters with an accent each are 240 code points until they are composed (NFC).
async fn lengths_are_those_of_the_composed_text(engine: Engine) -> Result<()> {
    let suite = Suite::start(engine, Layout::All).await?;
    let clients = suite.connect().await?;
    let made = clients.employers.clone().create_employer(named(1, &"e\u{301}".repeat(120))).await?;
    let request = GetEmployerRequest { name: made.into_inner().name, day: None };
    let read = clients.employers.clone().get_employer(request).await?.into_inner();
    ensure!(read.display_name == "\u{e9}".repeat(120), "{}", read.display_name);

    let answer = clients.employers.clone().create_employer(named(2, &"e\u{301}".repeat(121))).await;
    refused(answer, Code::InvalidArgument, "INVALID_FIELD")?;
    // The same name, composed and not, is one name to whoever looks for it.
    for written in ["\u{e9}".repeat(3), "e\u{301}".repeat(3)] {
        let filter = format!("display_name = \"{written}*\"");
        let request = ListEmployersRequest { filter, ..ListEmployersRequest::default() };
        let found = clients.employers.clone().list_employers(request).await?.into_inner();
        ensure!(found.employers.len() == 1, "{found:?}");
    }
    unharmed(&suite)
}
