//! A shop that others traced.

use spawn_view::{SpanKind, Trace};

use super::pen::{Pen, origin};

/// An order in a shop: four services, a queue, two services of AWS, one that has no spans, errors and a throttle.
pub(crate) fn shop() -> Vec<Trace> {
    let mut pen = Pen::new(2);
    let web = origin("storefront", "web-1");
    let orders = origin("orders", "orders-1");
    let payments = origin("payments", "payments-1");
    let mail = origin("mailer", "mail-1");
    let root = pen.span(&web, None, "POST /checkout", SpanKind::Server, 0, 840);
    pen.says(root, "http.request.method", "POST").says(root, "http.response.status_code", 502_i64);
    pen.fails(root, "upstream failed");
    let ask = pen.span(&web, Some(root), "POST orders", SpanKind::Client, 20, 800);
    pen.says(ask, "http.response.status_code", 502_i64).fails(ask, "502 Bad Gateway");
    let order = pen.span(&orders, Some(ask), "POST /orders", SpanKind::Server, 30, 780);
    pen.fails(order, "payment refused");
    (0..9).for_each(|i| {
        pen.aws(&orders, order, "DynamoDB", "GetItem", 40 + i * 14, 11);
    });
    let put = pen.aws(&orders, order, "DynamoDB", "PutItem", 180, 60);
    pen.says(put, "aws.throttled", "true").says(put, "aws.attempts", 2_i64);
    let pay = pen.span(&orders, Some(order), "POST payments", SpanKind::Client, 250, 420);
    pen.says(pay, "http.response.status_code", 503_i64).fails(pay, "503 Service Unavailable");
    let charge = pen.span(&payments, Some(pay), "POST /charge", SpanKind::Server, 262, 400);
    pen.says(charge, "http.response.status_code", 503_i64).fails(charge, "bank does not answer");
    let bank = pen.span(&payments, Some(charge), "POST bank", SpanKind::Client, 275, 380);
    pen.says(bank, "server.address", "bank.example").says(bank, "error.type", "timeout").fails(bank, "timeout");
    let send = pen.aws(&orders, order, "SQS", "SendMessage", 690, 40);
    pen.of(send).kind = SpanKind::Producer;
    let take = pen.span(&mail, Some(send), "orders process", SpanKind::Consumer, 780, 220);
    pen.aws(&mail, take, "S3", "GetObject", 800, 90);
    Trace::gather(pen.done())
}
