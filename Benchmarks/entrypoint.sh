# What the wrapper costs the program inside it. Sourced by Benchmarks/run.

workdir=$work/entrypoint
wrapped="$bin/kpipe-entrypoint run --workdir $workdir --"

fresh() { rm -rf "$workdir"; mkdir -p "$workdir/input" "$workdir/output" "$workdir/.kpipe"; touch "$workdir/ready"; }

# Volumes are on the node's disk, or in memory (`emptyDir: {medium: Memory}`).
startup() { .venv/bin/python Benchmarks/lib/startup.py 100 "$@"; }
in_memory=$(mktemp -d /dev/shm/kpipe-benchmark.XXXXXX)
read -r alone alone_end < <(startup -)
read -r memory memory_end < <(startup "$in_memory" "$bin/kpipe-entrypoint" run --workdir "$in_memory" --)
read -r disk disk_end < <(startup "$workdir" "$bin/kpipe-entrypoint" run --workdir "$workdir" --)
rm -rf "$in_memory"
difference() { awk -v one="$1" -v other="$2" 'BEGIN { printf "%.2f", one - other }'; }
value "entrypoint: added before the child runs, volume in memory" kpipe ms "$(difference "$memory" "$alone")"
value "entrypoint: added before the child runs, volume on disk" kpipe ms "$(difference "$disk" "$alone")"
value "entrypoint: added from start to end, volume in memory" kpipe ms "$(difference "$memory_end" "$alone_end")"
value "entrypoint: added from start to end, volume on disk" kpipe ms "$(difference "$disk_end" "$alone_end")"

# Lines of 80 bytes, as programs print them; the peer is the shell's way to have output in a file and on the stream too.
yes "$(printf 'x%.0s' {1..79})" | head -c "${size_mib}M" > "$work/lines" || true
for ((round = 1; round <= repeat; round++)); do
    fresh
    sink=/dev/null measure "print $size_mib MiB of lines" kpipe $wrapped cat "$work/lines"
    rm -f "$work/tee"
    sink=/dev/null measure "print $size_mib MiB of lines" tee sh -c "cat $work/lines | tee $work/tee"
done
rm -f "$work/tee" "$work/lines"

fresh
$wrapped sleep 60 > /dev/null 2>&1 &
pid=$!
sleep 2
before=$(wakeups "$pid")
sleep 10
value "entrypoint, waiting: private memory" kpipe KiB "$(private "$pid")"
value "entrypoint, waiting: resident" kpipe KiB "$(resident "$pid")"
value "entrypoint, waiting: wake-ups in 10 s" kpipe times "$(($(wakeups "$pid") - before))"
kill -TERM "$pid"; wait "$pid" 2> /dev/null || true
