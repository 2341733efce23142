//! ATT&CK bundles and Attack Flows in, matrix, actors and campaigns out.
