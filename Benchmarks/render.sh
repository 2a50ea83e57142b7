# Manifests converted beside what `kubectl kustomize` takes to read and write them. Sourced by Benchmarks/run.

folder=$work/render
mkdir -p "$folder"
"$venv/python" Benchmarks/lib/manifests.py 20 > "$folder/all.yaml"
sed 's/sidecar.k-pipe.cloud.sidecars/example.com\/other/' "$folder/all.yaml" > "$folder/none.yaml"
printf 'resources: [all.yaml]\n' > "$folder/kustomization.yaml"

for ((round = 1; round <= repeat; round++)); do
    sink=$folder/converted measure "convert 20 MB, every document changes" kpipe \
        "$bin/kpipe-sidecar" render convert "$folder/all.yaml"
    sink=$folder/untouched measure "convert 20 MB, no document changes" kpipe \
        "$bin/kpipe-sidecar" render convert "$folder/none.yaml"
    sink=/dev/null measure "convert 20 MB, every document changes" kustomize "$venv/kubectl" kustomize "$folder"
done
same "$folder/none.yaml" "$folder/untouched"
"$bin/kpipe-sidecar" render convert --check "$folder/converted" || die 70 "converting twice changes something"
rm -rf "$folder"
