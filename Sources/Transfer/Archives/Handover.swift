internal import Glibc
internal import HTTPTransport
internal import Synchronization

/// Hands pieces over between a task and a thread that may block, in either direction, one at a time: whoever is quicker
/// waits for the other.
final class Handover: Sendable {
    private struct State {
        var piece: [UInt8]?
        var end: Result<Void, TransferError>?
        var task: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())
    private let thread = Semaphore()
    private let object: String

    /// - Parameter object: what passes, in errors.
    init(_ object: String) { self.object = object }

    /// Nothing more comes, or nothing more is wanted. The first word counts; a piece that was handed over before is still
    /// there after an end that is no failure.
    func end(_ result: Result<Void, TransferError>) {
        state.withLock { $0.end = $0.end ?? result }
        wake()
    }

    // MARK: - The thread's side

    /// Blocks while the piece before is not taken. Throws what ended it.
    func put(_ piece: [UInt8]) throws(TransferError) {
        while try !offer(piece) { thread.wait() }
    }

    /// Blocks until there is a piece; `nil` at the end.
    func take() throws(TransferError) -> [UInt8]? {
        while true {
            if let found = look() { return try found.get() }
            thread.wait()
        }
    }

    // MARK: - The task's side

    func send(_ piece: [UInt8]) async throws(TransferError) {
        while try !offer(piece) { await wait { $0.piece == nil || $0.end != nil } }
    }

    func next() async throws(TransferError) -> [UInt8]? {
        while true {
            if let found = look() { return try found.get() }
            await wait { $0.piece != nil || $0.end != nil }
        }
    }

    // MARK: - Both

    private func offer(_ piece: [UInt8]) throws(TransferError) -> Bool {
        let outcome: Result<Bool, TransferError> = state.withLock { state in
            if let end = state.end { return end.flatMap { .failure(.cancelled(object)) } }
            guard state.piece == nil else { return .success(false) }
            state.piece = piece
            return .success(true)
        }
        if outcome == .success(true) { wake() }
        return try outcome.get()
    }

    private func look() -> Result<[UInt8]?, TransferError>? {
        let (found, isTaken): (Result<[UInt8]?, TransferError>?, Bool) = state.withLock { state in
            if case .failure(let error) = state.end { return (.failure(error), false) }
            guard let piece = state.piece else { return (state.end.map { _ in .success(nil) }, false) }
            state.piece = nil
            return (.success(piece), true)
        }
        if isTaken { wake() }
        return found
    }

    /// Something has changed: both sides look again.
    private func wake() {
        thread.post()
        state.withLock { state in
            defer { state.task = nil }
            return state.task
        }?.resume()
    }

    private func wait(until isDue: (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                guard !isDue(state) else { return true }
                state.task = continuation
                return false
            }
            if isThere { continuation.resume() }
        }
    }
}

/// What a thread hands over, as the content of an object whose length nobody knows yet.
///
/// Sendable: whoever stores it reads from one thread at a time.
final class HandedContent: ObjectContent, @unchecked Sendable {
    private let handover: Handover
    private var rest: ArraySlice<UInt8> = []
    private(set) var failure: TransferError?
    private(set) var digest: MessageDigest?
    private(set) var size: Int64 = 0

    init(_ handover: Handover, digest: MessageDigest?) {
        self.handover = handover
        self.digest = digest
    }

    var length: Int64? { nil }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> ContentStep {
        do throws(TransferError) {
            if rest.isEmpty {
                guard let piece = try handover.take(), !piece.isEmpty else { return .end }
                piece.withUnsafeBytes { digest?.update($0) }
                size += Int64(piece.count)
                rest = piece[...]
            }
            let count = min(rest.count, buffer.count)
            buffer.copyBytes(from: rest.prefix(count))
            rest = rest.dropFirst(count)
            return .filled(count)
        } catch {
            failure = error
            return .fail(error.message)
        }
    }

    func rewind() -> Bool { false }
}
