# Manifests converted, beside what `kubectl kustomize` takes to read and write them. Sourced by Benchmarks/run.

folder=$work/render
mkdir -p "$folder/part"
manifests() { "$venv/python" Benchmarks/lib/manifests.py "$@"; }
manifests 20 > "$folder/all.yaml"
manifests 20 --every 10 > "$folder/some.yaml"
sed 's/sidecar.k-pipe.cloud.sidecars/example.com\/other/' "$folder/all.yaml" > "$folder/none.yaml"
for form in list json pod job; do manifests 20 --form "$form" > "$folder/$form.yaml"; done
[ -n "$quick" ] || manifests 100 > "$folder/large.yaml"
# kustomize looks at every pair of resources: 20 MB of them would take it minutes.
manifests 1 > "$folder/part/all.yaml"
printf 'resources: [all.yaml]\n' > "$folder/part/kustomization.yaml"

convert() {
    local task=$1 from=$2
    sink=$folder/$from.converted measure "convert $task" kpipe "$bin/kpipe-sidecar" render convert "$folder/$from.yaml"
}

for ((round = 1; round <= repeat; round++)); do
    convert "20 MB of manifests, all change" all
    convert "20 MB of manifests, one in ten changes" some
    convert "20 MB of manifests, none changes" none
    convert "20 MB in one document, all of it changes" list
    convert "20 MB in one document of JSON, all of it changes" json
    convert "20 MB in one pod, half of its containers move" pod
    convert "20 MB in one Job, all of its small sidecars move" job
    [ -n "$quick" ] || convert "100 MB of manifests, all change" large
    sink=/dev/null measure "1 MB of manifests" kpipe "$bin/kpipe-sidecar" render convert "$folder/part/all.yaml"
    sink=/dev/null measure "1 MB of manifests" kustomize "$venv/kubectl" kustomize "$folder/part"
done
# Its wall time is that of the server, which is a script.
serve "$folder/workloads.log" "$venv/python" Benchmarks/lib/workloads.py 10000 "$folder/kubeconfig"
wait_for "the server of workloads" "$folder/workloads.log" test -s "$folder/kubeconfig"
for ((round = 1; round <= repeat; round++)); do
    sink=$folder/scan measure "scan of 10000 workloads" kpipe "$bin/kpipe-sidecar" render scan -A --kubeconfig "$folder/kubeconfig"
done
same <(grep -c convertible "$folder/scan") <(echo 5001)
same "$folder/none.yaml" "$folder/none.converted"
"$bin/kpipe-sidecar" render convert "$folder/all.converted" > "$folder/again" 2> /dev/null
same "$folder/all.converted" "$folder/again"
rm -rf "$folder"
