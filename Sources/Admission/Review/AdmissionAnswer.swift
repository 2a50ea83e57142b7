package import Basics
internal import Conversion
internal import FoundationEssentials
internal import YAMLTree

/// What the API server is told: always that the object may come in, at most changed.
package struct AdmissionAnswer: Sendable, Equatable {
    package var uid: String
    /// RFC 6902; `nil` leaves the object as it is.
    package var patch: JSONValue?
    /// For whoever sent the object.
    package var warnings: [String]
    /// For the audit log; the API server puts our webhook's name before the keys.
    package var auditAnnotations: [String: String]

    package init(
        uid: String, patch: JSONValue? = nil, warnings: [String] = [], auditAnnotations: [String: String] = [:]
    ) {
        self.uid = uid
        self.patch = patch
        self.warnings = warnings
        self.auditAnnotations = auditAnnotations
    }

    /// The whole AdmissionReview.
    package var json: JSONValue {
        let warnings = Self.presentable(warnings)
        let annotations = auditAnnotations.sorted { $0.key < $1.key }
            .map { JSONValue.Member($0.key, .string($0.value)) }
        let patch = patch.map { Data($0.text.utf8).base64EncodedString() }
        return [
            "apiVersion": .string(AdmissionRequest.apiVersion), "kind": .string(AdmissionRequest.reviewKind),
            "response": .object(present: [
                "uid": .string(uid), "allowed": true, "patchType": patch == nil ? nil : "JSONPatch",
                "patch": patch.map { .string($0) },
                "warnings": warnings.isEmpty ? nil : .array(warnings.map { .string($0) }),
                "auditAnnotations": annotations.isEmpty ? nil : .object(annotations),
            ]),
        ]
    }

    /// The API server cuts warnings where they are longer than 256 characters, and drops them beyond 4096 in all. They
    /// become a header line, so nothing may be in them that breaks one.
    private static let longest = 250
    private static let mostWarnings = 12

    private static func presentable(_ warnings: [String]) -> [String] {
        var seen: Set<String> = []
        let lines = warnings.map { warning in
            let line = String(
                String.UnicodeScalarView(warning.unicodeScalars.map { $0.properties.isControl ? " " : $0 }))
            return line.count > longest ? line.prefix(longest) + "…" : line
        }
        return lines.filter { seen.insert($0).inserted }.prefix(mostWarnings).map { $0 }
    }
}

extension Unicode.Scalar.Properties {
    fileprivate var isControl: Bool { generalCategory == .control }
}
