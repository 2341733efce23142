//! Error numbers by name.

/// Returns the error number (1 to 4095) written as a name or a number (errno(3)).
pub(super) fn read(text: &str) -> Option<i32> {
    if let Ok(number) = text.parse::<i32>() {
        return (1..=4095).contains(&number).then_some(number);
    }
    Some(match text {
        "EPERM" => libc::EPERM,
        "ENOENT" => libc::ENOENT,
        "ESRCH" => libc::ESRCH,
        "EINTR" => libc::EINTR,
        "EIO" => libc::EIO,
        "ENXIO" => libc::ENXIO,
        "EBADF" => libc::EBADF,
        "EAGAIN" => libc::EAGAIN,
        "ENOMEM" => libc::ENOMEM,
        "EACCES" => libc::EACCES,
        "EFAULT" => libc::EFAULT,
        "EBUSY" => libc::EBUSY,
        "EEXIST" => libc::EEXIST,
        "ENODEV" => libc::ENODEV,
        "EINVAL" => libc::EINVAL,
        "ENOSPC" => libc::ENOSPC,
        "EROFS" => libc::EROFS,
        "EPIPE" => libc::EPIPE,
        "ENOSYS" => libc::ENOSYS,
        "EUCLEAN" => libc::EUCLEAN,
        "EOPNOTSUPP" | "ENOTSUP" => libc::EOPNOTSUPP,
        "EAFNOSUPPORT" => libc::EAFNOSUPPORT,
        "EPROTONOSUPPORT" => libc::EPROTONOSUPPORT,
        "ENETUNREACH" => libc::ENETUNREACH,
        "ECONNREFUSED" => libc::ECONNREFUSED,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn names_and_numbers_are_read_and_nonsense_is_not() {
        for (text, number) in [
            ("EPERM", Some(1)),
            ("38", Some(38)),
            ("4095", Some(4095)),
            ("4096", None),
            ("0", None),
            ("-1", None),
            ("EWHAT", None),
        ] {
            assert_eq!(read(text), number, "{text}");
        }
    }
}
