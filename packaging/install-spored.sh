#!/bin/sh
# Brings the agent to this host: fetches it, verifies its checksum before anything runs it, starts its service.
#
# This script is a constant. What differs from launch to launch stands in /etc/spawn/agent.env, which is read line by line
# and never evaluated. No secret is ever on a command line. Whatever goes wrong, nothing unverified is left behind.
#
# `install-spored.sh --tasks` brings no agent: it gives the one of a host of your own room for the tasks of job arrays.
set -eu
set -f
umask 022
export LC_ALL=C

# Tests put a folder of their own before every path.
root=${SPORED_INSTALL_ROOT:-}
parameters=$root/etc/spawn/agent.env
units=$root/etc/systemd/system
target=$root/usr/local/bin/spored
# With the waits below, some three minutes: the credentials of a new instance profile may take that long.
attempts=12

say() {
    printf 'spored install: %s\n' "$1" >&2
    logger -t spored-install -- "$1" 2>/dev/null || :
}

fail() {
    say "$1"
    exit 1
}

# The drop-in beside this script goes where systemd reads it; an agent that runs is restarted with it.
room_for_tasks() {
    case $0 in
        */*) beside=${0%/*}/spored-tasks.conf ;;
        *) beside=./spored-tasks.conf ;;
    esac
    [ -r "$beside" ] || fail "$beside cannot be read: it belongs beside this script"
    mkdir -p "$units/spored.service.d"
    new=$(mktemp "$units/spored.service.d/.tasks.XXXXXX")
    trap 'rm -f "$new"' EXIT
    cat "$beside" >"$new"
    chmod 0644 "$new"
    mv -f "$new" "$units/spored.service.d/tasks.conf"
    trap - EXIT
    systemctl daemon-reload
    systemctl try-restart spored.service
    say "the agent of this host has room for tasks"
}

# check NAME VALUE: refuses what has a meaning to curl's configuration.
check() {
    case $2 in
        '' | *[!A-Za-z0-9._/:?\&=%~+-]*) fail "$1 in $parameters is not as spawn writes it" ;;
    esac
}

read_parameters() {
    region='' account='' bucket='' key='' url='' sha256='' link=''
    [ -r "$parameters" ] || fail "$parameters cannot be read: cloud-init did not write it"
    while IFS= read -r line || [ -n "$line" ]; do
        value=${line#*=}
        case $line in
            region=*) region=$value ;;
            account=*) account=$value ;;
            bucket=*) bucket=$value ;;
            key=*) key=$value ;;
            url=*) url=$value ;;
            sha256=*) sha256=$value ;;
            link=*) link=$value ;;
        esac
    done <"$parameters"
    check region "$region"
    check account "$account"
    check bucket "$bucket"
    check key "$key"
    check url "$url"
    check sha256 "$sha256"
    check link "${link:-none}"
    # The variable that moves S3 for every AWS tool moves it for this one.
    protocols='=https'
    if [ -n "${AWS_ENDPOINT_URL_S3:-}" ]; then
        url=$AWS_ENDPOINT_URL_S3/$bucket/$key
        protocols='=http,https'
    fi
}

# get ARGUMENT...: curl with the rest of its configuration, and every secret, on standard input.
get() {
    curl --config - --silent --show-error --fail --globoff --connect-timeout 10 "$@"
}

# The metadata service, by token only and never through a proxy.
metadata() {
    get --noproxy '*' --max-time 5 "$@"
}

with_token() {
    printf 'header = "X-aws-ec2-metadata-token: %s"\n' "$token" | metadata "$1"
}

# field NAME: the text of a field of $document.
field() {
    printf '%s\n' "$document" | sed -n 's/.*"'"$1"'"[[:space:]]*:[[:space:]]*"\([^"\\]*\)".*/\1/p' | sed -n 1p
}

# The credentials of the instance's role.
read_credentials() {
    lifetime='X-aws-ec2-metadata-token-ttl-seconds: 300'
    for base in ${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254 http://[fd00:ec2::254]}; do
        token=$(metadata --request PUT --header "$lifetime" "$base/latest/api/token" </dev/null) || continue
        roles=$base/latest/meta-data/iam/security-credentials
        role=$(with_token "$roles/") || return 1
        document=$(with_token "$roles/$role") || return 1
        access_key=$(field AccessKeyId)
        secret_key=$(field SecretAccessKey)
        session_token=$(field Token)
        [ -n "$access_key" ] && [ -n "$secret_key" ] && [ -n "$session_token" ] && return 0
    done
    return 1
}

fetch_with_aws() {
    command -v aws >/dev/null 2>&1 || return 1
    aws s3api get-object --region "$region" --bucket "$bucket" --key "$key" --expected-bucket-owner "$account" \
        "$new" >/dev/null
}

# Needs curl 7.86 or newer, which signs the headers that S3 wants signed.
fetch_with_curl() {
    read_credentials || return 1
    nothing=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
    printf '%s\n' "url = \"$url\"" "user = \"$access_key:$secret_key\"" \
        "header = \"X-Amz-Security-Token: $session_token\"" "header = \"X-Amz-Expected-Bucket-Owner: $account\"" \
        "header = \"X-Amz-Content-Sha256: $nothing\"" |
        get --aws-sigv4 "aws:amz:$region:s3" --proto "$protocols" --max-time 600 --output "$new"
}

fetch_by_link() {
    printf 'url = "%s"\n' "$link" | get --proto '=http,https' --max-time 600 --output "$new"
}

fetch() {
    if [ -n "$link" ]; then
        fetch_by_link
    else
        fetch_with_aws || fetch_with_curl
    fi
}

case ${1:-} in
    '') ;;
    --tasks)
        room_for_tasks
        exit 0
        ;;
    *) fail "there is no argument $1: only --tasks" ;;
esac

read_parameters
mkdir -p "${target%/*}"
new=$(mktemp "${target%/*}/.spored.XXXXXX")
trap 'rm -f "$new"' EXIT

attempt=1
pause=2
until fetch; do
    [ "$attempt" -lt "$attempts" ] || fail "s3://$bucket/$key was not fetched in $attempts attempts: see above"
    say "s3://$bucket/$key was not fetched, attempt $attempt of $attempts; the next is in $pause s"
    sleep "$pause"
    attempt=$((attempt + 1))
    pause=$((pause < 16 ? pause * 2 : 20))
done

printf '%s  %s\n' "$sha256" "$new" | sha256sum -c - >/dev/null 2>&1 ||
    fail "s3://$bucket/$key is not the agent that spawn pinned (sha256 $sha256): it is not installed"

chmod 0755 "$new"
mv -f "$new" "$target"
trap - EXIT
systemctl daemon-reload
for unit in spored.service spored-poweroff.path; do
    [ ! -e "$units/$unit" ] || systemctl enable --now "$unit"
done
say "installed $target and started it"
