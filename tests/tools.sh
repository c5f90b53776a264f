# Sourced by tests/run and .ci/run: finds each tool, or installs it under target/tools.
# A tool that cannot be had ends the run with the command that the person must type.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
tools=$target/tools

# The pins. A newer buf or cargo-deny may know other rules, so these two are matched exactly.
buf_version=1.75.0
cargo_deny_version=0.20.2
grpcurl_version=v1.9.4
grpcio_version=1.80.0
postgres_floor=15

# A login shell sets these; a CI runner often does not.
for folder in "$HOME/.cargo/bin" /usr/local/go/bin; do
    if [[ -d $folder && :$PATH: != *:$folder:* ]]; then PATH=$PATH:$folder; fi
done
export PATH

say() { printf '\n== %s\n' "$*"; }

give_up() {
    printf 'error: %s\n' "$1" >&2
    if [[ -n ${2:-} ]]; then printf 'run this, then start again:\n    %s\n' "$2" >&2; fi
    exit 1
}

# as_root COMMAND...: as is for root, else by sudo that asks nothing; 1 where neither works.
as_root() {
    if [[ $EUID -eq 0 ]]; then
        "$@"
    elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
        sudo -n "$@"
    else
        return 1
    fi
}

debian_packages() {
    command -v apt-get >/dev/null || return 1
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 &&
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends "$@" >&2
}

# Prints the newest PostgreSQL program folder at or above the floor.
postgres_folder() {
    local folder major
    for folder in ${UNIONHALL_PG_BIN:+"$UNIONHALL_PG_BIN"} \
        $(printf '%s\n' /usr/lib/postgresql/*/bin | sort -Vr) \
        "$(dirname "$(readlink -f "$(command -v initdb || echo /none/initdb)")")"; do
        [[ -x $folder/initdb && -x $folder/pg_ctl && -x $folder/postgres ]] || continue
        major=$("$folder/postgres" --version | sed -E 's/[^0-9]*([0-9]+).*/\1/')
        if ((major >= postgres_floor)); then
            echo "$folder"
            return
        fi
    done
    return 1
}

need_postgres() {
    if ! postgres_folder >/dev/null; then
        say "installing PostgreSQL from Debian's packages"
        # The common package goes first: told so, it does not start a cluster of its own.
        debian_packages postgresql-common &&
            as_root sed -i -E "s/^#?create_main_cluster.*/create_main_cluster = false/" \
                /etc/postgresql-common/createcluster.conf &&
            debian_packages postgresql || true
    fi
    UNIONHALL_PG_BIN=$(postgres_folder) ||
        give_up "PostgreSQL $postgres_floor or newer is missing" \
            "sudo apt-get install postgresql"
    export UNIONHALL_PG_BIN
}

need_grpcurl() {
    UNIONHALL_GRPCURL=$tools/bin/grpcurl
    if [[ ! -x $UNIONHALL_GRPCURL ]]; then
        UNIONHALL_GRPCURL=$(command -v grpcurl || true)
    fi
    if [[ -z $UNIONHALL_GRPCURL ]]; then
        local package=github.com/fullstorydev/grpcurl/cmd/grpcurl@$grpcurl_version
        command -v go >/dev/null || give_up "neither grpcurl nor Go is installed" \
            "sudo apt-get install golang-go && go install $package"
        say "installing grpcurl $grpcurl_version"
        GOBIN=$tools/bin go install "$package" ||
            give_up "grpcurl could not be installed" "go install $package"
        UNIONHALL_GRPCURL=$tools/bin/grpcurl
    fi
    export UNIONHALL_GRPCURL
}

need_buf() {
    UNIONHALL_BUF=$(command -v buf || true)
    if [[ -z $UNIONHALL_BUF || $("$UNIONHALL_BUF" --version 2>&1) != "$buf_version" ]]; then
        UNIONHALL_BUF=$tools/buf-$buf_version/node_modules/.bin/buf
    fi
    if [[ ! -x $UNIONHALL_BUF ]]; then
        local install="npm install --no-save --no-audit --no-fund"
        install+=" --prefix $tools/buf-$buf_version @bufbuild/buf@$buf_version"
        command -v npm >/dev/null ||
            give_up "neither buf $buf_version nor npm is installed" \
                "sudo apt-get install npm && $install"
        say "installing buf $buf_version"
        mkdir -p "$tools/buf-$buf_version"
        $install >&2 || give_up "buf could not be installed" "$install"
    fi
    export UNIONHALL_BUF
}

need_python() {
    local folder=$tools/python
    UNIONHALL_PYTHON=$folder/bin/python
    if ! grpcio_is "$UNIONHALL_PYTHON"; then
        command -v python3 >/dev/null || debian_packages python3 python3-venv ||
            give_up "Python 3 is missing" "sudo apt-get install python3 python3-venv"
        # Debian ships venv without pip until python3-venv is there.
        python3 -c 'import ensurepip' 2>/dev/null || debian_packages python3-venv ||
            give_up "Python's venv is missing" "sudo apt-get install python3-venv"
        say "installing grpcio $grpcio_version"
        rm -rf "$folder"
        python3 -m venv "$folder"
        local packages="grpcio==$grpcio_version grpcio-reflection==$grpcio_version"
        packages+=" grpcio-health-checking==$grpcio_version"
        # shellcheck disable=SC2086 # three words
        "$UNIONHALL_PYTHON" -m pip install --quiet --disable-pip-version-check $packages >&2 ||
            give_up "grpcio could not be installed" "$UNIONHALL_PYTHON -m pip install $packages"
        grpcio_is "$UNIONHALL_PYTHON" || give_up "the installed grpcio does not load"
    fi
    export UNIONHALL_PYTHON
}

grpcio_is() {
    [[ -x $1 ]] && "$1" - "$grpcio_version" 2>/dev/null <<'PYTHON'
import sys, grpc, grpc_health.v1.health_pb2, grpc_reflection.v1alpha.reflection_pb2
sys.exit(grpc.__version__ != sys.argv[1])
PYTHON
}

need_cargo_deny() {
    cargo_deny=$tools/bin/cargo-deny
    local wanted="cargo-deny $cargo_deny_version"
    if [[ ! -x $cargo_deny || $("$cargo_deny" --version) != "$wanted" ]]; then
        cargo_deny=$(command -v cargo-deny || true)
    fi
    if [[ -z $cargo_deny || $("$cargo_deny" --version) != "$wanted" ]]; then
        local install="cargo install cargo-deny --version $cargo_deny_version --locked --root $tools"
        say "installing $wanted"
        # A target folder of its own: the project's lock and profile are not its business.
        CARGO_TARGET_DIR=$tools/build $install ||
            give_up "cargo-deny could not be installed" "$install"
        rm -rf "$tools/build"
        cargo_deny=$tools/bin/cargo-deny
    fi
}

# stage NAME COMMAND...: runs it and notes the minutes; a failing stage ends the run.
stage_report=""
stage_name=""
stage() {
    local began=$SECONDS
    stage_name=$1
    shift
    say "$stage_name"
    "$@"
    note_minutes "$stage_name" $((SECONDS - began))
}

note_minutes() {
    local line
    printf -v line '%-34s %3d:%02d\n' "$1" $(($2 / 60)) $(($2 % 60))
    stage_report+=$line
}

print_stages() {
    printf '\nminutes per stage\n%s' "$stage_report"
    printf '%-34s %3d:%02d%s\n' "all" $((SECONDS / 60)) $((SECONDS % 60)) "${1:+ of $1:00}"
}
