import Foundation
import TestSupport
import Testing
import YAMLTree

@testable import Render

private func job(_ text: String) throws -> YAMLNode {
    let step = try StepReader.step(try YAMLNode(parsing: text), agentImage: "agent:1")
    let documents = try YAMLNode.documents(in: Array(ManifestWriter.yaml(StepManifests.documents(step)).utf8))
    return try #require(documents.last)
}

private let small = "name: a\nimage: b\ncommand: [c, $(D), '$$']\n"

@Suite struct StepTests {
    @Test(arguments: ["words", "nightly", "legacy"]) func rendersAsExpected(_ name: String) throws {
        let golden = GeneratorGolden(folder: "steps")
        let step = try StepReader.step(try golden.document("\(name).yaml"), agentImage: "agent:1")
        try golden.expect(ManifestWriter.yaml(StepManifests.documents(step)), "\(name).yaml")
        // Both spellings mean the same.
        let json = try YAMLNode(parsing: ManifestWriter.json([StepManifests.documents(step).last ?? .map([])]))
        let yaml = try YAMLNode.documents(in: Array(ManifestWriter.yaml(StepManifests.documents(step)).utf8)).last
        #expect(try ManifestValue(json).texts == ManifestValue(#require(yaml)).texts)
    }

    /// What the restricted Pod Security Standard asks of every container (Kubernetes 1.36), seen in the output.
    @Test(arguments: ["", "legacy: true\n"]) func passesTheRestrictedStandard(_ more: String) throws {
        let spec = try #require(try job(small + more)["spec"]?["template"]?["spec"])
        #expect(spec["securityContext"]?["runAsNonRoot"]?.text == "true")
        #expect(spec["securityContext"]?["seccompProfile"]?["type"]?.text == "RuntimeDefault")
        let containers = (spec["initContainers"]?.sequence ?? []) + (spec["containers"]?.sequence ?? [])
        #expect(containers.count == (more.isEmpty ? 2 : 3))
        for container in containers {
            #expect(container["securityContext"]?["allowPrivilegeEscalation"]?.text == "false")
            #expect(container["securityContext"]?["capabilities"]?["drop"]?[0]?.text == "ALL")
        }
    }

    @Test func theTokenIsTheAgentsAloneAndOnlyWhereItIsNeeded() throws {
        let without = try job(small + "state: [{to: 'https://b.example/'}]\n")["spec"]?["template"]?["spec"]
        #expect(without?["automountServiceAccountToken"]?.text == "false")
        #expect(without?["volumes"]?.sequence?.count == 2)
        #expect(without?["serviceAccountName"] == nil)
        let with = try job(small + "serviceAccount: s\nstate: [{to: kubernetes}]\n")["spec"]?["template"]?["spec"]
        #expect(with?["automountServiceAccountToken"]?.text == "false")
        let mounts = { (list: String) in with?[list]?[0]?["volumeMounts"]?.sequence?.map { $0["name"]?.text } }
        #expect(mounts("initContainers") == ["workdir", "kpipe-state", "kpipe-token"])
        #expect(mounts("containers") == ["workdir"])
    }

    @Test(arguments: ["", "legacy: true\n"])
    func theAgentsMemoryIsWhereMainCannotWrite(_ more: String) throws {
        let spec = try job(small + more)["spec"]?["template"]?["spec"]
        let containers = (spec?["initContainers"]?.sequence ?? []) + (spec?["containers"]?.sequence ?? [])
        let mounting = containers.filter { container in
            container["volumeMounts"]?.sequence?.contains { $0["name"]?.text == "kpipe-state" } == true
        }
        #expect(mounting.map { $0["name"]?.text } == ["kpipe-agent"])
        let mount = mounting.first?["volumeMounts"]?.sequence?.first { $0["name"]?.text == "kpipe-state" }
        #expect(mounting.first?["args"]?.sequence?.map(\.text) == ["agent", "--state-dir", mount?["mountPath"]?.text])
    }

    @Test(arguments: [
        ("Never", 0, 0), ("Never", 3, 3), ("OnFailure", 0, 0), ("OnFailure", 1, 2), ("OnFailure", 3, 4),
        ("OnFailure", 2_147_483_647, 2_147_483_647),
    ])
    func retriesAreAsManyUnderEitherPolicy(_ policy: String, _ retries: Int, _ limit: Int) throws {
        let spec = try job(small + "restartPolicy: \(policy)\nretries: \(retries)\n")["spec"]
        #expect(spec?["backoffLimit"]?.text == "\(limit)")
    }

    @Test func theAgentReadsTheConfigurationAsItWasWritten() throws {
        let configuration = "outputs:\n- from: '**'\n  to: 's3://b/$(POD)/$x/'\n"
        let environment = try job(small + configuration)["spec"]?["template"]?["spec"]?["initContainers"]?[0]?["env"]
        let value = try #require(environment?.sequence?.first { $0["name"]?.text == "KPIPE_CONFIG" }?["value"]?.text)
        // What the kubelet leaves of it.
        let seen = try YAMLNode(parsing: value.replacing("$$", with: "$"))
        #expect(seen["outputs"]?[0]?["to"]?.text == "s3://b/$(POD)/$x/")
    }

    /// `$(D)` is the kubelet's to fill in, as in any manifest.
    @Test func theCommandIsTheUsersOwn() throws {
        let main = try job(small)["spec"]?["template"]?["spec"]?["containers"]?[0]
        #expect(main?["args"]?.sequence?.compactMap(\.text) == ["c", "$(D)", "$$"])
        #expect(main?["command"]?.sequence?.last?.text == "--")
    }

    @Test(arguments: [
        ("image: b\ncommand: [c]\n", "name"), ("name: a\ncommand: [c]\n", "image"), ("name: a\nimage: b\n", "command"),
        ("name: A_b\nimage: b\ncommand: [c]\n", "name"), (small + "comand: x\n", "comand"),
        (small + "retries: -1\n", "retries"), (small + "timeout: 5\n", "timeout"), (small + "grace: 1s\n", "grace"),
        (small + "restartPolicy: Always\n", "restartPolicy"), (small + "schedule: daily\n", "schedule"),
        (small + "timeZone: UTC\n", "timeZone"), (small + "user: 0\n", "user"), (small + "legacy: maybe\n", "legacy"),
        (small + "agent: {imag: x}\n", "agent.imag"), (small + "state: [{to: kubernetes}]\n", "namespace"),
        ("name: \(String(repeating: "a", count: 60))\nimage: b\ncommand: [c]\nschedule: '@daily'\n", "name"),
        (small + "namespace: 'X y'\n", "namespace"), (small + "serviceAccount: 'A b'\n", "serviceAccount"),
        (small + "agent: {image: ''}\n", "agent.image"), (small + "agent: {image: a b}\n", "agent.image"),
        ("name: a\nimage: b c\ncommand: [c]\n", "image"), (small + "env: [{value: x}]\n", "env[0].name"),
        (small + "agent: {envFrom: [{secretRef: {name: A b}}]}\n", "agent.envFrom[0].secretRef.name"),
        (small + "resources: {requests: {cpu: abc}}\n", "resources.requests.cpu"),
        (small + "resources: {limits: {memory: -1}}\n", "resources.limits.memory"),
        (small + "resources: {requests: {memory: 2Gi}, limits: {memory: 1Gi}}\n", "resources.requests.memory"),
        (small + "agent: {resources: {requests: {cpu: abc}}}\n", "agent.resources.requests.cpu"),
        ("[]", ""), ("name: a\nimage: b\ncommand: run it\n", "command"),
    ])
    func whatIsWrongIsNamed(_ text: String, _ path: String) throws {
        let error = #expect(throws: InputError.self) { try job(text) }
        #expect(error?.problems.contains { $0.path == path && $0.message.count > 10 } == true)
    }
}

@Suite struct CronScheduleTests {
    @Test(arguments: [
        ("0 3 * * *", true), ("*/15 0-6,22 1 jan-mar MON,wed", true), ("5/10 ? ? * 0", true), ("@hourly", true),
        ("@every 1h30m", true), ("  0  3 * * * ", true), ("0 3\t* * *", true),
        ("99 * * * *", false), ("a b c d e", false), ("* * * * 7", false), ("* * 0 * *", false), ("* * * 13 *", false),
        ("*/0 * * * *", false), ("5-1 * * * *", false), ("1-2-3 * * * *", false), ("1/2/3 * * * *", false),
        ("-1 * * * *", false), ("1, * * * *", false), ("* * * mon *", false), ("0 3 * *", false),
        ("0 0 3 * * *", false), ("@reboot", false), ("@every soon", false), ("@daily ", false), ("", false),
        ("TZ=UTC 0 3 * * *", false), ("CRON_TZ=Europe/Berlin 0 3 * * *", false),
    ])
    func isReadAsByTheController(_ schedule: String, _ isFine: Bool) {
        #expect((CronSchedule.problem(schedule) == nil) == isFine)
    }
}

extension ManifestValue {
    /// Without the difference between a text in quotes and one without.
    fileprivate var texts: ManifestValue {
        switch self {
        case .plain(let text), .text(let text): .text(text)
        case .list(let elements): .list(elements.map(\.texts))
        case .map(let fields): .map(fields.map { Field($0.name, $0.value.texts) })
        }
    }
}
