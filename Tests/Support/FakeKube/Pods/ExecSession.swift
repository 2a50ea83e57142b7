import Basics
import YAMLTree

/// The channels of an exec as messages: the first byte is the channel. What came in goes in, what is to be sent comes
/// out.
struct ExecSession {
    enum Effect: Equatable {
        case send([UInt8])
        case close
    }

    private static let errorChannel: UInt8 = 3
    /// Of v5: the payload names the channel that its sender has closed.
    private static let closeChannel: UInt8 = 255

    private let stream: PodStream
    private let call: PodScript.Call
    private let run: PodScript.Run

    init(_ stream: PodStream, _ call: PodScript.Call, _ run: PodScript.Run) {
        self.stream = stream
        self.call = call
        self.run = run
    }

    /// An empty message tells the client that the command was started.
    func begin() -> [Effect] {
        let first = [PodScript.Run.Stream.output, .error].first { stream.wanted.contains($0) }?.rawValue
        var effects: [Effect] = [.send([first ?? Self.errorChannel])]
        for (channel, bytes) in run.output where stream.wanted.contains(channel) {
            for start in Swift.stride(from: 0, to: bytes.count, by: 32 << 10) {
                effects.append(.send([channel.rawValue] + bytes[start..<min(start + 32 << 10, bytes.count)]))
            }
        }
        return run.hangs || run.echoesInput ? effects : effects + end()
    }

    func receive(_ message: [UInt8]) -> [Effect] {
        guard run.echoesInput, let channel = message.first else { return [] }
        switch channel {
        case 0: return stream.wanted.contains(.output) ? [.send([1] + message.dropFirst())] : []
        case Self.closeChannel where stream.canClose && message.dropFirst().first == 0: return end()
        default: return []
        }
    }

    private func end() -> [Effect] {
        [.send([Self.errorChannel] + Array(status.text.utf8)), .close]
    }

    private var status: JSONValue {
        if let failure = run.failure {
            return [
                "metadata": .object([]), "status": "Failure", "message": .string(failure), "reason": "InternalError",
                "details": ["causes": [["message": .string(failure)]]], "code": 500,
            ]
        }
        guard run.exitCode != 0 else { return ["metadata": .object([]), "status": "Success"] }
        let code = String(run.exitCode)
        return [
            "metadata": .object([]), "status": "Failure",
            "message": .string("command terminated with non-zero exit code: exit status \(code)"),
            "reason": "NonZeroExitCode", "details": ["causes": [["reason": "ExitCode", "message": .string(code)]]],
        ]
    }
}
