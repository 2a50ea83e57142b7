import CChecksum
import Foundation
import Synchronization

/// Google Cloud Storage in memory, written from its documentation: preconditions, resumable uploads and the XML
/// interface's uploads in parts, which fake-gcs-server lacks. Google's own client is a test of it.
///
/// A value that answers; `ScriptedHTTPServer` is the socket around it, so that a test can lose or damage answers.
package final class ScriptedGoogle: Sendable {
    package struct Object: Sendable {
        package var bytes: [UInt8]
        package var generation: Int64
        package var type: String
        package var metadata: [String: String] = [:]
        package var crc32c: String { ScriptedGoogle.crc32c(bytes) }
    }

    private struct Upload {
        var path: String
        var bytes: [UInt8] = []
        var parts: [Int: [UInt8]] = [:]
        var type = "application/octet-stream"
        var resource: [String: String] = [:]
        var metadata: [String: String] = [:]
    }

    private struct State {
        /// By `bucket/name`.
        var objects = ByName<Object>()
        var uploads: [String: Upload] = [:]
        var generation: Int64 = 1000
        /// Bearer tokens that are let in; empty: everybody is.
        var tokens: Set<String> = []
        var payer: String?
        /// Requests that one rewrite takes.
        var rewriteSteps = 1
    }

    private typealias Answer = ScriptedAnswer

    private let state = Mutex(State())

    package init() {}

    package var objects: ByName<Object> { state.withLock { $0.objects } }
    package var openUploads: Int { state.withLock { $0.uploads.count } }

    package func put(_ bytes: [UInt8], _ path: String) { state.withLock { _ = Self.store(bytes, path, &$0) } }
    package func admit(only tokens: Set<String>) { state.withLock { $0.tokens = tokens } }
    package func rewrite(inSteps steps: Int) { state.withLock { $0.rewriteSteps = steps } }
    /// Only requests that are charged to this project are answered.
    package func charge(_ project: String) { state.withLock { $0.payer = project } }

    package static func crc32c(_ bytes: [UInt8]) -> String {
        let value = kpipe_crc32c(0, bytes, bytes.count)
        return Data(withUnsafeBytes(of: value.bigEndian, Array.init)).base64EncodedString()
    }

    package func answer(_ request: ScriptedHTTPServer.Request) -> ScriptedAnswer {
        state.withLock { state in
            guard let components = URLComponents(string: request.target) else { return Answer(400) }
            let query = Dictionary(
                (components.queryItems ?? []).map { ($0.name, $0.value ?? "") }, uniquingKeysWith: { $1 })
            let token = request["Authorization"].map { String($0.dropFirst("Bearer ".count)) } ?? ""
            guard state.tokens.isEmpty || state.tokens.contains(token) else { return Self.failure(401, "authError") }
            if let payer = state.payer, query["userProject"] ?? request["x-goog-user-project"] != payer {
                return Self.failure(400, "required", "Bucket is a requester pays bucket but no user project provided.")
            }
            let call = Call(request: request, query: query)
            let path = components.percentEncodedPath
            if let rest = Self.rest(of: path, after: "/upload/storage/v1/b/") { return Self.upload(call, rest, &state) }
            if let rest = Self.rest(of: path, after: "/download/storage/v1/b/")
                ?? Self.rest(of: path, after: "/storage/v1/b/")
            {
                return Self.object(call, rest, &state)
            }
            return Self.xml(call, String(path.dropFirst()).removingPercentEncoding ?? "", &state)
        }
    }

    private struct Call {
        var request: ScriptedHTTPServer.Request
        var query: [String: String]
        var body: [UInt8] { request.body }
        var url: String { "http://\(request["Host"] ?? "localhost")" }
    }

    private static func rest(of path: String, after prefix: String) -> String? {
        path.hasPrefix(prefix) ? String(path.dropFirst(prefix.count)) : nil
    }

    // MARK: - JSON

    /// `BUCKET/o` and `BUCKET/o/NAME`.
    private static func object(_ call: Call, _ rest: String, _ state: inout State) -> Answer {
        let parts = rest.components(separatedBy: "/")
        guard parts.count >= 2, parts[1] == "o" else { return failure(404, "notFound") }
        if parts.count == 8, parts[3] == "rewriteTo" { return rewrite(call, parts, &state) }
        guard parts.count == 3, let name = parts[2].removingPercentEncoding else {
            return list(call, parts[0], state)
        }
        let path = "\(parts[0])/\(name)"
        guard let object = state.objects[path] else { return failure(404, "notFound") }
        guard holds(call.query["ifGenerationMatch"], object) else { return failure(412, "conditionNotMet") }
        if call.request.method == "DELETE" {
            state.objects[path] = nil
            return Answer(204)
        }
        guard call.query["alt"] == "media" else { return json(200, resource(path, object)) }
        var headers = [
            "x-goog-generation: \(object.generation)", "x-goog-hash: crc32c=\(object.crc32c)",
            "x-goog-stored-content-encoding: identity", "Content-Type: \(object.type)",
        ]
        guard let range = call.request["Range"] else { return Answer(200, headers: headers, object.bytes) }
        let ends = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard let first = ends.first, first < object.bytes.count else {
            return failure(416, "requestedRangeNotSatisfiable")
        }
        let last = min(ends.count > 1 ? ends[1] : .max, object.bytes.count - 1)
        headers.append("Content-Range: bytes \(first)-\(last)/\(object.bytes.count)")
        return Answer(206, headers: headers, Array(object.bytes[first...last]))
    }

    /// `BUCKET/o/NAME/rewriteTo/b/BUCKET/o/NAME`; a token counts the steps.
    private static func rewrite(_ call: Call, _ parts: [String], _ state: inout State) -> Answer {
        guard let name = parts[2].removingPercentEncoding, let target = parts[7].removingPercentEncoding,
            let source = state.objects["\(parts[0])/\(name)"]
        else { return failure(404, "notFound") }
        guard holds(call.query["ifSourceGenerationMatch"], source) else { return failure(412, "conditionNotMet") }
        let step = (call.query["rewriteToken"].flatMap { Int($0) } ?? 0) + 1
        guard step >= state.rewriteSteps else {
            return json(200, ["kind": "storage#rewriteResponse", "done": false, "rewriteToken": "\(step)"])
        }
        let path = "\(parts[5])/\(target)"
        let object = store(source.bytes, path, type: source.type, metadata: source.metadata, &state)
        return json(200, ["kind": "storage#rewriteResponse", "done": true, "resource": resource(path, object)])
    }

    private static func list(_ call: Call, _ bucket: String, _ state: State) -> Answer {
        let prefix = "\(bucket)/\(call.query["prefix"] ?? "")"
        let most = call.query["maxResults"].flatMap { Int($0) } ?? 1000
        let keys = state.objects.keys.filter { $0.utf8.starts(with: prefix.utf8) && $0 > call.query["pageToken"] ?? "" }
            .sorted()
        var answer: [String: Any] = [
            "kind": "storage#objects",
            "items": keys.prefix(most).compactMap { key in state.objects[key].map { resource(key, $0) } },
        ]
        if keys.count > most { answer["nextPageToken"] = keys[most - 1] }
        return json(200, answer)
    }

    private static func upload(_ call: Call, _ rest: String, _ state: inout State) -> Answer {
        let bucket = rest.components(separatedBy: "/")[0]
        if let id = call.query["upload_id"] { return resume(call, id, &state) }
        switch call.query["uploadType"] {
        case "resumable":
            let fields = (try? JSONSerialization.jsonObject(with: Data(call.body))) as? [String: Any] ?? [:]
            guard let name = call.query["name"] ?? fields["name"] as? String else { return failure(400, "required") }
            let id = "session-\(state.uploads.count + 1)-\(state.generation)"
            var upload = Upload(path: "\(bucket)/\(name)")
            upload.resource = fields.compactMapValues { $0 as? String }
            upload.metadata = fields["metadata"] as? [String: String] ?? [:]
            if let condition = call.query["ifGenerationMatch"] { upload.resource["condition"] = condition }
            state.uploads[id] = upload
            return Answer(
                200,
                headers: ["Location: \(call.url)/upload/storage/v1/b/\(bucket)/o?uploadType=resumable&upload_id=\(id)"])
        case "multipart":
            guard
                let boundary = call.request["Content-Type"]?.components(separatedBy: "boundary=").last?
                    .trimmingCharacters(in: ["\"", "'"]), let parts = multipart(call.body, boundary), parts.count == 2,
                let fields = (try? JSONSerialization.jsonObject(with: Data(parts[0]))) as? [String: Any],
                let name = call.query["name"] ?? fields["name"] as? String
            else { return failure(400, "parseError") }
            var upload = Upload(path: "\(bucket)/\(name)", bytes: parts[1])
            upload.resource = fields.compactMapValues { $0 as? String }
            upload.metadata = fields["metadata"] as? [String: String] ?? [:]
            if let condition = call.query["ifGenerationMatch"] { upload.resource["condition"] = condition }
            return finish(upload, &state)
        default: return failure(400, "invalid")
        }
    }

    /// `Content-Range: bytes A-B/N`, `bytes */N`.
    private static func resume(_ call: Call, _ id: String, _ state: inout State) -> Answer {
        guard var upload = state.uploads[id] else { return failure(404, "notFound") }
        let words = (call.request["Content-Range"] ?? "bytes */*").dropFirst("bytes ".count).components(
            separatedBy: "/")
        let total = Int(words[1]) ?? call.body.count
        if !words[0].hasPrefix("*") {
            guard Int(words[0].components(separatedBy: "-")[0]) == upload.bytes.count else {
                return failure(503, "backendError")
            }
            upload.bytes += call.body
        }
        state.uploads[id] = upload
        if upload.bytes.count < total {
            let range = upload.bytes.isEmpty ? [] : ["Range: bytes=0-\(upload.bytes.count - 1)"]
            return Answer(308, headers: range)
        }
        state.uploads[id] = nil
        return finish(upload, &state)
    }

    /// As if the connection had broken after so many bytes of an upload had arrived.
    package func keep(_ count: Int, of request: ScriptedHTTPServer.Request) {
        state.withLock { state in
            guard
                let id = URLComponents(string: request.target)?.queryItems?.first(where: { $0.name == "upload_id" })?
                    .value
            else { return }
            state.uploads[id]?.bytes = Array(request.body.prefix(count))
        }
    }

    private static func finish(_ upload: Upload, _ state: inout State) -> Answer {
        if let sum = upload.resource["crc32c"], sum != crc32c(upload.bytes) {
            return failure(400, "invalid", "Provided CRC32C hash does not match calculated one.")
        }
        if let condition = upload.resource["condition"], !holds(condition, state.objects[upload.path]) {
            return failure(412, "conditionNotMet")
        }
        let object = store(
            upload.bytes, upload.path, type: upload.resource["contentType"] ?? upload.type, metadata: upload.metadata,
            &state)
        return json(200, resource(upload.path, object))
    }

    private static func multipart(_ body: [UInt8], _ boundary: String) -> [[UInt8]]? {
        var parts: [[UInt8]] = []
        let data = Data(body)
        guard var start = data.range(of: Data("--\(boundary)".utf8))?.upperBound else { return nil }
        while let end = data.range(of: Data("\r\n--\(boundary)".utf8), in: start..<data.count) {
            guard let blank = data.range(of: Data("\r\n\r\n".utf8), in: start..<end.lowerBound) else { return nil }
            parts.append(Array(data[blank.upperBound..<end.lowerBound]))
            start = end.upperBound
        }
        return parts
    }

    // MARK: - XML

    private static func xml(_ call: Call, _ path: String, _ state: inout State) -> Answer {
        let id = call.query["uploadId"]
        if let id, state.uploads[id]?.path != path { return xmlFailure(404, "NoSuchUpload") }
        switch (call.request.method, id) {
        case ("POST", nil) where call.query["uploads"] != nil:
            let id = "upload-\(state.uploads.count + 1)-\(state.generation)"
            var upload = Upload(path: path)
            upload.type = call.request["Content-Type"] ?? upload.type
            state.uploads[id] = upload
            return document(
                "<InitiateMultipartUploadResult xmlns='http://s3.amazonaws.com/doc/2006-03-01/'><UploadId>\(id)</UploadId></InitiateMultipartUploadResult>"
            )
        case ("PUT", let id?):
            guard let number = call.query["partNumber"].flatMap({ Int($0) }) else {
                return xmlFailure(400, "InvalidArgument")
            }
            let sum = crc32c(call.body)
            if let told = call.request["x-goog-hash"], told.contains("crc32c="), !told.contains("crc32c=\(sum)") {
                return xmlFailure(400, "BadDigest")
            }
            state.uploads[id]?.parts[number] = call.body
            return Answer(200, headers: ["ETag: \"\(sum)\"", "x-goog-hash: crc32c=\(sum)"])
        case ("GET", let id?):
            let parts = (state.uploads[id]?.parts ?? [:]).sorted { $0.key < $1.key }.map {
                "<Part><PartNumber>\($0.key)</PartNumber><ETag>\"\(crc32c($0.value))\"</ETag><Size>\($0.value.count)</Size></Part>"
            }
            return document("<ListPartsResult><IsTruncated>false</IsTruncated>\(parts.joined())</ListPartsResult>")
        case ("POST", let id?): return complete(call, id, &state)
        case ("DELETE", let id?):
            state.uploads[id] = nil
            return Answer(204)
        case ("GET", nil) where call.query["uploads"] != nil:
            let found = state.uploads.filter { !$0.value.parts.isEmpty }.map {
                "<Upload><Key>\($0.value.path.split(separator: "/", maxSplits: 1)[1])</Key><UploadId>\($0.key)</UploadId></Upload>"
            }
            return document("<ListMultipartUploadsResult>\(found.joined())</ListMultipartUploadsResult>")
        default: return xmlFailure(405, "MethodNotAllowed")
        }
    }

    private static func complete(_ call: Call, _ id: String, _ state: inout State) -> Answer {
        guard let upload = state.uploads[id] else { return xmlFailure(404, "NoSuchUpload") }
        let text = String(decoding: call.body, as: UTF8.self)
        // As the schema has it: nothing but number and tag.
        guard !text.contains("<Checksum") else { return xmlFailure(400, "MalformedCompleteMultipartUploadRequest") }
        var bytes: [UInt8] = []
        for part in text.matches(of: /<Part>.*?<PartNumber>([0-9]+)<\/PartNumber>.*?<\/Part>/.dotMatchesNewlines()) {
            guard let number = Int(part.1), let content = upload.parts[number],
                part.0.contains(crc32c(content))
            else { return xmlFailure(400, "InvalidPart") }
            bytes += content
        }
        state.uploads[id] = nil
        let object = store(bytes, upload.path, type: upload.type, &state)
        return document(
            "<CompleteMultipartUploadResult><ETag>\"x\"</ETag></CompleteMultipartUploadResult>",
            ["x-goog-generation: \(object.generation)"])
    }

    // MARK: - Words

    private static func holds(_ generation: String?, _ object: Object?) -> Bool {
        generation.map { Int64($0) == object?.generation ?? 0 } ?? true
    }

    @discardableResult
    private static func store(
        _ bytes: [UInt8], _ path: String, type: String = "application/octet-stream", metadata: [String: String] = [:],
        _ state: inout State
    ) -> Object {
        state.generation += 1
        let object = Object(bytes: bytes, generation: state.generation, type: type, metadata: metadata)
        state.objects[path] = object
        return object
    }

    private static func resource(_ path: String, _ object: Object) -> [String: Any] {
        let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
        return [
            "kind": "storage#object", "bucket": parts[0], "name": parts[1], "size": "\(object.bytes.count)",
            "generation": "\(object.generation)", "crc32c": object.crc32c, "contentType": object.type,
            "metadata": object.metadata, "updated": "2026-11-29T00:00:00Z",
        ]
    }

    private static func json(_ status: Int, _ value: [String: Any]) -> Answer {
        let body = (try? JSONSerialization.data(withJSONObject: value)) ?? Data()
        return Answer(status, headers: ["Content-Type: application/json"], Array(body))
    }

    private static func failure(_ status: Int, _ reason: String, _ message: String = "words") -> Answer {
        json(
            status,
            ["error": ["code": status, "message": message, "errors": [["reason": reason, "message": message]]]])
    }

    private static func document(_ text: String, _ headers: [String] = []) -> Answer {
        Answer(200, headers: headers + ["Content-Type: application/xml"], Array("<?xml version='1.0'?>\(text)".utf8))
    }

    private static func xmlFailure(_ status: Int, _ code: String) -> Answer {
        Answer(
            status, headers: ["Content-Type: application/xml"],
            Array("<?xml version='1.0'?><Error><Code>\(code)</Code><Message>words</Message></Error>".utf8))
    }
}
