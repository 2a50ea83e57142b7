# What the terminator costs: while it only follows pods, and when a thousand of them end within a second. Sourced by
# Benchmarks/run.

controller() { .venv/bin/python Benchmarks/lib/controller.py "$bin/kpipe-sidecar" "$@"; }

# figures TASK COMMAND...: each of the command's lines as a value.
figures() {
    local task=$1 name unit number
    shift
    while IFS=$'\t' read -r name unit number; do value "$task: $name" kpipe "$unit" "$number"; done < <("$@")
}

figures "terminator, no pods" controller idle 0
for pods in 20000 100000; do
    figures "terminator, $pods marked pods" controller idle "$pods"
done
figures "terminator, 100000 pods without a marker" controller idle 100000 --unmarked
for ((round = 1; round <= repeat; round++)); do
    figures "1000 of 20000 pods end within 1 s, round $round" controller burst 20000 1000 1
done
figures "1000 of 20000 pods end within 1 s, over TLS" controller burst 20000 1000 1 --tls
