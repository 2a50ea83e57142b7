internal import KubeClient
internal import KubeModel
internal import YAMLTree

extension AdmissionDecision {
    /// Decides about one request. Pure: the same question has the same answer.
    package init(_ request: AdmissionRequest, in surroundings: AdmissionSurroundings) {
        guard request.subresource.isEmpty, let object = request.object else {
            self.init(.unasked)
            return
        }
        let isOurs = surroundings.onlyNamespace.map { $0 == request.namespace } ?? true
        guard isOurs, !surroundings.excludedNamespaces.contains(request.namespace) else {
            self.init(.unasked)
            return
        }
        switch (request.kind, request.operation) {
        case (.pod, "CREATE"):
            self = PodAdmission(object, in: request.namespace, surroundings).decision
            if surroundings.isDryRun { withhold() }
        case (.job, "CREATE"), (.cronJob, "CREATE"), (.cronJob, "UPDATE"):
            self = WorkloadAdvice(object, surroundings).decision
        default: self.init(.unasked)
        }
    }

    /// Whether the decision about a request needs the labels of its namespace.
    package static func needsNamespace(_ request: AdmissionRequest) -> Bool {
        guard request.subresource.isEmpty, request.object != nil else { return false }
        return [AdmissionRequest.Kind.pod, .job, .cronJob].contains(request.kind)
    }

    /// As if something spoke against it: where only is to be shown what would be done.
    private mutating func withhold() {
        guard patch != nil else { return }
        warnings.insert("would make native: \(sidecars.joined(separator: ", ")); this is a dry run", at: 0)
        patch = nil
        event = nil
    }
}
