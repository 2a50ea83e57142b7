# What following many pods costs, beside client-go's informer on the same answers. Sourced by Benchmarks/run. The whole
# terminator is measured by controller.sh.
#
# CLIENT_GO_INFORMER names Benchmarks/informer/client-go as it was built (see Benchmarks/informer/README.md).

say "building the informer for release"
swift build --configuration release --package-path Benchmarks/informer
informer=$(swift build --configuration release --package-path Benchmarks/informer --show-bin-path)/informer
peer=${CLIENT_GO_INFORMER:-}
[ -n "$peer" ] || say "without client-go's informer: CLIENT_GO_INFORMER is not set"

# figure NAME: one of the figures that the last informer wrote.
figure() { sed -n "s/.*\<$1=\([0-9.]*\).*/\1/p" "$work/figures"; }

# follow TASK WHO PROGRAM: one run of an informer, whose figures go into $samples.
follow() {
    KUBECONFIG=$work/kubeconfig "$3" > "$work/figures" 2> "$work/complaints" \
        || { printf '    %-10s %s failed: %s\n' "$2" "$1" "$(tail -3 "$work/complaints")" >&2; return; }
    printf '%s\t%s\t%s\t%s\t0\t%s\n' "$1" "$2" "$(figure wall)" "$(figure cpu)" "$(figure peak_kib)" >> "$samples"
    value "$1: resident once in step" "$2" KiB "$(figure resident_kib)"
}

# serve_pods ARGUMENTS...: the server of one answer, which needs a minute to make 100,000 pods.
serve_pods() {
    stop_servers
    rm -f "$work/kubeconfig"
    serve "$work/replay.log" Benchmarks/informer/replay "$1" "$work/kubeconfig" "${@:2}"
    until [ -s "$work/kubeconfig" ]; do
        kill -0 "${servers[-1]}" 2> /dev/null || die 69 "the server of one answer: $(tail -3 "$work/replay.log")"
        sleep 0.2
done
}

serve_pods 200
follow "follow 200 pods, as a base" kpipe "$informer"
base=$(figure resident_kib)

for many in 20000 100000; do
    serve_pods "$many"
    for _ in $(seq "$repeat"); do
        follow "follow $many marked pods" kpipe "$informer"
        grown=$(figure resident_kib)
        [ -z "$peer" ] || follow "follow $many marked pods" client-go "$peer"
done
    value "follow $many marked pods: each pod" kpipe bytes "$(((grown - base) * 1024 / many))"
done

serve_pods 20000 --unmarked
for _ in $(seq "$repeat"); do follow "follow 20000 pods without a marker" kpipe "$informer"; done
value "follow 20000 pods without a marker: kept" kpipe pods "$(figure pods)"
