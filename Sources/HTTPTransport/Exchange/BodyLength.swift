/// How many body bytes a response head announces (RFC 9112 §6.3).
enum BodyLength {
    struct Fault: Error, Equatable {
        var message: String
    }

    /// `nil` where the end is marked otherwise: chunks, or the connection's close.
    static func announced(by head: HTTPResponseHead, toHead: Bool) -> Result<Int64?, Fault> {
        if toHead || head.status == 204 || head.status == 304 || head.status < 200 { return .success(0) }
        guard head.headers["Transfer-Encoding"] == nil else { return .success(nil) }
        var length: Int64?
        for field in head.headers.fields where field.name.equalsIgnoringASCIICase("Content-Length") {
            guard let value = Int64(field.value), value >= 0 else {
                return .failure(Fault(message: "Content-Length is not a number of bytes"))
            }
            guard length == nil || length == value else {
                return .failure(Fault(message: "two Content-Length fields contradict each other"))
            }
            length = value
        }
        return .success(length)
    }
}
