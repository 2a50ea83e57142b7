/// One file on its way to one object.
struct StoreItem: Sendable {
    var store: any ObjectStore
    var key: String
    /// Fit for messages and records.
    var url: String
    /// Below the folder of outputs.
    var path: String
    var priority: Int
}
