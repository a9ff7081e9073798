//! What goes in comes out again, within EC2's limit.

use super::*;
use flate2::read::GzDecoder;
use proptest::prelude::*;
use std::io::Read;

fn agent() -> Agent {
    Agent {
        region: "eu-west-1".to_owned(),
        account: "123456789012".to_owned(),
        bucket: "spawn-123456789012-eu-west-1".to_owned(),
        key: format!("spored/0.20.0/arm64/{}", "a".repeat(64)),
        url: "https://spawn-123456789012-eu-west-1.s3.eu-west-1.amazonaws.com/spored".to_owned(),
        sha256: "a".repeat(64),
        link: None,
        table: None,
    }
}

fn built(user: Option<&[u8]>, pre_stop: Option<&[u8]>) -> Result<Vec<u8>, UserDataError> {
    let agent = agent();
    let built = build(Contents { user, agent: Some(&agent), pre_stop, tasks: false })?.unwrap();
    assert!(built.len() <= LIMIT);
    let mut whole = Vec::new();
    match built.starts_with(&[0x1f, 0x8b]) {
        true => GzDecoder::new(built.as_slice()).read_to_end(&mut whole).map(drop).unwrap(),
        false => whole = built,
    }
    Ok(whole)
}

/// The parts' headers and decoded bodies. A reader of our own; `tests/spawn/user_data.rs` asks Python's.
fn parts(message: &[u8]) -> Vec<(String, Vec<u8>)> {
    use base64::Engine;
    let text = std::str::from_utf8(message).unwrap();
    let boundary = text.split_once("boundary=\"").unwrap().1.split_once('"').unwrap().0;
    let delimiter = format!("--{boundary}");
    let mut parts = Vec::new();
    for part in text.split(&delimiter).skip(1).filter(|part| !part.starts_with("--")) {
        let part = part.strip_prefix('\n').unwrap().strip_suffix('\n').unwrap();
        let (head, body) = part.split_once("\n\n").unwrap();
        let body = match head.contains("base64") {
            true => base64::engine::general_purpose::STANDARD.decode(body.replace('\n', "")).unwrap(),
            false => body.as_bytes().to_vec(),
        };
        parts.push((head.to_owned(), body));
    }
    parts
}

/// The files that the cloud-config writes: path, permissions and content.
fn files(message: &[u8]) -> Vec<(String, String, Vec<u8>)> {
    use base64::Engine;
    let parts = parts(message);
    let (_, config) = parts.iter().find(|(head, _)| head.contains("text/cloud-config")).unwrap();
    let json = std::str::from_utf8(config).unwrap().strip_prefix("#cloud-config\n").unwrap();
    let config: serde_json::Value = serde_json::from_str(json).unwrap();
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let file = |file: &serde_json::Value| {
        let content = text(&file["content"]);
        let content = match file["encoding"].is_null() {
            true => content.into_bytes(),
            false => base64::engine::general_purpose::STANDARD.decode(content).unwrap(),
        };
        (text(&file["path"]), text(&file["permissions"]), content)
    };
    config["write_files"].as_array().unwrap().iter().map(file).collect()
}

#[test]
fn nothing_to_say_is_no_user_data_and_the_users_own_goes_as_it_is() {
    assert_eq!(build(Contents { user: None, agent: None, pre_stop: None, tasks: false }), Ok(None));
    let user: &[u8] = b"#!/bin/sh\n\xff\0";
    assert_eq!(
        build(Contents { user: Some(user), agent: None, pre_stop: None, tasks: false }),
        Ok(Some(user.to_vec()))
    );
}

#[test]
fn the_agent_comes_as_files_and_a_constant_script() {
    let message = built(None, None).unwrap();
    let parameters = "region=eu-west-1\naccount=123456789012\nbucket=spawn-123456789012-eu-west-1\n";
    let files = files(&message);
    let names: Vec<(&str, &str)> = files.iter().map(|(path, mode, _)| (path.as_str(), mode.as_str())).collect();
    assert_eq!(
        names,
        [
            ("/etc/spawn/agent.env", "0600"),
            ("/etc/systemd/system/spored.service", "0644"),
            ("/etc/systemd/system/spored-poweroff.path", "0644"),
            ("/etc/systemd/system/spored-poweroff.service", "0644"),
        ]
    );
    assert!(files[0].2.starts_with(parameters.as_bytes()), "{:?}", files[0]);
    assert_eq!(files[1].2, include_bytes!("../../../packaging/spored.service"));
    let parts = parts(&message);
    let (head, script) = &parts[1];
    assert!(head.contains("text/x-shellscript") && head.contains("filename=\"000-spored\""), "{head}");
    assert_eq!(script, INSTALL.as_bytes());
}

#[test]
fn the_users_part_comes_first_and_its_kind_is_left_to_cloud_init() {
    let message = built(Some(b"#cloud-config\npackages: [jq]\n"), None).unwrap();
    let parts = parts(&message);
    assert!(parts[0].0.contains("text/plain"), "{}", parts[0].0);
    assert_eq!(parts[0].1, b"#cloud-config\npackages: [jq]\n");
    assert_eq!(parts.len(), 3);
    let gzip = built(Some(&compressed(b"#!/bin/sh\n")), None).unwrap();
    assert!(String::from_utf8(gzip).unwrap().contains("application/gzip"));
}

#[test]
fn a_message_of_the_user_is_kept_to_the_letter() {
    let user = "Content-Type: multipart/mixed; boundary=\"=-spawn-0-=\"\nMIME-Version: 1.0\n\n--=-spawn-0-=\n\
                Content-Type: text/x-shellscript\n\n#!/bin/sh\n--=-spawn-0-=--\n";
    let message = String::from_utf8(built(Some(user.as_bytes()), None).unwrap()).unwrap();
    assert!(message.contains(user) && message.contains("boundary=\"=-spawn-1-=\""), "{message}");
    assert_eq!(built(Some(b"MIME-Version: 1.0\n\n\xff"), None), Err(UserDataError::Message));
    assert!(!mime::is_message(b"#!/bin/sh\necho MIME-Version: 1.0\n"));
}

#[test]
fn a_link_and_a_table_are_brought_where_there_are_any() {
    let agent = Agent { link: Some("https://x/y?z".to_owned()), table: Some("mine".to_owned()), ..agent() };
    let message = build(Contents { user: None, agent: Some(&agent), pre_stop: None, tasks: false }).unwrap().unwrap();
    let files = files(&message);
    assert!(files[0].2.ends_with(b"link=https://x/y?z\n"));
    assert_eq!(files[4], ("/etc/spawn/spored.env".to_owned(), "0644".to_owned(), b"SPAWN_TABLE=mine\n".to_vec()));
}

#[test]
fn tasks_get_room_where_the_agent_works_on_any() {
    let agent = agent();
    let message = build(Contents { user: None, agent: Some(&agent), pre_stop: None, tasks: true }).unwrap().unwrap();
    assert!(message.len() <= LIMIT, "{}", message.len());
    let (path, mode, text) = files(&message).pop().unwrap();
    assert_eq!((path.as_str(), mode.as_str()), ("/etc/systemd/system/spored.service.d/tasks.conf", "0644"));
    assert_eq!(text, include_bytes!("../../../packaging/spored-tasks.conf"));
}

#[test]
fn what_is_too_large_is_compressed_and_else_refused_with_size_and_remedy() {
    let repeated = "echo hello\n".repeat(4000);
    assert_eq!(parts(&built(Some(repeated.as_bytes()), None).unwrap())[0].1, repeated.as_bytes());
    let noise: Vec<u8> = (0..20_000_u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let error = built(Some(&noise), None).unwrap_err();
    let UserDataError::TooLarge { size } = error else { panic!("{error}") };
    assert!(size > LIMIT && error.to_string().contains("EC2 takes 16384: put the large parts into S3"), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_of_the_user_come_out_again(
        user in prop::collection::vec(any::<u8>(), 0..2000), pre_stop in prop::collection::vec(any::<u8>(), 0..500)
    ) {
        prop_assume!(!mime::is_message(&user));
        let message = built(Some(&user), Some(&pre_stop)).unwrap();
        prop_assert_eq!(&parts(&message)[0].1, &user);
        let hook = ("/etc/spawn/pre-stop".to_owned(), "0755".to_owned(), pre_stop);
        prop_assert_eq!(files(&message).pop(), Some(hook));
    }
}
