//! The end of an array, and hosts that come and go.

use crate::array::{Array, worker};
use crate::fixture::{Host, aws, named, spans, stop};
use serde_json::Value;
use spawn_test_support::FaultProxy;

/// A function that writes down each call.
const HOOK: &str = r#"
import io, zipfile
code = io.BytesIO()
text = '''
import json
def handler(event, context):
    with open("FILE", "a") as file: file.write(json.dumps(event) + "\\n")
    return "told"
'''
with zipfile.ZipFile(code, 'w') as archive: archive.writestr('index.py', text)
boto3.client('lambda').create_function(FunctionName='NAME', Runtime='python3.11', Role='arn:aws:iam::123456789012:role/none', Handler='index.handler', Code={'ZipFile': code.getvalue()})['FunctionName']
"#;

#[tokio::test]
async fn the_hook_is_invoked_once_and_knows_the_trace() {
    let aws = aws().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("calls");
    let create = HOOK.replace("FILE", &file.display().to_string()).replace("NAME", "told-of-ends");
    aws.boto3(&create).await.unwrap();
    let array =
        Array::seed_with(aws, "hooked", 6, "exit 0", |array| array.hook = Some("told-of-ends".to_owned())).await;
    // The emulator hands no client context to the function, so what left is looked at.
    let proxy = FaultProxy::start(aws.ministack_url()).unwrap();
    let hosts = [0, 1].map(|_| worker(aws, &array, 1).env("AWS_ENDPOINT_URL_LAMBDA", proxy.url()));
    let agents = [hosts[0].run(&[]).await, hosts[1].run(&[]).await];
    let ended = array.ended().await;
    let calls: Vec<Value> =
        std::fs::read_to_string(&file).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(calls.len(), 1, "{calls:#?} {ended:#?}");
    assert_eq!((&calls[0]["succeeded"], &calls[0]["size"]), (&6.into(), &6.into()));
    let requests = proxy.requests();
    let context = requests[0].header("x-amz-client-context").unwrap();
    let read = format!("import base64\njson.loads(base64.b64decode('{context}'))['custom']['traceparent']");
    let carried = aws.boto3(&read).await.unwrap().as_str().unwrap().to_owned();
    let trace = &ended.traceparent.as_deref().unwrap()[3..35];
    assert_eq!(&carried[3..35], trace);
    let header = requests[0].header("x-amzn-trace-id").unwrap().replace("Root=1-", "").replacen('-', "", 1);
    assert!(header.starts_with(trace), "{header}");
    let mut log = String::new();
    for agent in agents {
        log += &stop(agent).await;
    }
    let spans = spans(&log);
    let call = named(&spans, "Lambda.Invoke");
    assert_eq!(call["parentSpanId"], named(&spans, "array end")["spanId"]);
    assert_eq!(spans.iter().filter(|span| span["name"] == "array hooked").count(), 1);
}

#[tokio::test]
async fn a_host_joins_and_leaves_by_command() {
    let aws = aws().await;
    let array = Array::seed(aws, "joined", 3, "sleep 0.2").await;
    let host = Host::with("").aws(aws);
    let agent = host.run(&[]).await;
    let (code, _, said) = host.command(&["join", "joined"]).await;
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("a job array's id is its name, a hyphen and 8 hexadecimal digits"), "{said}");
    let (code, _, said) = host.command(&["join", "joined-00000000"]).await;
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("there is no job array of this id in this account and region"), "{said}");
    let (code, told, said) = host.command(&["join", array.id(), "--slots", "2"]).await;
    assert_eq!((code, told.as_str()), (0, format!("joined {}: working\n", array.id()).as_str()), "{said}");
    array.ended().await;
    host.status_when("end", |status| status["work"]["state"] == "ended").await;
    let (_, shown, _) = host.command(&["status"]).await;
    assert!(shown.contains(&format!("array     {}, ended, slots 2", array.id())), "{shown}");
    let (code, told, said) = host.command(&["leave"]).await;
    assert_eq!((code, told.as_str()), (0, format!("left {}\n", array.id()).as_str()), "{said}");
    host.status_when("no array", |status| status["work"]["array"].is_null()).await;
    stop(agent).await;
}

#[tokio::test]
async fn a_host_that_its_file_makes_work_says_where_to_leave() {
    let aws = aws().await;
    let array = Array::seed(aws, "filed", 1, "exit 0").await;
    let host = worker(aws, &array, 1);
    let agent = host.run(&[]).await;
    let (code, _, said) = host.command(&["leave"]).await;
    assert_eq!(code, 1);
    assert!(said.contains("local.yaml") && said.contains("change it there"), "{said}");
    stop(agent).await;
}
