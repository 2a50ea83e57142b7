package import Basics
internal import HTTPTransport
package import KubeModel

extension KubeAPI {
    /// All objects that match.
    ///
    /// - Parameter namespace: `nil`: all namespaces.
    package func list<Object: WireObject>(
        _ resource: APIResource, namespace: String? = nil, labels: String = "", fields: String = "", pageSize: Int = 500
    ) async throws(KubeError) -> [Object] {
        try await list(resource, namespace: namespace, labels: labels, fields: fields, pageSize: pageSize) {
            (encoding, bytes) throws(WireError) in try Object(encoding, in: bytes)
        }
    }

    /// The same with what `read` makes of each, and nothing else kept of them; `nil` is left out.
    package func list<Value>(
        _ resource: APIResource, namespace: String? = nil, labels: String = "", fields: String = "",
        pageSize: Int = 500, accept: APIRequest.Encoding = .protobuf,
        _ read: (ObjectEncoding, Span<UInt8>) throws(WireError) -> Value?
    ) async throws(KubeError) -> [Value] {
        var options = ListOptions()
        options.labelSelector = labels
        options.fieldSelector = fields
        options.limit = pageSize
        var values: [Value] = []
        try await pages(of: resource, namespace: namespace, options, accept: accept) {
            (answer, isFirst) throws(WireError) in
            let page = try answer.page(read)
            if isFirst { values = [] }
            values += page.values
            return page.continueToken
        }
        return values
    }

    /// What `read` makes of each object in the answer to one list, without `nil`, and the token of the next page; empty on the
    /// last.
    package func page<Value>(
        _ request: APIRequest, _ read: (ObjectEncoding, Span<UInt8>) throws(WireError) -> Value?
    ) async throws(KubeError) -> (values: [Value], continueToken: String) {
        let answer = try await send(request)
        do throws(WireError) { return try answer.page(read) } catch {
            throw KubeError(attempted: request.attempted, error)
        }
    }

    /// Asks for a list page by page. One whose later pages are gone (410) is read again whole, as by client-go's pager. Pages
    /// that are too large for an answer, because the objects are, become smaller.
    ///
    /// - Parameters:
    ///   - namespace: `nil`: all namespaces.
    ///   - options: with the size of a page as `limit`.
    ///   - read: takes one answer, and returns the token of the next. Before a first one all that came earlier is to be
    ///     forgotten.
    package func pages(
        of resource: APIResource, namespace: String? = nil, _ options: ListOptions, accept: APIRequest.Encoding = .json,
        _ read: (_ answer: APIResponse, _ isFirst: Bool) throws(WireError) -> String
    ) async throws(KubeError) {
        var options = options
        while true {
            let answer: APIResponse
            do throws(KubeError) {
                answer = try await send(.list(resource, namespace: namespace ?? "", options, accept: accept))
            } catch {
                if error.isTooLarge, options.limit > 1 {
                    options.limit = max(1, options.limit / 4)
                } else if error.status?.code == 410, !options.continueToken.isEmpty {
                    (options.continueToken, options.limit) = ("", 0)
                } else {
                    throw error
                }
                continue
            }
            do throws(WireError) {
                let token = try read(answer, options.continueToken.isEmpty)
                guard !token.isEmpty else { return }
                options = options.continued(with: token)
            } catch {
                throw KubeError(attempted: "list \(resource.plural)", error)
            }
        }
    }
}

extension APIResponse {
    fileprivate func page<Value>(
        _ read: (ObjectEncoding, Span<UInt8>) throws(WireError) -> Value?
    ) throws(WireError) -> (values: [Value], continueToken: String) {
        let encoding = ObjectEncoding(contentType: headers["Content-Type"])
        var reader = ObjectListReader(encoding)
        reader.append(body)
        var values: [Value] = []
        while let item = try reader.next() {
            let value = try reader.withObject(item) { (bytes) throws(WireError) in try read(encoding, bytes) }
            if let value { values.append(value) }
        }
        return (values, try reader.finish().continueToken)
    }
}

extension KubeError {
    fileprivate var isTooLarge: Bool {
        guard case .transport(let error) = reason, case .tooLarge = error.reason else { return false }
        return true
    }

    /// The server's answer cannot be read.
    package init(attempted: String, _ error: WireError) {
        self.init(attempted: attempted, reason: .malformed("\(error)"))
    }
}
