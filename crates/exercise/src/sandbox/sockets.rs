//! Socket addresses as the kernel writes them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd};

use super::raw;

/// Returns an empty address to be filled by the kernel.
pub(super) fn no_address() -> libc::sockaddr_in6 {
    // SAFETY: all fields are numbers, for which zero is valid.
    unsafe { std::mem::zeroed() }
}

/// `PIDFD_THREAD`: the descriptor stands for one thread, from Linux 6.9 on
/// (Linux, `include/uapi/linux/pidfd.h`).
const THREAD: usize = libc::O_EXCL as usize;

/// Returns a descriptor of our own for a socket of a thread. Files belong to a thread: the
/// one that its process is named after may have none any more, or others.
fn copy(thread: i32, group: i32, fd: i32) -> Option<OwnedFd> {
    let open = |pid: i32, flags| raw::plain(libc::SYS_pidfd_open, [pid as usize, flags, 0, 0, 0, 0]);
    let pidfd = match open(thread, THREAD) {
        Err(libc::EINVAL) => open(group, 0),
        other => other,
    };
    // SAFETY: both descriptors were just made and belong to nobody else.
    let pidfd = unsafe { OwnedFd::from_raw_fd(pidfd.ok()? as i32) };
    let args = [pidfd.as_raw_fd() as usize, fd as usize, 0, 0, 0, 0];
    let copy = raw::plain(libc::SYS_pidfd_getfd, args).ok()?;
    // SAFETY: as above.
    Some(unsafe { OwnedFd::from_raw_fd(copy as i32) })
}

/// Returns the type of a thread's socket, such as `SOCK_STREAM`.
pub(super) fn kind(thread: i32, group: i32, fd: i32) -> Option<i32> {
    let copy = copy(thread, group, fd)?;
    let (mut kind, mut length) = (0_i32, 4_u32);
    let level = libc::SOL_SOCKET as usize;
    let name = libc::SO_TYPE as usize;
    let to = [(&raw mut kind) as usize, (&raw mut length) as usize];
    let args = [copy.as_raw_fd() as usize, level, name, to[0], to[1], 0];
    // SAFETY: the kernel writes one number into our own and its length.
    unsafe { raw::call(libc::SYS_getsockopt, args) }.ok().map(|_| kind)
}

/// Returns whom a thread's socket is connected to, by the socket itself.
pub(super) fn peer(thread: i32, group: i32, fd: i32) -> Option<(IpAddr, u16)> {
    let copy = copy(thread, group, fd)?;
    let (mut bytes, mut length) = ([0_u8; 128], 128_u32);
    let args = [copy.as_raw_fd() as usize, bytes.as_mut_ptr() as usize, (&raw mut length) as usize, 0, 0, 0];
    // SAFETY: the kernel writes at most as many bytes as the length says, and the length.
    unsafe { raw::call(libc::SYS_getpeername, args) }.ok()?;
    match read(bytes.get(..length as usize)?) {
        Named::Network(address, port) => Some((address, port)),
        _ => None,
    }
}

/// An address that a procedure named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Named {
    /// Of a network.
    Network(IpAddr, u16),
    /// Of this machine: a path, or `@` and a name.
    Local(String),
    /// Of another kind, or none.
    Other,
    /// It could not be read.
    Unread,
}

/// Reads a `sockaddr` (ip(7), ipv6(7), unix(7)).
pub(super) fn read(bytes: &[u8]) -> Named {
    let Some([a, b]) = bytes.get(..2).and_then(|b| <[u8; 2]>::try_from(b).ok()) else { return Named::Other };
    let port = || bytes.get(2..4).and_then(|b| b.try_into().ok()).map_or(0, u16::from_be_bytes);
    match i32::from(u16::from_ne_bytes([a, b])) {
        libc::AF_INET => bytes
            .get(4..8)
            .and_then(|b| <[u8; 4]>::try_from(b).ok())
            .map_or(Named::Other, |b| Named::Network(IpAddr::V4(Ipv4Addr::from(b)), port())),
        libc::AF_INET6 => {
            bytes.get(8..24).and_then(|b| <[u8; 16]>::try_from(b).ok()).map_or(Named::Other, |b| {
                let address = Ipv6Addr::from(b);
                let address = address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4);
                Named::Network(address, port())
            })
        }
        libc::AF_UNIX => {
            let path = bytes.get(2..).unwrap_or(&[]);
            let (sign, name) = match path.split_first() {
                Some((0, name)) => ("@", name),
                _ => ("", path.split(|b| *b == 0).next().unwrap_or(&[])),
            };
            Named::Local(format!("{sign}{}", String::from_utf8_lossy(name)))
        }
        _ => Named::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_as_the_kernel_lays_them_out() {
        let v4 = [2, 0, 0x11, 0x5c, 203, 0, 113, 7, 0, 0, 0, 0, 0, 0, 0, 0];
        let mut v6 = vec![10, 0, 0, 80, 0, 0, 0, 0];
        v6.extend("2001:db8::1".parse::<Ipv6Addr>().expect("an address").octets());
        let cases = [
            (v4.to_vec(), Named::Network("203.0.113.7".parse().expect("an address"), 4444)),
            (v6, Named::Network("2001:db8::1".parse().expect("an address"), 80)),
            (b"\x01\0/dev/log\0".to_vec(), Named::Local("/dev/log".to_owned())),
            (b"\x01\0\0bus".to_vec(), Named::Local("@bus".to_owned())),
            (vec![2, 0, 0], Named::Other),
            (Vec::new(), Named::Other),
        ];
        for (bytes, expected) in cases {
            assert_eq!(read(&bytes), expected, "{bytes:?}");
        }
    }
}
