import Basics
import Conversion
import TestSupport
import Testing
import YAMLTree

@testable import Admission

/// What a real API server asked, and what it is answered.
@Suite struct RecordedReviewTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var kind: String
        var name: String
        var result: AdmissionDecision.Result
        var sidecars: [String] = []

        var testDescription: String { "\(kind) \(name)" }
    }

    /// In the recording's order.
    static let cases = [
        Case(kind: "Job", name: "legacy", result: .advised),
        Case(kind: "Job", name: "native", result: .unchanged),
        Case(kind: "Pod", name: "legacy-", result: .converted, sidecars: ["sidecar"]),
        Case(kind: "Pod", name: "native-", result: .unchanged),
        Case(kind: "CronJob", name: "cj", result: .unchanged),
        Case(kind: "Pod", name: "bare", result: .converted, sidecars: ["side"]),
    ]

    @Test func everyReviewIsDecided() throws {
        var decided: [String] = []
        for review in try Reviews.recorded() {
            let request = try AdmissionRequest(review: review)
            let metadata = request.object?["metadata"]
            let name = metadata?["name"]?.text ?? metadata?["generateName"]?.text ?? ""
            guard let expected = Self.cases.first(where: { $0.name == name && $0.kind == request.kind.kind }) else {
                continue
            }
            decided.append(name)
            let decision = AdmissionDecision(request, in: Reviews.surroundings())
            #expect(decision.result == expected.result, "\(expected)")
            #expect(decision.sidecars == expected.sidecars, "\(expected)")
            #expect((decision.patch != nil) == !expected.sidecars.isEmpty, "\(expected)")
        }
        #expect(decided.count >= Self.cases.count)
    }

    /// Others' programs carry the patches out and look at the pods; we only look at what is to be native.
    @Test(.requires(.python)) func patchesHoldBeforeOthers() async throws {
        var lines: [String] = []
        var before: [YAMLNode] = []
        let requests = try Reviews.recorded().map { try AdmissionRequest(review: $0) }
        for request in requests + [try Reviews.creating(Reviews.marked)] {
            let answer = AdmissionDecision(request, in: Reviews.surroundings()).answer(to: request.uid).json
            let review = try YAMLNode(json: Array(answer.text.utf8))
            guard let patch = review["response"]?["patch"]?.text, let object = request.object else { continue }
            #expect(review["response"]?["patchType"]?.text == "JSONPatch")
            lines.append(#"{"object":\#(JSONValue(object).text),"patch":"\#(patch)"}"#)
            before.append(object)
        }
        #expect(lines.count >= 3)
        let output = try await output(
            #require(Tool.python.path), [Repository.path("Tests/Fixtures/admission/judge.py")],
            input: Array(lines.joined(separator: "\n").utf8))
        let outcomes = try output.split(separator: "\n").map { try YAMLNode(json: Array($0.utf8)) }
        #expect(outcomes.count == lines.count)
        for (old, new) in zip(before, outcomes) {
            let stayed = new["spec"]?["containers"]?.sequence ?? []
            let natives = new["spec"]?["initContainers"]?.sequence ?? []
            #expect(stayed.count == 1 && natives.count == 1)
            #expect(natives[0]["restartPolicy"]?.text == "Always")
            #expect(stayed[0] == old["spec"]?["containers"]?[0])
            let again = AdmissionRequest(uid: "2", kind: .pod, namespace: "adm", object: new)
            #expect(AdmissionDecision(again, in: Reviews.surroundings()).result == .unchanged)
        }
    }
}
