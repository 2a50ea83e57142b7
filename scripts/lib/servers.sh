# shellcheck shell=bash disable=SC2034,SC2154
# Servers of the demo and the benchmarks; sourced after common.sh by scripts that hold a folder of their own in $work.
# `setpriv --pdeathsig` ends a server even if the script is killed.

servers=()

# serve LOG COMMAND...: starts a server in the background.
serve() {
    local log=$1
    shift
    setpriv --pdeathsig KILL "$@" > "$log" 2>&1 < /dev/null &
    servers+=($!)
}

# SeaweedFS takes half a minute to stop by itself, and nothing here is worth that.
stop_servers() {
    [ "${#servers[@]}" -eq 0 ] || kill -KILL "${servers[@]}" 2> /dev/null || true
    wait "${servers[@]}" 2> /dev/null || true
    servers=()
    rm -f "${sockets[@]}"
}

free_ports() { .venv/bin/python scripts/lib/free-ports.py "$1"; }

# wait_for WHAT LOG COMMAND...: until the command succeeds; shows the server's last words if it does not.
wait_for() {
    local what=$1 log=$2 tries=0
    shift 2
    until "$@" > /dev/null 2>&1; do
        tries=$((tries + 1))
        [ "$tries" -lt 300 ] || { tail -20 "$log" >&2; die 69 "$what did not start within 30 s"; }
        sleep 0.1
    done
}

sockets=()

# Starts a real S3 server that checks signatures, with its data in $work/s3. Sets $s3, $filer (its plain HTTP side, to
# look at what is stored with other eyes) and the AWS_* variables that every S3 client reads.
start_seaweedfs() {
    local ports name index=0 options=()
    read -ra ports <<< "$(free_ports 8)"
    for name in master volume filer s3; do
        options+=("-$name.port=${ports[index]}" "-$name.port.grpc=${ports[index + 1]}")
        sockets+=("/tmp/seaweedfs-$name-${ports[index]}.sock" "/tmp/seaweedfs-$name-grpc-${ports[index + 1]}.sock")
        index=$((index + 2))
    done
    export AWS_ACCESS_KEY_ID=AKIDKPIPEDEMO AWS_SECRET_ACCESS_KEY=only-for-this-machine AWS_REGION=us-east-1
    mkdir -p "$work/s3"
    cat > "$work/s3.json" << JSON
{"identities": [{"name": "demo", "actions": ["Admin", "Read", "Write", "List", "Tagging"],
  "credentials": [{"accessKey": "$AWS_ACCESS_KEY_ID", "secretKey": "$AWS_SECRET_ACCESS_KEY"}]}]}
JSON
    serve "$work/s3.log" .venv/bin/weed -logtostderr=true server -dir="$work/s3" -ip=127.0.0.1 -ip.bind=127.0.0.1 \
        -filer -s3 -s3.config="$work/s3.json" -s3.port.iceberg=0 -s3.port.lance=0 -master.telemetry=false \
        -master.electionTimeout=1s -volume.max=200 -master.volumeSizeLimitMB=1024 -volume.minFreeSpacePercent=1 \
        "${options[@]}"
    filer=http://127.0.0.1:${ports[4]}
    s3=http://127.0.0.1:${ports[6]}
    export AWS_ENDPOINT_URL_S3=$s3 no_proxy=127.0.0.1,localhost
    wait_for "SeaweedFS" "$work/s3.log" curl --silent --fail "$s3/status"
    wait_for "SeaweedFS" "$work/s3.log" curl --silent --fail --upload-file scripts/setup "$filer/buckets/warm-up/probe"
}

# Buckets are folders to the filer.
make_bucket() { quietly curl --silent --show-error --fail --request POST "$filer/buckets/$1/"; }
