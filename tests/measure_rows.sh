# Sourced by tests/measure: the rows. Each notes its rounds in files and writes lines of the table.

# Tables that an import of employers and one of members write, children after parents, and those that
# both write. Deltas of figures are not among them: by the end they are folded into balances, which
# like positions and seals come after the write.
tables_of_employers=(employer employer_fact employer_place)
tables_of_members=(member member_change member_unit member_key member_document member_mobile)
tables_of_both=(event import_batch import_effect)
point_read='SELECT id, version, area, facts, created_at, updated_at'
member_read='SELECT id, version, trade_union, employer, facts, created_at, updated_at'

# import_into NAME KIND FILE FOLDER ADDRESS: notes the milliseconds of the whole command.
import_into() {
    local began
    began=$(now)
    "$unionhall" import "$2" "$3" --data "$4" --server "http://$5" >"$home/$1.import" ||
        give_up "the import failed: $(cat "$home/$1.import")"
    note "$1" "ms=$(($(now) - began))"
}

# grown_by NAME WORDS...: what a command makes the server grow by at the highest.
grown_by() {
    local name=$1 idle
    shift
    echo 5 >"/proc/$server/clear_refs"
    idle=$(memory "$server" VmRSS)
    "$@"
    note "grown-$name" "kib=$(($(memory "$server" VmHWM) - idle))"
}

# peak PROCESS: KiB at the highest, and now.
memory() { sed -nE "s/^$2:\s*([0-9]+) kB/\1/p" "/proc/$1/status"; }

# Both registers with the same employers and members; every row stands on them, and the imports are
# rows too.
fill_registers() {
    database=${UNIONHALL_TEST_POSTGRES%/*}/measure
    psql "$UNIONHALL_TEST_POSTGRES" -qc 'CREATE DATABASE measure'
    "$unionhall" demo --employers "$employers" --members "$members" --seed 1 \
        --out "$home/employers.csv" --unions "$home/unions.csv" \
        --coverage "$home/coverage.csv" --members-out "$home/members.csv"
    on_postgres=(--data "$home/postgres" --database-url "$database" --migrate)
    local name kind
    for name in postgres sqlite; do
        local where=(--data "$home/sqlite")
        [[ $name == sqlite ]] || where=("${on_postgres[@]}")
        start "$name" serve all "${where[@]}"
        raise_rate "$home/$name"
        # The policy is read every second.
        sleep 2
        for kind in employers unions coverage members; do
            grown_by "$kind-$name" import_into \
                "$kind-$name" "$kind" "$home/$kind.csv" "$home/$name" "$address"
        done
        stop_server "$server"
    done
}

# copy_bare KIND COUNT: the same final rows, copied into tables with the same indexes.
copy_bare() {
    local kind=$1 table script=$home/copy.sql rows tables
    if [[ $kind == employers ]]; then
        tables=("${tables_of_employers[@]}" "${tables_of_both[@]}")
    else
        tables=("${tables_of_members[@]}" "${tables_of_both[@]}")
    fi
    psql "$database" -qc 'CREATE SCHEMA bare'
    : >"$script"
    for table in "${tables[@]}"; do
        rows="registry.$table"
        case $table in
        # What the import of coverage wrote since is not among them.
        event) rows="(SELECT * FROM registry.event WHERE record LIKE '$kind/%' AND version = 1)" ;;
        import_effect)
            rows="(SELECT e.* FROM registry.import_effect e
                JOIN registry.import_batch b ON b.id = e.batch WHERE b.kind = '$kind')"
            rows=${rows//$'\n'/ }
            ;;
        employer_fact) rows="(SELECT * FROM registry.$table WHERE field <> 'coverage')" ;;
        import_batch) rows="(SELECT * FROM registry.$table WHERE kind = '$kind')" ;;
        esac
        psql "$database" -q <<SQL
CREATE TABLE bare.$table (LIKE registry.$table INCLUDING ALL);
\copy $rows TO '$home/$table.copy'
SQL
        echo "\\copy bare.$table FROM '$home/$table.copy'" >>"$script"
    done
    if [[ $kind == employers ]]; then
        psql "$database" -q <<SQL
ALTER TABLE bare.employer_fact ADD FOREIGN KEY (employer) REFERENCES bare.employer (id);
ALTER TABLE bare.employer_place ADD FOREIGN KEY (employer) REFERENCES bare.employer (id);
SQL
    else
        psql "$database" -q <<SQL
ALTER TABLE bare.member ADD FOREIGN KEY (trade_union) REFERENCES registry.trade_union (id);
ALTER TABLE bare.member ADD FOREIGN KEY (employer) REFERENCES registry.employer (id);
ALTER TABLE bare.member_change ADD FOREIGN KEY (member) REFERENCES bare.member (id);
SQL
    fi
    psql "$database" -q <<SQL
ALTER TABLE bare.import_effect ADD FOREIGN KEY (batch) REFERENCES bare.import_batch (id);
CHECKPOINT;
SQL
    local began
    began=$(now)
    psql "$database" -q --set ON_ERROR_STOP=1 --file "$script"
    note "copy-$kind" "ms=$(($(now) - began))"
    psql "$database" -qc 'DROP SCHEMA bare CASCADE'
}

measure_import() {
    local round kind
    for kind in employers members; do
        for ((round = 0; round < rounds; round++)); do copy_bare "$kind"; done
        rows_of_import "$kind" "${!kind}"
    done
}

# rows_of_import KIND COUNT
rows_of_import() {
    local kind=$1 count=$2 name copy
    copy=$(median "copy-$kind" ms)
    for name in postgres sqlite; do
        local took grown allowed
        took=$(median "$kind-$name" ms)
        local text="import of $count $kind, $name" command="\`unionhall import $kind\`"
        if [[ $name == postgres ]]; then
            row "$text" "$command beside \`\\copy\`" "$(shown "$took") s" "$(shown "$copy") s" \
                "$(ratio "$copy" "$took")" "≥ 0.50" "$(at_least "$copy" "$took" 0.5)"
        else
            row "$text" "$command" "$(shown "$took") s" "" "" "" ""
        fi
        grown=$(median "grown-$kind-$name" kib)
        allowed=$((64 + count * 32 / 1048576))
        row "memory of that import above idle, $name" "\`VmHWM\` − \`VmRSS\` before" \
            "$((grown / 1024)) MiB" "" "" "≤ $allowed MiB" "$(at_most $((grown / 1024)) "$allowed")"
    done
}

# shown MILLISECONDS: seconds.
shown() { awk -v ms="$1" 'BEGIN { printf "%.1f", ms / 1000 }'; }

ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'; }

at_least() {
    awk -v a="$1" -v b="$2" -v t="$3" 'BEGIN {
        r = a / b; if (r >= t) print "met"; else printf "missed by %.0f %%", 100 * (1 - r / t) }'
}

at_most() {
    awk -v v="$1" -v t="$2" 'BEGIN {
        if (v <= t) print "met"; else printf "missed by %.0f %%", 100 * (v / t - 1) }'
}

# speed FILE: what a row shows of the load driver's rounds.
speed() {
    awk -v r="$(median "$1" rps)" -v h="$(median "$1" p50_us)" -v n="$(median "$1" p99_us)" \
        'BEGIN { printf "%d/s, p50 %.1f ms, p99 %.1f ms", r, h / 1000, n / 1000 }'
}

# number_rows KIND COUNT: the same rows under a number, since pgbench draws no UUIDs: a shorter key, if
# anything.
number_rows() {
    local table=${1%s} columns=$point_read
    if [[ $1 == members ]]; then columns=$member_read; fi
    psql "$database" -q <<SQL
CREATE TABLE registry.${table}_by_number AS
    SELECT row_number() OVER (ORDER BY random()) AS number, * FROM registry.$table;
ALTER TABLE registry.${table}_by_number ADD PRIMARY KEY (number);
VACUUM ANALYZE;
SQL
    cat >"$home/$1.sql" <<SQL
\\set number random(1, $2)
$columns FROM registry.${table}_by_number WHERE number = :number AND deleted_at IS NULL;
SQL
}

# pgbench_with KIND CLIENTS
pgbench_with() {
    local line
    line=$("$UNIONHALL_PG_BIN/pgbench" -n -M prepared -c "$2" -j 2 -T "$seconds" \
        -f "$home/$1.sql" "$database" 2>/dev/null | sed -nE 's/^tps = ([0-9]+).*/\1/p')
    note "pgbench-$1-$2" "rps=$line"
}

# read_at KIND NAME ROLE WORDS...: the role alone, started for this round.
read_at() {
    local kind=$1 name=$2 role=$3
    shift 3
    start "$name" serve "$role" "$@"
    note "$kind-$name" "$(ask "$kind" "$address" "$home/${name%%-*}")"
    [[ $kind-$name != employers-postgres-registry ]] ||
        note transport "$(ask health "$address" "$home/postgres")"
    stop_server "$server"
}

measure_read() {
    read_rows employers "$employers"
    row "no token, no database: the transport alone" "\`load health --in-flight 64\`" \
        "$(speed transport)" "" "" "" ""
}

measure_members() { read_rows members "$members"; }

# read_rows KIND COUNT
read_rows() {
    local kind=$1 round
    number_rows "$kind" "$2"
    for ((round = 0; round < rounds; round++)); do
        pgbench_with "$kind" 16
        read_at "$kind" postgres-registry registry "${on_postgres[@]}"
        pgbench_with "$kind" 64
        read_at "$kind" postgres-all all "${on_postgres[@]}"
        read_at "$kind" sqlite-registry registry --data "$home/sqlite"
        read_at "$kind" sqlite-all all --data "$home/sqlite"
    done
    # The better of the two is the reference.
    local best clients=16 name
    best=$(median "pgbench-$kind-16" rps)
    if (($(median "pgbench-$kind-64" rps) > best)); then
        clients=64 best=$(median "pgbench-$kind-64" rps)
    fi
    for name in registry all; do
        local target=1.0 rps text="point read of $kind at the register's own port"
        if [[ $name == all ]]; then target=0.7 text="point read of $kind through \`serve all\`"; fi
        rps=$(median "$kind-postgres-$name" rps)
        row "$text, PostgreSQL" \
            "\`load $kind --in-flight 64\` beside \`pgbench -M prepared -c $clients -j 2\`" \
            "$(speed "$kind-postgres-$name")" "$best/s" "$(ratio "$rps" "$best")" "≥ $target" \
            "$(at_least "$rps" "$best" "$target")"
        row "$text, SQLite" "\`load $kind --in-flight 64\`" "$(speed "$kind-sqlite-$name")" \
            "" "" "" ""
    done
}

# start_nginx UPSTREAM PORT
start_nginx() {
    local as=""
    [[ $EUID -ne 0 ]] || as="user root;"
    cat >"$home/nginx.conf" <<CONF
$as
daemon off;
worker_processes 2;
pid $home/nginx.pid;
error_log $home/nginx.log warn;
events { worker_connections 4096; }
http {
    access_log off;
    client_body_temp_path $home/nginx-body;
    proxy_temp_path $home/nginx-proxy;
    fastcgi_temp_path $home/nginx-fastcgi;
    uwsgi_temp_path $home/nginx-uwsgi;
    scgi_temp_path $home/nginx-scgi;
    keepalive_requests 1000000000;
    upstream register {
        server $1;
        keepalive 128;
        keepalive_requests 1000000000;
    }
    server {
        listen 127.0.0.1:$2 http2;
        location / { grpc_pass grpc://register; }
    }
}
CONF
    nginx -e "$home/nginx.log" -c "$home/nginx.conf" &
    servers+=($!)
    nginx_process=$!
    until (: >"/dev/tcp/127.0.0.1/$2") 2>/dev/null; do
        kill -0 "$nginx_process" || give_up "nginx did not start: $(cat "$home/nginx.log")"
        sleep 0.05
    done
}

measure_gateway() {
    local round upstream gateway port=$((20000 + RANDOM % 12000))
    start upstream serve registry "${on_postgres[@]}"
    upstream=$address
    start gateway serve gateway --data "$home/postgres" --registry "http://$upstream"
    gateway=$address
    start_nginx "$upstream" "$port"
    for ((round = 0; round < rounds; round++)); do
        note direct "$(ask employers "$upstream" "$home/postgres")"
        note gateway "$(ask employers "$gateway" "$home/postgres")"
        note nginx "$(ask employers "127.0.0.1:$port" "$home/postgres")"
    done
    local ours theirs
    ours=$(median gateway rps) theirs=$(median nginx rps)
    row "gateway as its own process" \
        "\`load employers\` at \`serve gateway\` beside nginx \`grpc_pass\`" \
        "$(speed gateway)" "$(speed nginx)" "$(ratio "$ours" "$theirs")" "≥ 1.0" \
        "$(at_least "$ours" "$theirs" 1.0)"
    row "the same upstream without a gateway" "\`load employers\` at \`serve registry\`" \
        "$(speed direct)" "" "" "" ""
    local one
    for one in "${servers[@]}"; do
        [[ $one == "$nginx_process" ]] || stop_server "$one"
    done
    kill -QUIT "$nginx_process" && wait "$nginx_process"
    servers=()
}

measure_board() {
    local name where
    for name in postgres sqlite; do
        where=(--data "$home/sqlite")
        [[ $name == sqlite ]] || where=("${on_postgres[@]}")
        start "board-$name" serve all "${where[@]}"
        local round
        for ((round = 0; round < rounds; round++)); do
            note "board-$name" \
                "$(ask boards "$address" "$home/$name" --connections 1 --in-flight 4)"
        done
        stop_server "$server"
        local worst
        worst=$(median "board-$name" p99_us)
        row "board of 15 sub-districts × 20 figures at a random past day of ten years, $name" \
            "\`load boards --in-flight 4\`" "$(speed "board-$name")" "" "" "p99 ≤ 20 ms" \
            "$(at_most "$worst" 20000)"
    done
}

measure_start() {
    local name line
    for name in postgres sqlite; do
        local where=(--data "$home/sqlite")
        [[ $name == sqlite ]] || where=("${on_postgres[@]}")
        line=$("$load" starts --binary "$unionhall" -- serve all "${where[@]}" \
            2>"$home/starts-$name.log")
        note "starts-$name" "$line"
        local median_us memory
        median_us=$(value median_us "$line") memory=$(value idle_rss_kib "$line")
        row "exec to first SERVING, $name" "\`load starts -- serve all\`, median of 21" \
            "$((median_us / 1000)) ms" "" "" "≤ 300 ms" "$(at_most "$median_us" 300000)"
        row "resident after 10 s idle, $name" "the same, \`VmRSS\`" \
            "$(awk -v k="$memory" 'BEGIN { printf "%.1f", k / 1000 * 1.024 }') MB" "" "" \
            "≤ 60 MB" "$(at_most "$((memory * 1024))" 60000000)"
    done
}
