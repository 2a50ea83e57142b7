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
# The stores are in memory: each round writes over what is there, also where it is the same.
rclone=("$venv/rclone" --config /dev/null --ignore-times) id=over

# send WHO FROM NAME, fetch WHO NAME TO: as `up` and `down` want them.
send() {
    case $1 in
        kpipe) copy=($kpipe "$2" "${own[$cloud]}/$3") ;;
        rclone) copy=("${rclone[@]}" copyto "$2" "${remote[$cloud]}/$3") ;;
        *) copy=(.venv/bin/python "${program[$cloud]}" "${2%/}" "${theirs[$cloud]}/$3") ;;
    esac
    [[ $1$3 != rclone*/ ]] || copy=("${rclone[@]}" $many copy "$2" "${remote[$cloud]}/$3")
}
fetch() {
    case $1 in
        kpipe) copy=($kpipe "${own[$cloud]}/$2" "$3") ;;
        rclone) copy=("${rclone[@]}" copyto "${remote[$cloud]}/$2" "$3") ;;
        *) copy=(.venv/bin/python "${program[$cloud]}" "${theirs[$cloud]}/$2" "${3%/}") ;;
    esac
    [[ $1$2 != rclone*/ ]] || copy=("${rclone[@]}" $many copy "${remote[$cloud]}/$2" "$3")
}

for ((round = 1; round <= repeat; round++)); do
    for cloud in gs az; do
        origin=${client[$cloud]} peers=(kpipe "${client[$cloud]}" rclone)
        up "$big to $cloud" "$round" "$work/big" big
        down "$big from $cloud" "$round" big "$work/big"
        up "$small to $cloud" "$round" "$work/small/" small/
        down "$small from $cloud" "$round" small/ "$work/small/"
        rm -rf "$work"/got-*
    done
done
rm -rf "$work"/got-* "$work/big" "$work/small"
unset STORAGE_EMULATOR_HOST AZURE_STORAGE_CONNECTION_STRING AZURE_STORAGE_KEY AZURE_STORAGE_SERVICE_ENDPOINT
stop_servers
