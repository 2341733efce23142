#!/bin/sh
# Stands in for sudo: the caller is the sandbox's root already, so the command is started.
unsupported() {
  echo "sudo: $1 is not supported by the stand-in in the sandbox" >&2
  exit 1
}
must_be_root() {
  case $1 in root | '#0') ;; *) unsupported "user $1" ;; esac
}
shell=
done=
while [ "$#" -gt 0 ]; do
  case $1 in
    --) shift; break ;;
    --user=*) must_be_root "${1#--user=}" ;;
    --user) shift; must_be_root "$1" ;;
    --chdir=*) cd "${1#--chdir=}" || exit 1 ;;
    --login | --shell) shell=1 ;;
    --reset-timestamp | --remove-timestamp | --validate) done=1 ;;
    --group | --prompt | --host) shift ;;
    --group=* | --prompt=* | --host=* | --preserve-env* | --non-interactive | --set-home | --stdin | --background | --askpass | --preserve-groups) ;;
    --*) unsupported "$1" ;;
    -?*)
      flags=${1#-}
      while [ -n "$flags" ]; do
        rest=${flags#?}
        flag=${flags%"$rest"}
        case $flag in
          [CDTghprtu])
            if [ -n "$rest" ]; then value=$rest; else shift; value=$1; fi
            rest=
            case $flag in
              u) must_be_root "$value" ;;
              D) cd "$value" || exit 1 ;;
            esac
            ;;
          [is]) shell=1 ;;
          [Kkv]) done=1 ;;
          [ABEHPSbn]) ;;
          *) unsupported "-$flag" ;;
        esac
        flags=$rest
      done
      ;;
    *) break ;;
  esac
  shift
done
while :; do
  case ${1-} in
    [A-Za-z_]*=*) export "$1"; shift ;;
    *) break ;;
  esac
done
if [ -n "$shell" ]; then
  if [ "$#" -gt 0 ]; then exec "${SHELL:-/bin/sh}" -c "$*"; else exec "${SHELL:-/bin/sh}"; fi
fi
if [ "$#" -eq 0 ]; then
  [ -n "$done" ] && exit 0
  unsupported "no command"
fi
exec "$@"
