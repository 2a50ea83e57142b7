import PodRules
import Testing

@testable import SidecarAgent

@Suite("Lifecycle: every state × every input")
struct LifecycleTableTests {
    @Test(
        "what the kubelet says of main's end",
        arguments: [
            (0, "Completed", nil), (1, "Error", .error), (128, "Error", .error), (129, "Error", .killed),
            (137, "OOMKilled", .killed), (1, "OOMKilled", .killed),
        ] as [(Int32, String, FailureCause.Kind?)])
    func endByTheKubelet(code: Int32, reason: String, kind: FailureCause.Kind?) {
        #expect(LifecycleMachine.outcome(exitCode: code, kubeletReason: reason).cause?.kind == kind)
    }

    struct Variant: Sendable, CustomTestStringConvertible {
        var name: String
        var rules: LifecycleRules
        var terminating = false
        var hearsStatus = false
        var table: String
        var testDescription: String { name }
    }

    static let base = Variant(
        name: "native", rules: LifecycleRules(placement: .native, restartPolicy: nil), table: LifecycleTables.base)

    static let others = [
        Variant(
            name: "never", rules: LifecycleRules(placement: .native, restartPolicy: .never),
            table: LifecycleTables.never),
        Variant(
            name: "OnFailure", rules: LifecycleRules(placement: .native, restartPolicy: .onFailure),
            table: LifecycleTables.onFailure),
        Variant(
            name: "terminating", rules: base.rules, terminating: true, table: LifecycleTables.terminating),
        Variant(
            name: "hearing of main", rules: base.rules, hearsStatus: true, table: LifecycleTables.hearing),
        Variant(
            name: "legacy", rules: LifecycleRules(placement: .legacy, restartPolicy: nil),
            table: LifecycleTables.legacy),
        Variant(
            name: "legacy, OnFailure", rules: LifecycleRules(placement: .legacy, restartPolicy: .onFailure),
            table: LifecycleTables.legacyOnFailure),
        Variant(
            name: "legacy, terminating", rules: LifecycleRules(placement: .legacy, restartPolicy: nil),
            terminating: true, table: LifecycleTables.legacyTerminating),
    ]

    @Test("a native sidecar answers as the table says, and the table is complete", arguments: Notation.phases.indices)
    func native(phase index: Int) throws {
        let (name, phase) = Notation.phases[index]
        let expected = try #require(try Self.parse(Self.base.table)[name])
        #expect(Set(expected.keys) == Set(Notation.inputs.map(\.name)), "the table names every input once")
        for (input, value) in Notation.inputs {
            #expect(Self.answer(Self.base, phase, value) == expected[input], "\(name) × \(input)")
        }
    }

    @Test("other placements and policies differ from it exactly where their tables say", arguments: others)
    func otherVariants(variant: Variant) throws {
        let base = try Self.parse(Self.base.table)
        let differing = try Self.parse(variant.table)
        for (name, phase) in Notation.phases {
            for (input, value) in Notation.inputs {
                let expected = try #require(differing[name]?[input] ?? base[name]?[input])
                #expect(Self.answer(variant, phase, value) == expected, "\(variant.name): \(name) × \(input)")
            }
        }
    }

    static func answer(_ variant: Variant, _ phase: LifecyclePhase, _ input: LifecycleInput) -> String {
        var machine = Notation.machine(
            in: phase, variant.rules, terminating: variant.terminating, hearsStatus: variant.hearsStatus)
        let effects = machine.handle(input)
        return Notation.describe(machine, effects)
    }

    struct Malformed: Error {
        var line: String
    }

    /// Phase → input → answer. A phase stands alone on its line, its rows are indented.
    static func parse(_ table: String) throws -> [String: [String: String]] {
        var result: [String: [String: String]] = [:]
        var phase = ""
        for line in table.split(separator: "\n") {
            guard line.hasPrefix("  ") else {
                phase = String(line)
                result[phase] = [:]
                continue
            }
            let row = line.drop { $0 == " " }
            guard let colon = row.firstIndex(of: ":") else { throw Malformed(line: String(line)) }
            let (head, answer) = (String(row[..<colon]), String(row[row.index(colon, offsetBy: 2)...]))
            let inputs = head == "ignores" || head == "defers" ? answer.split(separator: ", ").map(String.init) : [head]
            for input in inputs {
                guard result[phase]?[input] == nil else { throw Malformed(line: "\(input) twice in \(phase)") }
                result[phase]?[input] =
                    switch head {
                    case "ignores": unchanged(phase)
                    case "defers": unchanged(phase) + "+deferred"
                    default: answer
                    }
            }
        }
        return result
    }

    private static func unchanged(_ phase: String) -> String {
        Notation.phases.first { $0.name == phase }.map { Notation.describe($0.phase) } ?? phase
    }
}
