/// The errors that the fake server knows, worded as kube-apiserver words them.
extension StatusError {
    static let unauthorized = StatusError(401, "Unauthorized", "Unauthorized")

    static func badRequest(_ message: String) -> StatusError { StatusError(400, "BadRequest", message) }

    static func notFound(_ type: ResourceType, _ name: String) -> StatusError {
        var error = StatusError(404, "NotFound", "\(type.qualified) \"\(name)\" not found")
        error.name = name
        error.group = type.group
        error.kind = type.plural
        return error
    }

    static var noSuchResource: StatusError {
        var error = StatusError(404, "NotFound", "the server could not find the requested resource")
        error.hasDetails = true
        return error
    }

    static func alreadyExists(_ type: ResourceType, _ name: String) -> StatusError {
        var error = StatusError(409, "AlreadyExists", "\(type.qualified) \"\(name)\" already exists")
        error.name = name
        error.group = type.group
        error.kind = type.plural
        return error
    }

    static func conflict(_ type: ResourceType, _ name: String, _ why: String) -> StatusError {
        var error = StatusError(
            409, "Conflict", "Operation cannot be fulfilled on \(type.qualified) \"\(name)\": \(why)")
        error.name = name
        error.group = type.group
        error.kind = type.plural
        return error
    }

    static func modified(_ type: ResourceType, _ name: String) -> StatusError {
        conflict(
            type, name,
            "the object has been modified; please apply your changes to the latest version and try again")
    }

    static func invalid(_ type: ResourceType, _ name: String, _ causes: [Cause]) -> StatusError {
        let messages = causes.map { cause in (cause.field.map { "\($0): " } ?? "") + cause.message }
        let list = messages.count == 1 ? messages[0] : "[\(messages.joined(separator: ", "))]"
        let kind = type.group.isEmpty ? type.kind : "\(type.kind).\(type.group)"
        var error = StatusError(422, "Invalid", "\(kind) \"\(name)\" is invalid: \(list)")
        error.name = name
        error.group = type.group
        error.kind = type.kind
        error.causes = causes
        return error
    }

    static func forbidden(
        user: String, verb: String, type: ResourceType, subresource: String?, namespace: String?, name: String?
    ) -> StatusError {
        let resource = subresource.map { "\(type.plural)/\($0)" } ?? type.plural
        let place = namespace.map { "in the namespace \"\($0)\"" } ?? "at the cluster scope"
        let quotedName = name.map { " \"\($0)\"" } ?? ""
        var error = StatusError(
            403, "Forbidden",
            "\(type.qualified)\(quotedName) is forbidden: User \"\(user)\" cannot \(verb) resource \"\(resource)\""
                + " in API group \"\(type.group)\" \(place)")
        error.name = name
        error.group = type.group
        error.kind = type.plural
        return error
    }

    static func forbidden(user: String, verb: String, path: String) -> StatusError {
        var error = StatusError(
            403, "Forbidden", "forbidden: User \"\(user)\" cannot \(verb) path \"\(path)\"")
        error.hasDetails = true
        return error
    }

    static func denied(_ type: ResourceType, _ name: String, by reason: String) -> StatusError {
        var error = StatusError(
            403, "Forbidden",
            "\(type.qualified) \"\(name)\" is forbidden: ValidatingAdmissionPolicy 'images' denied request: \(reason)")
        (error.name, error.group, error.kind) = (name, type.group, type.plural)
        return error
    }

    static func methodNotAllowed() -> StatusError {
        var error = StatusError(
            405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        error.hasDetails = true
        return error
    }

    static func unsupportedMediaType(_ accepted: [String]) -> StatusError {
        StatusError(
            415, "UnsupportedMediaType",
            "the body of the request was in an unknown format - accepted media types include: "
                + accepted.joined(separator: ", "))
    }

    /// A watch that starts before what is still remembered.
    static func tooOld(_ version: Int, oldest: Int) -> StatusError {
        StatusError(410, "Expired", "too old resource version: \(version) (\(oldest))")
    }

    /// A list at a version that is no longer remembered.
    static func expiredVersion() -> StatusError {
        StatusError(
            410, "Expired",
            "The resourceVersion for the provided list is too old.")
    }

    static func expiredContinue(fresh token: String) -> StatusError {
        var error = StatusError(
            410, "Expired",
            "The provided continue parameter is too old to display a consistent list result. You can start a new list"
                + " without the continue parameter, or use the continue token in this response to retrieve the"
                + " remainder of the results. Continuing with the provided token results in an inconsistent list -"
                + " objects that were created, modified, or deleted between the time the first chunk was returned and"
                + " now may show up in the list.")
        error.continueToken = token
        return error
    }

    static func tooLarge(_ version: Int, current: Int) -> StatusError {
        var error = StatusError(
            504, "Timeout", "Timeout: Too large resource version: \(version), current: \(current)")
        error.causes = [Cause("ResourceVersionTooLarge", "Too large resource version")]
        error.retryAfterSeconds = 1
        return error
    }

    static func tooManyRequests(retryAfter seconds: Int) -> StatusError {
        var error = StatusError(429, "TooManyRequests", "Too many requests, please try again later.")
        error.retryAfterSeconds = seconds
        return error
    }

    static func internalError(_ message: String) -> StatusError {
        var error = StatusError(500, "InternalError", "Internal error occurred: \(message)")
        error.causes = [Cause("", message)]
        return error
    }
}
