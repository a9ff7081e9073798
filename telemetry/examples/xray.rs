//! Who am I? One traced call of AWS STS, exported to AWS X-Ray.
//!
//! ```console
//! $ cargo run --package spawn-telemetry --example xray
//! ```
//!
//! It takes region, credentials and endpoints from the environment, as every program with the AWS SDK does.

use std::error::Error;
use std::time::Duration;

use spawn_telemetry::Telemetry;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "a program of its own makes its own clients")]
#[expect(clippy::print_stdout, reason = "that is what an example is for")]
async fn main() -> Result<(), Box<dyn Error>> {
    let aws = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;

    let telemetry = Telemetry::of("who-am-i").to_xray(&aws);
    let config = aws_sdk_sts::config::Builder::from(&aws).interceptor(telemetry.aws_interceptor());
    let sts = aws_sdk_sts::Client::from_conf(config.build());
    let identity = telemetry.in_span("who am I", vec![], sts.get_caller_identity().send()).await;
    let flushed = telemetry.shutdown(Duration::from_secs(5));

    println!("{}", identity?.arn().unwrap_or("nobody"));
    println!("{} spans reached X-Ray, {} did not", flushed.delivered, flushed.left);
    Ok(())
}
