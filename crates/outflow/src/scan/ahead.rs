//! Pieces of a part that other threads look at while the part goes on. What they see is
//! taken in the order of the pieces, so the number of threads changes nothing.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::thread::Result;

use crate::look::Look;

/// A text, and what will be seen in one of its pieces.
type Piece = (Arc<Vec<u8>>, Receiver<Result<Look>>);

/// Pieces that are being looked at.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    pieces: VecDeque<Piece>,
    /// Buffers of texts that were looked at.
    spare: Vec<Vec<u8>>,
}

impl Ahead {
    /// Returns how many pieces are being looked at.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Returns an empty buffer.
    pub(super) fn spare(&mut self) -> Vec<u8> {
        self.spare.pop().unwrap_or_default()
    }

    /// Has one more piece of a text looked at.
    pub(super) fn begin(&mut self, text: &Arc<Vec<u8>>, look: impl FnOnce(&[u8]) -> Look + Send + 'static) {
        let (done, seen) = sync_channel(1);
        self.pieces.push_back((text.clone(), seen));
        let text = text.clone();
        rayon::spawn(move || {
            let look = catch_unwind(AssertUnwindSafe(|| look(&text)));
            drop(text);
            // The part may have ended by a panic of its own.
            let _ = done.send(look);
        });
    }

    /// Returns what was seen in the first piece. Until it was looked at, this thread looks at
    /// others.
    pub(super) fn next(&mut self) -> Option<Look> {
        let (text, seen) = self.pieces.pop_front()?;
        let look = loop {
            match seen.try_recv() {
                Err(TryRecvError::Empty) => {
                    // Whoever looks at it waits for nobody.
                    if rayon::yield_now() != Some(rayon::Yield::Executed) {
                        break seen.recv();
                    }
                }
                Ok(look) => break Ok(look),
                Err(TryRecvError::Disconnected) => break seen.recv(),
            }
        };
        if let Ok(mut text) = Arc::try_unwrap(text) {
            text.clear();
            self.spare.push(text);
        }
        match look {
            Ok(Ok(look)) => Some(look),
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => unreachable!("a piece is sent, or its panic is"),
        }
    }
}
