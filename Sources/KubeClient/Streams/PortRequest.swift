public import HTTPTransport
public import KubeModel

/// One HTTP request to a port of a pod, which need not listen on anything but the pod's localhost.
public struct PortRequest: Sendable {
    public var pod: ObjectKey
    public var port: Int
    public var method: String
    /// Absolute and encoded: `/quitquitquit`.
    public var path: String
    public var headers: HTTPHeaders
    public var body: [UInt8]

    public init(
        _ method: String = "GET", _ path: String = "/", to pod: ObjectKey, port: Int, headers: HTTPHeaders = [:],
        body: [UInt8] = []
    ) {
        self.pod = pod
        self.port = port
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
    }

    /// The protocol of the kubelets since long before 1.28, passed on by every API server; SPDY tunnelled through a
    /// WebSocket, which kubectl prefers, gains nothing for a single request.
    static let subprotocols = ["v4.channel.k8s.io"]

    var target: PodStreamTarget {
        PodStreamTarget(pod, "portforward", query: [("ports", "\(port)")], subprotocols: Self.subprotocols)
    }
}
