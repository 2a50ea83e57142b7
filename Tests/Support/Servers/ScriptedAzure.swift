import CChecksum
import CCrypto
import Foundation
import Synchronization

/// Azure Blob Storage in memory, written from its documentation: block blobs with conditions, checksums and listings, at
/// `/ACCOUNT/CONTAINER/BLOB` as emulators have it. Signatures are checked. Microsoft's own client and rclone are tests of
/// it.
///
/// A value that answers; `ScriptedHTTPServer` is the socket around it, so that a test can lose or damage answers.
package final class ScriptedAzure: Sendable {
    package static let account = "devaccount"
    private static let key = Data("a key of the scripted account's own".utf8)

    package struct Blob: Sendable {
        package var bytes: [UInt8]
        package var etag: String
        package var headers: [String: String] = [:]
        /// Names as they were given, in base 64.
        package var blocks: [String] = []
    }

    private struct State {
        /// By `container/name`.
        var blobs = ByName<Blob>()
        /// Uncommitted blocks, by `container/name` and the block's name in base 64.
        var blocks: [String: [String: [UInt8]]] = [:]
        var containers: Set<String> = ["container"]
        var tags = 0
        /// Bearer tokens that are let in.
        var tokens: Set<String> = []
        /// The query of the one signature that is let in.
        var signature: String?
        var isPublic = false
        var pageSize = 5000
    }

    private let state = Mutex(State())

    package init() {}

    package var blobs: ByName<Blob> { state.withLock { $0.blobs } }
    package var openBlocks: Int { state.withLock { $0.blocks.values.reduce(0) { $0 + $1.count } } }

    package func put(_ bytes: [UInt8], _ path: String) { state.withLock { _ = Self.store(bytes, path, &$0) } }
    package func admit(tokens: Set<String> = [], signature: String? = nil, everybody: Bool = false) {
        state.withLock { ($0.tokens, $0.signature, $0.isPublic) = (tokens, signature, everybody) }
    }
    package func list(by size: Int) { state.withLock { $0.pageSize = size } }

    /// For `AZURE_STORAGE_KEY`.
    package static var keyText: String { key.base64EncodedString() }
    package static func connectionString(_ url: String) -> String {
        "DefaultEndpointsProtocol=http;AccountName=\(account);AccountKey=\(keyText);BlobEndpoint=\(url)/\(account);"
    }

    package static func crc64(_ bytes: [UInt8]) -> String {
        let value = kpipe_crc64nvme(0, bytes, bytes.count)
        return Data(withUnsafeBytes(of: value.littleEndian, Array.init)).base64EncodedString()
    }

    private struct Call {
        var request: ScriptedHTTPServer.Request
        var path: String
        var query: [String: String]
        var body: [UInt8] { request.body }
        subscript(name: String) -> String? { request[name] }
    }

    package func answer(_ request: ScriptedHTTPServer.Request) -> ScriptedAnswer {
        state.withLock { state in
            guard let components = URLComponents(string: request.target),
                components.percentEncodedPath.hasPrefix("/\(Self.account)/"),
                let path = String(components.percentEncodedPath.dropFirst(Self.account.count + 2))
                    .removingPercentEncoding
            else { return Self.failure(400, "InvalidUri") }
            let query = Dictionary(
                (components.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { $1 })
            let call = Call(request: request, path: path, query: query)
            if let refusal = Self.refusal(call, components, state) { return refusal }
            guard request["x-ms-version"] != nil || state.isPublic else {
                return Self.failure(400, "MissingRequiredHeader")
            }
            let parts = path.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else { return Self.container(call, String(parts[0]), &state) }
            guard state.containers.contains(String(parts[0])) else {
                return Self.failure(404, "ContainerNotFound", call)
            }
            return Self.blob(call, &state)
        }
    }

    // MARK: - Who asks

    private static func refusal(_ call: Call, _ components: URLComponents, _ state: State) -> ScriptedAnswer? {
        let given = call["Authorization"] ?? ""
        if given.hasPrefix("Bearer ") {
            return state.tokens.contains(String(given.dropFirst(7)))
                ? nil : failure(401, "InvalidAuthenticationInfo", call)
        }
        if given.hasPrefix("SharedKey ") {
            return given == "SharedKey \(account):\(signature(call, components))"
                ? nil : failure(403, "AuthenticationFailed", call)
        }
        if call.query["sig"] != nil {
            let isMeant = state.signature.map { components.percentEncodedQuery?.contains($0) == true } == true
            return isMeant ? nil : failure(403, "AuthenticationFailed", call)
        }
        return state.isPublic ? nil : failure(401, "NoAuthenticationInformation", call)
    }

    private static func signature(_ call: Call, _ components: URLComponents) -> String {
        var lines = [call.request.method]
        for name in [
            "Content-Encoding", "Content-Language", "Content-Length", "Content-MD5", "Content-Type", "Date",
            "If-Modified-Since", "If-Match", "If-None-Match", "If-Unmodified-Since", "Range",
        ] {
            let value = call[name] ?? ""
            lines.append(name == "Content-Length" && value == "0" ? "" : value)
        }
        lines += call.request.headers.map { ($0.name.lowercased(), $0.value) }.filter { $0.0.hasPrefix("x-ms-") }
            .sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }
        lines.append("/\(account)\(components.percentEncodedPath)")
        lines += call.query.map { ($0.key.lowercased(), $0.value) }.sorted { $0.0 < $1.0 }.map { "\($0.0):\($0.1)" }
        return hmac(lines.joined(separator: "\n"))
    }

    private static func hmac(_ text: String) -> String {
        let text = Array(text.utf8)
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        _ = key.withUnsafeBytes {
            HMAC(EVP_sha256(), $0.baseAddress, Int32($0.count), text, text.count, &digest, &length)
        }
        return Data(digest).base64EncodedString()
    }

    // MARK: - Containers

    private static func container(_ call: Call, _ name: String, _ state: inout State) -> ScriptedAnswer {
        switch (call.request.method, call.query["comp"]) {
        case ("PUT", nil):
            return state.containers.insert(name).inserted
                ? ScriptedAnswer(201) : failure(409, "ContainerAlreadyExists", call)
        case _ where !state.containers.contains(name): return failure(404, "ContainerNotFound", call)
        case ("GET", "list"): return list(call, name, state)
        default: return ScriptedAnswer(200, headers: ["ETag: \"0x1\"", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT"])
        }
    }

    private static func list(_ call: Call, _ container: String, _ state: State) -> ScriptedAnswer {
        let prefix = call.query["prefix"] ?? ""
        let most = min(call.query["maxresults"].flatMap { Int($0) } ?? 5000, state.pageSize)
        var entries: [(name: String, text: String)] = []
        var folders: Set<String> = []
        for (path, blob) in state.blobs where path.utf8.starts(with: "\(container)/".utf8) {
            let name = String(decoding: path.utf8.dropFirst(container.utf8.count + 1), as: UTF8.self)
            guard name.utf8.starts(with: prefix.utf8), name > call.query["marker"] ?? "" else { continue }
            if let delimiter = call.query["delimiter"], let cut = name.dropFirst(prefix.count).range(of: delimiter) {
                let folder = String(name[..<cut.upperBound])
                if folders.insert(folder).inserted {
                    entries.append((folder, "<BlobPrefix><Name>\(escaped(folder))</Name></BlobPrefix>"))
                }
                continue
            }
            let isOdd = name.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0xFFFE || $0.value == 0xFFFF }
            let shown =
                isOdd ? name.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? name : escaped(name)
            let digest = blob.headers["Content-MD5"].map { "<Content-MD5>\($0)</Content-MD5>" } ?? ""
            entries.append(
                (
                    name,
                    "<Blob><Name\(isOdd ? " Encoded=\"true\"" : "")>\(shown)</Name><Properties><Last-Modified>Sun, 06 Nov 1994 08:49:37 GMT"
                        + "</Last-Modified><Etag>\(blob.etag.filter { $0 != "\"" })</Etag><Content-Length>\(blob.bytes.count)"
                        + "</Content-Length><Content-Type>\(escaped(blob.headers["Content-Type"] ?? ""))</Content-Type>\(digest)"
                        + "<BlobType>BlockBlob</BlobType></Properties></Blob>"
                ))
        }
        entries.sort { $0.name < $1.name }
        let next = entries.count > most ? entries[most - 1].name : ""
        let document =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"\(container)\"><Blobs>"
            + "\(entries.prefix(most).map(\.text).joined())</Blobs><NextMarker>\(escaped(next))</NextMarker></EnumerationResults>"
        return ScriptedAnswer(200, headers: ["Content-Type: application/xml"], text: document)
    }

    // MARK: - Blobs

    private static func blob(_ call: Call, _ state: inout State) -> ScriptedAnswer {
        let blob = state.blobs[call.path]
        switch (call.request.method, call.query["comp"]) {
        case ("PUT", "block"):
            guard let id = call.query["blockid"], Data(base64Encoded: id) != nil else {
                return failure(400, "InvalidQueryParameterValue", call)
            }
            let others = state.blocks[call.path] ?? [:]
            guard others.keys.allSatisfy({ $0.count == id.count }) else {
                return failure(400, "InvalidBlobOrBlock", call)
            }
            if let refusal = damage(call) { return refusal }
            if call["x-ms-copy-source"] != nil {
                switch source(call, state) {
                case .failure(let refusal): return refusal.answer
                case .success(let source): state.blocks[call.path, default: [:]][id] = source.bytes
                }
            } else {
                state.blocks[call.path, default: [:]][id] = call.body
            }
            return ScriptedAnswer(201)
        case ("GET", "blocklist"): return blockList(call, state)
        case ("PUT", "blocklist"):
            if let refusal = condition(call, blob) ?? damage(call) { return refusal }
            return commit(call, &state)
        case ("PUT", nil):
            guard call["x-ms-blob-type"] == "BlockBlob" else { return failure(400, "InvalidHeaderValue", call) }
            if let refusal = condition(call, blob) ?? damage(call) { return refusal }
            if call["x-ms-copy-source"] != nil {
                switch source(call, state) {
                case .failure(let refusal): return refusal.answer
                case .success(let source):
                    return created(store(source.bytes, call.path, headers: properties(call), &state))
                }
            }
            var headers = properties(call)
            headers["Content-MD5"] = headers["Content-MD5"] ?? md5(call.body)
            state.blocks[call.path] = nil
            return created(store(call.body, call.path, headers: headers, &state))
        case ("PUT", _): return failure(400, "InvalidQueryParameterValue", call)
        default:
            guard let blob else { return failure(404, "BlobNotFound", call) }
            if let refusal = condition(call, blob) { return refusal }
            if call.request.method == "DELETE" {
                state.blobs[call.path] = nil
                return ScriptedAnswer(202)
            }
            return content(call, blob)
        }
    }

    private struct Refusal: Error { var answer: ScriptedAnswer }

    /// The bytes that a copy means: read by a signature of its own, as Azure reads them.
    private static func source(_ call: Call, _ state: State) -> Result<Blob, Refusal> {
        func refuse(_ status: Int, _ code: String) -> Result<Blob, Refusal> {
            .failure(Refusal(answer: failure(status, code, call)))
        }
        guard let components = call["x-ms-copy-source"].flatMap({ URLComponents(string: $0) }),
            let path = String(components.percentEncodedPath.dropFirst(account.count + 2)).removingPercentEncoding
        else { return refuse(400, "InvalidHeaderValue") }
        let query = Dictionary((components.queryItems ?? []).map { ($0.name, $0.value ?? "") }) { $1 }
        let lines = [
            query["sp"] ?? "", "", query["se"] ?? "", "/blob/\(account)/\(path)", "", "", "", query["sv"] ?? "",
            query["sr"] ?? "", "", "", "", "", "", "", "",
        ]
        guard query["sig"] == hmac(lines.joined(separator: "\n")) else { return refuse(403, "CannotVerifyCopySource") }
        guard var blob = state.blobs[path] else { return refuse(404, "CannotVerifyCopySource") }
        if let wanted = call["x-ms-source-if-match"], wanted != blob.etag {
            return refuse(412, "SourceConditionNotMet")
        }
        if let range = call["x-ms-source-range"] {
            let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
            blob.bytes = Array(blob.bytes[ends[0]...min(ends[1], blob.bytes.count - 1)])
        }
        return .success(blob)
    }

    private static func content(_ call: Call, _ blob: Blob) -> ScriptedAnswer {
        var headers = [
            "ETag: \(blob.etag)", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT", "x-ms-blob-type: BlockBlob",
            "Accept-Ranges: bytes", "x-ms-lease-status: unlocked", "x-ms-lease-state: available",
        ]
        let range = (call["x-ms-range"] ?? call["Range"]).flatMap { text -> (Int, Int)? in
            let ends = text.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
            return ends.first.map { ($0, min(ends.count > 1 ? ends[1] : .max, blob.bytes.count - 1)) }
        }
        for (name, value) in blob.headers.sorted(by: { $0.key < $1.key }) {
            headers.append("\(range != nil && name == "Content-MD5" ? "x-ms-blob-content-md5" : name): \(value)")
        }
        if call.request.method == "HEAD" { return ScriptedAnswer(200, headers: headers, length: blob.bytes.count) }
        guard let range else { return ScriptedAnswer(200, headers: headers, blob.bytes) }
        guard range.0 <= range.1 else { return failure(416, "InvalidRange", call) }
        headers.append("Content-Range: bytes \(range.0)-\(range.1)/\(blob.bytes.count)")
        return ScriptedAnswer(206, headers: headers, Array(blob.bytes[range.0...range.1]))
    }

    private static func blockList(_ call: Call, _ state: State) -> ScriptedAnswer {
        let blob = state.blobs[call.path]
        let open = state.blocks[call.path] ?? [:]
        guard blob != nil || !open.isEmpty else { return failure(404, "BlobNotFound", call) }
        func block(_ name: String, _ size: Int) -> String { "<Block><Name>\(name)</Name><Size>\(size)</Size></Block>" }
        let committed = (blob?.blocks ?? []).map { block($0, 1) }.joined()
        let uncommitted = open.sorted { $0.key < $1.key }.map { block($0.key, $0.value.count) }.joined()
        let document =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><CommittedBlocks>\(committed)</CommittedBlocks>"
            + "<UncommittedBlocks>\(uncommitted)</UncommittedBlocks></BlockList>"
        return ScriptedAnswer(200, headers: ["Content-Type: application/xml"], text: document)
    }

    private static func commit(_ call: Call, _ state: inout State) -> ScriptedAnswer {
        let text = String(decoding: call.body, as: UTF8.self)
        let names = text.matches(of: /<(Latest|Uncommitted)>(.*?)<\//).map { String($0.2) }
        let open = state.blocks[call.path] ?? [:]
        var bytes: [UInt8] = []
        for name in names {
            guard let block = open[name] else { return failure(400, "InvalidBlockList", call) }
            bytes += block
        }
        // What is not in the list is dropped, whoever sent it.
        state.blocks[call.path] = nil
        var blob = store(bytes, call.path, headers: properties(call), &state)
        blob.blocks = names
        state.blobs[call.path] = blob
        return created(blob)
    }

    private static func condition(_ call: Call, _ blob: Blob?) -> ScriptedAnswer? {
        if let wanted = call["If-Match"], wanted != "*" ? wanted != blob?.etag : blob == nil {
            return failure(412, "ConditionNotMet", call)
        }
        if let unwanted = call["If-None-Match"], let blob, unwanted == "*" || unwanted == blob.etag {
            return call.request.method == "PUT"
                ? failure(409, "BlobAlreadyExists", call) : failure(304, "ConditionNotMet", call)
        }
        return nil
    }

    private static func damage(_ call: Call) -> ScriptedAnswer? {
        if let told = call["x-ms-content-crc64"], told != crc64(call.body) {
            return failure(400, "Crc64Mismatch", call)
        }
        if let told = call["Content-MD5"], told != md5(call.body) { return failure(400, "Md5Mismatch", call) }
        return nil
    }

    // MARK: - Words

    private static func properties(_ call: Call) -> [String: String] {
        var headers: [String: String] = [:]
        for (name, value) in call.request.headers {
            switch name.lowercased() {
            case "x-ms-blob-content-type": headers["Content-Type"] = value
            case "x-ms-blob-content-md5": headers["Content-MD5"] = value
            case let name where name.hasPrefix("x-ms-meta-"): headers[name] = value
            default: break
            }
        }
        return headers
    }

    @discardableResult
    private static func store(_ bytes: [UInt8], _ path: String, headers: [String: String] = [:], _ state: inout State)
        -> Blob
    {
        state.tags += 1
        let blob = Blob(bytes: bytes, etag: "\"0x8D\(state.tags)\"", headers: headers)
        state.blobs[path] = blob
        return blob
    }

    private static func created(_ blob: Blob) -> ScriptedAnswer {
        ScriptedAnswer(
            201,
            headers: [
                "ETag: \(blob.etag)", "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT",
                "x-ms-request-server-encrypted: true",
            ])
    }

    private static func failure(_ status: Int, _ code: String, _ call: Call? = nil) -> ScriptedAnswer {
        let body =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>\(code)</Code><Message>words\nRequestId:1</Message></Error>"
        let hasBody = call?.request.method != "HEAD" && status != 304
        return ScriptedAnswer(
            status, headers: ["x-ms-error-code: \(code)", "Content-Type: application/xml"], text: hasBody ? body : "")
    }

    private static func md5(_ bytes: [UInt8]) -> String {
        var digest = [UInt8](repeating: 0, count: 16)
        var length: UInt32 = 0
        EVP_Digest(bytes, bytes.count, &digest, &length, EVP_md5(), nil)
        return Data(digest).base64EncodedString()
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
    }
}
