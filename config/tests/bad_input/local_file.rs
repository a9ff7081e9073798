//! What a `local.yaml` is refused for, at its line and column.

use spawn_config::Layers;

fn yaml(text: &str) -> String {
    Layers::new().local_yaml("local.yaml", text).unwrap_err().to_string()
}

/// The refusal of one line within `observability.tracing`, which stands in line 3 from column 5.
fn tracing(line: &str) -> String {
    yaml(&format!("observability:\n  tracing:\n    {line}\n"))
}

#[test]
fn a_bad_value_in_the_file_is_refused_at_its_place() {
    for (line, expected) in [
        (
            "exporter: jaeger",
            "local.yaml:3:15: observability.tracing.exporter cannot be \"jaeger\": expected `xray`, `otlp`, `stdout` or `none`",
        ),
        (
            "exporter: x-ray",
            "local.yaml:3:15: observability.tracing.exporter cannot be \"x-ray\": expected `xray`, `otlp`, `stdout` or `none` (did you mean `xray`?)",
        ),
        (
            "sampling_rate: 1.5",
            "local.yaml:3:20: observability.tracing.sampling_rate cannot be \"1.5\": expected a decimal number from 0.0 to 1.0, such as 0.1 for 10 %",
        ),
        (
            "sampling_rate: .nan",
            "local.yaml:3:20: observability.tracing.sampling_rate cannot be \".nan\": expected a decimal number from 0.0 to 1.0, such as 0.1 for 10 %",
        ),
        (
            "endpoint: collector",
            "local.yaml:3:15: observability.tracing.endpoint cannot be \"collector\": expected an address such as https://collector.example.com:4317",
        ),
        (
            "endpoint: http://169.254.169.254",
            "local.yaml:3:15: observability.tracing.endpoint cannot be \"http://169.254.169.254\": expected an address that is neither link-local nor instance metadata",
        ),
        (
            "until: tomorrow",
            "local.yaml:3:12: observability.tracing.until cannot be \"tomorrow\": expected an RFC 3339 instant such as 2027-01-31T18:00:00Z",
        ),
        (
            "otlp: {timeout: 2h}",
            "local.yaml:3:21: observability.tracing.otlp.timeout cannot be \"2h\": expected a span of time such as 10s or 250ms, at most 1h",
        ),
    ] {
        assert_eq!(tracing(line), expected, "{line}");
    }
    assert_eq!(
        yaml("ttl: 5 minutes"),
        "local.yaml:1:6: ttl cannot be \"5 minutes\": expected a span of time such as 30s, 15m, 2h, 1d or 1h30m, at most 3650d"
    );
    assert_eq!(
        yaml("region: Frankfurt"),
        "local.yaml:1:9: region cannot be \"Frankfurt\": expected a region such as eu-central-1, or `auto`"
    );
    assert_eq!(
        yaml("private_ip: 10.0.0"),
        "local.yaml:1:13: private_ip cannot be \"10.0.0\": expected an IP address, or `auto`"
    );
}

#[test]
fn a_wrong_type_in_the_file_is_refused_at_its_place() {
    for (line, expected) in [
        (
            "enabled: yes",
            "local.yaml:3:14: observability.tracing.enabled cannot be \"yes\": expected `true` or `false`",
        ),
        ("enabled: 1", "local.yaml:3:14: observability.tracing.enabled cannot be \"1\": expected `true` or `false`"),
        (
            "enabled: 'true'",
            "local.yaml:3:14: observability.tracing.enabled cannot be \"true\": expected `true` or `false` without quotes",
        ),
        (
            "sampling_rate: '0.1'",
            "local.yaml:3:20: observability.tracing.sampling_rate cannot be \"0.1\": expected a decimal number from 0.0 to 1.0 without quotes",
        ),
        (
            "sampling_rate: [0.1]",
            "local.yaml:3:20: observability.tracing.sampling_rate cannot be a list: expected a single value",
        ),
        (
            "exporter: {}",
            "local.yaml:3:15: observability.tracing.exporter cannot be a mapping: expected a single value",
        ),
        (
            "attributes: team",
            "local.yaml:3:17: observability.tracing.attributes cannot be \"team\": expected a mapping of keys to single values",
        ),
        (
            "attributes: {team: [a]}",
            "local.yaml:3:17: observability.tracing.attributes cannot be a mapping: expected a mapping of keys to single values",
        ),
        (
            "filter: {drop: secret}",
            "local.yaml:3:20: observability.tracing.filter.drop cannot be \"secret\": expected a list, such as [one, two]",
        ),
        (
            "sampling_rules: S3.*=0",
            "local.yaml:3:21: observability.tracing.sampling_rules cannot be \"S3.*=0\": expected a list, such as [one, two]",
        ),
        (
            "sampling_rules: [S3.*=0, S3=1]",
            "local.yaml:3:21: observability.tracing.sampling_rules cannot be \"S3.*=0, S3=1\": expected rule 2 to be \
             SERVICE.OPERATION=RATE such as `DynamoDB.GetItem=0.01` or `S3.*=0`",
        ),
        (
            "sampling_rules: [S3.*=2]",
            "local.yaml:3:21: observability.tracing.sampling_rules cannot be \"S3.*=2\": expected rule 1 to be \
             SERVICE.OPERATION=RATE with a rate from 0.0 to 1.0, such as `S3.*=0.1` for 10 %",
        ),
        (
            "limits: 1",
            "local.yaml:3:13: observability.tracing.limits cannot be \"1\": expected a mapping with the keys max_sampling, endpoints",
        ),
        (
            "otlp: {headers: hunter2}",
            "local.yaml:3:21: observability.tracing.otlp.headers cannot be [redacted]: expected a mapping of keys to single values",
        ),
    ] {
        assert_eq!(tracing(line), expected, "{line}");
    }
    assert_eq!(
        yaml("observability: tracing"),
        "local.yaml:1:16: observability cannot be \"tracing\": expected a mapping with the keys tracing, metrics"
    );
    assert_eq!(
        yaml("- ttl: 1h"),
        "local.yaml:1:1: the file cannot be a list: expected a mapping with the keys observability, ttl, \
         idle_timeout, idle_cpu_percent, idle_network_bytes, idle_disk_bytes, idle_sessions, on_complete, \
         completion_file, completion_delay, pre_stop, pre_stop_timeout, provider, instance_id, name, region, \
         account_id, public_ip, private_ip, job_array"
    );
    assert_eq!(yaml("? [a]\n: b\n"), "local.yaml:1:3: a key is one word, not a list");
}

#[test]
fn an_unknown_key_in_the_file_is_answered_with_the_likeliest() {
    assert_eq!(
        tracing("sampling: 0.1"),
        "local.yaml:3:5: unknown key observability.tracing.sampling (did you mean `sampling_rate`?)"
    );
    assert_eq!(
        yaml("sampling_rate: 0.1"),
        "local.yaml:1:1: unknown key sampling_rate (did you mean `observability.tracing.sampling_rate`?)"
    );
    assert_eq!(
        yaml("observability:\n  zebra: 1\n"),
        "local.yaml:2:3: unknown key observability.zebra; known here: tracing, metrics"
    );
}

#[test]
fn what_is_no_yaml_is_refused_at_its_place() {
    for (text, expected) in [
        ("observability:\n\ttracing:\n", "local.yaml:2:2: a tab in the indentation: use spaces"),
        ("ttl: 1h\nname: a\nttl: 2h\n", "local.yaml:3:1: ttl stands twice in this mapping: keep one of the two"),
        ("ttl: 1h\n---\nttl: 2h\n", "local.yaml:3:1: a second document begins here: keep one"),
        ("name: \"bench\n", "local.yaml:2:1: invalid indentation in multiline quoted scalar"),
    ] {
        assert_eq!(yaml(text), expected, "{text:?}");
    }
}

#[test]
fn a_file_of_ten_megabytes_is_refused_unread() {
    let expected = "local.yaml is larger than the 1048576 bytes that a configuration may have: is it the right file?";
    assert_eq!(yaml(&"#\n".repeat(5_000_000)), expected);
    let bytes = vec![0xff; 10_000_000];
    assert_eq!(Layers::new().local_yaml_bytes("local.yaml", &bytes).unwrap_err().to_string(), expected);
}

#[test]
fn a_file_that_is_not_utf_8_is_refused_at_the_byte() {
    let error = Layers::new().local_yaml_bytes("local.yaml", b"ttl: 1h\nname: \xc3\xa4\xff\n").unwrap_err();
    assert_eq!(error.to_string(), "local.yaml:2:8: not UTF-8: save the file in that encoding");
}

#[test]
fn an_empty_file_is_fine() {
    for text in ["", "\n", "# nothing\n", "observability:\n  tracing:\n    # enabled: true\n", "ttl:\n"] {
        assert_eq!(
            Layers::new().local_yaml("local.yaml", text).unwrap().resolve(),
            Layers::new().resolve(),
            "{text:?}"
        );
    }
}

#[test]
fn text_from_outside_is_escaped_and_cut_in_messages() {
    assert_eq!(
        yaml(&format!("name: \"\\e[31m{}\"", "x".repeat(100))),
        format!(
            "local.yaml:1:7: name cannot be \"\\u{{1b}}[31m{}\"…: expected text without control characters",
            "x".repeat(55)
        )
    );
    assert_eq!(
        yaml("\"a\\nb\": 1"),
        "local.yaml:1:1: unknown key a\\nb; known here: observability, ttl, idle_timeout, \
         idle_cpu_percent, idle_network_bytes, idle_disk_bytes, idle_sessions, on_complete, completion_file, \
         completion_delay, pre_stop, pre_stop_timeout, provider, instance_id, name, region, account_id, public_ip, private_ip, job_array"
    );
}
