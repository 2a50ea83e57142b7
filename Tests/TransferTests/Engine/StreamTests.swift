import Glibc
import Synchronization
import TestSupport
import Testing
import WorkdirProtocol

@testable import Transfer

/// Objects that pass through memory, from servers that make it hard.
@Suite struct StreamTests {
    private static let content = seededBytes(5 << 20, seed: 3)
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("stream") }

    /// `http://` is the web, everything else one store in memory.
    private struct Places: StoreResolver {
        let web: StoreRegistry
        let memory: MemoryStore

        func resolve(_ url: String, _ settings: StoreSettings) throws(TransferError) -> ResolvedURL {
            try url.hasPrefix("http") ? web.resolve(url) : MemoryResolver(store: memory).resolve(url)
        }
    }

    private func withEngine(
        _ memory: MemoryStore = MemoryStore(), bytes: Int = 4 << 20,
        _ body: (TransferEngine) async -> TransferReport
    ) async -> TransferReport {
        let web = StoreRegistry(StoreConfiguration(environment: ["no_proxy": "*"]))
        let configuration = TransferConfiguration(memory: bytes, partSize: 1 << 20, retry: quickRetries)
        let report = await body(
            TransferEngine(stores: Places(web: web, memory: memory), configuration: configuration))
        await web.shutdown()
        return report
    }

    /// A server that gives nothing but the whole, and breaks its first answers off: by a reset, of which nobody can say what
    /// has arrived before it, or, where something has to, by an end that comes too early.
    private static func stubborn(
        breaksAfter breaks: [Int] = [], tellsLength: Bool = true, etag: String? = nil, damaged: Bool = false,
        by end: ScriptedHTTPServer.Step = .reset
    ) throws -> ScriptedHTTPServer {
        try ScriptedHTTPServer { request in
            let tag = etag.map { "ETag: \($0)\r\n" } ?? ""
            let length = tellsLength ? "Content-Length: \(content.count)\r\n" : "Connection: close\r\n"
            let head = "HTTP/1.1 200 OK\r\n\(tag)\(length)\r\n"
            guard request.method == "GET" else { return [.send(head), .close] }
            let number = request.sequence - 1
            guard number < breaks.count else {
                var body = content
                if damaged { body[10] ^= 1 }
                return [.bytes(Array(head.utf8) + body), .close]
            }
            return [.bytes(Array(head.utf8) + content.prefix(breaks[number])), .delay(.milliseconds(5)), end]
        }
    }

    @Test(arguments: [[], [0], [1_500_000, 3 << 20], [4_999_999]])
    func `standard output gets each byte once, however often the connection breaks`(breaks: [Int]) async throws {
        let server = try Self.stubborn(breaksAfter: breaks)
        defer { server.stop() }
        let output = open(folder["out"], O_WRONLY | O_CREAT, 0o600)
        defer { close(output) }
        let report = await withEngine { await $0.send("\(server.url)/o", toDescriptor: output) }
        #expect(report.failures == [])
        #expect(try folder.read("out") == Self.content)
    }

    @Test func `a repetition that begins otherwise is another object`() async throws {
        let server = try Self.stubborn(breaksAfter: [2 << 20], damaged: true, by: .close)
        defer { server.stop() }
        let output = open(folder["out"], O_WRONLY | O_CREAT, 0o600)
        defer { close(output) }
        let report = await withEngine { await $0.send("\(server.url)/o", toDescriptor: output) }
        #expect(report.failures.map(\.reason) == [.changed])
        #expect(report.exitCode == .temporary)
    }

    @Test(arguments: [true, false])
    func `a server without ranges is relayed in parts of one stream`(tellsLength: Bool) async throws {
        let server = try Self.stubborn(breaksAfter: [700_000, 2_500_000], tellsLength: tellsLength)
        defer { server.stop() }
        let memory = MemoryStore()
        let report = await withEngine(memory) { await $0.relay(["\(server.url)/o"], to: "mem://bucket/copy") }
        #expect(report.failures == [])
        #expect(memory.state.withLock { $0.objects["copy"] } == Self.content)
    }

    @Test func `an object of unknown length is relayed too, an empty one as well`() async throws {
        let server = try ScriptedHTTPServer { request in
            let body = request.target == "/empty" ? [] : Self.content
            let head = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
            return [.bytes(request.method == "GET" ? head + body : head), .close]
        }
        defer { server.stop() }
        let memory = MemoryStore()
        for name in ["full", "empty"] {
            let report = await withEngine(memory) {
                await $0.relay(["\(server.url)/\(name)"], to: "mem://bucket/\(name)")
            }
            #expect(report.failures == [])
        }
        #expect(memory.state.withLock { $0.objects["full"] } == Self.content)
        #expect(memory.state.withLock { $0.objects["empty"] } == [])
    }

    @Test func `what fits neither into memory nor into parts is refused before it is read`() async throws {
        let server = try Self.stubborn()
        defer { server.stop() }
        let report = await withEngine(MemoryStore(multipart: false), bytes: 1 << 20) {
            await $0.relay(["\(server.url)/o"], to: "mem://bucket/copy")
        }
        #expect(report.exitCode == .configuration)
        #expect(report.failures.first?.hint == "copy it to a file first")
        #expect(server.requests.map(\.method) == ["HEAD"])
    }

    @Test(arguments: 0..<12)
    func `parts are relayed exactly, or the upload is aborted`(seed: UInt64) async throws {
        let memory = MemoryStore(
            ["from": Self.content], faults: [.reset, .cutShort, .slowDown, .serverError], faultRate: 5 * seed,
            seed: seed)
        let report = await withEngine(memory) { await $0.relay(["mem://bucket/from"], to: "mem://bucket/to") }
        let state = memory.state.withLock { ($0.objects["to"], $0.uploads.count) }
        #expect(state.1 == 0, "no upload is left open")
        if report.isComplete { #expect(state.0 == Self.content) }
        #expect(memory.state.withLock { $0.mostRunning } <= 4, "memory has room for so many parts")
    }

    @Test func `keys that would be a file and a folder are both copied`() async throws {
        let objects: [String: [UInt8]] = ["p/a": [1], "p/a/b": [2], "p/a/": [], "p/c//d": [3]]
        let memory = MemoryStore(objects)
        let report = await withEngine(memory) { await $0.relay(["mem://bucket/p/"], to: "mem://bucket/q/") }
        #expect(report.failures == [])
        for (key, bytes) in objects {
            #expect(memory.state.withLock { $0.objects["q" + key.dropFirst()] } == bytes)
        }
    }

    @Test(arguments: [true, false]) func `a server that asks for a pause gets it, place or no place`(hasPlace: Bool)
        async throws
    {
        let engine = TransferEngine(
            stores: MemoryResolver(store: MemoryStore()), configuration: TransferConfiguration(retry: quickRetries))
        let pause = Duration.milliseconds(100)
        let begun = ContinuousClock.now
        var tries = 0
        try await engine.requests { _ in }.run("http://h/x", bytes: hasPlace ? 0 : nil) {
            () async throws(TransferError) in
            tries += 1
            if tries == 1 {
                throw TransferError("x", .throttled(retryAfter: pause), "slow down")
            }
        }
        #expect(ContinuousClock.now - begun >= pause)
    }

    @Test func `a store's checksum of the whole is compared part by part`() async throws {
        let memory = MemoryStore(["from": Self.content], faults: [.damaged], faultRate: 100)
        let report = await withEngine(memory) { await $0.relay(["mem://bucket/from"], to: "mem://bucket/to") }
        guard case .checksum = report.failures.first?.reason else {
            Issue.record("\(report.failures)")
            return
        }
        #expect(memory.state.withLock { $0.objects["to"] } == nil)
    }
}

extension TransferEngine {
    fileprivate func relay(_ urls: [String], to target: String) async -> TransferReport {
        await relay(urls.map { InputRequest(from: $0, to: "") }, to: target)
    }
}
