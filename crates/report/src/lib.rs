//! A record in, bytes for people and machines out.
