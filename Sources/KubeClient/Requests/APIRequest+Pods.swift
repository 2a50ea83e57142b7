internal import HTTPTransport
public import KubeModel

/// What pods can do beyond being objects.
extension APIRequest {
    /// Plain text. A log that is followed has no end and may be silent for as long as it likes.
    public static func log(_ pod: ObjectKey, _ options: LogOptions = .init()) -> APIRequest {
        var request = APIRequest(
            "GET", APIResource.pods.path(pod, "log"), query: options.query, headers: ["Accept": "*/*"])
        if options.follows {
            request.timeouts.firstByte = nil
            request.timeouts.stall = nil
        }
        return request
    }

    /// To be opened as a WebSocket.
    public static func exec(_ pod: ObjectKey, _ options: ExecOptions) -> APIRequest {
        APIRequest("GET", APIResource.pods.path(pod, "exec"), query: options.query, isIdempotent: false)
    }

    /// To be opened as a WebSocket.
    public static func portForward(_ pod: ObjectKey, port: Int) -> APIRequest {
        APIRequest(
            "GET", APIResource.pods.path(pod, "portforward"), query: [("ports", "\(port)")], isIdempotent: false)
    }

    /// An HTTP request that the server makes to the pod's own address.
    ///
    /// - Parameter path: absolute and percent-encoded.
    public static func proxy(
        _ method: String = "GET", _ pod: ObjectKey, port: Int, path: String = "/",
        query: [(name: String, value: String)] = []
    ) -> APIRequest {
        let target = ObjectKey(namespace: pod.namespace, name: "\(pod.name):\(port)")
        return APIRequest(
            method, APIResource.pods.path(target, "proxy") + path, query: query, headers: ["Accept": "*/*"])
    }
}
