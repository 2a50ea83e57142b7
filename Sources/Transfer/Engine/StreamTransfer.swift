import Glibc
import HTTPTransport

/// Moves objects through memory, a part at a time: from store to store, to standard output, from standard input.
struct StreamTransfer: Sendable {
    let exchanges: Exchanges
    let configuration: TransferConfiguration
    let meter: TransferMeter

    /// Bytes in memory at once, and the largest object whose size a server does not tell.
    private var part: Int64 { configuration.partSize ?? 2 * PartPlan.defaultPart }

    struct End: Sendable {
        var place: ResolvedURL
        var key: String
        var url: String { place.url(of: key) }
    }

    // MARK: - Store to store

    func copy(_ source: End, _ known: ObjectInfo?, to target: End) async throws(TransferError) -> TransferredFile {
        var info = try await describe(source, known)
        var restarts = 0
        while true {
            do throws(TransferError) {
                let size = try await copyOnce(source, info, to: target)
                return TransferredFile(path: target.key, url: target.url, size: size)
            } catch  where error.reason == .changed && restarts < configuration.retry.restarts {
                restarts += 1
                info = try await describe(source, nil)
            }
        }
    }

    private func copyOnce(_ source: End, _ info: ObjectInfo, to target: End) async throws(TransferError) -> Int64 {
        let plan = info.size.flatMap {
            PartPlan(size: $0, limits: target.place.store.traits.multipart, partSize: configuration.partSize)
        }
        guard let plan, source.place.store.traits.ranges else {
            let bytes = try await read(source, info, nil)
            try await write(bytes, to: target)
            return Int64(bytes.count)
        }
        let upload = try await exchanges.perform(target.url, bytes: 0) { () async throws(TransferError) in
            try await target.place.store.beginMultipart(target.key, ObjectAttributes())
        }
        do throws(TransferError) {
            let tags = await withTaskGroup(of: Result<PartTag, TransferError>.self) { group in
                var tags: [Result<PartTag, TransferError>] = []
                for index in 0..<plan.count {
                    // Each holds a part in memory.
                    if index >= 4, let tag = await group.next() { tags.append(tag) }
                    if tags.contains(where: \.isFailure) { break }
                    group.addTask {
                        await Result { () async throws(TransferError) in
                            let bytes = try await read(source, info, plan[index])
                            return try await send(bytes, index + 1, to: upload, target.url)
                        }
                    }
                }
                while let tag = await group.next() { tags.append(tag) }
                return tags
            }
            try await complete(try tags.map { (tag) throws(TransferError) in try tag.get() }, upload, target.url)
        } catch {
            await abort(upload)
            throw error
        }
        return plan.size
    }

    // MARK: - Standard streams

    func document(_ source: End, upTo limit: Int64) async throws(TransferError) -> [UInt8] {
        let info = try await describe(source, nil)
        if let size = info.size, size > limit {
            throw TransferError(
                object: source.url, reason: .length(expected: limit, found: size),
                message: "has \(size) bytes, more than a document may have")
        }
        return try await read(source, info, nil)
    }

    /// Writes an object to a descriptor, in order.
    func print(_ source: End, to descriptor: Int32) async throws(TransferError) -> TransferredFile {
        let info = try await describe(source, nil)
        guard let size = info.size, size > part, source.place.store.traits.ranges else {
            let bytes = try await read(source, info, nil)
            try Self.write(bytes, to: descriptor)
            return TransferredFile(path: "-", url: source.url, size: Int64(bytes.count))
        }
        var offset: Int64 = 0
        while offset < size {
            let bytes = try await read(source, info, offset..<min(size, offset + part))
            try Self.write(bytes, to: descriptor)
            offset += Int64(bytes.count)
        }
        return TransferredFile(path: "-", url: source.url, size: size)
    }

    /// Stores what a descriptor gives until its end.
    func store(_ descriptor: Int32, to target: End) async throws(TransferError) -> TransferredFile {
        var bytes = try await Self.fill(descriptor, Int(part))
        guard bytes.count == Int(part), target.place.store.traits.multipart != nil else {
            guard bytes.count < Int(part) else {
                throw TransferError(
                    object: target.url, reason: .configuration,
                    message: "standard input has \(part) bytes or more, and this store takes no uploads in parts")
            }
            try await write(bytes, to: target)
            return TransferredFile(path: "-", url: target.url, size: Int64(bytes.count))
        }
        let upload = try await exchanges.perform(target.url, bytes: 0) { () async throws(TransferError) in
            try await target.place.store.beginMultipart(target.key, ObjectAttributes())
        }
        do throws(TransferError) {
            var tags: [PartTag] = []
            var total: Int64 = 0
            while !bytes.isEmpty {
                tags.append(try await send(bytes, tags.count + 1, to: upload, target.url))
                total += Int64(bytes.count)
                bytes = try await Self.fill(descriptor, Int(part))
            }
            try await complete(tags, upload, target.url)
            return TransferredFile(path: "-", url: target.url, size: total)
        } catch {
            await abort(upload)
            throw error
        }
    }

    // MARK: - Pieces

    private func describe(_ source: End, _ known: ObjectInfo?) async throws(TransferError) -> ObjectInfo {
        if let known, known.size != nil { return known }
        return try await exchanges.perform(source.url, bytes: 0) { () async throws(TransferError) in
            try await source.place.store.stat(source.key)
        }
    }

    /// The stretch, or the whole object, its length and the store's checksum compared.
    private func read(_ source: End, _ info: ObjectInfo, _ range: Range<Int64>?) async throws(TransferError) -> [UInt8]
    {
        let expected = range.map { $0.upperBound - $0.lowerBound } ?? info.size
        let sink = MemorySink(limit: Int(expected ?? part), meter: meter)
        return try await exchanges.perform(source.url, bytes: Int(expected ?? part), counting: sink) {
            () async throws(TransferError) in
            let found = try await source.place.store.read(source.key, range: range, matching: info, into: sink)
            if let expected, Int64(sink.bytes.count) != expected {
                throw TransferError(
                    object: source.url, reason: .length(expected: expected, found: Int64(sink.bytes.count)),
                    message: "ended after \(sink.bytes.count) of \(expected) bytes")
            }
            if range == nil, configuration.verifiesStoreChecksums, let checksum = found.checksum ?? info.checksum {
                let computed = Self.checksum(sink.bytes, checksum.algorithm)
                guard computed == checksum else {
                    throw .mismatch(source.url, checksum, computed, hint: "the object was damaged; fetch it again")
                }
            }
            return sink.bytes
        }
    }

    private func write(_ bytes: [UInt8], to target: End) async throws(TransferError) {
        let store = target.place.store
        var attributes = ObjectAttributes()
        attributes.checksum = store.traits.checksum.map { Self.checksum(bytes, $0) }
        _ = try await exchanges.perform(target.url, bytes: bytes.count) { () async throws(TransferError) in
            try await store.write(target.key, BytesSource(bytes), attributes)
        }
    }

    private func send(_ bytes: [UInt8], _ number: Int, to upload: any MultipartUpload, _ url: String)
        async throws(TransferError) -> PartTag
    {
        let checksum = Self.checksum(bytes, .crc32c)
        return try await exchanges.perform(url, bytes: bytes.count) { () async throws(TransferError) in
            try await upload.part(number, BytesSource(bytes), checksum: checksum)
        }
    }

    private func complete(_ tags: [PartTag], _ upload: any MultipartUpload, _ url: String) async throws(TransferError) {
        let sorted = tags.sorted { $0.number < $1.number }
        _ = try await exchanges.perform(url, bytes: 0) { () async throws(TransferError) in
            try await upload.complete(sorted)
        }
    }

    /// In a task of its own: this one may be cancelled, which would stop the very request.
    private func abort(_ upload: any MultipartUpload) async {
        _ = await Task { await Result { () async throws(TransferError) in try await upload.abort() } }.value
    }

    private static func checksum(_ bytes: [UInt8], _ algorithm: ChecksumAlgorithm) -> Checksum {
        var accumulator = ChecksumAccumulator(algorithm)
        bytes.withUnsafeBytes { accumulator.update($0) }
        return accumulator.checksum
    }

    /// Up to `count` bytes; fewer at the end of the stream.
    private static func fill(_ descriptor: Int32, _ count: Int) async throws(TransferError) -> [UInt8] {
        try await BlockingPool.shared.run { () throws(TransferError) in
            var failure: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
                while filled < count {
                    let got = Glibc.read(descriptor, buffer.baseAddress! + filled, count - filled)
                    if got < 0, errno == EINTR { continue }
                    if got < 0 { failure = errno }
                    if got <= 0 { break }
                    filled += got
                }
            }
            guard failure == 0 else { throw .system("read standard input", "-", failure) }
            return bytes
        }
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(TransferError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress! + written, $0.count - written) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system("write to standard output", "-") }
            written += count
        }
    }
}

extension Result {
    fileprivate var isFailure: Bool { if case .failure = self { true } else { false } }
}
