package import HTTPTransport

/// A place that holds objects: one bucket, one web server, one folder tree. Methods make one attempt each; whether to
/// try again is the engine's decision (`RetryPolicy`), so that budgets and back-off have one home.
package protocol ObjectStore: Sendable {
    var traits: StoreTraits { get }

    /// Size and validators of one object.
    func stat(_ key: String) async throws(TransferError) -> ObjectInfo

    /// One page of the objects whose key starts with `prefix`, in the store's order.
    func list(prefix: String, after token: String?) async throws(TransferError) -> ObjectPage

    /// Reads the object, or a range of its bytes, into `sink`. With `matching` the store must refuse (`.changed`) when
    /// the object is no longer that one. A store that ignores ranges ends in `.protocolViolation` before a byte is
    /// given to the sink.
    func read(
        _ key: String, range: Range<Int64>?, matching: ObjectInfo?, into sink: any HTTPBodySink
    ) async throws(TransferError) -> ObjectInfo

    /// Stores a whole object in one request.
    func write(_ key: String, _ content: any HTTPBodySource, _ attributes: ObjectAttributes)
        async throws(TransferError) -> ObjectInfo

    /// Starts an upload in parts. Throws `.configuration` where `traits.multipart` is nil.
    func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload

    /// Goes on with an upload that was begun earlier, perhaps by an agent that has died. Asks nothing of the store.
    func resumeMultipart(_ key: String, id: String) throws(TransferError) -> any MultipartUpload

    /// Uploads under `prefix` that are neither complete nor aborted.
    func unfinishedUploads(prefix: String) async throws(TransferError) -> [UnfinishedUpload]

    /// What the response head that a sink is given says of the object, so that it may know the store's checksum before
    /// the first byte.
    func info(_ key: String, from head: HTTPResponseHead) -> ObjectInfo
}

/// For stores that know no uploads in parts.
extension ObjectStore {
    package func beginMultipart(_ key: String, _ attributes: ObjectAttributes) async throws(TransferError)
        -> any MultipartUpload
    {
        throw Self.noParts(key)
    }

    package func resumeMultipart(_ key: String, id: String) throws(TransferError) -> any MultipartUpload {
        throw Self.noParts(key)
    }

    package func unfinishedUploads(prefix: String) async throws(TransferError) -> [UnfinishedUpload] { [] }

    private static func noParts(_ key: String) -> TransferError {
        TransferError(object: key, reason: .configuration, message: "this store takes no uploads in parts")
    }
}
