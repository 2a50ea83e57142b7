package import Conversion
internal import KubeModel
internal import PodRules
internal import YAMLTree

/// A pod made from another system's document: its containers side by side, as that system runs them, and which of them
/// are sidecars.
package struct GeneratedPod: Sendable {
    /// The object to write it as.
    package enum Form: String, Sendable, CaseIterable {
        /// The bare spec, for a template of one's own.
        case podSpec = "pod-spec"
        case pod
        case job
    }

    /// Of the Pod or Job.
    package var name: String?
    /// Of the Pod, or of the Job and its pods.
    package var labels: [ManifestValue.Field] = []
    /// Of the Pod, or of the Job's pods.
    package var annotations: [ManifestValue.Field] = []
    package var spec: ManifestValue
    /// Names of the containers that run on when main has ended.
    package var sidecars: Set<String>
    /// Tries after the first.
    package var retries: Int?
    /// Seconds for all tries.
    package var timeout: Int?
    /// What was found on the way, by the lines of the document it was made from.
    package var diagnostics: [Diagnostic]

    /// The object; its sidecars native, or for clusters before 1.29 ordinary and marked for a terminator.
    package func rendered(
        as form: Form, legacy: Bool
    ) throws(InputError) -> (document: ManifestValue, diagnostics: [Diagnostic]) {
        guard form == .podSpec || name != nil else {
            throw InputError([
                InputProblem(path: "name", message: "is missing; a \(form.rawValue) needs one: give --name")
            ])
        }
        let name = name ?? "pod"
        if let problem = ObjectName.problem(name) { throw InputError([InputProblem(path: "name", message: problem)]) }
        let (pod, found) = legacy ? (markedSpec, []) : try nativeSpec()
        return (document(form, name: name, spec: pod), diagnostics + found)
    }

    private func document(_ form: Form, name: String, spec: ManifestValue) -> ManifestValue {
        let labels: ManifestValue? = labels.isEmpty ? nil : .map(labels)
        let annotations: ManifestValue? = annotations.isEmpty ? nil : .map(annotations)
        switch form {
        case .podSpec: return spec
        case .pod:
            let metadata = ManifestValue.map(present: [
                "name": .text(name), "labels": labels, "annotations": annotations,
            ])
            return ["apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec]
        case .job:
            let template = [("labels", labels), ("annotations", annotations)].compactMap { name, value in
                value.map { ManifestValue.Field(name, $0) }
            }
            return [
                "apiVersion": "batch/v1", "kind": "Job",
                "metadata": .map(present: ["name": .text(name), "labels": labels]),
                "spec": .map(present: [
                    "backoffLimit": .number(retries ?? 0),
                    "activeDeadlineSeconds": timeout.map { .number($0) },
                    "template": .map(present: ["metadata": template.isEmpty ? nil : .map(template), "spec": spec]),
                ]),
            ]
        }
    }

    private var markedSpec: ManifestValue {
        var spec = spec
        spec["containers"] = .list(
            (spec["containers"]?.elements ?? []).map { container in
                guard let name = container["name"]?.scalar, sidecars.contains(name) else { return container }
                var container = container
                let marker: ManifestValue = ["name": .text(WellKnownNames.Variable.terminate), "value": "true"]
                container["env"] = .list((container["env"]?.elements ?? []) + [marker])
                return container
            })
        return spec
    }

    /// By the same conversion that manifests go through.
    private func nativeSpec() throws(InputError) -> (ManifestValue, [Diagnostic]) {
        guard !sidecars.isEmpty else { return (spec, []) }
        var options = ConversionOptions()
        options.sidecars = sidecars
        // Who is a sidecar is decided: what annotations and labels would say of it counts no more.
        let markers =
            options.rules.sidecarAnnotations + options.rules.primaryAnnotations + [WellKnownNames.Label.terminateKnown]
        var pod = self
        pod.annotations.removeAll { markers.contains($0.name) }
        pod.labels.removeAll { markers.contains($0.name) }
        let text = ManifestWriter.yaml([pod.document(.pod, name: "pod", spec: spec)])
        do {
            let conversion = try StreamConverter(options).convert(Array(text.utf8))
            let found = conversion.diagnostics
            guard !found.contains(where: { $0.rule.severity == .error }) else {
                throw InputError(
                    found.filter { $0.rule.severity == .error }.map {
                        InputProblem(path: "", message: "\($0.rule.id) error: \($0.message)")
                    })
            }
            let pod = ManifestValue(try YAMLNode(parsing: conversion.output))
            // Lines of the text in between mean nothing to anybody.
            let named = found.map { Diagnostic(rule: $0.rule, line: 1, message: $0.message) }
            return (pod["spec"] ?? spec, named)
        } catch let error as InputError {
            throw error
        } catch {
            throw InputError([InputProblem(path: "", message: "the pod could not be converted: \(error)")])
        }
    }
}
