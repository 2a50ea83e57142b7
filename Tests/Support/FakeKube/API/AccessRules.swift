/// Who is let in, and what they may do. Without any rules everyone is the admin.
package struct AccessRules: Sendable {
    /// What RBAC would allow; `*` stands for everything.
    package struct Rule: Sendable {
        package var user: String
        package var verbs: [String]
        package var group: String
        /// `pods`, `pods/status` …
        package var resources: [String]
        /// `nil`: everywhere.
        package var namespace: String?
        package var names: [String]

        package init(
            _ user: String, may verbs: [String], _ resources: [String], group: String = "", in namespace: String? = nil,
            names: [String] = []
        ) {
            self.user = user
            self.verbs = verbs
            self.group = group
            self.resources = resources
            self.namespace = namespace
            self.names = names
        }
    }

    package struct Attributes: Sendable, Equatable {
        package var verb: String
        package var group = ""
        package var resource = ""
        package var subresource: String?
        package var namespace: String?
        package var name: String?
    }

    /// Bearer tokens. Empty, and no `demandsCredentials`: whoever comes is the admin.
    package var tokens: [String: FakeUser] = [:]
    package var rules: [Rule] = []
    /// Also without tokens: only client certificates are let in.
    package var demandsCredentials = false

    package init() {}

    package init(tokens: [String: FakeUser], rules: [Rule] = []) {
        self.tokens = tokens
        self.rules = rules
    }

    func authenticate(_ request: KubeRequest) throws(StatusError) -> FakeUser {
        if let header = request.header("Authorization") {
            let parts = header.split(separator: " ")
            if parts.count == 2, parts[0].lowercased() == "bearer", let user = tokens[String(parts[1])] {
                return try impersonated(user, request)
            }
            guard tokens.isEmpty, !demandsCredentials else { throw .unauthorized }
        }
        if let user = request.certificateUser { return try impersonated(user, request) }
        guard tokens.isEmpty, !demandsCredentials else { throw .unauthorized }
        return try impersonated(.admin, request)
    }

    /// `Impersonate-User` and `-Group`, which only masters may use here.
    private func impersonated(_ user: FakeUser, _ request: KubeRequest) throws(StatusError) -> FakeUser {
        guard let name = request.header("Impersonate-User") else { return user }
        guard user.isMaster else {
            let users = ResourceType("v1", "users", "User", namespaced: false)
            throw .forbidden(
                user: user.name, verb: "impersonate", type: users, subresource: nil, namespace: nil, name: name)
        }
        let groups = request.headers.filter { $0.name.lowercased() == "impersonate-group" }.map(\.value)
        return FakeUser(name, groups: groups + ["system:authenticated"])
    }

    func allows(_ user: FakeUser, _ attributes: Attributes) -> Bool {
        if user.isMaster { return true }
        // What `system:basic-user` grants: to ask about oneself.
        if attributes.verb == "create", attributes.resource.hasPrefix("selfsubject") { return true }
        let resource = attributes.subresource.map { "\(attributes.resource)/\($0)" } ?? attributes.resource
        return rules.contains { rule in
            (rule.user == user.name || user.groups.contains(rule.user))
                && (rule.verbs.contains(attributes.verb) || rule.verbs.contains("*"))
                && (rule.group == attributes.group || rule.group == "*")
                && (rule.resources.contains(resource) || rule.resources.contains("*"))
                && (rule.namespace == nil || rule.namespace == attributes.namespace)
                && (rule.names.isEmpty || attributes.name.map(rule.names.contains) ?? false)
        }
    }
}
