//! Which Sigma log sources an event belongs to.
//!
//! The tables are facts about what the systems log: the Windows channels behind
//! Sigma's service names, and the event ids behind its categories, as the Sigma
//! project documents them (`tests/thor.yml`, `tests/logsource.json`) and as the
//! Sysmon manual numbers its events. Origins are built once and shared.

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use model::event::Origin;

/// What happened to a registry object, where the event id alone does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Registry {
    /// The event does not say it, or is no registry event.
    Unsaid,
    /// A key was made.
    Added,
    /// A value was written.
    Set,
    /// A key or value was removed.
    Deleted,
}

/// The channel of the RPC firewall, which Sigma knows as a product of its own.
pub(crate) const RPC_FIREWALL: &str = "RPCFW";

/// Which product's field habits an event follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Habit {
    /// Sysmon for Windows.
    Sysmon,
    /// The Windows security log.
    Security,
    /// The classic PowerShell log, whose data has no names.
    ClassicPowerShell,
    /// Microsoft Defender, whose field names hold blanks.
    Defender,
    /// Sysmon for Linux.
    LinuxSysmon,
    /// Anything else.
    Other,
}

/// One Windows channel: its name and its Sigma service. Sorted by how often they
/// occur in collections, because they are searched in this order.
const CHANNELS: &[(&str, &str)] = &[
    ("Microsoft-Windows-Sysmon/Operational", "sysmon"),
    ("Security", "security"),
    ("Microsoft-Windows-PowerShell/Operational", "powershell"),
    ("Windows PowerShell", "powershell-classic"),
    ("System", "system"),
    ("Application", "application"),
    ("PowerShellCore/Operational", "powershell"),
    ("Microsoft-Windows-WMI-Activity/Operational", "wmi"),
    ("Microsoft-Windows-Windows Defender/Operational", "windefend"),
    ("Microsoft-Windows-TaskScheduler/Operational", "taskscheduler"),
    ("Microsoft-Windows-Bits-Client/Operational", "bits-client"),
    ("Microsoft-Windows-NTLM/Operational", "ntlm"),
    ("Microsoft-Windows-Windows Firewall With Advanced Security/Firewall", "firewall-as"),
    ("Microsoft-Windows-AppLocker/MSI and Script", "applocker"),
    ("Microsoft-Windows-AppLocker/EXE and DLL", "applocker"),
    ("Microsoft-Windows-AppLocker/Packaged app-Deployment", "applocker"),
    ("Microsoft-Windows-AppLocker/Packaged app-Execution", "applocker"),
    ("Microsoft-Windows-PrintService/Admin", "printservice-admin"),
    ("Microsoft-Windows-PrintService/Operational", "printservice-operational"),
    ("Microsoft-Windows-SmbClient/Security", "smbclient-security"),
    ("Microsoft-Windows-SmbClient/Connectivity", "smbclient-connectivity"),
    ("Microsoft-Windows-SMBServer/Connectivity", "smbserver-connectivity"),
    (
        "Microsoft-Windows-TerminalServices-LocalSessionManager/Operational",
        "terminalservices-localsessionmanager",
    ),
    ("Microsoft-Windows-CodeIntegrity/Operational", "codeintegrity-operational"),
    ("Microsoft-Windows-DriverFrameworks-UserMode/Operational", "driver-framework"),
    ("Microsoft-Windows-LDAP-Client/Debug", "ldap"),
    ("Microsoft-Windows-LSA/Operational", "lsa-server"),
    ("Microsoft-Windows-Shell-Core/Operational", "shell-core"),
    ("OpenSSH/Operational", "openssh"),
    ("Microsoft-Windows-Diagnosis-Scripted/Operational", "diagnosis-scripted"),
    ("Microsoft-Windows-VHDMP/Operational", "vhdmp"),
    ("Microsoft-Windows-VHDMP-Operational", "vhdmp"),
    ("Microsoft-Windows-Security-Mitigations/Kernel Mode", "security-mitigations"),
    ("Microsoft-Windows-Security-Mitigations/User Mode", "security-mitigations"),
    ("Microsoft-Windows-CAPI2/Operational", "capi2"),
    (
        "Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
        "certificateservicesclient-lifecycle-system",
    ),
    ("Microsoft-Windows-DNS Client Events/Operational", "dns-client"),
    ("Microsoft-Windows-DNS-Client/Operational", "dns-client"),
    ("DNS Server", "dns-server"),
    ("Microsoft-Windows-DNS-Server/Audit", "dns-server-audit"),
    ("Microsoft-Windows-DNS-Server/Analytical", "dns-server-analytic"),
    ("Microsoft-Windows-DHCP-Server/Operational", "dhcp"),
    ("Microsoft-Windows-AppModel-Runtime/Admin", "appmodel-runtime"),
    ("Microsoft-Windows-AppXDeploymentServer/Operational", "appxdeployment-server"),
    ("Microsoft-Windows-AppxPackaging/Operational", "appxpackaging-om"),
    ("Microsoft-Windows-BitLocker/BitLocker Management", "bitlocker"),
    ("MSExchange Management", "msexchange-management"),
    ("Microsoft-ServiceBus-Client/Admin", "microsoft-servicebus-client"),
    ("Microsoft-ServiceBus-Client/Operational", "microsoft-servicebus-client"),
    ("Microsoft-IIS-Configuration/Operational", "iis-configuration"),
    ("Microsoft-Windows-Kernel-ShimEngine/Operational", "kernel-shimengine"),
    ("Microsoft-Windows-Kernel-ShimEngine/Diagnostic", "kernel-shimengine"),
    ("Microsoft-Windows-Application-Experience/Program-Telemetry", "application-experience"),
    ("Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant", "application-experience"),
    ("Microsoft-Windows-Ntfs/Operational", "ntfs"),
    ("Microsoft-Windows-Hyper-V-Worker", "hyper-v-worker"),
    ("Microsoft-Windows-Kernel-EventTracing", "kernel-event-tracing"),
    ("Microsoft-Windows-SENSE/Operational", "sense"),
    ("Microsoft-Windows-Kernel-File/Analytic", "kernel-file"),
];

/// The channel that a provider writes to when a collector dropped the channel.
const PROVIDERS: &[(&str, &str)] = &[
    ("Microsoft-Windows-Sysmon", "sysmon"),
    ("Microsoft-Windows-Security-Auditing", "security"),
    ("Microsoft-Windows-PowerShell", "powershell"),
    ("PowerShell", "powershell-classic"),
    ("Service Control Manager", "system"),
    ("Microsoft-Windows-Windows Defender", "windefend"),
    ("Microsoft-Windows-Kernel-File", "kernel-file"),
];

/// Categories by service, event id and registry action.
const CATEGORIES: &[(&str, u64, Registry, &[&str])] = &[
    ("sysmon", 1, Registry::Unsaid, &["process_creation"]),
    ("sysmon", 2, Registry::Unsaid, &["file_change"]),
    ("sysmon", 3, Registry::Unsaid, &["network_connection"]),
    ("sysmon", 4, Registry::Unsaid, &["sysmon_status"]),
    ("sysmon", 5, Registry::Unsaid, &["process_termination"]),
    ("sysmon", 6, Registry::Unsaid, &["driver_load"]),
    ("sysmon", 7, Registry::Unsaid, &["image_load"]),
    ("sysmon", 8, Registry::Unsaid, &["create_remote_thread"]),
    ("sysmon", 9, Registry::Unsaid, &["raw_access_read", "raw_access_thread"]),
    ("sysmon", 10, Registry::Unsaid, &["process_access"]),
    ("sysmon", 11, Registry::Unsaid, &["file_event"]),
    ("sysmon", 12, Registry::Unsaid, &["registry_event"]),
    ("sysmon", 12, Registry::Added, &["registry_add", "registry_event"]),
    ("sysmon", 12, Registry::Deleted, &["registry_delete", "registry_event"]),
    ("sysmon", 13, Registry::Unsaid, &["registry_event", "registry_set"]),
    ("sysmon", 14, Registry::Unsaid, &["registry_event", "registry_rename"]),
    ("sysmon", 15, Registry::Unsaid, &["create_stream_hash"]),
    ("sysmon", 16, Registry::Unsaid, &["sysmon_status"]),
    ("sysmon", 17, Registry::Unsaid, &["pipe_created"]),
    ("sysmon", 18, Registry::Unsaid, &["pipe_created"]),
    ("sysmon", 19, Registry::Unsaid, &["wmi_event"]),
    ("sysmon", 20, Registry::Unsaid, &["wmi_event"]),
    ("sysmon", 21, Registry::Unsaid, &["wmi_event"]),
    ("sysmon", 22, Registry::Unsaid, &["dns_query"]),
    ("sysmon", 23, Registry::Unsaid, &["file_delete"]),
    ("sysmon", 24, Registry::Unsaid, &["clipboard_capture", "clipboard_change"]),
    ("sysmon", 25, Registry::Unsaid, &["process_tampering"]),
    ("sysmon", 26, Registry::Unsaid, &["file_delete", "file_delete_detected"]),
    ("sysmon", 27, Registry::Unsaid, &["file_block", "file_block_executable"]),
    ("sysmon", 28, Registry::Unsaid, &["file_block", "file_block_shredding"]),
    ("sysmon", 29, Registry::Unsaid, &["file_executable_detected"]),
    ("sysmon", 255, Registry::Unsaid, &["sysmon_error"]),
    ("security", 4688, Registry::Unsaid, &["process_creation"]),
    ("security", 4657, Registry::Unsaid, &["registry_event"]),
    ("security", 4657, Registry::Set, &["registry_event", "registry_set"]),
    ("security", 4657, Registry::Deleted, &["registry_delete", "registry_event"]),
    ("powershell", 4103, Registry::Unsaid, &["ps_module"]),
    ("powershell", 4104, Registry::Unsaid, &["ps_script"]),
    ("powershell-classic", 400, Registry::Unsaid, &["ps_classic_start"]),
    ("powershell-classic", 600, Registry::Unsaid, &["ps_classic_provider_start"]),
    ("kernel-file", 12, Registry::Unsaid, &["file_access"]),
    ("kernel-file", 19, Registry::Unsaid, &["file_rename"]),
    ("kernel-file", 26, Registry::Unsaid, &["file_delete"]),
    ("kernel-file", 27, Registry::Unsaid, &["file_rename"]),
    ("powershell-classic", 800, Registry::Unsaid, &["ps_classic_script"]),
];

/// Defender events that name a threat or a path (Microsoft, "Review event logs and
/// error codes to troubleshoot issues with Microsoft Defender Antivirus").
const ANTIVIRUS: [u64; 12] = [1006, 1007, 1008, 1009, 1010, 1011, 1012, 1017, 1018, 1019, 1115, 1116];

/// Categories of Sysmon for Linux by event id.
const LINUX_SYSMON: &[(u64, &str)] = &[
    (1, "process_creation"),
    (3, "network_connection"),
    (4, "sysmon_status"),
    (5, "process_termination"),
    (9, "raw_access_read"),
    (11, "file_event"),
    (16, "sysmon_status"),
    (23, "file_delete"),
];

/// Sigma services of syslog lines by the program that wrote them. Programs that
/// report to the authentication facility also serve `auth`.
const PROGRAMS: &[(&str, &[&str])] = &[
    ("sshd", &["auth", "sshd", "syslog"]),
    ("sshd-session", &["auth", "sshd", "syslog"]),
    ("sshd-auth", &["auth", "sshd", "syslog"]),
    ("sudo", &["auth", "sudo", "syslog"]),
    ("su", &["auth", "syslog"]),
    ("login", &["auth", "syslog"]),
    ("useradd", &["auth", "syslog"]),
    ("usermod", &["auth", "syslog"]),
    ("userdel", &["auth", "syslog"]),
    ("groupadd", &["auth", "syslog"]),
    ("passwd", &["auth", "syslog"]),
    ("polkitd", &["auth", "syslog"]),
    ("pkexec", &["auth", "syslog"]),
    ("systemd-logind", &["auth", "syslog"]),
    ("cron", &["cron", "syslog"]),
    ("crond", &["cron", "syslog"]),
    ("crontab", &["cron", "syslog"]),
    ("anacron", &["cron", "syslog"]),
    ("vsftpd", &["syslog", "vsftpd"]),
    ("clamd", &["clamav", "syslog"]),
    ("clamscan", &["clamav", "syslog"]),
    ("freshclam", &["clamav", "syslog"]),
    ("guacd", &["guacamole", "syslog"]),
];

/// What events of one Windows service are.
pub(crate) struct Service {
    habit: Habit,
    plain: Arc<Origin>,
    by_id: BTreeMap<(u64, Registry), Arc<Origin>>,
}

struct Origins {
    services: BTreeMap<&'static str, Service>,
    windows: Arc<Origin>,
    windows_process: Arc<Origin>,
    linux: Arc<Origin>,
    linux_process: Arc<Origin>,
    linux_sysmon: BTreeMap<u64, Arc<Origin>>,
    linux_sysmon_other: Arc<Origin>,
    auditd: Arc<Origin>,
    syslog: Arc<Origin>,
    programs: Vec<(&'static str, Arc<Origin>)>,
    rpc_firewall: Arc<Origin>,
    unknown: Arc<Origin>,
}

static ORIGINS: LazyLock<Origins> = LazyLock::new(|| Origins {
    services: services(),
    windows: make("windows", &[], &[]),
    windows_process: make("windows", &["process_creation"], &[]),
    linux: make("linux", &[], &[]),
    linux_process: make("linux", &["process_creation"], &[]),
    linux_sysmon: LINUX_SYSMON.iter().map(|(id, c)| (*id, make("linux", &[c], &["sysmon"]))).collect(),
    linux_sysmon_other: make("linux", &[], &["sysmon"]),
    auditd: make("linux", &[], &["auditd"]),
    syslog: make("linux", &[], &["syslog"]),
    programs: PROGRAMS.iter().map(|(name, services)| (*name, make("linux", &[], services))).collect(),
    rpc_firewall: make("rpc_firewall", &["application"], &[]),
    unknown: Arc::new(Origin::default()),
});

/// Returns the origin with these parts; an empty product is none. Not for the hot path:
/// what gives it often keeps it.
pub(crate) fn of(product: &str, categories: &[&str], services: &[&str]) -> Arc<Origin> {
    let origin = Arc::unwrap_or_clone(make(product, categories, services));
    let mut origin = Origin { product: origin.product.filter(|p| !p.is_empty()), ..origin };
    origin.categories.sort();
    origin.services.sort();
    Arc::new(origin)
}

fn make(product: &str, categories: &[&str], services: &[&str]) -> Arc<Origin> {
    let own = |parts: &[&str]| parts.iter().map(|p| (*p).to_owned()).collect();
    Arc::new(Origin {
        product: Some(product.to_owned()),
        categories: own(categories),
        services: own(services),
    })
}

fn services() -> BTreeMap<&'static str, Service> {
    let mut services = BTreeMap::new();
    for (_, name) in CHANNELS {
        let mut by_id: BTreeMap<_, _> = CATEGORIES
            .iter()
            .filter(|(service, ..)| service == name)
            .map(|(_, id, action, categories)| ((*id, *action), make("windows", categories, &[name])))
            .collect();
        if *name == "windefend" {
            let antivirus = make("windows", &["antivirus"], &[name]);
            by_id.extend(ANTIVIRUS.iter().map(|id| ((*id, Registry::Unsaid), antivirus.clone())));
        }
        let habit = match *name {
            "sysmon" => Habit::Sysmon,
            "security" => Habit::Security,
            "powershell-classic" => Habit::ClassicPowerShell,
            "windefend" => Habit::Defender,
            _ => Habit::Other,
        };
        services.insert(*name, Service { habit, plain: make("windows", &[], &[name]), by_id });
    }
    services
}

fn service_of(channel: Option<&str>, provider: Option<&str>) -> Option<&'static str> {
    let find = |table: &[(&str, &'static str)], wanted: &str| {
        table.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, service)| *service)
    };
    match channel {
        Some(channel) => find(CHANNELS, channel),
        None => find(PROVIDERS, provider?),
    }
}

/// Which log an event was written to.
#[derive(Clone, Copy)]
pub(crate) enum Log {
    /// That of Sysmon for Linux.
    LinuxSysmon,
    /// That of the RPC firewall.
    RpcFirewall,
    /// One of the Windows channels that Sigma knows.
    Known(&'static Service),
    /// Another.
    Other,
}

/// Returns the log of a channel and provider.
pub(crate) fn event_log(channel: Option<&str>, provider: Option<&str>) -> Log {
    if channel.is_some_and(|c| c.starts_with("Linux-Sysmon")) || provider == Some("Linux-Sysmon") {
        return Log::LinuxSysmon;
    }
    if channel == Some(RPC_FIREWALL) {
        return Log::RpcFirewall;
    }
    let origins: &'static Origins = &ORIGINS;
    let service = service_of(channel, provider).and_then(|service| origins.services.get(service));
    service.map_or(Log::Other, Log::Known)
}

impl Log {
    /// Returns whose field habits its events follow.
    pub(crate) fn habit(self) -> Habit {
        match self {
            Self::LinuxSysmon => Habit::LinuxSysmon,
            Self::Known(service) => service.habit,
            Self::RpcFirewall | Self::Other => Habit::Other,
        }
    }

    /// Returns the origin of an event of it, which a Windows event log, or Sysmon for Linux, wrote.
    pub(crate) fn origin(self, id: Option<u64>, action: Registry) -> Arc<Origin> {
        let origins = &*ORIGINS;
        let origin = match self {
            Self::LinuxSysmon => {
                let known = id.and_then(|id| origins.linux_sysmon.get(&id));
                known.unwrap_or(&origins.linux_sysmon_other)
            }
            Self::RpcFirewall => &origins.rpc_firewall,
            Self::Other => &origins.windows,
            Self::Known(service) => {
                let of = |action| service.by_id.get(&(id?, action));
                of(action).or_else(|| of(Registry::Unsaid)).unwrap_or(&service.plain)
            }
        };
        Arc::clone(origin)
    }
}

/// Returns the origin of a process start on `windows` or, if not, on Linux, told
/// by something else than an event log.
pub(crate) fn process(windows: bool) -> Arc<Origin> {
    if windows { ORIGINS.windows_process.clone() } else { ORIGINS.linux_process.clone() }
}

/// Returns the origin of a raw audit record.
pub(crate) fn auditd() -> Arc<Origin> {
    ORIGINS.auditd.clone()
}

/// Returns the origin of a syslog line from `program`.
pub(crate) fn syslog(program: &str) -> Arc<Origin> {
    let known = ORIGINS.programs.iter().find(|(name, _)| name.eq_ignore_ascii_case(program));
    known.map_or_else(|| ORIGINS.syslog.clone(), |(_, origin)| origin.clone())
}

/// Returns the origin of an event of which at most the product is known.
pub(crate) fn bare(product: Option<&str>) -> Arc<Origin> {
    match product {
        Some("windows") => ORIGINS.windows.clone(),
        Some("linux") => ORIGINS.linux.clone(),
        Some(other) => make(other, &[], &[]),
        None => ORIGINS.unknown.clone(),
    }
}

/// Returns the origin of an event that names its product and category itself.
pub(crate) fn named(product: Option<&str>, categories: &[&str]) -> Arc<Origin> {
    if categories.is_empty() {
        return bare(product);
    }
    let mut origin = Origin { product: product.map(str::to_owned), ..Origin::default() };
    origin.categories = categories.iter().map(|c| (*c).to_owned()).collect();
    origin.categories.sort();
    Arc::new(origin)
}

/// Returns the log sources of Windows event logs and of Sysmon for Linux.
pub(crate) fn windows_feeds() -> Vec<Arc<Origin>> {
    let origins = &*ORIGINS;
    let services = origins.services.values();
    let mut found: Vec<Arc<Origin>> =
        services.flat_map(|s| s.by_id.values().chain([&s.plain])).cloned().collect();
    found.push(origins.rpc_firewall.clone());
    found.push(origins.windows.clone());
    found.extend(origins.linux_sysmon.values().cloned());
    found.push(origins.linux_sysmon_other.clone());
    found
}

/// Returns the log sources of audit records, syslog lines and lines of exec collectors.
pub(crate) fn linux_feeds() -> Vec<Arc<Origin>> {
    let origins = &*ORIGINS;
    let mut found = vec![origins.auditd.clone(), origins.syslog.clone(), origins.linux.clone()];
    found.push(of("cisco", &[], &["aaa", "bgp", "ldp", "syslog"]));
    found.extend(["huawei", "juniper"].map(|product| of(product, &[], &["bgp"])));
    found.push(of("fortigate", &["firewall"], &["event", "traffic"]));
    found.extend(["paloalto", "checkpoint"].map(|product| of(product, &["firewall"], &[])));
    found.extend(origins.programs.iter().map(|(_, origin)| origin.clone()));
    found.extend([origins.linux_process.clone(), origins.windows_process.clone()]);
    for category in ["network_connection", "file_event"] {
        found.extend(["linux", "windows"].map(|product| make(product, &[category], &[])));
    }
    found
}

/// Returns the log sources that agents on hosts describe in a schema of their own.
pub(crate) fn endpoint_feeds() -> Vec<Arc<Origin>> {
    const CATEGORIES: [&str; 9] = [
        "process_creation",
        "process_termination",
        "dns_query",
        "network_connection",
        "file_event",
        "file_delete",
        "registry_event",
        "image_load",
        "driver_load",
    ];
    let of = |product| CATEGORIES.map(|category| make(product, &[category], &[]));
    ["windows", "linux", "macos"].into_iter().flat_map(of).collect()
}
