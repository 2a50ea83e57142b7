internal import Basics
internal import HTTPTransport

/// In whose name requests are made, where the user may impersonate others.
public struct Impersonation: Sendable, Equatable {
    public var user: String
    public var uid: String?
    public var groups: [String]
    public var extra: [String: [String]]

    public init(user: String, uid: String? = nil, groups: [String] = [], extra: [String: [String]] = [:]) {
        self.user = user
        self.uid = uid
        self.groups = groups
        self.extra = extra
    }

    func add(to headers: inout HTTPHeaders) {
        headers["Impersonate-User"] = user
        if let uid { headers["Impersonate-Uid"] = uid }
        for group in groups { headers.add("Impersonate-Group", group) }
        for (key, values) in extra.sorted(by: { $0.key < $1.key }) {
            let name = "Impersonate-Extra-\(Self.escapedHeaderKey(key))"
            for value in values { headers.add(name, value) }
        }
    }

    /// What a header's name may not hold, and `%`, percent-encoded, as the API server decodes it.
    private static func escapedHeaderKey(_ key: String) -> String {
        PercentEncoding.encode(key.lowercased(), keeping: "!#$&'*+-.^_`|~")
    }
}
