#!/bin/sh
# Runs a program that must not outlive whoever started it: launcher.sh FOLDER PROGRAM [ARGUMENT...]
# Its output goes to FOLDER/stdout and FOLDER/stderr. Prints the program's process id and exits with its status. When its
# own standard input closes, which the kernel sees to even when the parent is killed with SIGKILL, it removes the folder and
# ends the whole process group.
folder=$1
shift
exec 3<&0
"$@" >"$folder/stdout" 2>"$folder/stderr" </dev/null 3<&- &
program=$!
echo "$program"
exec >/dev/null
(
    read -r _ <&3
    rm -f "$folder/stdout" "$folder/stderr"
    rmdir "$folder"
    kill -KILL 0
) &
watcher=$!
exec 3<&-
wait "$program"
status=$?
kill "$watcher"
exit "$status"
