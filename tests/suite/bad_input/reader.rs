//! A caller that asks for much and reads nothing.

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use h2::SendStream;
use tokio::task::JoinSet;
use unionhall_tests::{
    engine::Engine,
    faults::signal::resident_bytes,
    on_both_layouts, patience,
    refusals::unharmed,
    suite::{Layout, Suite},
    wire::{self, Wire, framed},
};

const MEBIBYTE: u64 = 1024 * 1024;
/// Growth of all processes together that a reader which reads nothing may cause.
const GROWTH: u64 = 48 * MEBIBYTE;
/// Questions of which each answer is some ten kibibytes: far more than the growth.
const QUESTIONS: usize = 20_000;

const TREE: &str = "unionhall.registry.v1.AreaService/GetAreaTree";

fn district() -> Bytes {
    framed(b"\x0a\x0careas/110102")
}

/// Asks reflection for the file that has the register's employers.
fn question() -> Bytes {
    let symbol = b"unionhall.registry.v1.EmployerService";
    // `file_containing_symbol` is field 4 of `ServerReflectionRequest`.
    let mut message = vec![0x22, u8::try_from(symbol.len()).unwrap()];
    message.extend_from_slice(symbol);
    framed(&message)
}

fn resident(suite: &Suite) -> u64 {
    suite.processes().iter().filter_map(|process| resident_bytes(process.id())).sum()
}

/// Asks until the server takes no more; how many questions it took.
async fn ask_until_held(upload: &mut SendStream<Bytes>, neighbour: &Wire) -> Result<usize> {
    for asked in 0..QUESTIONS {
        let question = question();
        upload.reserve_capacity(question.len());
        while upload.capacity() < question.len() {
            tokio::select! {
                biased;
                grown = std::future::poll_fn(|context| upload.poll_capacity(context)) => {
                    grown.context("the stream has ended")??;
                }
                // Time enough to take a question, had the server meant to.
                served = serve(neighbour) => {
                    served?;
                    return Ok(asked);
                }
            }
        }
        upload.send_data(question, false)?;
    }
    Ok(QUESTIONS)
}

/// A neighbour is served meanwhile, again and again.
async fn serve(neighbour: &Wire) -> Result<()> {
    for _ in 0..20 {
        let answer = neighbour.call(TREE, district()).await?;
        ensure!(answer.code() == Some(0), "{answer:?}");
    }
    Ok(())
}

on_both_layouts!(answers_that_nobody_reads_do_not_pile_up);

async fn answers_that_nobody_reads_do_not_pile_up(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let neighbour = Wire::connect(suite.address(), suite.token()).await?;
    // What a first call allocates for good is no growth.
    neighbour.call(TREE, district()).await?;
    let before = resident(&suite);

    let slow = Wire::connect(suite.address(), suite.token()).await?;
    let reflection = slow.head("grpc.reflection.v1.ServerReflection/ServerReflectionInfo")?;
    let (unread_stream, mut upload) = slow.ready().await?.send_request(reflection, false)?;
    let asked = ask_until_held(&mut upload, &neighbour).await?;
    ensure!(asked > 100, "{asked} questions were taken");

    // Unary answers on one connection that nobody reads.
    let mut unread = Vec::new();
    for _ in 0..100 {
        let mut sender = slow.ready().await?;
        let (response, mut sending) = sender.send_request(slow.head(TREE)?, false)?;
        sending.send_data(district(), true)?;
        unread.push(response);
    }
    serve(&neighbour).await?;
    let growth = resident(&suite).saturating_sub(before);
    ensure!(growth < GROWTH, "{} MiB for a reader that reads nothing", growth / MEBIBYTE);

    // Read at last, side by side as they share one window, every answer is whole.
    drop((unread_stream, upload));
    let whole = neighbour.call(TREE, district()).await?.body.len();
    let mut reading: JoinSet<_> = unread.into_iter().map(wire::read).collect();
    while let Some(read) = patience::within("an answer", reading.join_next()).await? {
        let answer = read??;
        ensure!(answer.code() == Some(0) && answer.body.len() == whole, "{answer:?}");
    }
    unharmed(&suite)
}
