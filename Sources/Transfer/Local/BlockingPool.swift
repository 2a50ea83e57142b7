import Glibc
import Synchronization

/// Threads for work that blocks (fsync, reading a file to its end), so that it never holds up the threads that run
/// Swift's tasks, of which a container may have just one.
final class BlockingPool: Sendable {
    static let shared = BlockingPool(threads: 2)
    /// Of archives, which wait for the network while they are packed and unpacked and would keep others waiting.
    static let archives = BlockingPool(threads: 2)

    private struct State {
        var waiting: [@Sendable () -> Void] = []
        var threads = 0
        var idle = 0
    }

    private let limit: Int
    private let state = Mutex(State())
    private let signal = Semaphore()

    init(threads limit: Int) { self.limit = limit }

    /// Runs `work` on one of the threads. Not cancelled: callers keep the pieces short, or look at a flag.
    func run<Success: Sendable, Failure: Error>(_ work: @escaping @Sendable () throws(Failure) -> Success)
        async throws(Failure) -> Success
    {
        let result: Result<Success, Failure> = await withCheckedContinuation { continuation in
            submit {
                do throws(Failure) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// As `run`, for work that takes long and looks at the flag it is given, which says that the caller was cancelled.
    func run<Success: Sendable, Failure: Error>(
        _ work: @escaping @Sendable (_ isCancelled: @escaping @Sendable () -> Bool) throws(Failure) -> Success
    ) async throws(Failure) -> Success {
        let flag = Flag()
        let outcome = await withTaskCancellationHandler {
            await Result { () async throws(Failure) in
                try await run { () throws(Failure) in try work { flag.isSet } }
            }
        } onCancel: {
            flag.set()
        }
        return try outcome.get()
    }

    /// As `run`, for work that may block for ever, such as reading a pipe: whoever is cancelled does not wait for it.
    /// Its thread is lost until it ends by itself. Throws `.cancelled`, naming `object`.
    func runUnlessCancelled<Success: Sendable>(
        _ object: String, _ work: @escaping @Sendable () throws(TransferError) -> Success
    ) async throws(TransferError) -> Success {
        let outcome = FirstOutcome<Success>()
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                outcome.wait(continuation)
                submit { outcome.settle(Result { () throws(TransferError) in try work() }) }
            }
        } onCancel: {
            outcome.settle(.failure(.cancelled(object)))
        }
        return try result.get()
    }

    private func submit(_ job: @escaping @Sendable () -> Void) {
        let starts = state.withLock { state in
            state.waiting.append(job)
            guard state.waiting.count > state.idle, state.threads < limit else { return false }
            state.threads += 1
            return true
        }
        if starts { startThread() }
        signal.post()
    }

    private func startThread() {
        var thread = pthread_t()
        let context = Unmanaged.passRetained(self).toOpaque()
        pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<BlockingPool>.fromOpaque(context).takeRetainedValue().serve()
            }, context)
        pthread_detach(thread)
    }

    /// The shared pool lives as long as the process, and so do its threads.
    private func serve() -> Never {
        while true {
            state.withLock { $0.idle += 1 }
            signal.wait()
            let job = state.withLock { state -> (@Sendable () -> Void)? in
                state.idle -= 1
                return state.waiting.isEmpty ? nil : state.waiting.removeFirst()
            }
            job?()
        }
    }
}

/// Told once, to whoever looks: such as a thread that runs no task that its task was cancelled.
final class Flag: Sendable {
    private let flag = Atomic<Bool>(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
}

/// Given to one who waits; whatever comes later is dropped.
private final class FirstOutcome<Success: Sendable>: Sendable {
    private typealias Outcome = Result<Success, TransferError>

    private struct State {
        var outcome: Outcome?
        var waiter: CheckedContinuation<Outcome, Never>?
    }

    private let state = Mutex(State())

    func wait(_ continuation: CheckedContinuation<Result<Success, TransferError>, Never>) {
        let outcome = state.withLock { state in
            if state.outcome == nil { state.waiter = continuation }
            return state.outcome
        }
        if let outcome { continuation.resume(returning: outcome) }
    }

    func settle(_ outcome: Result<Success, TransferError>) {
        state.withLock { state in
            guard state.outcome == nil else { return CheckedContinuation<Outcome, Never>?.none }
            state.outcome = outcome
            defer { state.waiter = nil }
            return state.waiter
        }?.resume(returning: outcome)
    }
}

/// A counting semaphore, for threads.
final class Semaphore: @unchecked Sendable {
    // Sendable: sem_t is made to be used from many threads; its memory is allocated once and never moves.
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

    init() { sem_init(semaphore, 0, 0) }
    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }

    func post() { sem_post(semaphore) }
    func wait() { while sem_wait(semaphore) != 0 {} }
}
