internal import Basics
internal import Glibc

/// Moves objects through memory, a part at a time: from store to store, to standard output, from standard input.
struct StreamTransfer: Sendable {
    let requests: StoreRequests
    /// Bytes that all streams of an engine hold between reading and writing them. Held by whole streams and parts, never
    /// by what waits for it, so no two can wait for each other.
    let room: ConcurrencyGate
    let configuration: TransferConfiguration
    let meter: TransferMeter

    struct End: Sendable {
        var place: ResolvedURL
        var key: String
        var url: String { place.url(of: key) }
    }

    /// Of what goes to standard output: more would not be faster.
    private static let outputPiece = 1 << 20

    func document(_ source: End, upTo limit: Int64) async throws(TransferError) -> [UInt8] {
        let info = try await describe(source, nil)
        if let size = info.size, size > limit {
            throw TransferError(
                object: source.url, reason: .length(expected: limit, found: size),
                message: "has \(size) bytes, more than a document may have")
        }
        return try await read(source, info, nil, limit: limit)
    }

    /// Writes an object to a descriptor, in order.
    func print(_ source: End, to descriptor: Int32) async throws(TransferError) -> TransferredFile {
        let info = try await describe(source, nil)
        let output = StandardStream(descriptor: descriptor)
        var total: Int64 = 0
        try await forEachPiece(of: source, info, size: Self.outputPiece) { (bytes) throws(TransferError) in
            try await output.write(bytes)
            total += Int64(bytes.count)
        }
        return TransferredFile(path: "-", url: source.url, size: total)
    }

    /// Stores what a descriptor gives until its end: in one request where that is little, else part after part.
    func store(_ descriptor: Int32, to target: End) async throws(TransferError) -> TransferredFile {
        let input = StandardStream(descriptor: descriptor)
        let part = Int(configuration.partSize ?? 2 * PartPlan.defaultPart)
        let first = try await input.read(upTo: part)
        guard first.count == part else {
            try await write(first, to: target)
            return TransferredFile(path: "-", url: target.url, size: Int64(first.count))
        }
        guard target.place.store.traits.multipart != nil else {
            throw TransferError(
                object: target.url, reason: .configuration,
                message: "standard input has \(part) bytes or more, and this store takes no uploads in parts")
        }
        var total: Int64 = 0
        try await uploading(to: target) { (upload) throws(TransferError) in
            var tags: [PartTag] = []
            var bytes = first
            while !bytes.isEmpty {
                let checksum = Self.checksum(bytes, .crc32c)
                tags.append(try await send(bytes, checksum, tags.count + 1, to: upload, target.url))
                total += Int64(bytes.count)
                bytes = try await input.read(upTo: part)
            }
            return tags
        }
        return TransferredFile(path: "-", url: target.url, size: total)
    }

    func describe(_ source: End, _ known: ObjectInfo?) async throws(TransferError) -> ObjectInfo {
        if let known, known.size != nil { return known }
        return try await requests.run(source.url, bytes: 0) { () async throws(TransferError) in
            try await source.place.store.stat(source.key)
        }
    }
}

extension StreamTransfer {
    /// One upload in parts: whatever `body` throws, or a part that fails, aborts it.
    func uploading(
        to target: End, _ body: (any MultipartUpload) async throws(TransferError) -> [PartTag]
    ) async throws(TransferError) {
        let upload = try await requests.run(target.url, bytes: 0) { () async throws(TransferError) in
            try await target.place.store.beginMultipart(target.key, ObjectAttributes())
        }
        do throws(TransferError) {
            let tags = try await body(upload).sorted { $0.number < $1.number }
            _ = try await requests.run(target.url, bytes: 0) { () async throws(TransferError) in
                try await upload.complete(tags)
            }
        } catch {
            await abort(upload, target)
            throw error
        }
    }

    func send(
        _ bytes: [UInt8], _ checksum: ChecksumAccumulator, _ number: Int, to upload: any MultipartUpload, _ url: String
    )
        async throws(TransferError) -> PartTag
    {
        try await requests.run(url, bytes: 0, length: Int64(bytes.count)) { () async throws(TransferError) in
            try await upload.part(number, BytesSource(bytes), checksum: checksum.checksum)
        }
    }

    /// In a task of its own: this one may be cancelled, which would stop the very request.
    private func abort(_ upload: any MultipartUpload, _ target: End) async {
        let done = await Task { await Result { () async throws(TransferError) in try await upload.abort() } }.value
        if case .failure(let error) = done {
            requests.onEvent(.note(path: target.url, "parts of it may be left in the store: \(error)"))
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
                let got = Descriptor.read(descriptor, into: room)
                if got < 0 { failure = errno }
                filled = max(0, got)
            }
            guard failure == 0 else { throw .system("read standard input", "-", failure) }
            return bytes
        }
    }

    func write(_ bytes: [UInt8]) async throws(TransferError) {
        try await BlockingPool.shared.runUnlessCancelled("-") { [descriptor] () throws(TransferError) in
            guard bytes.withUnsafeBytes({ Descriptor.write($0, to: descriptor) }) else {
                throw .system("write to standard output", "-")
            }
        }
    }
}
