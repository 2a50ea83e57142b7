internal import Basics
internal import HTTPTransport
internal import KubeClient
internal import KubeModel

extension KubeAPI {
    /// A pod as it is now; `nil` where it does not exist.
    func pod(_ key: ObjectKey) async throws(KubeError) -> Pod? { try await object(.pods, key) }

    /// The metadata of an object of any kind; `nil` where it does not exist.
    func metadata(_ resource: APIResource, _ key: ObjectKey) async throws(KubeError) -> ObjectMeta? {
        let object: PartialObject? = try await object(resource, key)
        return object?.metadata
    }

    /// All objects that match, in pages.
    ///
    /// - Parameter namespace: `nil`: all namespaces.
    func list<Object: WireObject>(
        _ resource: APIResource, namespace: String? = nil, labels: String = "", fields: String = ""
    ) async throws(KubeError) -> [Object] {
        try await list(resource, namespace: namespace, labels: labels, fields: fields) {
            (encoding, bytes) throws(WireError) in try Object(encoding, in: bytes)
        }
    }

    /// The same with what `read` makes of each, and nothing else kept of them; `nil` is left out.
    func list<Value>(
        _ resource: APIResource, namespace: String? = nil, labels: String = "", fields: String = "",
        _ read: (ObjectEncoding, Span<UInt8>) throws(WireError) -> Value?
    ) async throws(KubeError) -> [Value] {
        var options = ListOptions()
        options.labelSelector = labels
        options.fieldSelector = fields
        options.limit = 500
        var values: [Value] = []
        while true {
            let answer: APIResponse
            do throws(KubeError) {
                answer = try await send(.list(resource, namespace: namespace ?? "", options, accept: .protobuf))
            } catch {
                // As client-go's pager: a list whose later pages are gone is read again, whole.
                guard error.status?.code == 410, !options.continueToken.isEmpty else { throw error }
                (options.continueToken, options.limit, values) = ("", 0, [])
                continue
            }
            let encoding = ObjectEncoding(contentType: answer.headers["Content-Type"])
            var reader = ObjectListReader(encoding)
            do throws(WireError) {
                reader.append(answer.body)
                while let item = try reader.next() {
                    let value = try reader.withObject(item) { (bytes) throws(WireError) in try read(encoding, bytes) }
                    if let value { values.append(value) }
                }
                let token = try reader.finish().continueToken
                guard !token.isEmpty else { return values }
                options = options.continued(with: token)
            } catch {
                throw KubeError(attempted: "list \(resource.plural)", reason: .malformed("\(error)"))
            }
        }
    }

    private func object<Object: WireObject>(
        _ resource: APIResource, _ key: ObjectKey
    ) async throws(KubeError) -> Object? {
        let request = APIRequest.get(resource, key)
        let answer: APIResponse
        do throws(KubeError) { answer = try await send(request) } catch {
            guard error.status?.code == 404 else { throw error }
            return nil
        }
        do throws(WireError) { return try Object(.json, in: answer.body.span) } catch {
            throw KubeError(attempted: "GET \(request.path)", reason: .malformed("\(error)"))
        }
    }
}

/// Times as `metav1.Time` is written.
enum KubeTimeText {
    /// `2026-11-21T03:45:00Z`.
    static func seconds(_ secondsSince1970: Int64) -> String {
        // Beyond the years that can be written the last or first of them.
        let time = CivilTime(secondsSince1970: min(max(secondsSince1970, -62_135_596_800), 253_402_300_799))
        func padded(_ number: Int64, _ digits: Int = 2) -> String {
            let text = String(number)
            return String(repeating: "0", count: max(0, digits - text.utf8.count)) + text
        }
        return "\(padded(time.year, 4))-\(padded(time.month))-\(padded(time.day))"
            + "T\(padded(time.hour)):\(padded(time.minute)):\(padded(time.second))Z"
    }
}
