//! Bytes in, findings of insured-person data out.
