import Foundation
import TestSupport
import Testing

/// What `cp` needs at every kind of store while some of the requests fail: no more for many objects than for few.
@Suite(.requires(.python)) struct StoreMemoryTests {
    private static let few = 100
    private static let many =
        max((ProcessInfo.processInfo.environment["KPIPE_FAULT_TRANSFERS"].flatMap { Int($0) } ?? 0) / 2, 1000)
    /// Those that pass at once: none is waited for.
    private static let faults: [StoreFault] = [
        .reset, .closed, .slowDown, .tooMany, .internalError, .badGateway, .unavailable, .lost, .cut, .cutByReset,
    ]

    /// Prints the peak of a command's memory in KiB.
    private static let script = """
        import resource, subprocess, sys
        subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
        print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
        """

    @Test(arguments: ServedStore.Kind.allCases.filter(\.isHere))
    func `memory is flat, both ways, and all bytes are right`(kind: ServedStore.Kind) async throws {
        let proxy = try FaultyStore(try await ServedStore(kind), Self.faults, seed: 7)
        defer { proxy.stop() }
        let folder = try TemporaryFolder("flat")
        let environment = proxy.store.environment(at: proxy.url).mapValues(Optional.some)
        func copy(_ sources: [String], _ target: String) async throws -> Int {
            let text = try await output(
                try #require(Tool.python.path), ["-c", Self.script, Product.sidecar.path, "cp"] + sources + [target],
                environment: environment, limit: .seconds(300))
            return try #require(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        }
        var peaks: [String: [Int]] = [:]
        for count in [Self.few, Self.many] {
            let names = (0..<count).map { "a-name-of-some-length-\($0)" }
            for (index, name) in names.enumerated() {
                try folder.write(seededBytes(1000 + index % 7, seed: UInt64(index)), to: "out-\(count)/\(name)")
            }
            let place = proxy.store.url("run-\(count)/", at: proxy.url)
            peaks["up", default: []].append(try await copy([folder["out-\(count)"] + "/"], place))
            let sources = kind.lists ? [place] : names.map { place + $0 }
            peaks["down", default: []].append(try await copy(sources, folder["in-\(count)"] + "/"))
            for name in names {
                #expect(
                    try folder.read("in-\(count)/\(name)") == folder.read("out-\(count)/\(name)"), "\(kind), \(name)")
            }
        }
        for (way, peak) in peaks { #expect(peak[1] - peak[0] < 16 << 10, "\(kind), \(way): \(peak) KiB") }
    }
}
