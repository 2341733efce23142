//! Estate and outages in, recovery, service timelines and impact on tenants out.
