import Conversion
import Foundation
import Render
import Testing

@Suite struct ExplainTests {
    private static func explanations(_ text: String, sidecar: String? = "side") throws -> [PodExplanation] {
        var options = ConversionOptions()
        if let sidecar { options.sidecars = [sidecar] }
        return try PodExplanation.all(in: Array(text.utf8), options)
    }

    private static func job(_ policy: String) -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: nightly}
        spec:
          template:
            spec:
              restartPolicy: \(policy)
              initContainers:
              - {name: prepare, image: p}
              containers:
              - {name: main, image: a}
              - {name: side, image: b, ports: [{containerPort: 80}], lifecycle: {preStop: {sleep: {seconds: 5}}}}

        """
    }

    private static func outcome(_ event: String, of story: PodStory?) -> String {
        story?.outcomes.first { $0.event == event }?.result ?? ""
    }

    /// What measurements on real nodes say, before and after.
    @Test(arguments: [
        (
            "Never", "main succeeds", "side runs on and the Job never completes, unless a terminator ends it",
            "SIGTERM to side, one after another; the Job completes, whatever they exit with"
        ),
        (
            "Never", "main fails", "main fails; the Job fails only once side has ended as well",
            "main fails; side gets SIGTERM, the pod fails, and the Job tries again up to its backoffLimit"
        ),
        (
            "OnFailure", "main is OOM-killed",
            "main is killed, exit code 137 and is started again; side runs on meanwhile; each restart counts for the backoffLimit",
            "main is killed, exit code 137 and is started again; side runs on meanwhile; each restart counts for the backoffLimit"
        ),
        (
            "Never", "a sidecar crashes", "it stays down, and the pod fails in the end although main succeeds",
            "it is started again, and its exit code decides nothing"
        ),
        (
            "OnFailure", "a sidecar crashes", "it is started again; each restart counts for the Job's backoffLimit",
            "it is started again, and its exit code decides nothing; its restarts count for the Job's backoffLimit"
        ),
        (
            "Never", "a sidecar cannot start", "main runs anyway; the Job never completes while it waits for its image",
            "main waits for ever: nothing behind it in the list starts"
        ),
        (
            "Never", "the pod is deleted",
            "preStop of side at once; SIGTERM to main, side at once; SIGKILL after 30 s in all",
            "preStop of side at once; SIGTERM to main, then to side, one after another; SIGKILL after 30 s in all"
        ),
        (
            "Never", "start", "prepare (the next one after its end); then main, side at once",
            "prepare (the next one after its end); then side (the next one after its startupProbe); then main"
        ),
    ])
    func whatBecomesOfAJob(_ policy: String, _ event: String, _ before: String, _ after: String) throws {
        let explanations = try Self.explanations(Self.job(policy))
        #expect(explanations.count == 1)
        let one = try #require(explanations.first)
        #expect(Self.outcome(event, of: one.before) == before)
        #expect(Self.outcome(event, of: one.after) == after)
        #expect(one.before.title == "Job nightly")
    }

    /// Main waits for the sidecar, outlives nobody, and an ordinary sidecar is never ended.
    @Test func theTimelineShowsWhoWaitsForWhom() throws {
        let one = try #require(try Self.explanations(Self.job("Never")).first)
        let before = PodTimeline(one.before)
        let after = PodTimeline(try #require(one.after))
        #expect(before.rows.map(\.name) == ["prepare", "main", "side"])
        #expect(after.rows.map(\.name) == ["prepare", "side", "main"])
        #expect(before.rows[2].bars.map(\.phase) == [.running, .open])
        #expect(after.rows[1].bars.map(\.phase) == [.starting, .running, .ending])
        #expect(after.rows[1].bars[0].span.upperBound == after.mainStart)
        #expect(after.rows[1].bars[2].span.lowerBound == after.mainEnd)
        for row in before.rows + after.rows {
            for (one, next) in zip(row.bars, row.bars.dropFirst()) {
                #expect(one.span.upperBound == next.span.lowerBound)
            }
        }
    }

    @Test func nativesEndInReverseOrder() throws {
        let text = """
            {apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {restartPolicy: Never, initContainers: [
            {name: a, restartPolicy: Always, image: i}, {name: b, restartPolicy: Always, image: i}],
            containers: [{name: main, image: i}]}}
            """
        let one = try #require(try Self.explanations(text, sidecar: nil).first)
        #expect(one.after == nil)
        #expect(Self.outcome("main succeeds", of: one.before).hasPrefix("SIGTERM to b, a, one after another"))
        let rows = PodTimeline(one.before).rows
        #expect(rows[1].bars[2].span.upperBound == rows[0].bars[2].span.lowerBound)
    }

    @Test func theTextNamesWhatChangesAndWhatWasFound() throws {
        let text = ExplanationText.text(try Self.explanations(Self.job("Never")), file: "job.yaml")
        #expect(text.hasPrefix("Job nightly, restartPolicy Never\n\n  today\n"))
        #expect(text.contains("    main     "))
        #expect(text.contains("job.yaml:12: KS106 warning: "), "\(text)")
        #expect(text.contains("    today: side runs on and the Job never completes"))
    }

    /// Names are others' words, and the drawing asks nobody for anything.
    @Test func theDrawingIsSelfContainedAndWellFormed() throws {
        let text =
            Self.job("OnFailure").replacing("{name: nightly}", with: "{name: \"<script>&\\e\"}") + "---\n"
            + Self.job("Never")
        let svg = ExplanationDrawing.svg(try Self.explanations(text))
        #expect(!svg.contains("<script>") && !svg.contains("\u{1B}") && !svg.contains("href"))
        #expect(svg.contains("&lt;script&gt;&amp;"))
        let parser = XMLCheck()
        #expect(parser.check(svg), "\(svg.prefix(400))")
        #expect(parser.elements["rect", default: 0] > 10)
    }
}

/// Whether tags close as they open: the drawings are simple enough for that.
private final class XMLCheck {
    private(set) var elements: [String: Int] = [:]

    func check(_ text: String) -> Bool {
        var open: [Substring] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<"), let end = rest[start...].firstIndex(of: ">") {
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("/") {
                guard open.popLast() == tag.dropFirst() else { return false }
            } else {
                let name = tag.prefix { $0 != " " && $0 != "/" }
                elements[String(name), default: 0] += 1
                if !tag.hasSuffix("/") { open.append(name) }
            }
        }
        return open.isEmpty
    }
}
