import Basics
import YAMLTree

/// Which patch a request brings, and what comes out of it.
enum Patching {
    static let apply = "application/apply-patch+yaml"
    private static let json = "application/json-patch+json"
    private static let merge = "application/merge-patch+json"
    private static let strategic = "application/strategic-merge-patch+json"

    static func check(_ request: KubeRequest, _ type: ResourceType) throws(StatusError) {
        // Custom resources have no schema to merge by.
        let isCustom = KubeSchema.builtIn.message(for: type) == nil
        let accepted = isCustom ? [json, merge, apply] : [json, merge, strategic, apply]
        guard accepted.contains(request.contentType) else { throw .unsupportedMediaType(accepted) }
    }

    /// The object as the patch leaves it. Server-side apply is not among these.
    static func apply(_ request: KubeRequest, to object: JSONValue, _ type: ResourceType) throws(StatusError)
        -> JSONValue
    {
        guard let patch = try? JSONValue(parsing: request.body), patch.members != nil || patch.array != nil else {
            throw .badRequest(
                "error decoding patch: invalid character '\(String(decoding: request.body.prefix(1), as: UTF8.self))'"
                    + " looking for beginning of value")
        }
        switch request.contentType {
        case json:
            do {
                return try JSONPatch.apply(patch, to: object)
            } catch {
                var error = StatusError(
                    422, "Invalid", "the server rejected our request due to an error in our request")
                error.hasDetails = true
                throw error
            }
        case merge: return MergePatch.apply(patch, to: object)
        default:
            guard let message = KubeSchema.builtIn.message(for: type) else { throw .unsupportedMediaType([strategic]) }
            do {
                return try StrategicMergePatch.apply(patch, to: object, message)
            } catch {
                throw StatusError(500, "", error.message)
            }
        }
    }
}
