package import Basics
package import Conversion
internal import KubeModel

/// What was found out about one workload.
package struct WorkloadFinding: Sendable {
    package enum Verdict: String, Sendable, CaseIterable {
        /// All its sidecars are native.
        case native
        /// Its sidecars can be native here.
        case convertible
        /// A known sidecar may be main: somebody has to say.
        case asked
        /// Something stands in the way.
        case refused
    }

    package let kind: String
    package let namespace: String
    package let name: String
    /// Where the API server has it, without the leading slash.
    package let place: String
    package let verdict: Verdict
    /// A note for each ordinary sidecar that would be native.
    private let moves: [Diagnostic]
    /// Those that are.
    package let natives: [String]
    /// What its sidecars request, of all its pods: `cpu 300m, memory 384Mi`.
    package let cost: String
    package let findings: [Diagnostic]

    /// Ordinary ones that would be native.
    package var sidecars: [String] { moves.compactMap(\.container) }
    /// For tools that know findings alone.
    var results: [Diagnostic] { (verdict == .convertible ? moves : []) + findings }

    /// `nil` for a workload without any sidecar.
    package init?(_ object: WorkloadObject, _ options: ConversionOptions) {
        let conversion: ConvertedStream
        let after: [ManifestPod]
        do {
            conversion = try StreamConverter(options).convert(object.manifest)
            after = try ManifestPod.all(in: conversion.output, podSpecPaths: options.podSpecPaths)
        } catch { return nil }
        moves = conversion.diagnostics.filter { $0.rule == .converted }
        let moved = moves.compactMap(\.container)
        let natives = after.flatMap(\.initContainers).filter(\.isNativeSidecar)
        let findings = conversion.diagnostics.filter { $0.severity != .note }
        if conversion.isRefused {
            verdict = .refused
        } else if !moved.isEmpty {
            verdict = .convertible
        } else if findings.contains(where: { $0.rule == .detectedAsked }) {
            verdict = .asked
        } else if !natives.isEmpty || findings.contains(where: { $0.rule == .injected }) {
            verdict = natives.isEmpty ? .asked : .native
        } else {
            return nil
        }
        kind = object.resource.kind
        namespace = object.key.namespace
        name = object.key.name
        place = object.place
        self.natives = natives.map(\.name).filter { !moved.contains($0) }
        cost = PodCost.words(of: natives, times: object.pods)
        self.findings = findings
    }

    package var json: JSONValue {
        [
            "kind": .string(kind), "namespace": .string(namespace), "name": .string(name),
            "verdict": .string(verdict.rawValue), "sidecars": .array(sidecars.map { .string($0) }),
            "natives": .array(natives.map { .string($0) }), "requests": .string(cost),
            "findings": .array(
                findings.map { finding in
                    [
                        "rule": .string(finding.rule.id), "severity": .string(finding.severity.rawValue),
                        "message": .string(finding.message), "help": .string(finding.rule.place),
                    ]
                }),
        ]
    }
}

/// A cluster's workloads as a table, a document, or findings for tools.
package struct ScanReport: Sendable {
    package private(set) var workloads: [WorkloadFinding] = []
    /// How many were looked at.
    package private(set) var count = 0
    /// The oldest release among server and nodes.
    package let version: String
    /// What could not be read, and why.
    package var gaps: [String] = []

    package init(version: String) { self.version = version }

    package mutating func look(at object: WorkloadObject, _ options: ConversionOptions) {
        count += 1
        if let finding = WorkloadFinding(object, options) { workloads.append(finding) }
    }

    package mutating func sort() {
        workloads.sort { ($0.namespace, $0.kind, $0.name) < ($1.namespace, $1.kind, $1.name) }
    }

    private var summary: String {
        let counts = WorkloadFinding.Verdict.allCases.map { verdict in
            "\(workloads.count { $0.verdict == verdict }) \(verdict.rawValue)"
        }
        return
            "\(String(counting: count, "workload")) on \(version), \(workloads.count) with sidecars: \(counts.joined(separator: ", "))"
    }

    package func table(width: Int?) -> String {
        let head = ["NAMESPACE", "WORKLOAD", "VERDICT", "SIDECARS", "REQUESTS", "FINDINGS"]
        let rows = workloads.map { one in
            let names = one.sidecars + one.natives.map { "\($0)*" }
            var rules: [String] = []
            for finding in one.findings where !rules.contains(finding.rule.id) { rules.append(finding.rule.id) }
            return [
                one.namespace, "\(one.kind.lowercased())/\(one.name)", one.verdict.rawValue,
                names.isEmpty ? "-" : names.joined(separator: ","), one.cost.isEmpty ? "-" : one.cost,
                rules.isEmpty ? "-" : rules.joined(separator: ","),
            ].map { $0.printable(limit: 256) }
        }
        guard !rows.isEmpty else { return summary + "\n" }
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        let lines = ([head] + rows).map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line +=
                    column == row.count - 1
                    ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            if let width, line.count > width, width > 1 { line = line.prefix(width - 1) + "…" }
            return line
        }
        return (lines + ["", summary + "; * is native already"]).map { $0 + "\n" }.joined()
    }

    package var document: JSONValue {
        [
            "version": .string(version), "looked": .integer(Int64(count)),
            "workloads": .array(workloads.map(\.json)), "gaps": .array(gaps.map { .string($0) }),
        ]
    }

    package var diagnostics: [FoundDiagnostic] {
        workloads.flatMap { one in one.results.map { FoundDiagnostic(file: one.place, diagnostic: $0) } }
    }
}
