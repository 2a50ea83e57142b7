import Basics
import Testing

@testable import KubeClient
@testable import KubeRuntime

@Suite struct EventTextTests {
    @Test(arguments: [
        ("short", 10, "short"), ("abcdef", 3, "abc"), ("äöü", 3, "ä"), ("a😀b", 4, "a"), ("a😀b", 5, "a😀"), ("", 0, ""),
    ])
    func cutsAtWholeCharacters(_ text: String, _ limit: Int, _ expected: String) {
        #expect(EventText.cut(text, to: limit) == expected)
    }

    @Test(arguments: [
        ("web-0", "web-0.4d2"), ("Web_0", "web-0.4d2"), ("system:node:x", "system-node-x.4d2"),
        ("-a-.-b-", "a.b.4d2"), ("...", "event.4d2"), ("", "event.4d2"), ("ü", "event.4d2"), ("a..b", "a.b.4d2"),
    ])
    func namesEventsAsTheServerAllows(_ object: String, _ expected: String) {
        #expect(EventText.name(about: object, microseconds: 1, number: 234) == expected)
    }

    @Test func keepsNamesShort() {
        let name = EventText.name(
            about: String(repeating: "a", count: 253), microseconds: 1_790_000_000_000_000, number: 1)
        #expect(name.utf8.count <= 253)
        #expect(name.hasPrefix("aaaa"))
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"), (1_795_243_500_000_123, "2026-11-21T06:45:00.000123Z"),
    ])
    func writesTimesWithMicroseconds(_ microseconds: Int64, _ expected: String) {
        #expect(WallClock.microTime(microseconds) == expected)
    }
}
