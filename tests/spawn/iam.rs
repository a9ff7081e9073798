//! `spawn iam`: policies printed, the agent's role made, rights checked.

use crate::fixture::{aws, bare, json, spawn};
use serde_json::{Value, json};
use spawn_cloud::permissions::{Feature, Role};
use spawn_test_support::fault_proxy::{Action, Rule};
use spawn_test_support::{Aws, FaultProxy};

/// The actions of a policy that was printed.
fn actions(policy: &Value) -> Vec<String> {
    let statements = policy["Statement"].as_array().unwrap().iter();
    let actions = statements.flat_map(|statement| match &statement["Action"] {
        Value::Array(many) => many.clone(),
        one => vec![one.clone()],
    });
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

async fn role(aws: &Aws, name: &str) -> Value {
    let code = format!(
        "iam = boto3.client('iam')\n\
         role = iam.get_role(RoleName='{name}')['Role']\n\
         policies = iam.list_role_policies(RoleName='{name}')['PolicyNames']\n\
         {{'trust': role['AssumeRolePolicyDocument'], 'tags': role.get('Tags'), 'policies': {{policy: \
         iam.get_role_policy(RoleName='{name}', PolicyName=policy)['PolicyDocument'] for policy in policies}}, \
         'profiles': [profile['InstanceProfileName'] for profile in \
         iam.list_instance_profiles_for_role(RoleName='{name}')['InstanceProfiles']]}}"
    );
    aws.boto3(&code).await.unwrap()
}

#[tokio::test]
async fn the_policy_has_xrays_actions_if_and_only_if_spans_go_there_or_its_rules_decide() {
    for role in ["operator", "agent"] {
        for (tracing, sampler, expected) in [
            ("xray", "ratio", 2),
            ("otlp", "ratio", 0),
            ("off", "ratio", 0),
            ("xray", "xray", 4),
            ("otlp", "xray", 2),
            ("off", "xray", 0),
        ] {
            let args = ["iam", "policy", "--role", role, "--tracing", tracing, "--sampler", sampler];
            let printed = bare().args(args).run().await.unwrap();
            let actions = actions(&json(&printed));
            // Looking at traces is the operator's, wherever the spans of this command go.
            let looks = ["xray:GetTraceSummaries", "xray:BatchGetTraces"];
            let xray = actions.iter().filter(|action| action.starts_with("xray:") && !looks.contains(&action.as_str()));
            let xray = xray.count();
            assert_eq!(xray, expected, "{role} {tracing} {sampler}: {actions:?}");
        }
    }
}

#[tokio::test]
async fn the_policy_is_the_least_for_the_features_that_were_asked_for() {
    let args = ["iam", "policy", "--for", "stop,terminate", "--tracing", "off", "--account", "123456789012"];
    let printed = bare().args(args).args(["--region", "cn-north-1"]).run().await.unwrap();
    let instances = "arn:aws-cn:ec2:cn-north-1:123456789012:instance/*";
    let managed = json!({ "StringEquals": { "aws:ResourceTag/spawn:managed": "true" } });
    let statement = |sid: &str, action: Value, resource: &str| json!({ "Sid": sid, "Effect": "Allow", "Action": action, "Resource": resource });
    let mut expected = vec![
        statement("FindToStop", json!("ec2:DescribeInstances"), "*"),
        statement("StopAndStart", json!(["ec2:StopInstances", "ec2:StartInstances"]), instances),
        statement("Terminate", json!("ec2:TerminateInstances"), instances),
    ];
    expected[1]["Condition"] = managed.clone();
    expected[2]["Condition"] = managed;
    assert_eq!(json(&printed), json!({ "Version": "2012-10-17", "Statement": expected }));
}

#[tokio::test]
async fn a_feature_that_the_role_lacks_is_refused_before_any_call() {
    let refused = bare().args(["iam", "policy", "--role", "agent", "--for", "launch"]).run().await.unwrap();
    assert_eq!(refused.status, 2);
    assert!(refused.stderr.contains("choose from fetch, registry, life, tags-fallback"), "{}", refused.stderr);
}

#[tokio::test]
async fn the_role_is_made_once_and_boto3_reads_what_was_written() {
    let aws = aws().await;
    let create = || spawn(aws).args(["iam", "create", "--name", "spored-made", "-o", "json"]);
    let planned = json(&create().arg("--dry-run").run().await.unwrap());
    assert_eq!(planned["steps"].as_array().unwrap().len(), 4);
    assert!(
        aws.boto3("boto3.client('iam').get_role(RoleName='spored-made')").await.is_err(),
        "a dry run makes nothing"
    );

    let made = json(&create().run().await.unwrap());
    assert_eq!(made["steps"], planned["steps"]);
    let role = role(aws, "spored-made").await;
    assert_eq!(role["trust"]["Statement"][0]["Principal"], json!({ "Service": "ec2.amazonaws.com" }));
    assert_eq!(role["tags"], json!([{ "Key": "spawn:managed", "Value": "true" }]));
    assert_eq!(role["policies"], json!({ "spored": made["policy"] }));
    assert_eq!(role["profiles"], json!(["spored-made"]));

    let again = create().run().await.unwrap();
    assert_eq!(json(&again)["steps"], json!([]));
    assert!(again.stderr.contains("are as they should be"), "{}", again.stderr);
}

#[tokio::test]
async fn rights_that_changed_are_brought_up_to_date() {
    let aws = aws().await;
    let create = |tracing: &str| {
        spawn(aws).args(["iam", "create", "--name", "spored-changed", "--tracing", tracing, "-o", "json"]).run()
    };
    json(&create("off").await.unwrap());
    let changed = json(&create("xray").await.unwrap());
    assert_eq!(changed["steps"], json!(["write policy spored of role spored-changed"]));
    let policy = role(aws, "spored-changed").await["policies"]["spored"].clone();
    assert!(actions(&policy).contains(&"xray:PutTraceSegments".to_owned()), "{policy}");
}

#[tokio::test]
async fn the_right_to_follow_rules_stays_with_a_role_that_has_it() {
    let aws = aws().await;
    let create = |sampler: &str| {
        let args = ["iam", "create", "--name", "spored-ruled", "--sampler", sampler, "-o", "json"];
        spawn(aws).args(args).run()
    };
    json(&create("xray").await.unwrap());
    assert_eq!(json(&create("ratio").await.unwrap())["steps"], json!([]));
    let policy = role(aws, "spored-ruled").await["policies"]["spored"].clone();
    assert!(actions(&policy).contains(&"xray:GetSamplingTargets".to_owned()), "{policy}");
}

#[tokio::test]
async fn somebody_elses_role_is_not_touched_without_consent() {
    let aws = aws().await;
    let theirs = "boto3.client('iam').create_role(RoleName='theirs', AssumeRolePolicyDocument='{}') and None";
    aws.boto3(theirs).await.unwrap();
    let create = || spawn(aws).args(["iam", "create", "--name", "theirs"]);
    let refused = create().run().await.unwrap();
    assert_eq!((refused.status, refused.stdout.as_str()), (1, ""));
    assert!(refused.stderr.contains("role theirs is not spawn's"), "{}", refused.stderr);
    assert_eq!(role(aws, "theirs").await["policies"], json!({}));
    let changed = create().arg("-y").run().await.unwrap();
    assert_eq!((changed.status, changed.stdout.as_str()), (0, "theirs\n"), "{}", changed.stderr);
}

#[tokio::test]
async fn a_role_that_lacks_a_right_is_told_the_statement_to_add() {
    let aws = aws().await;
    let check = || spawn(aws).args(["iam", "check", "--role", "agent", "--name", "spored-poor", "-o", "json"]);
    let absent = check().run().await.unwrap();
    assert_eq!(absent.status, 1);
    assert!(absent.stderr.contains("`spawn iam create --name spored-poor` makes it"), "{}", absent.stderr);

    let create = ["iam", "create", "--name", "spored-poor", "--tracing", "off"];
    assert_eq!(spawn(aws).args(create).run().await.unwrap().status, 0);
    let poor = check().run().await.unwrap();
    assert_eq!(poor.status, 1, "{}", poor.stderr);
    assert!(poor.stderr.contains("does not simulate"), "moto has no simulation: {}", poor.stderr);
    let report: Value = serde_json::from_str(&poor.stdout).unwrap();
    let xray = json!([{
        "Sid": "SendSpansToXRay",
        "Effect": "Allow",
        "Action": ["xray:PutTraceSegments", "xray:PutTelemetryRecords"],
        "Resource": "*",
    }]);
    assert_eq!((&report["by"], &report["missing"]), (&json!("inline policies"), &xray));

    let enough = check().args(["--tracing", "off"]).run().await.unwrap();
    assert_eq!(json(&enough)["missing"], json!([]));
}

/// The other emulator's IAM simulates, without what a request would bring: conditions never hold there.
#[tokio::test]
async fn an_operator_who_lacks_a_right_is_told_the_statement_to_add() {
    let aws = aws().await;
    let simulating = aws.ministack_url();
    let check = || {
        let program = spawn(aws).env("AWS_ENDPOINT_URL_IAM", simulating).env("AWS_ENDPOINT_URL_STS", simulating);
        program.args(["iam", "check", "--for", "list", "--tracing", "off", "-o", "json"])
    };
    let grant = |actions: &str| {
        format!(
            "import os\n\
             iam = boto3.client('iam', endpoint_url='{simulating}')\n\
             if not [user for user in iam.list_users()['Users'] if user['UserName'] == 'kim']: iam.create_user(UserName='kim')\n\
             iam.put_user_policy(UserName='kim', PolicyName='p', PolicyDocument=json.dumps({{'Version': '2012-10-17', \
             'Statement': [{{'Effect': 'Allow', 'Action': {actions}, 'Resource': '*'}}]}}))\n\
             key = iam.create_access_key(UserName='kim')['AccessKey']\n\
             [key['AccessKeyId'], key['SecretAccessKey']]"
        )
    };
    let key = aws.boto3(&grant("['ec2:DescribeRegions', 'dynamodb:*']")).await.unwrap();
    let as_kim = || {
        let key = |place: usize| key[place].as_str().unwrap().to_owned();
        check().env("AWS_ACCESS_KEY_ID", key(0)).env("AWS_SECRET_ACCESS_KEY", key(1))
    };
    let poor = as_kim().run().await.unwrap();
    assert_eq!(poor.status, 1, "{}", poor.stderr);
    let report: Value = serde_json::from_str(&poor.stdout).unwrap();
    assert_eq!(
        (&report["identity"], &report["by"]),
        (&json!("arn:aws:iam::123456789012:user/kim"), &json!("simulation"))
    );
    let missing = json!([{
        "Sid": "LookAtInstances",
        "Effect": "Allow",
        "Action": "ec2:DescribeInstances",
        "Resource": "*",
    }]);
    assert_eq!(report["missing"], missing);
    aws.boto3(&grant("['ec2:Describe*', 'dynamodb:GetItem']")).await.unwrap();
    assert_eq!(json(&as_kim().run().await.unwrap())["missing"], json!([]));
}

#[tokio::test]
async fn a_call_that_is_denied_ends_with_the_statement_to_add() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let message = "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/kim is not \
                   authorized to perform: ec2:DescribeInstances because no identity-based policy allows the \
                   ec2:DescribeInstances action. Encoded authorization failure message: c2VjcmV0";
    proxy.script([Rule::new(Action::ec2_error(403, "UnauthorizedOperation", message))]);
    let refused = spawn(aws).arg("list").env("AWS_ENDPOINT_URL_EC2", proxy.url()).run().await.unwrap();
    assert_eq!(refused.status, 1);
    assert!(refused.stderr.contains("aws sts decode-authorization-message"), "{}", refused.stderr);
    let (_, statement) = refused.stderr.trim_end().split_once("shows it): ").unwrap();
    let expected = json!({
        "Sid": "LookBeforeLaunch",
        "Effect": "Allow",
        "Action": "ec2:DescribeInstances",
        "Resource": "*",
    });
    assert_eq!(serde_json::from_str::<Value>(statement).unwrap(), expected);
}

#[test]
fn the_table_of_features_in_the_docs_is_the_programs() {
    let docs = include_str!("../../docs/how-to/permissions.md");
    let (_, rest) = docs.split_once("<!-- features:begin -->").unwrap();
    let (table, _) = rest.split_once("<!-- features:end -->").unwrap();
    let rows: Vec<Vec<&str>> =
        table.trim().lines().skip(2).map(|row| row.split('|').map(str::trim).collect()).collect();
    let documented: Vec<(String, &str)> = rows.iter().map(|row| (row[1].replace('`', ""), row[2])).collect();
    let of =
        |role: Role| Feature::all_of(role).into_iter().map(move |feature| (feature.name().to_owned(), role.name()));
    let expected: Vec<(String, &str)> = of(Role::Operator).chain(of(Role::Agent)).collect();
    assert_eq!(documented, expected);
}
