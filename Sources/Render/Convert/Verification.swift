/// What a document means apart from what a conversion may change: equal before and after.
struct Verification {
    let podSpecPaths: [String]
    /// The names of the moved containers, pod by pod.
    let moved: [Set<String>]

    /// The document without its pods, then each pod with the moved containers apart. `nil` beyond the budget.
    func essence(_ root: SourceNode, budget: Int) -> [PlainValue]? {
        guard case .pods(let places)? = try? PodFinder(customPaths: podSpecPaths).find(in: root),
            places.count == moved.count
        else { return nil }
        var budget = budget
        guard let whole = PlainValue(root, budget: &budget) else { return nil }
        var parts = [Self.withoutVolatile(whole)]
        for (place, names) in zip(places, moved) {
            guard let spec = PlainValue(place.spec, budget: &budget) else { return nil }
            let all = (spec["initContainers"]?.elements ?? []) + (spec["containers"]?.elements ?? [])
            let isMoved = { (container: PlainValue) in container["name"]?.text.map(names.contains) ?? false }
            parts += ["initContainers", "containers"].map { field in
                .sequence((spec[field]?.elements ?? []).filter { !isMoved($0) }.map(Self.withoutVolatile))
            }
            parts += all.filter(isMoved).sorted { $0["name"]?.text ?? "" < $1["name"]?.text ?? "" }.map(Self.container)
        }
        return parts
    }

    private static func container(_ container: PlainValue) -> PlainValue {
        var container = container
        container["restartPolicy"] = nil
        container["startupProbe"] = nil
        container["lifecycle"]?["preStop"] = nil
        if container["lifecycle"]?.isEmpty == true { container["lifecycle"] = nil }
        let variables = container["env"]?.elements.filter { !Marker.variables.contains($0["name"]?.text ?? "") } ?? []
        container["env"] = variables.isEmpty ? nil : .sequence(variables)
        return container
    }

    /// Everything but the lists of containers and the places of markers.
    private static func withoutVolatile(_ value: PlainValue) -> PlainValue {
        switch value {
        case .scalar: return value
        case .sequence(let elements): return .sequence(elements.map(withoutVolatile))
        case .mapping(let pairs):
            var result: [PlainValue.Pair] = []
            for pair in pairs {
                let name = pair.key.text ?? ""
                if ["containers", "initContainers"].contains(name) || name == Marker.sidecars || name == Marker.primary
                {
                    continue
                }
                var kept = withoutVolatile(pair.value)
                if name == "onExitCodes" { kept["containerName"] = nil }
                if ["annotations", "metadata"].contains(name), kept.isEmpty { continue }
                result.append(.init(key: pair.key, value: kept))
            }
            return .mapping(result)
        }
    }
}
