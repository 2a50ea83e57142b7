import Basics
import FakeKube
import KubeModel
import PodTestSupport
import Testing
import YAMLTree

@testable import Terminator

@Suite struct DiagnosisTextTests {
    private static func diagnosis(_ sketch: PodSketch, _ change: (inout Surroundings) -> Void = { _ in })
        -> PodDiagnosis
    {
        PodDiagnosis(sketch.facts(), .ordinary(now: 1600, change))
    }

    private static func report(_ diagnoses: PodDiagnosis..., job: JobDiagnosis? = nil, isDetailed: Bool = false)
        -> DiagnosisReport
    {
        DiagnosisReport(job: job, pods: diagnoses, isDetailed: isDetailed)
    }

    private static let held = PodSketch().container("main", .exit(0)).sidecar("logger")
        .sidecar("proxy", .waiting("ImagePullBackOff"))

    @Test func `of many pods there is a table and a line each`() {
        let busy = PodSketch().container("main", .up).sidecar("logger").with { $0.metadata.name = "step-y8" }
        #expect(
            DiagnosisText.table(Self.report(Self.diagnosis(Self.held), Self.diagnosis(busy)), isWide: false, now: 1600)
                == """
                NAMESPACE   POD       CONTAINER   ROLE      STATE              HOLDS OPEN   NEXT
                team        step-x7   main        main      Completed (0)      no           -
                team        step-x7   logger      sidecar   running            yes          image: its image is swapped for one that exits with 0
                team        step-x7   proxy       sidecar   ImagePullBackOff   yes          image: its image is swapped for one that exits with 0
                team        step-y8   main        main      running            no           -
                team        step-y8   logger      sidecar   running            no           -

                team/step-x7 (Job step): main succeeded; held open by logger, proxy; main ended 1m40s ago

                team/step-y8 (Job step): waiting for main

                """)
    }

    @Test func `one pod is explained in full`() {
        var diagnosis = Self.diagnosis(
            PodSketch().container("main", .exit(3)).sidecar("logger", command: ["/opt/agent/run"])
                .progress("logger=http@1590/0!")
        ) {
            $0.hasNodeAgents = true
            $0.learned = ["logger"]
        }
        diagnosis.warnings = ["BackOff: Back-off pulling image (3 times) at 2026-11-21T06:00:00Z"]
        #expect(
            DiagnosisText.note(diagnosis, isDetailed: true, now: 1600) == """
                team/step-x7 (Job step): main failed; held open by logger; main ended 1m40s ago
                  logger is a sidecar (variable KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT): running
                    tried: http at 1970-01-01T00:26:30Z (failed)
                    next: node: the node agent is asked to stop it
                    not possible: http: was tried and failed
                    not possible: image: the exit image has no /opt/agent/run
                    not possible: crr: Kruise's API is not served
                  warning: BackOff: Back-off pulling image (3 times) at 2026-11-21T06:00:00Z

                """)
    }

    @Test func `wide adds why and what is not possible`() {
        let text = DiagnosisText.table(
            Self.report(Self.diagnosis(PodSketch().container("main", .exit(0)).sidecar("logger"))), isWide: true,
            now: 1600)
        let lines = text.split(separator: "\n")
        #expect(lines[0].hasSuffix("RESTARTS   WHY\(String(repeating: " ", count: 47))TRIED   NOT POSSIBLE"))
        #expect(
            lines[2].hasSuffix(
                "0          variable KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT   -       http: no quit endpoint is known"))
    }

    @Test func `an owner is told how to mark what runs on`() {
        let pod = PodSketch().container("main", .exit(0)).container("logger", .up).container("proxy", .up)
        #expect(
            DiagnosisText.note(Self.diagnosis(pod), isDetailed: true, now: 1600) == """
                team/step-x7 (Job step): left alone: no container is marked as a sidecar
                  if logger, proxy should end with the others: kubectl annotate pod step-x7 -n team \
                sidecar.k-pipe.cloud/sidecars=logger,proxy

                """)
    }

    @Test func `nothing is said to an owner whose pod is at work or has ended`() {
        for pod in [
            PodSketch().container("main", .up).container("logger", .up),
            PodSketch(phase: "Succeeded").container("main", .exit(0)),
        ] {
            #expect(Self.diagnosis(pod).advice.isEmpty)
        }
    }

    @Test func `an empty answer is said in words`() {
        #expect(
            DiagnosisText.table(Self.report(), isWide: false, now: 0) == "No open pod here says anything of sidecars.\n"
        )
        #expect(DiagnosisText.table(Self.report(isDetailed: true), isWide: false, now: 0) == "It has no pods.\n")
    }

    @Test(
        arguments: [
            (1600, "1m40s"), (1500, "0s"), (1400, "0s"), (1500 + 7199, "1h59m"), (1500 + 200_000, "55h"),
        ] as [(Int64, String)])
    func `ages are as precise as they need to be`(_ now: Int64, _ age: String) {
        let note = DiagnosisText.note(
            Self.diagnosis(PodSketch().container("main", .exit(0)).sidecar()), isDetailed: false, now: now)
        #expect(note.hasSuffix("; main ended \(age) ago\n"))
    }

    @Test func `what a pod holds is said as long as it is held open`() {
        func holds(_ state: ContainerState, _ cpu: String = "500m") -> String? {
            var sketch = PodSketch().container("main", .exit(0)) { ($0.cpuRequest, $0.memoryRequest) = (cpu, "1Gi") }
                .sidecar("log", state) { ($0.cpuRequest, $0.memoryRequest) = (cpu, "512Mi") }.native("proxy", .up)
            sketch.pod.spec.initContainers[0].memoryRequest = "512Mi"
            let report = Self.report(Self.diagnosis(sketch))
            let wide = DiagnosisText.table(report, isWide: true, now: 1600)
            guard case .array(let pods) = DiagnosisText.document(report), let text = pods[0]["holds"]?.string else {
                #expect(!wide.contains("Gi"))
                return nil
            }
            #expect(wide.contains(text))
            return text
        }
        #expect(holds(.up) == "1 CPU, 2Gi" && holds(.up, "250m") == "500m CPU, 2Gi" && holds(.up, "rubbish") == "2Gi")
        #expect(holds(.exit(0)) == nil)
    }

    @Test func `a document says the same to programs`() throws {
        let document = DiagnosisText.document(Self.report(Self.diagnosis(Self.held)))
        guard case .array(let pods) = document, case .object(let members)? = pods.first else {
            Issue.record("no pod")
            return
        }
        #expect(
            members.map(\.name) == [
                "namespace", "pod", "job", "verdict", "mainEnded", "heldOpen", "findings", "advice", "warnings",
                "containers",
            ])
        #expect(document.text.contains(#""mainEnded":"1970-01-01T00:25:00Z","heldOpen":true"#))
        #expect(
            document.text.contains(
                #"{"name":"logger","role":"sidecar","reason":"variable KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT","#
                    + #""state":"running","restarts":0,"holdsOpen":true,"#
                    + #""next":"image: its image is swapped for one that exits with 0","tried":[],"#
                    + #""obstacles":["http: no quit endpoint is known"]}"#))
    }

    @Test(arguments: [
        (#"{"status":{"conditions":[{"type":"Complete","status":"True"}]}}"#, true, "complete"),
        (
            #"{"status":{"conditions":[{"type":"Failed","status":"True","reason":"BackoffLimitExceeded","message":"no"}]}}"#,
            true, "failed: BackoffLimitExceeded: no"
        ),
        (
            #"{"status":{"conditions":[{"type":"FailureTarget","status":"True","reason":"PodFailurePolicy"}]}}"#, false,
            "about to fail, once its pods have ended: PodFailurePolicy"
        ),
        (#"{"spec":{"suspend":true}}"#, false, "suspended: nobody makes pods for it"),
        (
            #"{"spec":{"completions":3,"backoffLimit":0},"status":{"succeeded":1,"active":2,"failed":1}}"#, false,
            "not complete: 1 of 3 succeeded, 2 active, 1 failed (backoffLimit 0)"
        ),
        ("{}", false, "not complete: 0 of 1 succeeded, 0 active, 0 failed (backoffLimit 6)"),
    ])
    func `a Job says how it stands`(_ json: String, _ isFinished: Bool, _ verdict: String) throws {
        let job = JobDiagnosis(
            ObjectKey(namespace: "team", name: "step"), try YAMLNode(parsing: Array(json.utf8)))
        #expect(job.verdict == verdict)
        #expect(job.isFinished == isFinished)
    }
}

/// What stands in a cluster may have been written by anybody.
@Suite struct ForeignTextTests {
    static let evil = "\u{1B}[2J\u{9B}1m\u{202E}gnp.exe\u{2066}\u{200B}\r\nowned"

    static var pod: PodDiagnosis {
        var pod = PodDiagnosis(
            PodSketch().container("main", .exit(0)).sidecar("sidecar", .waiting(evil)).facts(), .ordinary())
        pod.findings = [evil]
        pod.advice = [evil]
        pod.warnings = [evil, String(repeating: "x", count: 100_000)]
        return pod
    }

    static func isHarmless(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n"
                || ![.control, .format, .lineSeparator, .paragraphSeparator].contains(
                    scalar.properties.generalCategory)
        }
    }

    @Test func `a terminal obeys none of it`() {
        let report = DiagnosisReport(pods: [Self.pod], isDetailed: true)
        let text = DiagnosisText.table(report, isWide: true, now: 1600)
        #expect(Self.isHarmless(text))
        #expect(text.contains(#"\u{1B}[2J\u{9B}1m\u{202E}gnp.exe\u{2066}\u{200B}\u{D}\nowned"#))
        #expect(text.utf8.count < 20_000)
        let check = PreflightCheck(.warn, "API server", Self.evil, advice: Self.evil)
        #expect(Self.isHarmless(PreflightCheck.text([check])))
    }

    @Test func `JSON says the same in escapes`() throws {
        let json = DiagnosisText.document(Self.pod).text.printableJSON
        #expect(Self.isHarmless(json))
        #expect(try JSONValue(parsing: json) == DiagnosisText.document(Self.pod))
    }
}
