//! A job array as spawn traces it.

use std::sync::Arc;

use spawn_view::{Event, Link, Origin, SpanKind, Trace};

use super::pen::{MS, Pen, origin, pair};

/// A job array of so many tasks, as spawn traces it: one failed, one was lost and done again, one is a straggler, one is
/// still under way.
pub(crate) fn array(tasks: u64) -> Vec<Trace> {
    let mut pen = Pen::new(1);
    let (spawn, host) = (origin("spawn", "laptop"), origin("spored", "i-0a1b2c3d4e5f60718"));
    let launch = pen.span(&spawn, None, "spawn launch", SpanKind::Internal, 0, 900);
    pen.says(launch, "spawn.command", "launch").says(launch, "spawn.launch.count", 4_i64);
    pen.aws(&spawn, launch, "STS", "GetCallerIdentity", 20, 60);
    pen.aws(&spawn, launch, "SQS", "CreateQueue", 90, 90);
    (0..12).for_each(|i| {
        pen.aws(&spawn, launch, "DynamoDB", "BatchWriteItem", 190 + i * 18, 16 + i % 3);
    });
    (0..6).for_each(|i| {
        pen.aws(&spawn, launch, "SQS", "SendMessageBatch", 420 + i * 20, 18);
    });
    let run = pen.aws(&spawn, launch, "EC2", "RunInstances", 560, 320);
    let throttled = pen.span(&spawn, Some(run), "EC2.RunInstances attempt 1", SpanKind::Internal, 560, 90);
    pen.says(throttled, "error.type", "RequestLimitExceeded").fails(throttled, "Request limit exceeded.");
    pen.span(&spawn, Some(run), "EC2.RunInstances attempt 2", SpanKind::Internal, 700, 180);
    let align = pen.span(&host, Some(launch), "array align", SpanKind::Internal, 900, 30_000);
    pen.says(align, "spawn.job_array_id", "align-7f3a").says(align, "spawn.job_array.name", "align");
    pen.says(align, "spawn.job_array.size", i64::try_from(tasks).unwrap());
    (0..tasks).for_each(|index| task(&mut pen, &host, align, index, tasks));
    Trace::gather(pen.done())
}

fn task(pen: &mut Pen, host: &Arc<Origin>, align: usize, index: u64, tasks: u64) {
    let begin = 1_500 + (index % 4) * 120 + (index / 4) * (27_000 / (tasks / 4 + 1));
    let run = 1_400 + (index * 7919) % 900 + if index == tasks / 2 { 9_000 } else { 0 };
    let lost = index == 5;
    if lost {
        let first = attempt(pen, host, align, index, 1, begin, 900);
        pen.says(first, "spawn.task.outcome", "lost").fails(first, "the host i-0f00dfeed vanished");
    }
    let from = if lost { begin + 1_200 } else { begin };
    let span = attempt(pen, host, align, index, if lost { 2 } else { 1 }, from, run + 700);
    let under_way = index == tasks - 1;
    let mut at = from;
    for (phase, took) in [("claim", 60), ("stage in", 240), ("run", run), ("stage out", 300), ("complete", 80)] {
        let child = pen.span(host, Some(span), phase, SpanKind::Internal, at, took);
        match phase {
            "stage in" => {
                let call = pen.aws(host, child, "S3", "GetObject", at + 10, took - 20);
                pen.says(call, "aws.s3.bucket", "genomes").says(call, "aws.s3.key", format!("reads/{index}.fastq.gz"));
            }
            "stage out" => {
                pen.aws(host, child, "S3", "PutObject", at + 10, took - 20);
            }
            "claim" | "complete" => {
                pen.aws(host, child, "DynamoDB", "UpdateItem", at + 5, took - 10);
            }
            _ if index == 9 => {
                pen.says(child, "process.exit.code", 137_i64).fails(child, "killed by signal 9, out of memory");
                let time = pen.of(child).start + 700 * MS;
                let attributes = vec![pair("signal", 9_i64)];
                pen.of(child).events.push(Event { time, name: "out of memory".to_owned(), attributes, dropped: 0 });
            }
            _ if under_way => {
                pen.of(child).end = None;
                pen.of(span).end = None;
                return;
            }
            _ => {}
        }
        at += took;
    }
    if index == 9 {
        pen.says(span, "spawn.task.outcome", "failed").says(span, "process.exit.code", 137_i64);
        pen.fails(span, "killed by signal 9, out of memory");
    } else {
        pen.says(span, "spawn.task.outcome", "succeeded");
    }
}

fn attempt(pen: &mut Pen, host: &Arc<Origin>, align: usize, index: u64, number: i64, from: u64, took: u64) -> usize {
    let span = pen.span(host, Some(align), &format!("task align[{index}]"), SpanKind::Internal, from, took);
    pen.says(span, "spawn.job_array_id", "align-7f3a").says(span, "spawn.job_array.name", "align");
    pen.says(span, "spawn.job_array_index", i64::try_from(index).unwrap()).says(span, "spawn.task.attempt", number);
    let instance = if index == 5 && number == 1 { "i-0f00dfeed" } else { "i-0a1b2c3d4e5f60718" };
    pen.says(span, "task_id", format!("align-7f3a/{index}")).says(span, "spawn.instance_id", instance);
    if number > 1 {
        let before = pen.of(span - 1).clone();
        let link = Link {
            trace_id: before.trace_id,
            span_id: before.span_id,
            trace_state: String::new(),
            attributes: vec![pair("spawn.link", "attempt before")],
            dropped: 0,
            flags: 0,
        };
        pen.of(span).links.push(link);
    }
    span
}
