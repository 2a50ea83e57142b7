package import Basics
internal import ConfigSchema

/// The operator's file as it changes, as a value: what is to be taken over, and what is refused.
package struct ConfigurationChanges: Sendable {
    package enum Step: Sendable, Equatable {
        /// Good, and something else than what is in force. `adopted` or `refused` says what became of it.
        case adopt(TerminatorConfiguration)
        /// What is in force stays, for this reason.
        case refuse(String)
        /// The file says again what is in force, after something that was refused.
        case settle
    }

    /// What the file said when it was last taken over.
    private var current: TerminatorConfiguration
    private var last: Result<[UInt8], SmallFile.Failure>?
    private var isRefused = false
    /// In messages.
    private let source: String

    package init(_ current: TerminatorConfiguration, source: String) {
        self.current = current
        self.source = source
    }

    /// - Returns: `nil` where there is no news: each content is looked at once.
    package mutating func read(_ content: Result<[UInt8], SmallFile.Failure>) -> Step? {
        guard content != last else { return nil }
        last = content
        let new: TerminatorConfiguration
        switch content {
        case .failure(let error): return refuse("\(error)")
        case .success(let bytes):
            do throws(ConfigurationError) { new = try TerminatorConfiguration(parsing: bytes, source: source) } catch {
                return refuse(error.description)
            }
        }
        guard new == current else { return .adopt(new) }
        defer { isRefused = false }
        return isRefused ? .settle : nil
    }

    package mutating func adopted(_ new: TerminatorConfiguration) {
        current = new
        isRefused = false
    }

    /// By whoever was to take it over.
    package mutating func refused() { isRefused = true }

    private mutating func refuse(_ why: String) -> Step {
        isRefused = true
        return .refuse(why)
    }
}

/// Looks at the file now and then: the kubelet brings a changed ConfigMap within a minute or two.
package struct ConfigurationFollower: Sendable {
    private let path: String
    private let time: Timepiece

    package static let interval = Duration.seconds(10)

    package init(_ path: String, time: Timepiece = .system) {
        self.path = path
        self.time = time
    }

    /// Until the task is cancelled, or at once where the file is none that could change.
    ///
    /// - Parameters:
    ///   - current: what the file said when it was read first.
    ///   - adopt: takes over what is good, or says why not.
    ///   - tell: what became of a change.
    package func run(
        from current: TerminatorConfiguration, adopt: @Sendable (TerminatorConfiguration) -> String?,
        tell: @Sendable (ConfigurationChanges.Step) async -> Void
    ) async {
        var changes = ConfigurationChanges(current, source: path)
        // A pipe is read once, by whoever came first. What cannot be read now may be there the next time.
        if case .failure(let error) = content, error.isOfAnotherKind { return }
        while !Task.isCancelled {
            if let step = changes.read(content) { await tell(follow(step, &changes, adopt)) }
            do { try await time.sleep(time.now() + Self.interval) } catch { return }
        }
    }

    private var content: Result<[UInt8], SmallFile.Failure> {
        do throws(SmallFile.Failure) { return .success(try SmallFile.bytes(path)) } catch { return .failure(error) }
    }

    private func follow(
        _ step: ConfigurationChanges.Step, _ changes: inout ConfigurationChanges,
        _ adopt: (TerminatorConfiguration) -> String?
    ) -> ConfigurationChanges.Step {
        guard case .adopt(let new) = step else { return step }
        if let refusal = adopt(new) {
            changes.refused()
            return .refuse("\(path): \(refusal)")
        }
        changes.adopted(new)
        return step
    }
}
