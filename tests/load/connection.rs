//! One connection that keeps a number of calls under way.

use std::{collections::HashMap, net::SocketAddr};

use anyhow::{Context, Result, bail};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use crate::{
    calls::Calls,
    frame::{self, FIRST_WINDOW, HEADER, Head, Headers, Kind},
    race::Tally,
};

/// The server's window for us is given back when this much of it is used.
const GIVE_BACK: u32 = 1 << 24;
const READ: usize = 256 * 1024;

/// A call that is under way.
struct Open {
    since: Instant,
    answered: bool,
}

/// A connection.
pub(crate) struct Connection<'a> {
    stream: TcpStream,
    calls: &'a Calls,
    headers: Headers,
    next_stream: u32,
    open: HashMap<u32, Open>,
    out: Vec<u8>,
    input: Vec<u8>,
    filled: usize,
    /// Bytes that we may still send on the connection.
    may_send: i64,
    received: u32,
}

impl<'a> Connection<'a> {
    /// Connects; the first calls go out with [`Self::run`].
    pub(crate) async fn open(target: SocketAddr, token: &str, calls: &'a Calls) -> Result<Self> {
        let stream = TcpStream::connect(target).await.with_context(|| target.to_string())?;
        stream.set_nodelay(true)?;
        let authority = target.to_string();
        let bearer = format!("Bearer {token}");
        let headers = Headers::of(&[
            (":path", calls.method),
            (":authority", &authority),
            ("te", "trailers"),
            ("content-type", "application/grpc"),
            ("authorization", &bearer),
        ]);
        let mut out = Vec::with_capacity(READ);
        frame::open(&mut out);
        Ok(Self {
            stream,
            calls,
            headers,
            next_stream: 1,
            open: HashMap::new(),
            out,
            input: vec![0; READ],
            filled: 0,
            may_send: i64::from(FIRST_WINDOW),
            received: 0,
        })
    }

    /// Keeps `in_flight` calls under way until `until`; those that end from `from` on count.
    pub(crate) async fn run(
        mut self,
        in_flight: usize,
        from: Instant,
        until: Instant,
    ) -> Result<Tally> {
        let mut tally = Tally::default();
        loop {
            let now = Instant::now();
            while now < until && self.open.len() < in_flight && self.ask(now) {}
            if now >= until && self.open.is_empty() {
                return Ok(tally);
            }
            self.stream.write_all(&self.out).await?;
            self.out.clear();
            let read = self.stream.read(&mut self.input[self.filled..]).await?;
            if read == 0 {
                bail!("the server hung up with {} calls under way", self.open.len());
            }
            self.filled += read;
            let now = Instant::now();
            let counts = from <= now && now < until;
            self.take_in(now, counts.then_some(&mut tally))?;
        }
    }

    /// Sends a call, unless the server must first make room.
    fn ask(&mut self, now: Instant) -> bool {
        let body = self.calls.any();
        let length = i64::try_from(body.len()).unwrap_or(i64::MAX);
        if self.may_send < length {
            return false;
        }
        self.may_send -= length;
        let first = self.next_stream == 1;
        let headers = if first { &self.headers.first } else { &self.headers.later };
        frame::request(&mut self.out, self.next_stream, headers, body);
        self.open.insert(self.next_stream, Open { since: now, answered: false });
        self.next_stream += 2;
        true
    }

    fn take_in(&mut self, now: Instant, mut tally: Option<&mut Tally>) -> Result<()> {
        let mut at = 0;
        while let Some(bytes) = self.input[at..self.filled].first_chunk::<HEADER>() {
            let head = Head::read(*bytes);
            let end = at + HEADER + head.length;
            if end > self.filled {
                break;
            }
            self.heed(head, at + HEADER..end)?;
            if (head.ends_stream() || head.kind == Kind::Reset)
                && let Some(call) = self.open.remove(&head.stream)
                && let Some(tally) = tally.as_mut()
            {
                tally.ended(now - call.since, call.answered && head.kind != Kind::Reset);
            }
            at = end;
        }
        self.input.copy_within(at..self.filled, 0);
        self.filled -= at;
        Ok(())
    }

    fn heed(&mut self, head: Head, payload: std::ops::Range<usize>) -> Result<()> {
        let payload = &self.input[payload];
        match head.kind {
            // A refusal has trailers alone, so a message means success.
            Kind::Data if head.length > 0 => {
                if let Some(call) = self.open.get_mut(&head.stream) {
                    call.answered = true;
                }
                self.received += u32::try_from(head.length)?;
                if self.received > GIVE_BACK {
                    frame::window_update(&mut self.out, self.received);
                    self.received = 0;
                }
            }
            Kind::Settings if !head.is_ack() => frame::settings_ack(&mut self.out),
            Kind::Ping if !head.is_ack() => frame::ping_ack(&mut self.out, payload),
            Kind::WindowUpdate if head.stream == 0 => {
                let more: [u8; 4] = payload.try_into().context("a window update of odd length")?;
                self.may_send += i64::from(u32::from_be_bytes(more));
            }
            Kind::GoAway => bail!("the server retired the connection: a run must be shorter"),
            _ => {}
        }
        Ok(())
    }
}
