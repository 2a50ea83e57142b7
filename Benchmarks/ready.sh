# From a pod's point of view: from the agent's start to `ready`, with inputs of 4 KiB at the end of a line of 20 ms of round
# trip; s5cmd fetches the same, as an init container would. Sourced by Benchmarks/run.

start_seaweedfs
make_bucket ready
mkdir "$work/inputs"
most=$((files > 10000 ? files : 10000))
[ -z "$quick" ] || most=1000
.venv/bin/python - "$work/inputs" "$most" << 'PYTHON'
import os, sys
for count in {1, 100, int(sys.argv[2])}:
    os.mkdir(f"{sys.argv[1]}/{count}")
    for number in range(count):
        with open(f"{sys.argv[1]}/{count}/{number:05}.bin", "wb") as file:
            file.write(os.urandom(4096))
PYTHON
"$bin/kpipe-sidecar" cp "$work/inputs/" s3://ready/ > "$work/said" 2>&1 || die 70 "$(tail -3 "$work/said")"
cc -O2 -o "$work/delay-proxy" Benchmarks/lib/delay-proxy.c
near=$s3
read -r port <<< "$(free_ports 1)"
serve "$work/delay.log" "$work/delay-proxy" "$port" "${near##*:}" 10
far=http://127.0.0.1:$port
wait_for "the delay proxy" "$work/delay.log" curl --silent --fail "$far/status"
export AWS_ENDPOINT_URL_S3=$far

# ready TASK COUNT CONFIGURATION: one start.
ready() {
    local task=$1 count=$2 workdir=$work/ready-$2 cost
    rm -rf "$workdir"
    mkdir "$workdir"
    # As `measure` does.
    sync
    if cost=$(.venv/bin/python Benchmarks/lib/ready.py "$workdir" \
        "$bin/kpipe-sidecar" agent --config "$3" --workdir "$workdir" --port 0 2> "$work/complaints"); then
        diff --recursive --brief "$work/inputs/$count" "$workdir/input" || die 70 "what is there at ready differs"
        printf '%s\tkpipe\t%s\n' "$task" "$cost" >> "$samples"
        printf '    %-10s %-40s %s s\n' kpipe "$task" "${cost%%$'\t'*}"
    else
        printf '#\tnote\tkpipe failed: %s.\n' "$task" >> "$samples"
        tail -3 "$work/complaints" >&2
    fi
}

for ((round = 1; round <= repeat; round++)); do
    for count in 1 100 "$most"; do
        echo "inputs: [{from: 's3://ready/$count/'}]" > "$work/prefix.yaml"
        { echo inputs:; printf -- "- {from: 's3://ready/$count/%s'}\n" $(ls "$work/inputs/$count"); } > "$work/each.yaml"
        for who in $(in_turn "$round" kpipe s5cmd); do
            if [ "$who" = kpipe ]; then
                ready "ready, $count inputs of one prefix at 20 ms" "$count" "$work/prefix.yaml"
            else
                measure "ready, $count inputs of one prefix at 20 ms" s5cmd \
                    $s5cmd --endpoint-url "$far" --log error cp "s3://ready/$count/*" "$work/init-$round-$count/"
            fi
        done
        ready "ready, $count inputs named one by one at 20 ms" "$count" "$work/each.yaml"
    done
done
rm -rf "$work"/init-* "$work"/ready-* "$work/inputs"
export AWS_ENDPOINT_URL_S3=$near
stop_servers
rm -rf "$work/s3"
