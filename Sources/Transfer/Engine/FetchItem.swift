/// One object on its way to one file.
struct FetchItem: Sendable {
    var store: any ObjectStore
    var key: String
    /// Fit for messages and records.
    var url: String
    /// What the listing said, so that no request is spent on asking.
    var info: ObjectInfo?
    /// Below the folder of inputs.
    var destination: String
    var sha256: [UInt8]?
    var unpack: InputRequest.Unpack
    var optional: Bool
}
