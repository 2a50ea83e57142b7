import KubeModel
import PodRules
import PodTestSupport
import Testing

private typealias Annotation = WellKnownNames.Annotation

/// `linger`, for one container and for several; the same reading as `quit`.
@Suite struct ContainerAnnotationTests {
    static let pod = PodSketch().container("main", .up).sidecar("a").sidecar("b")

    @Test(
        arguments: [
            ("15s", Int64(15)), ("1m30s", 90), ("0", 0), ("1500ms", 2), ("soon", nil), ("-1s", nil), ("15", nil),
            ("", nil),
        ] as [(String, Int64?)])
    func `durations`(_ text: String, _ seconds: Int64?) {
        let facts = Self.pod.annotated(Annotation.lingerPrefix + "a", text).facts()
        #expect(facts.sidecars.map(\.linger) == [seconds ?? 0, 0])
        #expect(
            facts.findings
                == (seconds == nil
                    ? ["the annotation sidecar.k-pipe.cloud/linger.a is not a duration such as 15s"] : []))
    }

    @Test func `one annotation for several, and the more special word counts`() {
        let facts = Self.pod.annotated(Annotation.linger, #"{"a":"5s","b":"7s","c":"1s"}"#)
            .annotated(Annotation.lingerPrefix + "b", "9s").facts()
        #expect(facts.sidecars.map(\.linger) == [5, 9])
        #expect(
            facts.findings
                == ["the annotation sidecar.k-pipe.cloud/linger names c, which is no container of this pod"])
    }

    @Test(arguments: ["[]", "5s", "{\"a\":5}", "{\"a\":\"5s\""])
    func `what is no object of durations`(_ text: String) {
        let facts = Self.pod.annotated(Annotation.linger, text).facts()
        #expect(facts.findings.contains { $0.contains("is not a JSON object of durations by container name") })
    }

    @Test func `main is not waited for`() {
        let facts = Self.pod.annotated(Annotation.lingerPrefix + "main", "5s").facts()
        #expect(facts.mains.map(\.linger) == [0])
    }
}
