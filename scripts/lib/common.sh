# shellcheck shell=bash disable=SC2034
# What the scripts here share; sourced from the root of the repository.

# Warnings are errors in CI. Elsewhere builds are shared with those of a plain `swift build`.
swift_flags=()
[ "${CI-}" != true ] || swift_flags=(-Xswiftc -warnings-as-errors)

if [ -t 1 ]; then
    bold=$(printf '\033[1m') dim=$(printf '\033[2m') plain=$(printf '\033[0m')
else
    bold='' dim='' plain=''
fi

say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }

# die CODE LINE...: says on standard error what failed and what to try, and ends with a code of sysexits(3).
die() {
    local code=$1
    shift
    printf '%s\n' "$@" >&2
    exit "$code"
}

# quietly COMMAND...: shows what a command said only if it failed.
quietly() {
    local log status=0
    log=$(mktemp)
    "$@" > "$log" 2>&1 < /dev/null || status=$?
    [ "$status" -eq 0 ] || { cat "$log" >&2; printf 'failed (%s): %s\n' "$status" "$*" >&2; }
    rm -f "$log"
    return "$status"
}
