#!/bin/sh
# Runs a program that must not outlive whoever started it: launcher.sh STDOUT STDERR PROGRAM [ARGUMENT...]
# Prints the program's process id, exits with its status, and ends the whole process group when its own standard input
# closes, which the kernel does even when the parent is killed with SIGKILL.
out=$1
err=$2
shift 2
exec 3<&0
"$@" >"$out" 2>"$err" </dev/null 3<&- &
program=$!
echo "$program"
exec >/dev/null
(
    read -r _ <&3
    kill -KILL 0
) &
watcher=$!
exec 3<&-
wait "$program"
status=$?
kill "$watcher"
exit "$status"
