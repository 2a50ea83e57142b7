import Foundation
import Glibc
import Synchronization
import Testing

/// A bucket of one kind of store, as a value that answers: the socket in front of it is the test's, which counts, loses and
/// damages what passes.
///
///     let store = try await ServedStore(.google)
///     let server = try ScriptedHTTPServer { store.answer($0).steps }
///     … store.url("key", at: server.url), store.environment(at: server.url) …
package final class ServedStore: Sendable {
    package typealias Request = ScriptedHTTPServer.Request

    package enum Kind: String, Sendable, CaseIterable, CustomTestStringConvertible {
        /// SeaweedFS, which checks signatures, and moto, which takes every key.
        case s3, moto
        case google, azure
        /// What PUT has stored, with ranges and ETags.
        case web

        package var testDescription: String { rawValue }
        /// Whether `prefix/` names objects.
        package var lists: Bool { self != .web }
        package var tools: [Tool] { self == .s3 ? [.seaweedFS, .curl] : self == .moto ? [.moto, .curl] : [] }
        package var isHere: Bool { tools.allSatisfy { $0.path != nil } }
    }

    private enum Origin {
        case real(port: Int, URL: String, bucket: String, environment: [String: String], any Sendable)
        case google(ScriptedGoogle)
        case azure(ScriptedAzure)
        case web(WebFolder)
    }

    package let kind: Kind
    private let origin: Origin

    package init(_ kind: Kind) async throws {
        self.kind = kind
        switch kind {
        case .s3:
            let server = try await SeaweedFS.shared()
            let bucket = try await server.makeBucket()
            origin = try Self.real(server.endpoint, bucket, server.environment(), server)
        case .moto:
            let server = try await Moto.shared()
            let bucket = "bucket-\(UUID().uuidString.lowercased())"
            try await output(
                Tool.curl.requiredPath(), Self.curl + ["--request", "PUT", "\(server.endpoint)/\(bucket)"])
            let keys = ["AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_REGION": "us-east-1"]
            origin = try Self.real(server.endpoint, bucket, keys, server)
        case .google: origin = .google(ScriptedGoogle())
        case .azure: origin = .azure(ScriptedAzure())
        case .web: origin = .web(WebFolder())
        }
    }

    private static func real(_ url: String, _ bucket: String, _ environment: [String: String], _ server: any Sendable)
        throws -> Origin
    {
        guard let port = url.split(separator: ":").last.flatMap({ Int($0) }) else { throw POSIXError(.EINVAL) }
        return .real(port: port, URL: url, bucket: bucket, environment: environment, server)
    }

    /// What precedes every key, seen through the socket at `server`.
    package func base(at server: String) -> String {
        switch origin {
        case .real(_, _, let bucket, _, _): "s3://\(bucket)/"
        case .google: "gs://bucket/"
        case .azure: "az://\(ScriptedAzure.account)/container/"
        case .web: "\(server)/"
        }
    }

    package func url(_ key: String, at server: String) -> String {
        base(at: server) + (kind == .web ? Self.encoded(key) : key)
    }

    package static func encoded(_ key: String) -> String {
        let kept = CharacterSet(charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/")
        return key.addingPercentEncoding(withAllowedCharacters: kept) ?? key
    }

    /// What leads there, and nobody's own settings.
    package func environment(at server: String) -> [String: String] {
        let own: [String: String] =
            switch origin {
            case .real(_, _, _, let environment, _):
                environment.merging(["AWS_ENDPOINT_URL_S3": server, "AWS_CONFIG_FILE": "/dev/null"]) { $1 }
            case .google: ["STORAGE_EMULATOR_HOST": server]
            case .azure:
                [
                    "AZURE_STORAGE_SERVICE_ENDPOINT": "\(server)/\(ScriptedAzure.account)",
                    "AZURE_STORAGE_KEY": ScriptedAzure.keyText,
                ]
            case .web: [:]
            }
        return own.merging(["no_proxy": "*"]) { $1 }
    }

    package func answer(_ request: Request) -> ScriptedAnswer {
        switch origin {
        case .real(let port, _, _, _, _): Forwarding(port: port, keepsChecksums: kind == .moto).answer(request)
        case .google(let google): google.answer(request)
        case .azure(let azure): azure.answer(request)
        case .web(let folder): folder.answer(request)
        }
    }

    // MARK: - Behind the socket's back

    package func put(_ bytes: [UInt8], _ key: String) async throws {
        switch origin {
        case .real(_, let url, let bucket, _, let server):
            if let server = server as? SeaweedFS { return try await server.put(bytes, key, in: bucket) }
            try await output(
                Tool.curl.requiredPath(),
                Self.curl + ["--upload-file", "-", "\(url)/\(bucket)/\(Self.encoded(key))"], input: bytes)
        case .google(let google): google.put(bytes, "bucket/\(key)")
        case .azure(let azure): azure.put(bytes, "container/\(key)")
        case .web(let folder): folder.put(bytes, key)
        }
    }

    /// `nil` where there is no such object.
    package func bytes(_ key: String) async throws -> [UInt8]? {
        switch origin {
        case .real(_, let url, let bucket, _, let server):
            if let server = server as? SeaweedFS { return try? await server.get(key, from: bucket) }
            let child = try ChildProcess(
                Tool.curl.requiredPath(), Self.curl + ["\(url)/\(bucket)/\(Self.encoded(key))"])
            return try await child.wait(atMost: .seconds(60)).isSuccess ? child.outputBytes : nil
        case .google(let google): return google.objects["bucket/\(key)"]?.bytes
        case .azure(let azure): return azure.blobs["container/\(key)"]?.bytes
        case .web(let folder): return folder[key]
        }
    }

    /// The object that a request would read or write whole or in part, by its key.
    package func object(of request: Request) -> (key: String, isRead: Bool)? {
        let target = request.target
        let path = String(target.prefix { $0 != "?" }).removingPercentEncoding ?? ""
        switch (origin, request.method) {
        case (.google, "GET"):
            let parts = path.components(separatedBy: "/b/bucket/o/")
            return parts.count == 2 && target.contains("alt=media") ? (parts[1], true) : nil
        case (.google, "POST"):
            let head = String(decoding: request.body.prefix(2000), as: UTF8.self)
            return head.firstMatch(of: /"name":\s?"([^"]+)"/).map { (String($0.1), false) }
        case (.real(_, _, let bucket, _, _), "GET"), (.real(_, _, let bucket, _, _), "PUT"):
            let prefix = "/\(bucket)/"
            guard path.hasPrefix(prefix), path != prefix else { return nil }
            return (String(path.dropFirst(prefix.count)), request.method == "GET")
        case (.azure, "GET"), (.azure, "PUT"):
            let prefix = "/\(ScriptedAzure.account)/container/"
            guard path.hasPrefix(prefix) else { return nil }
            return (String(path.dropFirst(prefix.count)), request.method == "GET")
        case (.web, "GET"), (.web, "PUT"): return (String(path.dropFirst()), request.method == "GET")
        default: return nil
        }
    }

    /// Uploads in parts that nobody has ended, where that can be seen.
    package var openUploads: Int {
        switch origin {
        case .real, .web: 0
        case .google(let google): google.openUploads
        case .azure(let azure): azure.openBlocks
        }
    }

    /// moto wants a signature, and looks at none.
    private static let curl = [
        "--silent", "--show-error", "--fail", "--path-as-is", "--noproxy", "*", "--header",
        "Authorization: AWS4-HMAC-SHA256 Credential=A/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=0",
    ]
}

/// Passes a request on to a real server, so that its answer is a value too.
private struct Forwarding {
    let port: Int
    let keepsChecksums: Bool

    func answer(_ request: ServedStore.Request) -> ScriptedAnswer {
        // HTTP/1.0: the answer ends with the connection.
        let dropped: Set = ["connection", "expect", "transfer-encoding", "content-length"]
        var headers = request.headers.filter { !dropped.contains($0.name.lowercased()) }.map {
            "\($0.name): \($0.value)"
        }
        // moto keeps the checksum of an object that is sent whole only where an SDK names its kind.
        if keepsChecksums, request.headers.contains(where: { $0.name.lowercased() == "x-amz-checksum-crc32c" }) {
            headers.append("x-amz-sdk-checksum-algorithm: CRC32C")
        }
        let lines =
            ["\(request.method) \(request.target) HTTP/1.0"] + headers + ["Content-Length: \(request.body.count)"]
        guard let raw = exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + request.body),
            let end = raw.firstRange(of: Array("\r\n\r\n".utf8))
        else { return ScriptedAnswer(502) }
        let head = String(decoding: raw[..<end.lowerBound], as: UTF8.self).components(separatedBy: "\r\n")
        let status = head[0].split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 502
        var answer = ScriptedAnswer(status, Array(raw[end.upperBound...]))
        for line in head.dropFirst() {
            let name = line.prefix { $0 != ":" }.lowercased()
            if name == "content-length", request.method == "HEAD" {
                answer.length = Int(line.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces))
            }
            if !dropped.contains(name) { answer.headers.append(line) }
        }
        return answer
    }

    private func exchange(_ bytes: [UInt8]) -> [UInt8]? {
        guard let socket = ScriptedWire.connected(toPort: port) else { return nil }
        defer { close(socket) }
        guard ScriptedWire(socket: socket).send(bytes) else { return nil }
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(socket, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return count == 0 ? answer : nil }
            answer += buffer[..<count]
        }
    }
}

/// A web server that keeps what it is sent.
private final class WebFolder: Sendable {
    private struct File {
        var bytes: [UInt8]
        var version: Int
    }

    private let files = Mutex(ByName<File>())

    subscript(key: String) -> [UInt8]? { files.withLock { $0[key]?.bytes } }

    func put(_ bytes: [UInt8], _ key: String) {
        files.withLock { $0[key] = File(bytes: bytes, version: ($0[key]?.version ?? 0) + 1) }
    }

    private static func path(_ target: String) -> [UInt8] {
        var rest = target.utf8.prefix { $0 != UInt8(ascii: "?") }.dropFirst()
        var path: [UInt8] = []
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%"), let code = UInt8(String(Substring(rest.prefix(2))), radix: 16) else {
                path.append(byte)
                continue
            }
            path.append(code)
            rest = rest.dropFirst(2)
        }
        return path
    }

    func answer(_ request: ServedStore.Request) -> ScriptedAnswer {
        let name = Self.path(request.target)
        return files.withLock { files in
            if request.method == "PUT" {
                files[name] = File(bytes: request.body, version: (files[name]?.version ?? 0) + 1)
                return ScriptedAnswer(201, headers: ["ETag: \"\(files[name]?.version ?? 0)\""])
            }
            guard let file = files[name] else { return ScriptedAnswer(404) }
            let headers = ["ETag: \"\(file.version)\"", "Accept-Ranges: bytes"]
            if let wanted = request["If-Match"], wanted != "\"\(file.version)\"" { return ScriptedAnswer(412) }
            if request.method == "HEAD" { return ScriptedAnswer(200, headers: headers, length: file.bytes.count) }
            guard let range = request["Range"] else { return ScriptedAnswer(200, headers: headers, file.bytes) }
            let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
            guard let first = ends.first, first < file.bytes.count else { return ScriptedAnswer(416) }
            let last = min(ends.count > 1 ? ends[1] : .max, file.bytes.count - 1)
            return ScriptedAnswer(
                206, headers: headers + ["Content-Range: bytes \(first)-\(last)/\(file.bytes.count)"],
                Array(file.bytes[first...last]))
        }
    }
}
