import Basics
import TestSupport
import Testing

@testable import OperatorConfiguration

@Suite struct ConfigurationChangesTests {
    enum Seen: Sendable {
        case text(String)
        case missing
    }

    static var missing: Result<[UInt8], SmallFile.Failure> {
        do throws(SmallFile.Failure) { return .success(try SmallFile.bytes("/missing/t.yaml")) } catch {
            return .failure(error)
        }
    }

    static func words(_ step: ConfigurationChanges.Step?) -> String {
        switch step {
        case .adopt(let configuration): "adopt \(configuration.workers)"
        case .refuse: "refuse"
        case .settle: "settle"
        case nil: "-"
        }
    }

    /// What is in force has 512 workers; what is adopted is in force afterwards.
    @Test(
        arguments: [
            ([.text("{}")], "-"),
            ([.text("# only a comment\n")], "-"),
            ([.text("workers: 4")], "adopt 4"),
            ([.text("workers: 4"), .text("workers: 4")], "adopt 4, -"),
            ([.text("workers: 4"), .text("workers: 4 # said again")], "adopt 4, -"),
            ([.text("workers: 0"), .text("workers: 0"), .text("workers: 512")], "refuse, -, settle"),
            ([.text("workers: ["), .text("wrkers: 4"), .text("workers: 4")], "refuse, refuse, adopt 4"),
            ([.missing, .missing, .text("")], "refuse, -, settle"),
            ([.text("workers: 4"), .missing, .text("workers: 4")], "adopt 4, refuse, settle"),
        ] as [([Seen], String)])
    func `a file that changes`(contents: [Seen], expected: String) {
        var changes = ConfigurationChanges(TerminatorConfiguration(), source: "t.yaml")
        let steps = contents.map { content in
            let step: ConfigurationChanges.Step? =
                switch content {
                case .text(let text): changes.read(.success(Array(text.utf8)))
                case .missing: changes.read(Self.missing)
                }
            if case .adopt(let new) = step { changes.adopted(new) }
            return Self.words(step)
        }
        #expect(steps.joined(separator: ", ") == expected)
    }

    @Test func `a refusal names the file, the field and what is wrong`() {
        var changes = ConfigurationChanges(TerminatorConfiguration(), source: "t.yaml")
        guard case .refuse(let why) = changes.read(.success(Array("workers: 0".utf8))) else {
            Issue.record("adopted")
            return
        }
        #expect(why.contains("t.yaml") && why.contains("workers"))
    }

    /// A file that is followed, in time of the test's own. At first it is not there.
    @Test func `a follower tells each change once, and what others say no to`() async throws {
        let folder = try TemporaryFolder("follow")
        let path = folder["t.yaml"]
        let clock = VirtualClock()
        let (told, tell) = AsyncStream<String>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await ConfigurationFollower(path, time: Timepiece(clock)).run(from: TerminatorConfiguration()) {
                    $0.workers == 13 ? "13 is not for us" : nil
                } tell: { step in
                    tell.yield(Self.words(step))
                }
            }
            for text in ["workers: 512", "workers: 4", "workers: 13", "workers: 4", "workers: 0", "workers: 5"] {
                await clock.sleepers(1)
                try folder.write(text, to: "t.yaml")
                clock.advance(by: ConfigurationFollower.interval)
            }
            await clock.sleepers(1)
            group.cancelAll()
        }
        tell.finish()
        var words: [String] = []
        for await word in told { words.append(word) }
        #expect(words == ["refuse", "settle", "adopt 4", "refuse", "settle", "refuse", "adopt 5"])
    }
}
