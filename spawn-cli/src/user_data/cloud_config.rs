//! The files that bring the agent, as a `#cloud-config` in JSON, which is YAML too.

use super::Agent;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// What `install-spored.sh` reads.
const PARAMETERS: &str = "/etc/spawn/agent.env";
/// What the agent runs before the end, where it exists.
const PRE_STOP: &str = "/etc/spawn/pre-stop";
/// Environment of the agent's unit.
const ENVIRONMENT: &str = "/etc/spawn/spored.env";
/// The units, by name.
const UNITS: [(&str, &str); 3] = [
    ("spored.service", include_str!("../../../packaging/spored.service")),
    ("spored-poweroff.path", include_str!("../../../packaging/spored-poweroff.path")),
    ("spored-poweroff.service", include_str!("../../../packaging/spored-poweroff.service")),
];

/// What gives tasks the room that the agent's unit does not leave.
const TASKS: (&str, &str) =
    ("/etc/systemd/system/spored.service.d/tasks.conf", include_str!("../../../packaging/spored-tasks.conf"));

/// The text. Its lists go behind those of the user's own cloud-config instead of taking their place.
pub(super) fn text(agent: &Agent, pre_stop: Option<&[u8]>, tasks: bool) -> String {
    let mut files = vec![file(PARAMETERS, "0600", &parameters(agent))];
    files.extend(UNITS.map(|(name, text)| file(&format!("/etc/systemd/system/{name}"), "0644", text)));
    files.extend(tasks.then(|| file(TASKS.0, "0644", TASKS.1)));
    files.extend(agent.table.as_ref().map(|table| file(ENVIRONMENT, "0644", &format!("SPAWN_TABLE={table}\n"))));
    files.extend(pre_stop.map(|program| {
        let mut file = file(PRE_STOP, "0755", &STANDARD.encode(program));
        file["encoding"] = "b64".into();
        file
    }));
    let config = json!({
        "merge_how": [
            { "name": "list", "settings": ["append"] },
            { "name": "dict", "settings": ["no_replace", "recurse_list"] },
        ],
        "write_files": files,
    });
    format!("#cloud-config\n{config}\n")
}

fn file(path: &str, permissions: &str, content: &str) -> Value {
    json!({ "path": path, "owner": "root:root", "permissions": permissions, "content": content })
}

/// One `NAME=VALUE` a line; the script takes values as they are.
fn parameters(agent: &Agent) -> String {
    let Agent { region, account, bucket, key, url, sha256, link, table: _ } = agent;
    let mut lines =
        format!("region={region}\naccount={account}\nbucket={bucket}\nkey={key}\nurl={url}\nsha256={sha256}\n");
    if let Some(link) = link {
        lines += &format!("link={link}\n");
    }
    lines
}
