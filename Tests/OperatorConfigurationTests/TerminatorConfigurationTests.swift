import ConfigSchema
import Foundation
import PodRules
import TestSupport
import Testing

@testable import OperatorConfiguration

@Suite struct TerminatorConfigurationTests {
    static func read(_ text: String) throws -> TerminatorConfiguration {
        try TerminatorConfiguration(parsing: Array(text.utf8), source: "terminator.yaml")
    }

    @Test func `nothing given: the defaults`() throws {
        let configuration = try Self.read("")
        #expect(configuration == TerminatorConfiguration())
        #expect(configuration.rules == MarkerRules())
        #expect(configuration.exit == nil)
    }

    @Test func `everything given`() throws {
        let configuration = try Self.read(
            """
            exitImage: registry.example/exit:1
            exitPrograms: [sh, server]
            ladder: [http, image, hold]
            markers:
            - {name: KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT, ladder: [crr, image]}
            - {name: example.com/sidecars, exec: {signal: INT}}
            sidecars:
            - names: [shipper]
              images: [log-shipper]
              known: false
              quit: GET :8080/stop
              exitsWithZero: true
              exec: {command: [shipper, --stop], exitsWithZero: true}
              ladder: [exec]
            shippedSidecars: false
            annotations: {sidecars: [example.com/sidecars], primary: [example.com/main]}
            patience: {http: 5s, image: 2m}
            quitVia: proxy
            nodeAgent: true
            labelSelector: team=data
            workers: 4
            """)
        let rules = configuration.rules
        #expect(rules.ladder == [.http, .image, .hold])
        #expect(rules.markerLadders == ["KRUISE_TERMINATE_SIDECAR_WHEN_JOB_EXIT": [.crr, .image]])
        #expect(rules.markerExecs == ["example.com/sidecars": ExecStop(signal: "INT")])
        #expect(rules.sidecars.map(\.names) == [["shipper"]])
        #expect(rules.sidecars[0].exec == ExecStop(command: ["shipper", "--stop"], exitsWithZero: true))
        #expect(rules.sidecars[0].quit == QuitEndpoint(method: "GET", port: 8080, path: "/stop"))
        #expect(rules.sidecarAnnotations.last == "example.com/sidecars")
        #expect(rules.primaryAnnotations.last == "example.com/main")
        #expect(configuration.patience.patience.image == 120)
        #expect(configuration.exit?.runs(command: ["server"]) == true)
        #expect(configuration.quitVia == .proxy)
    }

    @Test(arguments: [
        ("ladder: [http, jump]", "ladder[1]: expected one of http, image, crr, node, exec, debug, hold"),
        ("ladder: []", "ladder: expected at least one rung"),
        ("ladder: [image, image]", "ladder: a rung stands here twice"),
        ("ladder: [deadline]", "ladder[0]: expected one of"),
        ("sidecars: [{known: true}]", "sidecars[0]: names or images must be given"),
        ("sidecars: [{names: [a], quit: 15020}]", "sidecars[0].quit: expected an endpoint such as"),
        ("sidecars: [{images: [\"istio/proxyv2:1\"]}]", "sidecars[0].images[0]: expected the last part"),
        ("markers: [{name: A, ladder: [crr]}, {name: A, ladder: [crr]}]", "markers[1]: the marker A stands here twice"),
        ("markers: [{name: A}]", "markers[0]: ladder or exec must be given"),
        ("markers: [{name: A, exec: {signal: SIGINT}}]", "markers[0].exec.signal: expected one of TERM, INT"),
        ("sidecars: [{names: [a], exec: {signal: INT, command: [b]}}]", "either a signal or a command"),
        ("patience: {http: 0}", "patience.http: expected at least 1s"),
        ("exitimage: x", "exitimage: no such field; did you mean exitImage?"),
        ("workers: 0", "workers: expected a whole number from 1 to 4096"),
        ("- a", "expected a mapping"), ("ladder: [", "1:"),
    ])
    func `what is wrong is told with its place`(text: String, problem: String) {
        #expect { try Self.read(text) } throws: { error in "\(error)".contains(problem) }
    }

    @Test func `the schema checked in is the decoder's own`() throws {
        let text = try String(
            contentsOfFile: Repository.path("docs/schema/terminator-config.schema.json"), encoding: .utf8)
        #expect(text == TerminatorConfigurationSchema.text, "write it anew: scripts/generate")
    }
}
