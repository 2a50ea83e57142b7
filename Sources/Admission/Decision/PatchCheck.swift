internal import Basics
internal import Conversion
internal import KubeModel
internal import YAMLTree

/// A patch and what was found wrong with it. The patch is carried out here as the API server would, and its outcome
/// judged by what it may and must be, not by how it was made.
struct PatchCheck {
    let patch: JSONValue
    /// Init containers with `restartPolicy: Always` that were not there before.
    let natives: [String]
    /// Why it must not be sent.
    let problem: String?

    /// Everything a conversion may touch.
    private static let allowedPaths = [
        "/spec/containers", "/spec/initContainers", "/spec/terminationGracePeriodSeconds", "/metadata/annotations",
        "/metadata/labels/" + JSONPatch.escaped(WellKnownNames.Label.terminateKnown),
    ]
    /// Where the pod has none yet.
    private static let labels = "/metadata/labels"

    init(from before: YAMLNode, to after: YAMLNode, by converter: StreamConverter) {
        patch = JSONPatch.between(before, after)
        natives = Self.natives(after).filter { !Self.natives(before).contains($0) }
        problem = Self.problem(patch, before, after, converter)
    }

    private static func problem(
        _ patch: JSONValue, _ before: YAMLNode, _ after: YAMLNode, _ converter: StreamConverter
    ) -> String? {
        guard let sent = try? YAMLNode(json: Array(patch.text.utf8)) else { return "the patch is no JSON" }
        for operation in sent.sequence ?? [] {
            let path = operation["path"]?.text ?? ""
            guard path == labels || allowedPaths.contains(where: { path == $0 || path.hasPrefix($0 + "/") }) else {
                return "\(path) would change"
            }
        }
        let outcome: YAMLNode
        do { outcome = try JSONPatch.apply(sent, to: before) } catch { return "\(error)" }
        // Fields have no order.
        guard JSONPatch.between(outcome, after) == [] else { return "the patch leads to something else" }
        if let problem = problem(with: outcome, before) { return problem }
        guard let again = try? converter.convert(Array(JSONValue(outcome).text.utf8)), !again.isChanged,
            !again.isRefused
        else {
            return "a second conversion would change it again"
        }
        return nil
    }

    /// No container may come, go or stand in both lists, and one has to stay that can end.
    private static func problem(with after: YAMLNode, _ before: YAMLNode) -> String? {
        let (old, new) = (names(before), names(after))
        guard old.sorted() == new.sorted() else { return "containers would come or go" }
        guard Set(new).count == new.count else { return "two containers would have one name" }
        guard after["spec"]?["containers"]?.sequence?.isEmpty == false else { return "no main container would remain" }
        let wereInit = Set(containers("initContainers", of: before).compactMap { $0["name"]?.text })
        for container in containers("initContainers", of: after) {
            guard let name = container["name"]?.text, !wereInit.contains(name) else { continue }
            guard container["restartPolicy"]?.text == "Always" else { return "\(name) would never let main start" }
        }
        return nil
    }

    private static func containers(_ list: String, of pod: YAMLNode) -> [YAMLNode] {
        pod["spec"]?[list]?.sequence ?? []
    }

    private static func names(_ pod: YAMLNode) -> [String] {
        (containers("initContainers", of: pod) + containers("containers", of: pod)).compactMap { $0["name"]?.text }
    }

    private static func natives(_ pod: YAMLNode) -> [String] {
        containers("initContainers", of: pod).filter { $0["restartPolicy"]?.text == "Always" }
            .compactMap { $0["name"]?.text }
    }
}
