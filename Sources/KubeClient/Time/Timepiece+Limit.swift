internal import Basics
internal import HTTPTransport

extension Timepiece {
    /// Lets `work` take as long as `limit`; then it is cancelled and waited for, and the attempt has failed as one that
    /// may be made again.
    package func limit<Value: Sendable>(
        _ attempted: String, to limit: Duration, _ work: @escaping @Sendable () async throws(KubeError) -> Value
    ) async throws(KubeError) -> Value {
        let deadline = now() + limit
        let (result, isOverdue) = await withTaskGroup(of: Result<Value, KubeError>?.self) { group in
            group.addTask { () async -> Result<Value, KubeError>? in
                do throws(KubeError) { return .success(try await work()) } catch { return .failure(error) }
            }
            group.addTask {
                try? await sleep(deadline)
                return nil
            }
            var result: Result<Value, KubeError>?
            var isOverdue = false
            for await outcome in group {
                if let outcome { result = outcome } else if result == nil { isOverdue = !Task.isCancelled }
                group.cancelAll()
            }
            return (result, isOverdue)
        }
        if case .success(let value) = result { return value }
        if case .failure(let error) = result, !isOverdue { throw error }
        let reason = TransportError.Reason.timeout("total")
        throw KubeError(attempted: attempted, reason: .transport(TransportError(attempted: attempted, reason: reason)))
    }
}
