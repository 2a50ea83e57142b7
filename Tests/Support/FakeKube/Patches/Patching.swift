import YAMLTree

/// Which patch a request brings, and what comes out of it.
enum Patching {
    static let mediaTypes = [
        "application/json-patch+json", "application/merge-patch+json", "application/strategic-merge-patch+json",
        "application/apply-patch+yaml",
    ]

    static func apply(_ request: KubeRequest, to object: JSONValue, _ type: ResourceType) throws(StatusError)
        -> JSONValue
    {
        guard mediaTypes.contains(request.contentType) else { throw .unsupportedMediaType(mediaTypes) }
        guard let patch = try? JSONValue(parsing: request.body) else {
            throw .badRequest("error decoding patch: invalid character in the body")
        }
        switch request.contentType {
        case "application/json-patch+json":
            do {
                return try JSONPatch.apply(patch, to: object)
            } catch {
                throw StatusError(
                    422, "Invalid", "the server rejected our request due to an error in our request"
                )
                .withDetails(error.message)
            }
        case "application/merge-patch+json": return MergePatch.apply(patch, to: object)
        default: throw .unsupportedMediaType(mediaTypes)
        }
    }
}

extension StatusError {
    fileprivate func withDetails(_ message: String) -> StatusError {
        var error = self
        error.hasDetails = true
        error.message = message.isEmpty ? error.message : error.message
        return error
    }
}
