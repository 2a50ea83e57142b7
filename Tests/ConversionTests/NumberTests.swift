import Basics
import Testing
import YAMLTree

@testable import Conversion

/// Numbers of manifests: kept as they were written, and never so large that a sum of them ends the program.
@Suite struct NumberTests {
    private static func converted(_ text: String) throws -> ConvertedStream {
        var options = ConversionOptions()
        options.sidecars = ["side"]
        return try StreamConverter(options).convert(Array(text.utf8))
    }

    @Test(
        arguments: [
            "0", "-0", "1.10", "1e3", "1E+3", "-1.5e-7", "9007199254740993", "9223372036854775807",
            "-9223372036854775808", "18446744073709551615", "123456789012345678901234567890", "0.1000000000000000055",
            "9e999",
        ])
    func aPatchChangesNoNumber(_ number: String) throws {
        let text = """
            {"apiVersion":"v1","kind":"Pod","metadata":{"name":"p"},"spec":{"priority":\(number),"containers":\
            [{"name":"main","image":"a","stays":\(number)},{"name":"side","image":"b","moves":[\(number)]}]}}
            """
        let before = try YAMLNode(json: Array(text.utf8))
        // The webhook writes the pod anew before it is converted.
        #expect(JSONValue(before).text == text)
        let conversion = try Self.converted(JSONValue(before).text)
        #expect(conversion.isChanged)
        let patch = JSONPatch.between(before, try YAMLNode(json: conversion.output)).text
        #expect(patch.contains("\"stays\":\(number)}"))
        #expect(patch.contains("\"moves\":[\(number)]"))
        #expect(!patch.contains("priority"))
    }

    private static let extremes = [
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551615", "2147483647",
        "2147483648", "-1", "9e999", "1e400", "0x7fffffffffffffff", "nan", "99999999999999999999h",
    ]
    /// Every place whose number is reckoned with.
    private static let places: [(main: String, side: String, spec: String)] = [
        ("", "", "terminationGracePeriodSeconds: N"),
        ("lifecycle: {preStop: {sleep: {seconds: N}}}", "lifecycle: {preStop: {sleep: {seconds: N}}}", ""),
        ("", "lifecycle: {preStop: {exec: {command: [sleep, 'N']}}}", ""),
        ("", "args: [--drain-time-s, 'N']", "terminationGracePeriodSeconds: N"),
        ("", "readinessProbe: {tcpSocket: {port: 80}, periodSeconds: N, failureThreshold: N}", ""),
        ("", "readinessProbe: {tcpSocket: {port: N}, initialDelaySeconds: N, timeoutSeconds: N}", ""),
        ("ports: [{containerPort: N}]", "ports: [{containerPort: N}]\n    args: [--port=N]", ""),
        (
            "resources: {requests: {cpu: N, memory: NGi}}",
            "resources: {requests: {cpu: N, memory: NPi}, limits: {cpu: N}}", ""
        ),
    ]

    @Test(arguments: extremes, places.indices)
    func noNumberEndsTheProgram(_ number: String, _ place: Int) throws {
        let (main, side, spec) = Self.places[place]
        let lines = [
            "apiVersion: v1", "kind: Pod", "metadata: {name: p}", "spec:", spec.isEmpty ? "" : "  \(spec)",
            "  containers:", "  - name: main", "    image: a", main.isEmpty ? "" : "    \(main)", "  - name: side",
            "    image: b", side.isEmpty ? "" : "    \(side)",
        ].filter { !$0.isEmpty }
        let text = lines.joined(separator: "\n").replacing("N", with: number) + "\n"
        let yaml = try Self.converted(text)
        #expect(yaml.isChanged && !yaml.isRefused)
        let json = try Self.converted(JSONValue(try YAMLNode(parsing: text)).text)
        #expect(json.isChanged && !json.isRefused)
    }

    @Test func graceIsRaisedToNoMoreThanItsFieldHolds() throws {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              terminationGracePeriodSeconds: 30
              containers:
              - name: main
                image: a
                lifecycle: {preStop: {sleep: {seconds: 9223372036854775807}}}
              - name: side
                image: b

            """
        let spec = try YAMLNode(parsing: Self.converted(text).output)["spec"]
        #expect(spec?["terminationGracePeriodSeconds"]?.text == "9223372036854775807")
    }

    @Test(
        arguments: [
            ("9e999", nil), ("1e16", nil), ("-1", nil), ("nan", nil), ("inf", nil), ("0x10", nil), ("1Zi", nil),
            ("9007199254740993Pi", nil), ("", nil), ("500m", "500m"), ("1e15", "1000000000000000"), ("1n", "1m"),
        ] as [(String, String?)])
    func aQuantityIsAnAmountOrNone(_ text: String, _ words: String?) {
        #expect(Quantity(text)?.text(isBytes: false) == words)
    }

    @Test func sumsOfQuantitiesEndAtTheLargest() throws {
        let large = try #require(Quantity("8e15"))
        #expect((large + large).thousandths == .max)
        #expect((large + large + large).thousandths == .max)
    }

    @Test(
        arguments: [
            ("10", "3", 60), ("100000", "30", 1_500_000), ("2147483647", "2147483647", Int(Int32.max)), ("-5", "3", 60),
            ("9223372036854775807", "30", 150),
        ])
    func mainWaitsForTheSidecarAsLongAsForReadiness(_ period: String, _ threshold: String, _ failures: Int) throws {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              containers:
              - name: main
                image: a
              - name: side
                image: b
                readinessProbe: {tcpSocket: {port: 80}, periodSeconds: \(period), failureThreshold: \(threshold)}

            """
        let native = try YAMLNode(parsing: Self.converted(text).output)["spec"]?["initContainers"]?[0]
        #expect(native?["startupProbe"]?["failureThreshold"]?.text == "\(failures)")
    }
}
