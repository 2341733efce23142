#!/bin/sh
# Stands in for su: the caller is the sandbox's root already, so the command is started.
unsupported() {
  echo "su: $1 is not supported by the stand-in in the sandbox" >&2
  exit 1
}
shell=${SHELL:-/bin/sh}
command=
given=
user=
while [ "$#" -gt 0 ]; do
  case $1 in
    - | -l | --login | -m | -p | --preserve-environment | -f | --fast | -P | --pty) ;;
    -c | --command) shift; command=$1; given=1 ;;
    --command=*) command=${1#--command=}; given=1 ;;
    -s | --shell) shift; shell=$1 ;;
    --shell=*) shell=${1#--shell=} ;;
    -*) unsupported "$1" ;;
    *)
      [ -z "$user" ] || unsupported "an argument for the shell"
      user=$1
      [ "$user" = root ] || unsupported "user $user"
      ;;
  esac
  shift
done
if [ -n "$given" ]; then exec "$shell" -c "$command"; else exec "$shell"; fi
