import Foundation
import Synchronization

/// Everything a step talks to in one server that counts: inputs under `in/`, outputs under `out/`, reports at `/state`. A web
/// server, where it is given no store of another kind.
package final class StepBackend: Sendable {
    private struct State {
        var targets: [String] = []
        var gets: [String: Int] = [:]
        var puts: [String: Int] = [:]
        var stored: [String: [UInt8]] = [:]
        var reports: [Report] = []
        var random: SeededGenerator
        var reportTrouble: Trouble?
        var outputStatus = 201
    }

    /// A CloudEvent as it arrived.
    package struct Report: Sendable, Equatable {
        package var id: String
        package var state: String
        package var previous: String
        package var terminal: Bool
        package var sequence: Int
        package var reason: String?
        package var message: String?
        package var exitCode: Int?
        package var container: String?
    }

    /// What becomes of reports instead of being taken.
    package enum Trouble: Sendable, Equatable {
        case status(Int)
        case reset
        /// No answer within any client's patience.
        case slow
    }

    package let inputs: [String: [UInt8]]
    private let store: ServedStore?
    private let inputGate: ScriptedHTTPServer.Gate?
    private let outputGate: ScriptedHTTPServer.Gate?
    private let state: Mutex<State>
    private let server: Mutex<ScriptedHTTPServer?>

    package var url: String { server.withLock { $0?.url ?? "" } }
    /// Where inputs and outputs are, as a configuration says it.
    package func place(_ key: String) -> String { store?.url(key, at: url) ?? "\(url)/\(key)" }
    /// What leads there.
    package var environment: [String: String] { store?.environment(at: url) ?? [:] }

    /// - Parameters:
    ///   - slowness: each answer is held back for a random time up to this.
    ///   - inputGate, outputGate: nothing below `/in/`, `/out/` is answered until it opens.
    ///   - store: has the inputs below `in/`.
    package init(
        inputs: [String: [UInt8]] = [:], in store: ServedStore? = nil, slowness: Duration = .zero, seed: UInt64 = 1,
        inputGate: ScriptedHTTPServer.Gate? = nil, outputGate: ScriptedHTTPServer.Gate? = nil
    ) throws {
        self.inputs = inputs
        self.store = store
        self.inputGate = inputGate
        self.outputGate = outputGate
        state = Mutex(State(random: SeededGenerator(seed: seed)))
        server = Mutex(nil)
        let made = try ScriptedHTTPServer { [weak self] request in
            guard let self else { return [.close] }
            let pause = state.withLock { state in
                state.targets.append(request.target)
                return slowness * Double.random(in: 0...1, using: &state.random)
            }
            return steps(before: request) + [.delay(pause)] + answer(request)
        }
        server.withLock { $0 = made }
    }

    package func stop() { server.withLock { $0?.stop() } }

    /// So far, for what begins with `path`.
    package func requestCount(of path: String = "/") -> Int {
        state.withLock { $0.targets.count { $0.hasPrefix(path) } }
    }
    package var gets: [String: Int] { state.withLock { $0.gets } }
    package var puts: [String: Int] { state.withLock { $0.puts } }
    /// What is stored, by name below `/out/`.
    package var stored: [String: [UInt8]] { state.withLock { $0.stored } }
    /// In the order they came, repetitions included.
    package var reports: [Report] { state.withLock { $0.reports } }
    package var states: [String] { reports.map(\.state) }

    package var reportTrouble: Trouble? {
        get { state.withLock { $0.reportTrouble } }
        set { state.withLock { $0.reportTrouble = newValue } }
    }
    /// From here on uploads get this status.
    package func answerOutputs(_ status: Int) { state.withLock { $0.outputStatus = status } }

    private func steps(before request: ScriptedHTTPServer.Request) -> [ScriptedHTTPServer.Step] {
        let gate =
            request.target.hasPrefix("/in/") ? inputGate : request.target.hasPrefix("/out/") ? outputGate : nil
        return gate.map { [.wait($0)] } ?? []
    }

    /// What is stored as `name` below `out/`.
    package func output(_ name: String) async throws -> [UInt8]? {
        guard let store else { return stored[name] }
        return try await store.bytes("out/\(name)")
    }

    private func answer(_ request: ScriptedHTTPServer.Request) -> [ScriptedHTTPServer.Step] {
        guard let store, request.target != "/state" else { return [webAnswer(request)] }
        if let (key, isRead) = store.object(of: request), let name = key.split(separator: "/").last.map(String.init) {
            state.withLock { state in
                if isRead { state.gets[name, default: 0] += 1 } else { state.puts[name, default: 0] += 1 }
            }
        }
        return store.answer(request).steps
    }

    private func webAnswer(_ request: ScriptedHTTPServer.Request) -> ScriptedHTTPServer.Step {
        let path = request.target
        switch request.method {
        case "GET", "HEAD":
            guard path.hasPrefix("/in/"), let body = inputs[String(path.dropFirst(4))] else { return .respond(404) }
            let tag = "ETag: \"\(body.count)-\(path.dropFirst(4))\""
            if request.method == "HEAD" {
                return .send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\(tag)\r\n\r\n")
            }
            state.withLock { $0.gets[String(path.dropFirst(4)), default: 0] += 1 }
            return .respond(200, headers: [tag], body: body)
        case "PUT":
            return state.withLock { state in
                guard state.outputStatus == 201 else { return .respond(state.outputStatus) }
                let name = String(path.dropFirst("/out/".count))
                state.puts[name, default: 0] += 1
                state.stored[name] = request.body
                return .respond(201)
            }
        case "POST":
            switch reportTrouble {
            case .status(let status): return .respond(status)
            case .reset: return .reset
            case .slow: return .stall
            case nil:
                if let report = Self.parse(request.body) { state.withLock { $0.reports.append(report) } }
                return .respond(204)
            }
        default:
            return .respond(405)
        }
    }

    private static func parse(_ body: [UInt8]) -> Report? {
        guard let event = try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any],
            let data = event["data"] as? [String: Any], let id = event["id"] as? String,
            let state = data["state"] as? String, let previous = data["previous"] as? String,
            let terminal = data["terminal"] as? Bool, let sequence = data["sequence"] as? Int
        else { return nil }
        return Report(
            id: id, state: state, previous: previous, terminal: terminal, sequence: sequence,
            reason: data["reason"] as? String, message: data["message"] as? String, exitCode: data["exitCode"] as? Int,
            container: data["container"] as? String)
    }
}
