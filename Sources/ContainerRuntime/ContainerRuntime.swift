import Basics

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
    /// What a runtime may take beyond the grace: it sends SIGKILL then, and waits for the kernel.
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
        try read(answer, of: "Version") { field in
            switch field.number {
            case 2: version.runtime = try field.string()
            case 3: version.version = try field.string()
            case 4: version.api = try field.string()
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
        try read(answer, of: "ContainerStatus") { field in
            if field.number == 1 { try Self.readStatus(field.bytes(), into: &container) }
        }
        return container
    }

    /// SIGTERM (or the image's own stop signal), then SIGKILL after `grace`. Returns when the container has stopped;
    /// one that has stopped already is no error.
    package func stop(_ id: String, grace: Duration) async throws(RuntimeError) {
        var request = WireWriter()
        request.string(1, id)
        request.integer(2, grace.components.seconds)
        _ = try await call("StopContainer", request, timeout: grace + Self.margin)
    }

    package func shutdown() async { await channel.shutdown() }

    private func call(_ name: String, _ request: WireWriter, timeout: Duration) async throws(RuntimeError) -> [UInt8] {
        try await channel.call("\(Self.service)/\(name)", request.bytes, timeout: timeout)
    }

    private func read(_ message: [UInt8], of call: String, _ take: (WireField) throws -> Void) throws(RuntimeError) {
        do {
            try WireField.each(of: message[...], take)
        } catch {
            throw RuntimeError(attempted: call, reason: .malformed("the answer is not protobuf: \(error)"))
        }
    }

    /// `runtime.v1.ContainerStatus`.
    private static func readStatus(_ message: ArraySlice<UInt8>, into container: inout RuntimeContainer) throws {
        try WireField.each(of: message) { field in
            switch field.number {
            case 1: container.id = try field.string()
            case 3: container.state = try .init(rawValue: Int(truncatingIfNeeded: field.integer())) ?? .unknown
            case 7: container.exitCode = try Int32(truncatingIfNeeded: field.integer())
            case 12:
                var label = (key: "", value: "")
                try WireField.each(of: field.bytes()) { part in
                    switch part.number {
                    case 1: label.key = try part.string()
                    case 2: label.value = try part.string()
                    default: break
                    }
                }
                switch label.key {
                case "io.kubernetes.pod.uid": container.podUID = label.value
                case "io.kubernetes.container.name": container.name = label.value
                default: break
                }
            default: break
            }
        }
    }
}
