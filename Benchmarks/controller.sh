# What the terminator costs: while it only follows pods, and when a thousand of them end within a second. Sourced by
# Benchmarks/run.

controller() { .venv/bin/python Benchmarks/lib/controller.py "$bin/kpipe-sidecar" "$@"; }

# figures TASK COMMAND...: each of the command's lines as a value.
figures() {
    local task=$1 name unit number
    shift
    while IFS=$'\t' read -r name unit number; do value "$task: $name" kpipe "$unit" "$number"; done < <("$@")
}

# growth TASK PODS: bytes that each of that many pods added to the private memory of one without pods.
growth() {
    awk -F '\t' -v task="$1: private memory" -v none="terminator, no pods: private memory" -v pods="$2" '
        $1 == task { with = $4 } $1 == none { without = $4 } END { printf "%.0f", (with - without) * 1024 / pods }' "$samples"
}

figures "terminator, no pods" controller idle 0
[ "$pods" -le 20000 ] || figures "terminator, 20000 marked pods" controller idle 20000
figures "terminator, $pods marked pods" controller idle "$pods"
figures "terminator, $pods pods without a marker" controller idle "$pods" --unmarked
value "terminator: a marked pod" kpipe bytes "$(growth "terminator, $pods marked pods" "$pods")"
value "terminator: a pod without a marker" kpipe bytes "$(growth "terminator, $pods pods without a marker" "$pods")"
figures "terminator, $((10 * pods)) pods come and go" controller churn "$((pods / 5))" "$((10 * pods))"
burst="terminator, 1000 of 20000 pods end within 1 s"
for ((round = 1; round <= repeat; round++)); do figures "$burst, round $round" controller burst 20000 1000 1; done
figures "$burst, over TLS" controller burst 20000 1000 1 --tls
figures "$burst, nothing rehearsed" controller burst 20000 1000 1 --tls --cold
# The same server at the end of a line.
cc -O2 -o "$work/delay-proxy" Benchmarks/lib/delay-proxy.c
for delay in 10 30; do
    far=(--tls --round-trip="$delay" --delay-proxy="$work/delay-proxy")
    for ((round = 1; round <= repeat; round++)); do
        figures "$burst, at $delay ms, round $round" controller burst 20000 1000 1 "${far[@]}"
    done
    figures "$burst, at $delay ms, nothing rehearsed" controller burst 20000 1000 1 "${far[@]}" --cold
done
