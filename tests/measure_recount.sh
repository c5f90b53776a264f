# Sourced by tests/measure: boards beside a recount of what was imported. The spreadsheets are the
# reference's tables, so what the register answers is compared with its source, too.

# Figures that the recount knows; a board of the load driver has 20.
recounted=(members women_members retained_members new_members joined_members left_members)
# Epoch days of the ten years.
first_day=16436
last_day=20088

# source_table NAME FILE: a spreadsheet as a table of texts.
source_table() {
    local columns
    columns=$(head -n 1 "$2" | sed -E $'s/^\xEF\xBB\xBF//; s/\r$//; s/[^,]+/"&" TEXT/g')
    psql "$database" -q --set ON_ERROR_STOP=1 <<SQL
CREATE UNLOGGED TABLE source_$1 ($columns);
\copy source_$1 FROM '$2' CSV HEADER
SQL
}

# copy_sources COUNT: one bare row a membership: where it counts, from when to when. A member counts
# where the employer works, while that is active, else at the seat of the union.
copy_sources() {
    local one
    for one in employers unions members; do source_table "$one" "$files/$one.csv"; done
    psql "$database" -q --set ON_ERROR_STOP=1 <<'SQL'
CREATE TABLE source_place AS
    SELECT code, "实际所在社区" AS area FROM source_employers,
        LATERAL (VALUES ("统一社会信用代码"), ("组织机构代码")) AS codes (code)
    WHERE "状态" = '在业' AND code IS NOT NULL;
CREATE TABLE recount AS
    SELECT left(place.area, 9) AS node, place.area, "性别" = '女' AS woman, "入会日期"::date AS joined,
        "离会日期"::date AS gone, coalesce("离会方式" = '退休保留会籍', false) AS retained
    FROM source_members
    JOIN source_unions ON "工会统一社会信用代码" = "所在工会"
    LEFT JOIN source_place ON code = "工作单位",
    LATERAL (SELECT coalesce(source_place.area, "住所所在社区") AS area) AS place;
VACUUM ANALYZE recount;
SQL
    local found
    found=$(psql "$database" -Atqc 'SELECT count(*) FROM recount')
    [[ $found -eq $1 ]] || give_up "$found of $1 members have a place"
}

# The board of a day, flows since the year began.
recount_sql() {
    cat <<SQL
SELECT node,
    count(*) FILTER (WHERE gone IS NULL OR gone > $1) AS members,
    count(*) FILTER (WHERE woman AND (gone IS NULL OR gone > $1)) AS women_members,
    count(*) FILTER (WHERE retained AND gone <= $1) AS retained_members,
    count(*) FILTER (WHERE joined >= $2) AS new_members,
    count(*) FILTER (WHERE joined >= $2) AS joined_members,
    count(*) FILTER (WHERE gone BETWEEN $2 AND $1) AS left_members
FROM recount WHERE joined <= $1 GROUP BY node
SQL
}

# board_equals_recount DAY: what the register answers for a day is what its source says.
board_equals_recount() {
    local day=$1 from=${1%%-*}-01-01 nodes asked answer differing listed
    listed=$(IFS=,; echo "${recounted[*]}")
    nodes=$(psql "$database" -Atqc \
        "SELECT json_agg(DISTINCT 'areas/' || node) FROM recount")
    asked=$(psql "$database" -Atqc "SELECT json_build_object(
        'metrics', (SELECT json_agg('metrics/' || m) FROM unnest('{$listed}'::text[]) m),
        'nodes', '$nodes'::json, 'day', day, 'fromDay', from_day)
        FROM (SELECT json_build_object('year', extract(year FROM d), 'month', extract(month FROM d),
                'day', extract(day FROM d)) AS day,
            json_build_object('year', extract(year FROM d), 'month', 1, 'day', 1) AS from_day
            FROM (VALUES (date '$day')) AS days (d)) AS asked")
    answer=$("$UNIONHALL_GRPCURL" -plaintext -d "$asked" \
        -H "authorization: Bearer $(<"$register/admin.token")" "$address" \
        unionhall.registry.v1.Metrics/BatchGetFigures)
    differing=$(psql "$database" -Atq --set ON_ERROR_STOP=1 -v answer="$answer" <<SQL
WITH said AS (
    SELECT metric, node, coalesce(value, 0) AS value
    FROM jsonb_to_recordset(:'answer'::jsonb -> 'figures') AS f (metric text, node text, value bigint)
), counted AS ($(recount_sql "date '$day'" "date '$from'"))
SELECT count(*) FROM said FULL JOIN (
    SELECT 'metrics/' || key AS metric, 'areas/' || node AS node, value::text::bigint AS value
    FROM counted, LATERAL jsonb_each(to_jsonb(counted) - 'node') AS one (key, value)
) AS counted USING (metric, node)
WHERE said.value IS DISTINCT FROM counted.value
SQL
    )
    [[ $differing -eq 0 ]] || give_up "$differing figures of $day are not what a recount says"
}

# Nine more of every member, in the bare table and in the figures: an import of so many takes hours.
multiply_members() {
    psql "$database" -q --set ON_ERROR_STOP=1 <<'SQL'
INSERT INTO registry.figure_delta (metric, line, node, day, delta)
    SELECT metric, 1, area, day - date '1970-01-01', 9 * sum(delta)
    FROM recount, LATERAL (VALUES
        (100, joined, 1), (100, gone, -1), (102, joined, woman::int), (102, gone, -woman::int),
        (101, gone, retained::int), (110, joined, 1), (111, joined, 1), (120, gone, 1)
    ) AS steps (metric, day, delta)
    WHERE day IS NOT NULL AND delta <> 0
    GROUP BY metric, area, day;
INSERT INTO recount SELECT recount.* FROM recount, generate_series(2, 10);
VACUUM ANALYZE recount;
SQL
    until [[ $(psql "$database" -Atqc 'SELECT count(*) FROM registry.figure_delta') -eq 0 ]]; do
        sleep 1
    done
}

# recount_row COUNT TEXT: the middle board of each.
recount_row() {
    local round line name=recount-$1
    for round in 2016-03-05 2019-07-07 2024-12-28; do board_equals_recount "$round"; done
    {
        echo "\\set day random($first_day, $last_day)"
        recount_sql "(date '1970-01-01' + :day::int)" \
            "date_trunc('year', date '1970-01-01' + :day::int)::date"
    } >"$home/recount.sql"
    for ((round = 0; round < rounds; round++)); do
        note "board-$1" "$(ask boards "$address" "$register" --connections 1 --in-flight 1)"
        line=$("$UNIONHALL_PG_BIN/pgbench" -n -M prepared -c 1 -T "$seconds" \
            -f "$home/recount.sql" "$database" 2>/dev/null |
            sed -nE 's/^latency average = ([0-9]+)\.([0-9]).*/\1\2/p')
        note "$name" "tenths=$line"
    done
    local ours theirs
    ours=$(median "board-$1" p50_us) theirs=$(($(median "$name" tenths) * 100))
    row "board of 15 × 20 figures at $1 members$2, one at a time" \
        "\`load boards --in-flight 1\` beside six of the figures counted anew by \`pgbench -c 1\`" \
        "$(speed "board-$1")" "$(awk -v us="$theirs" 'BEGIN { printf "%.0f ms", us / 1000 }')" \
        "$(ratio "$theirs" "$ours")" "p99 ≤ 20 ms" \
        "$(at_most "$(median "board-$1" p99_us)" 20000)"
}

# A register of its own with a tenth of the members or fewer.
measure_small() {
    local files=$home/small register=$home/small/postgres kind
    local database=${UNIONHALL_TEST_POSTGRES%/*}/small
    mkdir "$files"
    psql "$UNIONHALL_TEST_POSTGRES" -qc 'CREATE DATABASE small'
    "$unionhall" demo --employers "$((employers / 10))" --members "$1" --seed 1 \
        --out "$files/employers.csv" --unions "$files/unions.csv" \
        --coverage "$files/coverage.csv" --members-out "$files/members.csv"
    start small serve all --data "$register" --database-url "$database" --migrate
    raise_rate "$register"
    # The policy is read every second.
    sleep 2
    for kind in employers unions coverage members; do
        import_into "small-$kind" "$kind" "$files/$kind.csv" "$register" "$address"
    done
    copy_sources "$1"
    recount_row "$1" ""
    stop_server "$server"
}

measure_recount() {
    local files=$home register=$home/postgres
    if ((members > 100000)); then measure_small 100000; fi
    copy_sources "$members"
    start recount serve all "${on_postgres[@]}"
    recount_row "$members" ""
    multiply_members
    recount_row "$((members * 10))" " (each ten times, by SQL)"
    stop_server "$server"
}
