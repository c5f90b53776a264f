//! The socket of a connection, as HTTP/2 is to write to it.

use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// How long the peer may take to read the last answers and to close.
const LINGER: Duration = Duration::from_secs(1);

/// A socket that does not offer to write from several places at once. To one that does, h2 writes
/// every message above 256 bytes by a system call of its own; to this one it copies those of up to
/// a kilobyte, most records, behind each other and writes them together.
///
/// Shutting it down waits for the peer to close: of a socket that is closed while something lies there
/// unread, Linux throws away what the peer has not yet taken, which may be the status of its call.
pub(super) struct Gathered {
    io: TokioIo<TcpStream>,
    lingers: Option<Pin<Box<Sleep>>>,
}

impl Gathered {
    pub(super) fn new(stream: TcpStream) -> Self {
        Self { io: TokioIo::new(stream), lingers: None }
    }

    /// Reads for nobody until the peer has closed; what fails then is over as well.
    fn poll_closed(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut room = [0; 1_024];
        loop {
            let mut read = ReadBuf::new(&mut room);
            let more = Pin::new(self.io.inner_mut()).poll_read(context, &mut read);
            if ready!(more).is_err() || read.filled().is_empty() {
                return Poll::Ready(());
            }
        }
    }
}

impl Read for Gathered {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_read(context, buffer)
    }
}

impl Write for Gathered {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.lingers.is_none() {
            ready!(Pin::new(&mut self.io).poll_shutdown(context))?;
        }
        let lingers = self.lingers.get_or_insert_with(|| Box::pin(sleep(LINGER)));
        if lingers.as_mut().poll(context).is_pending() {
            ready!(self.poll_closed(context));
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    use super::*;

    async fn pair() -> (Gathered, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let peer = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        (Gathered::new(listener.accept().await.unwrap().0), peer)
    }

    async fn shut_down(mut socket: Gathered) -> io::Result<()> {
        poll_fn(|context| Pin::new(&mut socket).poll_shutdown(context)).await
    }

    #[tokio::test]
    async fn a_peer_that_still_writes_reads_everything() {
        let (mut socket, mut peer) = pair().await;
        peer.write_all(b"late").await.unwrap();
        // More than the peer's side holds, so that the end of it is still here.
        let mut written = 0;
        while let Poll::Ready(bytes) =
            poll_fn(|context| Poll::Ready(Pin::new(&mut socket).poll_write(context, &[7; 65_536])))
                .await
        {
            written += bytes.unwrap();
        }
        let (ended, read) = tokio::join!(shut_down(socket), async {
            let mut read = Vec::new();
            peer.read_to_end(&mut read).await.unwrap();
            drop(peer);
            read.len()
        });
        ended.unwrap();
        assert_eq!(read, written);
    }

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_stays_is_left() {
        let (socket, peer) = pair().await;
        shut_down(socket).await.unwrap();
        drop(peer);
    }
}
