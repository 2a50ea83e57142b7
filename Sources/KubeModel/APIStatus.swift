/// The API server's own account of a failure (`kind: Status`, meta/v1).
public struct APIStatus: Sendable, Equatable {
    public struct Cause: Sendable, Equatable {
        public var reason: String
        public var message: String
        /// The path of the field at fault, where one is.
        public var field: String

        public init(reason: String = "", message: String = "", field: String = "") {
            self.reason = reason
            self.message = message
            self.field = field
        }
    }

    /// The HTTP status, which an `ERROR` event in a watch carries too, although its own response was 200.
    public var code: Int
    /// One word for programs, such as `NotFound`, `Conflict`, `Expired`; may be empty.
    public var reason: String
    public var message: String
    public var causes: [Cause]
    /// Seconds after which the server wants to be asked again.
    public var retryAfterSeconds: Int?

    public init(
        code: Int, reason: String = "", message: String = "", causes: [Cause] = [], retryAfterSeconds: Int? = nil
    ) {
        self.code = code
        self.reason = reason
        self.message = message
        self.causes = causes
        self.retryAfterSeconds = retryAfterSeconds
    }
}
