# For scripts that lay images out: who runs there.
user=65532

# etc ROOT: the few files by which libc knows users and looks up hosts.
etc() {
    mkdir -p "$1/etc"
    printf 'root:x:0:0:root:/:/none\nnonroot:x:%s:%s:nonroot:/tmp:/none\n' "$user" "$user" > "$1/etc/passwd"
    printf 'root:x:0:\nnonroot:x:%s:\n' "$user" > "$1/etc/group"
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' > "$1/etc/nsswitch.conf"
}
