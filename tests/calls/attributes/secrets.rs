//! Secrets Manager, on moto.

use super::{SECRET, Stage, client};
use crate::world::aws;

#[tokio::test]
async fn secrets_are_told_by_their_arn_and_by_nothing_else() {
    let stage = Stage::on(aws().await.moto_url());
    let secrets = client!(stage, aws_sdk_secretsmanager);
    let create = secrets.create_secret().name("database").secret_string(SECRET).description(SECRET);
    let arn = create.send().await.unwrap().arn.unwrap();
    let told = [("aws.secretsmanager.secret.arn", arn.as_str())];
    stage.tells("Secrets Manager.CreateSecret", &told);
    secrets.get_secret_value().secret_id("database").send().await.unwrap();
    stage.tells("Secrets Manager.GetSecretValue", &told);
    secrets.get_secret_value().secret_id(&arn).send().await.unwrap();
    stage.tells("Secrets Manager.GetSecretValue", &told);
    let put = secrets.put_secret_value().secret_id("database");
    put.secret_binary(aws_sdk_secretsmanager::primitives::Blob::new(SECRET)).send().await.unwrap();
    stage.tells("Secrets Manager.PutSecretValue", &told);
    secrets.describe_secret().secret_id("database").send().await.unwrap();
    stage.tells("Secrets Manager.DescribeSecret", &told);
    secrets.list_secrets().send().await.unwrap();
    stage.tells("Secrets Manager.ListSecrets", &[]);
    // What is not there has no ARN, and a name may say more than it should.
    secrets.get_secret_value().secret_id("no such").send().await.unwrap_err();
    stage.tells("Secrets Manager.GetSecretValue", &[]);
}
