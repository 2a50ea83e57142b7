import Basics
import Conversion
import KubeModel
import PodRules
import Render
import Testing
import YAMLTree

@Suite struct ScanTests {
    private static let deployments = APIResource(
        group: "apps", version: "v1", plural: "deployments", kind: "Deployment")

    private static func item(
        _ name: String, _ containers: String, _ more: String = "", spec: String = "", metadata: String = ""
    ) -> String {
        """
        {"metadata":{"name":"\(name)","namespace":"shop","managedFields":[{"fieldsV1":{"f:spec":{}}}]\(metadata)},\
        "spec":{\(spec)"template":{"metadata":{"labels":{"app":"\(name)"}},"spec":{"containers":[\(containers)]}}}\(more)}
        """
    }

    private static func list(_ items: String..., token: String = "") -> [UInt8] {
        Array(
            "{\"kind\":\"DeploymentList\",\"apiVersion\":\"apps/v1\",\"metadata\":{\"continue\":\"\(token)\"},\"items\":[\(items.joined(separator: ","))]}"
                .utf8)
    }

    private static let main = #"{"name":"main","image":"a"}"#
    private static let marked =
        #"{"name":"side","image":"b","resources":{"requests":{"cpu":"100m","memory":"64Mi"}},"#
        + #""env":[{"name":"KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT","value":"true"}]}"#

    private static func findings(
        _ body: [UInt8], _ resource: APIResource = deployments, _ version: String = "1.36"
    ) throws -> [WorkloadFinding] {
        var options = ConversionOptions()
        options.detectsKnown = true
        options.services = ServicePorts()
        options.kubeVersion = KubeVersion(version)
        return try WorkloadPage(body, resource).objects.compactMap { WorkloadFinding($0, options) }
    }

    @Test(
        arguments: [
            ("nothing beside main", main, nil, [], []),
            ("a marked one", "\(main),\(marked)", .convertible, ["side"], []),
            ("all are marked", marked, .refused, [], []),
            ("a known one", "\(main),{\"name\":\"fluent-bit\",\"image\":\"f\"}", .convertible, ["fluent-bit"], []),
            (
                "a known one that may be main",
                "{\"name\":\"x-exporter\",\"image\":\"a\"},{\"name\":\"envoy\",\"image\":\"f\"}", .asked, [], []
            ),
            (
                "a native one",
                "\(main)],\"initContainers\":[{\"name\":\"log\",\"image\":\"l\",\"restartPolicy\":\"Always\"}", .native,
                [], ["log"]
            ),
            (
                "both",
                "\(main),\(marked)],\"initContainers\":[{\"name\":\"log\",\"image\":\"l\",\"restartPolicy\":\"Always\"}",
                .convertible, ["side"], ["log"]
            ),
        ] as [(String, String, WorkloadFinding.Verdict?, [String], [String])])
    func aWorkloadIsJudged(
        _ what: String, _ containers: String, _ verdict: WorkloadFinding.Verdict?, _ sidecars: [String],
        _ natives: [String]
    ) throws {
        let found = try Self.findings(Self.list(Self.item("web", containers))).first
        #expect(found?.verdict == verdict, "\(what)")
        #expect(found?.sidecars ?? [] == sidecars && found?.natives ?? [] == natives, "\(what)")
        guard let found else { return }
        #expect(found.place == "apis/apps/v1/namespaces/shop/deployments/web")
    }

    @Test func whatItsSidecarsRequestIsForAllItsPods() throws {
        let body = Self.list(Self.item("web", "\(Self.main),\(Self.marked)", spec: "\"replicas\":3,"))
        #expect(try Self.findings(body).first?.cost == "cpu 300m, memory 192Mi")
        let huge = Self.list(
            Self.item("web", "\(Self.main),\(Self.marked)", spec: "\"replicas\":99999999999999999999,"))
        #expect(try Self.findings(huge).count == 1)
    }

    /// What another object made is that one's, and what has ended is over.
    @Test(arguments: [
        ("", ",\"ownerReferences\":[{\"kind\":\"X\",\"controller\":true}]", 0),
        ("", ",\"ownerReferences\":[{\"kind\":\"X\"}]", 1),
        (",\"status\":{\"conditions\":[{\"type\":\"Complete\",\"status\":\"True\"}]}", "", 0),
        (",\"status\":{\"conditions\":[{\"type\":\"Complete\",\"status\":\"False\"}]}", "", 1),
        (",\"status\":null", "", 1),
        ("", ",\"annotations\":{\"kubectl.kubernetes.io/last-applied-configuration\":\"{}\"},\"labels\":{}", 1),
    ])
    func onlyFirstCausesAreLookedAt(_ more: String, _ metadata: String, _ count: Int) throws {
        let jobs = APIResource.jobs
        let body = Self.list(Self.item("nightly", "\(Self.main),\(Self.marked)", more, metadata: metadata))
        #expect(try Self.findings(body, jobs).count == count)
        for object in try WorkloadPage(body, jobs).objects {
            let text = String(decoding: object.manifest, as: UTF8.self)
            #expect(!text.contains("managedFields") && !text.contains("last-applied"))
            #expect(try YAMLNode(json: object.manifest)["kind"]?.text == "Job")
        }
    }

    @Test func pagesGoOnByTheirToken() throws {
        let page = try WorkloadPage(Self.list(Self.item("a", Self.main), token: "next"), Self.deployments)
        #expect(page.continueToken == "next" && page.objects.map(\.key.name) == ["a"])
        #expect(try WorkloadPage(Array("{\"items\":null}".utf8), Self.deployments).objects.isEmpty)
        for broken in ["[]", "{\"items\":[{]}", "{\"items\":[{\"metadata\":{\"name\":1}}]}"] {
            #expect(throws: WireError.self) { try WorkloadPage(Array(broken.utf8), Self.deployments) }
        }
    }

    @Test func theReportCountsAndFitsTheTerminal() throws {
        var options = ConversionOptions()
        options.kubeVersion = KubeVersion("1.33.5")
        var report = ScanReport(version: "Kubernetes 1.33.5")
        let body = Self.list(
            Self.item("web", "\(Self.main),\(Self.marked)"), Self.item("plain", Self.main),
            Self.item("api", "\(Self.main),\(Self.marked)"))
        for object in try WorkloadPage(body, Self.deployments).objects { report.look(at: object, options) }
        report.sort()
        #expect(report.workloads.map(\.name) == ["api", "web"])
        let table = report.table(width: nil)
        #expect(
            table.hasPrefix("NAMESPACE  WORKLOAD        VERDICT      SIDECARS  REQUESTS               FINDINGS\n"),
            "\(table)")
        #expect(
            table.contains(
                "3 workloads on Kubernetes 1.33.5, 2 with sidecars: 0 native, 2 convertible, 0 asked, 0 refused"))
        let lines: [Substring] = report.table(width: 40).split(separator: "\n")
        #expect(lines.prefix(3).allSatisfy { $0.count <= 40 })
        let document = try YAMLNode(json: Array(report.document.text.utf8))
        #expect(document["workloads"]?[0]?["findings"]?[0]?["rule"]?.text == "KS103")
        #expect(report.diagnostics.first?.file == "apis/apps/v1/namespaces/shop/deployments/api")
        // What could be converted is a result, and not only what is doubtful about it.
        #expect(report.diagnostics.map(\.diagnostic.rule.id) == ["KS100", "KS103", "KS100", "KS103"])
    }
}
