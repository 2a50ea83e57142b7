# Manifests converted, beside what `kubectl kustomize` takes to read and write them. Sourced by Benchmarks/run.

folder=$work/render
mkdir -p "$folder"
"$venv/python" Benchmarks/lib/manifests.py 20 > "$folder/all.yaml"
sed 's/sidecar.k-pipe.cloud.sidecars/example.com\/other/' "$folder/all.yaml" > "$folder/none.yaml"
# kustomize looks at every pair of resources: 20 MB of them would take it minutes.
mkdir "$folder/part"
"$venv/python" Benchmarks/lib/manifests.py 1 > "$folder/part/all.yaml"
printf 'resources: [all.yaml]\n' > "$folder/part/kustomization.yaml"

for ((round = 1; round <= repeat; round++)); do
    sink=$folder/converted measure "convert 20 MB of manifests, all change" kpipe \
        "$bin/kpipe-sidecar" render convert "$folder/all.yaml"
    sink=$folder/untouched measure "convert 20 MB of manifests, none changes" kpipe \
        "$bin/kpipe-sidecar" render convert "$folder/none.yaml"
    sink=/dev/null measure "1 MB of manifests" kpipe "$bin/kpipe-sidecar" render convert "$folder/part/all.yaml"
    sink=/dev/null measure "1 MB of manifests" kustomize "$venv/kubectl" kustomize "$folder/part"
done
same "$folder/none.yaml" "$folder/untouched"
"$bin/kpipe-sidecar" render convert "$folder/converted" > "$folder/again" 2> /dev/null
same "$folder/converted" "$folder/again"
rm -rf "$folder"
