import Testing

@testable import HTTPServer

/// Who goes when one more comes.
@Suite struct ConnectionBookTests {
    typealias Phase = ConnectionBook.Phase

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var limit = 3
        var limitOfOne = 3
        /// Whoever is connected, first come first, as `address phase`; a phase is entered in the order given.
        var open: [(String, Phase)]
        var comes: String
        var admission: ConnectionBook.Admission
    }

    static let cases: [Case] = [
        Case(testDescription: "room", open: [("a", .fresh)], comes: "a", admission: .admitted(2, evicting: nil)),
        Case(
            testDescription: "full: the oldest that has sent nothing",
            open: [("a", .idle), ("b", .fresh), ("c", .fresh)], comes: "d", admission: .admitted(4, evicting: 2)),
        Case(
            testDescription: "full: silent ones before idle ones before takers",
            open: [("a", .taking), ("b", .idle), ("c", .fresh)], comes: "d", admission: .admitted(4, evicting: 3)),
        Case(
            testDescription: "full: the one idle longest", open: [("a", .working), ("b", .idle), ("c", .idle)],
            comes: "d", admission: .admitted(4, evicting: 2)),
        Case(
            testDescription: "full: one that does not take its answer",
            open: [("a", .working), ("b", .working), ("c", .taking)], comes: "d",
            admission: .admitted(4, evicting: 3)),
        Case(
            testDescription: "full of work", open: [("a", .working), ("b", .working), ("c", .working)], comes: "d",
            admission: .refused),
        Case(
            testDescription: "one address has all it may: its own go", limit: 9, limitOfOne: 2,
            open: [("b", .fresh), ("a", .idle), ("a", .fresh)], comes: "a", admission: .admitted(4, evicting: 3)),
        Case(
            testDescription: "one address has all it may, at work", limit: 9, limitOfOne: 2,
            open: [("b", .fresh), ("a", .working), ("a", .working)], comes: "a", admission: .refused),
        Case(
            testDescription: "another address beside one that has all it may", limit: 9, limitOfOne: 2,
            open: [("a", .fresh), ("a", .fresh)], comes: "b", admission: .admitted(3, evicting: nil)),
        Case(
            testDescription: "full, and one address has all it may: its own go first", limitOfOne: 2,
            open: [("b", .fresh), ("a", .fresh), ("a", .fresh)], comes: "a", admission: .admitted(4, evicting: 2)),
    ]

    @Test(arguments: cases) func admits(_ example: Case) {
        var book = ConnectionBook(limit: example.limit, limitOfOne: example.limitOfOne)
        for (index, (address, phase)) in example.open.enumerated() {
            #expect(book.admit(RemoteAddress(address)) == .admitted(index + 1, evicting: nil))
            book.note(phase, of: index + 1)
        }
        #expect(book.admit(RemoteAddress(example.comes)) == example.admission)
    }

    @Test func `who asks again is idle from then on`() {
        var book = ConnectionBook(limit: 2, limitOfOne: 2)
        for address in ["a", "b"] { _ = book.admit(RemoteAddress(address)) }
        for id in [1, 2, 1] {
            book.note(.working, of: id)
            book.note(.idle, of: id)
        }
        #expect(book.admit(RemoteAddress("c")) == .admitted(3, evicting: 2))
        // Gone already: there is nothing to note, and no place to give back.
        book.note(.idle, of: 2)
        book.remove(2)
        #expect(book.admit(RemoteAddress("d")) == .admitted(4, evicting: 3))
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.9.10", false), ("127.0.0.6", false), ("::1", true), ("::ffff:127.0.0.1", true),
        ("10.0.0.127", false),
        ("::ffff:10.0.0.1", false), ("fe80::1", false), ("127::1", false), ("", false),
    ])
    func loopback(address: String, isLoopback: Bool) {
        #expect(RemoteAddress(address).isLoopback == isLoopback)
    }

    @Test func `an address of IPv4 is the same either way`() {
        #expect(RemoteAddress("::ffff:10.0.0.1") == RemoteAddress("10.0.0.1"))
    }
}
