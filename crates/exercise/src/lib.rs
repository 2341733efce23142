//! Recordings in, telemetry events and run status out.
