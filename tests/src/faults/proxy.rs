//! A TCP proxy in user space that cuts, holds, delays and slows what passes.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, tcp};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Pieces on their way at most; a full pipe pushes back as a network does.
const IN_FLIGHT: usize = 64;

#[derive(Clone, Debug)]
struct Conditions {
    upstream: SocketAddr,
    open: bool,
    held: bool,
    delay: Duration,
    bytes_per_second: Option<u32>,
    /// A connection lives as long as this number stands.
    generation: u64,
}

/// The proxy. Its address stays, whatever happens behind it; it ends with the value.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    conditions: watch::Sender<Conditions>,
}

impl Proxy {
    /// Listens on loopback and passes everything to `upstream`.
    ///
    /// # Errors
    /// When no port can be had.
    pub async fn start(upstream: SocketAddr) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (conditions, seen) = watch::channel(Conditions {
            upstream,
            open: true,
            held: false,
            delay: Duration::ZERO,
            bytes_per_second: None,
            generation: 0,
        });
        tokio::spawn(accept(listener, seen));
        Ok(Self { address, conditions })
    }

    /// Where clients connect.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads to another address from now on; connections to the old one are cut.
    pub fn retarget(&self, upstream: SocketAddr) {
        self.conditions.send_modify(|now| {
            now.upstream = upstream;
            now.generation += 1;
        });
    }

    /// Ends every connection and refuses new ones, until [`Self::heal`].
    pub fn cut(&self) {
        self.conditions.send_modify(|now| {
            now.open = false;
            now.generation += 1;
        });
    }

    /// Ends every connection once; new ones are welcome.
    pub fn reset(&self) {
        self.conditions.send_modify(|now| now.generation += 1);
    }

    /// Keeps connections open but lets nothing through, as a half-dead link does.
    pub fn hold(&self) {
        self.conditions.send_modify(|now| now.held = true);
    }

    /// Brings each piece `delay` later, in both directions.
    pub fn delay(&self, delay: Duration) {
        self.conditions.send_modify(|now| now.delay = delay);
    }

    /// Lets through so many bytes a second in each direction.
    pub fn slow(&self, bytes_per_second: u32) {
        self.conditions.send_modify(|now| now.bytes_per_second = Some(bytes_per_second.max(1)));
    }

    /// A faultless link again. What was held goes through.
    pub fn heal(&self) {
        self.conditions.send_modify(|now| {
            now.open = true;
            now.held = false;
            now.delay = Duration::ZERO;
            now.bytes_per_second = None;
        });
    }
}

async fn accept(listener: TcpListener, mut seen: watch::Receiver<Conditions>) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { continue };
                // A connection dropped unread is what a refusing peer looks like.
                if seen.borrow().open {
                    tokio::spawn(serve(client, seen.clone()));
                }
            }
            // The value is gone: so is the listener.
            () = closed(&mut seen) => return,
        }
    }
}

async fn closed(seen: &mut watch::Receiver<Conditions>) {
    while seen.changed().await.is_ok() {}
}

async fn serve(client: TcpStream, mut seen: watch::Receiver<Conditions>) {
    let (upstream, generation) = {
        let now = seen.borrow();
        (now.upstream, now.generation)
    };
    let Ok(server) = TcpStream::connect(upstream).await else { return };
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let up = pump(from_client, to_server, seen.clone());
    let down = pump(from_server, to_client, seen.clone());
    tokio::select! {
        // Each way closes by itself, so that a half-closed connection still answers.
        _ = async { tokio::join!(up, down) } => {}
        // Another generation, or no proxy any more: both halves drop here.
        _ = seen.wait_for(|now| now.generation != generation) => {}
    }
}

/// Carries one direction: a reader that notes when each piece is due, and a writer that waits.
async fn pump(
    mut from: tcp::OwnedReadHalf,
    mut to: tcp::OwnedWriteHalf,
    mut seen: watch::Receiver<Conditions>,
) {
    let (sender, mut pieces) = mpsc::channel::<(Instant, Vec<u8>)>(IN_FLIGHT);
    let delays = seen.clone();
    let reading = async move {
        let mut buffer = vec![0; 16 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            let due = Instant::now() + delays.borrow().delay;
            if sender.send((due, buffer[..length].to_vec())).await.is_err() {
                return;
            }
        }
    };
    let writing = async move {
        while let Some((due, piece)) = pieces.recv().await {
            if seen.wait_for(|now| !now.held).await.is_err() {
                return;
            }
            let rate = seen.borrow().bytes_per_second;
            sleep_until(due).await;
            if let Some(rate) = rate {
                sleep_until(Instant::now() + transfer_time(piece.len(), rate)).await;
            }
            if to.write_all(&piece).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}

fn transfer_time(bytes: usize, per_second: u32) -> Duration {
    let micros = (bytes as u64).saturating_mul(1_000_000) / u64::from(per_second);
    Duration::from_micros(micros)
}

#[cfg(test)]
#[path = "proxy/tests.rs"]
mod tests;
