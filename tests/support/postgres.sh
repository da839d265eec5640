#!/usr/bin/env bash
# postgres.sh run COMMAND [ARG…]: runs a command beside a Postgres of its own.
#
# The cluster lives in a new folder under ${TMPDIR:-/tmp}, listens on a Unix socket there and nowhere else, and is gone
# when the command ends, however it ends.  ROWAN_TEST_DATABASE tells the command how to reach it, as a superuser.
# Nothing is kept, so nothing is flushed to disk.
#
# ROWAN_TEST_POSTGRES_OPTIONS: further settings for the server, as lines of postgresql.conf.
set -euo pipefail

[ "${1-}" = run ] && [ $# -gt 1 ] || { sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2; }
shift

bin=$(dirname "$(ls -d /usr/lib/postgresql/*/bin/initdb 2>/dev/null | sort -V | tail -n 1)")
[ -x "$bin/initdb" ] || bin=$(pg_config --bindir)

# Postgres refuses to run as root.
as_postgres=()
[ "$(id -u)" != 0 ] || as_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)

home=$(mktemp -d "${TMPDIR:-/tmp}/rowan-postgres.XXXXXX")
started=

cleanup() {
  trap - EXIT
  [ -z "$started" ] || "${as_postgres[@]}" "$bin/pg_ctl" -D "$home/data" -m immediate stop >/dev/null 2>&1 || true
  rm -rf --one-file-system "$home"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fail() {
  echo "postgres.sh: $1" >&2
  tail -n 20 "$home/log" >&2 || true
  exit 1
}

start() {
  chmod 711 "$home"
  : >"$home/log"
  [ ${#as_postgres[@]} -eq 0 ] || chown postgres "$home" "$home/log"
  cd "$home"
  "${as_postgres[@]}" "$bin/initdb" -D "$home/data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync \
    >"$home/log" 2>&1 || fail "initdb failed"
  "${as_postgres[@]}" tee -a "$home/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = ''
unix_socket_directories = '$home'
unix_socket_permissions = 0777
max_connections = 100
fsync = off
synchronous_commit = off
full_page_writes = off
shared_preload_libraries = 'pg_stat_statements'
pg_stat_statements.track_utility = off
timezone = 'UTC'
${ROWAN_TEST_POSTGRES_OPTIONS-}
CONF
  started=yes
  "${as_postgres[@]}" "$bin/pg_ctl" -D "$home/data" -l "$home/log" -w start >/dev/null || fail "Postgres did not start"
  cd "$OLDPWD"
}

start
export PATH="$bin:$PATH"
export ROWAN_TEST_DATABASE="host=$home user=postgres dbname=postgres"

# The command gets a process group of its own, so that a signal is passed on once and waited for: the database goes last.
set -m
"$@" <&0 &
command=$!
trap 'kill -INT -- -$command 2>/dev/null || true' INT
trap 'kill -TERM -- -$command 2>/dev/null || true' TERM HUP
status=0
while :; do
  wait "$command" && status=0 || status=$?
  kill -0 "$command" 2>/dev/null || break
done
exit "$status"
