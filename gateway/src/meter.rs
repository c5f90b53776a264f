//! Measures gRPC messages while their bytes flow by, without decoding them.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tonic::{Status, body::Body};
use unionhall_kit::{fault::Fault, reasons};

/// One byte of flags and four of length stand before every message.
const HEADER: usize = 5;

/// A message announced more bytes than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooLarge {
    limit: u32,
}

impl TooLarge {
    pub(crate) fn fault(self) -> Fault {
        Fault::new(&reasons::MESSAGE_TOO_LARGE).with("limit", self.limit)
    }
}

/// Follows the frames of one stream. It keeps five bytes, however large the messages are.
#[derive(Debug)]
pub(crate) struct Meter {
    limit: u32,
    header: [u8; HEADER],
    filled: usize,
    left: usize,
}

impl Meter {
    pub(crate) fn new(limit: u32) -> Self {
        Self { limit, header: [0; HEADER], filled: 0, left: 0 }
    }

    /// Looks at the next bytes of the stream; they may end anywhere.
    pub(crate) fn pass(&mut self, mut bytes: &[u8]) -> Result<(), TooLarge> {
        while !bytes.is_empty() {
            if self.left > 0 {
                let skipped = self.left.min(bytes.len());
                self.left -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            let taken = (HEADER - self.filled).min(bytes.len());
            self.header[self.filled..self.filled + taken].copy_from_slice(&bytes[..taken]);
            self.filled += taken;
            bytes = &bytes[taken..];
            if self.filled == HEADER {
                self.begin_message()?;
            }
        }
        Ok(())
    }

    /// Whether the bytes so far are whole messages.
    pub(crate) fn between_messages(&self) -> bool {
        self.filled == 0 && self.left == 0
    }

    fn begin_message(&mut self) -> Result<(), TooLarge> {
        let [_, a, b, c, d] = self.header;
        let length = u32::from_be_bytes([a, b, c, d]);
        if length > self.limit {
            return Err(TooLarge { limit: self.limit });
        }
        self.filled = 0;
        self.left = length as usize;
        Ok(())
    }
}

/// A request body that fails before the first byte of a message beyond the limit is handed on.
pub(crate) struct Metered {
    body: Body,
    meter: Meter,
}

impl Metered {
    pub(crate) fn new(body: Body, limit: u32) -> Self {
        Self { body, meter: Meter::new(limit) }
    }
}

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = Status;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Status>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(bytes) = frame.data_ref()
            && let Err(too_large) = self.meter.pass(bytes)
        {
            return Poll::Ready(Some(Err(too_large.fault().into())));
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(length: usize) -> Vec<u8> {
        let mut bytes = vec![0];
        bytes.extend(u32::try_from(length).unwrap().to_be_bytes());
        bytes.extend(vec![7; length]);
        bytes
    }

    #[test]
    fn messages_up_to_the_limit_pass_however_they_are_cut() {
        let stream = [message(10), message(0), message(3)].concat();
        for step in 1..=stream.len() {
            let mut meter = Meter::new(10);
            for piece in stream.chunks(step) {
                assert_eq!(meter.pass(piece), Ok(()), "step {step}");
            }
        }
    }

    #[test]
    fn the_header_of_a_larger_message_is_refused_however_it_is_cut() {
        let stream = [message(10), message(11)].concat();
        let header_ends = 15 + HEADER;
        for step in 1..=stream.len() {
            let mut meter = Meter::new(10);
            let refused = stream.chunks(step).position(|piece| meter.pass(piece).is_err());
            assert_eq!(refused, Some((header_ends - 1) / step), "step {step}");
        }
    }
}
