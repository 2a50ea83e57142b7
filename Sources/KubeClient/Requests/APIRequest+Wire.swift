internal import HTTPTransport

extension APIRequest {
    /// What is sent to `access` in the name of `headers`' owner.
    func http(to access: ClusterAccess, as headers: HTTPHeaders) -> HTTPRequest {
        var request = HTTPRequest(method, access.url(path, query), headers: headers, timeouts: timeouts)
        // Over HTTP/2, libcurl 7.88 tells the server nothing of a stream that is let go, so that a watch would go on
        // there; and many requests at once on one connection have been seen to wait until they time out.
        request.version = .http1
        request.coding = paysCompression(to: access) ? .gzip : .identity
        for field in self.headers.fields { request.headers.add(field.name, field.value) }
        if request.headers["Accept"] == nil { request.headers["Accept"] = acceptField }
        if !body.isEmpty {
            request.body = .bytes(body)
            if request.headers["Content-Type"] == nil { request.headers["Content-Type"] = "application/json" }
        }
        return request
    }

    /// Errors, and kinds that have no protobuf, come as JSON.
    private var acceptField: String {
        switch (accept, isWatch) {
        case (.json, _): "application/json"
        case (.protobuf, false): "application/vnd.kubernetes.protobuf,application/json"
        case (.protobuf, true): "application/vnd.kubernetes.protobuf;stream=watch,application/json;stream=watch"
        }
    }

    /// The server compresses answers from 128 KiB on, and never a watch. On the same machine that only costs.
    private func paysCompression(to access: ClusterAccess) -> Bool {
        method == "GET" && !isWatch && access.allowsCompression && !access.server.isLoopback
    }

    /// Method and path, without the query: fit for errors.
    var attempted: String { "\(method) \(path)" }
}

extension ClusterAccess {
    func url(_ path: String, _ query: [(name: String, value: String)]) -> String {
        let pairs = query.map { "\(PercentEncoding.encode($0.name))=\(PercentEncoding.encode($0.value))" }
        return "\(server)\(path)" + (pairs.isEmpty ? "" : "?" + pairs.joined(separator: "&"))
    }
}
