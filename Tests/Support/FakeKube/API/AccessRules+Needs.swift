import YAMLTree

extension FakeAPI {
    /// What has to be allowed for a request: nothing for documents such as `/version`, and two verbs for a stream that is
    /// opened by GET.
    package func needs(_ method: String, _ target: String) -> [AccessRules.Attributes] {
        let request = KubeRequest(method, target)
        guard case .resource(let route) = Route(request.path, in: catalogue),
            let verb = route.verb(method, isWatch: request.flag("watch"))
        else { return [] }
        let isStream = ["exec", "portforward"].contains(route.subresource)
        return (isStream && verb == "get" ? ["get", "create"] : [verb]).map { verb in
            AccessRules.Attributes(
                verb: verb, group: route.type.group, resource: route.type.plural, subresource: route.subresource,
                namespace: route.namespace, name: route.name)
        }
    }
}

extension AccessRules {
    /// What was asked and no rule allows, and what the rules allow and nobody asked, each as words; both empty where the
    /// rules are exactly what is needed.
    ///
    /// - Parameter user: whose rules.
    package func differences(from calls: [Attributes], for user: String) -> (missing: [String], unused: [String]) {
        let who = FakeUser(user)
        let missing = calls.filter { !allows(who, $0) }.map(\.words)
        var unused: [String] = []
        for rule in rules where rule.user == user {
            for resource in rule.resources {
                for verb in rule.verbs {
                    var one = rule
                    (one.resources, one.verbs) = ([resource], [verb])
                    let alone = AccessRules(tokens: [:], rules: [one])
                    if !calls.contains(where: { alone.allows(who, $0) }) { unused.append("\(verb) \(resource)") }
                }
            }
        }
        return (Set(missing).sorted(), unused)
    }
}

extension AccessRules.Attributes {
    fileprivate var words: String {
        "\(verb) \(resource)\(subresource.map { "/\($0)" } ?? "")\(name.map { " \($0)" } ?? "")"
            + (namespace.map { " in \($0)" } ?? "")
    }
}
