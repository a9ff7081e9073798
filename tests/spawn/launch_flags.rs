//! Each flag of a launch, as EC2 sees it through Python's boto3.

use crate::fixture::{aws, instance, json, only_instance, spawn, tag};
use serde_json::Value;
use spawn_test_support::FaultProxy;
use spawn_test_support::fault_proxy::{Action, Rule};

async fn launched(flags: &[&str]) -> Value {
    let aws = aws().await;
    let line = ["launch", "--instance-type", "t3.micro", "-o", "json"];
    let id = only_instance(&json(&spawn(aws).args(line).args(flags).run().await.unwrap()));
    instance(aws, &id).await
}

/// The order as it left, because moto keeps little of it.
async fn ordered(flags: &[&str]) -> String {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let program = spawn(aws).args(["launch", "--instance-type", "t3.micro"]).args(flags);
    let output = program.env("AWS_ENDPOINT_URL", proxy.url()).run().await.unwrap();
    assert_eq!(output.status, 0, "{}", output.stderr);
    let requests = proxy.requests();
    requests.iter().map(|request| request.text()).find(|text| text.starts_with("Action=RunInstances")).unwrap()
}

#[tokio::test]
async fn network_and_key_reach_ec2() {
    let code = "ec2 = boto3.client('ec2')\n\
                subnet = ec2.describe_subnets()['Subnets'][0]\n\
                groups = [ec2.create_security_group(GroupName=n, Description=n, VpcId=subnet['VpcId'])['GroupId'] for n in ('flags-a', 'flags-b')]\n\
                ec2.create_key_pair(KeyName='kim s key')\n\
                [subnet['SubnetId'], *groups]";
    let names: Vec<String> = serde_json::from_value(aws().await.boto3(code).await.unwrap()).unwrap();
    let [subnet, first, second] = names.as_slice() else { panic!("{names:?}") };
    let groups = ["--security-group", first, "--security-group", second];
    let instance = launched(&[["--subnet", subnet, "--key-pair", "kim s key"].as_slice(), &groups].concat()).await;
    assert_eq!((&instance["SubnetId"], &instance["KeyName"]), (&subnet.as_str().into(), &"kim s key".into()));
    let of = |group: &Value| group["GroupId"].as_str().unwrap().to_owned();
    let mut seen: Vec<String> = instance["SecurityGroups"].as_array().unwrap().iter().map(of).collect();
    seen.sort();
    let mut wanted = vec![first.clone(), second.clone()];
    wanted.sort();
    assert_eq!(seen, wanted);
}

#[tokio::test]
async fn the_end_of_the_instance_is_written_on_it() {
    let instance = launched(&["--ttl", "1d", "--idle-timeout", "90m", "--on-complete", "stop"]).await;
    assert_eq!(tag(&instance, "spawn:ttl"), Some("1d"));
    assert_eq!(tag(&instance, "spawn:idle-timeout"), Some("1h30m"));
    assert_eq!(tag(&instance, "spawn:on-complete"), Some("stop"));
}

#[tokio::test]
async fn an_instance_is_ordered_with_encrypted_volumes_tokens_and_an_end() {
    let order = ordered(&["--volume-size", "20"]).await;
    for part in [
        "BlockDeviceMapping.1.DeviceName=%2Fdev%2Fxvda",
        "BlockDeviceMapping.1.Ebs.Encrypted=true",
        "BlockDeviceMapping.1.Ebs.VolumeSize=20",
        "BlockDeviceMapping.1.Ebs.DeleteOnTermination=true",
        "MetadataOptions.HttpTokens=required",
        "MetadataOptions.HttpPutResponseHopLimit=1",
        "MetadataOptions.InstanceMetadataTags=enabled",
        "InstanceInitiatedShutdownBehavior=terminate",
    ] {
        assert!(order.contains(part), "{part}: {order}");
    }
    assert!(!order.contains("HibernationOptions"), "{order}");
}

#[tokio::test]
async fn hibernation_is_settled_at_the_launch_whichever_way_it_is_asked_for() {
    for flags in [["--on-complete", "hibernate"], ["--tag", "spawn:on-complete=hibernate"]] {
        let order = ordered(&flags).await;
        assert!(order.contains("HibernationOptions.Configured=true"), "{order}");
    }
}

#[tokio::test]
async fn a_spot_price_is_a_limit() {
    let order = ordered(&["--spot", "--spot-max-price", "0.0104"]).await;
    assert!(order.contains("InstanceMarketOptions.MarketType=spot"), "{order}");
    assert!(order.contains("InstanceMarketOptions.SpotOptions.MaxPrice=0.0104"), "{order}");
    assert!(!ordered(&["--spot"]).await.contains("MaxPrice"));
}

/// Registers an image of this architecture; answers its id.
pub(crate) async fn image(architecture: &str, root: &str) -> String {
    let code = format!(
        "boto3.client('ec2').register_image(Name='image {architecture} {root}', Architecture='{architecture}', RootDeviceName='{root}')['ImageId']"
    );
    aws().await.boto3(&code).await.unwrap().as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_root_device_of_an_image_is_looked_up() {
    let id = image("x86_64", "/dev/sda1").await;
    let order = ordered(&["--ami", &id]).await;
    assert!(order.contains("BlockDeviceMapping.1.DeviceName=%2Fdev%2Fsda1"), "{order}");
    let named = ordered(&["--ami", &id, "--root-device", "/dev/xvdz"]).await;
    assert!(named.contains("BlockDeviceMapping.1.DeviceName=%2Fdev%2Fxvdz"), "{named}");
}

#[tokio::test]
async fn an_image_for_another_architecture_or_of_nowhere_is_refused_before_the_launch() {
    let aws = aws().await;
    // moto forgets what an image is for.
    let arm = "<DescribeImagesResponse><imagesSet><item><imageId>ami-12345678</imageId><architecture>arm64</architecture>\
               <rootDeviceName>/dev/xvda</rootDeviceName></item></imagesSet></DescribeImagesResponse>";
    let arm = Rule::new(Action::respond(200, &[("content-type", "text/xml")], arm)).form_action("DescribeImages");
    for (id, rule, part) in [
        ("ami-12345678", Some(arm), "ami-12345678 is for arm64 and t3.micro is x86_64: choose another image"),
        ("ami-00000000", None, "there is no image ami-00000000 in us-east-1"),
    ] {
        let proxy = FaultProxy::start(aws.moto_url()).unwrap();
        proxy.script(rule);
        let program = spawn(aws).args(["launch", "--instance-type", "t3.micro", "--ami", id]);
        let output = program.env("AWS_ENDPOINT_URL", proxy.url()).run().await.unwrap();
        assert_eq!(output.status, 2, "{}", output.stderr);
        assert!(output.stderr.contains(part), "{}", output.stderr);
        assert!(!proxy.requests().iter().any(|request| request.text().contains("RunInstances")));
    }
}

#[tokio::test]
async fn an_image_that_may_not_be_looked_at_is_not_launched_with_a_guess() {
    let aws = aws().await;
    let proxy = FaultProxy::start(aws.moto_url()).unwrap();
    let denied = Action::ec2_error(403, "UnauthorizedOperation", "no");
    proxy.script([Rule::new(denied).form_action("DescribeImages")]);
    let program = spawn(aws).args(["launch", "--instance-type", "t3.micro", "--ami", "ami-12345678"]);
    let output = program.env("AWS_ENDPOINT_URL", proxy.url()).run().await.unwrap();
    assert_eq!(output.status, 1, "{}", output.stderr);
    assert!(output.stderr.contains("add --root-device, for example /dev/xvda"), "{}", output.stderr);
    assert!(!proxy.requests().iter().any(|request| request.text().contains("RunInstances")));
}
