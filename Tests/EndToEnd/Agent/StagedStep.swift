import Foundation
import Glibc
import TestSupport

/// Where a step can be when something happens to it.
enum StepStage: CaseIterable, Sendable {
    /// An input is on its way.
    case initializing
    /// Main has not been heard of.
    case ready
    case running
    /// A try has failed.
    case awaitingRetry
    /// An output is on its way.
    case storing
    case settled
}

/// A step of one input and one output that can be brought to any stage and held there.
struct StagedStep {
    let backend: StepBackend
    let rig: StepRig
    let agent: ChildProcess
    private let inputs = ScriptedHTTPServer.Gate()
    private let outputs = ScriptedHTTPServer.Gate()

    init(_ arguments: [String] = [], environment: [String: String?] = [:]) throws {
        backend = try StepBackend(inputs: ["a": Array("content\n".utf8)], inputGate: inputs, outputGate: outputs)
        rig = try StepRig(backend)
        agent = try rig.agent(arguments, environment: environment)
    }

    /// Main's program in all stages but one.
    let script = "cp input/a output/out"

    /// - Returns: main, where there is one by then.
    func reach(_ stage: StepStage) async throws -> ChildProcess? {
        if stage == .initializing {
            let main = try rig.main(script)
            try await eventually("a request for the input") { backend.requestCount(of: "/in/") > 0 }
            return main
        }
        inputs.open()
        try await rig.waitFor("ready")
        switch stage {
        case .initializing, .ready:
            return nil
        case .running:
            let main = try rig.main("\(script); until [ -e go ]; do sleep 0.02; done")
            try await rig.waitFor("output/out")
            try await rig.waitFor(state: "RUNNING")
            return main
        case .awaitingRetry:
            let main = try rig.main("\(script); exit 3")
            _ = try await main.wait(atMost: .seconds(20))
            return main
        case .storing:
            let main = try rig.main(script)
            try await eventually("a request with the output") { backend.requestCount(of: "/out/") > 0 }
            return main
        case .settled:
            outputs.open()
            let main = try rig.main(script)
            _ = try await main.wait(atMost: .seconds(20))
            try await rig.waitFor(state: "DONE", terminal: true)
            return main
        }
    }

    /// Holds nothing back any longer.
    func release() {
        inputs.open()
        outputs.open()
        try? rig.write("go")
    }

    func stop() {
        release()
        agent.kill(group: true)
        backend.stop()
    }
}
