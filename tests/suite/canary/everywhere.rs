//! The search that every test ends with is there: a number that nobody protects fails it.

use std::panic::{AssertUnwindSafe, catch_unwind};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use unionhall_proto::registry::v1::{CreateEmployerRequest, Employer};
use unionhall_tests::{
    engine::Engine,
    samples,
    suite::{Layout, Suite},
};

/// In the name of an employer, which everybody may see. Not on PostgreSQL: the run as a whole would
/// fail by what its cluster keeps.
const NAME: &str = "北京110102188808080017号贸易有限公司";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_number_that_nobody_protects_fails_its_test() -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, Layout::All).await?;
    let employer = Employer { display_name: NAME.to_owned(), ..samples::employer(1) };
    let request =
        CreateEmployerRequest { employer: Some(employer), ..CreateEmployerRequest::default() };
    let mut employers = suite.connect().await?.employers;
    let answered = tokio::spawn(async move { employers.create_employer(request).await }).await;
    ensure!(answered.is_err_and(|error| error.is_panic()), "the answer was not heard");

    let list = "unionhall.registry.v1.EmployerService/ListEmployers";
    let printed = suite.grpcurl().call(list, &json!({})).await;
    let told = format!("{:?}", printed.err().context("what was printed was not searched")?);
    ensure!(told.contains("numbers of persons in plain"), "{told}");

    let end = catch_unwind(AssertUnwindSafe(|| drop(suite))).err().context("no end by a number")?;
    let told = end.downcast_ref::<String>().context("a text")?;
    ensure!(told.contains("data/registry.db"), "{told}");
    Ok(())
}
