#!/bin/bash
# Runs camsvc in the foreground of a terminal, for `make run`. Ctrl-C, SIGTERM and a closed terminal end it in good
# order, and then the status is 0: make, which calls an interrupted command a failure, has nothing to complain of.

cd "$(dirname "$0")/.." || exit
set -m # a process group of its own: a terminal's Ctrl-C reaches this script alone, which passes it on
# It is told when this script is killed; and it hears SIGINT though the caller may ignore it, as `make run &` does.
setpriv --pdeathsig TERM env --default-signal=INT .venv/bin/twistd -n --pidfile= camsvc &
exec 2>/dev/null # no words about jobs
asked=
trap 'asked=yes; trap "" INT TERM HUP; kill -TERM $!' INT TERM HUP # once: Twisted calls a second one an error
while :; do
    wait $!
    status=$?
    kill -0 $! || break # else a signal has ended the wait alone
done
[ -n "$asked" ] || exit "$status"
