/// A pod's life as bars over a time without a scale: who waits for whom, and who outlives whom.
package struct PodTimeline: Sendable, Equatable {
    package enum Phase: String, Sendable {
        /// Runs, and what follows waits for it.
        case starting
        case running
        /// Has been told to end.
        case ending
        /// Runs on, and nothing ends it.
        case open
    }

    package struct Bar: Sendable, Equatable {
        package let phase: Phase
        package let span: Range<Int>
    }

    package struct Row: Sendable, Equatable {
        package let name: String
        package let role: PodStory.Member.Role
        package let bars: [Bar]
    }

    package private(set) var rows: [Row] = []
    /// When main starts, and when it ends (or is told to, where it never ends by itself).
    package private(set) var mainStart = 0
    package private(set) var mainEnd = 0
    package private(set) var length = 0

    private static let step = 4
    private static let run = 12

    package init(_ story: PodStory) {
        var time = 0
        var started: [(member: PodStory.Member, from: Int, until: Int)] = []
        for member in story.members where member.role == .initial || member.role == .native {
            let until = time + (member.gates.isEmpty ? 1 : Self.step)
            started.append((member, time, until))
            time = until
        }
        mainStart = time
        mainEnd = time + Self.run
        // Natives end one after another, the last one first.
        var end = mainEnd
        var ends: [String: Int] = [:]
        for native in story.natives.reversed() {
            end += Self.step - 1
            ends[native.name] = end
        }
        length = max(end, story.sidecars.isEmpty ? end : mainEnd + 2 * Self.step)
        for (member, from, until) in started {
            guard let end = ends[member.name] else {
                rows.append(Row(name: member.name, role: .initial, bars: [Bar(phase: .starting, span: from..<until)]))
                continue
            }
            let bars = [
                Bar(phase: .starting, span: from..<until), Bar(phase: .running, span: until..<end - (Self.step - 1)),
                Bar(phase: .ending, span: end - (Self.step - 1)..<end),
            ]
            rows.append(Row(name: member.name, role: .native, bars: bars))
        }
        for member in story.members where member.role == .main || member.role == .sidecar {
            var bars = [Bar(phase: .running, span: mainStart..<mainEnd)]
            if member.role == .sidecar, story.isToEnd { bars.append(Bar(phase: .open, span: mainEnd..<length)) }
            rows.append(Row(name: member.name, role: member.role, bars: bars))
        }
    }
}
