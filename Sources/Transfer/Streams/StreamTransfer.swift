internal import Basics
internal import Glibc

/// Moves objects through memory, a part at a time: from store to store, to standard output, from standard input.
struct StreamTransfer: Sendable {
    let requests: StoreRequests
    /// Bytes that all streams of an engine hold between reading and writing them. Held by whole streams and parts, never
    /// by what waits for it, so no two can wait for each other.
    let room: ConcurrencyGate
    /// Set once a store has said that it copies nothing by itself.
    let copiesNothing: Flag

    var configuration: TransferConfiguration { requests.configuration }
    var meter: TransferMeter { requests.meter }

    struct End: Sendable {
        var store: any ObjectStore
        var key: String
        /// Fit for messages and records.
        var url: String
    }

    /// Of what goes to standard output: more would not be faster.
    private static let outputPiece = 1 << 20

    func document(_ source: End, upTo limit: Int64) async throws(TransferError) -> [UInt8] {
        let info = try await describe(source, nil)
        if let size = info.size, size > limit {
            throw TransferError(
                source.url, .length(expected: limit, found: size), "has \(size) bytes, more than a document may have")
        }
        return try await read(source, info, nil, limit: limit).bytes
    }

    /// Writes an object to a descriptor, in order.
    func print(_ source: End, to descriptor: Int32) async throws(TransferError) -> TransferredFile {
        let output = StandardStream(descriptor: descriptor)
        var total: Int64 = 0
        func write(_ bytes: [UInt8]) async throws(TransferError) {
            try await output.write(bytes)
            total += Int64(bytes.count)
        }
        do throws(TransferError) {
            let info = try await describe(source, nil)
            try await forEachPiece(of: source, info, size: Self.outputPiece, write)
        } catch
            where (error.reason == .changed || error.reason == .protocolViolation) && total == 0 && !Task.isCancelled
        {
            // What was written cannot be taken back: there is no second attempt but this one.
            requests.tellRestart(error)
            try await forEachPiece(of: source, .plain(source.key), size: Self.outputPiece, write)
        }
        return TransferredFile(path: "-", url: source.url, size: total)
    }

    /// Stores what a descriptor gives until its end.
    func store(_ descriptor: Int32, to target: End) async throws(TransferError) -> TransferredFile {
        let input = StandardStream(descriptor: descriptor)
        let part = Int(configuration.partSize ?? 2 * PartPlan.defaultPart)
        var total: Int64 = 0
        _ = try await store(to: target, part: part) { () async throws(TransferError) in
            let bytes = try await input.read(upTo: part)
            total += Int64(bytes.count)
            return bytes
        }
        return TransferredFile(path: "-", url: target.url, size: total)
    }

    /// Stores what comes in pieces of `part` bytes: in one request where that is little, else part after part.
    /// - Parameter next: fewer bytes than `part` are the last.
    func store(
        to target: End, part: Int, _ attributes: ObjectAttributes = ObjectAttributes(),
        _ next: () async throws(TransferError) -> [UInt8]
    ) async throws(TransferError) -> ObjectInfo {
        let first = try await next()
        guard first.count == part else { return try await write(first, to: target, attributes) }
        guard target.store.traits.multipart != nil else {
            throw TransferError(
                target.url, .configuration,
                "what is to be stored has \(part) bytes or more, and this store takes no uploads in parts")
        }
        return try await uploading(to: target, attributes) { (upload) throws(TransferError) in
            var tags: [PartTag] = []
            var bytes = first
            while !bytes.isEmpty {
                tags.append(try await send(bytes, tags.count + 1, to: upload, target))
                bytes = bytes.count == part ? try await next() : []
            }
            return tags
        }
    }

    func describe(_ source: End, _ known: ObjectInfo?) async throws(TransferError) -> ObjectInfo {
        if let known, known.size != nil { return known }
        return try await requests.stat(source.store, source.key, source.url)
    }
}

extension StreamTransfer.End {
    init(_ place: ResolvedURL, _ key: String) {
        self.init(store: place.store, key: key, url: place.url(of: key))
    }
}

extension StreamTransfer {
    /// One upload in parts: whatever `body` throws, or a part that fails, aborts it.
    @discardableResult
    func uploading(
        to target: End, _ attributes: ObjectAttributes = ObjectAttributes(),
        _ body: (any MultipartUpload) async throws(TransferError) -> [PartTag]
    ) async throws(TransferError) -> ObjectInfo {
        let upload = try await requests.run(target.url, bytes: 0) { () async throws(TransferError) in
            try await target.store.beginMultipart(target.key, attributes)
        }
        return try await ending(upload, target) { () async throws(TransferError) in try await body(upload) }
    }

    /// The same for one that was begun.
    func ending(
        _ upload: any MultipartUpload, _ target: End, _ body: () async throws(TransferError) -> [PartTag]
    ) async throws(TransferError) -> ObjectInfo {
        do throws(TransferError) {
            let tags = try await body().sorted { $0.number < $1.number }
            return try await requests.run(target.url, bytes: 0) { () async throws(TransferError) in
                try await upload.complete(tags)
            }
        } catch {
            _ = await requests.abort(upload, of: target.url)
            throw error
        }
    }

    func send(_ bytes: [UInt8], _ number: Int, to upload: any MultipartUpload, _ target: End)
        async throws(TransferError) -> PartTag
    {
        let checksum = Self.checksum(bytes, target.store.traits.checksum ?? .crc32c)
        return try await requests.run(target.url, bytes: 0, length: Int64(bytes.count)) {
            () async throws(TransferError) in
            try await upload.part(number, BytesSource(bytes), checksum: checksum)
        }
    }
}

/// A descriptor that may be a pipe and keep its reader or writer waiting for as long as somebody else likes. A cancelled
/// task does not wait for it.
struct StandardStream: Sendable {
    let descriptor: Int32

    /// Fewer than `count` bytes: nothing follows.
    func read(upTo count: Int) async throws(TransferError) -> [UInt8] {
        try await BlockingPool.shared.runUnlessCancelled("-") { [descriptor] () throws(TransferError) in
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[..<count])
                let got = Descriptor.read(descriptor, into: room, waits: true)
                if got < 0 { failure = errno }
                filled = max(0, got)
            }
            guard failure == 0 else { throw .system("read standard input", "-", failure) }
            return bytes
        }
    }

    func write(_ bytes: [UInt8]) async throws(TransferError) {
        try await BlockingPool.shared.runUnlessCancelled("-") { [descriptor] () throws(TransferError) in
            guard bytes.withUnsafeBytes({ Descriptor.write($0, to: descriptor, waits: true) }) else {
                throw .system("write to standard output", "-")
            }
        }
    }
}
