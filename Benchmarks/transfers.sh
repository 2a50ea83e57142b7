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

for ((round = 1; round <= repeat; round++)); do
    measure "upload $big to S3" kpipe $kpipe "$work/big" "s3://bench/kpipe-$round.bin"
    measure "upload $big to S3" s5cmd $s5cmd cp "$work/big" "s3://bench/s5cmd-$round.bin"
    measure "upload $big to S3" rclone $rclone copyto "$work/big" ":s3:bench/rclone-$round.bin"
    measure "upload $big to S3" aws-cli $aws "$work/big" "s3://bench/aws-$round.bin"

    # Everyone reads what s5cmd stored, into a file that was not there before.
    rm -f "$work"/down.*
    warm "$work/big"
    measure "download $big from S3" kpipe $kpipe s3://bench/s5cmd-1.bin "$work/down.kpipe"
    same "$work/big" "$work/down.kpipe"; rm "$work/down.kpipe"
    measure "download $big from S3" s5cmd $s5cmd cp s3://bench/s5cmd-1.bin "$work/down.s5cmd"
    rm "$work/down.s5cmd"
    measure "download $big from S3" rclone $rclone copyto :s3:bench/s5cmd-1.bin "$work/down.rclone"
    rm "$work/down.rclone"
    measure "download $big from S3" aws-cli $aws s3://bench/s5cmd-1.bin "$work/down.aws"
    rm "$work/down.aws"

    measure "upload $small to S3" kpipe $kpipe "$work/small/" "s3://bench/small-kpipe-$round/"
    measure "upload $small to S3" s5cmd $s5cmd cp "$work/small/" "s3://bench/small-s5cmd-$round/"
    measure "upload $small to S3" rclone $rclone $many copy "$work/small" ":s3:bench/small-rclone-$round"
    measure "upload $small to S3" aws-cli $aws --recursive "$work/small/" "s3://bench/small-aws-$round/"

    # Nothing is removed between the runs: ext4 passes over inodes freed in the last seconds one by one.
    measure "download $small from S3" kpipe $kpipe s3://bench/small-s5cmd-1/ "$work/got-kpipe-$round/"
    diff --recursive --brief "$work/small" "$work/got-kpipe-$round" || die 70 "what was downloaded differs"
    measure "download $small from S3" s5cmd $s5cmd cp 's3://bench/small-s5cmd-1/*' "$work/got-s5cmd-$round/"
    measure "download $small from S3" rclone $rclone $many copy :s3:bench/small-s5cmd-1 "$work/got-rclone-$round"
    measure "download $small from S3" aws-cli $aws --recursive s3://bench/small-s5cmd-1/ "$work/got-aws-$round/"
done
rm -rf "$work"/got-*

# As in a container that may use little. Who is killed for it is named.
group=$(memory_group 64)
if [ -n "$group" ]; then
    for ((round = 1; round <= repeat; round++)); do
        for who in kpipe s5cmd rclone aws-cli; do
            # Each round has a name of its own: rclone leaves alone what is there already.
            case $who in
                kpipe) up=($kpipe "$work/big") down=($kpipe) url=s3:// ;;
                s5cmd) up=($s5cmd cp "$work/big") down=($s5cmd cp) url=s3:// ;;
                rclone) up=($rclone copyto "$work/big") down=($rclone copyto) url=:s3: ;;
                aws-cli) up=($aws "$work/big") down=($aws) url=s3:// ;;
            esac
            measure "upload $big to S3 within 64 MiB" "$who" "${within[@]}" "$group" "${up[@]}" "${url}bench/within-$who-$round"
            measure "download $big from S3 within 64 MiB" "$who" "${within[@]}" "$group" "${down[@]}" "${url}bench/s5cmd-1.bin" "$work/down.within"
            rm -f "$work/down.within"
        done
    done
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
for delay in "${delays[@]}"; do
    read -r port <<< "$(free_ports 1)"
    serve "$work/delay.log" "$work/delay-proxy" "$port" "${near##*:}" "$(awk "BEGIN { print $delay / 2 }")"
    far=http://127.0.0.1:$port
    wait_for "the delay proxy" "$work/delay.log" curl --silent --fail "$far/status"
    export AWS_ENDPOINT_URL_S3=$far
    s5cmd_far=${s5cmd/$near/$far} rclone_far=${rclone/$near/$far}
    few="$(ls "$work/few" | wc -l) x 4 KiB" part="1 x $far_mib MiB" at="at $delay ms"
    for ((round = 1; round <= repeat; round++)); do
        id=$delay-$round
        measure "upload $few $at" kpipe $kpipe "$work/few/" "s3://bench/few-kpipe-$id/"
        measure "upload $few $at" s5cmd $s5cmd_far cp "$work/few/" "s3://bench/few-s5cmd-$id/"
        measure "upload $few $at" rclone $rclone_far $many copy "$work/few" ":s3:bench/few-rclone-$id"
        measure "upload $few $at" aws-cli $aws --recursive "$work/few/" "s3://bench/few-aws-$id/"
        measure "download $few $at" kpipe $kpipe "s3://bench/few-s5cmd-$id/" "$work/far-kpipe-$id/"
        diff --recursive --brief "$work/few" "$work/far-kpipe-$id" || die 70 "what was downloaded differs"
        measure "download $few $at" s5cmd $s5cmd_far cp "s3://bench/few-s5cmd-$id/*" "$work/far-s5cmd-$id/"
        measure "download $few $at" rclone $rclone_far $many copy ":s3:bench/few-s5cmd-$id" "$work/far-rclone-$id"
        measure "download $few $at" aws-cli $aws --recursive "s3://bench/few-s5cmd-$id/" "$work/far-aws-$id/"
        measure "upload $part $at" kpipe $kpipe "$work/part" "s3://bench/part-kpipe-$id"
        measure "upload $part $at" s5cmd $s5cmd_far cp "$work/part" "s3://bench/part-s5cmd-$id"
        measure "upload $part $at" rclone $rclone_far copyto "$work/part" ":s3:bench/part-rclone-$id"
        measure "upload $part $at" aws-cli $aws "$work/part" "s3://bench/part-aws-$id"
        warm "$work/part"
        measure "download $part $at" kpipe $kpipe "s3://bench/part-s5cmd-$id" "$work/down.kpipe"
        same "$work/part" "$work/down.kpipe"
        measure "download $part $at" s5cmd $s5cmd_far cp "s3://bench/part-s5cmd-$id" "$work/down.s5cmd"
        measure "download $part $at" rclone $rclone_far copyto ":s3:bench/part-s5cmd-$id" "$work/down.rclone"
        measure "download $part $at" aws-cli $aws "s3://bench/part-s5cmd-$id" "$work/down.aws"
        rm -f "$work"/down.*
    done
done
export AWS_ENDPOINT_URL_S3=$near
stop_servers
rm -rf "$work/s3" "$work/small" "$work/few" "$work/part" "$work"/far-*

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
    measure "download $big from nginx" kpipe $kpipe "$url" "$work/down.kpipe"
    same "$work/web/big" "$work/down.kpipe"; rm "$work/down.kpipe"
    measure "download $big from nginx" curl curl --silent --fail --output "$work/down.curl" "$url"
    rm "$work/down.curl"
    measure "download $big from nginx" rclone "$venv/rclone" --config /dev/null copyurl "$url" "$work/down.rclone"
    rm "$work/down.rclone"
done
# The workers hang on the master, which is killed: they are told first.
kill -TERM "${servers[@]}"; wait "${servers[@]}" || true
stop_servers
rm -rf "$work/web"
