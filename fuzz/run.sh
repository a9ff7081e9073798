#!/bin/sh
# Fuzzes each target for SECONDS (60), or those that are named: fuzz/run.sh [SECONDS [TARGET…]].
# There is no unsafe code of ours for a sanitizer to look at. Needs a nightly compiler and cargo-fuzz: cargo install cargo-fuzz.
set -eu
cd "$(dirname "$0")"
seconds=${1:-60}
[ $# -eq 0 ] || shift
[ $# -gt 0 ] || set -- tags local_yaml endpoint carriers trace_headers messages client_contexts requests notices \
    redact user_data braces objects parameters

# seeds TARGET: a file for each line of standard input.
seeds() {
    mkdir -p "corpus/$1"
    split --lines=1 --suffix-length=4 - "corpus/$1/line-"
}

hostile=../tests/data/hostile
grep -v '^#' $hostile/endpoints.txt | sed 's/^[a-z]* *//' | seeds endpoint
sed 's/^\["//; s/", "/=/; s/"\]$//' $hostile/tags.jsonl | seeds tags
seeds notices <$hostile/identities.jsonl
echo '{"action": "terminate", "time": "2026-11-21T04:00:00Z"}' | seeds notices
echo '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' | seeds carriers
sed -n 's/.*"header": "\([^"]*\)".*/\1/p' $hostile/trace_headers.jsonl | seeds trace_headers
traceparent='"traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"'
echo "{\"detail\": {$traceparent, \"tracestate\": \"a=1\"}, $traceparent}" | seeds messages
echo '{"MessageAttributes": {"traceparent": {"Value": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"}}}' >corpus/messages/sns
echo "{\"custom\": {$traceparent, \"a\": \"b\"}, \"client\": {}}" | seeds client_contexts
printf '%s\n' '{"Entries": [{"MessageBody": "a", "MessageAttributes": {"b": {"StringValue": "c"}}}], "traceHeader": ""}' \
    '{"MessageAttributeNames": ["a.*"], "AttributeNames": []}' 'TopicArn=a&Message=b&MessageAttributes.entry.1.Name=c' | seeds requests
printf 'https://u:p@h X-Amz-Signature=a AKIAIOSFODNN7EXAMPLE\n' | seeds redact
printf '#!/bin/sh\necho\n' | seeds user_data
sed -n 's/.*"traceparent": "\([^"]*\)".*/\1/p' $hostile/contexts.jsonl | seeds carriers
printf '%s\n' './align.sh {index:06} {sample} {{}} {size} {name} {array} {attempt}' '{' '}}{' '{index:99}' | seeds braces
printf '%s\n' x ../x a//b /etc/passwd s3://bucket/in/x | seeds objects
printf '%s\n' '[{"sample": "S1"}]' 'sample,lane' '- sample: 1.10' | seeds parameters
mkdir -p corpus/local_yaml && cp $hostile/yaml/* corpus/local_yaml/
for target; do
    cargo +nightly fuzz run --sanitizer none "$target" -- -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048
done
