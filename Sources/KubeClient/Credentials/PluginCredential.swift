internal import Basics
internal import Glibc
internal import Synchronization

/// The credential that an exec plugin gives, kept until it expires or the server refuses it.
final class PluginCredential: CredentialProvider {
    private struct State {
        var current: ExecCredentialReply?
        var renewedAt: Duration?
    }

    /// A plugin that hangs is ended after this long; one whose user may have to sign in, also in a browser, may take longer.
    private static let timeout = Duration.seconds(60)
    /// Bytes that a plugin may print.
    private static let limit = 1 << 20
    private static let interactiveTimeout = Duration.seconds(600)
    /// A server that refuses everything makes the plugin run at most this often.
    static let rejectionPause = Duration.seconds(10)

    private let plugin: ExecPlugin
    private let environment: [String]
    private let isTerminal: Bool
    private let isWatched: Bool
    private let timeout: Duration?
    private let time: Timepiece
    private let calendar: WallTime
    private let state = Mutex(State())
    private let flight = SingleFlight<Credential, KubeError>()

    /// - Parameters:
    ///   - isTerminal: standard input is one.
    ///   - isWatched: standard error is one: what a plugin says while it works, such as where to sign in, is seen there.
    ///   - timeout: instead of the standard ones.
    init(
        _ plugin: ExecPlugin, isTerminal: Bool = isatty(STDIN_FILENO) == 1,
        isWatched: Bool = isatty(STDERR_FILENO) == 1, timeout: Duration? = nil, time: Timepiece = .system,
        calendar: @escaping WallTime = systemTime
    ) {
        self.plugin = plugin
        self.isTerminal = isTerminal
        self.isWatched = isWatched
        self.timeout = timeout
        self.time = time
        self.calendar = calendar
        environment = ProcessEnvironment.variables
    }

    func credential() async throws(KubeError) -> Credential {
        if let cached { return cached }
        return try await flight.run { () async throws(KubeError) in
            if let cached { return cached }
            let reply = try await ask()
            let now = time.now()
            state.withLock { state in
                state.current = reply
                state.renewedAt = now
            }
            return reply.credential
        }
    }

    func reject(_ credential: Credential) {
        let now = time.now()
        state.withLock { state in
            guard state.current?.credential == credential else { return }
            if let renewedAt = state.renewedAt, now - renewedAt < Self.rejectionPause { return }
            state.current = nil
        }
    }

    private var cached: Credential? {
        let now = calendar()
        return state.withLock { state in
            guard let current = state.current, current.expiry.map({ now < $0 }) ?? true else { return nil }
            return current.credential
        }
    }

    private func ask() async throws(KubeError) -> ExecCredentialReply {
        let isInteractive =
            switch plugin.interactiveMode {
            case .never: false
            case .ifAvailable, .always: isTerminal
            }
        if plugin.interactiveMode == .always, !isInteractive {
            throw failure("it needs a terminal (interactiveMode: Always), and standard input is none")
        }
        let process = Subprocess(
            [plugin.command] + plugin.arguments,
            environment: environment + plugin.environment.map { "\($0.name)=\($0.value)" } + [
                "\(ExecPlugin.informationVariable)=\(plugin.information(isInteractive: isInteractive))"
            ],
            isInteractive: isInteractive, isWatched: isWatched,
            timeout: timeout ?? (isInteractive || isWatched ? Self.interactiveTimeout : Self.timeout), limit: Self.limit
        )
        let end = await process.run()
        guard case .exited(0, let output, let errors) = end else { throw failure(of: end) }
        do {
            return try ExecCredentialReply(parsing: output, version: plugin.version)
        } catch {
            throw failure(error.reason + said(errors))
        }
    }

    private func failure(of end: Subprocess.End) -> KubeError {
        switch end {
        case .exited(let status, _, let errors): failure("it exited with \(status)" + said(errors))
        case .killed(let signal, let errors): failure("it was ended by signal \(signal)" + said(errors))
        case .timedOut(let errors): failure("it took too long and was ended" + said(errors))
        case .tooMuch: failure("it printed more than \(Self.limit) bytes")
        case .cancelled: KubeError(attempted: "run '\(plugin.command)'", reason: .cancelled)
        case .notStarted(let reason):
            failure("it cannot be run: \(reason)" + (plugin.installHint.map { "\n\(PluginWords.plain($0))" } ?? ""))
        }
    }

    private func failure(_ reason: String) -> KubeError {
        KubeError(
            attempted: "run the credential plugin '\(plugin.command)' (\(plugin.place))", reason: .credentials(reason))
    }

    private func said(_ errors: [UInt8]) -> String {
        let words = PluginWords.excerpt(errors, hiding: plugin.environment.map(\.value))
        return words.isEmpty ? "" : ": \(words)"
    }
}

/// What a plugin wrote to its error output, fit for a message: short, on a terminal harmless, without secrets as far as
/// they can be told.
enum PluginWords {
    /// The end counts: programs say last what stopped them.
    private static let limit = 600
    private static let shortestSecret = 6

    static func excerpt(_ bytes: [UInt8], hiding secrets: [String]) -> String {
        var text = plain(String(decoding: bytes, as: UTF8.self))
        for secret in secrets where secret.utf8.count >= shortestSecret { text = text.replacing(secret, with: "…") }
        let words = text.split(whereSeparator: \.isWhitespace).map { isToken($0) ? "…" : String($0) }
        return String(words.joined(separator: " ").suffix(limit))
    }

    /// Without control characters other than line feeds and tabs, so that nothing moves a terminal's cursor.
    static func plain(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.filter {
                    $0 == "\n" || $0 == "\t" || $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value)
                }))
    }

    /// A JSON web token, or a long run of digits and letters as keys and tokens are.
    private static func isToken(_ word: Substring) -> Bool {
        let core = word.utf8.drop { !isTokenByte($0) }.prefix(while: isTokenByte)
        guard core.count >= 24 else { return false }
        if core.starts(with: "eyJ".utf8) { return true }
        let digits = core.count { (0x30...0x39).contains($0) }
        return core.count >= 32 && digits >= 4 && !core.contains(UInt8(ascii: "/"))
    }

    private static func isTokenByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_.+/=~".utf8.contains(byte)
        }
    }
}

/// Seconds since 1970.
typealias WallTime = @Sendable () -> Int64

let systemTime: WallTime = { Int64(time(nil)) }
