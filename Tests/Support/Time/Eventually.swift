/// Asks until the answer is there, for what cannot tell by itself when it is ready (a server that starts).
/// Throws after `limit`, naming `what`.
@discardableResult
package func eventually<Value: Sendable>(
    _ what: String, limit: Duration = .seconds(90), every pause: Duration = .milliseconds(20),
    _ answer: () async throws -> Value?
) async throws -> Value {
    let clock = ContinuousClock()
    let deadline = clock.now + limit
    while true {
        if let value = try await answer() { return value }
        guard clock.now < deadline else { throw ProcessError(description: "\(what): not within \(limit)") }
        try await Task.sleep(for: pause)
    }
}

/// Waits until `condition` holds.
package func eventually(
    _ what: String, limit: Duration = .seconds(90), _ condition: () async throws -> Bool
) async throws {
    try await eventually(what, limit: limit) { try await condition() ? true : nil }
}
