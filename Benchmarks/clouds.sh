# The engine at Google's and Azure's stores, beside each cloud's own client and rclone. There is no emulator of Azure to be had
# here: `scripted-azure` is the tests' own server. Sourced by Benchmarks/run.

# Not as the images are built: without a shared library of the toolchain there are no tests' helpers. In a folder of its own,
# so that the programs that are measured stay as they are.
azure=(--configuration release --scratch-path .build-azure --product scripted-azure)
swift build "${azure[@]}"
cloud_mib=$((size_mib < 512 ? size_mib : 512)) cloud_files=$((files < 1000 ? files : 1000))
make_files "$cloud_mib" "$cloud_files"
big="1 x $cloud_mib MiB" small="$cloud_files x 4 KiB" many="--transfers 64 --checkers 64"
kpipe="$bin/kpipe-sidecar cp --json"

read -r gcs_port azure_port <<< "$(free_ports 2 | xargs)"
serve "$work/gcs.log" .venv/bin/fake-gcs-server -backend memory -scheme http -host 127.0.0.1 -port "$gcs_port" \
    -public-host "127.0.0.1:$gcs_port" -log-level error
export STORAGE_EMULATOR_HOST=http://127.0.0.1:$gcs_port no_proxy=127.0.0.1,localhost
wait_for "fake-gcs-server" "$work/gcs.log" curl --silent --fail "$STORAGE_EMULATOR_HOST/storage/v1/b?project=bench"
quietly curl --silent --fail -X POST "$STORAGE_EMULATOR_HOST/storage/v1/b?project=bench" -d '{"name":"bench"}'
serve "$work/azure.log" "$(swift build "${azure[@]}" --show-bin-path)/scripted-azure" "$azure_port"
wait_for "scripted-azure" "$work/azure.log" grep -q AccountName "$work/azure.log"
AZURE_STORAGE_CONNECTION_STRING=$(cat "$work/azure.log")
export AZURE_STORAGE_CONNECTION_STRING
AZURE_STORAGE_KEY=$(sed -n 's/.*AccountKey=\([^;]*\);.*/\1/p' "$work/azure.log")
account=$(sed -n 's/.*AccountName=\([^;]*\);.*/\1/p' "$work/azure.log")
export AZURE_STORAGE_KEY AZURE_STORAGE_SERVICE_ENDPOINT=http://127.0.0.1:$azure_port/$account

# As each has a place in the cloud `gs` or `az`.
declare -A own=([gs]="gs://bench" [az]="az://$account/container") theirs=([gs]="gs://bench" [az]="az://container")
declare -A client=([gs]="google-cloud-storage" [az]="azure-storage-blob")
declare -A program=([gs]="Benchmarks/lib/google-client.py" [az]="Benchmarks/lib/azure-client.py")
rclone_gs=":gcs,anonymous,endpoint='$STORAGE_EMULATOR_HOST/storage/v1/':bench"
rclone_az=":azureblob,account=$account,key='$AZURE_STORAGE_KEY',endpoint='$AZURE_STORAGE_SERVICE_ENDPOINT':container"
declare -A remote=([gs]="$rclone_gs" [az]="$rclone_az")
rclone=("$venv/rclone" --config /dev/null)

for ((round = 1; round <= repeat; round++)); do
    for cloud in gs az; do
        python=(.venv/bin/python "${program[$cloud]}")
        measure "upload $big to $cloud" kpipe $kpipe "$work/big" "${own[$cloud]}/big"
        measure "upload $big to $cloud" "${client[$cloud]}" "${python[@]}" "$work/big" "${theirs[$cloud]}/big"
        measure "upload $big to $cloud" rclone "${rclone[@]}" copyto "$work/big" "${remote[$cloud]}/big"
        warm "$work/big"
        measure "download $big from $cloud" kpipe $kpipe "${own[$cloud]}/big" "$work/down"
        same "$work/big" "$work/down"; rm "$work/down"
        measure "download $big from $cloud" "${client[$cloud]}" "${python[@]}" "${theirs[$cloud]}/big" "$work/down"
        rm -f "$work/down"
        measure "download $big from $cloud" rclone "${rclone[@]}" copyto "${remote[$cloud]}/big" "$work/down"
        rm -f "$work/down"
        measure "upload $small to $cloud" kpipe $kpipe "$work/small/" "${own[$cloud]}/small/"
        measure "upload $small to $cloud" "${client[$cloud]}" "${python[@]}" "$work/small" "${theirs[$cloud]}/small/"
        measure "upload $small to $cloud" rclone "${rclone[@]}" $many copy "$work/small" "${remote[$cloud]}/small"
        got=$work/got-$cloud-$round
        measure "download $small from $cloud" kpipe $kpipe "${own[$cloud]}/small/" "$got-kpipe/"
        diff --recursive --brief "$work/small" "$got-kpipe" || die 70 "what was downloaded differs"
        measure "download $small from $cloud" "${client[$cloud]}" "${python[@]}" "${theirs[$cloud]}/small/" "$got-client"
        measure "download $small from $cloud" rclone "${rclone[@]}" $many copy "${remote[$cloud]}/small" "$got-rclone"
    done
done
rm -rf "$work"/got-* "$work/big" "$work/small"
unset STORAGE_EMULATOR_HOST AZURE_STORAGE_CONNECTION_STRING AZURE_STORAGE_KEY AZURE_STORAGE_SERVICE_ENDPOINT
stop_servers
