//! STS and IAM, on moto.

use super::{SECRET, Stage, client};
use crate::world::aws;

const ROLE: &str = "arn:aws:iam::123456789012:role/reader";

#[tokio::test]
async fn roles_and_whoever_assumes_them() {
    let stage = Stage::on(aws().await.moto_url());
    let (iam, sts) = (client!(stage, aws_sdk_iam), client!(stage, aws_sdk_sts));
    let policy = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::{SECRET}"}}]}}"#
    );
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}"#;
    iam.create_role().role_name("reader").assume_role_policy_document(trust).description(SECRET).send().await.unwrap();
    stage.tells("IAM.CreateRole", &[("aws.iam.role_name", "reader")]);
    let put = iam.put_role_policy().role_name("reader").policy_name("objects").policy_document(&policy);
    put.send().await.unwrap();
    stage.tells("IAM.PutRolePolicy", &[("aws.iam.role_name", "reader"), ("aws.iam.policy_name", "objects")]);
    let made = iam.create_policy().policy_name("shared").policy_document(&policy).send().await.unwrap();
    let arn = made.policy.unwrap().arn.unwrap();
    stage.tells("IAM.CreatePolicy", &[("aws.iam.policy_name", "shared"), ("aws.iam.policy_arn", &arn)]);
    iam.attach_role_policy().role_name("reader").policy_arn(&arn).send().await.unwrap();
    stage.tells("IAM.AttachRolePolicy", &[("aws.iam.role_name", "reader"), ("aws.iam.policy_arn", &arn)]);
    iam.create_instance_profile().instance_profile_name("agents").send().await.unwrap();
    stage.tells("IAM.CreateInstanceProfile", &[("aws.iam.instance_profile_name", "agents")]);
    let assume = sts.assume_role().role_arn(ROLE).role_session_name("run-1").external_id(SECRET).policy(&policy);
    assume.send().await.unwrap();
    let assumed = [("aws.sts.role_arn", ROLE), ("aws.sts.role_session_name", "run-1")];
    stage.tells("STS.AssumeRole", &assumed);
    let web = sts.assume_role_with_web_identity().role_arn(ROLE).role_session_name("run-1").web_identity_token(SECRET);
    web.send().await.unwrap();
    stage.tells("STS.AssumeRoleWithWebIdentity", &assumed);
    sts.get_caller_identity().send().await.unwrap();
    stage.tells("STS.GetCallerIdentity", &[]);
}
