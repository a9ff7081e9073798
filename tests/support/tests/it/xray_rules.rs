//! X-Ray's sampling API as botocore's own model understands it.

use serde_json::json;
use spawn_test_support::Aws;
use spawn_test_support::xray_rules::{RuleTarget, XRayRules, rule};

#[tokio::test]
async fn boto3_reads_the_rules_and_is_told_targets_for_what_it_reports() {
    let aws = Aws::start().await.unwrap();
    let xray = XRayRules::start(aws.moto_url()).unwrap();
    xray.set_rules([rule("base", 9000, 0.1, 5), rule("Default", 10_000, 0.05, 1)]);
    xray.set_target("base", RuleTarget { rate: 0.25, quota: Some(2), lasts: 60.0, interval: 15 });
    let client = format!("xray = boto3.client('xray', endpoint_url='{}')\n", xray.url());
    let boto3 = async |code: &str| aws.boto3(&format!("{client}{code}")).await;

    let rules = boto3("[record['SamplingRule'] for record in xray.get_sampling_rules()['SamplingRuleRecords']]").await;
    assert_eq!(rules.unwrap(), json!([rule("base", 9000, 0.1, 5), rule("Default", 10_000, 0.05, 1)]));

    let report = |name: &str, counts: &str| {
        format!(
            "import datetime\n\
             answer = xray.get_sampling_targets(SamplingStatisticsDocuments=[dict(RuleName='{name}', ClientID='0123456789abcdef01234567', \
             Timestamp=datetime.datetime.now(), {counts})])\n\
             now = datetime.datetime.now(datetime.timezone.utc)\n\
             [[(target['RuleName'], target['FixedRate'], target.get('ReservoirQuota'), target['Interval'], \
             bool(target.get('ReservoirQuotaTTL') and target['ReservoirQuotaTTL'] > now)) for target in answer['SamplingTargetDocuments']], \
             [refused['RuleName'] for refused in answer['UnprocessedStatistics']], answer['LastRuleModification'] < now]"
        )
    };
    let good = "RequestCount=7, SampledCount=3, BorrowCount=1";
    let told = |name: &'static str| {
        let code = report(name, good);
        async move { boto3(&code).await.unwrap() }
    };
    assert_eq!(told("base").await, json!([[["base", 0.25, 2, 15, true]], [], true]));
    assert_eq!(told("Default").await, json!([[["Default", 0.05, null, 10, false]], [], true]));
    assert_eq!(told("gone").await, json!([[], ["gone"], true]));
    let impossible = boto3(&report("base", "RequestCount=1, SampledCount=2, BorrowCount=0")).await.unwrap_err();
    assert!(format!("{impossible:#}").contains("InvalidRequestException"), "{impossible:#}");

    let taken: Vec<_> = xray.statistics().iter().map(|document| document["RuleName"].clone()).collect();
    assert_eq!((taken, xray.asked()), (vec![json!("base"), json!("Default")], 1));
    let segments = boto3("xray.put_trace_segments(TraceSegmentDocuments=[])['UnprocessedTraceSegments']").await;
    assert_eq!(segments.unwrap(), json!([]), "all else goes on to the emulator");
}
