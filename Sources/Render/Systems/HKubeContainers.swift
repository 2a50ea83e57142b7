internal import Basics
internal import Conversion
internal import YAMLTree

extension HKubeAlgorithm {
    func main(
        _ name: String?, _ mounts: [ManifestValue], _ annotations: inout [ManifestValue.Field],
        _ reader: inout FieldReader, _ document: YAMLNode, _ diagnostics: inout [Diagnostic]
    ) -> ManifestValue {
        // Its documentation shows sideCars alone; nothing is made up around them.
        let isAlgorithm = ["name", "algorithmImage", "cpu", "mem", "gpu"].contains { document[$0] != nil }
        let image = image ?? reader.text("algorithmImage")
        if image == nil {
            diagnostics.append(
                Diagnostic(
                    rule: .noImage, line: document.mark.line,
                    message: "\(Self.main) has no image: give algorithmImage or --image"))
        }
        let amounts = isAlgorithm ? amounts.main(&reader) : nil
        if let gpus = amounts?.gpus { annotations.append(.init("nvidia.com/gpu", .text(String(gpus)))) }
        var variables = NamedElements()
        func set(_ name: String, _ value: String?) {
            if let value { variables.put(["name": .text(name), "value": .text(value)]) }
        }
        set("ALGORITHM_TYPE", name)
        variables.put(environment: reader.pairs("algorithmEnv"))
        if reader.text("env") == "java" { set("JAVA_DERIVED_MEMORY", amounts.map { String($0.javaHeap) }) }
        set("ALGORITHM_ENTRY_POINT", reader.text("entryPoint"))
        set("DISCOVERY_MAX_CACHE_SIZE", amounts.map { String($0.cache) })
        var all = NamedElements(mounts)
        for mount in reader.list("volumeMounts") {
            mounted(ManifestValue(mount), in: Self.main, mount, &all, &diagnostics)
        }
        return .map(present: [
            "name": .text(Self.main), "image": image.map { .text($0) }, "env": variables.value,
            "resources": amounts?.resources, "volumeMounts": all.value,
        ])
    }

    func sideCar(
        _ node: YAMLNode, path: String, _ volumes: inout VolumeList, _ reader: inout FieldReader,
        _ diagnostics: inout [Diagnostic]
    ) -> ManifestValue? {
        var inner = FieldReader(node, path: path)
        defer { reader.add(inner.problems) }
        _ = inner.text("name")
        guard let containerNode = inner.node("container") else {
            if node.mapping != nil { inner.report(node, at: "container", "is missing; give its name and image") }
            return nil
        }
        var fields = FieldReader(containerNode, path: "\(path).container")
        let name = fields.required("name", "each sidecar needs a container name of its own")
        if !name.isEmpty, let problem = ObjectName.problem(name) { fields.report(containerNode, at: "name", problem) }
        _ = fields.required("image", "give the sidecar's image")
        inner.add(fields.problems)
        var container = ManifestValue(containerNode)
        let (amounts, lost) = amounts.completed(container["resources"], defaults: resources)
        if amounts != container["resources"] {
            container["resources"] = amounts
            diagnostics.append(
                Diagnostic(
                    rule: .defaultResources, line: containerNode.mark.line, message: "\(name) got the default resources"
                ))
        }
        diagnostics += lost.map {
            Diagnostic(
                rule: .overridden, line: containerNode.mark.line,
                message: "\($0) of \(name) is lost: HKube passes on cpu and memory alone")
        }
        var variables = NamedElements(container["env"]?.elements ?? [])
        variables.put(environment: inner.pairs("environments"))
        container["env"] = variables.value
        volumes.add(inner.list("volumes"), path: "\(path).volumes", &inner)
        var mounts = NamedElements(container["volumeMounts"]?.elements ?? [])
        for mount in inner.list("volumeMounts") {
            mounted(ManifestValue(mount), in: name, mount, &mounts, &diagnostics)
        }
        container["volumeMounts"] = mounts.value
        inner.reportUnknown()
        return container
    }

    private func mounted(
        _ mount: ManifestValue, in container: String, _ node: YAMLNode, _ mounts: inout NamedElements,
        _ diagnostics: inout [Diagnostic]
    ) {
        guard let old = mounts.put(mount), old != mount else { return }
        let what = "\(container)'s mount of \(mount["name"]?.scalar ?? "") at \(old["mountPath"]?.scalar ?? "")"
        diagnostics.append(
            Diagnostic(
                rule: .overridden, line: node.mark.line,
                message: "\(what) is lost: HKube mounts a volume once a container"))
    }
}

/// A list as HKube's client adds to it: what has the name of an element takes its place.
private struct NamedElements {
    private var elements: [ManifestValue]

    init(_ elements: [ManifestValue] = []) { self.elements = elements }

    /// `nil` where there is nothing.
    var value: ManifestValue? { elements.isEmpty ? nil : .list(elements) }

    /// - Returns: what had its place.
    @discardableResult
    mutating func put(_ element: ManifestValue) -> ManifestValue? {
        guard let index = elements.firstIndex(where: { $0["name"]?.scalar == element["name"]?.scalar }) else {
            elements.append(element)
            return nil
        }
        defer { elements[index] = element }
        return elements[index]
    }

    /// Values are texts; a mapping says where one comes from.
    mutating func put(environment pairs: [YAMLMapping.Pair]) {
        for pair in pairs {
            put(
                pair.value.mapping != nil
                    ? ["name": .text(pair.key), "valueFrom": ManifestValue(pair.value)]
                    : ["name": .text(pair.key), "value": .text(pair.value.text ?? "")])
        }
    }
}

/// HKube's amounts: what its API fills in, and what its task executor makes of them (`algorithms.js`, `createOptions.js`).
struct HKubeResources {
    /// Limits are what is requested, as with HKube's `USE_RESOURCE_LIMITS`; else twice as much.
    var limitsAreRequests: Bool

    private static let gpu = "nvidia.com/gpu"
    /// Of memory, that HKube's own cache gets beside the algorithm's where `reservedMemory` does not say.
    private static let reserve = 0.2

    private var factor: Double { limitsAreRequests ? 1 : 2 }

    // MARK: algorunner

    struct Main {
        var resources: ManifestValue
        /// Whole GPUs, for the annotation that goes with them.
        var gpus: Int?
        /// MiB, as variables name them.
        var cache: Int
        var javaHeap: Int
    }

    /// Takes `cpu`, `mem`, `gpu`, `reservedMemory` and `applyCpuLimits`.
    func main(_ reader: inout FieldReader) -> Main {
        let cpu = number("cpu", &reader) ?? 0.1
        let memory = mebibytes("mem", &reader) ?? 256
        let reserved = mebibytes("reservedMemory", &reader) ?? (memory * Self.reserve).rounded(.up)
        let limitsCPU = reader.boolean("applyCpuLimits") ?? true
        var gpus: Int?
        if let asked = number("gpu", &reader), asked > 0 {
            gpus = Int(exactly: asked)
            if gpus == nil {
                reader.report(
                    nil, at: "gpu",
                    "a part of a GPU is given by HKube itself, on a node that it chooses; give a whole number")
            }
        }
        func amounts(_ factor: Double, cpu: Double?) -> ManifestValue {
            .map(present: [
                "cpu": cpu.map { .plain(Self.text($0 * factor)) },
                "memory": .text(Self.text((memory + reserved) * factor) + "Mi"), Self.gpu: gpus.map { .number($0) },
            ])
        }
        return Main(
            resources: ["requests": amounts(1, cpu: cpu), "limits": amounts(factor, cpu: limitsCPU ? cpu : nil)],
            gpus: gpus, cache: Int(reserved), javaHeap: Int(((memory + reserved) * factor * 0.8).rounded()))
    }

    private func number(_ name: String, _ reader: inout FieldReader) -> Double? {
        guard let node = reader.node(name) else { return nil }
        if let number = node.text.flatMap({ Double($0) }), number.isFinite, (0...1e6).contains(number) { return number }
        reader.report(node, at: name, "expected a number, as HKube's API takes it")
        return nil
    }

    func mebibytes(_ name: String, _ reader: inout FieldReader) -> Double? {
        guard let node = reader.node(name) else { return nil }
        if let amount = node.text.flatMap(Self.mebibytes) { return amount }
        reader.report(node, at: name, "expected an amount with a unit, such as 512Mi, as HKube's API takes it")
        return nil
    }

    // MARK: Sidecars

    /// What is missing is the default, limits twice as much; nothing but CPU and memory is passed on. HKube multiplies
    /// numbers: a CPU that is written with a unit has no limit made of it.
    ///
    /// - Parameter defaults: `nil` leaves a container without resources as it is.
    /// - Returns: and the names of the resources that are lost.
    func completed(_ own: ManifestValue?, defaults: ManifestValue?) -> (resources: ManifestValue?, lost: [String]) {
        guard let defaults else { return (own, []) }
        let requests = own?["requests"]
        let limits = own?["limits"]
        let lost = [requests, limits].flatMap { $0?.fields ?? [] }.map(\.name).filter {
            !["cpu", "memory"].contains($0)
        }
        let isWhole = [requests, limits].allSatisfy { $0?["cpu"] != nil && $0?["memory"] != nil }
        if isWhole, lost.isEmpty { return (own, []) }
        let cpu = requests?["cpu"] ?? defaults["cpu"]
        let memory = requests?["memory"] ?? defaults["memory"]
        let doubled = cpu?.scalar.flatMap { text in
            requests?["cpu"] == nil ? Quantity(text).map { Double($0.thousandths) / 1000 } : Double(text)
        }
        return (
            [
                "requests": .map(present: ["cpu": cpu, "memory": memory]),
                "limits": .map(present: [
                    "cpu": limits?["cpu"] ?? doubled.map { .plain(Self.text($0 * factor)) },
                    "memory": limits?["memory"]
                        ?? memory?.scalar.flatMap(Self.mebibytes).map { .text(Self.text($0 * factor) + "Mi") },
                ]),
            ], Set(lost).sorted()
        )
    }

    // MARK: Numbers

    private static func mebibytes(_ text: String) -> Double? {
        // Its thousands may be written in upper case, too.
        guard text.last?.isLetter == true,
            let amount = Quantity(text.hasSuffix("K") ? String(text.dropLast()) + "k" : text)
        else { return nil }
        return Double(amount.thousandths) / 1000 / 1_048_576
    }

    /// As JavaScript writes numbers of this size.
    private static func text(_ number: Double) -> String { Int(exactly: number).map(String.init) ?? "\(number)" }
}
