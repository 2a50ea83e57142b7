import Basics
import FakeKube
import Glibc
import KubeClient
import KubeModel
import KubeTestSupport
import TestSupport
import Testing
import YAMLTree

@testable import KubeRuntime

/// A server with the ConfigMap that leaders count in, and the processes that contest its lease.
final class Contest {
    let server: any KubeServer
    private let folder: TemporaryFolder
    private var electors: [Elector] = []

    convenience init(_ kind: ServerKind) async throws {
        switch kind {
        case .fake: try await self.init(FakeAPIServer.start())
        // Of its own, because others would contest the same lease.
        case .real: try await self.init(RealControlPlane.start())
        }
    }

    init(_ server: any KubeServer) async throws {
        self.server = server
        folder = try TemporaryFolder("contest")
        try folder.write(server.kubeconfig(), to: "kubeconfig")
        let client = KubeClient(try ClusterAccess.load(.init(kubeconfig: folder["kubeconfig"]), environment: [:]))
        let map: JSONValue = ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "work"]]
        _ = try await client.send(.create(.configMaps, namespace: "default", body: Array(map.text.utf8)))
        await client.shutdown()
    }

    func elector(
        _ identity: String, through network: (any KubeServer)? = nil, rate: Double = 1, offset: Int = 0
    ) async throws -> Elector {
        let file = "kubeconfig-\(identity)"
        try folder.write((network ?? server).kubeconfig(), to: file)
        let process = try ChildProcess(Product.elector.path, [folder[file], identity, "\(rate)", "\(offset)"])
        let elector = Elector(identity, process)
        electors.append(elector)
        return elector
    }

    /// Ends all processes.
    func finish() async throws {
        for elector in electors { await elector.process.finish() }
    }

    /// Never did both believe to lead, and nothing that `first` wrote came after what `second` wrote.
    static func check(_ first: Elector, thenOnly second: Elector, sourceLocation: SourceLocation = #_sourceLocation) {
        let (before, after) = (first.beliefs, second.beliefs)
        #expect(!before.isEmpty && !after.isEmpty, sourceLocation: sourceLocation)
        if let last = before.last, let next = after.first {
            #expect(last.lowerBound < next.upperBound, "both led", sourceLocation: sourceLocation)
        }
        if let last = first.written.max(), let next = second.written.min() {
            #expect(last < next, "a late write", sourceLocation: sourceLocation)
        }
        #expect(second.lines("refused").isEmpty, sourceLocation: sourceLocation)
        #expect(first.hasLost && !second.hasLost, sourceLocation: sourceLocation)
    }
}

/// One process that contests, and what it has said.
struct Elector {
    let identity: String
    let process: ChildProcess

    init(_ identity: String, _ process: ChildProcess) {
        self.identity = identity
        self.process = process
    }

    /// What follows `word` on each line that begins with it.
    func lines(_ word: String) -> [String] {
        process.output.split(separator: "\n").filter { $0.hasPrefix(word) }
            .map { $0.dropFirst(word.count).trimmingPrefix(" ") }.map(String.init)
    }

    /// In each of these times there was a moment at which it believed to lead.
    var beliefs: [ClosedRange<UInt64>] {
        lines("believes").compactMap { line in
            let moments = line.split(separator: " ").compactMap { UInt64($0) }
            return moments.count == 2 ? moments[0]...moments[1] : nil
        }
    }

    /// The versions that it made.
    var written: [Int] { lines("wrote").compactMap { Int($0) } }

    var hasLost: Bool { !lines("lost").isEmpty }

    func stop() { process.kill(SIGSTOP) }

    func goOn() { process.kill(SIGCONT) }

    func leads() async throws {
        try await eventually("\(identity) leads") { !lines("believes").isEmpty }
    }

    func writes(more count: Int) async throws {
        let goal = written.count + count
        try await eventually("\(identity) writes") { written.count >= goal }
    }
}
