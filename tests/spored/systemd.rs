//! The agent under systemd: what it tells the service manager, and the unit that it is started from.

use crate::fixture::{Host, aws, stop};
use std::collections::BTreeMap;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

const UNIT: &str = include_str!("../../packaging/spored.service");

/// Our end of `NOTIFY_SOCKET`.
struct Manager(UnixDatagram);

impl Manager {
    fn of(host: &Host) -> Self {
        let socket = UnixDatagram::bind(host.path("notify.sock")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self(socket)
    }

    /// The next notice that is not one of the watchdog's.
    fn next(&self) -> String {
        loop {
            let notice = self.any();
            if notice != "WATCHDOG=1\n" {
                return notice;
            }
        }
    }

    fn any(&self) -> String {
        let mut buffer = [0; 4096];
        loop {
            match self.0.recv(&mut buffer) {
                // A child's end is a signal, and no notice.
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                received => return String::from_utf8(buffer[..received.unwrap()].to_vec()).unwrap(),
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn systemd_is_told_of_each_turn_in_the_agents_life() {
    let host = Host::with("").aws(aws().await).env("SPAWN_INSTANCE_ID", "local-notifying");
    let manager = Manager::of(&host);
    let socket = host.path("notify.sock").display().to_string();
    let host = host.env("NOTIFY_SOCKET", socket);
    let agent = host.run(&[]).await;
    assert_eq!(manager.next(), "READY=1\n");
    assert_eq!(manager.next(), "STATUS=finding out which host this is\n");
    assert_eq!(manager.next(), "STATUS=local-notifying, tracing is off\n");
    std::fs::write(host.path("local.yaml"), "observability: {tracing: {enabled: true, exporter: none}}\n").unwrap();
    assert_eq!(host.spored().arg("reload").run().await.unwrap().status, 0);
    let mut told = [manager.next(), manager.next(), manager.next()];
    told.sort();
    assert_eq!((told[0].as_str(), told[2].as_str()), ("READY=1\n", "STATUS=local-notifying, tracing to none\n"));
    assert!(told[1].starts_with("RELOADING=1\nMONOTONIC_USEC="), "{told:?}");
    stop(agent).await;
    assert_eq!(manager.next(), "STOPPING=1\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_watchdog_hears_of_the_agent_while_its_runtime_turns() {
    let host = Host::with("").aws(aws().await);
    let manager = Manager::of(&host);
    let socket = host.path("notify.sock").display().to_string();
    let host = host.env("NOTIFY_SOCKET", socket).env("WATCHDOG_USEC", "200000");
    let agent = host.run(&[]).await;
    let mut signs = 0;
    while signs < 5 {
        signs += usize::from(manager.any() == "WATCHDOG=1\n");
    }
    agent.signal("STOP").unwrap();
    manager.0.set_read_timeout(Some(Duration::from_millis(600))).unwrap();
    let silent = loop {
        let mut buffer = [0; 64];
        match manager.0.recv(&mut buffer) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => break error.kind(),
            Ok(_) => {}
        }
    };
    assert_eq!(silent, std::io::ErrorKind::WouldBlock);
    agent.signal("CONT").unwrap();
    stop(agent).await;
}

#[test]
fn the_unit_has_what_its_exposure_rests_on() {
    let unit = directives(UNIT);
    let value = |name: &str| unit.get(name).map(|values| values.join(" ")).unwrap_or_default();
    for (name, expected) in [
        ("User", "spored"),
        ("DynamicUser", "yes"),
        ("CapabilityBoundingSet", ""),
        ("AmbientCapabilities", ""),
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "read-only"),
        ("PrivateTmp", "yes"),
        ("PrivateMounts", "yes"),
        ("ProtectProc", "invisible"),
        ("ProtectClock", "yes"),
        ("ProtectControlGroups", "yes"),
        ("ProtectHostname", "yes"),
        ("ProtectKernelLogs", "yes"),
        ("ProtectKernelModules", "yes"),
        ("ProtectKernelTunables", "yes"),
        ("LockPersonality", "yes"),
        ("RestrictNamespaces", "yes"),
        ("RestrictRealtime", "yes"),
        ("RestrictSUIDSGID", "yes"),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6 AF_NETLINK"),
        ("SystemCallArchitectures", "native"),
        ("SystemCallFilter", "@system-service ~@privileged"),
        ("KeyringMode", "private"),
        ("RemoveIPC", "yes"),
        ("DevicePolicy", "closed"),
        ("UMask", "0077"),
    ] {
        assert!(unit.contains_key(name), "{name} is not there");
        assert_eq!(value(name), expected, "{name}");
    }
    // What the sandbox must not have: each breaks something that the agent or its hook does.
    for name in ["MemoryDenyWriteExecute", "PrivateNetwork", "PrivateUsers", "ProcSubset", "PrivateDevices"] {
        assert!(!unit.contains_key(name), "{name}");
    }
}

#[test]
fn the_units_times_and_folders_fit_the_agent() {
    let unit = directives(UNIT);
    for (name, expected) in [
        ("Type", "notify"),
        ("ExecStart", "/usr/local/bin/spored run"),
        ("ExecReload", "/usr/local/bin/spored reload"),
        ("RuntimeDirectory", "spored"),
        ("RuntimeDirectoryMode", "0755"),
        ("StateDirectory", "spored"),
        ("StateDirectoryMode", "0700"),
        ("Restart", "on-failure"),
        ("RestartPreventExitStatus", "2"),
        ("KillMode", "mixed"),
        ("OOMPolicy", "continue"),
    ] {
        assert_eq!(unit.get(name).map(|values| values.join(" ")).as_deref(), Some(expected), "{name}");
    }
    let stop: u64 = unit["TimeoutStopSec"][0].parse().unwrap();
    assert!(stop > 10, "the agent gives itself 10 s");
}

#[test]
fn the_last_resort_watches_the_file_that_the_agent_leaves() {
    let path = directives(include_str!("../../packaging/spored-poweroff.path"));
    let service = directives(include_str!("../../packaging/spored-poweroff.service"));
    assert_eq!([&path["PathExists"], &service["ConditionPathExists"]], [&["/run/spored/poweroff"]; 2]);
    assert_eq!(service["ExecStart"], ["/usr/bin/systemctl poweroff"]);
    let agent = include_str!("../../spored/src/agent/life/carry_out.rs");
    assert!(agent.contains("\"run/spored/poweroff\""), "the agent leaves another file");
}

/// Names and values of a unit; a name that stands twice has two values.
fn directives(unit: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut directives: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, value) in unit.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once('=')) {
        directives.entry(name).or_default().push(value);
    }
    directives
}
