import Basics
import YAMLTree

/// Objects that are questions: answered, never stored.
extension FakeAPI {
    func review(_ body: JSONValue, _ type: ResourceType, _ user: FakeUser) -> JSONValue? {
        switch type.kind {
        case "SelfSubjectReview":
            return answer(
                body, type,
                [
                    "userInfo": [
                        "username": .string(user.name), "groups": .array(user.groups.map(JSONValue.string)),
                    ]
                ])
        case "SelfSubjectAccessReview": return answer(body, type, decision(body["spec"] ?? .null, user))
        case "SubjectAccessReview":
            let spec = body["spec"] ?? .null
            let groups = (spec["groups"]?.array ?? []).compactMap(\.string)
            return answer(body, type, decision(spec, FakeUser(spec["user"]?.string ?? "", groups: groups)))
        default: return nil
        }
    }

    private func answer(_ body: JSONValue, _ type: ResourceType, _ status: JSONValue) -> JSONValue {
        var object = body.withoutType
        if object["metadata"] == nil { object["metadata"] = .object([]) }
        object["status"] = status
        return object.asType(type)
    }

    private func decision(_ spec: JSONValue, _ user: FakeUser) -> JSONValue {
        func text(_ field: String) -> String? {
            let text = spec.text(at: "resourceAttributes.\(field)")
            return text?.isEmpty ?? true ? nil : text
        }
        let attributes = AccessRules.Attributes(
            verb: text("verb") ?? spec.text(at: "nonResourceAttributes.verb") ?? "", group: text("group") ?? "",
            resource: text("resource") ?? "", subresource: text("subresource"), namespace: text("namespace"),
            name: text("name"))
        return access.allows(user, attributes)
            ? ["allowed": true, "reason": "RBAC: allowed"] : ["allowed": false, "reason": ""]
    }
}
