import Synchronization

/// A value that several tasks of a test change and look at.
package final class Shared<Value: Sendable>: Sendable {
    private let content: Mutex<Value>

    package init(_ value: Value) {
        content = Mutex(value)
    }

    package var value: Value { content.withLock { $0 } }

    @discardableResult
    package func change<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        content.withLock { value in
            var copy = value
            defer { value = copy }
            return body(&copy)
        }
    }
}
