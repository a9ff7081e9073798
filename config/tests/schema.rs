//! The JSON schema says what the reader does.

use serde_json::{Value, json};
use spawn_config::{keys, schema::json_schema};

#[test]
fn every_path_is_in_the_schema_and_no_group_takes_more() {
    let schema = json_schema();
    for key in keys() {
        let Some(path) = key.path else { continue };
        let mut node = &schema;
        for step in path.split('.') {
            assert_eq!(node["additionalProperties"], json!(false), "{path}");
            node = &node["properties"][step];
        }
        assert_eq!(node["description"], json!(key.sentence), "{path}");
    }
}

#[test]
fn the_schema_of_a_group_reads_so() {
    let schema = json_schema();
    assert_eq!(schema["$schema"], json!("https://json-schema.org/draft/2020-12/schema"));
    let text = json!({ "type": ["string", "null"], "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$" });
    let said = |mut form: Value, sentence: &str| {
        form["description"] = json!(sentence);
        form
    };
    assert_eq!(
        schema["properties"]["job_array"],
        json!({
            "type": ["object", "null"],
            "additionalProperties": false,
            "properties": {
                "id": said(text.clone(), "Makes the host work for this job array."),
                "name": said(text, "Names the job array for people."),
                "index": said(json!({ "type": ["integer", "null"], "minimum": 0 }), "Gives the host the task of this index."),
                "slots": said(
                    json!({ "type": ["integer", "null"], "minimum": 1, "maximum": 1024 }),
                    "Works on this many tasks of the job array at once.",
                ),
            },
        })
    );
}
