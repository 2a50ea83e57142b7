import Basics
import TestSupport
import Testing

@testable import ContainerRuntime

@Suite(.requires(.python)) struct ContainerRuntimeTests {
    static let containers: [String: RuntimeStandIn.Container] = [
        "c1": .init(pod: "uid-1", name: "shipper"), "c2": .init(pod: "uid-1", name: "broken", stop: .fail),
        "c3": .init(pod: "uid-2", name: "stuck", stop: .hang),
    ]

    @Test func stopsWhatIsThere() async throws {
        let server = try await RuntimeStandIn.start(Self.containers)
        let runtime = ContainerRuntime(socket: "unix://\(server.socket)")
        #expect(try await runtime.version() == .init(runtime: "stand-in", version: "1.2.3", api: "v1"))

        let running = RuntimeContainer(id: "c1", state: .running, podUID: "uid-1", name: "shipper")
        #expect(try await runtime.container("c1") == running)
        try await runtime.stop("c1", grace: .seconds(7))
        #expect(server.calls == ["stop c1 7"])
        #expect(try await runtime.container("c1").state == .exited)
        #expect(try await runtime.container("c1").exitCode == 143)
        await runtime.shutdown()
    }

    @Test func saysWhyNot() async throws {
        let server = try await RuntimeStandIn.start(Self.containers)
        let runtime = ContainerRuntime(socket: server.socket)
        let missing = await #expect(throws: RuntimeError.self) { try await runtime.stop("c9", grace: .zero) }
        #expect(missing?.isNotFound == true)
        #expect(missing?.description.contains("NOT_FOUND: container “c9”: not found") == true)

        let failing = await #expect(throws: RuntimeError.self) { try await runtime.stop("c2", grace: .zero) }
        #expect(failing?.description.contains("UNKNOWN: the shim is gone") == true)
        #expect(failing?.isTransient == false)
        await runtime.shutdown()
    }

    @Test func cancellingEndsTheCall() async throws {
        let server = try await RuntimeStandIn.start(Self.containers)
        let runtime = ContainerRuntime(socket: server.socket)
        let stopping = Task { try await runtime.stop("c3", grace: .seconds(1)) }
        try await eventually("the call's arrival") { server.calls.contains("stop c3 1") ? true : nil }
        stopping.cancel()
        await #expect(throws: RuntimeError.self) { try await stopping.value }
        await runtime.shutdown()
    }

    @Test func aMissingSocketIsSaid() async throws {
        let runtime = ContainerRuntime(socket: "/nowhere/runtime.sock")
        let error = await #expect(throws: RuntimeError.self) { try await runtime.version() }
        #expect(
            error?.description
                == "Version at /nowhere/runtime.sock: nobody listens there; is the path right and the socket mounted?")
        await runtime.shutdown()
    }

    /// The real thing, where a node is at hand.
    @Test(.enabled(if: Lab.runtimeSocket != nil, "no real container runtime here: set LAB_HOME"))
    func aRealRuntimeAnswers() async throws {
        let runtime = ContainerRuntime(socket: Lab.runtimeSocket ?? "")
        #expect(try await runtime.version().api == "v1")
        let error = await #expect(throws: RuntimeError.self) { try await runtime.stop("0123456789ab", grace: .zero) }
        #expect(error?.isNotFound != false)
        await runtime.shutdown()
    }
}
