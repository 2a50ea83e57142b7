/// Runs `body` for 0 to `count`, at most `limit` at once, and returns what comes of it in their order. What it is given is made
/// by `prepare`, one after the other, while those before are under way. The first failure stops the others, whose own then say
/// nothing more.
func inParallel<Input: Sendable, Part: Sendable>(
    _ count: Int, atOnce limit: Int, preparing prepare: (Int) async throws(TransferError) -> Input,
    then body: @escaping @Sendable (Int, Input) async throws(TransferError) -> Part
) async throws(TransferError) -> [Part] {
    let outcome: Result<[Part], TransferError> = await withTaskGroup(
        of: (index: Int, part: Result<Part, TransferError>).self
    ) { group in
        var parts = [Part?](repeating: nil, count: count)
        var failure: TransferError?
        func take(_ index: Int, _ part: Result<Part, TransferError>) {
            switch part {
            case .success(let part): parts[index] = part
            case .failure(let error):
                if failure == nil { group.cancelAll() }
                failure = failure ?? error
            }
        }
        for index in 0..<count where failure == nil {
            if index >= limit, let next = await group.next() { take(next.index, next.part) }
            switch await Result({ () async throws(TransferError) in try await prepare(index) }) {
            case .success(let input):
                group.addTask {
                    (index, await Result { () async throws(TransferError) in try await body(index, input) })
                }
            case .failure(let error): take(index, .failure(error))
            }
        }
        while let next = await group.next() { take(next.index, next.part) }
        return failure.map(Result.failure) ?? .success(parts.compactMap { $0 })
    }
    return try outcome.get()
}

func inParallel<Part: Sendable>(
    _ count: Int, atOnce limit: Int, _ body: @escaping @Sendable (Int) async throws(TransferError) -> Part
) async throws(TransferError) -> [Part] {
    try await inParallel(count, atOnce: limit) { (_) async throws(TransferError) in
    } then: { (index, _) async throws(TransferError) in
        try await body(index)
    }
}

/// Runs `body` for 0 to `count`, at most `ahead` before their turn, and gives what comes of it to `take` in their order. The
/// first failure of either ends it.
func inOrder<Part: Sendable>(
    _ count: Int, ahead: Int, _ body: @escaping @Sendable (Int) async throws(TransferError) -> Part,
    _ take: (Int, Part) async throws(TransferError) -> Void
) async throws(TransferError) {
    let failure: TransferError? = await withTaskGroup(of: (index: Int, part: Result<Part, TransferError>).self) {
        group in
        var ready: [Int: Part] = [:]
        var (begun, taken) = (0, 0)
        do throws(TransferError) {
            while taken < count {
                while begun < min(count, taken + ahead) {
                    let index = begun
                    group.addTask {
                        (index, await Result { () async throws(TransferError) in try await body(index) })
                    }
                    begun += 1
                }
                if let part = ready.removeValue(forKey: taken) {
                    taken += 1
                    try await take(taken - 1, part)
                } else if let next = await group.next() {
                    ready[next.index] = try next.part.get()
                }
            }
            return nil
        } catch {
            group.cancelAll()
            return error
        }
    }
    if let failure { throw failure }
}
