# The engine against s5cmd, rclone, the AWS CLI and curl, on the same SeaweedFS and nginx. Sourced by Benchmarks/run.

start_seaweedfs
make_bucket bench

kpipe="$bin/kpipe-sidecar cp --json"
s5cmd="$s5cmd --endpoint-url $s3 --log error"
# Without a configuration file; many at once where there are many files, as its manual advises.
rclone="$venv/rclone --config /dev/null --s3-provider Other --s3-env-auth --s3-endpoint $s3 --s3-no-check-bucket"
many="--transfers 64 --checkers 64"
aws="$venv/aws s3 cp --only-show-errors"

make_files "$size_mib" "$files"
big="1 x $size_mib MiB" small="$files x 4 KiB"

peers=(kpipe s5cmd rclone aws-cli) origin=s5cmd

# send WHO FROM NAME: $copy is the command that stores a file, or with / at the end of both a folder.
send() {
    case $1 in
        kpipe) copy=($kpipe "$2" "s3://bench/$3") ;;
        s5cmd) copy=($s5cmd cp "$2" "s3://bench/$3") ;;
        rclone) copy=($rclone copyto "$2" ":s3:bench/$3") ;;
        aws-cli) copy=($aws "$2" "s3://bench/$3") ;;
    esac
    case $1$3 in
        rclone*/) copy=($rclone $many copy "$2" ":s3:bench/$3") ;;
        aws-cli*/) copy=($aws --recursive "$2" "s3://bench/$3") ;;
    esac
}

# fetch WHO NAME TO: the same the other way.
fetch() {
    case $1 in
        kpipe) copy=($kpipe "s3://bench/$2" "$3") ;;
        s5cmd) copy=($s5cmd cp "s3://bench/$2" "$3") ;;
        rclone) copy=($rclone copyto ":s3:bench/$2" "$3") ;;
        aws-cli) copy=($aws "s3://bench/$2" "$3") ;;
    esac
    case $1$2 in
        s5cmd*/) copy=($s5cmd cp "s3://bench/$2*" "$3") ;;
        rclone*/) copy=($rclone $many copy ":s3:bench/$2" "$3") ;;
        aws-cli*/) copy=($aws --recursive "s3://bench/$2" "$3") ;;
    esac
}

for ((round = 1; round <= repeat; round++)); do
    id=$round
    up "$big to S3" "$round" "$work/big" big
    down "$big from S3" "$round" big "$work/big"
    up "$small to S3" "$round" "$work/small/" small/
    down "$small from S3" "$round" small/ "$work/small/"
done
rm -rf "$work"/got-*

# As in a container that may use little. Who is killed for it is named.
group=$(memory_group 64)
if [ -n "$group" ]; then
    around=("${within[@]}" "$group") stored=1
    for ((round = 1; round <= repeat; round++)); do
        id=within-$round
        up "$big to S3 within 64 MiB" "$round" "$work/big" big
        down "$big from S3 within 64 MiB" "$round" big "$work/big"
    done
    around=()
    unset stored
    rmdir "$group" 2> /dev/null || true
else
    printf '#\tnote\tNot measured within 64 MiB: no control group can be made here.\n' >> "$samples"
fi

# The same server at the end of a line: lib/delay-proxy.c holds back every byte, and a connection's first ones twice.
cc -O2 -o "$work/delay-proxy" Benchmarks/lib/delay-proxy.c
near=$s3 far_files=1000 far_mib=512
mkdir "$work/few"
find "$work/small" -type f | sort | sed -n "1,${far_files}p" | xargs -d '\n' cp --target-directory "$work/few"
head -c "${far_mib}M" "$work/big" > "$work/part"
few="$(ls "$work/few" | wc -l) x 4 KiB" part="1 x $far_mib MiB"
for delay in "${delays[@]}"; do
    read -r port <<< "$(free_ports 1)"
    serve "$work/delay.log" "$work/delay-proxy" "$port" "${near##*:}" "$(awk "BEGIN { print $delay / 2 }")"
    far=http://127.0.0.1:$port
    wait_for "the delay proxy" "$work/delay.log" curl --silent --fail "$far/status"
    export AWS_ENDPOINT_URL_S3=$far
    s5cmd=${s5cmd/$s3/$far} rclone=${rclone/$s3/$far} s3=$far
    for ((round = 1; round <= repeat; round++)); do
        id=$delay-$round
        up "$few at $delay ms" "$round" "$work/few/" few/
        down "$few at $delay ms" "$round" few/ "$work/few/"
        up "$part at $delay ms" "$round" "$work/part" part
        down "$part at $delay ms" "$round" part "$work/part"
    done
done
stop_servers
rm -rf "$work/s3" "$work/small" "$work/few" "$work/part" "$work"/got-*

mkdir "$work/web"
mv "$work/big" "$work/web/big"
read -r port <<< "$(free_ports 1)"
cat > "$work/nginx.conf" << CONF
daemon off;
worker_processes 2;
pid $work/nginx.pid;
events {}
http {
    access_log off;
    sendfile on;
    client_body_temp_path $work; proxy_temp_path $work; fastcgi_temp_path $work;
    uwsgi_temp_path $work; scgi_temp_path $work;
    server { listen 127.0.0.1:$port; root $work/web; }
}
CONF
chmod 755 "$work"
serve "$work/nginx.log" "$(PATH=$PATH:/usr/sbin command -v nginx)" -e "$work/nginx.log" -p "$work" -c "$work/nginx.conf"
wait_for nginx "$work/nginx.log" curl --silent --fail --head "http://127.0.0.1:$port/big"
url=http://127.0.0.1:$port/big
for ((round = 1; round <= repeat; round++)); do
    warm "$work/web/big"
    for who in $(in_turn "$round" kpipe curl rclone); do
        case $who in
            kpipe) copy=($kpipe "$url" "$work/down.kpipe") ;;
            curl) copy=(curl --silent --fail --output "$work/down.curl" "$url") ;;
            rclone) copy=("$venv/rclone" --config /dev/null copyurl "$url" "$work/down.rclone") ;;
        esac
        measure "download $big from nginx" "$who" "${copy[@]}"
        [ "$who" != kpipe ] || same "$work/web/big" "$work/down.kpipe"
        rm -f "$work/down.$who"
    done
done
# The workers hang on the master, which is killed: they are told first.
kill -TERM "${servers[@]}"; wait "${servers[@]}" || true
stop_servers
rm -rf "$work/web"
