internal import Basics
internal import KubeClient
internal import KubeModel
internal import PodRules
internal import YAMLTree

/// The requests by which a plan is carried out. Pure: nothing is sent.
///
/// Each names the pod's uid, so that a namesake is never hit; those that rest on what was seen name its version as well,
/// and are refused (409) where somebody was faster.
enum PlanRequests {
    /// Images, memory, cue and deadline in one patch of the pod, or a phase with the memory of it; `nil` where the plan changes
    /// nothing of the pod.
    static func patch(_ plan: Plan, _ pod: PodFacts) -> APIRequest? {
        guard plan.changesPod(pod) else { return nil }
        var annotations: [JSONValue.Member] = [
            .init(WellKnownNames.Annotation.progress, .string(plan.progress.description))
        ]
        if !plan.cues.isEmpty {
            let cue = StopCue(followed(in: pod).merging(plan.cues) { _, new in new })
            annotations.append(.init(WellKnownNames.Annotation.stopCue, .string(cue.annotation)))
        }
        var spec: [JSONValue.Member] = []
        if !plan.images.isEmpty {
            spec.append(containers(plan.images, of: pod))
        }
        if plan.setsDeadline { spec.append(.init("activeDeadlineSeconds", 1)) }
        var more: [JSONValue.Member] = [.init("annotations", .object(annotations))]
        if let held = plan.heldLabel {
            more.append(.init("labels", .object([.init(WellKnownNames.Label.held, held ? "true" : .null)])))
        }
        let phase = plan.phaseByPatch(of: pod)
        return .patch(
            .pods, pod.key, subresource: phase == nil ? "" : "status",
            .strategic(
                .object(present: [
                    "metadata": metadata(pod, more),
                    "spec": spec.isEmpty ? nil : .object(spec),
                    "status": phase.map { ["phase": .string($0)] },
                ])))
    }

    /// Earlier cues about containers that still run: the node agent is at them.
    private static func followed(in pod: PodFacts) -> [String: String] {
        StopCue(annotation: pod.stopCue).containers.filter { name, id in
            pod.sidecars.contains { $0.name == name && $0.isRunning && $0.containerID == id }
        }
    }

    /// The swap of these images as it would be made, to be admitted or refused without being made.
    static func trial(_ images: [String: String], _ progress: Progress, of pod: PodFacts) -> APIRequest {
        .patch(
            .pods, pod.key,
            .strategic([
                "metadata": [
                    "uid": .string(pod.uid),
                    "annotations": .object([
                        .init(WellKnownNames.Annotation.progress, .string(progress.description))
                    ]),
                ], "spec": .object([containers(images, of: pod)]),
            ]), WriteOptions(isDryRun: true))
    }

    private static func containers(_ images: [String: String], of pod: PodFacts) -> JSONValue.Member {
        // A strategic merge puts elements into the patch's order, and the order of containers may not change.
        .init(
            "containers",
            .array(
                pod.containers.compactMap { container -> JSONValue? in
                    images[container.name].map { ["name": .string(container.name), "image": .string($0)] }
                }))
    }

    /// Says that the pod is in `phase`. The kubelet may say otherwise later; it is said again then.
    static func hold(_ pod: PodFacts, phase: String) -> APIRequest {
        .patch(
            .pods, pod.key, subresource: "status",
            .merge(["metadata": ["uid": .string(pod.uid)], "status": ["phase": .string(phase)]]))
    }

    /// Sets the condition that says that the sidecars have ended, by which rung the last of them.
    static func conclude(_ pod: PodFacts, _ result: MainResult, time: String) -> APIRequest {
        let condition: JSONValue = [
            "type": .string(WellKnownNames.Condition.sidecarTerminated), "status": "True",
            "reason": .string(pod.progress.last.map { "EndedBy\($0.camelCase)" } ?? "SidecarTerminated"),
            "message": .string(Announcement.terminated(result).message), "lastTransitionTime": .string(time),
        ]
        var request = APIRequest.patch(
            .pods, pod.key, subresource: "status",
            .strategic(["metadata": metadata(pod), "status": ["conditions": [condition]]]))
        request.yields = true
        return request
    }

    /// Kruise's request to stop containers, owned by the pod so that it goes with it.
    static func recreate(_ pod: PodFacts, containers: [String]) -> APIRequest {
        // A pod may have any grace.
        let deadline = min(pod.stopGrace, Int64(Int32.max)) + 300
        let isToSurvive = pod.sidecars.contains {
            containers.contains($0.name) && pod.isToSurvive($0, pod.result ?? .succeeded)
        }
        // SIGKILL follows the grace, so it is one that never passes before the next rung is tried.
        let grace = isToSurvive ? 86_400 : deadline - 300
        let body: JSONValue = [
            "apiVersion": .string(APIResource.containerRecreateRequests.apiVersion),
            "kind": .string(APIResource.containerRecreateRequests.kind),
            "metadata": [
                "name": .string(recreateKey(pod).name), "namespace": .string(pod.key.namespace),
                "ownerReferences": [
                    ["apiVersion": "v1", "kind": "Pod", "name": .string(pod.key.name), "uid": .string(pod.uid)]
                ],
            ],
            "spec": [
                "podName": .string(pod.key.name),
                "containers": .array(containers.map { ["name": .string($0)] }),
                "strategy": ["failurePolicy": "Ignore", "terminationGracePeriodSeconds": .integer(grace)],
                "activeDeadlineSeconds": .integer(deadline), "ttlSecondsAfterFinished": 300,
            ],
        ]
        return .create(
            .containerRecreateRequests, namespace: pod.key.namespace, body: Array(body.text.utf8))
    }

    static func recreateKey(_ pod: PodFacts) -> ObjectKey {
        ObjectKey(namespace: pod.key.namespace, name: "sidecar-termination-\(pod.uid)")
    }

    private static func metadata(_ pod: PodFacts, _ more: [JSONValue.Member] = []) -> JSONValue {
        .object(
            [.init("uid", .string(pod.uid)), .init("resourceVersion", .string(pod.resourceVersion))] + more)
    }
}

/// Times as `metav1.Time` is written: `2026-11-21T03:45:00Z`.
enum KubeTimeText {
    static func seconds(_ secondsSince1970: Int64) -> String {
        // Beyond the years that can be written the last or first of them.
        let seconds = min(max(secondsSince1970, -62_135_596_800), 253_402_300_799)
        return "\(WallClock.microTime(seconds * 1_000_000).prefix(19))Z"
    }
}

extension APIResource {
    static let containerRecreateRequests = APIResource(
        group: "apps.kruise.io", version: "v1alpha1", plural: "containerrecreaterequests",
        kind: "ContainerRecreateRequest")
}
