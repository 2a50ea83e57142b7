internal import Basics
internal import HTTPTransport

/// Copies by Google itself, of any size: rewrites, step by step
/// (https://cloud.google.com/storage/docs/json_api/v1/objects/rewrite).
extension GoogleStore: CopyingStore {
    var largestCopy: Int64 { .max }

    func reaches(_ source: any ObjectStore) -> Bool {
        (source as? GoogleStore).map { $0.service === service } ?? false
    }

    func copy(_ source: CopySource, to key: String) async throws(TransferError) -> ObjectInfo {
        guard let from = source.store as? GoogleStore else { return try await stat(source.key) }
        let resource = try await described(source, from, key)
        var token: String?
        while true {
            var call = GoogleCall(method: "POST", path: "\(from.path(of: source.key))/rewriteTo\(place(of: key))")
            if let generation = source.info.versionID { call.query.append(("ifSourceGenerationMatch", generation)) }
            if let token { call.query.append(("rewriteToken", token)) }
            // Without a document everything that is said of the source is said of the copy.
            if let resource { call.carry(resource) } else { call.body = .bytes([]) }
            call.timeouts = .joining
            let answer = JSONFields(parsing: try await answer(call, key).body)
            if answer?["done"] == "true", let info = answer?.within("resource").flatMap({ GoogleObject.info($0) }) {
                return info
            }
            guard let next = answer?["rewriteToken"] else {
                throw TransferError(
                    url(key), .protocolViolation, "the server neither copied the object nor said how to go on")
            }
            token = next
        }
    }

    /// `nil`: as the source. Else all that is said of it, with what is to be said of the copy instead: the document takes
    /// the place of everything.
    private func described(_ source: CopySource, _ from: GoogleStore, _ key: String) async throws(TransferError)
        -> JSONValue?
    {
        let settings = service.settings
        guard settings.contentType != nil || !settings.metadata.isEmpty || settings.storageClass != nil else {
            return nil
        }
        let call = GoogleCall(path: from.path(of: source.key))
        let fields = JSONFields(parsing: try await from.answer(call, source.key).body)
        let metadata = (fields?.within("metadata")?.texts ?? [:]).merging(settings.metadata) { $1 }
        let names = ["cacheControl", "contentDisposition", "contentEncoding", "contentLanguage"]
        var members = names.compactMap { name in fields?[name].map { JSONValue.Member(name, .string($0)) } }
        members.append(
            JSONValue.Member(
                "contentType", .string(settings.contentType ?? fields?["contentType"] ?? GoogleObject.defaultType)))
        if let storageClass = settings.storageClass {
            members.append(JSONValue.Member("storageClass", .string(storageClass)))
        }
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { JSONValue.Member($0.key, .string($0.value)) }
            members.append(JSONValue.Member("metadata", .object(pairs)))
        }
        return .object(members)
    }

    func beginCopy(_ source: CopySource, to key: String) async throws(TransferError) -> any CopyingUpload {
        throw TransferError(url(key), .configuration, "objects are copied whole here")
    }
}
