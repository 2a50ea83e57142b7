import Testing
import Transfer

@testable import SidecarAgent

@Suite struct TimelineTests {
    /// Main names its files as it likes.
    @Test(arguments: [Timeline.Form.text, .json]) func `names steer no terminal`(form: Timeline.Form) {
        var timeline = Timeline(form)
        let name = "a\u{1B}[2J\n\u{202E}"
        let event = AgentEvent.transfer(.output, .note(path: name, "a pipe is not stored"))
        let told = timeline.lines(for: event, at: .milliseconds(1500))
        #expect(
            !told.dropLast().unicodeScalars.contains { $0 == "\n" || $0 == "\u{1B}" || $0 == "\u{202E}" }, "\(told)")
        #expect(told.hasSuffix("\n") && told.contains("[2J"))
    }
}
