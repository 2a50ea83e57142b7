import Testing

@testable import Terminator

@Suite struct RungTests {
    @Test func `the words of rungs are public`() {
        #expect(Rung.configurable.map(\.rawValue) == ["http", "image", "crr", "node", "exec", "hold"])
    }
}
