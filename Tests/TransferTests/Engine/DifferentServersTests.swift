import Glibc
import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

/// Servers that are not wrong enough to be given up on: the bytes come, and what the server did is told.
@Suite struct DifferentServersTests {
    typealias Request = ScriptedHTTPServer.Request
    typealias Steps = [ScriptedHTTPServer.Step]

    private static let content = seededBytes(300_000)
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder("different") }

    enum Target: CaseIterable { case file, standardOutput, store }

    private func fetch(
        _ server: ScriptedHTTPServer, into target: Target = .file, told: Collected<String> = Collected()
    ) async -> TransferReport {
        var stores = StoreConfiguration(environment: ["no_proxy": "*"])
        stores.timeouts = HTTPTimeoutsForTests.quick
        let registry = StoreRegistry(stores)
        let engine = TransferEngine(
            stores: registry, configuration: TransferConfiguration(partSize: 64 << 10, retry: quickRetries))
        let handler: TransferEventHandler = { if case .told(_, let text) = $0 { told.add(text) } }
        let input = InputRequest(from: "\(server.url)/o", to: "o")
        let report: TransferReport
        switch target {
        case .file: report = await engine.fetch([input], into: folder.path, onEvent: handler)
        case .store: report = await engine.relay([input], to: "file://\(folder["o"])", onEvent: handler)
        case .standardOutput:
            let output = open(folder["o"], O_WRONLY | O_CREAT, 0o600)
            defer { close(output) }
            report = await engine.send(input.from, toDescriptor: output, onEvent: handler)
        }
        await registry.shutdown()
        server.stop()
        return report
    }

    private static func bounds(_ request: Request) -> Range<Int>? {
        request["Range"].map { range in
            let numbers = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
            return min(numbers[0], content.count)..<min(numbers[1] + 1, content.count)
        }
    }

    /// An answer with the headers of a decent server, but for what is told otherwise.
    private static func answer(
        _ request: Request, status: Int? = nil, length: Int? = nil, ranges: Bool = true, headers: [String] = []
    ) -> Steps {
        let range = request.method == "GET" && ranges ? bounds(request) : nil
        if range?.isEmpty == true { return [.respond(416, headers: ["Content-Range: bytes */\(content.count)"])] }
        let body = range.map { Array(content[$0]) } ?? content
        var head = "HTTP/1.1 \(status ?? (range == nil ? 200 : 206)) Scripted\r\n"
        if let range { head += "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(content.count)\r\n" }
        if ranges { head += "Accept-Ranges: bytes\r\n" }
        for header in headers { head += header + "\r\n" }
        head += "Content-Length: \(length ?? body.count)\r\n\r\n"
        return [.bytes(Array(head.utf8) + (request.method == "HEAD" ? [] : body))]
    }

    private static let etag = ["ETag: \"1\""]

    private static let servers: [(name: String, answers: @Sendable (Request) -> Steps)] = [
        ("200 with Content-Range", { answer($0, status: 200, headers: etag) }),
        ("203 for 200", { answer($0, status: 203, ranges: false, headers: etag) }),
        ("HEAD says less", { $0.method == "HEAD" ? answer($0, length: 10, headers: etag) : answer($0, headers: etag) }),
        (
            "HEAD says more",
            {
                $0.method == "HEAD" ? answer($0, length: 900_000, headers: etag) : answer($0, headers: etag)
            }
        ),
        (
            "HEAD says nothing is there",
            {
                $0.method == "HEAD" ? answer($0, length: 0, ranges: false) : answer($0, ranges: false)
            }
        ),
        ("HEAD is 404", { $0.method == "HEAD" ? [.respond(404)] : answer($0, headers: etag) }),
        ("HEAD is 500", { $0.method == "HEAD" ? [.respond(500)] : answer($0, headers: etag) }),
        ("HEAD is hung up on", { $0.method == "HEAD" ? [.reset] : answer($0, headers: etag) }),
        ("HEAD has no answer", { $0.method == "HEAD" ? [.stall] : answer($0, headers: etag) }),
        (
            "HEAD and ranges are refused",
            { request in
                request.method == "HEAD"
                    ? [.respond(405)]
                    : request["Range"] != nil ? [.respond(400)] : answer(request, ranges: false)
            }
        ),
        (
            "ranges are promised and refused",
            { request in
                request["Range"] != nil ? [.respond(416)] : answer(request, headers: etag)
            }
        ),
        (
            "ranges are promised and forbidden",
            { $0["Range"] == nil ? answer($0, headers: etag) : [.respond(403)] }
        ),
        (
            "ranges are promised and nowhere",
            { $0["Range"] == nil ? answer($0, headers: etag) : [.respond(404)] }
        ),
        (
            "the rest of it is forbidden",
            { request in
                guard request.method == "GET", request["Range"] == nil, request.sequence == 1 else {
                    return request["Range"] == nil ? answer(request, headers: etag) : [.respond(403)]
                }
                let head = "HTTP/1.1 200 OK\r\nETag: \"1\"\r\nContent-Length: \(content.count)\r\n\r\n"
                return [.bytes(Array(head.utf8) + content.prefix(100_000)), .delay(.milliseconds(5)), .close]
            }
        ),
        ("another ETag with every answer", { answer($0, headers: ["ETag: \"\($0.sequence)\""]) }),
        (
            "another time with every answer",
            { answer($0, headers: ["Last-Modified: Mon, 02 Nov 2026 10:00:\(10 + $0.sequence) GMT"]) }
        ),
        ("ranges are promised and whole", { answer($0, ranges: $0.method == "HEAD", headers: etag) }),
        ("another ETag to HEAD", { answer($0, headers: ["ETag: \"\($0.method)\""]) }),
        (
            "other ranges than asked for",
            { request in
                guard request.method == "GET", request["Range"] != nil else { return answer(request, headers: etag) }
                let head = ["Content-Range: bytes 0-9/\(content.count)", "ETag: \"1\""]
                return [.respond(206, headers: head, body: Array(content.prefix(10)))]
            }
        ),
        (
            "no ranges, and one stall",
            { request in
                guard request.method == "GET", request.sequence == 1 else { return answer(request, ranges: false) }
                let head = "HTTP/1.1 200 OK\r\nContent-Length: \(content.count)\r\n\r\n"
                return [.bytes(Array(head.utf8) + content.prefix(1000)), .stall]
            }
        ),
        (
            "one login page",
            { request in
                guard request.method == "GET", request.sequence == 1 else { return answer(request, headers: etag) }
                return [.ok("<html>log in</html>", headers: ["Content-Type: text/html; charset=utf-8"])]
            }
        ),
        (
            "one login page for all of it",
            { request in
                guard request.method == "GET", request.sequence == 1 else {
                    return answer(request, ranges: false, headers: etag)
                }
                let page = Array("<html>".utf8) + [UInt8](repeating: 0x20, count: content.count - 6)
                return [.respond(200, headers: ["Content-Type: text/html"], body: page)]
            }
        ),
    ]

    @Test(arguments: servers.indices, Target.allCases)
    func `the bytes come all the same`(index: Int, target: Target) async throws {
        let server = try ScriptedHTTPServer(Self.servers[index].answers)
        let report = await fetch(server, into: target)
        #expect(report.failures == [], "\(Self.servers[index].name)")
        #expect(try folder.read("o") == Self.content, "\(Self.servers[index].name)")
    }

    @Test(arguments: [true, false])
    func `a server that knows no Expect gets the upload without`(closes: Bool) async throws {
        try folder.write(seededBytes(3 << 20), to: "big")
        let server = try ScriptedHTTPServer(readsBodies: false) { request in
            guard request["Expect"] != nil else { return [.readBody, .respond(201)] }
            let refusal = "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n"
            return closes ? [.send(refusal + "Connection: close\r\n\r\n"), .close] : [.send(refusal + "\r\n")]
        }
        let registry = StoreRegistry(StoreConfiguration(environment: ["no_proxy": "*"]))
        let report = await TransferEngine(stores: registry, configuration: TransferConfiguration(retry: quickRetries))
            .store([OutputRequest(from: "big", to: "\(server.url)/o")], from: folder.path)
        await registry.shutdown()
        server.stop()
        #expect(report.failures == [])
        #expect(server.requests.map { $0["Expect"] != nil } == [true, false])
    }

    /// Two versions behind one name, told apart by nothing but their bytes.
    @Test func `without a validator a file is of one answer`() async throws {
        let other = seededBytes(300_000, seed: 9)
        let server = try ScriptedHTTPServer { request in
            guard request.method == "GET" else { return Self.answer(request) }
            let content = request.sequence.isMultiple(of: 2) ? Self.content : other
            let range = Self.bounds(request) ?? 0..<content.count
            let isCut = request.sequence == 1
            let head =
                "HTTP/1.1 \(request["Range"] == nil ? 200 : 206) OK\r\nAccept-Ranges: bytes\r\n"
                + (request["Range"] == nil
                    ? "" : "Content-Range: bytes \(range.lowerBound)-\(range.upperBound - 1)/\(content.count)\r\n")
                + "Content-Length: \(range.count)\r\n\r\n"
            let body = content[range]
            return [.bytes(Array(head.utf8) + (isCut ? body.prefix(100_000) : body))] + (isCut ? [.close] : [])
        }
        let report = await fetch(server)
        #expect(report.failures == [])
        let bytes = try folder.read("o")
        #expect(bytes == Self.content || bytes == other)
        #expect(server.requests.allSatisfy { $0["Range"] == nil })
    }

    @Test func `a server that contradicts itself is quoted`() async throws {
        let server = try ScriptedHTTPServer { request in
            Self.answer(request, length: request.method == "HEAD" ? 10 : nil, headers: Self.etag)
        }
        let told = Collected<String>()
        #expect(await fetch(server, told: told).failures == [])
        #expect(told.all.count == 1)
        #expect(told.all.first?.contains("10 bytes became 300000") == true)
    }
}

enum HTTPTimeoutsForTests {
    static let quick = HTTPTimeouts(firstByte: .seconds(1), stall: .milliseconds(500), minimumRate: 1000)
}
