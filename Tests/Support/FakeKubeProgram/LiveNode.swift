import Basics
import FakeKube
import Synchronization

/// A simulated node for people: Jobs get pods, whose containers start and end in real time.
final class LiveNode: Sendable {
    private let node: Mutex<FakeNode>

    init() {
        var images = FakeImages()
        images.others = Self.program
        node = Mutex(FakeNode(images, wall: .now))
    }

    /// Puts the node into the cluster, and what a command in a container does: each is taken for a signal to process 1.
    func join(_ api: inout FakeAPI) {
        api.addNamespace("default")
        api.place(["apiVersion": "v1", "kind": "Node", "metadata": ["name": "lab", "uid": "node-1"]])
        api.anyPod.exec = { [self] call in
            node.withLock { $0.signal(call.container, of: call.pod) }
            return PodScript.Run()
        }
    }

    /// Until the task is cancelled.
    func run(in server: FakeAPIServer) async {
        let start = ContinuousClock.now
        while !Task.isCancelled {
            let now = (ContinuousClock.now - start) / .seconds(1)
            server.update { api in node.withLock { $0.step(&api, at: now) } }
            try? await Task.sleep(for: .milliseconds(100))
        }
    }

    /// `sleep 5` and `sh -c 'sleep 5; exit 3'` do what they say, and pass over SIGTERM, as process 1 does without a
    /// handler. The exit image exits. Whatever else is run goes on until SIGTERM.
    private static func program(_ image: String, _ command: [String]) -> FakeProgram? {
        if image.contains("kpipe-exit") { return FakeProgram(.init(0, after: 0.1)) }
        let words = command.joined(separator: " ").split { " ;'\"".contains($0) }
        func number(after word: Substring) -> Int? {
            words.firstIndex(of: word).flatMap { words.dropFirst($0 + 1).first }.flatMap { Int($0) }
        }
        guard let seconds = number(after: "sleep") else { return FakeProgram(codeOnTerm: 0) }
        return FakeProgram(.init(number(after: "exit") ?? 0, after: Double(seconds)))
    }
}
