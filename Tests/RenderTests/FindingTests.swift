import Basics
import Conversion
import Foundation
import Render
import TestSupport
import Testing
import YAMLTree

@Suite struct FindingTests {
    private static func diagnostic(_ message: String, line: Int = 14, ignored: String? = nil) -> Diagnostic {
        var diagnostic = Diagnostic(rule: .postStart, line: line, message: message)
        diagnostic.ignored = ignored
        return diagnostic
    }

    @Test(
        arguments: [
            (FindingFormat.text, "job.yaml:14: KS104 warning: it waits", nil),
            (
                .json,
                #"{"file":"job.yaml","line":14,"rule":"KS104","severity":"warning","message":"it waits","#
                    + #""help":"docs/rules.md#ks104-poststart-now-holds-main-back"}"#, nil
            ),
            (
                .github,
                "::warning file=job.yaml,line=14,title=KS104 postStart now holds main back::it waits "
                    + "[docs/rules.md#ks104-poststart-now-holds-main-back]", nil
            ),
            (.text, "job.yaml:14: KS104 warning: it waits [chart/templates/job.yaml]", "chart/templates/job.yaml"),
            (
                .github,
                "::warning file=job.yaml,line=14,title=KS104 postStart now holds main back::it waits, rendered from "
                    + "chart/templates/job.yaml [docs/rules.md#ks104-poststart-now-holds-main-back]",
                "chart/templates/job.yaml"
            ),
        ] as [(FindingFormat, String, String?)])
    func aFindingIsALine(_ format: FindingFormat, _ line: String, _ template: String?) {
        let found = FoundDiagnostic(file: "job.yaml", diagnostic: Self.diagnostic("it waits"), template: template)
        #expect(format.line(found) == line)
    }

    /// Names of containers and files are others' words.
    @Test func nothingInAFindingIsObeyed() {
        let found = FoundDiagnostic(
            file: "a:b,c%\n::stop::.yaml", diagnostic: Self.diagnostic("x\r\n::error::%\u{1B}[31m"))
        #expect(FindingFormat.text.line(found)?.contains("\u{1B}") == false)
        #expect(FindingFormat.text.line(found)?.contains("\n") == false)
        #expect(FindingFormat.json.line(found)?.contains("\u{1B}") == false)
        let line = FindingFormat.github.line(found) ?? ""
        #expect(line.hasPrefix("::warning file=a%3Ab%2Cc%25%0A%3A%3Astop%3A%3A.yaml,line=14,"))
        #expect(line.contains("::x%0D%0A::error::%25"))
        #expect(!line.contains("\n"))
    }

    private static let hasSchema =
        Tool.python.path.map { path in
            let process = Process()
            process.executableURL = URL(filePath: path)
            process.arguments = ["-c", "import pydantic_sarif.model"]
            process.standardError = FileHandle.nullDevice
            guard (try? process.run()) != nil else { return false }
            process.waitUntilExit()
            return process.terminationStatus == 0
        } ?? false

    private static func report(_ help: String?) -> String {
        let findings = [
            FoundDiagnostic(file: "a b/job.yaml", diagnostic: diagnostic("it waits"), template: "chart/t.yaml"),
            FoundDiagnostic(
                file: "job.yaml", diagnostic: diagnostic("it \"waits\"\u{202E}", line: 0, ignored: "quick")),
        ]
        return SarifReport.text(findings, version: "0.1.0", help: help)
    }

    @Test func findingsAreOneSarifDocument() throws {
        let document = try YAMLNode(json: Array(Self.report("https://example.com/rules.md").utf8))
        let run = document["runs"]?[0]
        let result = run?["results"]?[0]
        #expect(result?["ruleId"]?.text == "KS104" && result?["level"]?.text == "warning")
        let place = result?["locations"]?[0]?["physicalLocation"]
        #expect(place?["artifactLocation"]?["uri"]?.text == "a%20b/job.yaml")
        #expect(place?["region"]?["startLine"]?.text == "14")
        #expect(run?["results"]?[1]?["suppressions"]?[0]?["justification"]?.text == "quick")
        let index = try #require(result?["ruleIndex"]?.text.flatMap { Int($0) })
        let rule = run?["tool"]?["driver"]?["rules"]?[index]
        #expect(rule?["id"]?.text == "KS104")
        #expect(rule?["helpUri"]?.text == "https://example.com/rules.md#ks104-poststart-now-holds-main-back")
    }

    /// Without an address of the reader's own a rule leads to the project's page, at the heading that it has there.
    @Test func everyRuleLeadsToItsExplanation() throws {
        let driver = try YAMLNode(json: Array(Self.report(nil).utf8))["runs"]?[0]?["tool"]?["driver"]
        let page = try String(contentsOfFile: Repository.path("docs/rules.md"), encoding: .utf8)
        let chart = try YAMLNode(
            parsing: String(contentsOfFile: Repository.path("manifests/chart/Chart.yaml"), encoding: .utf8))
        let home = try #require(chart["home"]?.text)
        #expect(driver?["informationUri"]?.text == "\(home)/blob/main/docs/rules.md")
        for rule in driver?["rules"]?.sequence ?? [] {
            let id = try #require(rule["id"]?.text)
            let address = try #require(rule["helpUri"]?.text)
            #expect(address.hasPrefix("\(home)/blob/main/docs/rules.md#\(id.lowercased())-"))
            #expect(page.contains("## \(id) \(rule["shortDescription"]?["text"]?.text ?? "?")\n"))
            #expect(rule["help"]?["markdown"]?.text?.hasSuffix("(\(address))") == true)
        }
    }

    @Test(
        .enabled(if: hasSchema, "pydantic-sarif is missing: scripts/setup"),
        arguments: [nil, "https://example.com/r.md"])
    func theDocumentIsValid(_ help: String?) async throws {
        let folder = try TemporaryFolder("sarif")
        try folder.write(Self.report(help), to: "report.sarif")
        let script = Repository.path("Tests/Fixtures/render/check-sarif.py")
        let said = try await output(
            Tool.python.path ?? "python3", [script, folder["report.sarif"]], limit: .seconds(60))
        #expect(said == "ok: 2 results\n", "\(said)")
    }

    @Test(
        arguments: [
            ("a: 1\n---\n# Source: c/templates/x.yaml\nkind: Pod\nb: 1\n", 44, "c/templates/x.yaml"),
            ("# Source: c/templates/x.yaml\r\nkind: Pod\n", 35, "c/templates/x.yaml"),
            ("# Source: c/templates/x.yaml\n---\nkind: Pod\n", 36, nil), ("kind: Pod\n", 4, nil), ("", 0, nil),
            ("# Source:   \nkind: Pod\n", 15, nil), ("kind: Pod\n", 9999, nil),
            // As Helm 4 hands documents to post-renderers, in the style of their metadata.
            (
                "kind: Pod\nmetadata: {name: a, annotations: {postrenderer.helm.sh/postrender-filename: 'c/templates/x.yaml'}}\n",
                5, "c/templates/x.yaml"
            ),
            (
                "a: 1\n---\nmetadata:\n  annotations:\n    postrenderer.helm.sh/postrender-filename: c/t.yaml\nspec: {}\n",
                80, "c/t.yaml"
            ),
            ("kind: Pod\n---\nmetadata: {annotations: {postrenderer.helm.sh/postrender-filename: c/t.yaml}}\n", 3, nil),
        ] as [(String, Int, String?)])
    func aTemplateIsNamedByItsChart(_ text: String, _ offset: Int, _ template: String?) {
        var templates = ChartTemplates(Array(text.utf8))
        #expect(templates?.template(of: offset) == template)
        #expect(templates?.template(of: offset) == template)
    }

    @Test func aRepositoryHasThoughtsOfItsOwn() throws {
        let text =
            "severities: {KS104: note, KS105: 'off', KS103: error}\nexclude: ['vendor/']\nhelp: https://e.com/r.md\n"
        let policy = try FindingPolicy(YAMLNode(parsing: text))
        #expect(policy.exclude == ["vendor/"] && policy.help == "https://e.com/r.md")
        #expect(policy.applied(to: Self.diagnostic("x"))?.severity == .note)
        #expect(policy.applied(to: Diagnostic(rule: .preStopDropped, line: 1, message: "")) == nil)
        #expect(policy.applied(to: Diagnostic(rule: .noStartupProbe, line: 1, message: ""))?.severity == .error)
        #expect(policy.applied(to: Diagnostic(rule: .crash, line: 1, message: ""))?.severity == .note)
    }

    @Test(arguments: [
        ("severities: {KS999: note}", "severities.KS999"), ("severities: {KS104: loud}", "severities.KS104"),
        ("exclude: {}", "exclude"), ("help: /docs", "help"), ("colour: red", "colour"), ("[]", "expected a mapping"),
    ])
    func wrongThoughtsAreNamed(_ text: String, _ place: String) throws {
        let error = #expect(throws: InputError.self) { try FindingPolicy(YAMLNode(parsing: text)) }
        #expect(error?.problems.contains { "\($0)".contains(place) } == true, "\(String(describing: error))")
    }
}
