# How things are measured; sourced by Benchmarks/run.

# measure TASK WHO COMMAND...: one run, with GNU time: wall and CPU seconds and peak resident KiB go into $samples. Its
# output goes to $sink, if that is set. $PRIORITY, as in "chrt --fifo 1", goes before the command. A run that fails is named on
# the page.
measure() {
    local task=$1 who=$2 status=0
    shift 2
    # What the last run wrote is on disk, so that this one does not pay for it.
    sync
    [ -z "${PRIORITY-}" ] || sleep 1
    command time --quiet --format "$task\t$who\t%e\t%U\t%S\t%M" --output "$samples" --append \
        ${PRIORITY-} "$@" > "${sink:-$work/said}" 2> "$work/complaints" < /dev/null || status=$?
    if [ "$status" -ne 0 ]; then
        sed -i '$d' "$samples"
        # Once, however many rounds there are.
        grep -qF $'#\tnote\t'"$who failed: $task." "$samples" ||
            printf '#\tnote\t%s failed: %s.\n' "$who" "$task" >> "$samples"
        printf '    %-10s %s failed (%s): %s\n' "$who" "$task" "$status" "$(tail -3 "$work/complaints")" >&2
    else
        tail -1 "$samples" | awk -F '\t' '{ printf "    %-10s %-28s %6.2f s wall  %6.2f s CPU  %5.0f MiB\n",
            $2, $1, $3, $4 + $5, $6 / 1024 }'
    fi
}

# in_turn ROUND WHO...: all of them, each round another first: who comes after a pause or after much writing fares differently.
in_turn() {
    local first=$((($1 - 1) % ($# - 1)))
    shift
    echo "${@:first + 1}" "${@:1:first}"
}

# up TASK ROUND FROM NAME, down TASK ROUND NAME TO: each of ${peers[@]} in turn, by commands that the part's own `send WHO FROM NAME`
# and `fetch WHO NAME TO` put into $copy; names of folders end with /. Everyone reads what $origin stored in this round $id, or
# in round $stored, into what was not there before. Each round has names of its own: rclone leaves alone what is there.
up() {
    local who
    for who in $(in_turn "$2" "${peers[@]}"); do
        send "$who" "$3" "$who-$id-$4"
        measure "upload $1" "$who" "${around[@]}" "${copy[@]}"
    done
}
down() {
    local who got
    # Of folders nothing is removed between the runs: ext4 passes over inodes freed in the last seconds one by one.
    [[ $3 == */ ]] || warm "$4"
    for who in $(in_turn "$2" "${peers[@]}"); do
        got=$work/got-$who-$id-$3
        fetch "$who" "$origin-${stored-$id}-$3" "$got"
        measure "download $1" "$who" "${around[@]}" "${copy[@]}"
        [ "$who" != kpipe ] || diff --recursive --brief "$4" "$got" || die 70 "what was downloaded differs"
        [[ $3 == */ ]] || rm -f "$got"
    done
}
around=()

# memory_group MIB: the folder of such a group, made once; nothing where that is not allowed.
memory_group() {
    local folder
    if [ -d /sys/fs/cgroup/memory ]; then
        folder=/sys/fs/cgroup/memory/kpipe-benchmark-$1
        mkdir -p "$folder" && echo "$1M" > "$folder/memory.limit_in_bytes" || return 0
    else
        folder=/sys/fs/cgroup/kpipe-benchmark-$1
        mkdir -p "$folder" && echo "$1M" > "$folder/memory.max" && echo 0 > "$folder/memory.swap.max" || return 0
    fi 2> /dev/null
    echo "$folder"
}

# "${within[@]}" FOLDER COMMAND...: a command in such a group, as `measure` takes one; the page cache counts in it too.
within=(bash -c 'echo $$ > "$0/cgroup.procs" && exec "$@"')

# make_files MIB COUNT: random bytes in $work/big, and COUNT times 4 KiB of them in $work/small.
make_files() {
    head -c "${1}M" /dev/urandom > "$work/big"
    mkdir "$work/small"
    .venv/bin/python - "$work/small" "$2" << 'PYTHON'
import os, sys
for number in range(int(sys.argv[2])):
    with open(f"{sys.argv[1]}/{number:05}.bin", "wb") as file:
        file.write(os.urandom(4096))
PYTHON
}

# warm FILE: touches memory for a copy of it and gives it back. A virtual machine's is slow where it was never used, and whoever
# comes first would pay for those after him.
warm() { cat "$1" > "$work/warm"; sync; rm "$work/warm"; }

# value TASK WHO UNIT NUMBER: a figure that no clock gives.
value() {
    printf '%s\t%s\t=%s\t%s\n' "$1" "$2" "$3" "$4" >> "$samples"
    printf '    %-10s %-40s %s %s\n' "$2" "$1" "$4" "$3"
}

# same FILE FILE: a peer that is quick and wrong is no peer.
same() { cmp --silent "$1" "$2" || die 70 "$1 and $2 differ"; }

# private PID: KiB that are its own and cannot be given back, unlike the pages of its program.
private() { awk '/^Private_Dirty/ { print $2 }' "/proc/$1/smaps_rollup"; }
resident() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status"; }

# cpu PID...: microseconds of CPU that their threads have used, those that have ended left out.
cpu() { for pid; do cat /proc/"$pid"/task/*/schedstat; done | awk '{ sum += $1 } END { printf "%d", sum / 1000 }'; }

# wakeups PID: times any of its threads was put to sleep and woken since it began.
wakeups() { cat /proc/"$1"/task/*/status | awk '/^voluntary_ctxt_switches/ { sum += $2 } END { print sum }'; }
