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
