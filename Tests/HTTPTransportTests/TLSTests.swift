import Foundation
import HTTPTransport
import Synchronization
import TestSupport
import Testing

/// Trust, client certificates, names and HTTP/2, against nginx.
@Suite struct TLSTests {
    struct Setup {
        var certificates: Certificates
        var nginx: Nginx
        var trust: TLSConfiguration.Trust

        init(_ change: (inout Nginx.Options) -> Void = { _ in }) async throws {
            certificates = try await Certificates()
            var options = Nginx.Options(certificates: certificates)
            change(&options)
            nginx = try await Nginx.start(options)
            try TLSTests.write("whole", to: nginx.root + "/file")
            trust = .pem(try TLSTests.bytes(certificates.authority))
        }

        func client(_ trust: TLSConfiguration.Trust, identity: Bool = false, serverName: String? = nil) throws
            -> HTTPClient
        {
            var tls = TLSConfiguration(trust: trust, serverName: serverName)
            if identity {
                tls.identity = (
                    try TLSTests.bytes(certificates.clientCertificate), try TLSTests.bytes(certificates.clientKey)
                )
            }
            return HTTPClient(.init(tls: tls, proxy: .none))
        }
    }

    static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

    static func write(_ text: String, to path: String) throws { try Data(text.utf8).write(to: URL(filePath: path)) }

    @Test func trustIsTheConfiguredOneAlone() async throws {
        let setup = try await Setup()
        let request = HTTPRequest("GET", setup.nginx.url("file"))
        for trust in [setup.trust, .file(setup.certificates.authority), .nothingChecked] {
            let client = try setup.client(trust)
            #expect(try await client.execute(request).body == Array("whole".utf8))
            await client.shutdown()
        }
        let client = try setup.client(.system)
        let error = await #expect(throws: TransportError.self) { try await client.execute(request) }
        guard case .tls = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(error?.nothingSent == true)
        #expect(error?.isTransient == false)
        await client.shutdown()
    }

    @Test func theNameIsCheckedAndCanBeAnother() async throws {
        let setup = try await Setup()
        let wrong = try setup.client(setup.trust, serverName: "other.example")
        let mismatch = await #expect(throws: TransportError.self) {
            try await wrong.execute(HTTPRequest("GET", setup.nginx.url("file")))
        }
        guard case .tls(let why) = mismatch?.reason else {
            Issue.record("\(String(describing: mismatch))")
            return
        }
        #expect(why.contains("other.example"))
        await wrong.shutdown()

        let named = try setup.client(setup.trust, serverName: "localhost")
        let address = setup.nginx.url("file").replacing("localhost", with: "127.0.0.1")
        #expect(try await named.execute(HTTPRequest("GET", address)).head.status == 200)
        await named.shutdown()
    }

    @Test func aClientCertificateIsGivenFromMemory() async throws {
        let setup = try await Setup { $0.demandsClientCertificate = true }
        let request = HTTPRequest("GET", setup.nginx.url("file"))
        let known = try setup.client(setup.trust, identity: true)
        #expect(try await known.execute(request).head.status == 200)
        await known.shutdown()
        let unknown = try setup.client(setup.trust)
        #expect(try await unknown.execute(request).head.status == 400)
        await unknown.shutdown()
    }

    @Test func anUnusableCertificateIsATLSError() async throws {
        let setup = try await Setup()
        let client = HTTPClient(
            .init(
                tls: .init(trust: setup.trust, identity: (Array("nonsense".utf8), Array("nonsense".utf8))), proxy: .none
            ))
        let error = await #expect(throws: TransportError.self) {
            try await client.execute(HTTPRequest("GET", setup.nginx.url("file")))
        }
        guard case .tls = error?.reason else {
            Issue.record("\(String(describing: error))")
            return
        }
        await client.shutdown()
    }

    @Test(arguments: [HTTPVersionPolicy.http1, .negotiate])
    func theVersionIsTheAskedOne(policy: HTTPVersionPolicy) async throws {
        let setup = try await Setup { $0.http2 = true }
        let client = try setup.client(setup.trust)
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    try await client.execute(HTTPRequest("GET", setup.nginx.url("file"), version: policy)).head.version
                }
            }
            for try await version in group { #expect(version == (policy == .http1 ? "1.1" : "2")) }
        }
        await client.shutdown()
    }

    @Test func bothVersionsLiveBesideEachOther() async throws {
        let setup = try await Setup { $0.http2 = true }
        let client = try setup.client(setup.trust)
        for policy in [HTTPVersionPolicy.negotiate, .http1, .negotiate, .http1] {
            let head = try await client.execute(HTTPRequest("GET", setup.nginx.url("file"), version: policy)).head
            #expect(head.version == (policy == .http1 ? "1.1" : "2"))
        }
        await client.shutdown()
    }

    @Test func priorKnowledgeOutlivesItsConnection() async throws {
        var options = Nginx.Options()
        options.http2 = true
        options.directives = ["keepalive_requests 3;"]
        let nginx = try await Nginx.start(options)
        try Self.write("whole", to: nginx.root + "/file")
        let client = HTTPClient(.init(proxy: .none))
        let request = HTTPRequest("GET", nginx.url("file"), version: .http2PriorKnowledge)
        for _ in 0..<10 { #expect(try await client.execute(request).head.version == "2") }
        await client.shutdown()
    }

    @Test func aPausedBodyOverHTTP2GoesOnAndDoesNotHoldUpOthers() async throws {
        let setup = try await Setup { $0.http2 = true }
        let content = seededBytes(4 << 20)
        try Data(content).write(to: URL(filePath: setup.nginx.root + "/big"))
        let client = try setup.client(setup.trust)
        let sink = ProbeSink.pausing(after: 1 << 20)
        async let head = client.execute(
            HTTPRequest("GET", setup.nginx.url("big"), timeouts: .init(stall: .milliseconds(300)), version: .negotiate),
            into: sink)
        try await eventually("the sink holds") { sink.state.withLock { $0.holds } }
        let other = HTTPRequest("GET", setup.nginx.url("file"), version: .negotiate)
        #expect(try await client.execute(other).body == Array("whole".utf8))
        sink.resume()
        #expect(try await head.version == "2")
        #expect(sink.state.withLock { $0.bytes } == content)
        await client.shutdown()
    }

    @Test func priorKnowledgeWorksOnOneConnectionForMany() async throws {
        var options = Nginx.Options()
        options.http2 = true
        let nginx = try await Nginx.start(options)
        try Self.write("whole", to: nginx.root + "/file")
        let client = HTTPClient(.init(proxy: .none))
        let request = HTTPRequest("GET", nginx.url("file"), version: .http2PriorKnowledge)
        for _ in 0..<3 { #expect(try await client.execute(request).head.version == "2") }
        try await withThrowingTaskGroup(of: [UInt8].self) { group in
            for _ in 0..<100 { group.addTask { try await client.execute(request).body } }
            for try await body in group { #expect(body == Array("whole".utf8)) }
        }
        await client.shutdown()
    }
}
