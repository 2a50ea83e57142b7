import Foundation
import HTTPTransport
import TestSupport
import Testing

@testable import Transfer

struct WebStoreTests {
    private func open(_ url: String, _ environment: [String: String] = [:], bearerFile: String? = nil) throws
        -> ResolvedURL
    {
        var http = HTTPClientConfiguration()
        http.proxy = .none
        return try StoreRegistry(
            StoreConfiguration(environment: environment, bearerFile: bearerFile, http: http)
        ).resolve(url)
    }

    @Test(.requires(.nginx)) func `nginx: size, ranges, change`() async throws {
        let nginx = try await Nginx.start()
        let content = seededBytes(50_000)
        let path = "\(nginx.root)/a b+ü.bin"
        try Data(content).write(to: URL(filePath: path))
        let file = try open(nginx.url("a b+ü.bin"))
        let info = try await file.store.stat(file.key)
        #expect(info.size == 50_000)
        #expect(info.ranges)
        let whole = BytesSink()
        _ = try await file.store.read(file.key, range: nil, matching: info, into: whole)
        #expect(whole.bytes == content)
        let part = BytesSink()
        _ = try await file.store.read(file.key, range: 10..<20_000, matching: info, into: part)
        #expect(part.bytes == Array(content[10..<20_000]))

        try Data(seededBytes(50_001)).write(to: URL(filePath: path))
        let error = await failure { () throws(TransferError) in
            _ = try await file.store.read(file.key, range: 0..<10, matching: info, into: BytesSink())
        }
        #expect(error?.reason == .changed)
        let missing = try open(nginx.url("missing"))
        let notFound = await failure { () throws(TransferError) in _ = try await missing.store.stat(missing.key) }
        #expect(notFound?.reason == .notFound)
    }

    @Test(.requires(.nginx)) func `nginx without ranges is read as a whole`() async throws {
        var options = Nginx.Options()
        options.ranges = false
        let nginx = try await Nginx.start(options)
        try Data("content".utf8).write(to: URL(filePath: "\(nginx.root)/x"))
        let file = try open(nginx.url("x"))
        let info = try await file.store.stat(file.key)
        #expect(!info.ranges)
        let sink = BytesSink()
        let error = await failure { () throws(TransferError) in
            _ = try await file.store.read(file.key, range: 1..<3, matching: info, into: sink)
        }
        #expect(error?.reason == .protocolViolation)
        #expect(sink.bytes.isEmpty)
    }

    @Test(
        .requires(.nginx),
        arguments: [
            ("user:pass%26word@", "", nil), ("", "machine localhost login user password pass&word", nil),
            ("", "machine other login user password pass&word", TransferError.Reason.permission),
            ("", "machine localhost login user password wrong", .permission), ("user:wrong@", "", .permission),
        ])
    func `nginx: user name and password`(userInfo: String, netrc: String, reason: TransferError.Reason?) async throws {
        var options = Nginx.Options()
        options.user = ("user", "pass&word")
        let nginx = try await Nginx.start(options)
        try Data("content".utf8).write(to: URL(filePath: "\(nginx.root)/x"))
        let folder = try TemporaryFolder()
        let url = nginx.url("x").replacing("//", with: "//\(userInfo)", maxReplacements: 1)
        let file = try open(url, ["NETRC": try folder.write(netrc, to: "netrc")])
        let error = await failure { () throws(TransferError) in _ = try await file.store.stat(file.key) }
        #expect(error?.reason == reason)
        #expect(error?.description.contains("wrong") != true)
    }

    @Test(.requires(.nginx, .openssl)) func `nginx: own authority and client certificate`() async throws {
        let certificates = try await Certificates()
        var options = Nginx.Options(certificates: certificates)
        options.demandsClientCertificate = true
        let nginx = try await Nginx.start(options)
        try Data("content".utf8).write(to: URL(filePath: "\(nginx.root)/x"))
        var http = HTTPClientConfiguration()
        http.proxy = .none
        http.tls.trust = .file(certificates.authority)
        http.tls.identity = (
            certificate: [UInt8](try Data(contentsOf: URL(filePath: certificates.clientCertificate))),
            key: [UInt8](try Data(contentsOf: URL(filePath: certificates.clientKey)))
        )
        let file = try StoreRegistry(StoreConfiguration(environment: [:], http: http)).resolve(nginx.url("x"))
        #expect(try await file.store.stat(file.key).size == 7)
        let variables = [
            "SSL_CERT_FILE": certificates.authority, "KPIPE_HTTP_CERTIFICATE_FILE": certificates.clientCertificate,
            "KPIPE_HTTP_KEY_FILE": certificates.clientKey,
        ]
        let byEnvironment = try open(nginx.url("x"), variables)
        #expect(try await byEnvironment.store.stat(file.key).size == 7)
        #expect(throws: TransferError.self) { try open(nginx.url("x"), ["KPIPE_HTTP_CERTIFICATE_FILE": "/missing"]) }
        let distrusting = try open(nginx.url("x"))
        let error = await failure { () throws(TransferError) in _ = try await distrusting.store.stat("/x") }
        #expect(error?.reason == .configuration)
    }

    @Test(arguments: [
        ("SSL certificate problem: unable to get local issuer certificate", "AWS_CA_BUNDLE"),
        ("SSL certificate problem: self-signed certificate in certificate chain", "AWS_CA_BUNDLE"),
        ("SSL certificate problem: certificate has expired", "renewed"),
        ("SSL: no alternative certificate subject name matches target host name '127.0.0.1'", "use a name"),
        ("SSL: certificate subject name 'a' does not match target host name 'b'", "use a name"),
        ("error setting certificate file: /missing", "readable file of PEM"),
        ("tlsv13 alert certificate required", "KPIPE_HTTP_CERTIFICATE_FILE"),
        ("wrong version number", "speaks TLS"),
    ])
    func `what is wrong with a certificate is told with what helps against it`(words: String, hint: String) {
        let error = TransferError(
            TransportError(attempted: "GET https://h/x", reason: .tls(words)), object: "https://h/x")
        #expect(error.description.contains(hint), "\(error)")
        #expect(hint == "AWS_CA_BUNDLE" || hint.contains("PEM") || !error.description.contains("AWS_CA_BUNDLE"))
    }

    @Test(arguments: [403, 405, 501])
    func `a server that refuses HEAD is asked for one byte`(status: Int) async throws {
        let server = try ScriptedHTTPServer { request in
            guard request.method == "GET" else { return [.send("HTTP/1.1 \(status) No\r\nContent-Length: 0\r\n\r\n")] }
            return request["Range"] == "bytes=0-0"
                ? [.respond(206, headers: ["Content-Range: bytes 0-0/12345"], body: [1])] : [.respond(400)]
        }
        defer { server.stop() }
        let file = try open("\(server.url)/x?signature=secret")
        let info = try await file.store.stat(file.key)
        #expect(info.size == 12_345)
        #expect(info.ranges)
    }

    @Test func `and one that ignores ranges too tells the size without its body`() async throws {
        let server = try ScriptedHTTPServer { request in
            request.method == "HEAD"
                ? [.send("HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")]
                : [.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nab"), .stall]
        }
        defer { server.stop() }
        let file = try open("\(server.url)/x")
        let info = try await file.store.stat(file.key)
        #expect(info.size == 1_000_000)
        #expect(!info.ranges)
    }

    @Test func `redirects are followed, and no credential to another origin`() async throws {
        let target = try ScriptedHTTPServer { request in
            request["Authorization"] == nil ? [.ok("found")] : [.respond(400)]
        }
        let server = try ScriptedHTTPServer { request in
            switch request.target {
            case "/start": [.respond(302, headers: ["Location: /second?x=1"])]
            case "/second?x=1" where request["Authorization"] != nil:
                [.respond(307, headers: ["Location: \(target.url)/third"])]
            default: [.respond(404)]
            }
        }
        defer {
            server.stop()
            target.stop()
        }
        let file = try open("http://user:word@127.0.0.1:\(server.port)/start")
        let sink = BytesSink()
        _ = try await file.store.read(file.key, range: nil, matching: nil, into: sink)
        #expect(sink.text == "found")
        #expect(sink.begun.count == 1)
    }

    @Test func `a circle of redirects ends`() async throws {
        let server = try ScriptedHTTPServer { _ in [.respond(302, headers: ["Location: /again"])] }
        defer { server.stop() }
        let file = try open("\(server.url)/x")
        let error = await failure { () throws(TransferError) in _ = try await file.store.stat(file.key) }
        #expect(error?.reason == .configuration)
        #expect(server.requests.count == WebRedirect.maximum + 1)
    }

    @Test(arguments: [
        (302, "http://h/x", "GET", "https://h/", WebRedirect.Step.refuse("the server redirects from https to http")),
        (302, "/x", "PUT", "http://h/", .refuse("the server redirects the upload to a page")),
        (302, nil, "GET", "http://h/", .refuse("the server redirects to nowhere")),
        (200, "/x", "GET", "http://h/", nil), (304, nil, "GET", "http://h/", nil),
    ])
    func `redirects that are not followed`(
        status: Int, location: String?, method: String, from: String, expected: WebRedirect.Step?
    ) throws {
        var redirect = WebRedirect()
        let url = try #require(WebURL(from))
        #expect(redirect.step(status: status, location: location, method: method, from: url) == expected)
    }

    @Test func `a bearer token is read from its file each time`() async throws {
        let server = try ScriptedHTTPServer { [.ok($0["Authorization"] ?? "none")] }
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let token = try folder.write("first\n", to: "token")
        let file = try open("\(server.url)/x", ["KPIPE_HTTP_BEARER_FILE": token])
        for word in ["first", "second"] {
            try folder.write("\(word)\n", to: "token")
            let sink = BytesSink()
            _ = try await file.store.read(file.key, range: nil, matching: nil, into: sink)
            #expect(sink.text == "Bearer \(word)")
        }
    }

    @Test(arguments: [
        ("/x", true), ("/x?X-Amz-Signature=s&X-Amz-Date=d", false), ("/x?X-Goog-Signature=s", false),
        ("/x?Expires=1&Signature=s&Key-Pair-Id=k", false), ("/x?sv=2026&se=d&sig=s", false), ("/x?sig=short", true),
    ])
    func `what proves us elsewhere is not shown where a URL is signed`(target: String, isShown: Bool) async throws {
        let server = try ScriptedHTTPServer { [.ok($0["Authorization"] ?? "none")] }
        defer { server.stop() }
        let folder = try TemporaryFolder()
        let bearer = ["KPIPE_HTTP_BEARER_FILE": try folder.write("token", to: "token")]
        let netrc = ["NETRC": try folder.write("default login u password p", to: "netrc")]
        for environment in [bearer, netrc] {
            let file = try open(server.url + target, environment)
            let sink = BytesSink()
            _ = try await file.store.read(file.key, range: nil, matching: nil, into: sink)
            #expect((sink.text != "none") == isShown)
        }
    }

    /// Else `?` begins a query, and two files are one.
    @Test func `names of files stand in a URL as their bytes, stored and looked at again`() async throws {
        let seen = Collected<String>()
        let server = try ScriptedHTTPServer { request in
            seen.add("\(request.method) \(request.target)")
            return [.respond(request.method == "PUT" ? 201 : 200)]
        }
        defer { server.stop() }
        let folder = try TemporaryFolder("names")
        let names = ["100%", "a#b", "a?b", "a?c", "d/y z", "ü"]
        for name in names { try folder.write("", to: name) }
        let engine = TransferEngine(stores: StoreRegistry(StoreConfiguration(environment: [:])))
        let report = await engine.store([OutputRequest(from: "**", to: "\(server.url)/up/")], from: folder.path)
        let paths = ["/up/100%25", "/up/a%23b", "/up/a%3Fb", "/up/a%3Fc", "/up/d/y%20z", "/up/%C3%BC"]
        #expect(report.failures == [] && seen.all.sorted() == paths.map { "PUT \($0)" }.sorted())
        #expect(report.files.map(\.url).sorted() == paths.map { server.url + $0 }.sorted())
        let check = try ManifestCheck("\(server.url)/up", engine: engine, reads: false)
        await check.verdicts(on: report.files.map(Manifest.File.init)) { _, _ in }
        #expect(seen.all.filter { $0.hasPrefix("HEAD") }.sorted() == paths.map { "HEAD \($0)" }.sorted())
    }

    @Test func `folders of WebDAV that are missing are made`() async throws {
        let made = Collected<String>()
        let server = try ScriptedHTTPServer { request in
            switch request.method {
            case "MKCOL":
                made.add(request.target)
                return [.respond(request.target == "/dav/" ? 405 : 201)]
            case "PUT" where request.target != "/x" && made.all.last == "/dav/a%20b/c/": return [.respond(201)]
            default: return [.respond(409)]
            }
        }
        defer { server.stop() }
        let file = try open("\(server.url)/dav/a%20b/c/x")
        _ = try await file.store.write(file.key, BytesSource("content"), ObjectAttributes())
        #expect(made.all == ["/dav/", "/dav/a%20b/", "/dav/a%20b/c/"])
        #expect(server.requests.last.map { $0.method == "PUT" && $0.body == Array("content".utf8) } == true)
        let top = try open("\(server.url)/x")
        let error = await failure { () throws(TransferError) in
            _ = try await top.store.write(top.key, BytesSource("content"), ObjectAttributes())
        }
        #expect(error?.reason == .server(status: 409))
    }

    @Test func `a file is put, after a redirect too`() async throws {
        let server = try ScriptedHTTPServer { request in
            request.target == "/x"
                ? [.respond(307, headers: ["Location: /y"])]
                : [.respond(request.body == Array("content".utf8) ? 201 : 400, headers: ["ETag: \"e\""])]
        }
        defer { server.stop() }
        let file = try open("\(server.url)/x")
        let info = try await file.store.write(file.key, BytesSource("content"), ObjectAttributes())
        #expect(info.etag == "\"e\"")
        #expect(server.requests.map(\.method) == ["PUT", "PUT"])
    }

    @Test(arguments: [
        (["x-goog-hash": "crc32c=4waSgw==,md5=AAAA"], "crc32c e3069283"),
        (["x-amz-checksum-crc32c": "4waSgw=="], "crc32c e3069283"),
        (["x-amz-checksum-crc64nvme": "rosUhgp5mIg="], "crc64nvme ae8b14860a799888"),
        (
            ["Repr-Digest": "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:"],
            "sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        (
            ["Digest": "MD5=x, SHA-256=ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="],
            "sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        ),
        (
            [
                "Content-Digest": "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:",
                "Content-Range": "bytes 0-1/2",
            ], nil
        ),
        (["Digest": "sha-256=short"], nil), (["ETag": "\"x\""], nil),
    ])
    func `a server's own checksum is found`(fields: [String: String], expected: String?) {
        var headers = HTTPHeaders()
        for (name, value) in fields { headers.add(name, value) }
        #expect(WebResponse.checksum(headers).map { "\($0.algorithm.rawValue) \($0.hex)" } == expected)
    }

    @Test func `a content coding hides size, ranges and checksum`() {
        let head = HTTPResponseHead(
            status: 200,
            headers: ["Content-Encoding": "gzip", "Content-Length": "9", "Accept-Ranges": "bytes"])
        let info = WebResponse.info("x", head)
        #expect(info.size == nil)
        #expect(!info.ranges)
    }

    @Test(arguments: [
        ("machine h login u password p", "h", "u:p"),
        ("machine H\nlogin u\npassword p # no comment in a line\ndefault login d password e", "h", "u:p"),
        ("default login d password e", "any", "d:e"),
        ("# machine h login x password y\nmachine h login u account a password p", "h", "u:p"),
        (
            "machine a macdef init\n put x\n machine h login wrong password w\n\nmachine h login u password p", "h",
            "u:p"
        ),
        ("machine h login first password p\nmachine h login second password q", "h", "first:p"),
        ("machine", "h", nil), ("", "h", nil),
    ])
    func `netrc files`(text: String, host: String, expected: String?) {
        #expect(NetRC(text).login(host: host).map { "\($0.user):\($0.password)" } == expected)
    }

    @Test(arguments: [
        ("acc.blob.core.windows.net", "BlockBlob"), ("acc.blob.core.usgovcloudapi.net", "BlockBlob"),
        ("acc.z01.blob.storage.azure.net", "BlockBlob"), ("blob.example", nil),
    ])
    func `a signed URL of Azure's is told what it is to become`(host: String, type: String?) {
        let origin = WebOrigin(scheme: .https, host: host)
        #expect(WebStore.headers(of: ObjectAttributes(), to: origin)["x-ms-blob-type"] == type)
    }
}
