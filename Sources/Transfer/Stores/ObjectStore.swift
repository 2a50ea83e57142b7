public import HTTPTransport

/// A place that holds objects: one bucket, one web server, one folder tree. Methods make one attempt each; whether to
/// try again is the engine's decision (`RetryPolicy`), so that budgets and back-off have one home.
public protocol ObjectStore: Sendable {
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
}
