internal import Basics
internal import HTTPTransport

/// An upload as blocks, which become a blob when their list is committed. A block's name tells whose it is, its place
/// and its checksum, so that uploads at the same time never mix and a resumed one knows what is stored. Blocks that are
/// not committed end by themselves after a week.
struct AzureUpload: MultipartUpload {
    private static let ownerLength = 12

    /// This upload's mark, and what must stand at the key when it is committed.
    var id: String { "\(owner):\(condition)" }
    private let store: AzureStore
    private let key: String
    /// What is to be known of the blob.
    private let headers: HTTPHeaders
    private let owner: String
    /// The ETag of what stood there when the upload began; `*`: nothing; empty: not known.
    private let condition: String

    init(_ store: AzureStore, key: String, condition: String, headers: HTTPHeaders) {
        self.store = store
        self.key = key
        self.condition = condition
        self.headers = headers
        owner = String(
            Hex.encode(withUnsafeBytes(of: UInt64.random(in: 0 ... .max), Array.init)).prefix(Self.ownerLength))
    }

    /// `nil` for what is no id.
    init?(_ store: AzureStore, key: String, id: String) {
        let owner = id.prefix { $0 != ":" }
        guard owner.count == Self.ownerLength, owner.endIndex < id.endIndex else { return nil }
        self.store = store
        self.key = key
        headers = store.headers(of: ObjectAttributes())
        self.owner = String(owner)
        condition = String(id[owner.endIndex...].dropFirst())
    }

    func part(_ number: Int, _ content: any ObjectContent, checksum: Checksum?) async throws(TransferError)
        -> PartTag
    {
        let length = try content.knownLength(store.url(key))
        return try await part(number, size: length, checksum) {
            $0.carry(content, length: length, checksum: checksum)
        }
    }

    /// - Parameter fill: says where the block's bytes come from.
    func part(_ number: Int, size: Int64, _ checksum: Checksum? = nil, _ fill: (inout AzureCall) -> Void)
        async throws(TransferError) -> PartTag
    {
        let name = name(number, checksum)
        var call = store.call("PUT", key)
        call.query = [("comp", "block"), ("blockid", Base64.encode(Array(name.utf8)))]
        fill(&call)
        _ = try await store.answer(call, key)
        return PartTag(number: number, etag: name, checksum: checksum, size: size)
    }

    func storedParts() async throws(TransferError) -> [PartTag] {
        try await blocks("UncommittedBlocks").compactMap { block in
            let words = block.id.split(separator: "-", omittingEmptySubsequences: false)
            guard words.count == 3, words[0] == owner, let number = Int(words[1]) else { return nil }
            return PartTag(
                number: number, etag: block.id, checksum: Checksum(.crc64nvme, hex: String(words[2])), size: block.size)
        }
    }

    func complete(_ parts: [PartTag]) async throws(TransferError) -> ObjectInfo {
        let parts = parts.sorted { $0.number < $1.number }
        var call = store.call("PUT", key)
        call.query = [("comp", "blocklist")]
        call.headers = headers
        if condition == "*" {
            call.headers["If-None-Match"] = "*"
        } else if !condition.isEmpty {
            call.headers["If-Match"] = AzureBlob.quoted(condition)
        }
        let list = parts.map { "<Latest>\(Base64.encode(Array($0.etag.utf8)))</Latest>" }
        call.carry("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>\(list.joined())</BlockList>")
        call.timeouts = .joining
        do {
            return AzureBlob.stored(key, try await store.answer(call, key).head, size: parts.size)
        } catch {
            guard [.changed, .notFound, .server(status: 400)].contains(error.reason) else { throw error }
            // Perhaps it was committed and the answer lost: then these very blocks are the blob.
            if let committed = try? await blocks("CommittedBlocks").map(\.id), committed == parts.map(\.etag),
                let info = try? await store.stat(key)
            {
                return info
            }
            guard error.reason == .changed else { throw error }
            throw TransferError(
                store.url(key), .changed, "another writer stored it meanwhile",
                hint: "nothing of this upload became visible; store it again")
        }
    }

    func abort() async throws(TransferError) {
        // There is no request for it: blocks that nobody commits end by themselves.
    }

    /// All of one length, as Azure demands of a blob's blocks.
    private func name(_ number: Int, _ checksum: Checksum?) -> String {
        let sum = checksum?.algorithm == .crc64nvme ? checksum?.hex : nil
        return "\(owner)-\(padded(number, 5))-\(sum ?? String(repeating: "x", count: 16))"
    }

    private func blocks(_ list: String) async throws(TransferError) -> [(id: String, size: Int64)] {
        var call = store.call("GET", key)
        call.query = [("comp", "blocklist"), ("blocklisttype", "all")]
        return try AzureBlob.blocks(try await store.answer(call, key).body, list, object: store.url(key))
    }
}
