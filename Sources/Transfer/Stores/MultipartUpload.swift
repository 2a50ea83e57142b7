public import HTTPTransport

/// An upload in parts; either `complete` or `abort` ends it.
public protocol MultipartUpload: Sendable {
    /// Names the upload in a journal, so that a restarted agent can go on or abort it.
    var id: String { get }
    /// Stores part `number` (from 1); the returned tag goes into `complete`.
    func part(_ number: Int, _ content: any HTTPBodySource, checksum: Checksum?) async throws(TransferError)
        -> PartTag
    func complete(_ parts: [PartTag]) async throws(TransferError) -> ObjectInfo
    func abort() async throws(TransferError)
}

public struct PartTag: Sendable, Equatable {
    public var number: Int
    public var etag: String
    public var checksum: Checksum?

    public init(number: Int, etag: String, checksum: Checksum?) {
        self.number = number
        self.etag = etag
        self.checksum = checksum
    }
}
