/// Which origins have an HTTP/2 connection without TLS open.
///
/// libcurl 7.88 fails (code 16) when it is told to speak HTTP/2 with prior knowledge on a connection that already does:
/// prior knowledge is for the first request of a connection, plain HTTP/2 for those that join it. So the first request
/// goes alone until its connection stands.
struct PriorKnowledge: Sendable {
    private var open: Set<String> = []

    func isOpen(_ origin: String) -> Bool { open.contains(origin) }

    mutating func connected(_ origin: String) { open.insert(origin) }

    /// `version` as the response had it, `nil` for an exchange that failed: its connection may be gone.
    mutating func ended(_ origin: String, version: String?) {
        if version != "2" { open.remove(origin) }
    }
}
