# What the agent costs while the program runs: nothing it should notice. Sourced by Benchmarks/run.

workdir=$work/agent
mkdir -p "$workdir"
echo "an input" > "$work/one"
cat > "$work/agent.yaml" << YAML
inputs:
- {from: "file://$work/one", to: one}
outputs:
- {from: '**', to: "file://$work/out/"}
YAML
"$bin/kpipe-sidecar" agent --config "$work/agent.yaml" --workdir "$workdir" --port 0 > "$work/agent.log" 2>&1 &
pid=$!
wait_for "the agent" "$work/agent.log" test -e "$workdir/ready"
echo RUNNING > "$workdir/.state.new"; mv "$workdir/.state.new" "$workdir/state"
sleep 15 # until it is idle: workers have left, memory has been given back
before=$(wakeups "$pid")
sleep 30
value "agent, idle: wake-ups in 30 s" kpipe times "$(($(wakeups "$pid") - before))"
value "agent, idle: resident" kpipe KiB "$(resident "$pid")"
value "agent, idle: private memory" kpipe KiB "$(private "$pid")"
value "agent, idle: threads" kpipe threads "$(ls "/proc/$pid/task" | wc -l)"
value "shipped binaries: kpipe-sidecar" kpipe KiB "$(($(stat -c %s "$bin/kpipe-sidecar") / 1024))"
value "shipped binaries: kpipe-entrypoint" kpipe KiB "$(($(stat -c %s "$bin/kpipe-entrypoint") / 1024))"
kill -TERM "$pid"; wait "$pid" 2> /dev/null || true

declare -A agents wrappers used
# A step that is monitored and one that is not, in the same minute: agent and entrypoint together.
for kind in plain monitored; do
    workdir=$work/$kind
    mkdir -p "$workdir"
    { cat "$work/agent.yaml"; [ "$kind" = plain ] || echo "monitor: {interval: 10s}"; } > "$work/$kind.yaml"
    "$bin/kpipe-sidecar" agent --config "$work/$kind.yaml" --workdir "$workdir" --port 0 > "$work/$kind.log" 2>&1 &
    agents[$kind]=$!
    wait_for "the agent" "$work/$kind.log" test -e "$workdir/ready"
    "$bin/kpipe-entrypoint" run --workdir "$workdir" -- sleep 300 > /dev/null 2>&1 &
    wrappers[$kind]=$!
done
sleep 25 # two samples, and until all is idle
for kind in plain monitored; do used[$kind]=$(cpu "${agents[$kind]}" "${wrappers[$kind]}"); done
sleep 60
for kind in plain monitored; do used[$kind]=$(($(cpu "${agents[$kind]}" "${wrappers[$kind]}") - ${used[$kind]})); done
# 60 s of a core are 60,000,000 us.
value "agent, monitoring every 10 s: more CPU than without" kpipe "% of a core" \
    "$(awk -v more="$((${used[monitored]} - ${used[plain]}))" 'BEGIN { printf "%.4f", more / 600000 }')"
more=0
for process in agents wrappers; do
    declare -n pids=$process
    more=$((more + $(private "${pids[monitored]}") - $(private "${pids[plain]}")))
done
value "agent, monitoring every 10 s: more private memory than without" kpipe KiB "$more"
kill -TERM "${agents[@]}" "${wrappers[@]}"; wait "${agents[@]}" "${wrappers[@]}" 2> /dev/null || true
