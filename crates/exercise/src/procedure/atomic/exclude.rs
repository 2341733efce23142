//! Why a published test cannot run here, told from its text.
//!
//! The rules are about what the sandbox has not got or does not give: another
//! platform, the network, packages, a service manager, setuid programs, the kernel
//! itself. Whether a tool is installed cannot be told from the text.

use super::super::{Procedure, is_shell, read::shell};
use super::elevate;
use super::script::{self, Command};

/// A test that is not written as the format says.
pub(super) const MALFORMED: &str = "malformed";

/// Why a test cannot run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    /// What to count it under.
    pub(super) kind: &'static str,
    /// The reason as a clause.
    pub(super) text: String,
}

impl Reason {
    fn new(kind: &'static str, text: impl Into<String>) -> Self {
        Self { kind, text: text.into() }
    }

    pub(super) fn malformed(text: &str) -> Self {
        Self::new(MALFORMED, text)
    }

    pub(super) fn missing(text: String) -> Self {
        Self::new("file missing", text)
    }

    pub(super) fn of_dependencies(self) -> Self {
        Self { text: format!("its dependencies: {}", self.text), ..self }
    }
}

/// Programs with the kind of reason that their use is.
const PROGRAMS: [(&str, &str, &[&str]); 6] = [
    (
        "setuid",
        "is a setuid program and gains nothing inside the sandbox",
        &["chfn", "chsh", "doas", "gpasswd", "newgrp", "pkexec", "sg", "sudoedit"],
    ),
    (
        "kernel module",
        "changes the kernel's modules, which the sandbox refuses",
        &["depmod", "dkms", "insmod", "kextload", "modprobe", "rmmod"],
    ),
    (
        "service manager",
        "needs a running service manager, which the sandbox has not got",
        &[
            "busctl",
            "chkconfig",
            "hostnamectl",
            "initctl",
            "invoke-rc.d",
            "journalctl",
            "launchctl",
            "localectl",
            "loginctl",
            "machinectl",
            "rc-service",
            "service",
            "systemctl",
            "systemd-run",
            "timedatectl",
        ],
    ),
    (
        "cloud or container",
        "needs a cloud account or a container engine",
        &[
            "aws",
            "az",
            "bq",
            "buildah",
            "crictl",
            "ctr",
            "docker",
            "docker-compose",
            "gcloud",
            "gsutil",
            "helm",
            "k3s",
            "kubectl",
            "lxc",
            "lxd",
            "minikube",
            "nerdctl",
            "oci",
            "podman",
            "runc",
            "terraform",
        ],
    ),
    (
        "power",
        "would stop the machine",
        &["halt", "init", "kexec", "poweroff", "reboot", "shutdown", "telinit"],
    ),
    (
        "package manager",
        "installs software from the network",
        &[
            "apk", "apt", "apt-get", "aptitude", "brew", "cpan", "cpanm", "dnf", "pacman", "snap", "yum",
            "zypper",
        ],
    ),
];

/// Programs that install only with one of these words.
const INSTALLERS: [(&[&str], &[&str]); 4] = [
    (&["dpkg", "rpm"], &["-i", "--install", "-U", "-Uvh", "-ivh", "-e", "--erase", "-r", "-P", "--purge"]),
    (
        &["pip", "pip2", "pip3", "gem", "npm", "yarn", "cargo", "go"],
        &["install", "i", "add", "get", "download"],
    ),
    (&["flatpak"], &["install", "update"]),
    (&["easy_install", "pipx"], &[]),
];

/// Options by which a transfer sends instead of fetching; the sink takes anything.
const UPLOADS: [&str; 14] = [
    "-d",
    "--data",
    "--data-ascii",
    "--data-binary",
    "--data-raw",
    "--data-urlencode",
    "-F",
    "--form",
    "-T",
    "--upload-file",
    "--post-data",
    "--post-file",
    "--body-data",
    "--body-file",
];

/// Returns whether one of the platforms is this one.
pub(super) fn platform(platforms: &[String]) -> Result<(), Reason> {
    let here = platforms.is_empty() || platforms.iter().any(|p| p.trim().eq_ignore_ascii_case("linux"));
    if here {
        return Ok(());
    }
    let names: Vec<&str> = platforms.iter().map(|p| p.trim()).collect();
    Err(Reason::new("platform", format!("it is for {} only", names.join(", "))))
}

/// Returns the interpreter's path.
pub(super) fn executor(name: Option<&str>) -> Result<String, Reason> {
    let name = name.map(str::trim).filter(|n| !n.is_empty());
    let name = name.ok_or_else(|| Reason::malformed("its executor has no name"))?;
    match name.to_ascii_lowercase().as_str() {
        "powershell" | "pwsh" => Err(Reason::new("executor", "it is written for PowerShell")),
        "command_prompt" | "cmd" => {
            Err(Reason::new("executor", "it is written for the Windows command prompt"))
        }
        "manual" => Err(Reason::new("manual", "it is carried out by hand")),
        known @ ("sh" | "bash" | "dash" | "zsh" | "ksh" | "python" | "python3" | "perl" | "ruby") => {
            shell(known).ok_or_else(|| Reason::malformed("its executor has no name"))
        }
        other => Err(Reason::new("executor", format!("its executor {other:?} is unknown"))),
    }
}

/// Judges the scripts of a test. What would fetch a dependency in a way that cannot
/// work here is taken out: the test still runs where the dependency is there.
pub(super) fn scripts(procedure: &mut Procedure) -> Result<(), Reason> {
    let subject = elevate::is_subject(procedure);
    let judge = |text: &str| judge(text, subject);
    if is_shell(&procedure.executor.shell) {
        judge(&procedure.fill(&procedure.executor.command))?;
    }
    if !is_shell(&procedure.executor.dependency_shell) {
        return Ok(());
    }
    for dependency in &procedure.dependencies {
        judge(&procedure.fill(&dependency.check)).map_err(Reason::of_dependencies)?;
    }
    let fetches: Vec<bool> = procedure
        .dependencies
        .iter()
        .map(|d| d.get.as_ref().is_none_or(|get| judge(&procedure.fill(get)).is_ok()))
        .collect();
    for (dependency, works) in procedure.dependencies.iter_mut().zip(fetches) {
        if !works {
            dependency.get = None;
        }
    }
    Ok(())
}

/// `subject` says whether the test is about elevation itself.
fn judge(text: &str, subject: bool) -> Result<(), Reason> {
    let (commands, functions) = script::commands(text);
    for command in commands.iter().filter(|c| !functions.contains(&c.name)) {
        if let Some(reason) = reason(command, subject) {
            return Err(reason);
        }
    }
    Ok(())
}

fn reason(command: &Command, subject: bool) -> Option<Reason> {
    let name = command.short();
    let says = |kind, what: &str| Some(Reason::new(kind, format!("it runs {name}, which {what}")));
    match elevate::refused(command) {
        Some(what) => return says("setuid", what),
        None if subject && matches!(name, "su" | "sudo") => {
            return says("setuid", "is what the test is about and gains nothing inside the sandbox");
        }
        None => {}
    }
    for (kind, what, programs) in PROGRAMS {
        if programs.contains(&name) {
            return says(kind, what);
        }
    }
    if command.name.starts_with("/etc/init.d/") {
        return says("service manager", "needs a running service manager, which the sandbox has not got");
    }
    for (programs, words) in INSTALLERS {
        if programs.contains(&name) && (words.is_empty() || command.has(words)) {
            return says("package manager", "installs software from the network");
        }
    }
    let fetches = match name {
        "curl" | "wget" | "aria2c" | "axel" | "lwp-download" => !uploads(command) && names_far_host(command),
        "git" => command.has(&["clone", "pull", "fetch"]),
        "svn" | "hg" => command.has(&["checkout", "co", "clone"]),
        _ => false,
    };
    if fetches { says("download", "fetches something from the network") } else { None }
}

fn uploads(command: &Command) -> bool {
    let long = |a: &String| UPLOADS.iter().any(|u| u.starts_with("--") && a.starts_with(&format!("{u}=")));
    let method = |pair: &[String]| {
        matches!(pair, [flag, method] if (flag == "-X" || flag == "--request")
            && matches!(method.as_str(), "POST" | "PUT" | "PATCH" | "DELETE"))
    };
    command.has(&UPLOADS) || command.arguments.iter().any(long) || command.arguments.windows(2).any(method)
}

/// Returns whether an argument names a host that is not this one.
fn names_far_host(command: &Command) -> bool {
    command.arguments.iter().filter(|a| !a.starts_with('-')).any(|argument| {
        let (scheme, rest) = argument.split_once("://").unwrap_or(("", argument));
        let host = rest.split(['/', ':', '?']).next().unwrap_or("");
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        let local = matches!(host, "localhost" | "127.0.0.1" | "0.0.0.0" | "[") || host.starts_with("127.");
        let like_host = !scheme.is_empty() || (host.contains('.') && !argument.starts_with(['/', '.']));
        like_host && !local && scheme != "file"
    })
}
