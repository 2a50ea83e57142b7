public import KubeModel
internal import YAMLTree

/// A command to be run in a container that runs.
public struct ExecCommand: Sendable, Equatable {
    public var pod: ObjectKey
    /// `nil` for the pod's default container.
    public var container: String?
    /// The program and its arguments; no shell is involved.
    public var arguments: [String]

    public init(in pod: ObjectKey, container: String? = nil, _ arguments: [String]) {
        self.pod = pod
        self.container = container
        self.arguments = arguments
    }

    /// v5 can close standard input; v4 is older, and cannot.
    private static let subprotocols = ["v5.channel.k8s.io", "v4.channel.k8s.io"]

    func target(hasInput: Bool) -> PodStreamTarget {
        var query = arguments.map { (name: "command", value: $0) }
        if let container { query.append((name: "container", value: container)) }
        if hasInput { query.append((name: "stdin", value: "true")) }
        query += [(name: "stdout", value: "true"), (name: "stderr", value: "true")]
        return PodStreamTarget(pod, "exec", query: query, subprotocols: Self.subprotocols)
    }
}

/// How a command ended, and what it wrote.
public struct ExecResult: Sendable, Equatable {
    /// 128 and the signal's number where one ended it, as shells have it.
    public var exitCode: Int
    public var output: [UInt8]
    public var error: [UInt8]
    /// More was written than was to be kept: `output` and `error` are each the beginning.
    public var isCut: Bool
}

/// A command's run, as its WebSocket reports it.
struct ExecMachine: Sendable {
    enum End: Sendable, Equatable {
        case exited(Int)
        case failed(APIStatus)
        /// Nothing was said about the command's end.
        case lost
    }

    /// A status larger than this is none.
    private static let largestStatus = 64 << 10

    private let limit: Int
    private(set) var output: [UInt8] = []
    private(set) var error: [UInt8] = []
    private(set) var isCut = false
    private var status: [UInt8] = []

    /// - Parameter limit: bytes to keep of standard output, and of standard error. The rest is read and dropped, so that
    ///   the command can go on.
    init(limit: Int) {
        self.limit = limit
    }

    mutating func receive(channel: UInt8, _ bytes: some Collection<UInt8>) {
        switch channel {
        case ExecChannel.output: append(bytes, to: \.output, upTo: limit)
        case ExecChannel.error: append(bytes, to: \.error, upTo: limit)
        case ExecChannel.status: status += bytes.prefix(Self.largestStatus - status.count)
        default: break
        }
    }

    /// The connection has ended.
    func end() -> End {
        guard !status.isEmpty else { return .lost }
        return switch ExecStatus(status) {
        case .exited(let code): .exited(code)
        case .failed(let status): .failed(status)
        }
    }

    private mutating func append(
        _ bytes: some Collection<UInt8>, to stream: WritableKeyPath<Self, [UInt8]>, upTo limit: Int
    ) {
        let room = limit - self[keyPath: stream].count
        if bytes.count > room { isCut = true }
        self[keyPath: stream] += bytes.prefix(max(0, room))
    }
}

/// The channels of a command's WebSocket (`k8s.io/apimachinery/pkg/util/remotecommand`).
enum ExecChannel {
    static let input: UInt8 = 0
    static let output: UInt8 = 1
    static let error: UInt8 = 2
    /// Carries a `Status` at the end.
    static let status: UInt8 = 3
    /// Of v5: the payload names the channel that its sender closes.
    static let close: UInt8 = 255
}

/// What the error channel says at the end of a command.
enum ExecStatus: Sendable, Equatable {
    case exited(Int)
    /// It could not be run, or its end is not known.
    case failed(APIStatus)

    /// - Parameter bytes: a `Status` as JSON. Anything else is taken for an error in plain words.
    init(_ bytes: [UInt8]) {
        guard let root = try? YAMLNode(parsing: bytes), root["status"] != nil else {
            let words = String(decoding: bytes.prefix(1024), as: UTF8.self)
            self = .failed(APIStatus(code: 500, reason: "InternalError", message: words))
            return
        }
        guard root["status"]?.text != "Success" else {
            self = .exited(0)
            return
        }
        let causes = root["details"]?["causes"]?.sequence ?? []
        let code = causes.first { $0["reason"]?.text == "ExitCode" }?["message"]?.text.flatMap { Int($0) }
        if root["reason"]?.text == "NonZeroExitCode", let code {
            self = .exited(code)
        } else {
            self = .failed(
                APIStatus(
                    code: root["code"]?.text.flatMap { Int($0) } ?? 500, reason: root["reason"]?.text ?? "",
                    message: root["message"]?.text ?? "the command could not be run"))
        }
    }
}
