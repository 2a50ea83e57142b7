internal import Basics
internal import YAMLTree

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
