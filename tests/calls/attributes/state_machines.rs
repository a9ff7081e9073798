//! Step Functions, on moto.

use super::{SECRET, Stage, client};
use crate::world::aws;

const MACHINE: (&str, &str) =
    ("aws.step_functions.state_machine.arn", "arn:aws:states:us-east-1:123456789012:stateMachine:align");
const ACTIVITY: (&str, &str) =
    ("aws.step_functions.activity.arn", "arn:aws:states:us-east-1:123456789012:activity:look");

#[tokio::test]
async fn state_machines_their_executions_and_activities() {
    let stage = Stage::on(aws().await.moto_url());
    let states = client!(stage, aws_sdk_sfn);
    let definition = format!(r#"{{"Comment":"{SECRET}","StartAt":"a","States":{{"a":{{"Type":"Succeed"}}}}}}"#);
    let create = states.create_state_machine().name("align").definition(definition);
    create.role_arn("arn:aws:iam::123456789012:role/states").send().await.unwrap();
    stage.tells("SFN.CreateStateMachine", &[MACHINE]);
    let input = format!(r#"{{"a":"{SECRET}"}}"#);
    let start = states.start_execution().state_machine_arn(MACHINE.1).name("run-1").input(input);
    let execution = start.send().await.unwrap().execution_arn;
    stage.tells("SFN.StartExecution", &[MACHINE]);
    states.describe_execution().execution_arn(&execution).send().await.unwrap();
    stage.tells("SFN.DescribeExecution", &[MACHINE]);
    states.list_executions().state_machine_arn(MACHINE.1).send().await.unwrap();
    stage.tells("SFN.ListExecutions", &[MACHINE]);
    states.stop_execution().execution_arn(execution).error("e").cause(SECRET).send().await.unwrap();
    stage.tells("SFN.StopExecution", &[MACHINE]);
    states.create_activity().name("look").send().await.unwrap();
    stage.tells("SFN.CreateActivity", &[ACTIVITY]);
    states.describe_activity().activity_arn(ACTIVITY.1).send().await.unwrap();
    stage.tells("SFN.DescribeActivity", &[ACTIVITY]);
    states.send_task_failure().task_token(SECRET).cause(SECRET).send().await.ok();
    stage.tells("SFN.SendTaskFailure", &[]);
}
