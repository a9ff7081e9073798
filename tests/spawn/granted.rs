//! Every command and whole lives of agents, with nothing but the rights of the policies: what arrives at AWS is exactly
//! what they grant.
//!
//! Three judges: each emulator asks its own IAM whether the caller may do what it asks (moto by action alone, ministack
//! with resources and conditions), and the calls that both recorded are compared with the table.

use crate::fixture::{json, only_instance, spawn, spored};
use serde_json::{Value, json};
use spawn_cloud::permissions::{NO_OPERATION, NO_PERMISSION, Role, actions_of, grants};
use spawn_test_support::aws::ACCOUNT_ID;
use spawn_test_support::{Aws, MachineRoom, Program, UserKey};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// Rights that neither program can be seen to use here, with the reason.
const UNSEEN: [(Role, &str, &str); 10] = [
    (Role::Operator, "xray:PutTelemetryRecords", "the exporter sends them once a minute"),
    (Role::Agent, "xray:PutTelemetryRecords", "the exporter sends them once a minute"),
    (Role::Operator, "xray:GetSamplingRules", BY_RULES),
    (Role::Operator, "xray:GetSamplingTargets", BY_RULES),
    (Role::Agent, "xray:GetSamplingRules", BY_RULES),
    (Role::Agent, "xray:GetSamplingTargets", BY_RULES),
    (Role::Agent, "s3:GetObject", "the boot script of user data fetches the agent; user_data_install.rs runs it"),
    (
        Role::Agent,
        "dynamodb:Query",
        "an idle agent looks for tasks whose messages were lost; tests/spored/work_faults.rs does that",
    ),
    (
        Role::Agent,
        "sqs:SendMessage",
        "a task is given back whose message is lost; tests/spored/work_faults.rs does that",
    ),
    (
        Role::Agent,
        "s3:AbortMultipartUpload",
        "results above 16 MB whose upload breaks off; staging's own tests do that",
    ),
];

/// Of the rights for the account's sampling rules.
const BY_RULES: &str = "only `sampler: xray` asks for rules; tests/spored/sampling.rs does that";

/// ministack asks for a right by the name of each operation, where AWS asks for that of the single one.
const ASKED_BY_MINISTACK: [(&str, &str); 4] = [
    ("sqs:SendMessage", "sqs:SendMessageBatch"),
    ("sqs:ChangeMessageVisibility", "sqs:ChangeMessageVisibilityBatch"),
    ("sqs:DeleteMessage", "sqs:DeleteMessageBatch"),
    ("dynamodb:PutItem", "dynamodb:TransactWriteItems"),
];

/// The policy with the rights that ministack asks for in the place of those that AWS asks for.
fn for_ministack(policy: &Value) -> Value {
    let mut policy = policy.clone();
    for statement in policy["Statement"].as_array_mut().unwrap() {
        let granted: Vec<Value> = match &statement["Action"] {
            Value::Array(actions) => actions.clone(),
            action => vec![action.clone()],
        };
        let asked = ASKED_BY_MINISTACK.iter().filter(|(right, _)| granted.contains(&json!(right)));
        let asked: Vec<Value> = asked.map(|(_, operation)| json!(operation)).collect();
        statement["Action"] = Value::Array([granted, asked].concat());
    }
    policy
}

/// A user of both emulators with this policy. ministack takes it nearly as it is; moto understands the actions of it.
async fn user(aws: &Aws, name: &str, policy: &Value) -> UserKey {
    let mut actions = policy.clone();
    for statement in actions["Statement"].as_array_mut().unwrap() {
        statement["Resource"] = json!("*");
        statement.as_object_mut().unwrap().remove("Condition");
    }
    // moto calls X-Ray's actions by the paths of their requests.
    let actions = ["xray:Put", "xray:Get", "xray:BatchGet"]
        .iter()
        .fold(actions.to_string(), |actions, written| actions.replace(written, "xray:"));
    let code = format!(
        "iam, other = boto3.client('iam'), boto3.client('iam', endpoint_url='{}')\n\
         for at, policy in ((iam, {actions:?}), (other, {:?})):\n    \
             at.create_user(UserName='{name}')\n    \
             at.put_user_policy(UserName='{name}', PolicyName='spawn', PolicyDocument=policy)\n\
         key = iam.create_access_key(UserName='{name}')['AccessKey']\n\
         [key['AccessKeyId'], key['SecretAccessKey']]",
        aws.ministack_url(),
        for_ministack(policy).to_string()
    );
    let key = aws.boto3(&code).await.unwrap();
    let text = |place: usize| key[place].as_str().unwrap().to_owned();
    UserKey { name: name.to_owned(), key: text(0), secret: text(1) }
}

fn env(user: &UserKey) -> Vec<(String, String)> {
    [("AWS_ACCESS_KEY_ID", &user.key), ("AWS_SECRET_ACCESS_KEY", &user.secret)]
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .to_vec()
}

/// The operator at work: each command line that was run is noted.
struct Operator<'a> {
    aws: &'a Aws,
    user: UserKey,
    ran: BTreeSet<String>,
}

impl Operator<'_> {
    fn program(&mut self, line: &str) -> Program {
        let words: Vec<&str> = line.split_whitespace().collect();
        self.ran.insert(words[0].to_owned());
        spawn(self.aws)
            .envs(env(&self.user))
            .env("TRACING_ENABLED", "true")
            .env("OTEL_TRACES_SAMPLER", "always_on")
            .args(words)
    }

    /// Runs a command that must succeed.
    async fn run(&mut self, line: &str) -> String {
        let output = self.program(line).patience(PATIENCE).run().await.unwrap();
        assert_eq!(output.status, 0, "spawn {line}: {}\n{}", output.stderr, self.aws.logs());
        assert!(!output.stderr.contains("AccessDenied"), "spawn {line}: {}", output.stderr);
        output.stdout
    }

    /// Runs a command that an emulator does not know enough for; what it asked is recorded all the same.
    async fn ask(&mut self, line: &str) {
        self.program(line).patience(PATIENCE).run().await.unwrap();
    }

    async fn launch(&mut self, flags: &str) -> String {
        let launched = self.run(&format!("launch --instance-type t3.micro {flags} -o json")).await;
        only_instance(&serde_json::from_str(&launched).unwrap())
    }
}

async fn policy(aws: &Aws, role: &str) -> Value {
    let args = ["iam", "policy", "--role", role, "--account", ACCOUNT_ID, "--hook", HOOK];
    json(&spawn(aws).args(args).run().await.unwrap())
}

/// An instance whose metadata does not show its tags.
const WITHOUT_TAGS: &str = "\
boto3.client('ec2').run_instances(ImageId='ami-12c6146b', MinCount=1, MaxCount=1, \
MetadataOptions={'InstanceMetadataTags': 'disabled'}, TagSpecifications=[{'ResourceType': 'instance', \
'Tags': [{'Key': 'spawn:managed', 'Value': 'true'}]}])['Instances'][0]['InstanceId']";

/// The function that is told of an array's end.
const HOOK: &str = "granted-hook";

const WITH_HOOK: &str = "\
import io, zipfile
code = io.BytesIO()
with zipfile.ZipFile(code, 'w') as archive:
    archive.writestr('index.py', 'def handler(event, context): return {}')
boto3.client('lambda').create_function(FunctionName='granted-hook', Runtime='python3.11', \
Role='arn:aws:iam::123456789012:role/none', Handler='index.handler', Code={'ZipFile': code.getvalue()})['State']";

#[tokio::test]
async fn every_command_and_the_lives_of_agents_call_exactly_what_the_policies_grant() {
    let aws = Aws::start().await.unwrap();
    let operator = user(&aws, "operator", &policy(&aws, "operator").await).await;
    let agent = user(&aws, "agent", &policy(&aws, "agent").await).await;
    let (operator_key, agent_key) = (operator.key.clone(), agent.key.clone());
    aws.boto3(WITH_HOOK).await.unwrap();
    let hidden = aws.boto3(WITHOUT_TAGS).await.unwrap().as_str().unwrap().to_owned();
    aws.enforce_iam(&[operator.clone(), agent.clone()]).await.unwrap();
    let mut of_agent = env(&agent);
    of_agent.push(("TRACING_ENABLED".to_owned(), "true".to_owned()));
    of_agent.push(("OTEL_TRACES_SAMPLER".to_owned(), "always_on".to_owned()));
    // Leases of tasks that run for seconds are renewed.
    of_agent.push(("SPORED_LEASE".to_owned(), "3s".to_owned()));
    let room = MachineRoom::start(&aws, &spored(), &of_agent).unwrap();
    let mut operator = Operator { aws: &aws, user: operator, ran: BTreeSet::new() };

    work(&mut operator, &room).await;

    for occupant in room.instances() {
        let log = room.log(&occupant.instance_id);
        assert!(!log.contains("AccessDenied") && !log.contains("not authorized"), "{log}");
    }
    let help = spawn(&aws).arg("--help").run().await.unwrap().stdout;
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let named = commands.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let known: BTreeSet<String> =
        named.map(|line| line.split_whitespace().next().unwrap().to_owned()).filter(|name| name != "help").collect();
    assert_eq!(operator.ran, known, "every command is run here, so that none calls what is not granted");
    for (role, key) in [(Role::Operator, &operator_key), (Role::Agent, &agent_key)] {
        let granted = granted(role);
        let made = made(&aws, role, key, &granted).await;
        let beyond: Vec<&String> = made.difference(&granted).collect();
        assert!(beyond.is_empty(), "{role:?} calls what is not granted: {beyond:?}");
        let idle: Vec<&String> = granted.difference(&made).collect();
        assert!(idle.is_empty(), "{role:?} is granted what it does not call: {idle:?}\n{}", room.log(&hidden));
    }
}

/// Every command, and agents that end their instances in both ways.
async fn work(operator: &mut Operator<'_>, room: &MachineRoom) {
    operator.run("setup").await;
    operator.run("iam policy").await;
    operator.run("iam create --name another").await;
    operator.ask("iam check").await;
    operator.run("iam check --role agent").await;
    operator.run("completions bash").await;
    operator.ask("launch --instance-type t3.micro --ami ami-12c6146b --spot --dry-run").await;
    let long = operator.launch("--name long --ttl 8h --wait agent").await;
    operator.run("list").await;
    // moto enables regions of China, where these credentials are nobody's.
    operator.ask("list --all-regions").await;
    operator.run(&format!("status {long}")).await;
    operator.run(&format!("extend {long} 1h")).await;
    operator.run(&format!("tracing on {long} --for 10m")).await;
    operator.run(&format!("tracing status {long}")).await;
    operator.run(&format!("tracing off {long}")).await;
    operator.run(&format!("connect {long} --print")).await;
    operator.run(&format!("stop {long} -y")).await;
    operator.run(&format!("start {long}")).await;
    operator.run("doctor").await;
    operator.run(&format!("terminate {long} -y")).await;

    let ending = operator.launch("--ttl 1s").await;
    room.wait_for_exit(&ending, PATIENCE).await.unwrap();
    let stopping = operator.launch("--ttl 1s --on-complete stop").await;
    room.wait_for_exit(&stopping, PATIENCE).await.unwrap();
    arrays(operator, room).await;
    operator.run("trace exec -- true").await;
    operator.run("trace list").await;
    let listed = operator.run("trace list --limit 50 -o json").await;
    let listed: Value = serde_json::from_str(&listed).unwrap();
    operator.run(&format!("trace show {}", listed[0]["trace_id"].as_str().unwrap())).await;
}

/// Two job arrays: the results of the first are the input of the second, which is given another round and called off.
async fn arrays(operator: &mut Operator<'_>, room: &MachineRoom) {
    let launch = "launch --instance-type t3.micro --tasks 2 -o json";
    let first = operator.run(&format!("{launch} --job-array-name first -- cp /etc/hostname output/name")).await;
    let first: Value = serde_json::from_str(&first).unwrap();
    operator.run("status first").await;
    room.wait_for_exit(&only_instance(&first), PATIENCE).await.unwrap();
    let input = format!("{}000001/output/", first["output"].as_str().unwrap());
    let line = format!("{launch} --job-array-name second --input {input} --on-complete lambda:{HOOK} -- sleep 3");
    let second = serde_json::from_str(&operator.run(&line).await).unwrap();
    room.wait_for_exit(&only_instance(&second), PATIENCE).await.unwrap();
    operator.run("status second --watch 1s").await;
    operator.run("logs second").await;
    let folder = tempfile::tempdir().unwrap();
    operator.run(&format!("results first --download {}", folder.path().display())).await;
    operator.run("retry second --all").await;
    operator.run("cancel second --yes").await;
}

/// The actions that a role is granted and that its program can be seen to use.
fn granted(role: Role) -> BTreeSet<String> {
    let actions = grants().filter(|grant| grant.role == role).flat_map(|grant| grant.actions);
    let seen = actions.filter(|action| {
        !NO_OPERATION.iter().any(|(name, _)| name == *action)
            && !UNSEEN.iter().any(|(of, name, _)| *of == role && name == *action)
    });
    seen.map(|action| (*action).to_owned()).collect()
}

/// The actions that were asked for with this key, once all that are expected are among them or the patience is over.
async fn made(aws: &Aws, role: Role, key: &str, expected: &BTreeSet<String>) -> BTreeSet<String> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let calls = aws.calls().await.unwrap().into_iter().filter(|call| call.access_key == key);
        let actions = calls.flat_map(|call| actions_of(&format!("{} {}", service_id(&call.service), call.operation)));
        let counted = |action: &String| {
            !NO_PERMISSION.contains(&action.as_str())
                && !UNSEEN.iter().any(|(of, name, _)| *of == role && name == action)
        };
        let made: BTreeSet<String> = actions.filter(counted).collect();
        if made.is_superset(expected) || Instant::now() > deadline {
            return made;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The service's id by the name that it signs with.
fn service_id(signing: &str) -> &str {
    if signing == "s3" { "S3" } else { signing }
}
