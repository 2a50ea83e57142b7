package import HTTPTransport

/// An upload in parts; either `complete` or `abort` ends it.
package protocol MultipartUpload: Sendable {
    /// Names the upload in a journal, so that a restarted agent can go on or abort it.
    var id: String { get }
    /// Stores part `number` (from 1); the returned tag goes into `complete`.
    func part(_ number: Int, _ content: any HTTPBodySource, checksum: Checksum?) async throws(TransferError)
        -> PartTag
    /// The parts stored so far, in order: what a resumed upload need not send again.
    func storedParts() async throws(TransferError) -> [PartTag]
    /// Joins the parts into the object. Where every part carries size and CRC, the store compares the whole's.
    func complete(_ parts: [PartTag]) async throws(TransferError) -> ObjectInfo
    func abort() async throws(TransferError)
}

package struct PartTag: Sendable, Equatable {
    package var number: Int
    package var etag: String
    package var checksum: Checksum?
    /// Bytes.
    package var size: Int64?

    package init(number: Int, etag: String, checksum: Checksum?, size: Int64? = nil) {
        self.number = number
        self.etag = etag
        self.checksum = checksum
        self.size = size
    }
}

/// An upload that was begun and neither completed nor aborted.
package struct UnfinishedUpload: Sendable, Equatable {
    package var key: String
    package var id: String
    /// When it was begun, as the store writes it (RFC 3339).
    package var initiated: String?

    package init(key: String, id: String, initiated: String?) {
        self.key = key
        self.id = id
        self.initiated = initiated
    }
}
