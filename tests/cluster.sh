# Sourced by tests/run and tests/measure: a private PostgreSQL cluster that is thrown away.
# `cluster_settings` may hold further lines of postgresql.conf, and `cluster_program` a program that
# they call: it is put beside the data folder, where the account of the cluster can run it.

cluster=""
# initdb refuses root, so root hands the cluster to an account without rights.
as_postgres=()
export UNIONHALL_PG_USER=""

choose_account() {
    [[ $EUID -eq 0 ]] || return 0
    local account
    for account in postgres nobody; do
        if id "$account" >/dev/null 2>&1; then
            UNIONHALL_PG_USER=$account
            as_postgres=(runuser -u "$account" --)
            return 0
        fi
    done
    give_up "no unprivileged account for PostgreSQL" "adduser --system postgres"
}

start_cluster() {
    cluster=$(mktemp -d "${TMPDIR:-/tmp}/unionhall-pg.XXXXXX")
    local password attempt port
    password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
    printf '%s\n' "$password" >"$cluster/password"
    if [[ -n ${cluster_program:-} ]]; then install -m 755 "$cluster_program" "$cluster/"; fi
    if [[ -n $UNIONHALL_PG_USER ]]; then chown -R "$UNIONHALL_PG_USER" "$cluster"; fi
    "${as_postgres[@]}" "$UNIONHALL_PG_BIN/initdb" --pgdata="$cluster/data" --username=unionhall \
        --pwfile="$cluster/password" --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 \
        >"$cluster/initdb.log" || give_up "initdb failed"
    # fsync stays on: what these tests claim about acknowledged writes depends on it.
    "${as_postgres[@]}" tee -a "$cluster/data/postgresql.conf" >/dev/null <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '$cluster'
max_connections = 400
fsync = on
log_min_messages = warning
${cluster_settings:-}
CONF
    for attempt in 1 2 3 4 5; do
        # Below the range that the kernel gives to outgoing connections.
        port=$((20000 + RANDOM % 12000))
        if "${as_postgres[@]}" "$UNIONHALL_PG_BIN/pg_ctl" --pgdata="$cluster/data" --wait --silent \
            --log="$cluster/log" --options="-p $port" start; then
            export UNIONHALL_TEST_POSTGRES="postgres://unionhall:$password@127.0.0.1:$port/postgres"
            return
        fi
        echo "attempt $attempt on port $port failed; trying another" >&2
    done
    cat "$cluster/log" >&2
    give_up "the private PostgreSQL cluster did not start"
}

# Stops it with all that it holds on disk, and leaves it there.
halt_cluster() {
    "${as_postgres[@]}" "$UNIONHALL_PG_BIN/pg_ctl" --pgdata="$cluster/data" --wait --silent \
        --mode=fast stop
}

# stop_cluster OUTCOME: a failed run keeps the log.
stop_cluster() {
    local outcome=$1
    if [[ -n $cluster ]]; then
        if [[ -f $cluster/data/postmaster.pid ]]; then
            "${as_postgres[@]}" "$UNIONHALL_PG_BIN/pg_ctl" --pgdata="$cluster/data" --silent \
                --mode=immediate stop || true
        fi
        if [[ $outcome -ne 0 && -f $cluster/log ]]; then
            mkdir -p "$target/tests"
            cp "$cluster/log" "$target/tests/postgres.log"
            echo "the cluster's log is kept in $target/tests/postgres.log" >&2
        fi
        rm -rf "$cluster"
    fi
}
