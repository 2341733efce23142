//! What the sandbox's first process does while the procedure runs: it takes the output,
//! keeps the time, and answers whatever the procedure sends to any address.
//!
//! It takes no memory: everything has a fixed size. A connection that does not fit is let
//! go; what the observer must know and does not fit ends the run.

use std::net::IpAddr;
use std::time::Duration;

use libc::pollfd;

use super::board::Board;
use super::{dns, raw};

/// Exit code of the first process when the time is over.
pub(super) const TIME_IS_OVER: i32 = 124;
/// Exit code of the first process when there is more output than may be kept.
pub(super) const OUTPUT_IS_FULL: i32 = 125;

/// Exit code of the first process when it can write nothing more down for the observer.
pub(super) const BOARD_IS_FULL: i32 = 126;

/// Listening sockets and open connections at most.
const SOCKETS: usize = 48;

/// How long a client may stay silent before it is told that nothing will come. A client
/// that waits for the server to speak first then ends by itself.
const PATIENCE: u64 = 40_000;

/// What an HTTP client is answered: a comment for every shell.
const PAGE: &[u8] =
    b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 18\r\nConnection: close\r\n\r\n# feuerprobe sink\n";

/// The name service's port (RFC 1035, section 4.2).
const NAME_SERVICE: u16 = 53;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Free,
    Listener,
    Datagrams(u16),
    /// A connection that was accepted at this time.
    Fresh(u64),
    /// A connection that has been answered and is only drained.
    Drained,
}

/// What the first process works with, made before it exists.
pub(super) struct Duty {
    /// Requests of the observer: one byte of protocol, two of port. Its end ends the sandbox.
    pub(super) control: i32,
    /// Output of the procedure.
    pub(super) output: i32,
    /// Time from now to the end, in microseconds.
    pub(super) deadline: u64,
    /// Names with their addresses.
    pub(super) names: Vec<(Vec<u8>, IpAddr)>,
}

struct Sink<'a> {
    duty: &'a Duty,
    board: &'a Board,
    fds: [pollfd; SOCKETS + 2],
    kinds: [Kind; SOCKETS + 2],
    until: u64,
    /// Whether something could not be written down.
    full: bool,
}

/// Serves until the observer closes its end, the time is over, or the output is full.
pub(super) fn serve(duty: &Duty, board: &Board) -> i32 {
    let unused = pollfd { fd: -1, events: libc::POLLIN, revents: 0 };
    let mut sink = Sink {
        duty,
        board,
        fds: [unused; SOCKETS + 2],
        kinds: [Kind::Free; SOCKETS + 2],
        until: raw::clock().saturating_add(duty.deadline),
        full: false,
    };
    sink.fds[0].fd = duty.control;
    sink.fds[1].fd = duty.output;
    loop {
        if let Some(code) = sink.turn() {
            return code;
        }
    }
}

impl Sink<'_> {
    fn turn(&mut self) -> Option<i32> {
        let now = raw::clock();
        if now >= self.until {
            return Some(TIME_IS_OVER);
        }
        let waiting = self.kinds.iter().any(|k| matches!(k, Kind::Fresh(_)));
        let span = (self.until - now).min(if waiting { PATIENCE / 2 } else { u64::MAX });
        if raw::poll(&mut self.fds, Duration::from_micros(span)).is_err() {
            return None;
        }
        if self.fds[1].revents != 0 && !self.take_output() {
            return Some(OUTPUT_IS_FULL);
        }
        if self.fds[0].revents != 0 && !self.obey() {
            return Some(0);
        }
        for index in 2..self.fds.len() {
            self.attend(index, raw::clock());
        }
        self.full.then_some(BOARD_IS_FULL)
    }

    fn take_output(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match raw::read(self.duty.output, &mut buffer) {
            Ok(0) => {
                // Every writer is gone.
                self.fds[1].fd = -1;
                true
            }
            Ok(count) => self.board.add_output(buffer.get(..count).unwrap_or(&[])),
            Err(_) => true,
        }
    }

    /// Opens the port that the observer names and answers whether it is ours.
    fn obey(&mut self) -> bool {
        let mut request = [0; 3];
        let Ok(3) = raw::read(self.duty.control, &mut request) else { return false };
        let port = u16::from_be_bytes([request[1], request[2]]);
        let opened = match request[0] {
            b'o' => {
                // The procedure has ended: what it wrote is in the pipe already.
                while self.fds[1].fd >= 0 {
                    let mut one = [self.fds[1]];
                    if !matches!(raw::poll(&mut one, Duration::ZERO), Ok(1)) || !self.take_output() {
                        break;
                    }
                }
                for index in 2..self.fds.len() {
                    while let Kind::Datagrams(port) = self.kinds[index] {
                        if !self.datagram(index, port) {
                            break;
                        }
                    }
                }
                true
            }
            b'u' => self.listen(libc::SOCK_DGRAM, Kind::Datagrams(port), port),
            _ => self.listen(libc::SOCK_STREAM, Kind::Listener, port),
        };
        raw::write(self.duty.control, &[u8::from(opened)]).is_ok()
    }

    fn place(&mut self, fd: i32, kind: Kind) -> bool {
        let free = self.kinds.iter().skip(2).position(|k| *k == Kind::Free).map(|n| n + 2);
        let Some(index) = free else {
            raw::close(fd);
            return false;
        };
        self.fds[index].fd = fd;
        self.kinds[index] = kind;
        true
    }

    fn listen(&mut self, socket: i32, kind: Kind, port: u16) -> bool {
        let flags = socket | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
        let Ok(fd) = raw::socket(libc::AF_INET6, flags, 0) else { return false };
        let both = raw::option(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY, 0)
            .and_then(|()| raw::option(fd, libc::IPPROTO_IPV6, libc::IPV6_RECVPKTINFO, 1));
        let ready = both.and_then(|()| raw::bind_any(fd, port)).and_then(|()| {
            if socket == libc::SOCK_STREAM {
                raw::plain(libc::SYS_listen, [fd as usize, 16, 0, 0, 0, 0]).map(drop)
            } else {
                Ok(())
            }
        });
        if ready.is_err() {
            raw::close(fd);
            return false;
        }
        self.place(fd, kind)
    }

    fn attend(&mut self, index: usize, now: u64) {
        let ready = self.fds[index].revents != 0;
        match self.kinds[index] {
            Kind::Listener if ready => {
                if let Ok(fd) = raw::accept(self.fds[index].fd) {
                    self.place(fd, Kind::Fresh(now));
                }
            }
            Kind::Datagrams(port) if ready => {
                self.datagram(index, port);
            }
            Kind::Fresh(_) if ready => self.first_words(index),
            Kind::Fresh(since) if now.saturating_sub(since) > PATIENCE => self.fall_silent(index),
            Kind::Drained if ready => {
                let mut buffer = [0; 4096];
                if !matches!(raw::read(self.fds[index].fd, &mut buffer), Ok(1..) | Err(libc::EAGAIN)) {
                    self.free(index);
                }
            }
            _ => {}
        }
    }

    fn first_words(&mut self, index: usize) {
        let mut buffer = [0; 4096];
        let fd = self.fds[index].fd;
        match raw::read(fd, &mut buffer) {
            Ok(0) => self.free(index),
            Ok(count) => {
                let said = buffer.get(..count).unwrap_or(&[]);
                let verbs: [&[u8]; 6] = [b"GET ", b"POST ", b"HEAD ", b"PUT ", b"OPTIONS ", b"DELETE "];
                if verbs.iter().any(|verb| said.starts_with(verb)) {
                    let _ = raw::write(fd, PAGE);
                }
                self.fall_silent(index);
            }
            Err(libc::EAGAIN) => {}
            Err(_) => self.free(index),
        }
    }

    fn fall_silent(&mut self, index: usize) {
        let _ =
            raw::plain(libc::SYS_shutdown, [self.fds[index].fd as usize, libc::SHUT_WR as usize, 0, 0, 0, 0]);
        self.kinds[index] = Kind::Drained;
    }

    fn free(&mut self, index: usize) {
        raw::close(self.fds[index].fd);
        self.fds[index].fd = -1;
        self.fds[index].revents = 0;
        self.kinds[index] = Kind::Free;
    }

    /// Takes one datagram; returns whether there was one.
    fn datagram(&mut self, index: usize, port: u16) -> bool {
        let mut packet = [0; 1024];
        let mut sender = super::sockets::no_address();
        let received = raw::receive_from(self.fds[index].fd, &mut packet, &mut sender);
        let Ok((count, to)) = received else { return false };
        let packet = packet.get(..count).unwrap_or(&[]);
        let asked = if port == NAME_SERVICE { dns::question(packet) } else { None };
        let Some(asked) = asked else {
            if port == NAME_SERVICE {
                self.full |= !self.board.add_name(dns::MORE);
            }
            self.full |= !to.is_some_and(|address| self.board.add_datagram(address, port));
            return true;
        };
        self.full |= !self.board.add_name(asked.name());
        // Who hides words behind a question is told apart from who asks one.
        if !asked.is_all(packet) {
            self.full |= !self.board.add_name(dns::MORE);
        }
        let mut answer = [0; 512];
        if let Some(length) = dns::answer(packet, &asked, &self.duty.names, &mut answer) {
            let _ = raw::send_to(self.fds[index].fd, answer.get(..length).unwrap_or(&[]), &sender);
        }
        true
    }
}
