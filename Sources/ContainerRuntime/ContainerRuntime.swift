internal import Basics
package import HTTPTransport

/// The container runtime of this node, through its CRI socket (`runtime.v1`): containerd and CRI-O alike.
///
/// Every call throws `RuntimeError` and ends when its task is cancelled; what the runtime has begun by then goes on.
package struct ContainerRuntime: Sendable {
    /// Who answers.
    package struct Version: Sendable, Equatable {
        package var runtime: String
        package var version: String
        package var api: String
    }

    private static let service = "/runtime.v1.RuntimeService"
    /// What a runtime may take beyond the grace: a busy one until it sends SIGTERM, and for SIGKILL until the kernel is done.
    private static let margin = Duration.seconds(30)
    private let channel: GRPCChannel

    /// - Parameter socket: a path, or a URL as the kubelet takes it (`unix:///run/containerd/containerd.sock`).
    package init(socket: String, userAgent: String = "kpipe-sidecar") {
        let path = socket.hasPrefix("unix://") ? String(socket.dropFirst("unix://".count)) : socket
        channel = GRPCChannel(socket: path, userAgent: userAgent)
    }

    package func version() async throws(RuntimeError) -> Version {
        var request = WireWriter()
        request.string(1, "v1")
        let answer = try await call("Version", request, timeout: .seconds(10))
        var version = Version(runtime: "", version: "", api: "")
        try read(answer, of: "Version") { (field, bytes) throws(WireError) in
            switch field.number {
            case 2: version.runtime = try field.text(in: bytes)
            case 3: version.version = try field.text(in: bytes)
            case 4: version.api = try field.text(in: bytes)
            default: break
            }
        }
        return version
    }

    package func container(_ id: String) async throws(RuntimeError) -> RuntimeContainer {
        var request = WireWriter()
        request.string(1, id)
        let answer = try await call("ContainerStatus", request, timeout: .seconds(10))
        var container = RuntimeContainer(id: id, state: .unknown)
        try read(answer, of: "ContainerStatus") { (field, bytes) throws(WireError) in
            if field.number == 1 { try Self.readStatus(field.cursor(), in: bytes, into: &container) }
        }
        return container
    }

    /// SIGTERM (or the image's own stop signal), then SIGKILL after `grace`; with a grace of 0 SIGKILL at once. Returns when
    /// the container has stopped; one that has stopped already is no error.
    ///
    /// - Parameter kills: `false`: no SIGKILL follows. Throws then where the container has not stopped half a minute after
    ///   `grace`, by which time somebody else will have ended it; one that stops later is not kept from it.
    package func stop(_ id: String, grace: Duration, kills: Bool = true) async throws(RuntimeError) {
        var request = WireWriter()
        request.string(1, id)
        request.integer(2, kills ? grace.components.seconds : Self.never)
        _ = try await call("StopContainer", request, timeout: grace + Self.margin)
    }

    /// Seconds. Runtimes end a call that nobody waits for any more without SIGKILL; this is for one that does not.
    private static let never: Int64 = 86_400

    package func shutdown() async { await channel.shutdown() }

    private func call(_ name: String, _ request: WireWriter, timeout: Duration) async throws(RuntimeError) -> [UInt8] {
        try await channel.call("\(Self.service)/\(name)", request.bytes, timeout: timeout)
    }

    private func read(
        _ message: [UInt8], of call: String, _ take: (WireField, Span<UInt8>) throws(WireError) -> Void
    ) throws(RuntimeError) {
        do throws(WireError) {
            var cursor = WireCursor(0..<message.count)
            while let field = try cursor.next(in: message.span) { try take(field, message.span) }
        } catch {
            throw RuntimeError(attempted: call, reason: .malformed("the answer is not protobuf: \(error)"))
        }
    }

    /// `runtime.v1.ContainerStatus`.
    private static func readStatus(
        _ message: WireCursor, in bytes: Span<UInt8>, into container: inout RuntimeContainer
    ) throws(WireError) {
        var cursor = message
        while let field = try cursor.next(in: bytes) {
            switch field.number {
            case 1: container.id = try field.text(in: bytes)
            case 3: container.state = .init(rawValue: Int(try field.integer32())) ?? .unknown
            case 7: container.exitCode = try field.integer32()
            case 12:
                let label = try WireMapEntry(in: bytes, field)
                let value = String(copying: bytes, label.value)
                switch String(copying: bytes, label.key) {
                case "io.kubernetes.pod.uid": container.podUID = value
                case "io.kubernetes.container.name": container.name = value
                default: break
                }
            default: break
            }
        }
    }
}

/// A container as the runtime knows it, trimmed.
package struct RuntimeContainer: Sendable, Equatable {
    /// CRI's `ContainerState`, by number.
    package enum State: Int, Sendable {
        case created, running, exited, unknown
    }

    package var id: String
    package var state: State
    /// Which pod and which of its containers this is, by the labels that the kubelet gave it; `nil` where it gave none.
    package var podUID: String?
    package var name: String?
    /// Meaningful once it has exited.
    package var exitCode: Int32

    package init(id: String, state: State, podUID: String? = nil, name: String? = nil, exitCode: Int32 = 0) {
        self.id = id
        self.state = state
        self.podUID = podUID
        self.name = name
        self.exitCode = exitCode
    }
}

/// Why the container runtime did not do what it was asked for.
package struct RuntimeError: Error, Sendable, CustomStringConvertible {
    package enum Reason: Sendable {
        case status(GRPCStatus)
        case transport(TransportError)
        case malformed(String)
    }

    /// The call, and at which socket.
    package var attempted: String
    package var reason: Reason

    package init(attempted: String, reason: Reason) {
        self.attempted = attempted
        self.reason = reason
    }

    /// The container is not there (any more).
    package var isNotFound: Bool {
        if case .status(let status) = reason { status.code == GRPCStatus.notFound } else { false }
    }

    /// There was no answer within the call's time.
    package var isTimeout: Bool {
        switch reason {
        case .status(let status): status.code == GRPCStatus.deadlineExceeded
        case .transport(let error): if case .timeout = error.reason { true } else { false }
        case .malformed: false
        }
    }

    /// Nobody listens at the socket.
    package var isUnanswered: Bool {
        if case .transport(let error) = reason, case .connect = error.reason { true } else { false }
    }

    /// Whether the same call may succeed later.
    package var isTransient: Bool {
        switch reason {
        case .status(let status): status.code == GRPCStatus.unavailable || status.code == GRPCStatus.deadlineExceeded
        case .transport(let error): error.isTransient
        case .malformed: false
        }
    }

    package var description: String {
        switch reason {
        case .status(let status): "\(attempted): \(status)"
        case .transport(let error):
            switch error.reason {
            case .connect: "\(attempted): nobody listens there; is the path right and the socket mounted?"
            default: "\(attempted): \(error.reason)"
            }
        case .malformed(let what): "\(attempted): \(what)"
        }
    }
}
