// Follows all pods of the cluster that KUBECONFIG means, and says how long its cache took to sync and what it costs.
import Glibc
import KubeClient
import KubeModel
import KubeRuntime

/// Everything that the kernel has counted for this process, in seconds.
func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }
    return seconds(usage.ru_utime) + seconds(usage.ru_stime)
}

/// A line of `/proc/self/status`, in KiB.
func kibibytes(_ name: String) -> Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, 256, file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix(name) { return Int(text.split { !("0"..."9").contains($0) }.first ?? "") ?? 0 }
    }
    return 0
}

let environment = ["KUBECONFIG": getenv("KUBECONFIG").map { String(cString: $0) } ?? ""]
let client = KubeClient(try ClusterAccess.load(environment: environment))
let start = ContinuousClock.now
let marks = NameSet([StepRecord.marker])
let selection = PodSelection(
    marks: .init(environment: marks), environment: marks, annotations: NameSet(prefixes: ["sidecar.k-pipe.cloud/"]),
    labels: [])
let scope = WatchScope(
    .pods, fieldSelector: "spec.restartPolicy!=Always,status.phase!=Succeeded,status.phase!=Failed",
    encoding: .protobuf)

let (synced, isSynced) = AsyncStream<Void>.makeStream()
let informer = Informer(client, scope, .pods(selection) { StepRecord($0) }) { changes in
    for case .synced in changes { isSynced.finish() }
}
let run = Task { await informer.run() }
for await _ in synced {}
let wall = ContinuousClock.now - start
let processor = processorSeconds()
// What is resident once it is quiet, not in the moment of the last event.
try await Task.sleep(for: .seconds(2))
print(
    "pods=\(informer.cache.count) wall=\(wall / .seconds(1)) cpu=\(processor) resident_kib=\(kibibytes("VmRSS:")) "
        + "peak_kib=\(kibibytes("VmHWM:"))")
run.cancel()
await run.value
await client.shutdown()
