import Testing
import YAMLTree

@testable import Report

/// What a pod's object says of where its report is.
@Suite struct ClusterRecordTests {
    @Test(arguments: [
        ("containers: [{name: a, args: [agent, --port, '9001']}]", 9001),
        ("initContainers: [{name: a, args: [agent, --port=9002]}]", 9002),
        ("containers: [{name: a, command: [/bin/kpipe-sidecar, agent], args: [--port, '9003']}]", 9003),
        ("containers: [{name: a, args: [agent], env: [{name: KPIPE_PORT, value: '9004'}]}]", 9004),
        ("containers: [{name: main, args: [serve, --port, '5432']}, {name: a, args: [agent, --port, '9005']}]", 9005),
        ("containers: [{name: main, env: [{name: KPIPE_PORT, value: '5432'}]}, {name: a, args: [agent]}]", 1),
        ("containers: [{name: main, command: [psql, --port, '5432']}]", 1), ("{}", 1),
        ("containers: [{name: a, args: [agent, --port]}]", 1),
    ])
    func `the port is the agent's own`(_ spec: String, _ port: Int) throws {
        let pod = try YAMLNode(parsing: spec == "{}" ? "spec: {}" : "spec:\n  \(spec)\n")
        #expect(ClusterRecord.port(of: pod, default: 1) == port)
    }

    @Test(arguments: [("Pending", true), ("Running", true), ("Unknown", true), ("Succeeded", false), ("Failed", false)])
    func `an agent is asked until its pod has ended`(_ phase: String, _ goesOn: Bool) throws {
        #expect(ClusterRecord.goesOn(try YAMLNode(parsing: "status: {phase: \(phase)}\n")) == goesOn)
    }

    @Test(arguments: [
        ("s3://b/report.json", true), ("gs://b/r", true), ("az://a/b/r", true), ("https://h/r", true),
        ("HTTP://h/r", true), ("file:///etc/passwd", false), ("FILE:///etc/passwd", false), ("/etc/passwd", false),
        ("", false), ("s3", false),
    ])
    func `a pod names stores, not the reader's files`(_ url: String, _ isFollowed: Bool) {
        #expect(ClusterRecord.isFollowed(url) == isFollowed)
    }
}
