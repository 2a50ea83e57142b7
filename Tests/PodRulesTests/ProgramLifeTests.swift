import Testing

@testable import PodRules

@Suite struct ProgramLifeTests {
    /// Some end what they have started, and themselves with it.
    @Test(
        arguments: [
            ("proxy & P=$!; (while true; do [ -f /done ] && kill $P; sleep 1; done) & wait $P", "kill $P"),
            ("proxy & until [ -f /done ]; do sleep 1; done; kill -TERM %1", "kill -TERM %1"),
            ("(while sleep 1; do if [ -f /done ]; then pkill envoy; fi; done) & exec envoy", "pkill envoy"),
            ("proxy & P=$!\ninotifywait /pod\nkill $P", "kill $P"),
            ("proxy & trap 'kill $!' TERM; wait $!", nil),
            ("stop() { kill $P; }; trap stop TERM; proxy & P=$!; wait", nil),
            ("function stop { kill $P; }; proxy & P=$!; wait", nil),
            ("function stop() {\n kill $P\n}\nproxy & P=$!; wait", nil),
            ("proxy & helper & wait -n; kill $(jobs -p)", nil), ("proxy & inotifywait /cfg; kill -HUP $!", nil),
            ("while true; do proxy & P=$!; inotifywait /cfg; kill $P; done", nil),
            ("while true; do kill $P; proxy & P=$!; inotifywait /cfg; done", nil),
            ("proxy & while kill -0 $!; do sleep 1; done", nil), ("until [ -f /done ]; do sleep 1; done; kill 1", nil),
        ] as [(String, String?)])
    func aScriptEndsWhatItHasStarted(_ script: String, _ command: String?) {
        #expect(ChildKill.command(in: ["/bin/sh", "-ec", script]) == command)
        #expect(ChildKill.command(in: [script]) == nil)
    }

    @Test(arguments: [
        (["cp", "a", "b"], ProgramLife.ends), (["/bin/echo"], .ends), (["server"], .unknown), ([], .unknown),
        (["tail", "-f", "x"], .endless), (["tail", "-n1", "-F", "x"], .endless), (["tail", "x"], .ends),
        (["sleep", "infinity"], .endless), (["sleep", "5"], .unknown), (["ping", "-c", "3", "x"], .ends),
        (["env", "A=b", "cp", "a", "b"], .ends), (["tini", "--", "server"], .unknown), (["sh"], .unknown),
        (["busybox", "sh", "-c", "touch x"], .ends), (["/bin/bash", "-o", "pipefail", "-ec", "touch x"], .ends),
        (["sh", "-c", "--", "touch x"], .ends), (["curl", "-N", "http://x"], .unknown),
        (["curl", "-sS", "http://x"], .ends), (["timeout", "9", "tail", "-f", "x"], .ends),
        (["timeout", "infinity", "tail", "-f", "x"], .endless), (["timeout", "-s", "INT", "0", "server"], .unknown),
        (["timeout", "--foreground", "0", "cp", "a", "b"], .ends), (["timeout"], .ends), (["cat", "/x"], .ends),
        (["cat", "/fifo"], .unknown),
    ])
    func aProgramEndsByItself(_ words: [String], _ life: ProgramLife) { #expect(ProgramLife(words) == life) }

    /// The shapes that scripts of sidecars have.
    @Test(arguments: [
        ("echo hi > /data/x", ProgramLife.ends), ("server", .unknown), ("sleep 5; server", .unknown),
        ("sleep 5 && cp a b", .ends), ("tail -F x | grep y", .endless), ("tail -F x | server", .endless),
        ("cat x | grep y", .ends), ("server | grep y", .unknown), ("tail -f x; echo done", .endless),
        ("exec server", .unknown), ("exec tail -f x", .endless), ("A=b exec cp a b", .ends),
        ("server & wait", .unknown), ("tail -f x & wait", .endless), ("cp a b & wait", .ends),
        ("tail -f x & cp a b", .unknown), ("server &", .unknown), ("cp a b &", .ends),
        ("server & tail -f log", .endless),
        ("while true; do sync; sleep 1; done", .endless), ("while :; do date; done", .endless),
        ("until false; do date; done", .endless), ("while true; do test -f x && break; sleep 1; done", .unknown),
        ("while true; do if [ -f x ]; then exit 0; fi; sleep 1; done", .unknown),
        ("while [ ! -f done ]; do sleep 1; done", .ends), ("until test -f done; do sleep 1; done; cp a b", .ends),
        ("while ! nc -z localhost 80; do sleep 1; done", .unknown), ("cat x | while read l; do echo $l; done", .ends),
        ("tail -F x | while read l; do echo $l; done", .endless), ("while read l; do echo $l; done < x", .ends),
        ("while IFS= read -r l; do echo; done < <(tail -f x)", .endless), ("for i in 1 2; do cp $i b; done", .ends),
        ("for ((;;)); do date; done", .endless), ("for ((;;)); do exit; done", .unknown),
        ("(cp a b)", .ends), ("(tail -f x) | grep y", .endless), ("(server)", .unknown), ("{ cp a b; } 2>&1", .ends),
        ("if [ -f x ]; then cp a b; else echo no; fi", .ends), ("if [ -f x ]; then cp a b; else server; fi", .unknown),
        ("if [ -f x ]; then tail -f x; fi", .unknown), ("case $1 in a) cp a b;; *) server;; esac", .unknown),
        ("trap 'exit 0' TERM; while true; do sleep 1; done", .endless),
        ("trap 'exit 0' TERM\nwhile true\ndo\n  cp a b # often\n  sleep 10 & wait $!\ndone\n", .endless),
        ("f() { tail -f x; }\ncp a b", .ends), ("echo \"a; tail -f b | c\"", .ends), ("echo $(tail -f x)", .ends),
        ("echo $(a $(b); tail -f x)", .ends),
        ("cp a b >out 2>&1 || true", .ends), ("cp a b &> out", .ends), ("echo done; echo fi", .ends),
        ("while true; do\n  (cp a b; while true; do date; done)\ndone; cp c d", .endless), ("", .ends),
        ("((((", .unknown),
        ("while [ 1 ]; do date; sleep 1; done", .endless), ("while [ true ]; do date; done", .endless),
        ("while [[ 1 -eq 1 ]]; do date; done", .endless), ("while test 1; do date; done", .endless),
        ("while [ 1 = 1 ]\ndo date; done", .endless), ("while [ 1 = 2 ]; do date; done", .ends),
        ("while [ $x ]; do date; done", .ends), ("while [ 1 ] && [ -f x ]; do date; done", .ends),
        ("while [ 1 ]; do test -f x && break; done", .unknown), ("until [ 1 ]; do date; done", .ends),
        ("trap 'kill $!' TERM; nginx & wait $!", .unknown), ("mkfifo p; cat p | grep x", .unknown),
        ("while read l; do echo $l; done < /fifo", .unknown),
        ("while", .unknown), ("if", .unknown), ("; ; | & (", .unknown), ("; ; | &", .ends), ("echo 'unclosed", .ends),
    ])
    func aScriptEndsByItself(_ script: String, _ life: ProgramLife) {
        #expect(ProgramLife(["sh", "-c", script]) == life, "\(script)")
    }

    @Test(arguments: [(47, ProgramLife.ends), (48, .unknown)])
    func aScriptIsUnderstoodToSomeDepth(_ depth: Int, _ life: ProgramLife) {
        let script = String(repeating: "(", count: depth) + "cp a b" + String(repeating: ")", count: depth)
        #expect(ProgramLife(["sh", "-c", script]) == life)
    }

    @Test func aScriptOfAnyDepthIsReadToItsEnd() {
        for word in ["(", "{ ", "if ", "while ", "while true; do ", "for x in y; do ", "a | ", "f() "] {
            let script = String(repeating: word, count: 5000)
            #expect(ProgramLife(["sh", "-c", script]) != .ends || word == "a | ", "\(word)")
        }
    }

    @Test(arguments: [
        (["curl", "-X", "POST", "localhost:15020/quitquitquit"], "", false, HookPurpose.endsOrAwaits),
        (["sh", "-c", "kill -TERM 1"], "", false, .endsOrAwaits),
        (["/bin/kill", "-s", "SIGINT", "1"], "", false, .endsOrAwaits),
        (["sh", "-c", "while kill -0 $(pidof app); do sleep 1; done"], "", false, .endsOrAwaits),
        ([], "/shutdown", false, .endsOrAwaits),
        (["sh", "-c", "kill -USR1 1; sleep 5"], "", false, .works), (["kill", "-s", "HUP", "1"], "", false, .works),
        (["sh", "-c", "kill -QUIT $(cat /run/nginx.pid); sleep 5"], "", false, .works),
        (["sh", "-c", "kill -3 1"], "", false, .works), (["pkill", "-QUIT", "nginx"], "", false, .works),
        (["killall", "-s", "SIGQUIT", "nginx"], "", false, .works), (["kill", "-quit", "1"], "", false, .works),
        (["pkill", "--signal=QUIT", "x"], "", false, .works), (["kill", "-s", "INT", "1"], "", false, .endsOrAwaits),
        ([], "/drain_listeners?graceful", false, .works), (["nginx", "-s", "quit"], "", false, .works),
        (["sh", "-c", "curl -XPOST localhost:2020/flush && while true; do sleep 1; done"], "", false, .works),
        (["sh", "-c", "aws s3 sync /out s3://b/"], "", false, .works),
        (["contour", "envoy", "shutdown"], "", false, .works),
        (["sh", "-c", "until [ -z \"$(ls -A /spool)\" ]; do sleep 1; done"], "", false, .works),
        (["sh", "-c", "cp -r /logs /archive; kill 1"], "", false, .works),
        (["sh", "-c", "kill -USR1 1; sleep 5; kill -TERM 1"], "", false, .works),
        (["sh", "-c", "curl -T /out/trace.gz https://store/; pkill -TERM shipper"], "", false, .works),
        (["bash", "-c", "mc cp /out/x minio/b/ && kill 1"], "", false, .works),
        (["sh", "-c", "echo bye > /out/x; kill 1"], "", false, .works), (["pkill", "-HUP", "x"], "", false, .works),
        (["sh", "-c", "while [ -s /queue ]; do sleep 1; done; kill 1"], "", false, .works),
        (["sh", "-c", "until curl -sf localhost:1/idle; do sleep 1; done; kill 1"], "", false, .works),
        (["sh", "-c", "/opt/bye; kill 1"], "", false, .works), (["sh", "/opt/bye"], "", false, .other),
        (["sh", "-c", "sh -c 'cp a b'; exec kill 1"], "", false, .works),
        (["sh", "-c", "sleep 5; echo bye >&2; exec pkill -f x"], "", false, .endsOrAwaits),
        (["sh", "-c", "timeout 9 curl -s localhost:1/quitquitquit || true"], "", false, .endsOrAwaits),
        (["sh", "-c", "while [ $(netstat -ant | grep -c EST) -ne 0 ]; do sleep 1; done"], "", false, .endsOrAwaits),
        (["sh", "-c", "while pgrep app >/dev/null; do sleep 1; done; kill 1"], "", false, .endsOrAwaits),
        (["sh", "-c", "until ! nc -z localhost 80; do sleep 1; done"], "", false, .endsOrAwaits),
        (["sh", "-c", "until [ -f /common/done ]; do sleep 1; done"], "", false, .endsOrAwaits),
        (["sh", "-c", "while [ ! -f /common/done ]; do sleep 1; done"], "", false, .endsOrAwaits),
        (["sh", "-c", "while [ -e /proc/7 ]; do sleep 1; done"], "", false, .endsOrAwaits),
        (["sh", "-c", "until [ -f /own/done ]; do sleep 1; done"], "", false, .works),
        (["tail", "--pid=1", "-f", "/dev/null"], "", false, .endsOrAwaits),
        (["sleep", "5"], "", false, .sleeps), ([], "", true, .sleeps), (["sh", "-c", "echo bye"], "", false, .other),
    ])
    func aHookIsForSomething(_ command: [String], _ path: String, _ sleeps: Bool, _ purpose: HookPurpose) {
        let found = HookPurpose(command: command, path: path, sleeps: sleeps, ownPaths: ["/own"])
        #expect(found == purpose, "\(command) \(path)")
    }
}
