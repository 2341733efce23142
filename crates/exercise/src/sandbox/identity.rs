//! Who the sandbox's users are outside.

use std::sync::OnceLock;

use super::job::User;
use super::raw;

/// First id outside that stands for the sandbox's root: a range that distributions leave
/// unused (systemd, `docs/UIDS-GIDS.md`: 1879048192 to 2147483647).
const HIGH: u32 = 0x7000_0000;

/// Ids inside a sandbox that has all of them.
const MANY: u32 = 65_536;

/// Ids that a sandbox inside another container takes for itself: 0 to 1000.
const FEW: u32 = 1_001;

/// How ids inside a sandbox are mapped to ids outside.
///
/// The supervisor's own root is never among the ids outside: a sandbox whose root is
/// the real root could read every file of the host that it finds a way to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// First id inside.
    inside: u32,
    /// First id outside, of users.
    user: u32,
    /// First id outside, of groups.
    group: u32,
    /// How many ids.
    count: u32,
}

impl Identity {
    /// The ordinary user's and group's id inside.
    pub(super) const USER: u32 = 1_000;

    /// Returns the mapping for a run as `user`.
    pub(super) fn of_this_process(user: User) -> Option<Self> {
        // SAFETY: both calls only return numbers.
        let (uid, gid) = unsafe { (libc::geteuid(), libc::getegid()) };
        if uid != 0 {
            let inside = if user == User::Root { 0 } else { Self::USER };
            return Some(Self { inside, user: uid, group: gid, count: 1 });
        }
        // A process's own map can be written once, before it gets here.
        static MAPS: OnceLock<Option<[(u32, u32); 2]>> = OnceLock::new();
        let maps = MAPS.get_or_init(|| Some([block("/proc/self/uid_map")?, block("/proc/self/gid_map")?]));
        let [users, groups] = (*maps)?;
        let count = users.1.min(groups.1);
        Some(Self { inside: 0, user: users.0, group: groups.0, count })
    }

    /// Returns whether root and the ordinary user are two users outside too.
    pub(super) fn both_users(&self) -> bool {
        self.count > Self::USER
    }

    /// Returns the lines for `uid_map` and `gid_map`.
    pub(super) fn maps(&self) -> (String, String) {
        let line = |outside: u32| format!("{} {outside} {}\n", self.inside, self.count);
        (line(self.user), line(self.group))
    }

    /// Returns an id inside for a user id outside; 65534 when it has none.
    pub(super) fn inside(&self, outside: u32) -> u32 {
        match outside.checked_sub(self.user) {
            Some(n) if n < self.count => n + self.inside,
            _ => 65_534,
        }
    }

    /// Returns the id that steps before the procedure run under.
    pub(super) fn first(&self) -> u32 {
        self.inside
    }

    /// Returns the id of `user` inside.
    pub(super) fn id(&self, user: User) -> u32 {
        match user {
            User::Root if self.both_users() => 0,
            User::Ordinary if self.both_users() => Self::USER,
            _ => self.inside,
        }
    }
}

/// Returns the first id and the length of a block of ids that are free for a sandbox.
fn block(map: &str) -> Option<(u32, u32)> {
    let text = std::fs::read_to_string(map).ok()?;
    let mut best: Option<(u32, u32)> = None;
    for line in text.lines() {
        let mut fields = line.split_ascii_whitespace().map_while(|f| f.parse::<u64>().ok());
        let (Some(first), Some(_), Some(count)) = (fields.next(), fields.next(), fields.next()) else {
            continue;
        };
        let end = first + count;
        if first <= u64::from(HIGH) && end >= u64::from(HIGH + MANY) {
            return Some((HIGH, MANY));
        }
        // The end of the block is the part that a container's own users use least.
        if count > u64::from(FEW) && best.is_none_or(|(_, c)| u64::from(c) < count) {
            best = Some(((end - u64::from(FEW)) as u32, FEW));
        }
    }
    best
}

/// Returns whether this process could set groups of a child's namespace.
pub(super) fn is_root() -> bool {
    raw::plain(libc::SYS_geteuid, [0; 6]) == Ok(0)
}
