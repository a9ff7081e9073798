//! What the program runs on: origin and the block `aws` of a segment.

use super::check::checked;
use super::*;

fn segment_on(attributes: &[(&'static str, &'static str)]) -> Json {
    let attributes = attributes.iter().map(|(key, value)| KeyValue::new(*key, *value));
    let resource = Resource::builder_empty().with_attributes(attributes).build();
    let mut text = String::new();
    Translator::new(&resource, Filter::default(), &[]).document(
        &span("a"),
        &Place::of(&span("a")),
        &mut |_, _| true,
        &mut text,
    );
    let mut read = checked(&text);
    read["aws"].as_object_mut().unwrap().remove("xray").unwrap();
    json!([read["origin"], read["aws"]])
}

#[test]
fn each_platform_has_its_origin_and_its_block() {
    let account = ("cloud.account.id", "1");
    let cases = [
        (
            vec![
                ("cloud.platform", "aws_ecs"),
                account,
                ("aws.ecs.launchtype", "fargate"),
                ("container.name", "app"),
                ("aws.ecs.task.arn", "arn:t"),
                ("aws.ecs.cluster.arn", "arn:c"),
            ],
            json!(["AWS::ECS::Fargate", {"account_id": "1", "ecs": {
                "container": "app", "cluster_arn": "arn:c", "task_arn": "arn:t", "launch_type": "fargate",
            }}]),
        ),
        (
            vec![("cloud.platform", "aws_eks"), ("k8s.cluster.name", "c"), ("k8s.pod.name", "p")],
            json!(["AWS::EKS::Container", {"eks": {"cluster_name": "c", "pod": "p"}}]),
        ),
        (
            vec![
                ("cloud.platform", "aws_elastic_beanstalk"),
                ("service.namespace", "env"),
                ("service.version", "v1"),
                ("service.instance.id", "32"),
            ],
            json!(["AWS::ElasticBeanstalk::Environment", {"elastic_beanstalk": {
                "environment_name": "env", "version_label": "v1", "deployment_id": 32,
            }}]),
        ),
        (vec![("cloud.platform", "aws_lambda")], json!(["AWS::Lambda::Function", {}])),
        (vec![("cloud.platform", "aws_ecs")], json!(["AWS::ECS::Container", {}])),
        (vec![("cloud.platform", "gcp_compute_engine"), account], json!([null, {}])),
        (vec![("cloud.provider", "azure"), ("cloud.platform", "aws_ec2"), account], json!([null, {}])),
        (vec![("host.id", "local-desk")], json!([null, {}])),
    ];
    for (attributes, expected) in cases {
        assert_eq!(segment_on(&attributes), expected, "{attributes:?}");
    }
}

#[test]
fn log_groups_are_a_list_of_objects_within_the_block() {
    let arns = "arn:aws:logs:eu-central-1:1:log-group:jobs:*&arn:aws:logs:eu-central-1:1:log-group:agent:*";
    let expected = json!([null, {"cloudwatch_logs": [
        {"log_group": "jobs", "arn": "arn:aws:logs:eu-central-1:1:log-group:jobs:*"},
        {"log_group": "agent", "arn": "arn:aws:logs:eu-central-1:1:log-group:agent:*"},
    ]}]);
    assert_eq!(segment_on(&[("aws.log.group.arns", arns), ("aws.log.group.names", "other")]), expected);
    assert_eq!(
        segment_on(&[("aws.log.group.names", "a&b")])[1]["cloudwatch_logs"],
        json!([{"log_group": "a"}, {"log_group": "b"}])
    );
}
